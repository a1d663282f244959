"""What people would set against it: a customer's own earlier rate, LightGBM and logistic regression on RFM and type of campaign."""

from __future__ import annotations

from collections.abc import Callable

import lightgbm
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from otokui.frames import Batch, Bools, Floats, Texts
from training.answer import AnswerRows

RFM = ("recency_days", "purchase_count", "paid_sum", "tenure_days", "mean_order_value")
Peer = Callable[[AnswerRows, AnswerRows], Floats]
"""Takes the contacts to learn from and those to rank; returns a score (n,)."""


def own_rate(vectors: Batch) -> Floats:
    """Return the share of earlier contacts that the customer answered, as if five more had been answered one time in ten, (n,)."""
    sent = np.nan_to_num(vectors.column("sent_count"))
    answered = np.nan_to_num(vectors.column("conversion_share")) * sent
    return (answered + 0.5) / (sent + 5.0)


def _types(messages: Texts) -> Floats:
    return np.stack([(messages == f"type_{letter}").astype(np.float64) for letter in "abc"], axis=1)


def _rfm(rows: AnswerRows) -> Floats:
    return np.column_stack([np.stack([rows.vectors.column(name) for name in RFM], axis=1), _types(rows.messages)])


def _everything(rows: AnswerRows) -> Floats:
    own = np.stack([own_rate(rows.vectors), rows.vectors.column("sent_count"), *rows.more.values()], axis=1)
    return np.column_stack([_rfm(rows), own])


def _lightgbm(columns: Callable[[AnswerRows], Floats]) -> Peer:
    def peer(learn: AnswerRows, judge: AnswerRows) -> Floats:
        found = lightgbm.LGBMClassifier(
            n_estimators=150, num_leaves=7, learning_rate=0.03, min_child_samples=30, subsample=0.8, subsample_freq=1,
            random_state=1, n_jobs=1, verbosity=-1,
        ).fit(columns(learn), learn.answered)  # fmt: skip
        said: Floats = found.predict_proba(columns(judge))[:, 1]
        return said

    return peer


def _logistic(learn: AnswerRows, judge: AnswerRows) -> Floats:
    found = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000)).fit(_plain(_everything(learn)), learn.answered)
    said: Floats = found.predict_proba(_plain(_everything(judge)))[:, 1]
    return said


def _plain(matrix: Floats) -> Floats:
    return np.nan_to_num(np.sign(matrix) * np.log1p(np.abs(matrix)))


def _own(_: AnswerRows, judge: AnswerRows) -> Floats:
    return own_rate(judge.vectors)


PEERS: dict[str, Peer] = {
    "own earlier rate": _own,
    "LightGBM, RFM and type": _lightgbm(_rfm),
    "LightGBM, with own rate and coupons": _lightgbm(_everything),
    "logistic regression, the same": _logistic,
}


def some(rows: AnswerRows, kept: Bools, answered: Bools) -> AnswerRows:
    """Return some of the contacts, with what was known of their answers."""
    return AnswerRows(rows.vectors, rows.messages, rows.more, answered).rows(kept)
