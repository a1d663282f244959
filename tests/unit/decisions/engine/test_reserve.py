"""The reservation loop: reserve, hear refusals, select again, the same for the service and for the run over the whole base."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from decisions.decision_table import Decisions
from decisions.engine.reserve import Reserved, in_order_of_worth, reserve
from decisions.explanation.decision_json import rows
from otokui.domain import HOUR, Instant, Status
from otokui.ports.reservations import Reservation, ReservationResult
from scoring import ModelSet
from tests.unit.decisions.builders import AS_OF, Foretold, channel, message, people, policy

UNDER = policy(
    [message(channels=["email", "line"], prior_uplift=0.05)],
    [channel("email"), channel("line", response_factor=3.0, capacity_per_hour=5)],
)
IDS = ("ada", "bob", "eve")
WORTH = {"ada": 1_000.0, "bob": 9_000.0, "eve": 5_000.0}
Says = Callable[[Reservation], ReservationResult]


def granted(place: Reservation) -> ReservationResult:
    return ReservationResult("", place.send_at)


def ran(says: Says, **named: Any) -> tuple[Reserved, list[list[str]]]:
    """Reserve for three customers; return what came of it, and who asked for which channel, round by round."""
    engine = Foretold(ModelSet({}), UNDER, look=lambda s, under: people(under, IDS, mean_order_value=[WORTH[c] for c in s.customer_ids]))
    someone = people(UNDER, IDS)
    batch = engine.prepare(someone.summaries, someone.state, AS_OF, AS_OF)
    rounds: list[list[str]] = []

    def take(asked: Sequence[Reservation]) -> list[ReservationResult]:
        rounds.append([f"{place.customer_id} {place.channel}" for place in asked])
        return [says(place) for place in asked]

    return reserve(engine, batch, engine.decide(batch), take, **named), rounds


def told(decisions: Decisions) -> list[tuple[str, str | None]]:
    """Return status and channel of each row."""
    return [(row["status"], row["channel"] and row["channel"]["name"]) for row in rows(decisions)]


def test_what_is_granted_as_asked_changes_nothing() -> None:
    """One round, in the order of the rows."""
    found, rounds = ran(granted)

    assert rounds == [["ada line", "bob line", "eve line"]]
    assert told(found.decisions) == [("contact", "line")] * 3
    assert (sorted(found.results), dict(found.otherwise), found.changed.tolist()) == ([0, 1, 2], {}, [])


def test_who_is_refused_by_a_limit_of_the_shop_is_decided_about_again_without_the_channel() -> None:
    """Only they, once more; the batch keeps which channel is closed to whom."""
    found, rounds = ran(
        lambda place: ReservationResult("capacity" if (place.customer_id, place.channel) == ("bob", "line") else "", place.send_at)
    )

    assert rounds == [["ada line", "bob line", "eve line"], ["bob email"]]
    assert told(found.decisions) == [("contact", "line"), ("contact", "email"), ("contact", "line")]
    assert found.batch.contacts.shut is not None
    assert found.batch.contacts.shut.tolist() == [[0, 0], [0, 1], [0, 0]]
    assert (dict(found.otherwise), found.changed.tolist()) == ({}, [1])


def test_when_every_channel_is_refused_the_customer_is_suppressed() -> None:
    """No result is left of them: no reservation stands, and replay comes to it by the closed channels."""
    found, rounds = ran(lambda place: ReservationResult("budget" if place.customer_id == "eve" else "", place.send_at))

    assert rounds == [["ada line", "bob line", "eve line"], ["eve email"]]
    assert told(found.decisions)[2] == ("suppressed", None)
    assert [s["code"] for s in rows(found.decisions)[2]["suppressions"]] == ["budget"]
    assert sorted(found.results) == [0, 1]


def test_a_cap_of_the_customer_closes_no_channel() -> None:
    """Any other contact would be refused as well: the row says the rule."""
    found, rounds = ran(lambda place: ReservationResult("contact_cap" if place.customer_id == "ada" else "", place.send_at))

    assert len(rounds) == 1
    assert [s["code"] for s in rows(found.decisions)[0]["suppressions"]] == ["contact_cap"]
    assert (sorted(found.otherwise), found.changed.tolist()) == ([0], [0])


def test_another_hour_moves_the_contact() -> None:
    """The time that was given stands in the decision."""
    found, _ = ran(lambda place: ReservationResult("", Instant(place.others[0]) if place.customer_id == "ada" else place.send_at))

    assert found.decisions.send_at[0] == found.results[0].send_at
    assert found.decisions.not_after[0] - found.decisions.not_before[0] == HOUR - 1
    assert sorted(found.otherwise) == [0]


def test_those_to_whom_a_place_is_worth_most_may_ask_first() -> None:
    """In every round."""
    _, rounds = ran(lambda place: ReservationResult("capacity" if place.channel == "line" else "", place.send_at), order=in_order_of_worth)

    assert rounds == [["bob line", "eve line", "ada line"], ["bob email", "eve email", "ada email"]]


def test_alone_as_in_company() -> None:
    """Rows decided again are those that the whole batch would get, bit for bit."""
    found, _ = ran(
        lambda place: ReservationResult("capacity" if place.channel == "line" and place.customer_id != "ada" else "", place.send_at)
    )
    engine = Foretold(ModelSet({}), UNDER, look=lambda s, under: people(under, IDS, mean_order_value=[WORTH[c] for c in s.customer_ids]))

    whole = engine.decide(found.batch)

    assert found.decisions.is_status(Status.CONTACT).all()
    for name, column in whole.columns().items():
        np.testing.assert_array_equal(found.decisions.columns()[name], column)
