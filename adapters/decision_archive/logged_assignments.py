"""Assignments of customers to messages or control groups, from runs and logs.

An assignment is a decision to contact, or the decision that would have been made of a customer whom a control group held back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from adapters.decision_archive.finished_run import FinishedRun
from otokui.domain import Instant, Status
from otokui.ports.ledger import LoggedDecision

SCHEMA: Final = pa.schema(
    [
        ("decision_id", pa.string()),
        ("customer_id", pa.string()),
        ("message_id", pa.string()),
        ("channel", pa.string()),
        ("scenario", pa.string()),
        ("at", pa.int64()),
        ("group", pa.string()),
        ("state", pa.string()),
    ]
)
"""at: the send time, or the one that would have been, epoch seconds; state: customer state when decided."""

_ASSIGNED = (str(Status.CONTACT), str(Status.CONTROL))
_COLUMNS = (
    "decision_id", "customer_id", "considered_message_id", "considered_channel", "considered_scenario", "considered_send_at", "group",
    "state", "status",
)  # fmt: skip


def of_run_parts(path: Path) -> Iterator[pa.Table]:
    """Yield the assignments of a finished run, part by part; none of a dry run.

    Raises:
        Missing: the run has not finished.
    """
    manifest = FinishedRun.open(path).manifest
    for part in () if manifest["dry_run"] else manifest["parts"]:
        table = pq.read_table(path / part["file"], columns=list(_COLUMNS))
        table = table.filter(pc.is_in(table["status"], pa.array(_ASSIGNED)))
        at = pc.cast(table["considered_send_at"], pa.int64())
        columns = [table[name] for name in _COLUMNS[:5]] + [at, table["group"], table["state"]]
        made = pa.table(columns, names=SCHEMA.names).cast(SCHEMA)
        yield made.filter(pc.is_valid(made["at"]))


def states_of_run(path: Path) -> pa.Table:
    """Return customer_id and state of everybody whom a finished run decided about."""
    manifest = FinishedRun.open(path).manifest
    parts = [pq.read_table(path / part["file"], columns=["customer_id", "state"]) for part in manifest["parts"]]
    return pa.concat_tables(parts).cast(pa.schema([("customer_id", pa.string()), ("state", pa.string())]))


class _Timing(msgspec.Struct):
    send_at: str | None = None


class _Message(msgspec.Struct):
    message_id: str | None = None
    scenario: str | None = None


class _Channel(msgspec.Struct):
    name: str | None = None


class _Considered(msgspec.Struct):
    message: _Message | None = None
    timing: _Timing | None = None
    channel: _Channel | None = None


class _Target(msgspec.Struct):
    state: str | None = None


class _Logged(_Considered):
    group: str | None = None
    target: _Target | None = None
    considered: _Considered | None = None


_DECODER = msgspec.json.Decoder(_Logged)


def of_log(rows: Iterable[LoggedDecision]) -> pa.Table:
    """Return the assignments among logged decisions of the service."""
    columns: Mapping[str, list[object]] = {name: [] for name in SCHEMA.names}
    for row in rows:
        if row.status not in _ASSIGNED:
            continue
        logged = _DECODER.decode(row.decision)
        made = logged if row.status == Status.CONTACT else logged.considered
        if made is None or made.message is None or made.timing is None or made.timing.send_at is None:
            continue
        values = (
            row.decision_id,
            row.customer_id,
            made.message.message_id,
            None if made.channel is None else made.channel.name,
            made.message.scenario,
            _seconds(made.timing.send_at),
            logged.group,
            None if logged.target is None else logged.target.state,
        )
        for name, value in zip(SCHEMA.names, values, strict=True):
            columns[name].append(value)
    return pa.table(dict(columns), schema=SCHEMA)


def _seconds(moment: str) -> Instant:
    from datetime import datetime

    return Instant(int(datetime.fromisoformat(moment).timestamp()))
