"""Rows of identities: aliases and merges, recorded once, circles refused.

Rows come by file (``otokui ingest identities=…``) and over HTTP, through the same functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
from sqlalchemy import Connection, text

from adapters.ledger.storage.database import Backend
from otokui.domain import Instant
from otokui.identity.merges import survivor
from otokui.ports.identities import MERGE, MERGE_CIRCLE, Identity

_TYPES = {
    "alias_id": "text", "source": "text", "from_at": "bigint", "customer_id": "text", "known_at": "bigint", "revised_at": "bigint",
}  # fmt: skip
_MERGES = text("SELECT alias_id, from_at, customer_id FROM identities WHERE source = ''")


def record(connection: Connection, backend: Backend, identities: Sequence[Identity]) -> list[str]:
    """Record identities; return for each the rule that refused it, '' = recorded.

    They are taken in the order of their own times. Must run inside ``writing``. Reservations wait meanwhile, so that none is made on the
    state of half a person.
    """
    backend.lock_merges(connection, exclusive=True)
    refused = _circles(connection, identities)
    fit = {
        (row.alias_id, row.source, row.begins_at): row
        for row, rule in sorted(zip(identities, refused, strict=True), key=_by_time)
        if not rule
    }
    rows = sorted(fit.items())
    columns: dict[str, Sequence[Any]] = {
        "alias_id": [row.alias_id for _, row in rows],
        "source": [row.source for _, row in rows],
        "from_at": [int(row.begins_at) for _, row in rows],
        "customer_id": [row.customer_id for _, row in rows],
        "known_at": [int(row.known_at) for _, row in rows],
        "revised_at": [int(row.known_at) for _, row in rows],
    }
    then = f"""ON CONFLICT (alias_id, source, from_at) DO UPDATE SET
        customer_id = CASE WHEN excluded.revised_at >= identities.revised_at THEN excluded.customer_id ELSE identities.customer_id END,
        known_at = {backend.least}(identities.known_at, excluded.known_at),
        revised_at = {backend.greatest}(identities.revised_at, excluded.revised_at)"""
    if rows:
        backend.insert_many(connection, "identities", columns, _TYPES, then)
    return refused


def without_circles(connection: Connection, backend: Backend, frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split the rows of a file into those to record and merges in a circle."""
    backend.lock_merges(connection, exclusive=True)
    circle = pl.Series([bool(rule) for rule in _circles(connection, of_frame(frame))], dtype=pl.Boolean)
    return frame.filter(~circle), frame.filter(circle)


def imported(connection: Connection, backend: Backend, frame: Any) -> int:
    """Import identities as ``otokui ingest`` conforms them; return the rows taken."""
    identities = of_frame(pl.DataFrame(frame))
    return record(connection, backend, identities).count("")


def of_frame(frame: pl.DataFrame) -> list[Identity]:
    """Return conformed rows of the table `identities`."""
    source = pl.col("source").fill_null(MERGE) if "source" in frame.columns else pl.lit(MERGE)
    known = pl.coalesce("known_at", "from") if "known_at" in frame.columns else pl.col("from")
    rows = frame.select(source.alias("source"), "alias_id", "customer_id", "from", known.alias("known_at"))
    return [Identity(source, alias_id, customer, Instant(at), Instant(known)) for source, alias_id, customer, at, known in rows.iter_rows()]


def _by_time(row: tuple[Identity, str]) -> tuple[int, int, str, str]:
    identity, _ = row
    return int(identity.begins_at), int(identity.known_at), identity.alias_id, identity.customer_id


def _circles(connection: Connection, identities: Sequence[Identity]) -> list[str]:
    """Return for each row ``MERGE_CIRCLE`` where it would close a circle of the newest merges, else ''."""
    refused = [""] * len(identities)
    merges = sorted((i for i, row in enumerate(identities) if row.source == MERGE), key=lambda i: _by_time((identities[i], "")))
    if not merges:
        return refused
    newest: dict[str, tuple[int, str]] = {}
    for alias_id, from_at, customer_id in connection.execute(_MERGES):
        if alias_id not in newest or from_at >= newest[alias_id][0]:
            newest[alias_id] = (from_at, customer_id)
    into = {alias_id: customer_id for alias_id, (_, customer_id) in newest.items()}
    for i in merges:
        row = identities[i]
        if row.alias_id in newest and row.begins_at < newest[row.alias_id][0]:
            continue  # it is not the newest, and moves nobody
        before = into.pop(row.alias_id, None)
        if row.customer_id != row.alias_id and survivor(into, row.customer_id) == row.alias_id:
            refused[i] = MERGE_CIRCLE
            if before is not None:
                into[row.alias_id] = before
        else:
            into[row.alias_id], newest[row.alias_id] = row.customer_id, (int(row.begins_at), row.customer_id)
    return refused
