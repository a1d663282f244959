"""Records of a small shop, each table read into memory once.

A query then costs no more for a year of nights than for one. Every night adds a small file to each table, and opening files is most
of a small shop's query time: a night runs fifteen queries, a training a hundred. A large shop reads its files, which DuckDB does
within its memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from adapters.records.query.duckdb_records import DuckDbRecords
from adapters.records.store.commit_log import RecordFile
from adapters.records.store.layout import TableLayout
from adapters.records.store.sql import stored, text

_FILE = "held_file"


class InMemoryRecords(DuckDbRecords):
    """Records as ``DuckDbRecords``, held in memory.

    Two sources of one connection share the tables in memory.
    """

    def _scan(self, layout: TableLayout, files: Sequence[RecordFile]) -> str:
        """Return the in-memory table with the rows of these files."""
        if not files:
            return stored(layout, [])
        positions = {file.path: position for position, file in enumerate(self._questions.of(layout.table))}
        table = self._table_of(layout, list(positions))
        wanted_positions = sorted(positions[file.path] for file in files)
        only = "" if len(wanted_positions) == len(positions) else f" WHERE {_FILE} IN ({', '.join(map(str, wanted_positions))})"
        return f"(SELECT * EXCLUDE ({_FILE}) FROM {table}{only})"

    def _table_of(self, layout: TableLayout, paths: Sequence[str]) -> str:
        """Return the name of the table with these files, each row with its file's position."""
        table = f"held_{layout.table}_{hashlib.sha256(chr(10).join(paths).encode()).hexdigest()[:16]}"
        existing = self._connection.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = $held", {"held": table}).fetchall()
        if not existing[0][0]:
            whole = [str(self._records / path) for path in paths]
            positions = ", ".join(f"({text(path)}, {position})" for position, path in enumerate(whole))
            self._connection.execute(
                f"CREATE TEMP TABLE {table} AS SELECT s.* EXCLUDE (held_path), f.{_FILE} "
                f"FROM {stored(layout, whole, path_as='held_path')} s JOIN (VALUES {positions}) f(held_path, {_FILE}) USING (held_path)"
            )
        return table
