"""Training of all labels: vectors at several cut-offs and purchases in, models out.

For each label without trees, the shortage of data.

``begin`` makes the task that training, tuning and judging all start from, so that they ask about exactly the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from otokui.domain import DAY, Instant, Label
from otokui.errors import NotEnoughData
from otokui.ports.models import ModelFiles, Tracker
from otokui.settings.definitions import Definitions
from otokui.settings.training import Training
from training.boosting.lightgbm_fit import Params
from training.data.dataset import Dataset
from training.data.labels import proposed_churn_days
from training.data.purchase_history import History
from training.data.time_splits import LEAST_DAYS, SHORTEST_REFERENCE_DAYS
from training.evaluation import run_notes
from training.evaluation.rolling_origin import AtCutoff, rolling_origins
from training.fitting.examples import prepare
from training.fitting.fit import TrainedModel, fit, unjudged
from training.fitting.task import Task
from training.fitting.tune import Tuned, tune

DEFAULT_CHURN_DAYS = 90


@dataclass(frozen=True, slots=True)
class TrainingBasis:
    """Basis of a training task: vectors at cut-offs, purchases, settings and definitions.

    datasets: vectors at the cut-offs of ``training.data.time_splits.plan``, whose ``reference_days`` belongs here too;
    train_through: only what was known before it counts; fingerprint: of the features; timezone: the shop's.
    """

    datasets: Sequence[Dataset]
    history: History
    settings: Training
    definitions: Definitions
    train_through: Instant
    fingerprint: str
    reference_days: int
    timezone: str = "UTC"


def begin(basis: TrainingBasis) -> tuple[Task, tuple[str, ...]]:
    """Return the training task of a run, and notes on proposed definitions.

    Raises:
        NotEnoughData: no cut-off has customers, or nothing was bought.
    """
    through = basis.train_through
    ordered = tuple(sorted((each for each in basis.datasets if each.cutoff.at <= through and len(each.vectors)), key=lambda d: d.cutoff.at))
    known = basis.history.known_before(through)
    if not ordered or not len(known):
        raise NotEnoughData("there is no cut-off with customers and purchases before the end of training", fix="bring older records")
    churn_days, notes = _churn_days(basis.definitions, known, through)
    return (
        Task(
            ordered,
            known,
            basis.settings,
            basis.definitions,
            through,
            basis.reference_days,
            churn_days,
            basis.fingerprint,
            basis.timezone,
        ),
        notes,
    )


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


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """Result of a training run: models, refused labels and the churn horizon.

    refused: what there was too little of; the model of such a label is that of `training.fitting.baseline`.
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
    basis: TrainingBasis,
    *,
    labels: Sequence[Label] = tuple(Label),
    params: Mapping[Label, Params] | None = None,
    champions: Mapping[Label, ModelFiles] | None = None,
    trials: int = 0,
    storage: str | None = None,
    tracker: Tracker | None = None,
    progress: Callable[[str], None] | None = None,
) -> TrainingResult:
    """Train the models of all labels on what was known before ``train_through``.

    params: LightGBM parameters by label that replace the defaults; champions: the live models, for the gate; trials: of Optuna per label,
    resumed from ``storage``; tracker: is left everything by which runs are compared (`training.evaluation.run_notes`).

    Raises:
        NotEnoughData: nobody is on record, or nothing was bought. A label that cannot be learnt is in ``refused``.
    """
    task, notes = begin(basis)
    if tracker is not None:
        run_notes.task(tracker, task, trials)

    models: dict[Label, TrainedModel] = {}
    refused: dict[Label, str] = {}
    tuned: dict[Label, Tuned] = {}
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
            tuned[label] = tune(task, prepared, trials, storage=storage, start=using)
            using = tuned[label].params
        models[label] = fit(task, prepared, using, champion=(champions or {}).get(label), progress=progress)
        earlier[label] = tuple(rolling_origins(task, label, using, basis.settings.backtests))
        if tracker is not None:
            run_notes.model(tracker, task, models[label], earlier[label])
    return TrainingResult(
        models, refused, churn_days=task.churn_days, reference_days=basis.reference_days, notes=notes, tuned=tuned, earlier=earlier
    )
