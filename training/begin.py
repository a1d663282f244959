"""What training, tuning and judging all start from: one task, made from vectors and purchases by the same rules.

Kept apart from `training.train`, so that a search for parameters and a judgement of live models ask about
exactly the rows that training would learn from.
"""

from __future__ import annotations

from collections.abc import Sequence

from otokui.definitions import Definitions
from otokui.domain import DAY, Instant
from otokui.errors import NotEnoughData
from otokui.settings import Training
from training.dataset import Dataset
from training.folds import LEAST_DAYS, SHORTEST_REFERENCE_DAYS
from training.history import History
from training.labels import proposed_churn_days
from training.task import Task

DEFAULT_CHURN_DAYS = 90


def begin(
    datasets: Sequence[Dataset],
    history: History,
    settings: Training,
    *,
    definitions: Definitions,
    train_through: Instant,
    fingerprint: str,
    reference_days: int,
    timezone: str = "UTC",
) -> tuple[Task, tuple[str, ...]]:
    """Return the task of a run on what was known before ``train_through``, and notes on what was proposed for the shop.

    datasets: vectors at the cut-offs of ``folds.plan``, whose ``reference_days`` belongs here too;
    timezone: the shop's.

    Raises:
        NotEnoughData: no cut-off has customers, or nothing was bought.
    """
    ordered = tuple(sorted((each for each in datasets if each.cutoff.at <= train_through and len(each.vectors)), key=lambda d: d.cutoff.at))
    known = history.known_before(train_through)
    if not ordered or not len(known):
        raise NotEnoughData("there is no cut-off with customers and purchases before the end of training", fix="bring older records")
    churn_days, notes = _churn_days(definitions, known, train_through)
    return Task(ordered, known, settings, definitions, train_through, reference_days, churn_days, fingerprint, timezone), notes


def _churn_days(definitions: Definitions, history: History, train_through: Instant) -> tuple[int, tuple[str, ...]]:
    if definitions.churn_days is not None:
        return definitions.churn_days, ()
    observed = (train_through - int(history.purchased_at.min())) / DAY
    if observed < LEAST_DAYS:
        return DEFAULT_CHURN_DAYS, (f"churn_days = {DEFAULT_CHURN_DAYS} is assumed, until the shop's own gaps between purchases tell",)
    try:
        days = proposed_churn_days(history, observed)
    except NotEnoughData as error:
        return min(DEFAULT_CHURN_DAYS, max(SHORTEST_REFERENCE_DAYS, int(observed / 3))), (str(error),)
    return days, (f"churn_days = {days} was proposed: 95% of the shop's gaps between purchases are shorter (or a third of its history is)",)
