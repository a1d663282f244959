"""Parquet files rewritten without some rows.

Schema, order and compression stay the same; a file is rewritten whole or not at all. Only the id columns are read to find out whether a
file has to be rewritten; row groups whose statistics rule the ids out are not read at all, so that sorted files cost next to nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from adapters.files.atomic_files import publish

Drop = Callable[[pa.Table], pa.ChunkedArray]
"""Returns for each row of a table whether it is to go."""

ERASING: Final = ".erasing"
"""Suffix of a file that is being written; a process that died leaves it, and the next erasure removes it."""


def text_columns(schema: pa.Schema) -> list[str]:
    """Return the columns that hold texts or lists of texts."""
    return [field.name for field in schema if _is_text(field.type) or (_is_list(field.type) and _is_text(field.type.value_type))]


def naming(ids: Collection[str], columns: Sequence[str]) -> Drop:
    """Return the expression for rows that name one of the ids.

    Such a row has one of the ids in one of these columns, blanks around it left out.
    """
    wanted = pa.array(sorted(ids), type=pa.string())

    def drop(table: pa.Table) -> pa.ChunkedArray:
        gone = pa.chunked_array([pa.array([False] * len(table), type=pa.bool_())])
        for name in set(columns) & set(table.column_names):
            gone = pc.or_(gone, _names(table[name], wanted))
        return gone

    return drop


def holds(path: Path, ids: Collection[str], columns: Sequence[str] | None = None) -> bool:
    """Return whether a file has a row that names one of the ids.

    Only these columns are read (default: every column of texts).
    """
    with pq.ParquetFile(path) as file:
        present = set(file.schema_arrow.names)
        wanted = [name for name in (text_columns(file.schema_arrow) if columns is None else columns) if name in present]
        drop = naming(ids, wanted)
        return any(
            pc.any(drop(file.read_row_group(group, columns=wanted))).as_py()
            for group in range(file.num_row_groups)
            if wanted and _may_hold(file.metadata.row_group(group), wanted, ids)
        )


def rewrite(
    path: Path, target: Path, drop: Drop, change: Callable[[pa.Table], pa.Table] = lambda table: table, *, owner_only: bool = False
) -> int:
    """Write the rows of a file that stay to a target.

    The target is durable from then on. The number of rows that went is returned.

    change: is applied to the rows that stay. Where no row stays, an empty file is written.
    """
    aside = target.with_name(f".{target.name}.{os.getpid()}{ERASING}")
    went = 0
    with pq.ParquetFile(path) as file:
        compression = file.metadata.row_group(0).column(0).compression.lower() if file.num_row_groups else "zstd"
        with pq.ParquetWriter(aside, file.schema_arrow, compression="none" if compression == "uncompressed" else compression) as writer:
            for group in range(file.num_row_groups):
                table = file.read_row_group(group)
                stay = pc.invert(pc.fill_null(drop(table), fill_value=False))
                kept = table.filter(stay)
                went += len(table) - len(kept)
                if len(kept):
                    writer.write_table(change(kept).cast(file.schema_arrow))
    publish(aside, target, owner_only=owner_only)
    return went


def rows_in(path: Path) -> int:
    """Return the number of rows of a file, from its footer."""
    with pq.ParquetFile(path) as file:
        return int(file.metadata.num_rows)


def _names(column: pa.ChunkedArray, wanted: pa.Array) -> pa.ChunkedArray:
    if _is_list(column.type):
        flat = column.combine_chunks()
        found = set(pc.list_parent_indices(flat).filter(pc.is_in(pc.list_flatten(flat), wanted)).to_pylist())
        return pa.chunked_array([pa.array([row in found for row in range(len(column))], type=pa.bool_())])
    texts = column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
    texts = texts.cast(pa.string()) if texts.type != pa.string() else texts
    return pc.is_in(pc.utf8_trim_whitespace(texts), wanted)


def _may_hold(group: pq.RowGroupMetaData, columns: Sequence[str], ids: Collection[str]) -> bool:
    """Return whether statistics leave it open that one of the columns holds one of the ids."""
    for place in range(group.num_columns):
        column = group.column(place)
        if column.path_in_schema not in columns:
            if any(column.path_in_schema.startswith(f"{name}.") for name in columns):
                return True
            continue
        statistics = column.statistics
        if statistics is None or not statistics.has_min_max or not isinstance(statistics.min, str):
            return True
        # Statistics may be cut short: of the upper end only the beginning counts. Blanks around an id sort anywhere near the beginning.
        if any(statistics.min[:16] <= each and each[: len(statistics.max)] <= statistics.max for each in ids) or statistics.min[:1] <= " ":
            return True
    return False


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))
