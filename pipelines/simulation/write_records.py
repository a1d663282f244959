"""Simulated records on disk for `otokui ingest`: one folder of Parquet parts a table.

Streamed in parts, so that memory does not grow with the days; written aside and renamed, so that a folder that is there
is whole. Nothing of the hidden truth is written.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from otokui.domain import Instant, show_instant
from otokui.errors import BadInput, Conflict
from otokui.settings.settings import Settings
from simulator.morning import Morning
from simulator.policies import POLICIES, Policy
from simulator.sends import Sends
from simulator.settings.world_settings import WorldSettings
from simulator.world import World

ROWS_A_PART = 250_000
MANIFEST = "simulated.json"
SEND_COLUMNS = ("customer_id", "message_id", "channel", "send_at")


@dataclass(frozen=True, slots=True)
class Simulated:
    """What was written: rows by table, what happened by kind, and until when."""

    folder: Path
    until: Instant
    rows: Mapping[str, int]
    counts: Mapping[str, int]
    timezone: str

    def to_dict(self) -> dict[str, Any]:
        """Return the report for programs."""
        return {
            "folder": str(self.folder),
            "until": show_instant(self.until, self.timezone),
            "rows": dict(self.rows),
            "counts": dict(self.counts),
        }

    def render(self) -> str:
        """Return the report as a table, with the command that ingests the records."""
        lines = [f"{table:<14}{rows:>14,}" for table, rows in self.rows.items()]
        sources = " ".join(f"{table}={self.folder / table}" for table in self.rows)
        return "\n".join([*lines, f"until {show_instant(self.until, self.timezone)}", f"next: otokui ingest --shop SHOP {sources}"])


def simulate(
    out: Path,
    settings: Settings,
    world: WorldSettings,
    *,
    customers: int,
    days: int,
    seed: int,
    policy: str = "none",
    progress: Callable[[int], None] = lambda _: None,
) -> Simulated:
    """Let a world live and write what its shop would know.

    policy: one of the built-in ones, or a file of sends (CSV or Parquet: customer_id, message_id, channel, send_at, and
    where known action_probability, decision_id, group).

    Raises:
        Conflict: the folder holds something already.
        BadInput: there is neither a policy nor a file of that name, or the file names what is not there.
    """
    if out.exists() and any(out.iterdir()):
        raise Conflict(f"{out} is not empty", fix="name a new folder, or remove it first")
    span = world.model_copy(update={"arrival": world.arrival.model_copy(update={"arrival_days": days})})
    shop = World.create(
        span, customers=customers, seed=seed, channels=settings.channels, messages=settings.messages, timezone=settings.shop.timezone
    )
    decide = policy if policy in POLICIES else sends_of(Path(policy), shop)
    aside = out.with_name(out.name + ".part")
    shutil.rmtree(aside, ignore_errors=True)
    parts = TableWriter(aside)
    counts: dict[str, int] = {}
    for lived in shop.history(days, decide):
        parts.take(lived.tables)
        counts = {name: counts.get(name, 0) + many for name, many in lived.counts.items()}
        progress(lived.day)
    parts.flush()
    made = {"world": span.model_dump(mode="json"), "customers": customers, "days": days, "seed": seed, "policy": Path(policy).name}
    (aside / MANIFEST).write_text(json.dumps(made | {"rows": parts.rows, "counts": counts}, indent=1, sort_keys=True), encoding="utf-8")
    if out.exists():
        out.rmdir()
    aside.rename(out)
    return Simulated(out, shop.now, parts.rows, counts, settings.shop.timezone)


@dataclass(slots=True)
class TableWriter:
    """Tables that are written piece by piece into folders of their own."""

    folder: Path
    rows: dict[str, int] = field(default_factory=dict)
    _waiting: dict[str, list[pl.DataFrame]] = field(default_factory=dict)
    _written: dict[str, int] = field(default_factory=dict)

    def take(self, tables: Mapping[str, pl.DataFrame]) -> None:
        """Add a day's rows; what has grown large enough is written."""
        for table, frame in tables.items():
            if frame.height:
                self._waiting.setdefault(table, []).append(frame)
                self.rows[table] = self.rows.get(table, 0) + frame.height
                if sum(waiting.height for waiting in self._waiting[table]) >= ROWS_A_PART:
                    self._write(table)

    def flush(self) -> None:
        """Write what is left; a table without a row gets no folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for table in list(self._waiting):
            self._write(table)

    def _write(self, table: str) -> None:
        frames = self._waiting.pop(table)
        number = self._written.get(table, 0)
        self._written[table] = number + 1
        folder = self.folder / table
        folder.mkdir(parents=True, exist_ok=True)
        pl.concat(frames).write_parquet(folder / f"part-{number:05d}.parquet", compression="zstd", statistics=False)


def sends_of(path: Path, shop: World) -> Policy:
    """Return a policy that sends the rows of a file on their days.

    The day is that of ``send_at``.

    Raises:
        BadInput: there is no such file, a column is missing, or a row names what the world does not have.
    """
    if not path.is_file():
        raise BadInput(f"{str(path)!r} is neither a policy nor a file", fix=f"choose one of {', '.join(POLICIES)}, or name a file of sends")
    rows = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, try_parse_dates=True)
    missing = [name for name in SEND_COLUMNS if name not in rows.columns]
    if missing:
        raise BadInput(f"{path.name} has no column {missing[0]!r}", fix=f"the columns are {', '.join(SEND_COLUMNS)}")
    sends = _sends(rows, shop, path.name)

    def decide(world: Morning) -> Sends:
        end = world.calendar.midnight(world.day + 1)
        return sends.take((sends.send_at >= world.now) & (sends.send_at < end))

    return decide


def _sends(rows: pl.DataFrame, shop: World, name: str) -> Sends:
    at, dtype = rows["send_at"], rows["send_at"].dtype
    if dtype == pl.Date:
        at = at.cast(pl.Datetime("us"))
    elif not isinstance(dtype, pl.Datetime):
        raise BadInput(f"{name}: send_at holds no times", fix="write times as ISO 8601 with their offset")
    if not isinstance(dtype, pl.Datetime) or dtype.time_zone is None:
        at = at.dt.replace_time_zone(shop.timezone)
    many = rows.height

    def known(column: str, names: Iterable[str]) -> Any:
        places = {each: place for place, each in enumerate(names)}
        positions = rows[column].cast(pl.String).replace_strict(places, default=-1, return_dtype=pl.Int64)
        if (positions < 0).any():
            row = int((positions < 0).arg_max() or 0)
            raise BadInput(f"{name}, row {row + 1}: {column} {rows[column][row]!r} is not there", fix=f"use the {column}s of this world")
        return positions.to_numpy()

    def text(column: str, default: str) -> Any:
        return (
            rows[column].cast(pl.String).fill_null(default).to_numpy() if column in rows.columns else np.full(many, default, dtype=object)
        )

    chance = rows["action_probability"].cast(pl.Float64).to_numpy() if "action_probability" in rows.columns else np.full(many, np.nan)
    return Sends(
        known("customer_id", shop.ids), known("message_id", shop.message_ids), known("channel", shop.channel_names),
        at.dt.epoch("s").to_numpy(), text("decision_id", ""), chance, text("group", "treatment"),
    )  # fmt: skip
