"""A fake of every port in ``otokui.ports``, by hand: what needs a mock library would be too wide a port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl

from otokui.domain import Instant
from otokui.frames import Batch, texts

AT_THE_BEGINNING = Instant(0)


@dataclass
class FakeRecords:
    """Records held as Polars frames by table; the newest version of each key is the last row."""

    frames: dict[str, pl.DataFrame]
    restated_ids: Sequence[str] = ()

    def tables(self) -> Sequence[str]:
        """Return the tables there are."""
        return list(self.frames)

    def frame(self, table: str, before: Instant, since: Instant | None = None) -> nw.LazyFrame[Any]:
        """Return what was known in time."""
        known = pl.col("known_at").is_between(since or 0, before, closed="left")
        return nw.from_native(self.frames[table].lazy().filter(known))

    def restated(self, since: Instant, before: Instant) -> Sequence[str]:
        """Return the ids the test named."""
        return self.restated_ids


@dataclass
class FakeSummaries:
    """Summaries held as one batch."""

    batch: Batch
    summarised_at: Instant = AT_THE_BEGINNING

    def fetch(self, customer_ids: Sequence[str]) -> Batch:
        """Return the rows asked for, NaN for strangers."""
        place = {customer_id: row for row, customer_id in enumerate(self.batch.customer_ids)}
        padded = np.vstack([self.batch.values, np.full((1, len(self.batch.names)), np.nan)])
        return Batch(texts(list(customer_ids)), self.batch.names, padded[[place.get(c, -1) for c in customer_ids]])


@dataclass
class FakeTracker:
    """Remembers what a training run said."""

    said: dict[str, Any] = field(default_factory=dict)

    def params(self, values: Mapping[str, object]) -> None:
        """Remember parameters."""
        self.said |= values

    def metrics(self, values: Mapping[str, float], step: int | None = None) -> None:
        """Remember metrics by name and step."""
        self.said |= {(name if step is None else f"{name}@{step}"): value for name, value in values.items()}

    def artifact(self, name: str, content: bytes) -> None:
        """Remember a file."""
        self.said[name] = content

    def dataset(self, name: str, digest: str, *, context: str = "training", profile: Mapping[str, object] | None = None) -> None:
        """Remember which data the run saw."""
        self.said[f"data.{context}"] = digest
