"""Import of one batch of records into the ledger; rows it cannot take are returned.

One transaction covers the batch. Rows that break a known rule never reach the database. Where the database refuses others, halves
are tried until the rows at fault are isolated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
from sqlalchemy import Connection

from adapters.ledger.identities import identity_rows
from adapters.ledger.ingestion import imports, unfit_rows
from adapters.ledger.storage.database import Backend, available
from otokui.errors import BadInput

Bring = Callable[[Connection, Backend, Any], int]
SetAside = Callable[[pl.DataFrame], None]

_MOST_TRIES = 2_000
"""Pieces that are tried before the rest of a batch is quarantined: each is a round trip to the database."""


def bring(connection: Connection, backend: Backend, table: str, how: Bring, frame: Any, set_aside: SetAside | None) -> int:
    """Import a batch; return the number of rows that the ledger took.

    set_aside: is called with the rows that the ledger cannot take, with RULE, COLUMN, FORBIDS and CLOSED, before the transaction ends;
    None = such a row is an error, and nothing is imported.

    Raises:
        BadInput: a row cannot be taken and ``set_aside`` is None, or a column is missing.
    """
    rows = pl.DataFrame(frame)  # Polars, Arrow and any other frame with the Arrow stream interface
    if "customer_id" not in rows.columns:
        return how(connection, backend, rows)  # raises BadInput for the missing column
    fit, bad = unfit_rows.sorted_out(rows, table)
    if table == "identities" and len(fit):
        fit, circles = identity_rows.without_circles(connection, backend, fit)
        bad = pl.concat([part for part in (bad, unfit_rows.circular(circles)) if len(part)] or [bad], how="diagonal_relaxed")
    if set_aside is None:
        if len(bad):
            rule, column = bad.row(0, named=True)[unfit_rows.RULE], bad.row(0, named=True)[unfit_rows.COLUMN]
            raise BadInput(
                f"{table}: {len(bad):,} of {len(rows):,} rows cannot be taken into the ledger ({rule} in column {column!r})",
                fix="bring them through `otokui ingest`, which sets such rows aside",
            )
        return how(connection, backend, fit)
    refused: list[pl.DataFrame] = []
    imported = _pieces(connection, backend, how, fit, refused, [_MOST_TRIES])
    parts = [part for part in (bad, *map(unfit_rows.refused, refused)) if len(part)]
    if parts:
        quarantined = pl.concat(parts, how="diagonal_relaxed")
        closed = _closed(connection, backend, unfit_rows.closing(quarantined, table))
        set_aside(unfit_rows.described(quarantined, table, closed))
    return imported


def _pieces(connection: Connection, backend: Backend, how: Bring, rows: pl.DataFrame, refused: list[pl.DataFrame], tries: list[int]) -> int:
    try:
        with available(), connection.begin_nested():
            return how(connection, backend, rows)
    except BadInput:
        tries[0] -= 1
        if len(rows) <= 1 or tries[0] <= 0:
            refused.append(rows)
            return 0
    half = len(rows) // 2
    return sum(_pieces(connection, backend, how, part, refused, tries) for part in (rows[:half], rows[half:]))


def _closed(connection: Connection, backend: Backend, suppressions: pl.DataFrame) -> list[str]:
    """Suppress the customers; return those that are suppressed now."""
    refused: list[pl.DataFrame] = []
    if len(suppressions):
        _pieces(connection, backend, imports.suppressions, suppressions, refused, [_MOST_TRIES])
    customer_ids = {customer for part in refused for customer in part["customer_id"].to_list()}
    return sorted(set(suppressions["customer_id"].to_list()) - customer_ids)
