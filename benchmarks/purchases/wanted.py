"""Targets by data set, set before the method was built.

The best peer run once by hand, and a little more.
"""

from __future__ import annotations

from collections.abc import Mapping

WANTED: Mapping[str, Mapping[str, float]] = {
    "cdnow-39-weeks": {
        "AUC": 0.772,
        "RMSE": 1.68,
        "MAE of median": 0.78,
        "bias": 0.05,
        "top 10% share of spend": 0.53,
        "Gini, counts": 0.725,
        "Gini, spend": 0.725,
    },
    "cdnow-1998": {"AUC": 0.808, "log loss": 0.418, "bias": 0.05},
    "online-retail": {
        "AUC": 0.745,
        "C": 0.688,
        "days MAE": 21.9,
        "RMSE": 1.38,
        "MAE of mean": 0.905,
        "MAE of median": 0.905,
        "Gini, counts": 0.80,
        "Gini, spend": 0.80,
    },
    "complete-journey": {"AUC": 0.883, "C": 0.757, "RMSE": 2.04, "top 20% overlap": 0.72, "Gini, counts": 0.84, "Gini, spend": 0.84},
}  # fmt: skip
"""By protocol and figure; of the bias, how far from zero at most. A target that does not say which MAE or which Gini is asked of both."""


def told(protocol: str, figure: str, got: float | None, *, more_is_better: bool | None, digits: int) -> str:
    """Return the target of a figure and whether it was reached; '' without one."""
    wanted = WANTED.get(protocol, {}).get(figure)
    if wanted is None or got is None:
        return ""
    if more_is_better is None:
        return f"within {wanted:.0%}: {_word(abs(got) <= wanted)}"
    # As shown, so that no digit nobody sees decides.
    shown = round(got, digits)
    return f"{'at least' if more_is_better else 'at most'} {wanted:g}: {_word(shown >= wanted if more_is_better else shown <= wanted)}"


def _word(reached: bool) -> str:
    return "reached" if reached else "missed"
