"""History in, champions out: summaries at rolling cut-offs, models, MLflow, the gate, and only then the service's folder.

A label that fails the gate keeps its old champion; one that cannot be trained says why. Nothing is live before
it has been loaded and tried in a child process.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import narwhals as nw
import numpy as np

from features import fingerprint
from features.vectors import derive
from otokui.domain import HOUR, CutoffDate, Instant, Label, offset_seconds
from otokui.errors import NotEnoughData
from otokui.frames import Batch
from otokui.observe import log
from otokui.ports import Engine, ModelFiles, RecordSource, Tracker
from otokui.settings import Settings
from pipelines.purchases import contracts, purchases
from pipelines.summarise import summaries_at
from training.dataset import Dataset
from training.folds import Plan, plan
from training.history import History
from training.promote import Verdict
from training.train import TrainingResult, train


class Registry(Protocol):
    """Where versions of models are kept, and which of them is champion."""

    def register(
        self, label: Label, files: ModelFiles, run_id: str, input_example: Batch | None = None, tags: Mapping[str, str] | None = None
    ) -> int:
        """Keep a model as a new version and return its number."""
        ...

    def verdict(self, label: Label, version: int, passed: bool, says: str) -> None:
        """Write the gate's verdict beside the version."""
        ...

    def promote(self, label: Label, version: int, check: Callable[[ModelFiles], None], *, who: str, reason: str, at: Instant) -> Any:
        """Make a version champion once its files were read back and checked."""
        ...


class Shelf(Protocol):
    """The folder of models that the service reads."""

    def export(self, label: Label, files: ModelFiles, meta: Mapping[str, object] | None = None) -> str:
        """Write a model and return its digest."""
        ...

    def promote(self, digests: Mapping[Label, str], promoted_at: Instant) -> None:
        """Try the models and make them live together."""
        ...


@dataclass(frozen=True, slots=True)
class TrainReport:
    """What a run came to: metrics by label, why a label has no model, and what the gate said of those that do."""

    train_through: Instant
    cutoffs: tuple[CutoffDate, ...]
    result: TrainingResult
    verdicts: Mapping[Label, Verdict]
    versions: Mapping[Label, int]
    promoted: Mapping[Label, str]
    run_id: str
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rooms:
    """What training works with: records, engine, tracker and registry, and the folder of live models.

    anew: whether each cut-off is summarised anew (``pipelines.summarise``).
    """

    source: RecordSource
    engine: Engine
    read: Callable[[Path], Iterator[Batch]]
    tracking: Callable[[str, Mapping[str, str]], AbstractContextManager[Tracker]]
    registry: Callable[[], Registry]
    shelf: Shelf
    live: Mapping[Label, ModelFiles]
    anew: bool = False


def last_known(source: RecordSource, now: Instant) -> Instant:
    """Return the instant after the newest purchase: training on records goes through it unless told otherwise."""
    newest = source.frame("order_lines", now).select(nw.col("known_at").max()).collect().item()
    if newest is None:
        raise NotEnoughData("the shop has no purchases", fix="run `otokui ingest --shop SHOP transactions=FILE` first")
    return Instant(int(newest) + 1)


def datasets_of(rooms: Rooms, settings: Settings, planned: Plan, folder: Path) -> list[Dataset]:
    """Return the vectors of everybody on record at each cut-off, as stale as the summaries are when they serve."""
    lag = round(settings.training.summary_lag_hours * HOUR)
    seen = {Instant(cutoff.at - lag): cutoff for cutoff in planned.cutoffs}
    files = summaries_at(rooms.source, rooms.engine, sorted(seen), folder, anew=rooms.anew)
    out = []
    for summarised_at, (path, _) in files.items():
        at = seen[summarised_at].at
        parts = [derive(chunk, at, local_offset_seconds=offset_seconds(settings.shop.timezone, at)) for chunk in rooms.read(path)]
        out.append(Dataset(seen[summarised_at], _stacked(parts)))
        log.info("cutoff_summarised", cutoff=str(seen[summarised_at]), customers=len(out[-1].vectors))
    return out


def train_shop(
    rooms: Rooms,
    settings: Settings,
    *,
    train_through: Instant,
    now: Instant,
    trials: int = 0,
    storage: str | None = None,
    who: str = "otokui train",
    progress: Callable[[str], None] | None = None,
) -> TrainReport:
    """Train every label on what was known before ``train_through``; register, judge, and promote what passes.

    Raises:
        NotEnoughData: nothing can be learnt; says what is missing.
    """
    bought = purchases(rooms.source, train_through)
    planned = plan(Instant(int(bought["purchased_at"].min())), train_through, settings.training, settings.predictions.horizons_days)  # type: ignore[arg-type]  # polars types a minimum as any literal
    customers = bought["customer_id"].n_unique()
    if customers < settings.training.min_customers:
        raise NotEnoughData(
            f"{customers} customers have bought; {settings.training.min_customers} are needed to train",
            fix="bring more records, or lower [training] min_customers and read the intervals with care",
        )
    with tempfile.TemporaryDirectory(prefix="otokui-train-") as aside:
        datasets = datasets_of(rooms, settings, planned, Path(aside))
    history = History.of(bought, contracts(rooms.source, train_through))
    tags = {"train_through": str(CutoffDate(train_through)), "customers": str(customers), "fingerprint": fingerprint()}
    with rooms.tracking(f"train-{CutoffDate(train_through)}", tags) as tracker:
        result = train(
            datasets,
            history,
            settings.training,
            definitions=settings.definitions,
            train_through=train_through,
            fingerprint=fingerprint(),
            reference_days=planned.reference_days,
            trials=trials,
            storage=storage,
            tracker=tracker,
            progress=progress,
            champions=rooms.live,
        )
        run_id = str(getattr(tracker, "run_id", ""))
    versions, promoted = _promote(rooms, result, datasets[-1].vectors, run_id, train_through, now, who)
    return TrainReport(train_through, planned.cutoffs, result, {k: m.verdict for k, m in result.models.items()}, versions, promoted, run_id)


def _promote(
    rooms: Rooms, result: TrainingResult, newest: Batch, run_id: str, train_through: Instant, now: Instant, who: str
) -> tuple[dict[Label, int], dict[Label, str]]:
    registry = rooms.registry()
    versions: dict[Label, int] = {}
    digests: dict[Label, str] = {}
    for label, model in result.models.items():
        tags = {"train_through": str(CutoffDate(train_through))} | {name: f"{value:.6g}" for name, value in model.metrics.items()}
        versions[label] = registry.register(label, model.files, run_id, newest.rows(slice(0, 5)), tags)
        registry.verdict(label, versions[label], model.verdict.passed, "; ".join(model.verdict.reasons))
        if model.verdict.passed:
            digests[label] = rooms.shelf.export(label, model.files, {"run_id": run_id, "version": versions[label]})
    if digests:
        rooms.shelf.promote(digests, now)
        for label in digests:
            why = "; ".join(result.models[label].verdict.reasons)
            registry.promote(label, versions[label], lambda _files: None, who=who, reason=why, at=now)
    return versions, digests


def _stacked(parts: Sequence[Batch]) -> Batch:
    if len(parts) == 1:
        return parts[0]
    return Batch(np.concatenate([p.customer_ids for p in parts]), parts[0].names, np.concatenate([p.values for p in parts]))
