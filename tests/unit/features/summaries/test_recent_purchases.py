"""Two lists of eight become one."""

from typing import Any

import narwhals as nw
import polars as pl

from features.summaries import recent_purchases

Pair = tuple[float, float]


def merged(older: list[Pair], newer: list[Pair]) -> list[Pair]:
    """Merge two lists, newest first, through the expressions."""
    columns: dict[str, Any] = {}
    for suffix, pairs in (("", older), ("_newer", newer)):
        for k in recent_purchases.PLACES:
            at, paid = pairs[k - 1] if k <= len(pairs) else (None, None)
            columns[f"purchase_at_{k}{suffix}"], columns[f"paid_at_{k}{suffix}"] = [at], [paid]
    placed = recent_purchases.with_places(nw.from_native(pl.LazyFrame(columns, schema=dict.fromkeys(columns, pl.Float64))), "_newer")
    names = [f"{stem}_{k}" for k in recent_purchases.PLACES for stem in ("purchase_at", "paid_at")]
    row = placed.select(*(recent_purchases.merged(name, "_newer").alias(name) for name in names)).collect().row(0)
    return [(row[i], row[i + 1]) for i in range(0, 16, 2) if row[i] is not None]


def test_lists_interleave() -> None:
    """A late record may lie between older ones."""
    assert merged([(9.0, 1.0), (3.0, 2.0)], [(5.0, 3.0)]) == [(9.0, 1.0), (5.0, 3.0), (3.0, 2.0)]


def test_equal_instants_go_by_money_and_lose_nobody() -> None:
    """Three purchases of one second, two of them equal."""
    assert merged([(5.0, 2.0), (5.0, 1.0)], [(5.0, 3.0), (5.0, 1.0)]) == [(5.0, 3.0), (5.0, 2.0), (5.0, 1.0), (5.0, 1.0)]


def test_eight_are_kept() -> None:
    """Of sixteen, the newest eight."""
    older, newer = [(float(t), 0.0) for t in range(16, 0, -2)], [(float(t), 1.0) for t in range(15, 0, -2)]

    assert [t for t, _ in merged(older, newer)] == [16.0, 15.0, 14.0, 13.0, 12.0, 11.0, 10.0, 9.0]


def test_an_empty_list_changes_nothing() -> None:
    """Nothing with something, either way round."""
    assert merged([], [(1.0, 2.0)]) == merged([(1.0, 2.0)], []) == [(1.0, 2.0)]
