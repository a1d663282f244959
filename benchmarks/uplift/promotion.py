"""Benchmark of a promotion (cost 0.15, purchase 10): net incremental revenue and Qini.

On the test file.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklift.metrics import qini_auc_score

from benchmarks.uplift.experiments import Experiment, starbucks
from benchmarks.uplift.peers import METHODS, ours
from otokui.frames import Bools

EARNED, COST = 10.0, 0.15


def promotion_table(folder: Path, splits: int) -> str:
    """Return the table as Markdown; the test file is fixed, so ``splits`` plays no part."""
    del splits
    learn, test = starbucks(folder)
    bought = test.outcomes["purchase"].astype(int)
    lines = [
        "Starbucks promotion, trained on the training file. NIR: sent where the effect expected pays for the promotion",
        "(10 x effect > 0.15), so the test file sets nothing; its standard error in brackets. Peers only rank: only their Qini is shown.",
        "",
        "| method | Qini (target 0.245) | sent | NIR (target 480) |",
        "|---|---|---|---|",
    ]
    for name, method in METHODS.items():
        if name != "Otokui":
            lines.append(f"| {name} | {qini_auc_score(bought, method(learn, test, 'purchase', 0), test.arm):.4f} | | |")
            continue
        effects = ours(learn, "purchase", 0)
        expected = effects.mean(effects.columns(test.names, test.matrix))[:, 0]
        sent = expected * EARNED > COST
        revenue, error = _revenue(test, sent)
        lines.append(f"| {name} | {qini_auc_score(bought, expected, test.arm):.4f} | {sent.mean():.1%} | {revenue:.0f} ({error:.0f}) |")
    return "\n".join(lines) + "\n"


def _revenue(test: Experiment, sent: Bools) -> tuple[float, float]:
    """Return net incremental revenue of the customers chosen, as the experiment's authors define it, and its standard error."""
    y = test.outcomes["purchase"][sent]
    with_it = test.arm[sent] == 1
    treated, alone = int(with_it.sum()), int((~with_it).sum())
    revenue = EARNED * y[with_it].sum() - COST * treated - EARNED * y[~with_it].sum()
    variance = EARNED**2 * (treated * y[with_it].var() + alone * y[~with_it].var())
    return float(revenue), float(np.sqrt(variance))
