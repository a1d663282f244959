"""Notes of a training run for comparison: parameters, metrics by cut-off and slice, data.

Apart from training itself, which is the same whether or not anybody keeps notes. Names: ``<label>.<metric>`` with the
cut-off's index as step, so that MLflow draws it over time; ``<label>.<metric>.<slice>`` on the held-out cut-off.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from otokui.domain import CutoffDate, Instant
from otokui.ports.models import Tracker
from scoring.model_files.manifest import read_manifest
from training.evaluation.rolling_origin import AtCutoff
from training.fitting.fit import TrainedModel
from training.fitting.task import Task


def task(tracker: Tracker, given: Task, trials: int) -> None:
    """Record what all labels of the run share."""
    tracker.params(
        {
            "train_through": int(given.train_through),
            "cutoffs": len(given.datasets),
            "features": len(given.names),
            "fingerprint": given.fingerprint,
            "reference_days": given.reference_days,
            "churn_days": given.churn_days,
            "seed": given.settings.seed,
            "trials": trials,
            "backtests": given.settings.backtests,
        }
    )


def model(tracker: Tracker, given: Task, trained: TrainedModel, earlier: Sequence[AtCutoff]) -> None:
    """Record one label: parameters, metrics by cut-off and slice, data digest, files."""
    name = str(trained.label)
    manifest = read_manifest(trained.files.manifest)
    tracker.params({f"{name}.{key}": value for key, value in manifest.params.items()} | {f"{name}.rounds": manifest.best_iteration})
    for each in earlier:
        tracker.metrics({f"{name}.{metric}": value for metric, value in each.metrics.items()}, given.cutoffs.index(each.cutoff))
    newest = given.cutoffs.index(trained.held_out_at)
    tracker.metrics({f"{name}.{metric}": value for metric, value in trained.metrics.items()}, newest)
    tracker.metrics(
        {f"{name}.{metric}.{kind}": value for kind, figures in trained.slices.items() for metric, value in figures.items()}, newest
    )
    tracker.dataset(
        f"{name}-rows",
        manifest.data_digest,
        context=name,
        profile={"rows": trained.metrics.get("rows_learnt"), "features": len(manifest.features), "cutoffs": len(manifest.cutoffs)},
    )
    tracker.artifact(f"{name}/manifest.json", trained.files.manifest.encode())
    tracker.artifact(f"{name}/model.txt", trained.files.text.encode())
    slices = {each: dict(values) for each, values in trained.slices.items()}
    tracker.artifact(f"{name}/slices.json", _json(slices))
    held_out = AtCutoff(trained.held_out_at, int(trained.metrics.get("rows_held_out", 0)), False, dict(trained.metrics), slices)
    tracker.artifact(f"{name}/cutoffs.json", _json([shown(each) for each in (*earlier, held_out)]))
    for plot, content in trained.plots.items():
        tracker.artifact(f"{name}/{plot}", content)


def shown(figures: AtCutoff) -> dict[str, Any]:
    """Return the figures at one cut-off for a program or a file."""
    return {
        "cutoff": str(CutoffDate(Instant(figures.cutoff))),
        "rows": figures.rows,
        "seen": figures.seen,
        "metrics": dict(figures.metrics),
        "slices": {each: dict(values) for each, values in figures.slices.items()},
    }


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=1, sort_keys=True).encode()
