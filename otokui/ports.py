"""What the core needs from outside, each as a small protocol named by its role; the ledger's is ``otokui.ledger_port``.

A fake of any of them takes ten lines (tests/fakes.py); one that needs a mock library would be too wide.
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
    """A model as data: the manifest (JSON) and the LightGBM text it vouches for."""

    manifest: str
    text: str


@dataclass(frozen=True, slots=True)
class Reservation:
    """A place under the caps and limits: one contact that is going to be sent.

    cost: money it takes of the budget; others: further send times, best first, should the hour of ``send_at`` be full.
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
class Ruling:
    """What came of asking for a place: true where it was given.

    refused_by: the rule that refused it (a name of ``decisions.constraints.constraints``), '' = none did; send_at: the time it was
    given for, which is one of those asked for.
    """

    refused_by: str
    send_at: Instant

    def __bool__(self) -> bool:
        return not self.refused_by


Take = Callable[[Sequence[Reservation]], Sequence[Ruling]]
"""Takes places within a transaction that is under way."""


class RecordSource(Protocol):
    """The records of a shop, checked, each key once, as the shop knew them before an instant."""

    def tables(self) -> Sequence[str]:
        """Return the names of the tables that hold records."""
        ...

    def frame(self, table: str, before: Instant, since: Instant | None = None) -> nw.LazyFrame[Any]:
        """Return the records of one table with ``since <= known_at < before``, times as int64 UTC seconds.

        Each key stands once, in its newest version known before ``before``; outcome times at or after
        ``before`` are null, because they were not known.
        """
        ...

    def restated(self, since: Instant, before: Instant) -> Sequence[str]:
        """Return the customers whose summary cannot be merged over ``[since, before)``.

        Their older records changed (correction, cancellation, return) or a late one came in between.
        """
        ...


class SummaryStore(Protocol):
    """Where the latest summary of each customer can be fetched by key."""

    @property
    def summarised_at(self) -> Instant:
        """The cut-off of the summaries that are served now."""
        ...

    def fetch(self, customer_ids: Sequence[str]) -> Batch:
        """Return one row per customer asked for, in that order, NaN where nothing is known."""
        ...


class Tracker(Protocol):
    """Where a training run leaves what it did, for a data scientist to compare."""

    def params(self, values: Mapping[str, object]) -> None:
        """Record the run's parameters."""
        ...

    def metrics(self, values: Mapping[str, float], step: int | None = None) -> None:
        """Record metrics by name; ``step`` is the cut-off's index or the boosting round."""
        ...

    def artifact(self, name: str, content: bytes) -> None:
        """Keep a file (plot, manifest, table) under the run."""
        ...

    def dataset(self, name: str, digest: str, *, context: str = "training", profile: Mapping[str, object] | None = None) -> None:
        """Say which data the run saw: a digest and a few figures about it, never the data."""
        ...


class Engine(Protocol):
    """What carries out lazy frames: DuckDB on one machine, Spark on a cluster, Polars for a small shop."""

    def write(self, frame: nw.LazyFrame[Any], path: Path) -> int:
        """Carry out ``frame`` and leave it as one Parquet file in the order of customer_id; return its rows.

        The file appears whole or not at all.
        """
        ...

    def read(self, path: Path) -> nw.LazyFrame[Any]:
        """Return a Parquet file as a frame that can be combined with others of this engine."""
        ...
