"""Measured results over HTTP: the figures that `otokui measure` kept, or a plain word that there are none."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from measurement.results.customer_lift import Period
from measurement.results.funnel import FunnelCounts
from measurement.results.lift_interval import GroupMoments
from measurement.results.results import MeasuredResults, lift_of
from otokui.domain import Instant
from serving.http.results_reply import ResultsReply
from tests.unit.serving.conftest import World


def results() -> dict[str, Any]:
    """Results of a period in which one group is large enough and one message is not."""
    groups = {
        "treatment": {name: GroupMoments(900, y=300, yy=300) for name in ("money", "orders", "buyers")},
        "control": {name: GroupMoments(100, y=20, yy=20) for name in ("money", "orders", "buyers")},
    }
    few = {group: {name: GroupMoments(2, y=1, yy=1) for name in made} for group, made in groups.items()}
    return MeasuredResults(
        Period(Instant(1_714_489_200), Instant(1_717_167_600)),
        1_000,
        lift_of(groups, None, 50),
        messages={"news": lift_of(few, None, 50)},
        funnels={("news", "email"): FunnelCounts(900, 890, 90, 10, 9, 800, 8, 8, 100.0, 1, 0, 2, 3, 4.0)},
    ).to_dict()


class TestResults:
    def test_the_kept_figures_are_answered_as_documented(self, world: World) -> None:
        """Every field of the reply is one of the schema, and times carry the shop's offset."""
        kept = results()  # ahead of the call: its first contrast imports for seconds
        world.app.state.live = world.live(results=lambda: kept)

        answered = world.http.get("/v1/results")

        reply = msgspec.json.decode(answered.content, type=ResultsReply)
        assert answered.status_code == 200
        assert (reply.since, reply.until) == ("2024-05-01T00:00:00+09:00", "2024-06-01T00:00:00+09:00")
        assert reply.overall.money.difference == pytest.approx(300 / 900 - 0.2)
        assert (reply.by_message["news"].money.verdict, reply.by_message["news"].money.difference) == ("too_few", None)
        assert msgspec.to_builtins(reply).keys() == answered.json().keys()

    def test_without_results_it_says_what_to_run(self, world: World) -> None:
        """Nothing measured is a 404 with the verb that measures."""
        answered = world.http.get("/v1/results")

        assert answered.status_code == 404
        assert "otokui measure" in answered.json()["fix"]
