"""Python API: a shop as an object, and scikit-learn estimators.

The one door of this room to the rooms above it (docs/adr/0009-one-door-for-python.md). Nothing in the product imports it; it holds
no code of its own. Estimators are imported when they are first asked for, since scikit-learn and LightGBM take a second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.api.python_shop import PythonShop as Shop

if TYPE_CHECKING:
    from pipelines.api.rhythm_estimators import ChurnEstimator, NextPurchaseEstimator
    from pipelines.api.uplift_estimator import UpliftEstimator

__all__ = ["ChurnEstimator", "NextPurchaseEstimator", "Shop", "UpliftEstimator"]


def __getattr__(name: str) -> Any:
    if name in ("ChurnEstimator", "NextPurchaseEstimator"):
        from pipelines.api import rhythm_estimators

        return getattr(rhythm_estimators, name)
    if name == "UpliftEstimator":
        from pipelines.api.uplift_estimator import UpliftEstimator

        return UpliftEstimator
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
