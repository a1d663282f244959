"""Gathering of a measurement's input as Parquet files: customers, groups, assignments, message windows.

The engine joins the files with the records, so that a base of millions is measured within its memory limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import narwhals as nw
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from adapters.decision_archive.logged_assignments import SCHEMA, of_log, of_run_parts, states_of_run
from decisions.compiler.compile_policy import holdout_of
from decisions.policy.control_groups import ComparisonGroups, Holdout, in_control
from measurement.results.customer_lift import Frame, Period
from otokui.domain import DAY, HELD_BACK, HoldoutGroup, Instant
from otokui.frames import Texts, texts
from pipelines.shop.shop import Shop

_LOG_ROWS = 5_000
UNKNOWN_STATE = "unknown"


@dataclass(frozen=True, slots=True)
class Gathered:
    """Frames of one measurement, all of the engine that measures.

    people: customer_id, group, state; assignments: as ``measurement.results.message_lift``; contacts: as on record; contaminated:
    customers of the control group who were contacted in the period; runs: finished runs that were read.
    """

    people: Frame
    assignments: Frame
    contacts: Frame | None
    windows: Frame
    contaminated: int
    runs: int


def gather(shop: Shop, period: Period, folder: Path) -> Gathered:
    """Write the files of a measurement into ``folder`` and return them as frames."""
    folder.mkdir(parents=True, exist_ok=True)
    runs = [path for path, as_of in _runs(shop.folder / "decisions") if period.since - DAY <= as_of < period.until]
    windows = _windows(shop)
    windows.write_parquet(folder / "windows.parquet")
    _write_assignments(shop, period, runs, folder / "logged.parquet")
    engine = shop.engine
    frame_of_windows = engine.read(folder / "windows.parquet")
    contacts = shop.records.frame("contacts", period.until) if "contacts" in shop.records.tables() else None
    logged = engine.read(folder / "logged.parquet").join(frame_of_windows.select("message_id", "window"), on="message_id")
    assignments = logged if contacts is None else nw.concat([logged, _of_contacts(contacts, logged, frame_of_windows)], how="vertical")
    _write_people(shop, period, runs, folder / "people.parquet")
    people = engine.read(folder / "people.parquet")
    return Gathered(people, assignments, contacts, frame_of_windows, _contaminated(contacts, people, period), len(runs))


def _runs(folder: Path) -> Iterator[tuple[Path, Instant]]:
    """Yield finished runs with their instants, oldest first."""
    import json

    found = []
    for manifest in folder.glob("*/manifest.json"):
        said = json.loads(manifest.read_text(encoding="utf-8"))
        if not said["dry_run"]:
            found.append((Instant(said["as_of"]), manifest.parent))
    for as_of, path in sorted(found):
        yield path, as_of


def _windows(shop: Shop) -> pl.DataFrame:
    """Return response days in seconds and scenario of each message."""
    messages = shop.settings.messages
    return pl.DataFrame(
        {
            "message_id": [message.message_id for message in messages],
            "scenario": [message.scenario for message in messages],
            "window": [round(message.response_days * DAY) for message in messages],
        },
        schema={"message_id": pl.String, "scenario": pl.String, "window": pl.Int64},
    )


def _write_assignments(shop: Shop, period: Period, runs: list[Path], path: Path) -> None:
    """Write the assignments of runs and of the service's log."""
    with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
        for run in runs:
            for table in of_run_parts(run):
                writer.write_table(table)
        ids = shop.ledger.decision_ids(Instant(period.since - DAY), period.until)
        for begin in range(0, len(ids), _LOG_ROWS):
            writer.write_table(of_log(shop.ledger.decisions(ids[begin : begin + _LOG_ROWS])))


def _of_contacts(contacts: Frame, logged: Frame, windows: Frame) -> Frame:
    """Return the contacts on record that no logged decision led to, as assignments."""
    own = contacts.join(logged.select("decision_id").unique(), on="decision_id", how="anti")
    return (
        own.join(windows, on="message_id")
        .with_columns(
            at=nw.col("sent_at").cast(nw.Int64),
            group=nw.col("group").fill_null(str(HoldoutGroup.TREATMENT)),
            state=nw.lit(None).cast(nw.String),
        )
        .select(*logged.collect_schema().names())
    )


def _write_people(shop: Shop, period: Period, runs: list[Path], path: Path) -> None:
    """Write every customer known before the period, with the group that the hash draws and the state of the first run."""
    tables = shop.records.tables()
    known = [
        shop.records.frame(table, period.since).select("customer_id")
        for table in ("customers", "order_lines", "contacts")
        if table in tables
    ]
    ids = nw.concat(known).unique().collect(backend="polars").to_native()["customer_id"].drop_nulls().sort()
    people = pl.DataFrame({"customer_id": ids, "group": _groups(texts(ids.to_list()), holdout_of(shop.settings.decisions))})
    states = states_of_run(runs[0]) if runs else pa.table({"customer_id": pa.array([], pa.string()), "state": pa.array([], pa.string())})
    joined = people.join(pl.DataFrame(states), on="customer_id", how="left").with_columns(pl.col("state").fill_null(UNKNOWN_STATE))
    joined.sort("customer_id").write_parquet(path)


def _groups(customer_ids: Texts, holdout: Holdout) -> list[str]:
    """Return the group of each customer, as the hash draws it."""
    control, others = in_control(customer_ids, holdout.salt, holdout.share), ComparisonGroups.draw(customer_ids, holdout)
    drawn = np.select(
        [control, others.random, others.usual],
        [str(HoldoutGroup.CONTROL), str(HoldoutGroup.RANDOM), str(HoldoutGroup.USUAL)],
        str(HoldoutGroup.TREATMENT),
    )
    return [str(name) for name in drawn]


def _contaminated(contacts: Frame | None, people: Frame, period: Period) -> int:
    """Return how many customers of the control group were contacted in the period."""
    if contacts is None:
        return 0
    group = nw.col("group")
    sent = contacts.filter((nw.col("sent_at") >= int(period.since)) & (nw.col("sent_at") < int(period.until)))
    sent = sent.filter(group.is_null() | ~group.is_in(list(HELD_BACK))).select("customer_id").unique()
    held = people.filter(nw.col("group") == str(HoldoutGroup.CONTROL)).select("customer_id")
    return int(held.join(sent, on="customer_id", how="semi").select(nw.len()).collect(backend="polars").item())
