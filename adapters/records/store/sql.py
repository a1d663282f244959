"""SQL helpers of the record store; names and paths are always quoted here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

from adapters.records.store.layout import TableLayout


def connect(*, memory_limit: str, threads: int, spill_folder: Path) -> duckdb.DuckDBPyConnection:
    """Return a DuckDB connection with a memory limit that spills into ``spill_folder``.

    It installs and loads no extension.
    """
    connection = duckdb.connect(":memory:")
    connection.execute("SET memory_limit = $limit", {"limit": memory_limit})
    connection.execute(f"SET threads = {int(threads)}")
    connection.execute("SET temp_directory = $folder", {"folder": str(spill_folder)})
    connection.execute("SET preserve_insertion_order = false")
    without_bar(connection)
    connection.execute("SET autoinstall_known_extensions = false")
    connection.execute("SET autoload_known_extensions = false")
    return connection


def without_bar(connection: duckdb.DuckDBPyConnection) -> None:
    """Switch DuckDB's progress bar off where it is on.

    In a notebook without ipywidgets it is off, and setting it again raises.
    """
    ((on,),) = connection.execute("SELECT current_setting('enable_progress_bar')").fetchall()
    if on:
        connection.execute("SET enable_progress_bar = false")


def name(column: str) -> str:
    """Quote a column or a table."""
    return '"' + column.replace('"', '""') + '"'


def text(value: str) -> str:
    """Quote a text."""
    return "'" + value.replace("'", "''") + "'"


def names(columns: Iterable[str], prefix: str = "") -> str:
    """Quote columns as a list."""
    return ", ".join(prefix + name(c) for c in columns)


def parquet(paths: Sequence[str | Path], path_as: str = "") -> str:
    """Return the table function that reads these files as one table.

    path_as: a column for the file of each row.
    """
    path_column = f", filename = {text(path_as)}" if path_as else ""
    return f"read_parquet([{', '.join(text(str(p)) for p in paths)}], union_by_name = true, hive_partitioning = false{path_column})"


def nothing(layout: TableLayout, columns: Sequence[str]) -> str:
    """Return a query with these columns and no row."""
    typed = ", ".join(f"CAST(NULL AS {layout.sql_type(c)}) AS {name(c)}" for c in columns)
    return f"SELECT {typed} WHERE false"


def stored(layout: TableLayout, paths: Sequence[str | Path], path_as: str = "") -> str:
    """Return a table expression of record files with every column of this build.

    A column that an older build did not write is null.
    path_as: a column for the file of each row.
    """
    whole = nothing(layout, layout.stored)
    return f"({whole} UNION ALL BY NAME SELECT * FROM {parquet(paths, path_as)})" if paths else f"({whole})"


def same_key(layout: TableLayout, left: str, right: str) -> str:
    """Return the condition that two rows have the same key.

    An empty part of a key equals an empty one.
    """
    return " AND ".join(f"{left}.{name(k)} IS NOT DISTINCT FROM {right}.{name(k)}" for k in layout.key)


def one(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    """Return the single number of a query; null is 0."""
    row = connection.execute(query).fetchone()
    return int(row[0] or 0) if row else 0
