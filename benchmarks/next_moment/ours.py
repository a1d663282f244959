"""Otokui's predicted cells from `otokui predict`, and those of its survival curve alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.next_moment.cells import SIZES, Asked, local_day
from benchmarks.purchases.ours import predicted
from benchmarks.purchases.protocol import Protocol
from benchmarks.purchases.rows import Rows
from otokui.clock import now
from otokui.domain import Label
from otokui.frames import Floats
from pipelines.model_training.model_operations import run_train
from pipelines.shop.shop import Shop

COLUMNS = {
    "weekday": [f"p_next_purchase_weekday_{day}" for day in range(1, 8)],
    "hours": [f"p_next_purchase_hours_{3 * span:02}" for span in range(8)],
}


def answers(shop: Shop, protocol: Protocol, rows: Rows, asked: Asked, say: Callable[[str], None]) -> tuple[dict[str, Floats], Floats]:
    """Train and predict; return chances by question (n, cells).

    And the weekday's by the curve alone (n, 7).
    """
    run_train(shop, train_through=protocol.at, now=now(), labels=(Label.NEXT_PURCHASE,), progress=say)
    columns = predicted(shop, protocol, rows)

    def grid(names: list[str]) -> Floats:
        return columns(names)[asked.back]

    by_day = np.diff(grid([f"p_purchase_{day}d" for day in protocol.grid_days]), axis=1, prepend=0.0)
    days = (local_day(protocol.at, protocol.timezone) + 3 + np.arange(by_day.shape[1])) % SIZES["weekday"]
    alone = np.stack([by_day[:, days == day].sum(axis=1) for day in range(SIZES["weekday"])], axis=1)
    return {question: grid(names) for question, names in COLUMNS.items()}, alone / alone.sum(axis=1, keepdims=True)
