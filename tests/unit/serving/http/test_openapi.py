"""The OpenAPI document of registered calls: parameters, statuses, bodies."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from otokui.identity.roles import Role
from serving.http.openapi import described
from serving.http.operations import Call, HttpResponse, Operation, handlers_of


class Rows(msgspec.Struct, forbid_unknown_fields=True):
    """Rows wanted."""

    limit: Annotated[int, msgspec.Meta(ge=1, description="rows on a page")] = 10
    state: Literal["open", "done"] = "open"


class Sent(msgspec.Struct, forbid_unknown_fields=True):
    """A body."""

    text: str


class Things:
    """Calls on things."""

    @Operation(
        "PUT",
        "/v1/things/{thing_id}",
        roles=frozenset({Role.ADMIN}),
        takes=Sent,
        query=Rows,
        gives=Sent,
        status=202,
        replies={200: Rows},
        parameters={"thing_id": "id of the thing"},
        refusals={409: "another has it"},
        keyed=True,
        example={"text": "a"},
    )
    async def replace_thing(self, call: Call) -> HttpResponse:
        """Replace a thing.

        All of it,
        at once.
        """
        return HttpResponse(call.body)


def test_everything_registered_is_described() -> None:
    """Parameters of path, query and header, both replies, refusals, and the docstring."""
    ((registered, handler),) = handlers_of(Things())
    said = described([registered])
    call = said["paths"]["/v1/things/{thing_id}"]["put"]

    assert handler.__name__ == call["operationId"] == registered.name == "replace_thing"
    assert (call["summary"], call["description"]) == ("Replace a thing", "All of it, at once.")
    assert [(p["name"], p["in"], p["required"]) for p in call["parameters"]] == [
        ("thing_id", "path", True),
        ("limit", "query", False),
        ("state", "query", False),
        ("Idempotency-Key", "header", False),
    ]
    assert call["parameters"][1]["schema"] == {"type": "integer", "minimum": 1, "default": 10}
    assert call["requestBody"]["content"]["application/json"]["example"] == {"text": "a"}
    assert {"200", "202", "400", "401", "403", "404", "408", "409", "413", "415", "422", "429", "431", "503"} == set(call["responses"])
    assert call["responses"]["409"]["description"] == "another has it"
    assert said["components"]["schemas"]["Sent"]["additionalProperties"] is False


def test_a_query_is_no_component() -> None:
    """Its fields are the call's parameters; a type that is also a reply stays."""
    ((registered, _),) = handlers_of(Things())
    assert set(described([registered])["components"]["schemas"]) == {"Sent", "Rows", "Problem"}
