"""Benchmark of contract churn next month on IBM's Telco snapshot, beside peers.

7,043 subscribers, 1,869 of whom left.

    python -m benchmarks.contracts --data FOLDER [--repeats 5] [--page docs/benchmarks/contracts.md]

Five-fold cross-validation over customers, stratified by outcome, repeated; every method on the same folds, nothing resampled. Rounds,
sizes of trees and calibration are chosen inside the part that is learnt from.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from sklearn.model_selection import RepeatedStratifiedKFold

from benchmarks.contracts.ours import brought, churn
from benchmarks.contracts.peers import PEERS
from benchmarks.contracts.records import snapshot
from benchmarks.marked import put
from otokui.frames import Floats, Ints, texts
from training.metrics import scores

FOLDS = 5
DRAWS = 400
OURS = "Otokui"
WANTED = {"AUC": 0.852, "log loss": 0.409}
_RISING = {"AUC": 1.0, "log loss": -1.0}


def figures(said: Floats, left: Floats, folds: Ints, weight: Ints | None = None) -> dict[str, float]:
    """Return AUC and log loss, each the mean over the folds of all repeats.

    said, folds: (repeats, n) chance of each customer, and the fold that judged them; weight: (n,) times each was drawn.
    """
    found: dict[str, list[float]] = {"AUC": [], "log loss": []}
    times = np.ones(len(left), dtype=np.int64) if weight is None else weight
    for chance, fold in zip(said, folds, strict=True):
        for each in range(FOLDS):
            drawn = np.repeat(np.flatnonzero(fold == each), times[fold == each])
            found["AUC"].append(scores.auc(chance[drawn], left[drawn]))
            found["log loss"].append(scores.log_loss(chance[drawn], left[drawn]))
    return {name: float(np.mean(values)) for name, values in found.items()}


def ahead(ours: Floats, peer: Floats, left: Floats, folds: Ints, name: str) -> tuple[float, float]:
    """Return the paired bootstrap interval of ``ours`` ahead of a peer, (low, high).

    95%, over customers.
    """
    rng = np.random.default_rng(1)
    found = []
    for _ in range(DRAWS):
        weight = np.bincount(rng.integers(len(left), size=len(left)), minlength=len(left))
        found.append(_RISING[name] * (figures(ours, left, folds, weight)[name] - figures(peer, left, folds, weight)[name]))
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)


def table(said: dict[str, Floats], left: Floats, folds: Ints) -> str:
    """Return the figures as Markdown, with differences to the best peer."""
    of = {name: figures(chance, left, folds) for name, chance in said.items()}
    lines = [
        f"**{len(left):,} customers, {int(left.sum()):,} left, {len(folds)} x {FOLDS} folds**",
        "",
        f"| | {' | '.join(said)} | ahead of best peer | wanted |",
        "|---" * (len(said) + 3) + "|",
    ]
    for name, rising in _RISING.items():
        best = max((peer for peer in said if peer != OURS), key=lambda peer: rising * of[peer][name])
        apart = rising * (of[OURS][name] - of[best][name])
        low, high = ahead(said[OURS], said[best], left, folds, name)
        word = "ahead" if low > 0.0 else "behind" if high < 0.0 else "tie"
        reached = "reached" if rising * of[OURS][name] >= rising * WANTED[name] else "missed"
        wanted = f"at {'least' if rising > 0 else 'most'} {WANTED[name]:g}: {reached}"
        cells = " | ".join(f"{of[each][name]:.4f}" for each in said)
        lines.append(f"| {name} | {cells} | {apart:+.4f} [{low:+.4f}, {high:+.4f}] {word} ({best}) | {wanted} |")
    return "\n".join(lines)


def judged(data: Path, repeats: int) -> tuple[dict[str, Floats], Floats, Ints]:
    """Return predictions of each method (repeats, n), outcomes (n,), folds (repeats, n)."""
    rows = snapshot(data)
    ids = texts(rows["customerID"].to_list())
    left = (rows["Churn"] == "Yes").cast(int).to_numpy().astype(np.float64)
    said = {name: np.zeros((repeats, len(left))) for name in (OURS, *PEERS)}
    folds = np.zeros((repeats, len(left)), dtype=np.int64)
    with tempfile.TemporaryDirectory(prefix="otokui-contracts-") as work:
        base = brought(data, Path(work))
    cuts: Iterable[tuple[Ints, Ints]] = RepeatedStratifiedKFold(n_splits=FOLDS, n_repeats=repeats, random_state=0).split(left, left)
    for number, (learn, judge) in enumerate(cuts):
        time, fold = divmod(number, FOLDS)
        folds[time, judge] = fold
        said[OURS][time, judge] = churn(base, ids[learn], ids[judge])
        for name, peer in PEERS.items():
            said[name][time, judge] = peer(rows, left, learn, judge)
        aucs = " ".join(f"{name} {scores.auc(chance[time, judge], left[judge]):.4f}" for name, chance in said.items())
        print(f"repeat {time + 1} fold {fold + 1}: {aucs}", flush=True)
    return said, left, folds


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with telco_churn/")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--page", type=Path, help="the page to write the table into, e.g. docs/benchmarks/contracts.md")
    asked = parser.parse_args()
    text = table(*judged(asked.data / "telco_churn", asked.repeats))
    print(text)
    if asked.page is not None:
        put(asked.page, "contracts", text)


if __name__ == "__main__":
    main()
