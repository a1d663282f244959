"""Sources of records: a file, a folder of files, or a database table.

A source file is read in chunks with the line of each row, so that three bad rows among a million can be named. Values are not
interpreted here, so a new kind of source touches no rule of the validation.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from adapters.records.input.base import SourceFile
from adapters.records.input.csv_file import CsvFile
from adapters.records.input.parquet_file import ParquetSource
from otokui.errors import Missing


def opened(source: str, copy_folder: Path) -> Iterable[SourceFile]:
    """Return the files of ``source``.

    ``source`` is a path, a folder, or ``postgresql://user@host/db?table=[schema.]name``.
    aside: a folder for what must be copied before it is read (database tables).

    Raises:
        Missing: nothing lies there.
    """
    if source.startswith(("postgresql:", "postgres:")):
        from adapters.records.input.postgres_table import copied  # imported here, so that a shop with files needs no database driver

        return [copied(source, copy_folder)]
    path = Path(source)
    if path.is_dir():
        paths = sorted(p for p in path.rglob("*") if p.is_file() and _kind(p) and not p.name.startswith((".", "_")))
        if not paths:
            raise Missing(f"{source} holds no .csv, .csv.gz or .parquet file", fix="name a folder with records in it")
    elif path.is_file():
        paths = [path]
    else:
        raise Missing(
            f"{source} does not exist", fix="name a CSV or Parquet file, a folder of them, or postgresql://user@host/db?table=NAME"
        )
    files: list[SourceFile] = []
    for file in paths:
        name = str(file.relative_to(path)) if path.is_dir() else file.name
        files.append(ParquetSource(file, name) if _kind(file) == "parquet" else CsvFile(file, name))
    return files


def _kind(path: Path) -> str:
    name = path.name.lower()
    if name.endswith((".parquet", ".pq")):
        return "parquet"
    return "csv" if name.endswith((".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt")) else ""
