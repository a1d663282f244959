"""Benchmark of arm choice on Hillstrom, beside the best arm for everybody.

The value of a choice on the other half is the mean outcome of customers who by chance got what it would have sent them.
"""

from __future__ import annotations

from pathlib import Path

import lightgbm
import numpy as np
from sklearn.model_selection import StratifiedShuffleSplit

from benchmarks.uplift.arm_choice import learn_choice
from benchmarks.uplift.experiments import Experiment, hillstrom
from benchmarks.uplift.peers import contacts
from otokui.frames import Floats, Ints
from training.uplift.contact_rows import Cells
from training.uplift.effects import learn_effects

OUTCOMES = ("visit", "conversion", "spend")


def choice_table(folder: Path, splits: int) -> str:
    """Return the table as Markdown."""
    whole = hillstrom(folder)
    stratum = whole.arm * 2 + whole.outcomes["visit"].astype(np.int64)
    worth: dict[tuple[str, str], list[float]] = {}
    differences: dict[str, list[tuple[float, float]]] = {name: [] for name in OUTCOMES}
    switched = dict.fromkeys(OUTCOMES, 0)
    for seed in range(splits):
        learn, judge = next(StratifiedShuffleSplit(1, test_size=0.5, random_state=seed).split(stratum, stratum))
        halves = whole.rows(learn), whole.rows(judge)
        for outcome in OUTCOMES:
            rows, cells = contacts(halves[0], outcome, np.array([1, 2])), Cells.alike(("1", "2"))
            effects = learn_effects(rows, cells, seed=seed)
            choice = learn_choice(rows, cells, effects, seed=seed)
            switched[outcome] += choice.personal
            sent = choice(effects.mean(effects.columns(whole.names, halves[1].matrix)))
            best = np.full(len(judge), 1 + choice.best)
            arms = {"men's to all": np.full(len(judge), 1), "women's to all": np.full(len(judge), 2)}
            arms |= {"best per customer, two-model LightGBM": _naive(*halves, outcome), "Otokui": sent + 1}
            for name, chosen in arms.items():
                worth.setdefault((name, outcome), []).append(_value(halves[1], outcome, chosen))
            differences[outcome].append(_difference(halves[1], outcome, sent + 1, best))
    lines = [
        f"Three arms, mean outcome per customer over {splits} halves. The last lines: difference of ours to the best single arm",
        "(as chosen on the half learnt from), its standard error on one half, and on how many halves customers were told apart.",
        "",
        "| | " + " | ".join(OUTCOMES) + " |",
        "|---|" + "---|" * len(OUTCOMES),
    ]
    names = dict.fromkeys(name for name, _ in worth)
    lines += [f"| {name} | " + " | ".join(f"{np.mean(worth[name, o]):.5f}" for o in OUTCOMES) + " |" for name in names]
    told = [np.mean(differences[o], axis=0) for o in OUTCOMES]
    lines.append("| ours less best single arm (se) | " + " | ".join(f"{d:+.5f} ({e:.5f})" for d, e in told) + " |")
    worst = [min(d / e if e > 0 else 0.0 for d, e in differences[o]) for o in OUTCOMES]
    lines.append("| worst half, in standard errors | " + " | ".join(f"{w:+.1f}" for w in worst) + " |")
    lines.append("| halves that told customers apart | " + " | ".join(f"{switched[o]} of {splits}" for o in OUTCOMES) + " |")
    return "\n".join(lines) + "\n"


def _value(half: Experiment, outcome: str, chosen: Ints) -> float:
    return float(half.outcomes[outcome][half.arm == chosen].mean())


def _difference(half: Experiment, outcome: str, chosen: Ints, best: Ints) -> tuple[float, float]:
    """Return the difference of two choices and its standard error, by inverse chances of the three arms."""
    y, share = half.outcomes[outcome], np.array([(half.arm == arm).mean() for arm in range(3)])
    matched = (half.arm == chosen).astype(float) / share[chosen] - (half.arm == best).astype(float) / share[best]
    each = matched * (y - y.mean())
    return float(each.mean()), float(each.std() / np.sqrt(len(y)))


def _naive(learn: Experiment, judge: Experiment, outcome: str) -> Ints:
    """Return the arm with the highest prediction of a LightGBM model of its own: what most would build first."""
    said: list[Floats] = []
    for arm in range(3):
        there = learn.arm == arm
        found = lightgbm.LGBMRegressor(n_estimators=100, num_leaves=15, learning_rate=0.05, min_child_samples=100, n_jobs=1, verbosity=-1)
        said.append(np.asarray(found.fit(learn.matrix[there], learn.outcomes[outcome][there]).predict(judge.matrix)))
    return np.argmax(said, axis=0)
