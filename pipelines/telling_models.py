"""What `otokui tune` and `otokui evaluate` tell: figures as short tables, and whole for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from otokui.counting import counted
from otokui.domain import CutoffDate, show_instant
from pipelines.evaluate import Candidate, Evaluated
from pipelines.telling import SHOWN
from pipelines.tune import TuneReport
from training.record import shown

HELD_OUT = "(held out)"


def tuned_told(report: TuneReport) -> dict[str, Any]:
    """Return a search for programs."""
    return {
        "train_through": show_instant(report.train_through),
        "found": {str(label): each.model_dump() for label, each in report.found.items()},
        "refused": {str(label): why for label, why in report.refused.items()},
        "kept_in": str(report.path),
    }


def tuned_text(report: TuneReport) -> str:
    """Return a search for a person: what was gained on the held-out cut-off, and which parameters gained it."""
    lines = []
    for label, each in report.found.items():
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
    if report.found:
        lines.append(f"kept in {report.path}; the next `otokui train` uses them")
    return "\n".join(lines)


def evaluated_told(found: Evaluated) -> dict[str, Any]:
    """Return an evaluation for programs."""
    return {
        "through": show_instant(found.through),
        "labels": {str(label): [_candidate(each) for each in candidates] for label, candidates in found.labels.items()},
        "missing": {str(label): why for label, why in found.missing.items()},
    }


def _candidate(each: Candidate) -> dict[str, Any]:
    return {
        "alias": each.alias,
        "version": each.version,
        "trained_through": show_instant(each.trained_through),
        "held_out_in_training": dict(each.held_out),
        "cutoffs": [shown(at) for at in each.figures],
        "why_not": each.why_not,
    }


def evaluated_text(found: Evaluated) -> str:
    """Return an evaluation for a person: models under one another at each cut-off, then by slice at the newest."""
    lines = [f"judged on records known before {show_instant(found.through)}; * = the model had learnt from records after that cut-off"]
    for label, candidates in found.labels.items():
        lines.append(f"\n{label}")
        for each in candidates:
            lines.append(f"   {each.alias}: version {each.version}, trained through {show_instant(each.trained_through)}")
            if each.why_not:
                lines.append(f"      {each.why_not}")
        lines += _by_cutoff(candidates)
        lines += _by_slice(candidates)
    lines += [f"\n{label}: {why}" for label, why in found.missing.items()]
    return "\n".join(lines)


def _by_cutoff(candidates: Sequence[Candidate]) -> list[str]:
    lines = [f"   {HELD_OUT:<12}{each.alias:<12}{_figures(each.held_out)}" for each in candidates]
    for number, at in enumerate(candidates[0].figures if candidates[0].figures else candidates[-1].figures):
        date = str(CutoffDate(at.cutoff))[:10]
        for each in candidates:
            if each.figures:
                here = each.figures[number]
                lines.append(f"   {date:<12}{each.alias + ('*' if here.seen else ''):<12}{_figures(here.metrics)}")
    return lines


def _by_slice(candidates: Sequence[Candidate]) -> list[str]:
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
