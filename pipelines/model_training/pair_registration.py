"""Registration of a pair model: MLflow run and version, promotion, rollback.

The same road as a label's (``pipelines.model_training.train``, ``model_operations``), with a folder that is asked as of a day
(``adapters.models.store.pair_models``). The folder moves first, because it is what decides.
"""

from __future__ import annotations

from dataclasses import dataclass

from adapters.models.store.canary import canary
from features import fingerprint
from otokui.domain import CutoffDate, Instant, PairModel
from otokui.errors import Missing, OtokuiError, Unavailable
from otokui.ports.models import ModelFiles
from pipelines.model_training.pair_models import TrainedPair
from pipelines.shop.shop import Shop
from training.promotion_gate import PairVerdict, pair_not_backwards


@dataclass(frozen=True, slots=True)
class RegisteredPair:
    """Registered pair model: version, run, verdict of the gate, live or not."""

    version: int
    run_id: str
    verdict: PairVerdict


def register_pair(shop: Shop, trained: TrainedPair, train_through: Instant, *, parent: str, now: Instant, who: str) -> RegisteredPair:
    """Register a pair model in MLflow, and promote it if its gate passed.

    Under the training run ``parent``.

    Raises:
        BrokenModel: it does not score its canary rows; nothing is live, and its version is marked as failed.
    """
    from adapters.models.registry.registry import MlflowRegistry

    name, folder = trained.name, shop.pair_folder(trained.name)
    standing = folder.speaking(now)
    verdict = pair_not_backwards(name, trained.verdict, train_through, None if standing is None else folder.trained_through(standing))
    backwards = verdict.passed != trained.verdict.passed
    registry = MlflowRegistry(shop.mlflow, shop.settings.shop.name)
    verdict = _not_taken_back(shop, trained, verdict)
    run_id = _run(shop, trained, train_through, verdict, parent)
    tags = {"train_through": str(CutoffDate(train_through))} | {key: f"{value:.6g}" for key, value in trained.figures.items()}
    version = registry.register(name, trained.files, run_id, None, tags)
    registry.verdict(name, version, verdict.passed, verdict.says)
    if verdict.passed or backwards:
        try:
            digest = folder.export(trained.files, tries=canary)
        except OtokuiError as error:
            registry.verdict(name, version, False, error.detail)
            raise
    if verdict.passed:
        # As of the end of its training, so that a day since then is decided with it, however late it is asked about.
        folder.promote(digest, train_through, who=who, reason="the gate passed")
        registry.promote(name, version, tried_already, who=who, reason=verdict.says, at=now)
    return RegisteredPair(version, run_id, verdict)


def roll_back_pair(shop: Shop, name: PairModel, *, reason: str, now: Instant, who: str) -> tuple[str, str | None]:
    """Withdraw the live pair model, so that the one before is live again.

    MLflow's alias follows; both digests are returned.

    Raises:
        Missing: none speaks now.
        Unavailable: the folder went back, but MLflow was not told; says how to bring it after.
    """
    folder = shop.pair_folder(name)
    gone = folder.speaking(now)
    if gone is None:
        raise Missing(f"no {name} model is live", fix="run `otokui train` first")
    folder.withdraw(gone, now, who=who, reason=reason)
    back = folder.speaking(now)
    try:
        _tell_mlflow(shop, name, back, reason, now, who)
    except OtokuiError as error:
        says = "nothing" if back is None else back[:12]
        raise Unavailable(
            f"{name} went back to {says} in the service's folder, but MLflow was not told: {error.detail}",
            fix=f"do not roll back again; once MLflow answers, `otokui promote {name} VERSION` with that version moves its alias too",
        ) from error
    return gone, back


def promote_pair(shop: Shop, name: PairModel, files: ModelFiles, *, reason: str, now: Instant, who: str) -> str:
    """Try a pair model's files in a child process and promote it; return its digest."""
    folder = shop.pair_folder(name)
    digest = folder.export(files, tries=canary)
    folder.promote(digest, now, who=who, reason=reason)
    return digest


def tried_already(_: ModelFiles) -> None:
    """The service's folder has tried the model in a child process before MLflow is told."""


def _not_taken_back(shop: Shop, trained: TrainedPair, verdict: PairVerdict) -> PairVerdict:
    """Return the verdict; not passed where the very same model was taken back before."""
    from adapters.models.registry.mlflow_model import sha256

    why = shop.pair_folder(trained.name).withdrawn(sha256(trained.files.manifest))
    if why is None:
        return verdict
    how = f"`otokui promote {trained.name} VERSION --despite-gate --reason WHY` makes it live again"
    return PairVerdict(False, f"not promoted: this very model was taken back ({why}); {how}")


def _run(shop: Shop, trained: TrainedPair, train_through: Instant, verdict: PairVerdict, parent: str) -> str:
    from adapters.models.registry.mlflow_tracking import training_run

    name, gate = str(trained.name), "passed" if verdict.passed else "failed"
    tags = {"train_through": str(CutoffDate(train_through)), "fingerprint": fingerprint(), "model": name}
    tags |= {"gate": gate, "gate_says": verdict.says[:5_000]} | ({"mlflow.parentRunId": parent} if parent else {})
    with training_run(shop.mlflow, shop.settings.shop.name, f"{name}-{CutoffDate(train_through)}", tags) as tracker:
        tracker.params({"train_through": int(train_through)} | {f"{name}.{key}": value for key, value in trained.params.items()})
        tracker.metrics({f"{name}.{key}": value for key, value in trained.figures.items()})
        tracker.dataset(f"{name}-rows", trained.data_digest, context=name, profile={"rows": trained.rows})
        artifacts = {"manifest.json": trained.files.manifest.encode(), "model.txt": trained.files.text.encode()} | dict(trained.plots)
        for file, content in artifacts.items():
            tracker.artifact(f"{name}/{file}", content)
        return tracker.run_id


def _tell_mlflow(shop: Shop, name: PairModel, back: str | None, reason: str, now: Instant, who: str) -> None:
    """Move the champion's alias to what speaks again, or take it away where that was never registered; nothing where MLflow knows none."""
    try:
        from adapters.models.registry.registry import MlflowRegistry
    except ImportError:
        return
    if not shop.mlflow.begun:
        return
    registry = MlflowRegistry(shop.mlflow, shop.settings.shop.name)
    known = registry.history(name)
    if not known:
        return
    if back in {version.digest for version in known}:
        registry.roll_back(name, tried_already, who=who, reason=reason, at=now, digest=back)
    else:
        registry.retire(name, who=who, reason=reason, at=now)
