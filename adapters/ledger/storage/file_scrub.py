"""Removal of deleted rows from the database's own files: free pages, write-ahead log, dead tuples.

SQLite overwrites deleted content (``secure_delete``) since this build; an older file is rewritten once (VACUUM), and says so in its
``user_version``. The write-ahead log is emptied into the file. PostgreSQL reclaims dead tuples by VACUUM, beside running calls.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any, Final

from sqlalchemy import Engine, text

from adapters.ledger.storage.database import available
from otokui.errors import Unavailable

_SCRUBBED: Final = 1
_TRIES: Final = 100


def scrub(engine: Engine, tables: Sequence[str], sleep: Callable[[float], None] = time.sleep) -> None:
    """Remove deleted rows from the files of a database.

    Raises:
        Unavailable: a reader kept the write-ahead log busy for ten seconds, or the database cannot be used.
    """
    with available():
        if engine.dialect.name == "postgresql":
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text(f"VACUUM {', '.join(tables)}"))
            return
        with closing(engine.raw_connection()) as pooled:
            bare: Any = pooled.driver_connection
            if bare.execute("PRAGMA user_version").fetchone()[0] < _SCRUBBED:
                bare.execute("VACUUM")
                bare.execute(f"PRAGMA user_version = {_SCRUBBED}")
            for _ in range(_TRIES):
                busy, _log, _done = bare.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                if not busy:
                    return
                sleep(0.1)
    raise Unavailable("the ledger's write-ahead log stays in use", fix="run `otokui erase --pending` again when no long job is running")
