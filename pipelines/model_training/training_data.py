"""Training data: purchases, and vectors of all customers at each cut-off.

Vectors are derived chunk by chunk from the summaries' files, and of a large shop only the rows that are drawn are ever
summarised (`pipelines.summaries.sampling`): twelve cut-offs of a million customers would be 13 GB of vectors, of which training uses a
twentieth.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from features.catalogue import fingerprint
from features.vectors import derive
from otokui.domain import DAY, HOUR, Instant, offset_seconds
from otokui.frames import Batch
from otokui.observe import log
from otokui.ports.stores import Engine, RecordSource
from otokui.settings.settings import Settings
from pipelines.summaries.purchase_table import contracts, purchases
from pipelines.summaries.sampling import draw_customers, drawn_summaries
from pipelines.summaries.summarise import summaries_at
from training.data.dataset import MAX_KEPT, Dataset
from training.data.purchase_history import History
from training.data.time_splits import CutoffPlan, plan
from training.train import TrainingBasis

Read = Callable[[Path], Iterator[Batch]]


@dataclass(frozen=True, slots=True)
class Material:
    """Training data: vectors at the planned cut-offs, and the purchases.

    customers: how many have bought; share: of the rows that were kept.
    """

    planned: CutoffPlan
    datasets: tuple[Dataset, ...]
    history: History
    customers: int
    share: float

    def basis(self, settings: Settings, train_through: Instant) -> TrainingBasis:
        """Return the basis of a training task with a shop's settings."""
        return TrainingBasis(
            self.datasets,
            self.history,
            settings.training,
            settings.definitions,
            train_through,
            fingerprint(),
            self.planned.reference_days,
            settings.shop.timezone,
        )


def gather(
    source: RecordSource,
    engine: Engine,
    read: Read,
    settings: Settings,
    train_through: Instant,
    *,
    max_kept: int = MAX_KEPT,
    anew: bool = False,
) -> Material:
    """Return what can be learnt from that was known before ``train_through``.

    max_kept: rows of all cut-offs together; a larger shop is sampled, every row with the same chance (`training.data.dataset`).
    anew: whether each cut-off is summarised anew (`pipelines.summaries.summarise`).

    Raises:
        NotEnoughData: nothing was bought.
    """
    bought = purchases(source, train_through)
    firsts = bought.group_by("customer_id").agg(pl.col("purchased_at").min())["purchased_at"]
    seen_days = float((int(train_through) - firsts).sum()) / DAY
    planned = plan(
        Instant(int(firsts.min())),  # type: ignore[arg-type]  # polars types a minimum as any literal
        train_through,
        settings.training,
        settings.predictions.horizons_days,
        len(bought) / max(seen_days, 1.0),
    )
    history = History.of(bought, contracts(source, train_through))
    del bought
    with tempfile.TemporaryDirectory(prefix="otokui-train-") as aside:
        datasets, share = _datasets(source, engine, read, settings, planned, Path(aside), max_kept, anew)
    return Material(planned, datasets, history, len(firsts), share)


def _datasets(
    source: RecordSource, engine: Engine, read: Read, settings: Settings, planned: CutoffPlan, folder: Path, max_kept: int, anew: bool
) -> tuple[tuple[Dataset, ...], float]:
    """Return vectors of the cut-offs, as stale as the summaries are when they serve, and the share of rows that were kept."""
    lag = round(settings.training.summary_lag_hours * HOUR)
    seen = {Instant(cutoff.at - lag): cutoff for cutoff in planned.cutoffs}
    moments = sorted(seen)
    drawn, share = draw_customers(source, moments, max_kept, seed=settings.training.seed)
    files = drawn_summaries(source, engine, drawn, folder) if drawn else summaries_at(source, engine, moments, folder, anew=anew)
    out = []
    for summarised_at, (path, rows) in files.items():
        cutoff = seen[summarised_at]
        offset = offset_seconds(settings.shop.timezone, cutoff.at)
        parts = [derive(chunk, cutoff.at, local_offset_seconds=offset) for chunk in read(path)]
        if parts:
            out.append(Dataset(cutoff, _stacked(parts)))
            log.info("cutoff_summarised", cutoff=str(cutoff), customers=rows)
    return tuple(out), share


def _stacked(parts: list[Batch]) -> Batch:
    if len(parts) == 1:
        return parts[0]
    return Batch(np.concatenate([p.customer_ids for p in parts]), parts[0].names, np.concatenate([p.values for p in parts]))
