"""Lift of everybody: the engine's moments are those of a count one by one, and the period's edges hold."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from measurement.results.customer_lift import Frame, Period, lift_moments, purchases, week_moments
from measurement.results.lift_interval import UNITS
from otokui.domain import DAY, WEEK, Instant
from tests.unit.measurement.results.small_results import bought, frame, people, summed

SINCE = 1_700_000_000
PERIOD = Period(Instant(SINCE), Instant(SINCE + 30 * DAY))

orders = st.lists(
    st.tuples(st.sampled_from("abcde"), st.integers(SINCE - 120 * DAY, SINCE + 40 * DAY), st.integers(0, 50_000)), max_size=25
)
groups = st.lists(st.sampled_from(["treatment", "control"]), min_size=5, max_size=5)


def as_sums(made: object) -> tuple[int, ...]:
    return tuple(getattr(made, name) for name in ("n", "y", "yy", "x", "xx", "xy"))


@settings(max_examples=60, deadline=None)
@given(orders, groups)
def test_moments_are_those_counted_one_by_one(rows: list[tuple[str, int, int]], drawn: list[str]) -> None:
    """Moments are those counted one by one."""
    members = dict(zip("abcde", drawn, strict=True))
    made = lift_moments(people(*members.items()), bought(*((who, at, float(paid)) for who, at, paid in rows)), PERIOD)
    for group in set(drawn):
        who = [name for name, of in members.items() if of == group]
        inside = {name: [paid for w, at, paid in rows if w == name and SINCE <= at < PERIOD.until] for name in who}
        before = {name: [paid for w, at, paid in rows if w == name and PERIOD.before <= at < SINCE] for name in who}
        y = {side: _outcomes(inside, who)[side] for side in ("money", "orders", "buyers")}
        x = {side: _outcomes(before, who)[side] for side in ("money", "orders", "buyers")}
        assert {name: as_sums(each) for name, each in made[(group,)].items()} == summed(y, x, len(who))


@settings(max_examples=40, deadline=None)
@given(orders, groups)
def test_weeks_add_up_to_their_whole(rows: list[tuple[str, int, int]], drawn: list[str]) -> None:
    """Weeks add up to their whole."""
    members, whole = dict(zip("abcde", drawn, strict=True)), Period(PERIOD.since, Instant(SINCE + 4 * WEEK))
    paid = bought(*((who, at, float(amount)) for who, at, amount in rows))
    weekly, at_once = week_moments(people(*members.items()), paid, whole), lift_moments(people(*members.items()), paid, whole)
    for group in set(drawn):
        of_group = [weekly[group, week] for week in range(4)]
        assert sum(each["money"].y for each in of_group) == at_once[(group,)]["money"].y
        assert {each["orders"].n for each in of_group} == {at_once[(group,)]["orders"].n}


def test_the_period_holds_its_begin_and_not_its_end() -> None:
    """The period holds its begin and not its end."""
    paid = bought(("a", SINCE, 1.0), ("a", int(PERIOD.until), 10.0), ("a", SINCE - 1, 100.0))
    made = lift_moments(people(("a", "treatment")), paid, PERIOD)[("treatment",)]["money"]
    assert (made.y, made.x) == (1 * UNITS, 100 * UNITS)


def test_cancelled_orders_are_not_counted_and_lines_of_an_order_are_one_order() -> None:
    """Cancelled orders are not counted and lines of an order are one order."""
    import polars as pl

    columns = {"customer_id": pl.String, "order_id": pl.String, "ordered_at": pl.Int64, "paid_amount": pl.Float64, "cancelled_at": pl.Int64}
    rows = [
        {"customer_id": "a", "order_id": "1", "ordered_at": 5, "paid_amount": 1.1, "cancelled_at": None},
        {"customer_id": "a", "order_id": "1", "ordered_at": 5, "paid_amount": 2.2, "cancelled_at": None},
        {"customer_id": "a", "order_id": "2", "ordered_at": 6, "paid_amount": 9.0, "cancelled_at": 7},
    ]
    made: Frame = purchases(frame(rows, columns))
    assert made.collect().rows() == [("a", 5, 33_000)]


def _outcomes(spent: dict[str, list[int]], who: list[str]) -> dict[str, list[int]]:
    return {
        "money": [sum(spent[name]) * UNITS for name in who],
        "orders": [len(spent[name]) for name in who],
        "buyers": [int(bool(spent[name])) for name in who],
    }
