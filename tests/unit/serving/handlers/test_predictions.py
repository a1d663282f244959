"""POST /v1/predictions: the same forecasts as the nightly file, null where there is none."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from serving.handlers import predictions
from serving.http.responses import PredictionReply

World = Any
"""tests/unit/serving/conftest.py"""


def ask(world: World, *customer_ids: str, **more: Any) -> Any:
    return world.http.post("/v1/predictions", json={"customers": [{"customer_id": c} for c in customer_ids]} | more)


def test_every_customer_gets_one_row_in_the_order_asked(world: World) -> None:
    """Also who is unknown: the pooled forecast, and the mark that it is."""
    reply = ask(world, "bob", "nobody", "ada").json()

    assert [(row["customer_id"], row["known"]) for row in reply["predictions"]] == [("bob", True), ("nobody", False), ("ada", True)]


def test_what_is_foretold_has_names_and_units(world: World) -> None:
    """Chances by horizon, days and dates, and null for what cannot be said, with the reason beside."""
    reply = ask(world, "ada").json()

    (row,) = reply["predictions"]
    assert row["next_purchase"]["p_30d"] == 0.5
    assert (row["next_purchase"]["median_days"], row["next_purchase"]["median_date"]) == (20.0, "2025-04-21")
    assert row["next_purchase_weekday"] == {"1": 0.0, "2": 0.0, "3": 0.0, "4": 0.0, "5": 0.25, "6": 0.75, "7": 0.0}
    assert row["next_purchase_hours"] == {f"{begin:02}": None for begin in range(0, 24, 3)}
    assert row["expected_spend"]["90d"] == 5_000.0
    assert row["median_purchases"]["7d"] == 0.0
    assert (row["churn_probability"], row["future_loyal_probability"], row["state"]) == (0.25, None, "active")
    assert reply["missing"] == {"future_loyal": "not enough examples"}
    assert reply["summarised_at"] == "2025-04-01T09:00:00+09:00"


def test_answers_are_of_the_types_that_the_openapi_document_describes(world: World) -> None:
    """The schema is read from these types."""
    world.store.breaks_on = "cyd"

    read = msgspec.json.decode(ask(world, "ada", "cyd", request_id="r").content, type=PredictionReply)

    assert [row.error is None for row in read.predictions] == [True, False]
    assert read.request_id == "r"


def test_explain_adds_the_factors(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """By model, strongest first; without explain there are none."""
    factor = {"feature": "recency_days", "called": "days since the last purchase", "value": 40.0, "contribution": -0.5}
    monkeypatch.setattr(predictions, "factors_of", lambda vectors, _models, _attributes: [{"churn": [factor]}] * len(vectors))

    assert ask(world, "ada", explain=True).json()["predictions"][0]["factors"] == {"churn": [factor]}
    assert "factors" not in ask(world, "ada").json()["predictions"][0]


def test_nothing_is_written(world: World) -> None:
    """A forecast takes no place and leaves no log."""
    ask(world, "ada")

    assert (world.book.commits, world.book.logged) == (0, [])
