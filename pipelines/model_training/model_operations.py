"""Operations of the model verbs on an opened shop: train, tune, evaluate, promote, roll back.

The rest is in `pipelines.decision_run.decision_operations`.

Kept apart because these alone need MLflow, which takes 5 s to import and may be down while decisions go on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from adapters.shop_files.summary_files import read_batches
from otokui.domain import Instant, Label, ModelName, PairModel
from otokui.errors import BadInput, NotEnoughData, NotPromoted, OtokuiError, Unavailable
from pipelines.model_training.evaluate import Evaluated, evaluate_shop, registered
from pipelines.model_training.pair_evaluation import PairEvaluation, evaluate_pair
from pipelines.model_training.pair_models import train_pair
from pipelines.model_training.pair_registration import RegisteredPair, promote_pair, register_pair, tried_already
from pipelines.model_training.train import Rooms, TrainReport, train_shop
from pipelines.model_training.training_data import Material, gather
from pipelines.model_training.tune import TuneReport, as_tuned_parameters, tune_shop
from pipelines.model_training.tuned_parameters import keep_tuned, read_tuned
from pipelines.report.models.training_artifacts import keep, keep_refused
from pipelines.shop.shop import Shop
from training.evaluation.run_notes import shown

KEPT = "training"
"""The folder of a shop in which training keeps what people and later trainings read."""


def run_train(
    shop: Shop,
    *,
    train_through: Instant,
    now: Instant,
    trials: int = 0,
    labels: Sequence[Label] = tuple(Label),
    material: Material | None = None,
    who: str = "otokui train",
    progress: Callable[[str], None] | None = None,
) -> TrainReport:
    """Train, register, judge and promote models; store plots and metrics for the report.

    And parameters, if they were searched.

    material: of ``material_of`` through the same instant, so that who runs several things in a row gathers once.
    """
    from adapters.models.registry.mlflow_tracking import training_run
    from adapters.models.registry.registry import MlflowRegistry

    store = shop.mlflow
    source, engine, small = shop.summariser
    rooms = Rooms(
        source=source,
        engine=engine,
        read=read_batches,
        tracking=lambda name, tags: training_run(store, shop.settings.shop.name, name, tags),
        registry=lambda: MlflowRegistry(store, shop.settings.shop.name),
        shelf=shop.models,
        live=shop.models.live(train_through),
        live_through=shop.models.live_through(),
        anew=small,
    )
    training_folder = shop.folder / KEPT
    report = train_shop(
        rooms,
        shop.settings,
        train_through=train_through,
        now=now,
        trials=trials,
        storage=_searches(shop) if trials else None,
        tuned=read_tuned(training_folder),
        labels=labels,
        material=_through(material, train_through),
        who=who,
        progress=progress,
    )
    if report.result.tuned:
        keep_tuned(training_folder, {label: as_tuned_parameters(each, train_through, now) for label, each in report.result.tuned.items()})
    for label, model in report.result.models.items():
        digest = hashlib.sha256(model.files.manifest.encode()).hexdigest()
        evaluation = {"metrics": dict(model.metrics), "slices": {k: dict(v) for k, v in model.slices.items()}, "gains": dict(model.gains)}
        earlier = [shown(each) for each in report.result.earlier.get(label, ())]
        keep(training_folder, label, digest, model.plots, evaluation | {"earlier": earlier})
    if set(labels) != set(Label):
        return report
    keep_refused(training_folder, report.result.refused)
    figures: dict[PairModel, Mapping[str, float] | str] = {}
    pairs: dict[PairModel, RegisteredPair] = {}
    for name in PairModel:
        try:
            trained = train_pair(shop, name, train_through)
        except NotEnoughData as error:
            figures[name] = error.detail
            continue
        pairs[name] = register_pair(shop, trained, train_through, parent=report.run_id, now=now, who=who)
        figures[name] = trained.figures
    return replace(
        report,
        products=figures[PairModel.PRODUCTS],
        response=figures[PairModel.RESPONSE],
        response_gate=pairs[PairModel.RESPONSE].verdict.says if PairModel.RESPONSE in pairs else "",
        pairs=pairs,
    )


def run_tune(
    shop: Shop,
    *,
    train_through: Instant,
    now: Instant,
    trials: int,
    labels: Sequence[Label] = tuple(Label),
    material: Material | None = None,
    progress: Callable[[str], None] | None = None,
    bar: bool | None = None,
) -> TuneReport:
    """Search parameters and keep what was found for the trainings that follow."""
    return tune_shop(
        _through(material, train_through) or material_of(shop, train_through),
        shop.settings,
        train_through=train_through,
        now=now,
        trials=trials,
        storage=_searches(shop),
        folder=shop.folder / KEPT,
        labels=labels,
        progress=progress,
        bar=bar,
    )


def run_evaluate(shop: Shop, *, through: Instant, labels: Sequence[Label] = tuple(Label), material: Material | None = None) -> Evaluated:
    """Evaluate champion and challenger of each label at every cut-off before ``through``."""
    from adapters.models.registry.registry import MlflowRegistry

    registry = MlflowRegistry(shop.mlflow, shop.settings.shop.name)
    gathered = _through(material, through) or material_of(shop, through)
    return evaluate_shop(gathered, shop.settings, registry, through=through, labels=labels)


def run_evaluate_pairs(shop: Shop, *, through: Instant, names: Sequence[PairModel] = tuple(PairModel)) -> Sequence[PairEvaluation]:
    """Judge champion and challenger of each model of pairs on what neither has learnt from."""
    from adapters.models.registry.registry import MlflowRegistry

    registry = MlflowRegistry(shop.mlflow, shop.settings.shop.name)
    return [evaluate_pair(shop, name, registered(registry, name), through) for name in names]


def material_of(shop: Shop, train_through: Instant) -> Material:
    """Return the vectors and purchases that training would learn from."""
    source, engine, small = shop.summariser
    return gather(source, engine, read_batches, shop.settings, train_through, anew=small)


def run_promote(
    shop: Shop, label: ModelName, version: int, *, reason: str, now: Instant, who: str = "otokui promote", despite_gate: bool = False
) -> str:
    """Promote a registered version to champion; return its digest.

    It is exported, tried in a child process, and then live.

    despite_gate: also one that the gate held back; then what the gate said goes into the audit trail before the reason.

    Raises:
        NotPromoted: the gate held the version back, and nobody said that it shall be live all the same; nothing was moved.
    """
    from adapters.models.registry.registry import MlflowRegistry

    registry = MlflowRegistry(shop.mlflow, shop.settings.shop.name)
    files = registry.files(label, version)
    passed, says = registry.gate_of(label, version)
    if not passed and not despite_gate:
        raise NotPromoted(
            f"the gate held {label} version {version} back: {says}",
            fix="promote another version, or add --despite-gate to make it live all the same; the audit trail will say so",
        )
    if not passed:
        reason = f"despite the gate ({says}): {reason}"
    if isinstance(label, PairModel):
        digest = promote_pair(shop, label, files, reason=reason, now=now, who=who)
    else:
        digest = shop.models.export(label, files, {"version": version})
        shop.models.promote({label: digest}, now, who=who, reason=reason)
    registry.promote(label, version, tried_already, who=who, reason=reason, at=now)
    return digest


def run_roll_back(
    shop: Shop, *, reason: str, now: Instant, labels: tuple[Label, ...] | None = None, who: str = "otokui promote --roll-back"
) -> dict[Label, str]:
    """Roll back to the champions before the present ones; return their digests.

    In the service's folder, and then in MLflow.

    The folder comes first, because it is what decides, and going back must not wait for an MLflow that is down.

    Raises:
        Missing: there is no earlier champion; nothing was moved.
        Unavailable: the service is back, but MLflow's alias is not; says how to bring it after.
    """
    earlier = shop.models.roll_back(now, labels, who=who, reason=reason)
    try:
        from adapters.models.registry.registry import MlflowRegistry

        registry = MlflowRegistry(shop.mlflow, shop.settings.shop.name)
        for label, digest in earlier.items():
            registry.roll_back(label, tried_already, who=who, reason=reason, at=now, digest=digest)
    except OtokuiError as error:
        back = ", ".join(f"{label}@{digest[:12]}" for label, digest in earlier.items())
        raise Unavailable(
            f"the service went back to {back}, but MLflow was not told: {error.detail}",
            fix="do not roll back again; once MLflow answers, `otokui promote LABEL VERSION` with those versions moves its alias too",
        ) from error
    return earlier


def _through(material: Material | None, through: Instant) -> Material | None:
    if material is not None and material.planned.train_through != through:
        raise BadInput(
            f"the material was gathered through {material.planned.train_through}, not {through}",
            fix="call material_of with the same instant",
        )
    return material


def _searches(shop: Shop) -> str:
    return f"sqlite:///{(shop.folder / 'optuna.db').resolve()}"
