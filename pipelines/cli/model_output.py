"""Output of `otokui train`, `tune`, `evaluate` and `decide`: tables, and figures for ``--json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from otokui.domain import CutoffDate, PairModel, show_instant
from otokui.wording.counting import counted
from pipelines.model_training.evaluate import Evaluated, EvaluatedVersion
from pipelines.model_training.pair_evaluation import PairEvaluation
from pipelines.model_training.train import TrainReport
from pipelines.model_training.tune import TuneReport
from pipelines.report.wording.metrics import in_words
from scoring.model_files.shortage import sentences
from training.evaluation.run_notes import shown

SHOWN = (
    "auc", "auc_30d", "log_loss", "log_loss_30d", "calibration_error", "calibration_error_30d",
    "concordance", "coverage_80", "days_mae", "rmse", "mae", "bias", "gini",
)  # fmt: skip
"""Metrics worth a column in the terminal; MLflow and the report have them all."""


def training_json(report: TrainReport) -> dict[str, Any]:
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
        "pair_models": {
            str(name): {"version": each.version, "promoted": each.verdict.passed, "gate": each.verdict.says, "run_id": each.run_id}
            for name, each in report.pairs.items()
        },
        "tuned": sorted(map(str, report.tuned)),
        "notes": list(report.result.notes),
    }


def training_text(report: TrainReport) -> str:
    """Return a training run as text: metrics on held-out customers and the gate's verdict."""
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
        listed = ("recall_at_10", "ndcg_at_10", "customers")
        lines += _pair_text(report, PairModel.PRODUCTS, {name: report.products[name] for name in listed if name in report.products})
    if isinstance(report.response, str):
        lines += [f"contacts are valued by priors and counts, because {report.response}"] if report.response else []
    else:
        shown = ("contacted", "held_back", "uplift", "kept", "proved", "qini", "qini_low", "qini_high")
        lines += _pair_text(report, PairModel.RESPONSE, {name: report.response[name] for name in shown if name in report.response})
    if report.tuned:
        told = ", ".join(f"{label} ({counted(each.trials, 'trial')})" for label, each in report.tuned.items())
        lines.append(f"parameters that `otokui tune` found were used: {told}")
    lines += [f"note: {note}" for note in report.result.notes]
    return "\n".join(lines)


def _pair_text(report: TrainReport, name: PairModel, figures: Mapping[str, float]) -> list[str]:
    made = report.pairs[name]
    return [
        f"{name} (version {made.version}, {'live' if made.verdict.passed else 'not promoted'})",
        "   " + "  ".join(f"{figure} {value:.4g}" for figure, value in figures.items()),
        f"   gate: {made.verdict.says}",
    ]


def decided_text(manifest: Mapping[str, Any], out: Path) -> str:
    """Return a decision run as text: counts by outcome, and reasons for no contact."""
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


HELD_OUT = "(held out)"


def tuning_json(report: TuneReport) -> dict[str, Any]:
    """Return a search for programs."""
    return {
        "train_through": show_instant(report.train_through),
        "found": {str(label): each.model_dump() for label, each in report.tuned.items()},
        "refused": {str(label): why for label, why in report.refused.items()},
        "kept_in": str(report.path),
    }


def tuned_text(report: TuneReport) -> str:
    """Return a parameter search as text: gains on the held-out cut-off, and parameters."""
    lines = []
    for label, each in report.tuned.items():
        if each.params:
            params = "  ".join(
                f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}" for name, value in each.params.items()
            )
        else:
            params = "the defaults stand: no trial was better"
        lines += [
            f"{label}: held-out loss {each.standing_loss:.5f} -> {each.loss:.5f}, {counted(each.trials, 'trial')} ({each.pruned} pruned)",
            f"   {params}",
        ]
    lines += [f"{label}: not searched, because {why}" for label, why in report.refused.items()]
    if report.tuned:
        lines.append(f"kept in {report.path}; the next `otokui train` uses them")
    return "\n".join(lines)


