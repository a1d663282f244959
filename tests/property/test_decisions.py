"""What must never, and what must always hold of decisions, over customers with anything unknown, broken or extreme."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from decisions.compiler.compile_policy import compile_policy
from decisions.decision_table import Decisions
from decisions.explanation.decision_json import rows
from decisions.policy.control_groups import hash_draws, in_control
from decisions.policy.exploration import Exploration, chances, explore
from decisions.policy.policy import Policy
from features import feature_names
from otokui.domain import Status
from otokui.frames import ContactState, Predictions, texts
from otokui.settings.settings import load
from tests.unit.decisions.builders import AS_OF, HORIZONS, People, evidence, people

SPECIAL = (float("nan"), float("inf"), float("-inf"), -1.0, 0.0, 1.0, 1e308, -1e308, 5e-324)
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@lru_cache
def _policy(timezone: str = "Asia/Tokyo", **limits: Any) -> Policy:
    presets = load()
    shop = presets.shop.model_copy(update={"timezone": timezone})
    channels = tuple(c.model_copy(update={"enabled": True}) for c in presets.channels)
    changed = presets.model_copy(update={"shop": shop, "channels": channels, "decisions": presets.decisions.model_copy(update=limits)})
    return compile_policy(changed, evidence())


def _crowd(under: Policy, seed: int, size: int, broken: float) -> People:
    """Return customers like any, a share of whose every value is unknown, broken or extreme."""
    rng = np.random.default_rng(seed)
    found = people(under, ids=[f"c-{seed}-{i}" for i in range(size)])

    def spoil(values: Any) -> None:
        hit = rng.random(values.shape) < broken
        values[hit] = rng.choice(SPECIAL, size=int(hit.sum()))

    for name in feature_names():
        found.vectors.column(name)[:] = rng.exponential(1.0, size)
    for name, scale in (("recency_days", 40.0), ("mean_order_value", 9_000.0), ("tenure_days", 300.0), ("days_since_cart_add", 2.0)):
        found.vectors.column(name)[:] = rng.exponential(scale, size)
    for name, most in (("purchase_count", 6), ("undelivered_orders", 2), ("birthday_month_now", 2), ("cart_since_purchase", 2)):
        found.vectors.column(name)[:] = rng.integers(0, most, size)
    found.summaries.values[:] = rng.integers(0, 9, found.summaries.values.shape)
    spoil(found.vectors.values)
    spoil(found.summaries.values)
    said = found.predictions
    said.p_purchase[:] = np.sort(rng.random((size, len(HORIZONS))), axis=1)
    said.expected_spend[:] = rng.exponential(9_000.0, (size, len(HORIZONS)))
    said.state[:] = np.where(rng.random(size) < broken, rng.integers(-128, 128, size), rng.integers(0, 7, size))
    for name in ("churn_probability", "future_loyal_probability"):
        getattr(said, name)[:] = rng.random(size)
    for field in fields(Predictions):
        values = getattr(said, field.name)
        if isinstance(values, np.ndarray) and values.dtype == np.float64:
            spoil(values)
    unsure = ContactState(
        rng.choice(np.array([1, 1, 1, 0, -1], dtype=np.int8), found.state.consented.shape),
        rng.choice(np.array([0, 0, 0, 0, 1, -1], dtype=np.int8), found.state.blacklisted.shape),
        rng.choice(np.array([0, 0, 1, 2, -1]), size),
        rng.choice(np.array([0, 0, 0, 1, 9, -1]), found.state.channel_contacts.shape),
        rng.choice(np.array([0, 0, 0, 1, 9, -1]), found.state.message_contacts.shape),
        rng.choice(np.array([0, 0, 0, 1, 9, -1]), found.state.unanswered.shape),
        np.where(rng.random(size) < 0.5, np.nan, AS_OF - 1e5),
        refused=rng.choice(np.array([0, 0, 0, 0, 0, 0, 1, 2, 4, 8, 15, -1, 64], dtype=np.int8), found.state.consented.shape),
    )
    return People(under, said, found.vectors, found.summaries, unsure)


crowds = st.tuples(st.integers(0, 2**32 - 1), st.integers(1, 60), st.sampled_from([0.0, 0.02, 0.3])).map(lambda a: _crowd(_policy(), *a))


def _contacts(decided: Decisions) -> tuple[Any, Any, Any]:
    """Return the rows that are contacted, with the message and channel of each."""
    rows = np.flatnonzero(decided.is_status(Status.CONTACT))
    chosen = decided.considered[rows]
    return rows, decided.policy.candidates.message[chosen], decided.policy.candidates.channel[chosen]


def test_some_are_contacted() -> None:
    """Without which nothing below would mean anything."""
    decided = _crowd(_policy(), 1, 2_000, 0.02).decide()

    assert {int(decided.is_status(s).sum()) > 20 for s in (Status.CONTACT, Status.CONTROL, Status.SUPPRESSED, Status.NO_CONTACT)} == {True}


@QUICK
@given(crowds)
def test_only_who_is_known_to_permit_it_is_contacted(crowd: People) -> None:
    """Consent, blacklist, every cap, delivery, cool-off and prediction, looked up again by hand for each contact."""
    decided = crowd.decide()
    under, state = crowd.policy, crowd.state

    for row, message, channel in zip(*_contacts(decided), strict=True):
        said, way = under.offered[message], load().channels[channel]
        facts = {name: float(crowd.vectors.column(name)[row]) for name in ("undelivered_orders", "recency_days", "purchase_count")}
        given_up = AS_OF - crowd.summaries.column("last_open_order_at")[row] > 45 * 86_400
        assert state.consented[row, channel] == 1 or not way.needs_consent
        assert state.blacklisted[row, channel] == 0
        assert state.refused is not None
        assert state.refused[row, channel] == 0
        assert 0 <= state.contacts_in_period[row] < 2
        assert 0 <= state.channel_contacts[row, channel] < way.cap
        assert 0 <= state.message_contacts[row, message] < said.cap
        assert 0 <= state.unanswered[row, message] < said.exit_after_unanswered
        assert facts["undelivered_orders"] == 0.0 or given_up or said.before_delivery
        assert 3.0 <= facts["recency_days"] < np.inf or facts["purchase_count"] == 0.0 or said.after_purchase
        assert 0 <= crowd.predictions.state[row] < 7
        assert 0.0 < decided.value.expected_value[row] < np.inf
        assert 0.0 <= decided.value.p_purchase[row] <= 1.0


MANY = 99  # More than any cap and any count of unanswered contacts of the presets.
NOBODY: dict[str, Any] = {
    "no consent": ("consented", 0), "unknown consent": ("consented", -1), "blacklisted": ("blacklisted", 1),
    "unsubscribed": ("refused", 1), "complained": ("refused", 2), "bounced": ("refused", 4), "refusals unknown": ("refused", -1),
    "blacklist unknown": ("blacklisted", -1), "cap reached": ("contacts_in_period", 2), "cap unknown": ("contacts_in_period", -1),
    "channel caps reached": ("channel_contacts", MANY), "message caps reached": ("message_contacts", MANY),
    "unanswered": ("unanswered", MANY),
}  # fmt: skip


@pytest.mark.parametrize("case", NOBODY)
@settings(max_examples=15, deadline=None)
@given(crowds)
def test_no_value_outweighs_a_rule(case: str, crowd: People) -> None:
    """Whatever the value, broken or enormous: when the rule refuses everybody, nobody is contacted."""
    name, value = NOBODY[case]
    getattr(crowd.state, name)[:] = value
    crowd.vectors.column("mean_order_value")[:] = 1e15
    rows, _, channels = _contacts(crowd.decide())

    free = {i for i, c in enumerate(load().channels) if not c.needs_consent} if name == "consented" else set()
    assert set(channels.tolist()) <= free
    assert not len(rows) or free


@QUICK
@given(crowds, st.sampled_from(["undelivered", "stale", "future", "unreadable", "control", "scenario control", "invalid"]))
def test_nobody_is_contacted(crowd: People, why: str) -> None:
    """Under way, too old, from the future, unreadable, held back, or not a number."""
    summarised_at, under = AS_OF, crowd.policy
    if why == "undelivered":
        crowd.vectors.column("undelivered_orders")[:] = [1.0, np.nan, np.inf, -1.0][int(crowd.vectors.customer_ids[0][-1]) % 4]
        crowd.summaries.column("last_open_order_at")[:] = np.nan
    elif why in ("stale", "future"):
        summarised_at = AS_OF + (1 if why == "future" else -3 * 86_400 - 1)
    elif why == "unreadable":
        shape = (len(crowd.vectors), len(under.channels.names), len(under.messages.ids))
        crowd = People(under, crowd.predictions, crowd.vectors, crowd.summaries, ContactState.unreadable(*shape))
    elif why == "invalid":
        crowd.predictions.p_purchase[:] = np.nan
    else:
        held = _policy(**({"holdout_share": 1.0} if why == "control" else {"scenario_holdout_share": 1.0}))
        crowd = People(held, crowd.predictions, crowd.vectors, crowd.summaries, crowd.state)

    decided = crowd.decide(AS_OF, summarised_at)

    contacted = decided.is_status(Status.CONTACT)
    if why == "undelivered":
        contacted &= ~np.isin(np.append(under.candidates.message, -1)[decided.considered], np.flatnonzero(under.messages.before_delivery))
    assert not contacted.any()
    assert all(row["message"] is None for row in rows(decided) if row["status"] != "contact")


@QUICK
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(["Asia/Tokyo", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]),
    st.integers(1_600_000_000, 1_900_000_000),
)
def test_send_times_are_permitted_hours_of_the_shops_clock(seed: int, timezone: str, as_of: int) -> None:
    """All through the window, also over changes of the clock, never before the lead time and never in quiet hours."""
    crowd = _crowd(_policy(timezone), seed, 40, 0.02)
    decided = crowd.decide(as_of, as_of)

    for row, _, channel in zip(*_contacts(decided), strict=True):
        open_hours = crowd.policy.channels.open_hours[channel]
        first, at, last = (int(x[row]) for x in (decided.not_before, decided.send_at, decided.not_after))
        assert as_of + crowd.policy.channels.lead_seconds[channel] <= first <= at <= last <= decided.valid_until[row]
        assert last <= as_of + 9 * 86_400
        for moment in [*range(first, last + 1, 600), last]:
            assert open_hours[datetime.fromtimestamp(moment, UTC).astimezone(ZoneInfo(timezone)).hour]


@QUICK
@given(crowds)
def test_everybody_gets_one_row_with_a_reason_in_both_languages(crowd: People) -> None:
    """In the order asked, as JSON without NaN, with an id of its own; only a contact has something to send."""
    decided = crowd.decide()
    said = rows(decided)

    assert [r["customer_id"] for r in said] == list(crowd.vectors.customer_ids)
    assert len({r["decision_id"] for r in said}) == len(said)
    for row in said:
        assert json.loads(json.dumps(row, allow_nan=False)) == row
        assert row["reasons"]
        assert all(r["text"] and r["text_ja"] and "nan" not in r["text"] for r in row["reasons"])
        assert (row["message"] is not None) == (row["status"] == "contact")
        assert bool(row["suppressions"]) == (row["status"] in ("suppressed", "control"))
        assert 0.0 < row["action_probability"] <= 1.0


@QUICK
@given(crowds, st.randoms(use_true_random=False))
def test_a_decision_does_not_depend_on_the_company_it_came_in(crowd: People, random: Any) -> None:
    """Alone, in another order, or in part: the same bytes."""
    whole = _bytes(crowd.decide())
    order = list(range(len(whole)))
    random.shuffle(order)
    some = np.array(order[: max(1, len(order) // 2)])

    assert _bytes(crowd.rows(some).decide()) == [whole[i] for i in some]
    assert _bytes(crowd.rows(some[:1]).decide()) == [whole[some[0]]]


def _bytes(decided: Decisions) -> list[bytes]:
    """Return every array of each row as bytes, and its columns as text."""
    arrays = [getattr(decided, f.name) for f in fields(Decisions)] + [getattr(decided.value, f.name) for f in fields(decided.value)]
    arrays = [a for a in arrays if isinstance(a, np.ndarray)]
    columns = list(decided.columns().values())
    return [
        b"|".join(a[i].tobytes() if a.dtype != object else str(a[i]).encode() for a in arrays) + repr([c[i] for c in columns]).encode()
        for i in range(len(decided))
    ]


@given(
    st.lists(st.lists(st.booleans(), min_size=6, max_size=6).filter(any), min_size=1, max_size=8),
    st.floats(0.0, 1.0),
    st.floats(0.0, 1.0),
    st.integers(0, 2**32 - 1),
    st.floats(0.0, 1.0, exclude_max=True),
)
def test_chances_lie_in_0_1_and_sum_to_one_over_what_is_permitted(
    permitted: list[list[bool]], floor: float, most: float, seed: int, draw: float
) -> None:
    """Whatever is known of values, and how well; and the chance that is logged is the one of the table."""
    grid = np.array(permitted)
    rng = np.random.default_rng(seed)
    value = np.where(grid, rng.exponential(10.0 ** rng.integers(-6, 9), grid.shape), rng.choice([np.nan, np.inf, -np.inf, 1.0], grid.shape))
    deviation = rng.exponential(10.0 ** rng.integers(-6, 9), grid.shape) * (rng.random(grid.shape) < 0.8)
    best = np.where(grid, value, -np.inf).argmax(axis=1)

    with np.errstate(all="ignore"):
        table = chances(grid, best, value, deviation, Exploration(floor, most))
        alone = chances(grid[:1], best[:1], value[:1], deviation[:1], Exploration(floor, most))
    chosen, chance, _ = explore(table, best, np.full(len(grid), draw))

    rows = np.arange(len(grid))
    assert grid[rows, chosen].all()
    assert ((chance > 0.0) & (chance <= 1.0)).all()
    assert np.array_equal(table[rows, chosen], chance)
    assert (table[~grid] == 0.0).all()
    assert np.array_equal(alone, table[:1])
    np.testing.assert_allclose(table.sum(axis=1), 1.0, rtol=0, atol=1e-12)


@given(
    st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=12), min_size=1, max_size=40, unique=True),
    st.floats(0.0, 1.0),
    st.data(),
)
def test_the_control_group_does_not_change_with_order_time_or_size(ids: list[str], share: float, data: st.DataObject) -> None:
    """Who is held back is held back in any company."""
    whole = dict(zip(ids, in_control(texts(ids), "salt", share).tolist(), strict=True))
    some = data.draw(st.lists(st.sampled_from(ids), min_size=1, unique=True))

    assert in_control(texts(some), "salt", share).tolist() == [whole[i] for i in some]
    assert ((hash_draws(ids, "salt") >= 0.0) & (hash_draws(ids, "salt") < 1.0)).all()


@QUICK
@given(crowds)
def test_exploration_stays_within_the_rules(crowd: People) -> None:
    """Drawn at random for everybody, every contact is still permitted and worth it."""
    wild = People(_policy(exploration_share=1.0), crowd.predictions, crowd.vectors, crowd.summaries, crowd.state)

    decided = wild.decide()

    assert (decided.value.expected_value[decided.is_status(Status.CONTACT)] > 0.0).all()
    acceptable = [d.is_status(Status.CONTACT) | d.is_status(Status.CONTROL) for d in (decided, crowd.decide())]
    assert np.array_equal(*acceptable)
