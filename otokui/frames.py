"""Batches of customers as arrays: summaries, vectors, predictions and contact state.

They pass between rooms. Every step after ``summarise`` is row-wise over float64 matrices (NaN = null): one row costs 0.2 ms where the
same expressions on a dataframe library cost 14 ms (docs/adr/0001), and 1 or 1,000,000 rows give the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from otokui.domain import CustomerState, Instant

Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]
Tri = npt.NDArray[np.int8]
"""YES, NO or UNKNOWN per cell (otokui.domain)."""
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Texts = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Batch:
    """Batch of ``n`` customers, one row each: summaries, or vectors.

    customer_ids: (n,) str; names: the columns; values: (n, len(names)) float64, NaN = not known.
    """

    customer_ids: Texts
    names: tuple[str, ...]
    values: Floats

    def column(self, name: str) -> Floats:
        """Return one column, shape (n,), as a view."""
        return self.values[:, self.names.index(name)]

    def rows(self, index: slice | Ints | Bools) -> Self:
        """Return the batch of some of the rows, in the order of ``index``."""
        return type(self)(self.customer_ids[index], self.names, self.values[index])

    def __len__(self) -> int:
        return len(self.customer_ids)


def texts(values: Sequence[str]) -> Texts:
    """Return strings as the object array that batches carry."""
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out


@dataclass(frozen=True, slots=True)
class Predictions:
    """Predictions for ``n`` customers as of one instant; ``H`` = len(horizons_days).

    A prediction that cannot be made is NaN throughout, never a guess; ``missing`` has the reason, by label.
    """

    customer_ids: Texts
    as_of: Instant
    horizons_days: tuple[int, ...]
    p_purchase: Floats  # (n, H) chance of at least one purchase within the horizon
    days_to_next_p10: Floats  # (n,) days
    days_to_next_median: Floats  # (n,)
    days_to_next_p90: Floats  # (n,)
    expected_purchases: Floats  # (n, H) mean count
    median_purchases: Floats  # (n, H) median count
    expected_spend: Floats  # (n, H) money
    churn_probability: Floats  # (n,)
    future_loyal_probability: Floats  # (n,)
    state: npt.NDArray[np.int8]  # (n,) index into list(State)
    known: Bools  # (n,) False = no record; the average prediction was used
    missing: dict[str, str]  # label -> why it could not be predicted
    models: dict[str, str]  # label -> digest of the model used
    weekday: Floats | None = None  # (n, 7) chance of each local weekday, Monday first, given a next purchase within four weeks
    hours: Floats | None = None  # (n, 8) the same of each three hours of the local day; None = not predicted

    def at(self, horizon_days: float) -> int:
        """Return the index of the shortest horizon of at least ``horizon_days`` (else the longest)."""
        longer = [i for i, h in enumerate(self.horizons_days) if h >= horizon_days]
        return longer[0] if longer else len(self.horizons_days) - 1

    def rows(self, index: slice | Ints | Bools) -> Predictions:
        """Return the predictions of some of the customers, in the order of ``index``."""
        cut: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                cut[field.name] = value[index]
        return replace(self, **cut)

    def moments(self) -> tuple[Floats, Floats]:
        """Return next-purchase chances by weekday (n, 7) and by three hours (n, 8).

        NaN if they were not predicted.
        """
        weekday = np.full((len(self), 7), np.nan) if self.weekday is None else self.weekday
        return weekday, np.full((len(self), 8), np.nan) if self.hours is None else self.hours

    def __len__(self) -> int:
        return len(self.customer_ids)

    def columns(self) -> dict[str, npt.NDArray[Any]]:
        """Return the columns of the predictions file, in its order."""
        states = texts([str(s) for s in CustomerState])
        named: dict[str, npt.NDArray[Any]] = {
            "customer_id": self.customer_ids,
            "as_of": np.full(len(self), self.as_of, dtype=np.int64),
        }
        for prefix, matrix in (
            ("p_purchase", self.p_purchase),
            ("expected_purchases", self.expected_purchases),
            ("median_purchases", self.median_purchases),
            ("expected_spend", self.expected_spend),
        ):
            named |= {f"{prefix}_{h}d": matrix[:, i] for i, h in enumerate(self.horizons_days)}
        weekday, hours = self.moments()
        return named | {
            "days_to_next_median": self.days_to_next_median,
            "days_to_next_p10": self.days_to_next_p10,
            "days_to_next_p90": self.days_to_next_p90,
            **{f"p_next_purchase_weekday_{day + 1}": weekday[:, day] for day in range(7)},
            **{f"p_next_purchase_hours_{3 * span:02}": hours[:, span] for span in range(8)},
            "churn_probability": self.churn_probability,
            "future_loyal_probability": self.future_loyal_probability,
            "state": states[self.state],
            "known": self.known,
        }


NOT_READ, BEHIND = -1, -2
"""Reasons of an unknown count of contacts: the ledger could not be read, or it lacks opt-outs on record."""

OPEN, NO_PLACE, NO_MONEY = 0, 1, 2
"""Whether a channel is open to a customer, or a reservation was refused for want of capacity or budget."""


UNSUBSCRIBED, COMPLAINED, BOUNCED, OPTED_OUT = 1, 2, 4, 8
"""Bits of the refusals that close a channel to a customer; OPTED_OUT is a consent that says no."""


@dataclass(frozen=True, slots=True)
class ContactState:
    """Contact state of ``n`` customers from the ledger: C channels, M messages.

    Channels and messages are in the order of the policy. All counts are of contacts sent or reserved before ``as_of``; -1 means that the
    count is not known. BEHIND in ``contacts_in_period`` means that the whole state is unknown, for the ledger lacks rows on record.
    """

    consented: Tri  # (n, C)
    blacklisted: Tri  # (n, C)
    contacts_in_period: Ints  # (n,) over all channels, in the policy's rolling period
    channel_contacts: Ints  # (n, C) in the channel's own period
    message_contacts: Ints  # (n, M) in the message's own period
    unanswered: Ints  # (n, M) sends of the message without response since the last purchase
    last_contact_at: Floats  # (n,) epoch seconds, NaN = never
    shut: Tri | None = None  # (n, C) OPEN, NO_PLACE, NO_MONEY or UNKNOWN; None = no reservation was refused
    refused: Tri | None = None  # (n, C) bits of the refusals that hold (UNSUBSCRIBED …), UNKNOWN = not known; None = no refusals

    def rows(self, index: slice | Ints | Bools) -> ContactState:
        """Return the contact state of some of the customers."""
        return ContactState(
            self.consented[index],
            self.blacklisted[index],
            self.contacts_in_period[index],
            self.channel_contacts[index],
            self.message_contacts[index],
            self.unanswered[index],
            self.last_contact_at[index],
            None if self.shut is None else self.shut[index],
            None if self.refused is None else self.refused[index],
        )

    @classmethod
    def unreadable(cls, customers: int, channels: int, messages: int, why: int = NOT_READ) -> ContactState:
        """Return the unknown contact state, under which nobody may be contacted.

        why: NOT_READ or BEHIND.
        """
        return cls(
            np.full((customers, channels), -1, dtype=np.int8),
            np.full((customers, channels), -1, dtype=np.int8),
            np.full(customers, why, dtype=np.int64),
            np.full((customers, channels), -1, dtype=np.int64),
            np.full((customers, messages), -1, dtype=np.int64),
            np.full((customers, messages), -1, dtype=np.int64),
            np.full(customers, np.nan),
            refused=np.full((customers, channels), -1, dtype=np.int8),
        )
