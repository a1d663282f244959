"""Eligibility of customers for messages: conditions on features, predictions and customer states.

Not being eligible is no suppression: the message has no purpose for that customer. Merged with the constraints, every customer would be
"suppressed" by a dozen messages that never concerned them.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from otokui.domain import CustomerState
from otokui.errors import BadSettings
from otokui.frames import Batch, Bools, Floats, Ints, Predictions
from otokui.settings.contacts.messages import Message

_SINGLE = ("days_to_next_median", "days_to_next_p10", "days_to_next_p90", "churn_probability", "future_loyal_probability")
_BY_HORIZON = ("p_purchase", "expected_purchases", "median_purchases", "expected_spend")


@lru_cache(maxsize=64)
def _names(horizons_days: tuple[int, ...]) -> tuple[str, ...]:
    return _SINGLE + tuple(f"{prefix}_{h}d" for prefix in _BY_HORIZON for h in horizons_days)


def prediction_names(horizons_days: Sequence[int]) -> tuple[str, ...]:
    """Return the prediction columns that a condition may name."""
    return _names(tuple(horizons_days))


def prediction_column(predictions: Predictions, name: str) -> Floats | None:
    """Return one prediction by its column name in the predictions file, shape (n,).

    None if there is no such prediction.
    """
    if name in _SINGLE:
        values: Floats = getattr(predictions, name)
        return values
    prefix, _, tail = name.rpartition("_")
    if prefix in _BY_HORIZON and name in prediction_names(predictions.horizons_days):
        matrix: Floats = getattr(predictions, prefix)
        return matrix[:, predictions.horizons_days.index(int(tail[:-1]))]
    return None


def columns_of(vectors: Batch, predictions: Predictions | None, names: tuple[str, ...]) -> Floats:
    """Return columns of the vectors, or else of the predictions, shape (len(names), n).

    A column that neither has is NaN throughout: not known, so that no condition on it holds.
    """
    places = _places(vectors.names, names)
    out = np.full((len(names), len(vectors)), np.nan)
    for row, (name, place) in enumerate(zip(names, places, strict=True)):
        if place >= 0:
            out[row] = vectors.values[:, place]
        elif predictions is not None and (predicted := prediction_column(predictions, name)) is not None:
            out[row] = predicted
    return out


@lru_cache(maxsize=64)
def _places(names: tuple[str, ...], columns: tuple[str, ...]) -> tuple[int, ...]:
    where = {name: i for i, name in enumerate(names)}
    return tuple(where.get(name, -1) for name in columns)


@dataclass(frozen=True, slots=True)
class Eligibility:
    """The conditions of ``M`` messages as bounds on ``K`` tests over distinct columns."""

    columns: tuple[str, ...]  # distinct columns the tests look at
    column: Ints  # (K,) index into columns
    low: Floats  # (K, 1) lowest permitted
    high: Floats  # (K, 1) highest permitted
    tested: Ints  # messages that have conditions
    begin: Ints  # the first test of each of them
    states: Bools  # (S + 1, M) whether a state is served; the last row (a state unknown) never is

    def permits(self, vectors: Batch, predictions: Predictions) -> Bools:
        """Return the eligibility of each customer for each message, (n, M).

        NaN meets no condition.
        """
        states = np.where((predictions.state >= 0) & (predictions.state < len(CustomerState)), predictions.state, len(CustomerState))
        eligible: Bools = self.states[states]
        if len(self.tested):
            eligible[:, self.tested] &= np.logical_and.reduceat(self.met(vectors, predictions), self.begin, axis=0).T
        return eligible

    def without_lower_bounds(self, columns: Sequence[str]) -> Eligibility:
        """Return the conditions without the lower bounds on some columns."""
        waived = np.array([self.columns[column] in columns for column in self.column.tolist()], dtype=bool)
        return replace(self, low=np.where(waived[:, None], -np.inf, self.low))

    def met(self, vectors: Batch, predictions: Predictions) -> Bools:
        """Return the results of the single tests of eligibility, (K, n)."""
        values = columns_of(vectors, predictions, self.columns)[self.column]
        met: Bools = values >= self.low
        met &= values <= self.high
        return met


def compile_eligibility(messages: Sequence[Message], feature_names: Sequence[str], horizons_days: Sequence[int]) -> Eligibility:
    """Compile conditions of messages into bounds, and check their column names.

    Raises:
        BadSettings: a condition names a column that neither features nor predictions have.
    """
    tests: list[tuple[str, float, float]] = []
    tested: list[int] = []
    begin: list[int] = []
    for row, message in enumerate(messages):
        if message.eligible:
            tested.append(row)
            begin.append(len(tests))
        for condition in message.eligible:
            check_column(message.message_id, condition.column, feature_names, horizons_days)
            low = -np.inf if condition.at_least is None else condition.at_least
            high = np.inf if condition.at_most is None else condition.at_most
            tests.append((condition.column, low, high))
    columns = tuple(dict.fromkeys(name for name, _, _ in tests))
    states = np.array(
        [[not m.states or str(s) in m.states for m in messages] for s in CustomerState] + [[False] * len(messages)], dtype=bool
    )
    return Eligibility(
        columns,
        np.array([columns.index(name) for name, _, _ in tests], dtype=np.int64),
        np.array([low for _, low, _ in tests], dtype=np.float64).reshape(-1, 1),
        np.array([high for _, _, high in tests], dtype=np.float64).reshape(-1, 1),
        np.array(tested, dtype=np.int64),
        np.array(begin, dtype=np.int64),
        states,
    )


def check_column(message_id: str, column: str, feature_names: Sequence[str], horizons_days: Sequence[int]) -> None:
    """Check that the column named by a message is a feature or a prediction.

    Raises:
        BadSettings: neither features nor predictions have it.
    """
    permitted = [*feature_names, *prediction_names(horizons_days)]
    if column in permitted:
        return
    near = difflib.get_close_matches(column, permitted, n=3, cutoff=0.5)
    suggestion = f"did you mean {', '.join(near)}?" if near else "no name comes near"
    raise BadSettings(
        f"message {message_id!r}: the column {column!r} is neither a feature nor a prediction; {suggestion}",
        fix="use a name from docs/reference/features.md, or a prediction such as churn_probability or p_purchase_30d",
    )
