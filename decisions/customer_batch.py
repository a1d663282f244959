"""Customer batch: features, predictions and contact state at one instant.

It holds everything a decision is made from: one value instead of six that must agree.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from decisions.policy.spaced_send_times import Spaced
from otokui.domain import Instant
from otokui.frames import OPEN, Batch, Bools, ContactState, Ints, Predictions, Texts, Tri


@dataclass(frozen=True, slots=True)
class CustomerBatch:
    """Batch of ``n`` customers at one instant, in one order.

    contacts: with channels and messages in the order of the policy; as_of, summarised_at: UTC seconds; visits: see
    ``decisions.policy.visit``, None = nobody is there.
    """

    summaries: Batch
    vectors: Batch
    predictions: Predictions
    contacts: ContactState
    as_of: Instant
    summarised_at: Instant
    visits: Texts | None = None  # (n,) Visit of each customer, at a pull channel

    @property
    def customer_ids(self) -> Texts:
        """Ids of the customers, (n,)."""
        return self.vectors.customer_ids

    def __len__(self) -> int:
        return len(self.vectors)

    def rows(self, index: slice | Ints | Bools) -> CustomerBatch:
        """Return the batch of some of the customers, in the order of ``index``."""
        return replace(
            self,
            summaries=self.summaries.rows(index),
            vectors=self.vectors.rows(index),
            predictions=self.predictions.rows(index),
            contacts=self.contacts.rows(index),
            visits=None if self.visits is None else self.visits[index],
        )

    def spaced(self, rows: Ints | slice, channel: int | Ints) -> Spaced:
        """Return when contacts of some customers over a channel would break the minimum spacing."""
        begin, until = self.contacts.spacing_from, self.contacts.spacing_until
        if begin is None or until is None:
            return Spaced.free(len(self.vectors.customer_ids[rows]))
        return Spaced(begin[rows, channel], until[rows, channel])

    def closing(self, row: int | Ints, channel: int | Ints, reason: int | Tri) -> CustomerBatch:
        """Return the batch with a channel closed to a customer, after a refused reservation.

        row, channel: one each, or arrays of the same length. reason: NO_PLACE or NO_MONEY (``otokui.frames``).
        """
        was = self.contacts.shut
        shut = np.full(self.contacts.consented.shape, OPEN, dtype=np.int8) if was is None else was.copy()
        shut[row, channel] = reason
        return replace(self, contacts=replace(self.contacts, shut=shut))
