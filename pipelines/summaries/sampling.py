"""Sampling of customers at each cut-off, so that only they are summarised.

Training then costs what it learns from.

Merging a million summaries twelve times over took most of a training's time, and nineteen rows in twenty were thrown away
afterwards. Who is on record is asked first, which reads one column; then the rows are drawn, each with the same chance; then only the
records of those customers are summarised, from the beginning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl

from otokui.domain import Instant
from otokui.ports.stores import Engine, RecordSource
from pipelines.summaries.summarise import SUMMARISED, summaries_at
from training.data.dataset import draw, share_kept


@dataclass(frozen=True, slots=True)
class DrawnRecords:
    """Records of sampled customers; products are everybody's.

    ``drawn``: a frame of ``customer_id``.
    """

    source: RecordSource
    drawn: nw.LazyFrame[Any]

    def tables(self) -> Sequence[str]:
        """Return the tables of the source."""
        return self.source.tables()

    def frame(self, table: str, before: Instant, since: Instant | None = None) -> nw.LazyFrame[Any]:
        """Return the source's records of one table, of those drawn."""
        records = self.source.frame(table, before, since)
        return records.join(self.drawn, on="customer_id", how="semi") if "customer_id" in records.collect_schema().names() else records

    def restated(self, since: Instant, before: Instant) -> Sequence[str]:
        """Return customers whose past changed, as the source says.

        Those not drawn are in no frame.
        """
        return self.source.restated(since, before)


def draw_customers(
    source: RecordSource, cutoffs: Sequence[Instant], max_kept: int, *, seed: int
) -> tuple[Mapping[Instant, pl.Series], float]:
    """Draw customers at each cut-off, so that ``max_kept`` in all are expected.

    Seed and cut-off settle who.

    Returns: who was drawn at each cut-off, and the chance with which; nobody is, and the chance is 1, where all may stay.
    """
    last = on_record(source, cutoffs[-1])
    if len(cutoffs) * len(last) <= max_kept:
        return {}, 1.0
    known = {at: on_record(source, at) for at in cutoffs[:-1]} | {cutoffs[-1]: last}
    share = share_kept([len(ids) for ids in known.values()], max_kept)
    if share >= 1.0:
        return {}, share
    chances = {at: np.random.default_rng([seed, int(at)]) for at in known}
    return {at: ids.filter(pl.Series(draw(len(ids), share, chances[at]))) for at, ids in known.items()}, share


def on_record(source: RecordSource, at: Instant) -> pl.Series:
    """Return customers known before an instant, in order: those with a summary."""
    frames = [source.frame(table, at) for table in SUMMARISED if table in source.tables() and table != "products"]
    ids_by_table = [frame.select("customer_id").unique().collect(backend="polars").to_native()["customer_id"] for frame in frames]
    ids: pl.Series = pl.concat(ids_by_table).drop_nulls().unique().sort()
    return ids


def drawn_summaries(
    source: RecordSource, engine: Engine, drawn: Mapping[Instant, pl.Series], folder: Path
) -> dict[Instant, tuple[Path, int]]:
    """Summarise at each cut-off the customers drawn at it.

    Returns: the Parquet file of each cut-off, in ``folder``, and its rows; a cut-off at which nobody was drawn has none.
    """
    written: dict[Instant, tuple[Path, int]] = {}
    for at, customer_ids in drawn.items():
        if len(customer_ids):
            names = folder / f"{at}.drawn.parquet"
            customer_ids.to_frame("customer_id").write_parquet(names)
            written |= summaries_at(DrawnRecords(source, engine.read(names)), engine, [at], folder)
            names.unlink()
    return written
