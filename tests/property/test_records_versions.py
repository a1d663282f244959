"""What never depends on luck: the split of history into exports, what was known when, and which windows are added up."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from otokui.domain import DAY, Instant, show_instant
from tests.unit.pipelines.ingesting import NOW, Shop

START = NOW - 40 * DAY


class Row(NamedTuple):
    """An order as a row of an export says it."""

    order_id: str
    customer_id: str
    ordered: int
    coupon: str
    known: int


def row(order: int, customer: int, ordered: int, coupon: str, lag: int) -> Row:
    """An order of some day, known some days later."""
    return Row(f"o{order}", f"c{customer}", START + ordered * DAY, coupon, START + (ordered + lag) * DAY)


orders = st.builds(row, st.integers(0, 5), st.integers(0, 3), st.integers(0, 20), st.sampled_from(["", "x", "y"]), st.integers(0, 10))
history = st.lists(orders, min_size=1, max_size=12, unique_by=lambda r: (r.order_id, r.known))
cutoffs = st.integers(0, 35).map(lambda day: Instant(START + day * DAY + DAY // 2))


def export(rows: list[Row]) -> str:
    """Write rows as a shop would."""
    head = "order_id,customer_id,ordered_at,coupon_id,known_at\n"
    return head + "".join(f"{r.order_id},{r.customer_id},{show_instant(r.ordered)},{r.coupon},{show_instant(r.known)}\n" for r in rows)


def known(rows: list[Row], before: int) -> list[tuple[str, str, int, str | None]]:
    """The state a clerk would have on paper: of each order the newest row known before."""
    newest = {r.order_id: r for r in sorted(rows, key=lambda r: r.known) if r.known < before}
    return sorted((r.order_id, r.customer_id, r.ordered, r.coupon or None) for r in newest.values())


def seen(shop: Shop, before: Instant) -> list[tuple[str, str, int, str | None]]:
    """The state the store shows."""
    if "orders" not in shop.source().tables():
        return []
    return sorted(shop.rows("orders", "order_id", "customer_id", "ordered_at", "coupon_id", before=before))


@settings(max_examples=15)
@given(history, cutoffs, st.data())
def test_a_cutoff_shows_what_was_known_then(rows: list[Row], cutoff: Instant, data: st.DataObject) -> None:
    """However history was cut into exports, in whatever order they came, overlapping as they like."""
    cut = data.draw(st.integers(0, len(rows)))
    overlap = data.draw(st.lists(st.sampled_from(rows), max_size=4))
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(Path(folder), max_bad_share=0.0)
        for piece in (rows[cut:], [*rows[:cut], *(r for r in overlap if r not in rows[:cut])]):
            if piece:
                shop.bring(orders=export(piece))

        assert seen(shop, cutoff) == known(rows, cutoff)


@settings(max_examples=15)
@given(history, cutoffs)
def test_whoever_is_not_restated_adds_up(rows: list[Row], since: Instant) -> None:
    """Orders before a cut-off and orders since are all orders, for every customer whose past did not change."""
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(Path(folder), max_bad_share=0.0)
        shop.bring(orders=export(rows))
        source, columns = shop.source(), ("order_id", "customer_id", "ordered_at", "coupon_id")
        restated = set(source.restated(since, NOW))
        older, newer, whole = (
            [r for r in shop.rows("orders", *columns, before=before, since=at) if r[1] not in restated]
            for before, at in ((since, None), (NOW, since), (NOW, None))
        )

        assert sorted(older + newer, key=repr) == whole
        newest = {r[1]: max(o[2] for o in older if o[1] == r[1]) for r in older}
        assert all(r[2] > newest[r[1]] for r in newer if r[1] in newest)