def evaluation_json(evaluated: Evaluated) -> dict[str, Any]:
    """Return an evaluation for programs."""
    return {
        "through": show_instant(evaluated.through),
        "labels": {str(label): [_candidate(each) for each in candidates] for label, candidates in evaluated.labels.items()},
        "missing": {str(label): why for label, why in evaluated.missing.items()},
    }


def _candidate(each: EvaluatedVersion) -> dict[str, Any]:
    return {
        "alias": each.alias,
        "version": each.version,
        "trained_through": show_instant(each.trained_through),
        "held_out_in_training": dict(each.held_out),
        "cutoffs": [shown(at) for at in each.figures],
        "why_not": each.why_not,
    }


def evaluated_text(evaluated: Evaluated) -> str:
    """Return an evaluation as text: models at each cut-off, then by slice."""
    lines = [f"judged on records known before {show_instant(evaluated.through)}; * = the model had learnt from records after that cut-off"]
    for label, candidates in evaluated.labels.items():
        lines.append(f"\n{label}")
        for each in candidates:
            lines.append(f"   {each.alias}: version {each.version}, trained through {show_instant(each.trained_through)}")
            if each.why_not:
                lines.append(f"      {each.why_not}")
        lines += _by_cutoff(candidates)
        lines += _by_slice(candidates)
    lines += [f"\n{label}: {why}" for label, why in evaluated.missing.items()]
    return "\n".join(lines)


def _by_cutoff(candidates: Sequence[EvaluatedVersion]) -> list[str]:
    lines = [f"   {HELD_OUT:<12}{each.alias:<12}{_figures(each.held_out)}" for each in candidates]
    for number, at in enumerate(candidates[0].figures if candidates[0].figures else candidates[-1].figures):
        date = str(CutoffDate(at.cutoff))[:10]
        for each in candidates:
            if each.figures:
                here = each.figures[number]
                lines.append(f"   {date:<12}{each.alias + ('*' if here.seen else ''):<12}{_figures(here.metrics)}")
    return lines


def _by_slice(candidates: Sequence[EvaluatedVersion]) -> list[str]:
    known = [each for each in candidates if each.figures]
    if not known:
        return []
    newest = str(CutoffDate(known[0].figures[-1].cutoff))[:10]
    lines = [f"   by kind of customer, at {newest}:"]
    for kind in known[0].figures[-1].slices:
        for each in known:
            figures = each.figures[-1].slices[kind]
            lines.append(f"   {kind:<20}{each.alias:<12}{int(figures['rows']):>7,} rows  {_figures(figures)}")
    return lines


def _figures(metrics: Mapping[str, float]) -> str:
    return "  ".join(f"{name} {metrics[name]:.4g}" for name in ("loss", *SHOWN) if name in metrics)


def pair_evaluations_json(pairs: Sequence[PairEvaluation]) -> dict[str, Any]:
    """Return an evaluation of models of pairs for programs."""
    return {
        str(each.name): {
            "versions": dict(each.versions),
            "rows": each.rows,
            "figures": {alias: dict(figures) for alias, figures in each.figures.items()},
            "measure": each.measure,
            "difference": None if each.difference is None else dict(zip(("mean", "low", "high"), each.difference, strict=True)),
            "why_not": each.why_not,
        }
        for each in pairs
    }


def pairs_text(pairs: Sequence[PairEvaluation]) -> list[str]:
    """Return an evaluation of pair models as text: rows, figures by version, and difference."""
    lines = []
    for each in pairs:
        lines.append(f"\n{each.name}")
        lines += [f"   {alias}: version {version}" for alias, version in each.versions.items()]
        if each.why_not:
            lines.append(f"   {each.why_not}")
            continue
        lines.append(f"   judged on {each.rows}")
        for alias, figures in each.figures.items():
            lines.append(f"   {alias:<12}" + "  ".join(f"{name} {value:.4g}" for name, value in figures.items()))
        if each.difference is None:
            lines.append("   there is no challenger to compare the champion with")
        else:
            mean, low, high = each.difference
            lines.append(f"   challenger - champion: {mean:+.5f}, 95% interval [{low:+.5f}, {high:+.5f}]: {each.measure}")
    return lines
