"""Log loss of the next-moment benchmark, and the lead over the best peer."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from benchmarks.purchases.figures import Difference
from otokui.frames import Floats, Ints

DRAWN = 2_000
WANTED = {"weekday": 1.83, "hours": 1.46}
"""Set before the method was built. Of the hours it was not said which spans they were of."""
TITLES = {"weekday": "weekday (of 7)", "hours": "three hours of the day (of 8)"}


def losses(chance: Floats, came: Ints) -> Floats:
    """Return each customer's loss, (n,)."""
    return -np.log(np.clip(chance[np.arange(len(came)), came], 1e-12, 1.0))


def ahead(ours: Floats, peers: Mapping[str, Floats], *, seed: int = 7) -> Difference:
    """Return our lead in loss (n,) over the best peer, with bootstrap interval.

    The peer with the lowest mean; paired, 95%.
    """
    best = min(peers, key=lambda name: float(peers[name].mean()))
    gained, rng = peers[best] - ours, np.random.default_rng(seed)
    means = [float(gained[rng.integers(0, len(gained), len(gained))].mean()) for _ in range(DRAWN)]
    low, high = np.quantile(means, [0.025, 0.975])
    return Difference(best, float(gained.mean()), float(low), float(high))


def line(question: str, said: Mapping[str, Floats | None], came: Ints) -> str:
    """Return a question's row of the table; the first method is ours.

    A method without predictions stays empty.
    """
    loss = {name: None if chance is None else losses(chance, came) for name, chance in said.items()}
    own, *_ = (each for each in loss.values() if each is not None)
    peers = {name: each for name, each in list(loss.items())[1:] if each is not None and name != ALONE}
    found = ahead(own, peers)
    shown = " | ".join("" if each is None else f"{float(each.mean()):.4f}" for each in loss.values())
    reached = "reached" if round(float(own.mean()), 3) <= WANTED[question] else "missed"
    told = f"{found.ahead:+.4f} [{found.low:+.4f}, {found.high:+.4f}] {found.verdict} ({found.peer})"
    return f"| {TITLES[question]} | {shown} | {told} | at most {WANTED[question]:g}: {reached} |"


ALONE = "its days alone"
"""What Otokui says without habits: no peer, it tells what they add."""
