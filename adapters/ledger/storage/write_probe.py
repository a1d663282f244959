"""Whether the ledger can be written now, found out without writing anything."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from urllib.parse import quote

from sqlalchemy import Engine, text

from adapters.ledger.storage.database import available, writing

SECONDS = 1.0


def probe(engine: Engine) -> None:
    """Begin to write, and take it back.

    SQLite: on a connection of its own, because one that is open already does not notice that the file has gone. PostgreSQL:
    the row of the schema's version is locked for a moment, which a standby or a read-only session refuses, and which leaves no
    dead row behind.

    Raises:
        Unavailable: it cannot be written, or not within a second.
    """
    if engine.dialect.name == "sqlite":
        with available(), closing(_anew(engine)) as bare:
            bare.execute("BEGIN IMMEDIATE")
            bare.execute("UPDATE alembic_version SET version_num = version_num")
            bare.execute("ROLLBACK")
        return
    with writing(engine) as connection:
        connection.execute(text(f"SET LOCAL statement_timeout = {round(1_000 * SECONDS)}"))
        connection.execute(text("SELECT version_num FROM alembic_version FOR UPDATE"))
        connection.rollback()


def _anew(engine: Engine) -> sqlite3.Connection:
    place = f"file:{quote(str(engine.url.database))}?mode=rw"
    return sqlite3.connect(place, uri=True, timeout=SECONDS, isolation_level=None)
