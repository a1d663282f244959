"""The whole of training: vectors at several cut-offs and the purchases in, models out, or for each label why not."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from otokui.domain import Instant, Label
from otokui.errors import NotEnoughData
from otokui.ports import ModelFiles, Tracker
from otokui.settings import Definitions, Training
from training.boost import Params
from training.dataset import Dataset
from training.fit import TrainedModel, fit
from training.folds import REFERENCES
from training.history import History
from training.labels import proposed_churn_days
from training.prepare import prepare
from training.task import Task
from training.tune import tune

DEFAULT_CHURN_DAYS = 90


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """What came of a run: a model by label, or the reason there is none; and the churn horizon that was used."""

    models: Mapping[Label, TrainedModel]
    refused: Mapping[Label, str]
    churn_days: int
    reference_days: int
    notes: tuple[str, ...] = field(default=())


def train(
    datasets: Sequence[Dataset],
    history: History,
    settings: Training,
    *,
    definitions: Definitions,
    train_through: Instant,
    fingerprint: str,
    reference_days: int,
    labels: Sequence[Label] = tuple(Label),
    params: Mapping[Label, Params] | None = None,
    champions: Mapping[Label, ModelFiles] | None = None,
    trials: int = 0,
    storage: str | None = None,
    tracker: Tracker | None = None,
    progress: Callable[[str], None] | None = None,
) -> TrainingResult:
    """Train the models of all labels on what was known before ``train_through``.

    datasets: vectors at the cut-offs of ``folds.plan`` (whose ``reference_days`` belongs here too); params: LightGBM
    parameters by label that replace the defaults; champions: the live models, for the gate; trials: of Optuna per label,
    resumed from ``storage``.

    Raises:
        NotEnoughData: nothing at all can be learnt. One label that cannot is in ``refused``.
    """
    ordered = tuple(sorted((each for each in datasets if each.cutoff.at < train_through and len(each.vectors)), key=lambda d: d.cutoff.at))
    known = history.known_before(train_through)
    if not ordered or not len(known):
        raise NotEnoughData("there is no cut-off with customers and purchases before the end of training", fix="bring older records")
    churn_days, notes = _churn_days(definitions, known, train_through)
    task = Task(ordered, known, settings, definitions, train_through, reference_days, churn_days, fingerprint)
    if tracker is not None:
        tracker.params(
            {
                "train_through": int(train_through),
                "cutoffs": len(ordered),
                "features": len(task.names),
                "fingerprint": fingerprint,
                "reference_days": reference_days,
                "churn_days": churn_days,
                "seed": settings.seed,
                "trials": trials,
            }
        )

    models: dict[Label, TrainedModel] = {}
    refused: dict[Label, str] = {}
    for label in labels:
        try:
            prepared = prepare(task, label)
        except NotEnoughData as error:
            refused[label] = str(error)
            if progress is not None:
                progress(f"{label}: not trained: {error}")
            continue
        tuned = (params or {}).get(label)
        if trials > 0 and prepared.enough:
            tuned = {**tune(task, prepared, trials, storage=storage, start=tuned).params}
        models[label] = fit(task, prepared, tuned, champion=(champions or {}).get(label), progress=progress)
        if tracker is not None:
            _record(tracker, models[label])
    return TrainingResult(models, refused, churn_days, reference_days, notes)


def _churn_days(definitions: Definitions, history: History, train_through: Instant) -> tuple[int, tuple[str, ...]]:
    if definitions.churn_days is not None:
        return definitions.churn_days, ()
    observed = (train_through - int(history.purchased_at.min())) / 86_400.0
    try:
        days = proposed_churn_days(history, observed)
    except NotEnoughData as error:
        return min(DEFAULT_CHURN_DAYS, max(REFERENCES[-1], int(observed / 3))), (str(error),)
    return days, (f"churn_days = {days} was proposed: 95% of the shop's gaps between purchases are shorter (or a third of its history is)",)


def _record(tracker: Tracker, model: TrainedModel) -> None:
    name = str(model.label)
    tracker.metrics({f"{name}.{metric}": value for metric, value in model.metrics.items()})
    tracker.artifact(f"{name}/manifest.json", model.files.manifest.encode())
    tracker.artifact(f"{name}/model.txt", model.files.text.encode())
    slices = {each: dict(values) for each, values in model.slices.items()}
    tracker.artifact(f"{name}/slices.json", json.dumps(slices, indent=1, sort_keys=True).encode())
    for plot, content in model.plots.items():
        tracker.artifact(f"{name}/{plot}", content)
