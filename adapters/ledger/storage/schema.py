"""Migration of a database to the schema of this build, when it is opened.

The check costs one query; Alembic is imported only when there is something to do. Two processes that open a
new database at once take turns: the second finds the work done.
"""

from __future__ import annotations

import io
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from adapters.ledger.storage.database import Backend, reading, writing
from otokui.errors import Conflict

HEAD = "0012"
"""The newest version in ``adapters/ledger/storage/migrations/versions``; a test holds the two together."""

MIGRATIONS = Path(__file__).resolve().parent / "migrations"


def bring_up_to_date(engine: Engine, backend: Backend) -> None:
    """Run the missing migrations of a database.

    Raises:
        Conflict: the database was written by a newer build.
        Unavailable: it cannot be read or written.
    """
    with reading(engine) as connection:
        if _version(connection) == HEAD:
            return
    with writing(engine) as connection:
        backend.lock_schema(connection)
        schema_version = _version(connection)
        if schema_version is not None and schema_version > HEAD:
            raise Conflict(
                f"the ledger has schema {schema_version}, this build knows up to {HEAD}",
                fix="run the newer build, or restore the ledger that belongs to this one",
            )
        if schema_version != HEAD:
            _upgrade(connection)


def _version(connection: Connection) -> str | None:
    """Return the schema's version, None for a new database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    schema_version: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return schema_version


def _upgrade(connection: Connection) -> None:
    from alembic import command  # 0.2 s to import, needed once in the life of a ledger
    from alembic.config import Config

    config = Config(stdout=io.StringIO())
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
