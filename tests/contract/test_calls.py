"""Every registered HTTP call is whole: types, roles, statuses and an example that its own parser accepts."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from serving.http.openapi import described, document
from serving.http.operations import Operation
from serving.http.problems import Refused
from serving.routes.registry import OPERATIONS

PROBES = {"/livez", "/healthz", "/readyz", "/metrics", "/openapi.json"}


def ids(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


def references(value: Any) -> set[str]:
    """Names of the components that a document refers to."""
    return {part.split('"')[0] for part in json.dumps(value).split("#/components/schemas/")[1:]}


@pytest.mark.parametrize("operation", OPERATIONS, ids=ids)
class TestEveryCall:
    def test_says_what_it_does(self, operation: Operation) -> None:
        """A summary in at most fifteen words, and a description of every parameter of its path."""
        assert 0 < len(operation.summary.split()) <= 15
        assert set(operation.parameters) <= set(operation.named)

    def test_names_its_roles(self, operation: Operation) -> None:
        """Only probes need no key."""
        assert (operation.roles is None) == (operation.path in PROBES)
        assert operation.roles is None or operation.roles

    def test_has_types(self, operation: Operation) -> None:
        """What takes a body says of which type, and refuses fields that the type lacks."""
        assert operation.takes is None or operation.method in {"POST", "PUT", "PATCH"}
        assert operation.gives is not None or operation.media_types != ("application/json",)
        for kind in filter(None, (operation.query,)):
            with pytest.raises(msgspec.ValidationError, match="unknown field"):
                msgspec.convert({"a misspelt one": ""}, kind)

    def test_its_example_is_accepted(self, operation: Operation) -> None:
        """The body that the documentation shows is one that the parser takes."""
        if operation.takes is None:
            assert operation.example is None
        else:
            msgspec.json.decode(msgspec.json.encode(operation.example), type=operation.takes)

    def test_every_refusal_has_a_title(self, operation: Operation) -> None:
        """A documented status can be answered with a problem document."""
        for status in operation.all_refusals():
            assert Refused(status, "detail", "fix", code="code").problem.title


class TestTheDocument:
    def test_has_exactly_the_registered_calls(self) -> None:
        """None is left out, none is invented."""
        said = json.loads(document(OPERATIONS))

        there = {(verb.upper(), path) for path, verbs in said["paths"].items() for verb in verbs}
        assert there == {(operation.method, operation.path) for operation in OPERATIONS}

    def test_names_every_operation_once(self) -> None:
        """Generated clients call their functions so."""
        names = [operation.operation_id for operation in OPERATIONS]
        assert len(set(names)) == len(names)

    def test_every_reference_is_resolved_and_used(self) -> None:
        """No schema is missing, and none stands there that no call uses."""
        said = described(OPERATIONS)
        assert references(said) == set(said["components"]["schemas"])
