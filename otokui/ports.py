"""Ports of the core to the outside: one small protocol per role.

The ledger's is ``otokui.ledger_port``. A fake of any of them takes ten lines (tests/fakes.py); one that needs a mock library would be too
wide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import narwhals as nw

from otokui.domain import Instant
from otokui.frames import Batch


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """Model as data: the manifest (JSON) and the LightGBM text with its digest."""

    manifest: str
    text: str


@dataclass(frozen=True, slots=True)
class Reservation:
    """Reservation of a place under caps and capacity, for one contact.

    cost: money it takes of the budget; others: further send times, best first, in case the hour of ``send_at`` is full.
    """

    decision_id: str
    customer_id: str
    message_id: str
    scenario: str
    channel: str
    send_at: Instant
    valid_until: Instant
    cost: float = 0.0
    others: tuple[Instant, ...] = ()


@dataclass(frozen=True, slots=True)
class ReservationResult:
    """Result of a reservation; true if the place was given.

    refused_by: the rule that refused it (a name of ``decisions.constraints.constraints``), '' = none did; send_at: the time given, which
    is one of those requested.
    """

    refused_by: str
    send_at: Instant

    def __bool__(self) -> bool:
        return not self.refused_by


Take = Callable[[Sequence[Reservation]], Sequence[ReservationResult]]
"""Takes reservations within a transaction that is under way."""


class RecordSource(Protocol):
    """Source of a shop's checked records, as known before an instant.

    Each key is there once.
    """

    def tables(self) -> Sequence[str]:
        """Return the names of the tables that hold records."""
        ...

    def frame(self, table: str, before: Instant, since: Instant | None = None) -> nw.LazyFrame[Any]:
        """Return the records of a table with ``since <= known_at < before``.

        Times are int64 UTC seconds. Each key is there once, in its newest version known before ``before``; outcome times at or after
        ``before`` are null, because they were not known.
        """
        ...

    def restated(self, since: Instant, before: Instant) -> Sequence[str]:
        """Return the customers whose summary cannot be merged over ``[since, before)``.

        Their older records changed (correction, cancellation, return) or a late one arrived.
        """
        ...


class SummaryStore(Protocol):
    """Store of the latest summary of each customer, by key."""

    @property
    def summarised_at(self) -> Instant:
        """Cut-off of the summaries in use."""
        ...

    def fetch(self, customer_ids: Sequence[str]) -> Batch:
        """Return one summary row per customer, in that order, NaN = not known."""
        ...


class Tracker(Protocol):
    """Tracker of training runs, for a data scientist to compare."""

    def params(self, values: Mapping[str, object]) -> None:
        """Record the run's parameters."""
        ...

    def metrics(self, values: Mapping[str, float], step: int | None = None) -> None:
        """Record metrics by name; ``step`` is the cut-off's index or the boosting round."""
        ...

    def artifact(self, name: str, content: bytes) -> None:
        """Store a file (plot, manifest, table) under the run."""
        ...

    def dataset(self, name: str, digest: str, *, context: str = "training", profile: Mapping[str, object] | None = None) -> None:
        """Record the digest and the profile of the run's data, never the data."""
        ...


class Engine(Protocol):
    """Engine for lazy frames.

    DuckDB runs on one machine, Spark on a cluster, Polars in a small shop.
    """

    def write(self, frame: nw.LazyFrame[Any], path: Path) -> int:
        """Execute a frame into one Parquet file in the order of customer_id.

        Return its rows. The file appears whole or not at all.
        """
        ...

    def read(self, path: Path) -> nw.LazyFrame[Any]:
        """Return a Parquet file as a frame of this engine.

        It can be combined with others.
        """
        ...
