"""Write probe of the ledger: whether it can be written now, without a write."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from urllib.parse import quote

from sqlalchemy import Engine, text

from adapters.ledger.storage.database import available, writing

SECONDS = 1.0


def probe(engine: Engine) -> None:
    """Begin a write transaction and roll it back.

    SQLite: on a new connection, because an open one does not notice that the file has gone. PostgreSQL: the probe locks
    the row of the schema's version for a moment. A standby or a read-only session refuses that, and it leaves no dead row behind.

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
    uri = f"file:{quote(str(engine.url.database))}?mode=rw"
    return sqlite3.connect(uri, uri=True, timeout=SECONDS, isolation_level=None)
