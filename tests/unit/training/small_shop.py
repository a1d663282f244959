"""A shop drawn by chance, small enough to train in seconds: regulars, occasional buyers, one-time buyers and some who left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from otokui.domain import DAY, Instant, Label
from otokui.frames import Batch, texts
from otokui.ports.models import ModelFiles
from otokui.settings.definitions import Definitions
from otokui.settings.training import Training
from scoring.model_files.loader import Model, ModelSet, load
from training.data.dataset import Dataset
from training.data.purchase_history import History
from training.data.time_splits import plan
from training.fitting.task import Task
from training.train import TrainingBasis, TrainingResult, begin, train

START = Instant(1_700_000_000)
FINGERPRINT = "small-shop"
NAMES = ("recency_days", "tenure_days", "purchase_count", "paid_sum", "overdue_ratio", "mean_gap_days", "area_code", "month")


def purchases(customers: int = 400, days: int = 300, seed: int = 1) -> pl.DataFrame:
    """Return purchases as ``History.of`` takes them."""
    rng = np.random.default_rng(seed)
    rows: list[tuple[str, int, float, int]] = []
    for number in range(customers):
        at = rng.uniform(0, days * 0.6)
        rate, leaves, value = rng.gamma(1.2, 1 / 40), rng.choice([0.02, 0.4]), rng.gamma(4, 500)
        while at < days:
            second = int(START + at * DAY)
            rows.append((f"c{number:04d}", second, float(round(value * rng.uniform(0.6, 1.4))), second))
            if rng.random() < leaves:
                break
            at += rng.exponential(1 / max(rate, 1e-3)) + 0.01
    return pl.DataFrame(rows, schema=["customer_id", "purchased_at", "paid_amount", "known_at"], orient="row")


def vectors(bought: pl.DataFrame, at: int) -> Batch:
    """Return a few features of everybody who bought before ``at``."""
    seen = (
        bought.filter(pl.col("known_at") < at)
        .group_by("customer_id")
        .agg(
            pl.len().cast(pl.Float64).alias("n"),
            pl.col("purchased_at").min().alias("first"),
            pl.col("purchased_at").max().alias("last"),
            pl.col("paid_amount").sum().alias("paid"),
        )
        .sort("customer_id")
    )
    n, first, last = (seen[c].to_numpy().astype(np.float64) for c in ("n", "first", "last"))
    gap = np.where(n > 1, (last - first) / DAY / np.maximum(n - 1, 1), np.nan)
    gap = np.where(gap > 0.0, gap, np.nan)
    recency = (at - last) / DAY
    area = np.array([hash_free(c) for c in seen["customer_id"]], dtype=np.float64)
    month = np.full(len(n), float(at // (30 * DAY) % 12))
    values = np.stack([recency, (at - first) / DAY, n, seen["paid"].to_numpy(), recency / gap, gap, area, month], axis=1)
    return Batch(texts(seen["customer_id"].to_list()), NAMES, np.ascontiguousarray(values))


def hash_free(customer_id: str) -> int:
    """Return a code that depends on the id alone."""
    return int(customer_id[1:]) % 5


def trained(
    bought: pl.DataFrame,
    days: int = 300,
    *,
    labels: Sequence[Label] = tuple(Label),
    definitions: Definitions | None = None,
    **changes: Any,
) -> TrainingResult:
    """Train on the purchases of the first ``days`` with few rounds; ``changes`` go to the training settings or to ``train``."""
    own = {k: v for k, v in changes.items() if k in Training.model_fields}
    settings = Training(**{"rounds": 25, "threads": 1, "learning_rate": 0.1, "backtests": 0} | own)
    through = Instant(START + days * DAY)
    planned = plan(START, through, settings, (7, 14, 30))
    datasets = [Dataset(cutoff, vectors(bought, cutoff.at)) for cutoff in planned.cutoffs]
    others: Mapping[str, Any] = {k: v for k, v in changes.items() if k not in Training.model_fields}
    return train(
        TrainingBasis(
            datasets,
            History.of(bought),
            settings,
            definitions=definitions or Definitions(churn_days=45, loyal_horizon_days=30),
            train_through=through,
            fingerprint=FINGERPRINT,
            reference_days=planned.reference_days,
        ),
        labels=labels,
        **others,
    )


def task(bought: pl.DataFrame, days: int = 300, **changes: Any) -> Task:
    """Return the task that ``trained`` works on; ``changes`` go to the training settings."""
    settings = Training(**{"rounds": 25, "threads": 1, "learning_rate": 0.1} | changes)
    through = Instant(START + days * DAY)
    planned = plan(START, through, settings, (7, 14, 30))
    found, _ = begin(
        TrainingBasis(
            [Dataset(cutoff, vectors(bought, cutoff.at)) for cutoff in planned.cutoffs],
            History.of(bought),
            settings,
            definitions=Definitions(churn_days=45, loyal_horizon_days=30),
            train_through=through,
            fingerprint=FINGERPRINT,
            reference_days=planned.reference_days,
        ),
    )
    return found


def loaded(files: ModelFiles) -> Model:
    """Load a model of this shop."""
    return load(files, fingerprint=FINGERPRINT, names=NAMES)


def model_set(result: TrainingResult) -> ModelSet:
    """Load all models of a run."""
    return ModelSet({label: loaded(model.files) for label, model in result.models.items()})
