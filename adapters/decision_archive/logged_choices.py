"""Logged choices with their inputs: one form for the service's log and run files.

Replay and policy evaluation read the same rows. What the ledger knew is not taken from here but asked of the ledger as of then, because
another policy counts over other periods.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from adapters.decision_archive.finished_run import FinishedRun
from features.summaries.packing import unpack
from otokui.domain import Instant, Status
from otokui.frames import Batch, Bools, Floats, Texts, texts
from otokui.ports.ledger import LoggedDecision

_COLUMNS = (
    "customer_id", "status", "considered_message_id", "considered_channel", "considered_send_at", "action_probability", "inputs",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LoggedChoices:
    """``n`` decisions of one instant, and the summaries they were made from.

    policy: digest of the one that decided; message_ids, channels: (n,) of the candidate considered, None where there was none;
    propensities: (n,) its chance, as logged; withdrawn: (n,) wanted, but its place under the caps had gone to another.
    """

    as_of: Instant
    summarised_at: Instant
    policy: str
    summaries: Batch
    status: Texts
    message_ids: Texts
    channels: Texts
    propensities: Floats
    withdrawn: Bools

    def __len__(self) -> int:
        return len(self.summaries)

    def rows(self, index: Bools) -> LoggedChoices:
        """Return some of the decisions."""
        return LoggedChoices(
            self.as_of,
            self.summarised_at,
            self.policy,
            self.summaries.rows(index),
            self.status[index],
            self.message_ids[index],
            self.channels[index],
            self.propensities[index],
            self.withdrawn[index],
        )


def of_ledger(rows: Iterable[LoggedDecision]) -> Iterator[LoggedChoices]:
    """Yield the service's logged decisions, grouped by instant and policy.

    ``rows`` come in that order.

    Raises:
        SkewError: a row was packed by a build with other columns.
    """
    for (as_of, summarised_at, policy), group in groupby(rows, key=lambda row: (row.as_of, row.summarised_at, row.policy)):
        same = list(group)
        planned = [_was_planned(row) for row in same]
        yield LoggedChoices(
            Instant(as_of),
            Instant(summarised_at),
            policy,
            unpack([row.customer_id for row in same], [row.inputs for row in same]),
            texts([row.status for row in same]),
            _named([row.message_id for row in same]),
            _named([row.channel for row in same]),
            np.array([np.nan if row.propensity is None else row.propensity for row in same]),
            np.array([row.status == Status.SUPPRESSED and was for row, was in zip(same, planned, strict=True)]),
        )


def of_run(path: Path) -> Iterator[LoggedChoices]:
    """Yield the decisions of a finished run, part by part; none of a dry run.

    Nobody was contacted by a dry run.

    Raises:
        Missing: the run has not finished.
    """
    manifest = FinishedRun.open(path).manifest
    if manifest["dry_run"]:
        return
    names = tuple(manifest["inputs"]["summary_columns"])
    for part in manifest["parts"]:
        table = pq.read_table(path / part["file"], columns=list(_COLUMNS))
        named: dict[str, list[Any]] = {name: table[name].to_pylist() for name in _COLUMNS}
        planned = [at is not None for at in named["considered_send_at"]]
        yield LoggedChoices(
            Instant(manifest["as_of"]),
            Instant(manifest["summarised_at"]),
            manifest["versions"]["policy"],
            Batch(texts(named["customer_id"]), names, _summaries(named["inputs"], len(names))),
            texts(named["status"]),
            _named(named["considered_message_id"]),
            _named(named["considered_channel"]),
            np.array([np.nan if chance is None else chance for chance in named["action_probability"]], dtype=np.float64),
            np.array([s == Status.SUPPRESSED and was for s, was in zip(named["status"], planned, strict=True)], dtype=bool),
        )


def _was_planned(row: LoggedDecision) -> bool:
    """Return whether a send time was found, which is so only where something was permitted and worth it."""
    decision = json.loads(row.decision)
    return bool(decision.get("timing") or (decision.get("considered") or {}).get("timing"))


def _summaries(packed: Sequence[bytes], columns: int) -> Floats:
    """Return the summaries, which stand first in the packed inputs of a run."""
    width = 8 * columns
    flat = np.frombuffer(b"".join(row[:width] for row in packed), dtype="<f8")
    return flat.astype(np.float64).reshape(len(packed), columns)


def _named(names: Sequence[str | None]) -> Texts:
    out = np.empty(len(names), dtype=object)
    out[:] = names
    return out
