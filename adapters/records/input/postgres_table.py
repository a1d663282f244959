"""PostgreSQL reader: a table or view, copied out as CSV.

``COPY … TO STDOUT`` streams faster than rows through a driver and needs no more memory than one piece. The digest of its bytes shows
whether the table has changed.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import IO
from urllib.parse import parse_qs, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from adapters.personal.masking import masked
from adapters.records.input.csv_file import CsvFile
from otokui.errors import BadInput, Unavailable

# A table may take hours to copy; a lock of another session for more than a minute is an error.
_OPTIONS = "-c datestyle=ISO -c timezone=UTC -c lock_timeout=60s"
FORM = "postgresql://user@host/database?table=[schema.]name"


class CopiedTable(CsvFile):
    """Copied table in a file without a name, so that a killed run leaves none."""

    unit = "row"

    def __init__(self, copy: IO[bytes], name: str) -> None:
        # The open descriptor is the only way to the unnamed file.
        super().__init__(Path(f"/dev/fd/{copy.fileno()}"), name)
        self._copy = copy


def copied(url: str, copy_folder: Path) -> CopiedTable:
    """Copy the table of ``url`` (``?table=``; see FORM) into an unnamed file.

    Raises:
        BadInput: the URL names no table.
        Unavailable: the database does not answer, or has no such table.
    """
    parts = urlsplit(url)
    parameters = parse_qs(parts.query)
    table = (parameters.pop("table", None) or [""])[0]
    if not table:
        raise BadInput(f"{shown(url)} names no table", fix=f"write {FORM}")
    options = "&".join(f"{key}={value}" for key, values in parameters.items() for value in values)
    address = urlunsplit(("postgresql", parts.netloc, parts.path, options, ""))
    query = sql.SQL("COPY (SELECT * FROM {}) TO STDOUT (FORMAT csv, HEADER true, ENCODING 'UTF8')").format(
        sql.Identifier(*table.split("."))
    )
    copy = tempfile.TemporaryFile(dir=copy_folder)  # noqa: SIM115  closed with the CopiedTable that holds it
    try:
        with psycopg.connect(address, connect_timeout=10, options=_OPTIONS) as connection:
            connection.read_only = True
            with connection.cursor() as cursor, cursor.copy(query) as rows:
                for piece in rows:
                    copy.write(piece)
    except psycopg.Error as error:
        copy.close()
        message = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise Unavailable(
            f"{shown(url)} cannot be read: {masked(message)}", fix="check the address, the rights and the table's name"
        ) from None
    copy.flush()
    return CopiedTable(copy, shown(url))


def shown(url: str) -> str:
    """Return ``url`` without its password, for messages and the log."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    user = f"{parts.username}@" if parts.username else ""
    table = (parse_qs(parts.query).get("table") or [""])[0]
    return f"postgresql://{user}{host}{port}{parts.path}?table={table}"
