"""Model cards from manifest and model text, without loading the model.

Split gains stand in a LightGBM text as plain numbers, so the report needs no Booster, and a damaged text
cannot take the process with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from otokui.domain import Instant, Label
from otokui.ports.models import ModelFiles
from otokui.wording.i18n import Translatable
from pipelines.report.view_model import ModelLine
from scoring.model_files.manifest import read_manifest
from scoring.model_files.shortage import sentence

_SHOWN = 10


def split_gains(text: str) -> dict[str, float]:
    """Return the sum of split gains by feature, from a LightGBM text.

    Empty if it is none.
    """
    names: list[str] = []
    gains: dict[str, float] = {}
    split_on: list[str] = []
    for line in text.splitlines():
        name, _, value = line.partition("=")
        if name == "feature_names":
            names = value.split()
        elif name == "split_feature":
            split_on = [names[int(i)] for i in value.split() if int(i) < len(names)]
        elif name == "split_gain":
            for feature, gain in zip(split_on, value.split(), strict=False):
                gains[feature] = gains.get(feature, 0.0) + float(gain)
    return gains


def model_line(
    files: ModelFiles, digest: str, called: Callable[[str], Translatable | str], plots: Mapping[str, bytes], evaluation: Mapping[str, Any]
) -> ModelLine:
    """Describe one model.

    called: feature -> what it is called; plots: name -> PNG; evaluation: what training found on held-out
    cut-offs, any of ``by_cutoff`` [(cut-off, metrics)], ``slices`` {kind of customer: metrics}, ``reliability``
    [(predicted, observed, rows)], ``gain`` [(share of customers, share found)], ``deciles`` {days: [(said, came true, rows)]}.

    Raises:
        BrokenModel: the manifest cannot be read.
    """
    manifest = read_manifest(files.manifest)
    gains = split_gains(files.text)
    total = sum(gains.values())
    ranked: Sequence[tuple[str, float]] = sorted(gains.items(), key=lambda item: (-item[1], item[0]))[:_SHOWN]
    return ModelLine(
        label=manifest.label,
        digest=digest,
        trained_through=Instant(manifest.trained_through),
        horizon_days=manifest.horizon_days,
        cutoffs=[Instant(at) for at in manifest.cutoffs],
        features=len(manifest.features),
        trees=manifest.best_iteration,
        tail=manifest.tail,
        not_enough=sentence([manifest.label], manifest.not_enough) if manifest.not_enough else "",
        speaks=manifest.speaks,
        metrics=manifest.metrics,
        by_cutoff=[(Instant(int(at)), dict(metrics)) for at, metrics in evaluation.get("by_cutoff", ())],
        slices=[(str(name), dict(metrics)) for name, metrics in dict(evaluation.get("slices", {})).items()],
        reliability=[(float(p), float(o), int(n)) for p, o, n in evaluation.get("reliability", ())],
        gain=[(float(x), float(y)) for x, y in evaluation.get("gain", ())],
        deciles=_deciles(evaluation.get("deciles", {}), manifest.horizon_days),
        importances=[(name, called(name), gain / total) for name, gain in ranked] if total > 0 else [],
        plots=dict(plots),
    )


def _deciles(reliability: Mapping[str, Any], horizon_days: float) -> list[tuple[int, list[tuple[float, float, int]]]]:
    """Return the tenths by horizon in days, the shortest first; ``all`` is the model's own horizon."""
    by_days = {round(horizon_days) if days == "all" else int(days): rows for days, rows in reliability.items()}
    return [(days, [(float(p), float(o), int(n)) for p, o, n in by_days[days]]) for days in sorted(by_days)]


def in_order(lines: Sequence[ModelLine]) -> list[ModelLine]:
    """Return the models in the order in which labels are told."""
    order = list(Label)
    return sorted(lines, key=lambda line: order.index(line.label))
