"""The context of a call: refused with its path where it cannot be used, logged where it is."""

from __future__ import annotations

from typing import Any

import pytest

from otokui.domain import show_instant
from tests.unit.serving.conftest import NOON, World

SITE = {"channel": "site", "page": "product", "products_seen": ["p-2"], "cart": ["p-1"]}


def asked(world: World, *contexts: dict[str, Any], path: str = "/v1/decisions", **more: Any) -> Any:
    """Ask for as many customers as there are contexts."""
    names = ("ada", "bob")
    body = {"customers": [{"customer_id": name, "context": context} for name, context in zip(names, contexts, strict=False)]} | more
    return world.http.post(path, json=body)


def test_a_visit_is_answered_over_its_channel_with_its_products(world: World) -> None:
    """The cart first, then what was seen; the log holds what replay needs."""
    row = asked(world, SITE).json()["decisions"][0]

    assert (row["status"], row["channel"]["name"], row["message"]["products"]) == ("contact", "site", ["p-1", "p-2"])
    assert row["timing"]["send_at"] == row["as_of"] == show_instant(NOON, "Asia/Tokyo")
    assert '"cart":["p-1"]' in (world.book.logged[0].context or "")


def test_without_a_context_no_pull_channel_is_chosen(world: World) -> None:
    """Whatever it would be worth."""
    assert world.decide("ada").json()["decisions"][0]["channel"]["name"] == "email"
    assert world.decide("ada", channels=["site"]).json()["decisions"][0]["status"] != "contact"


def test_two_moments_of_one_second_are_two_decisions(world: World) -> None:
    """Asked together, each has its own cart."""
    rows = asked(world, SITE, SITE | {"cart": ["p-7"]}).json()["decisions"]

    assert [row["message"]["products"][0] for row in rows] == ["p-1", "p-7"]
    assert len({row["decision_id"] for row in rows}) == 2


@pytest.mark.parametrize(
    ("contexts", "more", "field"),
    [
        ([{"cart": ["p-1"]}], {}, "$.customers[0].context.channel"),
        ([SITE, {}], {}, "$.customers[1].context.channel"),
        ([SITE, SITE | {"channel": "in_store"}], {}, "$.customers[1].context.channel"),
        ([SITE], {"channels": ["email"]}, "$.customers[0].context.channel"),
        ([SITE | {"channel": "email"}], {}, "$.customers[0].context.channel"),
        ([SITE | {"at": "2025-03-01T00:00:00Z"}], {}, "$.customers[0].context.at"),
        ([SITE | {"at": "2025-04-02T00:00:00Z"}], {}, "$.customers[0].context.at"),
        ([SITE | {"basket": []}], {}, "$.customers[0].context"),
        ([SITE | {"page": "https://shop.example/?mail=a"}], {}, "$.customers[0].context.page"),
        ([SITE | {"cart": [""]}], {}, "$.customers[0].context.cart[0]"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_path(world: World, contexts: list[Any], more: dict[str, Any], field: str) -> None:
    """Nothing is swallowed; nobody is decided about."""
    answer = asked(world, *contexts, **more)

    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert answer.json()["fix"]
    assert world.book.logged == []


def test_a_prediction_takes_no_context(world: World) -> None:
    """It would not depend on it."""
    assert asked(world, {}, path="/v1/predictions").status_code == 200
    assert asked(world, SITE, path="/v1/predictions").json()["field"] == "$.customers[0].context"
