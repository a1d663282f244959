"""Benchmark of Qini on Hillstrom's three contrasts, with paired differences to ours.

The mean over stratified halves.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.model_selection import StratifiedShuffleSplit
from sklift.metrics import qini_auc_score

from benchmarks.uplift.experiments import Experiment, hillstrom
from benchmarks.uplift.peers import METHODS
from otokui.frames import Floats

CONTRASTS = {"women's": (2,), "men's": (1,), "any": (1, 2)}
TARGETS = {"women's": 0.061, "men's": 0.024, "any": 0.032}


def ranking_table(folder: Path, splits: int) -> str:
    """Return the table as Markdown."""
    whole = hillstrom(folder)
    found = {name: _scores(_contrast(whole, arms), splits) for name, arms in CONTRASTS.items()}
    lines = [
        f"Hillstrom, visit, Qini (scikit-uplift `qini_auc_score`), mean over {splits} stratified halves; the spread between halves is in",
        "brackets (halves overlap: it is not the standard error of the mean), and the halves on which ours was ahead of each peer.",
        "",
        "| method | " + " | ".join(f"{name} against none (target {TARGETS[name]})" for name in CONTRASTS) + " |",
        "|---|" + "---|" * len(CONTRASTS),
    ]
    for method in METHODS:
        cells = []
        for name in CONTRASTS:
            mine, all_of = found[name]["Otokui"], found[name][method]
            ahead = "" if method == "Otokui" else f"; ahead on {int((mine > all_of).sum())} of {splits}"
            cells.append(f"{all_of.mean():.4f} ({all_of.std():.4f}){ahead}")
        lines.append(f"| {method} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _contrast(whole: Experiment, arms: tuple[int, ...]) -> Experiment:
    some = whole.rows(np.flatnonzero(np.isin(whole.arm, (0, *arms))))
    return Experiment(some.names, some.matrix, (some.arm > 0).astype(np.int64), some.outcomes)


def _scores(contrast: Experiment, splits: int) -> dict[str, Floats]:
    visit = contrast.outcomes["visit"]
    stratum = contrast.arm * 2 + visit.astype(np.int64)
    out: dict[str, list[float]] = {name: [] for name in METHODS}
    for seed in range(splits):
        learn, judge = next(StratifiedShuffleSplit(1, test_size=0.5, random_state=seed).split(stratum, stratum))
        halves = contrast.rows(learn), contrast.rows(judge)
        for name, method in METHODS.items():
            ranked = method(*halves, "visit", seed)
            out[name].append(float(qini_auc_score(visit[judge].astype(int), ranked, contrast.arm[judge])))
    return {name: np.array(values) for name, values in out.items()}
