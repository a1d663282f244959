"""Parameters of the query: typed, and refused where unknown, repeated or not valid."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
import pytest

from serving.http.problems import Refused
from serving.http.request_bodies import parse_query


class Page(msgspec.Struct, forbid_unknown_fields=True):
    """A page of rows."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 10
    dialect: Literal["segment", "line"] | None = msgspec.field(default=None, name="as")


def test_values_are_typed() -> None:
    """A number comes as a number; what is left out has its default."""
    assert parse_query(b"limit=5&as=line", Page) == Page(5, "line")
    assert parse_query(b"", Page) == Page()


@pytest.mark.parametrize(
    ("text", "field"),
    [(b"limit=0", "$.limit"), (b"limit=x", "$.limit"), (b"as=taro", "$.as"), (b"limit=1&limit=2", ""), (b"limit=%ff", ""), (b"\xff", "")],
)
def test_what_is_not_valid_is_refused(text: bytes, field: str) -> None:
    """With the name of the parameter, where there is one."""
    with pytest.raises(Refused) as caught:
        parse_query(text, Page)
    assert (caught.value.problem.status, caught.value.problem.field) == (422, field)


@pytest.mark.parametrize("kind", [Page, None])
def test_an_unknown_parameter_is_refused(kind: type | None) -> None:
    """A misspelt one would otherwise be swallowed."""
    with pytest.raises(Refused) as caught:
        parse_query(b"limti=5", kind)
    assert caught.value.problem.status == 422


def test_a_call_without_parameters_has_no_query() -> None:
    """Nothing sent, nothing parsed."""
    assert parse_query(b"", None) is None
