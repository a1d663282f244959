"""Nightly run over the whole base, in parts that survive a restart.

A part is done in one order: look at the ledger, decide, take the places, publish the file. A run
that dies in between and is started again decides the same, because what it reserved itself at ``as_of`` is not
"before ``as_of``"; and takes no second place, because decision ids are made from what was decided. The result is
byte for byte that of a run that was never stopped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from adapters.decision_archive.input_codec import pack_inputs, unpack_inputs
from adapters.decision_archive.run_folder import DecisionFolder, arrow_table, claim
from decisions.customer_batch import CustomerBatch
from decisions.decision_table import Decisions
from decisions.engine.engine import DecisionEngine
from decisions.engine.reservation import to_json
from decisions.engine.reserve import Reserved
from decisions.explanation.decision_json import rows
from otokui.domain import Instant
from otokui.errors import Conflict
from otokui.frames import Batch, ContactState, Texts
from otokui.ports.ledger import Ledger
from otokui.ports.reservations import ReservationResult
from pipelines.decision_run.counts import add_counts, counts_of
from pipelines.decision_run.limits.reservations import ReservationGroups, reserved, reserved_in_groups
from pipelines.ingestion.readable_states import contact_state


@dataclass(frozen=True, slots=True)
class Run:
    """What names a run: the same run gives the same files.

    digest: of everything the decisions depend on (as_of, summaries, models, policy); versions: what to show of
    it in the manifest (policy, features, models, and the names of channels and messages, which replay needs).
    """

    digest: str
    as_of: Instant
    summarised_at: Instant
    versions: Mapping[str, Any]
    dry_run: bool = False

    def describe(self) -> dict[str, Any]:
        """Return the run as it stands in ``run.json`` and in the manifest."""
        return {
            "run_digest": f"{self.digest}-dry" if self.dry_run else self.digest,
            "as_of": int(self.as_of),
            "summarised_at": int(self.summarised_at),
            "dry_run": self.dry_run,
            "versions": dict(self.versions),
        }


def decide(
    summaries: Iterable[Batch],
    run: Run,
    *,
    engine: DecisionEngine,
    ledger: Ledger,
    out: Path,
    progress: Callable[[int], None] = lambda customers: None,
    stop: Callable[[], bool] = lambda: False,
    lines: bool = False,
    groups: ReservationGroups | None = None,
) -> dict[str, Any]:
    """Decide for every customer of ``summaries`` and return the manifest of the files in ``out``.

    Args:
        summaries: chunks in an order and of sizes that are the same every time; one is in memory at once.
        run: what the run is; ``dry_run`` takes no places and records nothing.
        engine: decides about a chunk.
        ledger: where contacts are looked up and places taken.
        out: a folder of its own; that of a run which was stopped is completed.
        progress: is told how many customers are done.
        stop: is asked after each part made now; the run then ends with the parts there are, and says so (``stopped``).
        lines: write the decisions as JSON lines too, as they would be answered over HTTP.
        groups: reserve the contacts of a part in groups; None = at once.

    Raises:
        Conflict: ``out`` holds another run, or the summaries changed since it began.
        Unavailable: ledger or disk failed; the same command continues.
    """
    with claim(out, run.describe()) as folder:
        making, parts = _Making(run, folder, engine, ledger, lines, groups), list[dict[str, Any]]()
        customers, columns, stopped = 0, tuple[str, ...](), False
        for part, chunk in enumerate(_filled(summaries)):
            columns = chunk.names
            before = _finished(part, chunk, folder)
            parts.append(before or _part(part, chunk, making))
            customers += len(chunk)
            progress(customers)
            # Not after a part found whole: the one after it may have its reservations and no file yet.
            stopped = before is None and stop()
            if stopped:
                break
        folder.drop_parts_from(len(parts))
        manifest = _manifest(run, columns, parts) | ({"stopped": True} if stopped else {})
        if not run.dry_run:
            ledger.record_run(manifest)
        folder.publish_manifest(manifest)
        return manifest


def _filled(summaries: Iterable[Batch]) -> Iterator[Batch]:
    return (chunk for chunk in summaries if len(chunk))


def _finished(part: int, chunk: Batch, folder: DecisionFolder) -> dict[str, Any] | None:
    """Return the sidecar of a part found whole from before, None for one that is still to be made."""
    finished = folder.finished(part)
    if finished is not None and finished["summaries_sha256"] != _digest(chunk):
        raise Conflict(
            f"the summaries of {folder.part_name(part)} have changed since this run began",
            fix="choose a new folder for --out, so that one run is of one state of the summaries",
        )
    if finished is not None:
        folder.drop_inputs(part)
    return finished


@dataclass(frozen=True, slots=True)
class _Making:
    """What a part is made with."""

    run: Run
    folder: DecisionFolder
    engine: DecisionEngine
    ledger: Ledger
    lines: bool
    groups: ReservationGroups | None

    def reserved(self, part: int, batch: CustomerBatch, decisions: Decisions) -> Reserved:
        """Take the reservations of a part, under names of its own."""
        name, as_of = f"{self.run.digest}/{part}", self.run.as_of
        if self.groups is None:
            return reserved(self.engine, batch, decisions, lambda work: self.ledger.settle(name, as_of, work))
        return reserved_in_groups(
            self.engine, batch, decisions, lambda number, work: self.ledger.settle(f"{name}/{number}", as_of, work), self.groups
        )

    def contacts(self, part: int, chunk: Batch) -> ContactState:
        """Return the contact state of a part, as read when it was begun.

        What arrives between a kill and the next start must not change decisions beside reservations that are made already.
        """
        policy = self.engine.policy
        kept = self.folder.kept_inputs(part, len(chunk))
        if kept:
            widths = len(policy.channels.names), len(policy.messages.ids)
            summaries, state = unpack_inputs(kept, list(chunk.customer_ids), chunk.names, *widths)
            if summaries.values.tobytes() == chunk.values.tobytes():
                return state
        bought = chunk.column("last_purchase_at") if "last_purchase_at" in chunk.names else None
        state = contact_state(self.ledger.contact_state, list(chunk.customer_ids), self.run.as_of, bought)
        if not self.run.dry_run:
            self.folder.keep_inputs(part, pack_inputs(chunk, state))
        return state


def _part(part: int, chunk: Batch, making: _Making) -> dict[str, Any]:
    """Make one part and return its sidecar."""
    run, folder, engine = making.run, making.folder, making.engine
    batch = engine.prepare(chunk, making.contacts(part, chunk), run.as_of, run.summarised_at)
    decisions, otherwise = engine.decide(batch), dict[int, ReservationResult]()
    if not run.dry_run:
        done = making.reserved(part, batch, decisions)
        batch, decisions, otherwise = done.batch, done.decisions, dict(done.otherwise)
    table = arrow_table(decisions.columns() | {"ruling": _texts(otherwise, len(chunk))}, pack_inputs(chunk, batch.contacts))
    _check(table, chunk)
    facts: dict[str, Any] = {"rows": len(chunk), "summaries_sha256": _digest(chunk), "counts": counts_of(table)}
    if making.lines:
        facts["lines"] = folder.write_lines(part, [msgspec.json.encode(row) for row in rows(decisions)])
    sidecar = folder.write_part(part, table, facts)
    folder.drop_inputs(part)
    return sidecar


def _texts(rulings: Mapping[int, ReservationResult], customers: int) -> Texts:
    """Return rulings as a column, (n,) JSON or None: what replay takes from the row, for no later look at the ledger tells it."""
    column = np.full(customers, None, dtype=object)
    for row, ruling in rulings.items():
        column[row] = to_json(ruling)
    return column


def _check(table: pa.Table, chunk: Batch) -> None:
    """Every customer has one row, in order: what has no row cannot be measured."""
    if table["customer_id"].to_pylist() != list(chunk.customer_ids):
        raise AssertionError("the engine must return one decision per customer, in the order of the chunk")


def _digest(chunk: Batch) -> str:
    """Return a digest of the chunk: a part belongs to it alone."""
    digest = hashlib.sha256("\x1f".join(chunk.names).encode())
    digest.update("\x1f".join(chunk.customer_ids).encode())
    digest.update(np.ascontiguousarray(chunk.values).data)
    return digest.hexdigest()


def _manifest(run: Run, names: Sequence[str], parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    counts: dict[str, Any] = {}
    for part in parts:
        counts = add_counts(counts, part["counts"])
    files = [{name: part[name] for name in ("file", "rows", "bytes", "sha256", "lines") if name in part} for part in parts]
    return {
        **run.describe(),
        "rows": sum(part["rows"] for part in parts),
        **add_counts(counts_of(None), counts),
        "inputs": {"summary_columns": list(names), "layout": "adapters.decision_archive.input_codec.row_layout"},
        "parts": files,
    }
