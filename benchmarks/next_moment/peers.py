"""Peers of the next-moment benchmark: shop's shares, smoothed history, LightGBM by class.

Each sees what was known at the origin. The strength of smoothing is chosen on the test window, in the peer's favour. LightGBM learns
at cut-offs whole weeks before the origin, so that a weekday is as far off there as it is here, and a horizon apart, so that the
newest, on which it stops, shares no purchase with those it learns from (at weekly cut-offs it never stopped, and was worse by 0.1).
"""

from __future__ import annotations

import lightgbm
import numpy as np

from benchmarks.next_moment.cells import SIZES, Asked, Cells, local_day
from benchmarks.purchases.plain import USUAL
from benchmarks.purchases.rows import Rows
from otokui.frames import Floats, Ints

STRENGTHS = (2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0)
CUTOFFS = 8
LEAST_KNOWN_DAYS = 28
RECENT_DAYS = 60.0
MOST_ROUNDS, PATIENCE = 1_500, 40


def smoothed(counts: Floats, strength: float) -> Floats:
    """Return shares drawn towards everybody's (n, m): ``strength`` purchases of the average customer are added."""
    shares: Floats = counts.sum(axis=0) / counts.sum()
    drawn: Floats = (counts + strength * shares) / (counts.sum(axis=1, keepdims=True) + strength)
    return drawn


def shares(rows: Rows, asked: Asked, timezone: str) -> dict[str, dict[str, Floats]]:
    """Return chances (n, cells) by peer and question: shop's shares, smoothed history.

    At its best strength.
    """
    cells, today, everybody = Cells.of_history(rows.known(), timezone), local_day(rows.at, timezone), len(rows.history.customer_ids)
    shop, own = {}, {}
    for question in SIZES:
        counts = cells.counts(question, everybody, today)
        shop[question] = np.repeat(smoothed(counts, 1e12)[:1], len(asked.customers), axis=0)
        tried = [smoothed(counts, strength)[asked.customers] for strength in STRENGTHS]
        at = np.arange(len(asked.customers)), asked.came[question]
        own[question] = min(tried, key=lambda chance: -float(np.log(chance[at]).mean()))
    return {"the shop's shares": shop, "smoothed history": own}


def plain(rows: Rows, asked: Asked, timezone: str) -> dict[str, Floats]:
    """Return plain LightGBM's chances by question, (n, cells)."""
    cells, today, everybody = Cells.of_history(rows.known(), timezone), local_day(rows.at, timezone), len(rows.history.customer_ids)
    first = int(cells.day.min())
    latest, step = today - rows.horizon_days, -(-rows.horizon_days // 7) * 7
    days = [latest - step * k for k in range(CUTOFFS) if latest - step * k - first >= LEAST_KNOWN_DAYS]
    parts = [(_features(cells, everybody, day), *_next(cells, day, rows.horizon_days), k == 0) for k, day in enumerate(days)]
    newest = np.concatenate([np.full(len(who), new) for _, who, _, new in parts])
    matrix = np.concatenate([features[who] for features, who, _, _ in parts])
    here = _features(cells, everybody, today)[asked.customers]
    return {
        question: _fitted(matrix, np.concatenate([cells.of[question][at] for _, _, at, _ in parts]), newest, size, here)
        for question, size in SIZES.items()
    }


def _next(cells: Cells, day: int, horizon: int) -> tuple[Ints, Ints]:
    """Return who had bought before a day and bought within the horizon after it, and which purchase that was."""
    within = np.nonzero((cells.day >= day) & (cells.day < day + horizon))[0]
    who, first = np.unique(cells.customer[within], return_index=True)
    back = np.isin(who, cells.customer[cells.day < day])
    return who[back], within[first[back]]


def _features(cells: Cells, customers: int, day: int) -> Floats:
    """Smoothed shares of cells, of all and of lately, the last cells, recency, gaps, and purchases of each of the last 14 days."""
    past = cells.day < day
    who = cells.customer[past]
    number = np.bincount(who, minlength=customers).astype(np.float64)
    last, start = np.full(customers, np.nan), np.full(customers, np.nan)
    last[who], start[who[::-1]] = cells.day[past], cells.day[past][::-1]
    ended = {question: np.full(customers, np.nan) for question in SIZES}
    for question, values in ended.items():
        values[who] = cells.of[question][past]
    gap = (last - start) / np.maximum(number - 1.0, 1.0)
    within = [np.bincount(cells.customer[past & (cells.day >= day - days)], minlength=customers) for days in (7, 14, 30, 60, 90)]
    single = [np.bincount(cells.customer[cells.day == day - back], minlength=customers) for back in range(1, 15)]
    own = [smoothed(cells.counts(question, customers, day), 20.0) for question in SIZES]
    lately = [smoothed(cells.counts(question, customers, day, half_life=RECENT_DAYS), 10.0) for question in SIZES]
    recency = day - last
    return np.column_stack(
        [*own, *lately, number, recency, day - start, gap, recency / np.maximum(gap, 1.0), *ended.values(), *within, *single]
    )


def _fitted(matrix: Floats, target: Ints, newest: np.ndarray, size: int, asked: Floats) -> Floats:  # type: ignore[type-arg]
    params = USUAL | {"objective": "multiclass", "num_class": size}
    learn, held = lightgbm.Dataset(matrix[~newest], target[~newest]), lightgbm.Dataset(matrix[newest], target[newest])
    stopping = lightgbm.early_stopping(PATIENCE, verbose=False)
    stopped = lightgbm.train(params, learn, MOST_ROUNDS, valid_sets=[held], callbacks=[stopping])
    whole = lightgbm.train(params, lightgbm.Dataset(matrix, target), max(1, stopped.best_iteration))
    return np.asarray(whole.predict(asked), dtype=np.float64)
