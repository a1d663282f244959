"""Peers of the churn benchmark, each a function from training rows to churn probabilities.

Every peer sees every column of the published file but the customer's number. Texts are one column a value for the logistic
regression and the forest, and categories for LightGBM. The shallow LightGBM was set by hand, on this very data, as the best that was found.
"""

from __future__ import annotations

from collections.abc import Callable

import lightgbm
import numpy as np
import polars as pl
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from otokui.frames import Floats, Ints

NUMBERS = ("tenure", "MonthlyCharges", "TotalCharges")
_QUIET = {"verbosity": -1, "n_jobs": 1, "random_state": 1}
_SHALLOW = {
    "n_estimators": 500, "learning_rate": 0.03, "num_leaves": 4, "max_depth": 2, "colsample_bytree": 0.3,
    "reg_lambda": 10.0, "subsample": 0.7, "subsample_freq": 1,
}  # fmt: skip

Peer = Callable[[pl.DataFrame, Floats, Ints, Ints], Floats]
"""Takes the rows, the outcomes (n,), who is learnt from and who is judged; returns the chances of the judged."""


def _numbers(rows: pl.DataFrame) -> Floats:
    return rows.select(pl.col(NUMBERS).fill_null(0.0).cast(pl.Float64)).to_numpy()


def _texts(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.drop("customerID", "Churn", *NUMBERS)


def one_column_a_value(rows: pl.DataFrame) -> Floats:
    """Return numbers and one-hot columns, without each column's first value, (n, columns)."""
    return np.hstack([_numbers(rows), _texts(rows).to_dummies(drop_first=True).to_numpy().astype(np.float64)])


def _categories(rows: pl.DataFrame) -> Floats:
    return np.hstack([_numbers(rows), _texts(rows).select(pl.all().rank("dense").cast(pl.Float64)).to_numpy()])


def _logistic(rows: pl.DataFrame, left: Floats, learn: Ints, judge: Ints) -> Floats:
    matrix = one_column_a_value(rows)
    found = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000)).fit(matrix[learn], left[learn])
    said: Floats = found.predict_proba(matrix[judge])[:, 1]
    return said


def _forest(rows: pl.DataFrame, left: Floats, learn: Ints, judge: Ints) -> Floats:
    matrix = one_column_a_value(rows)
    found = RandomForestClassifier(n_estimators=300, min_samples_leaf=5, random_state=1, n_jobs=1).fit(matrix[learn], left[learn])
    said: Floats = found.predict_proba(matrix[judge])[:, 1]
    return said


def _boosted(**settings: float) -> Peer:
    def peer(rows: pl.DataFrame, left: Floats, learn: Ints, judge: Ints) -> Floats:
        matrix = _categories(rows)
        texts = list(range(len(NUMBERS), matrix.shape[1])) if not settings else "auto"
        found = lightgbm.LGBMClassifier(**_QUIET, **settings).fit(matrix[learn], left[learn], categorical_feature=texts)
        said: Floats = found.predict_proba(matrix[judge])[:, 1]
        return said

    return peer


PEERS: dict[str, Peer] = {
    "logistic regression": _logistic,
    "random forest": _forest,
    "LightGBM as it comes": _boosted(),
    "LightGBM, 4 leaves, by hand": _boosted(**_SHALLOW),
}
