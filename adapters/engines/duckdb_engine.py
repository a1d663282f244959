"""DuckDB as the engine of one machine: lazy frames to Parquet within a memory limit.

The engine holds the one connection, because relations of two connections cannot be joined.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw

from adapters.records.store.sql import without_bar


class DuckDbEngine:
    """Implements ``otokui.ports.Engine`` on an embedded DuckDB."""

    def __init__(self, *, memory_limit: str = "1GB", threads: int = 2, spill_folder: Path | None = None) -> None:
        self.connection = duckdb.connect(":memory:")
        self.connection.execute(f"SET threads = {int(threads)}")
        self.connection.execute("SET memory_limit = $limit", {"limit": memory_limit})
        without_bar(self.connection)
        self.connection.execute("SET autoinstall_known_extensions = false")
        self.connection.execute("SET autoload_known_extensions = false")
        if spill_folder is not None:
            self.connection.execute("SET temp_directory = $folder", {"folder": str(spill_folder)})

    def write(self, frame: nw.LazyFrame[Any], path: Path) -> int:
        """Write ``frame`` as one Parquet file ordered by customer_id; return its number of rows."""
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            frame.to_native().order("customer_id").write_parquet(str(temporary), compression="zstd", row_group_size=50_000)
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        # fetchall, not fetchone: DuckDB 2 refuses other work on the connection until a result is read to its end.
        ((rows,),) = self.connection.execute("SELECT count(*) FROM read_parquet($path)", {"path": str(path)}).fetchall()
        return int(rows)

    def read(self, path: Path) -> nw.LazyFrame[Any]:
        """Return a Parquet file as a frame on this engine's connection."""
        return nw.from_native(self.connection.read_parquet(str(path)))
