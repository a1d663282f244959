"""Scikit-learn estimator of uplift on a plain matrix: `training.uplift` without a shop."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from otokui.errors import BadInput, NotEnoughData
from otokui.frames import Bools, Floats, Ints
from training.uplift.contact_rows import Cells, ContactRows
from training.uplift.effects import learn_effects

LEAST_ROWS = 50
"""Treated, and untreated, from which on two groups are compared."""
_CELL = Cells.alike(("treatment",))


class UpliftEstimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Uplift of one treatment by customer, from a trial or from logged propensities.

    Residual on residual (Robinson, Econometrica 1988; Nie and Wager, Biometrika 2021) with cross-fitted outcome models; effects from "the
    same for all" to linear and boosted ones, averaged by their evidence (Hoeting et al., Statistical Science 1999). A difference between
    customers that the rows do not prove carries no weight, so on few rows everybody gets nearly the same.

    Args:
        boost: whether LightGBM looks for what a linear effect leaves over; rows are then at least 2,000.
        seed: of the folds.

    Attributes after ``fit``: ``average_`` (the mean effect of the rows learnt from), ``proved_`` (in [0, 1], how far the rows prove
    that customers differ), ``weights_`` (of the models averaged), ``n_features_in_``, ``feature_names_in_``.

    >>> import numpy as np
    >>> chance = np.random.default_rng(1)
    >>> X = chance.normal(size=(8_000, 2))
    >>> treatment = chance.random(8_000) < 0.5
    >>> y = (chance.random(8_000) < 0.2 + treatment * np.where(X[:, 0] > 0, 0.2, 0.0)).astype(float)
    >>> model = UpliftEstimator().fit(X, y, treatment)
    >>> effect = model.predict(np.array([[1.0, 0.0], [-1.0, 0.0]]))
    >>> bool(effect[0] > effect[1] + 0.05)
    True
    """

    def __init__(self, boost: bool = True, seed: int = 0) -> None:
        self.boost = boost
        self.seed = seed

    def fit(self, X: Any, y: Any, treatment: Any, *, chance: Any = None, customers: Any = None) -> Self:
        """Learn the effect.

        X: (n, p) what was known of each customer before the treatment, an array or a frame of numbers; NaN where not known.
        y: (n,) the outcome, 0 or 1 or an amount. treatment: (n,) 0 or 1, who got it. chance: (n,) or one number, the chance each
        customer had of getting it, in (0, 1); None = a trial with the same chance for all, that of the rows. customers: (n,) ids,
        where rows belong to one another; None = each row is a customer.

        Raises:
            BadInput: lengths differ, a treatment is neither 0 nor 1, an outcome is no number, or a chance is not between 0 and 1.
            NotEnoughData: fewer than 50 were treated, or fewer than 50 were not.
            ValueError: of scikit-learn, where X is no matrix of numbers.
        """
        matrix = np.asarray(validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan"))
        rows = len(matrix)
        outcome = _column("y", y, rows)
        treated = _treated(_column("treatment", treatment, rows))
        given = np.full(rows, treated.mean()) if chance is None else np.broadcast_to(np.asarray(chance, dtype=np.float64), (rows,))
        whose: Ints = np.arange(rows) if customers is None else _codes(customers, rows)
        names = self._names()
        learnt = ContactRows(names, matrix, np.zeros(rows, dtype=np.int64), treated, np.array(given), outcome, whose)
        self.effects_ = learn_effects(learnt, _CELL, seed=self.seed, boost=self.boost)
        self.average_ = float(self.effects_.mean(self.effects_.columns(names, matrix)).mean())
        self.proved_, self.weights_ = self.effects_.proved, dict(self.effects_.weights)
        return self

    def predict(self, X: Any, *, return_std: bool = False) -> Any:
        """Return what the treatment adds to each customer's outcome, (n,), in the outcome's unit.

        X: (n, p) with the columns of ``fit``. return_std: also the standard deviation of what is known of each effect, (n,).
        """
        check_is_fitted(self, "effects_")
        matrix = np.asarray(validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=False))
        columns = self.effects_.columns(self._names(), matrix)
        effect: Floats = self.effects_.mean(columns)[:, 0]
        return (effect, self.effects_.deviation(columns)[:, 0]) if return_std else effect

    def _names(self) -> tuple[str, ...]:
        named = getattr(self, "feature_names_in_", None)
        return tuple(f"x{i}" for i in range(self.n_features_in_)) if named is None else tuple(map(str, named))


def _column(name: str, values: Any, rows: int) -> Floats:
    """Return a column of finite numbers, (n,)."""
    try:
        column = np.asarray(values, dtype=np.float64).ravel()
    except (TypeError, ValueError):
        raise BadInput(f"{name} holds something that is no number", fix="pass numbers") from None
    if len(column) != rows:
        raise BadInput(f"{name} has {len(column)} values, and X has {rows} rows", fix="pass one value a row")
    bad = np.flatnonzero(~np.isfinite(column))
    if len(bad):
        raise BadInput(
            f"{name} of row {bad[0] + 1} is no finite number ({len(bad)} of {rows} rows)", fix="drop such rows from X, y and treatment"
        )
    return column


def _treated(treatment: Floats) -> Bools:
    other = np.flatnonzero((treatment != 0.0) & (treatment != 1.0))
    if len(other):
        raise BadInput(
            f"the treatment of row {other[0] + 1} is {treatment[other[0]]:g}, neither 0 nor 1",
            fix="pass one treatment and the rows without it",
        )
    treated: Bools = treatment == 1.0
    got = int(treated.sum())
    if min(got, len(treated) - got) < LEAST_ROWS:
        raise NotEnoughData(
            f"{got} rows were treated and {len(treated) - got} were not; {LEAST_ROWS} of each are the least", fix="bring more rows"
        )
    return treated


def _codes(customers: Any, rows: int) -> Ints:
    ids = np.asarray(customers).ravel()
    if len(ids) != rows:
        raise BadInput(f"customers has {len(ids)} values, and X has {rows} rows", fix="pass one id a row")
    return np.unique(ids, return_inverse=True)[1].astype(np.int64)
