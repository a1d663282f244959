"""What must always hold of summaries and vectors, whatever the records."""

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from features.summaries.packing import pack, unpack
from features.summaries.summary import merge, summarise, summary_names
from features.vectors import derive
from otokui.domain import CutoffDate, Instant
from otokui.frames import Batch, texts
from tests.builders import (
    Row,
    Table,
    contact,
    customer,
    day,
    delivery,
    differences,
    event,
    line,
    order,
    outcome,
    product,
    records,
    table,
    vectors_of,
)

END = CutoffDate(day(60))
PRODUCTS = [product(unit_cost=3.0, replenish_days=10.0, launched_at=day(20)), product("cup", taste_bucket=None)]

# Building a summary's 187 expressions takes a tenth of a second, so examples are few and each holds several customers.
who = st.sampled_from(["ada", "bob", "顧客"])
# Few instants and few amounts, so that ties are common; some on either side of the cut-off.
when = st.integers(0, 24).map(lambda k: day(k * 3))
money = st.integers(0, 3).map(lambda k: 100.0 * k)
maybe = st.none() | when


@st.composite
def histories(draw: st.DrawFn, prefix: str = "") -> dict[str, list[Row]]:
    """Draw the records of some customers; keys carry ``prefix``, so that two histories split no order."""

    def many(make: Callable[[int], Row]) -> list[Row]:
        return [make(i) for i in range(draw(st.integers(0, 5)))]

    def one_order(i: int) -> list[Row]:
        about: dict[str, Any] = {"customer_id": draw(who), "order_id": f"{prefix}{i}", "cancelled_at": draw(maybe)}
        at = draw(when)
        bought = draw(st.lists(st.sampled_from(["tea", "cup", "jar"]), min_size=1, max_size=2, unique=True))
        lines = [line(at, **about, product_id=p, paid_amount=draw(money), list_amount=draw(st.none() | money)) for p in bought]
        return [order(at, **about, place=draw(st.sampled_from(["ec", "store", None]))), *lines]

    orders = [one_order(i) for i in range(draw(st.integers(0, 12)))]
    kinds = st.sampled_from(["opened", "clicked", "converted"])
    return {
        "orders": [rows[0] for rows in orders],
        "order_lines": [row for rows in orders for row in rows[1:]],
        "products": PRODUCTS,
        "events": many(lambda _: event(draw(when), draw(st.sampled_from(["cart_add", "enquiry", "other"])), customer_id=draw(who))),
        "contacts": many(lambda _: contact(draw(when), customer_id=draw(who), channel=draw(st.sampled_from(["email", "fax"])))),
        "contact_outcomes": many(lambda _: outcome(draw(kinds), draw(when), customer_id=draw(who), amount=draw(st.none() | money))),
        "deliveries": many(lambda _: delivery(draw(when), customer_id=draw(who))),
        "customers": [customer(f"{prefix}{draw(who)}", birth_year=1980, known_at=draw(when))],
    }


def summed(tables: dict[str, list[Row]], cutoff: CutoffDate = END) -> Table:
    """Return the summaries of a history."""
    return table(summarise(records(**tables), cutoff))


@settings(max_examples=15)
@given(histories("a"), histories("b"))
def test_history_may_be_folded_in_pieces(older: dict[str, list[Row]], newer: dict[str, list[Row]]) -> None:
    """summarise(a + b) == merge(summarise(a), summarise(b)): what nightly runs rest on."""
    whole = {name: older[name] + newer[name] if name != "products" else PRODUCTS for name in older}

    pieces = merge(summarise(records(**older), END), summarise(records(**newer), END))

    assert differences(table(pieces), summed(whole)) == []


@settings(max_examples=4)
@given(histories("a"), histories("b"), histories("c"))
def test_it_does_not_matter_how_pieces_are_folded(a: dict[str, list[Row]], b: dict[str, list[Row]], c: dict[str, list[Row]]) -> None:
    """merge(merge(a, b), c) == merge(a, merge(b, c)): a week may be made up in one run or in seven."""
    x, y, z = (summarise(records(**tables), END).collect("polars").lazy() for tables in (a, b, c))

    assert differences(table(merge(merge(x, y), z)), table(merge(x, merge(y, z)))) == []


