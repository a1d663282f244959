"""Message affinity: factors by which a message suits some customers more than others.

The shop states them; the response model replaces them once its contacts say more. A condition decides who may receive a message; an
affinity (``leanings`` in the settings) decides how much stronger its effect is. A customer who buys half of everything at a sale is moved
more by news of a sale than one who did so once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from decisions.candidates.eligibility import check_column, columns_of
from otokui.frames import Batch, Floats, Ints, Predictions
from otokui.settings.contacts.messages import Message


@dataclass(frozen=True, slots=True)
class MessageAffinities:
    """Message affinities of ``M`` messages, (k,) each: a linear factor between two column values."""

    messages: int
    columns: tuple[str, ...]
    message: Ints  # (k,)
    column: Ints  # (k,) index into columns
    low: Floats  # (k,) value of the column
    high: Floats  # (k,)
    at_low: Floats  # (k,) factor at low and below
    at_high: Floats  # (k,) factor at high and above

    @classmethod
    def compile(cls, messages: Sequence[Message], feature_names: Sequence[str], horizons_days: Sequence[int]) -> MessageAffinities:
        """Compile message affinities into arrays, and check their column names.

        Raises:
            BadSettings: a leaning names a column that neither features nor predictions have.
        """
        each = [(row, leaning) for row, message in enumerate(messages) for leaning in message.leanings]
        for row, leaning in each:
            check_column(messages[row].message_id, leaning.column, feature_names, horizons_days)
        columns = tuple(dict.fromkeys(leaning.column for _, leaning in each))
        return cls(
            len(messages),
            columns,
            np.array([row for row, _ in each], dtype=np.int64),
            np.array([columns.index(leaning.column) for _, leaning in each], dtype=np.int64),
            *(np.array([getattr(leaning, name) for _, leaning in each], dtype=np.float64) for name in ("low", "high", "at_low", "at_high")),
        )

    def fit(self, vectors: Batch, predictions: Predictions | None) -> Floats:
        """Return the affinity of each customer to each message, (n, M).

        It is the product of the message's factors; an unknown column counts 1.
        """
        out = np.ones((len(vectors), self.messages))
        if not len(self.message):
            return out
        values = columns_of(vectors, predictions, self.columns)
        for k, message in enumerate(self.message):
            part = np.clip((values[self.column[k]] - self.low[k]) / (self.high[k] - self.low[k]), 0.0, 1.0)
            factor = self.at_low[k] + (self.at_high[k] - self.at_low[k]) * part
            out[:, message] *= np.where(np.isnan(factor), 1.0, factor)
        return out
