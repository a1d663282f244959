"""The whole of training: vectors at several cut-offs and the purchases in, models out, and for each label what there was too little of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from otokui.definitions import Definitions
from otokui.domain import Instant, Label
from otokui.errors import NotEnoughData
from otokui.ports import ModelFiles, Tracker
from otokui.settings import Training
from training import record
from training.begin import begin
from training.boost import Params
from training.dataset import Dataset
from training.fit import TrainedModel, fit, unjudged
from training.history import History
from training.prepare import prepare
from training.rolling import AtCutoff, rolling_origins
from training.tune import Tuned, tune


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """What came of a run: a model by label, for which label nothing could be learnt and why, and the churn horizon that was used.

    refused: what there was too little of; the model of such a label is that of `training.pooled`.
    tuned: what a search found, where one was asked for; earlier: figures at cut-offs before the held-out one, each
    held out in its turn.
    """

    models: Mapping[Label, TrainedModel]
    refused: Mapping[Label, str]
    churn_days: int
    reference_days: int
    notes: tuple[str, ...] = field(default=())
    tuned: Mapping[Label, Tuned] = field(default_factory=dict)
    earlier: Mapping[Label, Sequence[AtCutoff]] = field(default_factory=dict)


def train(
    datasets: Sequence[Dataset],
    history: History,
    settings: Training,
    *,
    definitions: Definitions,
    train_through: Instant,
    fingerprint: str,
    reference_days: int,
    timezone: str = "UTC",
    labels: Sequence[Label] = tuple(Label),
    params: Mapping[Label, Params] | None = None,
    champions: Mapping[Label, ModelFiles] | None = None,
    trials: int = 0,
    storage: str | None = None,
    tracker: Tracker | None = None,
    progress: Callable[[str], None] | None = None,
) -> TrainingResult:
    """Train the models of all labels on what was known before ``train_through``.

    datasets: vectors at the cut-offs of ``folds.plan`` (whose ``reference_days`` belongs here too); timezone: the shop's; params: LightGBM
    parameters by label that replace the defaults; champions: the live models, for the gate; trials: of Optuna per label,
    resumed from ``storage``; tracker: is left everything by which runs are compared (`training.record`).

    Raises:
        NotEnoughData: nobody is on record, or nothing was bought. A label that cannot be learnt is in ``refused``.
    """
    task, notes = begin(
        datasets,
        history,
        settings,
        definitions=definitions,
        train_through=train_through,
        fingerprint=fingerprint,
        reference_days=reference_days,
        timezone=timezone,
    )
    if tracker is not None:
        record.task(tracker, task, trials)

    models: dict[Label, TrainedModel] = {}
    refused: dict[Label, str] = {}
    found: dict[Label, Tuned] = {}
    earlier: dict[Label, tuple[AtCutoff, ...]] = {}
    for label in labels:
        try:
            prepared = prepare(task, label)
        except NotEnoughData as error:
            refused[label] = error.detail
            models[label] = unjudged(task, label, error.detail, champion=(champions or {}).get(label))
            if progress is not None:
                progress(f"{label}: not learnt, {error.detail}")
            continue
        using = (params or {}).get(label)
        if trials > 0 and prepared.enough:
            found[label] = tune(task, prepared, trials, storage=storage, start=using)
            using = found[label].params
        models[label] = fit(task, prepared, using, champion=(champions or {}).get(label), progress=progress)
        earlier[label] = tuple(rolling_origins(task, label, using, settings.backtests))
        if tracker is not None:
            record.model(tracker, task, models[label], earlier[label])
    return TrainingResult(
        models, refused, churn_days=task.churn_days, reference_days=reference_days, notes=notes, tuned=found, earlier=earlier
    )
