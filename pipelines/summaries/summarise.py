"""Summaries from records: tonight's records merged into last night's rows.

Where the past itself changed (a correction, a late record) the customers it touches are summarised anew
from their whole history; everyone else merges. Kept apart from `features.summaries.summary`, which knows neither
files nor which night it is.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import narwhals as nw

from features.summaries.summary import merge, summarise, summary_names
from otokui.domain import CutoffDate, Instant
from otokui.observe import log
from otokui.ports.stores import Engine, RecordSource

SUMMARISED = ("orders", "order_lines", "products", "customers", "events", "contacts", "contracts", "deliveries", "contact_outcomes")
"""The record frames that summaries are made of."""


@dataclass(frozen=True, slots=True)
class SummaryFile:
    """Published summary: cut-off, last batch and tables of its records, and path."""

    cutoff: Instant
    sequence: int
    tables: tuple[str, ...]
    columns: tuple[str, ...]
    rows: int
    path: Path


def published(folder: Path) -> list[SummaryFile]:
    """Return the published summaries of a shop, oldest cut-off first.

    Those of other columns are passed over.
    """
    files = []
    for manifest in folder.glob("*/manifest.json"):
        content = json.loads(manifest.read_text(encoding="utf-8"))
        if tuple(content["columns"]) == summary_names():
            tables = tuple(content["tables"])
            path = manifest.parent / "summaries.parquet"
            files.append(SummaryFile(content["cutoff"], content["sequence"], tables, summary_names(), content["rows"], path))
    return sorted(files, key=lambda s: (s.cutoff, s.sequence))


def summaries_at(
    source: RecordSource,
    engine: Engine,
    cutoffs: Sequence[Instant],
    folder: Path,
    *,
    base: tuple[Instant, Path] | None = None,
    anew: bool = False,
) -> dict[Instant, tuple[Path, int]]:
    """Summarise at several increasing cut-offs, reading each record once.

    base: an earlier cut-off and its summaries, from which to go on. anew: never go on, but summarise the whole each time,
    which is the quicker way where records are few.

    Returns: the Parquet file of each cut-off, in ``folder``, and its rows.
    """
    written: dict[Instant, tuple[Path, int]] = {}
    previous = base
    for cutoff in cutoffs:
        path = folder / f"{cutoff}.parquet"
        aside = folder / f".{cutoff}.newer.parquet"
        frame = _whole(source, cutoff) if previous is None else _continued(source, engine, previous, cutoff, aside)
        written[cutoff] = path, engine.write(frame, path)
        aside.unlink(missing_ok=True)
        previous = None if anew else (cutoff, path)
    return written


def publish(
    source: RecordSource, engine: Engine, cutoff: Instant, folder: Path, batches: Mapping[int, Instant], *, anew: bool = False
) -> SummaryFile:
    """Bring the shop's summaries up to ``cutoff`` and publish them.

    Does nothing where they are published.

    anew: as in ``summaries_at``.
    batches: for every committed batch of records, its sequence number and the earliest ``known_at`` in it.
    A summary is gone on from only if no batch that came after it reaches back before its cut-off, and no table is
    new: the facts of a table that was not there are unknown, not zero.
    """
    newest = max(batches, default=0)
    tables = tuple(sorted(set(source.tables()) & set(SUMMARISED)))
    already = [s for s in published(folder) if s.tables == tables]
    for candidate in already:
        if candidate.cutoff == cutoff and not _outdated(candidate, batches, cutoff):
            return candidate
    bases = [s for s in already if s.cutoff < cutoff and not _outdated(s, batches, s.cutoff)]
    base = (bases[-1].cutoff, bases[-1].path) if bases and not anew else None
    target = folder / f"{cutoff}-{newest}"
    aside = folder / f".{target.name}.{os.getpid()}.part"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    path, rows = summaries_at(source, engine, [cutoff], aside, base=base)[cutoff]
    path.rename(aside / "summaries.parquet")
    made = SummaryFile(cutoff, newest, tables, summary_names(), rows, target / "summaries.parquet")
    (aside / "manifest.json").write_text(json.dumps(asdict(made) | {"path": None}, indent=1), encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    aside.rename(target)
    log.info("summaries_published", customers=made.rows, merged=base is not None)
    return made


def _outdated(summary: SummaryFile, batches: Mapping[int, Instant], cutoff: Instant) -> bool:
    return any(sequence > summary.sequence and earliest < cutoff for sequence, earliest in batches.items())


def _frames(source: RecordSource, before: Instant, since: Instant | None = None) -> dict[str, nw.LazyFrame[Any]]:
    tables = set(source.tables())
    return {name: source.frame(name, before, None if name == "products" else since) for name in SUMMARISED if name in tables}


def _whole(source: RecordSource, cutoff: Instant) -> nw.LazyFrame[Any]:
    return summarise(_frames(source, cutoff), CutoffDate(cutoff))


def _continued(source: RecordSource, engine: Engine, previous: tuple[Instant, Path], cutoff: Instant, aside: Path) -> nw.LazyFrame[Any]:
    """Merge what came since into the rows it touches; the others pass through as they are."""
    since, path = previous
    # Written first, because the merge reads it several times and a lazy frame would be carried out each time.
    engine.write(summarise(_frames(source, cutoff, since), CutoffDate(cutoff)), aside)
    older, newer = engine.read(path), engine.read(aside)
    anew = list(source.restated(since, cutoff))
    if anew:
        restated = nw.col("customer_id").is_in(anew)
        older, newer = older.filter(~restated), newer.filter(~restated)
    touched = newer.select("customer_id")
    parts = [
        older.join(touched, on="customer_id", how="anti"),
        merge(older.join(touched, on="customer_id", how="semi"), newer),
    ]
    if anew:
        everything = _frames(source, cutoff)
        whole = {name: frame if name == "products" else frame.filter(restated) for name, frame in everything.items()}
        parts.append(summarise(whole, CutoffDate(cutoff)))
    columns = ("customer_id", *summary_names())
    return nw.concat([part.select(*columns) for part in parts], how="vertical")