@settings(max_examples=12)
@given(histories(), st.integers(0, 25))
def test_what_becomes_known_after_the_cutoff_changes_nothing(past: dict[str, list[Row]], third_day: int) -> None:
    """A summary equals that of the history truncated by hand, outcomes included."""
    cutoff = CutoffDate(day(third_day * 3))

    def truncated(row: Row) -> Row:
        cancelled = row.get("cancelled_at")
        return row | {"cancelled_at": cancelled if cancelled is not None and cancelled < cutoff.at else None}

    by_hand = {name: [truncated(row) for row in rows if row["known_at"] < cutoff.at] for name, rows in past.items()}

    assert differences(summed(past, cutoff), summed(by_hand, cutoff)) == []


@settings(max_examples=6)
@given(histories(), st.randoms(use_true_random=False))
def test_the_order_of_records_changes_nothing(past: dict[str, list[Row]], random: Any) -> None:
    """A file sorted otherwise, or read by several threads, gives the same summaries."""
    shuffled = {name: random.sample(rows, len(rows)) for name, rows in past.items()}

    assert differences(summed(shuffled), summed(past)) == []


@settings(max_examples=5)
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_records_changes_no_byte_of_a_vector(seed: int) -> None:
    """Odd cents and odd seconds, whose sums differ in the last digits by the order of adding, are read as the same bytes."""
    generator = np.random.default_rng(seed)

    def at() -> int:
        return int(generator.integers(day(0), day(55)))

    def cents() -> float:
        return float(generator.integers(1, 100_000)) / 100.0

    past = {
        "order_lines": [
            line(at(), order_id=f"o{i // 2}", product_id=f"p{i}", paid_amount=cents(), list_amount=cents(), quantity=cents())
            for i in range(80)
        ],
        "products": [product(f"p{i}", unit_cost=cents(), launched_at=at()) for i in range(40)],
        "events": [event(at(), "cart_add") for _ in range(60)],
        "contacts": [contact(at()) for _ in range(40)],
        "contact_outcomes": [outcome("opened", at(), amount=cents()) for _ in range(20)],
        "deliveries": [delivery(at(), ordered_at=day(0)) for _ in range(20)],
    }

    def vectors(tables: dict[str, list[Row]]) -> bytes:
        return vectors_of(summarise(records(**tables), END), END.at)

    shuffled = [{name: [rows[i] for i in generator.permutation(len(rows))] for name, rows in past.items()} for _ in range(3)]
    assert {vectors(tables) for tables in shuffled} == {vectors(past)}


@settings(max_examples=25)
@given(
    st.integers(0, 2**32 - 1), st.integers(1, 70), st.integers(0, 30), st.integers(day(0), day(4000)), st.sampled_from([0, 32_400, -18_000])
)
def test_a_row_does_not_know_its_batch(seed: int, size: int, offset: int, as_of: int, local_offset: int) -> None:
    """batch == online, byte for byte, wherever in a batch of whatever size a customer stands."""
    generator = np.random.default_rng(seed)
    choices = [generator.uniform(0, 1e6, (2_300, len(summary_names()))), np.floor(generator.uniform(0, 9, (2_300, len(summary_names()))))]
    choices += [generator.uniform(day(-900), as_of, (2_300, len(summary_names()))), np.full((2_300, len(summary_names())), np.nan)]
    values = np.choose(generator.integers(0, 4, (2_300, len(summary_names()))), choices)
    batch = Batch(texts([f"c-{i}" for i in range(2_300)]), summary_names(), values)
    start = int(generator.integers(0, 2_200)) + offset
    whole = derive(batch, Instant(as_of), local_offset_seconds=local_offset).values[start : start + size]

    part = derive(batch.rows(slice(start, start + size)), Instant(as_of), local_offset_seconds=local_offset)
    one = derive(batch.rows(slice(start, start + 1)), Instant(as_of), local_offset_seconds=local_offset)

    assert part.values.tobytes() == whole.tobytes()
    assert one.values.tobytes() == whole[:1].tobytes()


@given(st.lists(st.lists(st.floats(allow_nan=False) | st.just(np.nan), min_size=5, max_size=5), max_size=4))
def test_packing_loses_nothing(rows: list[list[float]]) -> None:
    """Every double, infinities and signed zeros included, comes back as the same bytes."""
    values = np.resize(np.array(rows, dtype=np.float64), (len(rows), len(summary_names()))) if rows else np.empty((0, len(summary_names())))
    batch = Batch(texts([f"c-{i}" for i in range(len(rows))]), summary_names(), values)

    assert unpack([f"c-{i}" for i in range(len(rows))], pack(batch)).values.tobytes() == batch.values.tobytes()
