"""What the verbs tell people: results as short tables, the same figures as ``--json`` gives to programs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from otokui.counting import counted
from otokui.domain import show_instant
from pipelines.report.metrics import in_words
from pipelines.train import TrainReport
from scoring.not_enough import sentences

SHOWN = (
    "auc", "auc_30d", "log_loss", "log_loss_30d", "calibration_error", "calibration_error_30d",
    "concordance", "coverage_80", "days_mae", "rmse", "mae", "bias", "gini",
)  # fmt: skip
"""Metrics worth a column in the terminal; MLflow and the report have them all."""


def training_told(report: TrainReport) -> dict[str, Any]:
    """Return a training run for programs."""
    return {
        "train_through": show_instant(report.train_through),
        "cutoffs": [str(cutoff) for cutoff in report.cutoffs],
        "run_id": report.run_id,
        "churn_days": report.result.churn_days,
        "models": {
            str(label): {
                "version": report.versions[label],
                "promoted": label in report.promoted,
                "gate": list(report.verdicts[label].reasons),
                "not_enough": model.not_enough,
                "metrics": dict(model.metrics),
            }
            for label, model in report.result.models.items()
        },
        "refused": {str(label): why for label, why in report.result.refused.items()},
        "products": report.products if isinstance(report.products, str) else dict(report.products),
        "response": report.response if isinstance(report.response, str) else dict(report.response),
        "response_gate": report.response_gate,
        "tuned": sorted(map(str, report.tuned)),
        "notes": list(report.result.notes),
    }


def training_text(report: TrainReport) -> str:
    """Return a training run for a person: each label, how good it was on held-out customers, and what the gate said."""
    whole = [cutoff for cutoff in report.cutoffs if cutoff.at < report.train_through]
    lines = [f"trained on {counted(len(whole), 'cut-off')}, with records known before {show_instant(report.train_through)}"]
    for label, model in report.result.models.items():
        verdict = report.verdicts[label]
        state = "live" if label in report.promoted else "not promoted"
        figures = "  ".join(f"{name} {model.metrics[name]:.4g}" for name in SHOWN if name in model.metrics)
        lines.append(f"{label} (version {report.versions[label]}, {state})")
        lines += [f"   {told}" for told in (in_words(model.metrics), figures) if told]
        lines.append(f"   gate: {'; '.join(verdict.reasons)}")
    lines += sentences({label: model.not_enough for label, model in report.result.models.items() if model.not_enough})
    if isinstance(report.products, str):
        lines += [f"products: none are named, because {report.products}"] if report.products else []
    else:
        lines.append("products  " + "  ".join(f"{name} {value:.4g}" for name, value in report.products.items()))
    if isinstance(report.response, str):
        lines += [f"contacts are valued by priors and counts, because {report.response}"] if report.response else []
    else:
        shown = ("contacted", "held_back", "uplift", "kept", "proved")
        lines.append("response  " + "  ".join(f"{name} {report.response[name]:.4g}" for name in shown if name in report.response))
        lines.append(f"   gate: {report.response_gate}")
    if report.tuned:
        told = ", ".join(f"{label} ({counted(each.trials, 'trial')})" for label, each in report.tuned.items())
        lines.append(f"parameters that `otokui tune` found were used: {told}")
    lines += [f"note: {note}" for note in report.result.notes]
    return "\n".join(lines)


def decided_text(manifest: Mapping[str, Any], out: Path) -> str:
    """Return a run over the whole base for a person: how many of what, and why the others were left alone."""
    lines = [f"{counted(manifest['rows'], 'customer')} decided, in {out}"]
    for title, name in (
        ("status", "by_status"),
        ("message", "by_message"),
        ("channel", "by_channel"),
        ("main reason", "by_reason"),
        ("suppressed by", "by_suppression"),
    ):
        ranked = sorted(manifest.get(name, {}).items(), key=lambda pair: (-pair[1], pair[0]))
        if ranked:
            lines.append(f"{title + ':':<15}" + ", ".join(f"{key} {count:,}" for key, count in ranked[:8]))
    totals = manifest.get("totals", {})
    lines.append(f"{'worth:':<15}{totals.get('expected_value', 0.0):,.2f} expected, at a cost of {totals.get('cost', 0.0):,.2f}")
    return "\n".join(lines)
