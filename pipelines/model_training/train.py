"""Training run: summaries at rolling cut-offs, models, MLflow, promotion gate, service's folder.

A label that fails the gate keeps its old champion; one that cannot be trained says why. Nothing is live before
it has been loaded and tried in a child process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import narwhals as nw

from features import fingerprint
from otokui.domain import CutoffDate, Instant, Label, PairModel
from otokui.errors import NotEnoughData
from otokui.frames import Batch
from otokui.ports.models import ModelFiles, Tracker
from otokui.ports.stores import Engine, RecordSource
from otokui.settings.settings import Settings
from otokui.wording.counting import counted
from otokui.wording.i18n import NP_
from pipelines.model_training.pair_registration import RegisteredPair
from pipelines.model_training.training_data import Material, Read, gather
from pipelines.model_training.tuned_parameters import TunedParameters, usable
from training.promotion_gate import Verdict, not_backwards
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


class ModelStoreWriter(Protocol):
    """The folder of models that the service reads."""

    def export(self, label: Label, files: ModelFiles, meta: Mapping[str, object] | None = None) -> str:
        """Write a model and return its digest."""
        ...

    def promote(self, digests: Mapping[Label, str], promoted_at: Instant, *, who: str, reason: str) -> None:
        """Try the models and make them live together; keep who did it and why."""
        ...


@dataclass(frozen=True, slots=True)
class TrainReport:
    """Report of a training run: metrics, verdicts, refused labels, parameters used.

    products, response: figures of the product ranking and of the response model, or why there is none; response_gate: what its gate said;
    pairs: version, run and verdict of both.
    """

    train_through: Instant
    cutoffs: tuple[CutoffDate, ...]
    result: TrainingResult
    verdicts: Mapping[Label, Verdict]
    versions: Mapping[Label, int]
    promoted: Mapping[Label, str]
    run_id: str
    tuned: Mapping[Label, TunedParameters] = field(default_factory=dict)
    products: Mapping[str, float] | str = ""
    response: Mapping[str, float] | str = ""
    response_gate: str = ""
    pairs: Mapping[PairModel, RegisteredPair] = field(default_factory=dict)

    @property
    def metrics(self) -> dict[str, dict[str, float]]:
        """Metrics of each label's model on held-out customers and cut-offs, by name."""
        return {str(label): dict(model.metrics) for label, model in self.result.models.items()}


@dataclass(frozen=True, slots=True)
class Rooms:
    """What training works with: records, engine, tracker and registry, and the folder of live models.

    live_through: what each model that decides now learnt through; none of earlier records takes its place by itself.
    anew: whether each cut-off is summarised anew (``pipelines.summaries.summarise``).
    """

    source: RecordSource
    engine: Engine
    read: Read
    tracking: Callable[[str, Mapping[str, str]], AbstractContextManager[Tracker]]
    registry: Callable[[], Registry]
    shelf: ModelStoreWriter
    live: Mapping[Label, ModelFiles]
    live_through: Mapping[Label, Instant] = field(default_factory=dict)
    anew: bool = False


def last_known(source: RecordSource, now: Instant) -> Instant:
    """Return the instant after the newest purchase, through which training goes by default.

    Raises:
        NotEnoughData: the shop has no purchases.
    """
    bought = "order_lines" in source.tables()
    newest = source.frame("order_lines", now).select(nw.col("known_at").max()).collect().item() if bought else None
    if newest is None:
        raise NotEnoughData(
            NP_("kept", "nobody has bought yet, so nothing can be foretold"),
            fix="run `otokui ingest --shop SHOP transactions=FILE`; from the first order on, `otokui train` answers",
        )
    return Instant(int(newest) + 1)


def train_shop(
    rooms: Rooms,
    settings: Settings,
    *,
    train_through: Instant,
    now: Instant,
    trials: int = 0,
    storage: str | None = None,
    tuned: Mapping[Label, TunedParameters] | None = None,
    labels: Sequence[Label] = tuple(Label),
    material: Material | None = None,
    who: str = "otokui train",
    progress: Callable[[str], None] | None = None,
) -> TrainReport:
    """Train the labels on what was known before ``train_through``; register, judge, and promote what passes.

    tuned: what a search found before; of a search on later records nothing is used. material: what was gathered through
    the same instant already, by who trains several times.

    Raises:
        NotEnoughData: nothing can be learnt; says what is missing.
    """
    material = material or gather(rooms.source, rooms.engine, rooms.read, settings, train_through, anew=rooms.anew)
    using, left_out = usable(tuned or {}, train_through)
    tags = {
        "train_through": str(CutoffDate(train_through)),
        "customers": str(material.customers),
        "fingerprint": fingerprint(),
        "rows_kept": f"{material.share:.6g}",
    } | {f"tuned.{label}": _tuned_tag(each) for label, each in using.items()}
    with rooms.tracking(f"train-{CutoffDate(train_through)}", tags) as tracker:
        result = train(
            material.basis(settings, train_through),
            params={label: each.params for label, each in using.items()},
            labels=labels,
            trials=trials,
            storage=storage,
            tracker=tracker,
            progress=progress,
            champions=rooms.live,
        )
        run_id = str(getattr(tracker, "run_id", ""))
    models = {
        label: replace(model, verdict=not_backwards(model.verdict, train_through, rooms.live_through.get(label)))
        for label, model in result.models.items()
    }
    result = replace(result, models=models, notes=(*result.notes, *left_out, *_sampled(material)))
    versions, promoted = _promote(rooms, result, material.datasets[-1].vectors, run_id, train_through, now, who)
    cutoffs, verdicts = material.planned.cutoffs, {label: model.verdict for label, model in result.models.items()}
    return TrainReport(train_through, cutoffs, result, verdicts, versions, promoted, run_id, tuned=using)


def _tuned_tag(tuned: TunedParameters) -> str:
    through = CutoffDate(Instant(tuned.train_through))
    return f"{counted(tuned.trials, 'trial')} on records through {through}: held-out loss {tuned.standing_loss:.5f} -> {tuned.loss:.5f}"


def _sampled(material: Material) -> tuple[str, ...]:
    if material.share >= 1.0:
        return ()
    return (f"of each cut-off's customers {material.share:.1%} were drawn, each with the same chance and so with the same weight",)


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
        rooms.shelf.promote(digests, now, who=who, reason="the gate passed")
        for label in digests:
            why = "; ".join(result.models[label].verdict.reasons)
            registry.promote(label, versions[label], lambda _files: None, who=who, reason=why, at=now)
    return versions, digests
