"""Records of erased customers: batches rewritten beside the old files.

The log entry of a batch makes the new files current. Each batch is replaced by one rename of its entry
(``adapters.records.store.commit_log``). What a killed process leaves are files that no entry names, which the next writer removes. An order
that came to another customer by a correction is that customer's: it stays, and forgets whose it was before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from adapters.records.store.commit_log import Commit, RecordFile, RecordLog
from adapters.records.store.layout import LAYOUTS, TableLayout
from adapters.records.store.parquet_writer import described
from adapters.records.store.sql import connect, names, stored
from adapters.shop_files.erasure.parquet_rows import Drop, holds, naming, rewrite, rows_in, text_columns

_FORMER: Final = "was_customer_id"
_OWNERS: Final = ("customer_id", _FORMER)
_KEY_SEPARATOR: Final = "\x1f"


@dataclass(slots=True)
class ErasedRecords:
    """Counts of erased rows by table and of the quarantine, with their orders.

    It also says whether others' history changed with them.
    """

    rows: Counter[str] = field(default_factory=Counter)
    quarantined: int = 0
    orders: set[str] = field(default_factory=set)
    restated: bool = False


def erase_records(log: RecordLog, quarantine: Path, ids: Collection[str], bury_orders: Callable[[Collection[str]], None]) -> ErasedRecords:
    """Erase customers from committed records and from the quarantine.

    Nothing is done where they are not on record.

    bury_orders: is told the orders before their records go, so that a process that dies in between loses none.

    Raises:
        Conflict: an ingest is running.
    """
    done = ErasedRecords()
    with log.writing():
        log.sweep(quarantine)
        commits = log.commits()
        drops = {table: drop for table, layout in LAYOUTS.items() if (drop := _drop_of(log, commits, layout, ids, done)) is not None}
        bury_orders(done.orders)
        for commit in commits:
            _rewrite_batch(log, commit, drops, ids, done)
        for path in sorted(quarantine.glob("*/*.parquet")):
            _erase_quarantined(path, ids, done)
    return done


def _drop_of(log: RecordLog, commits: Iterable[Commit], layout: TableLayout, ids: Collection[str], done: ErasedRecords) -> Drop | None:
    """Return what drops a table's rows of these customers, None where there are none."""
    columns = [name for name in (*_OWNERS, "alias_id") if name in (*layout.stored, *layout.visible)]
    paths = [log.records / file.path for commit in commits for file in commit.files if file.table == layout.table]
    hit = [path for path in paths if columns and holds(path, ids, columns)]
    if not hit:
        return None
    of_ids = naming(ids, [name for name in columns if name != _FORMER])
    if not layout.moves:
        return of_ids
    keys = _keys_gone(layout, hit, paths, ids, done)
    key = pa.array(sorted(keys), type=pa.string())

    def drop(table: pa.Table) -> pa.ChunkedArray:
        parts = [pc.fill_null(table[name].cast(pa.string()), "") for name in layout.key]
        return pc.or_(of_ids(table), pc.is_in(pc.binary_join_element_wise(*parts, _KEY_SEPARATOR), key))

    return drop


def _keys_gone(layout: TableLayout, hit: list[Path], paths: list[Path], ids: Collection[str], done: ErasedRecords) -> set[str]:
    """Return the keys whose newest version belongs to these customers: every version of them goes."""
    key, wanted = names(layout.key), ", ".join(["?"] * len(ids))
    joined = f"concat_ws('{_KEY_SEPARATOR}', {', '.join(f'coalesce(CAST({name} AS VARCHAR), {chr(39) * 2})' for name in layout.key)})"
    with closing(connect(memory_limit="1GB", threads=2, spill_folder=paths[0].parent.parent.parent / "_staging" / "spill")) as db:
        # Of most orders every version lies in files that hold the customer already; the others are looked up by their keys.
        touched = f"SELECT DISTINCT {key} FROM {stored(layout, hit)} WHERE customer_id IN ({wanted})"
        db.execute(f"CREATE TEMP TABLE touched AS {touched}", list(ids))
        newest = f"""
            SELECT {key}, customer_id, {joined} AS joined FROM {stored(layout, paths)} SEMI JOIN touched USING ({key})
            QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY version_at DESC, revision DESC) = 1"""
        gone = {row[0] for row in db.execute(f"SELECT joined FROM ({newest}) WHERE customer_id IN ({wanted})", list(ids)).fetchall()}
        others = db.execute(
            f"""
            SELECT count(*) FROM {stored(layout, paths)} SEMI JOIN touched USING ({key}) WHERE customer_id NOT IN ({wanted})""",
            list(ids),
        )
        row = others.fetchone()
        done.restated |= bool(row and row[0])
        if layout.table == "orders":
            rows = db.execute(f"SELECT DISTINCT order_id FROM ({newest}) WHERE customer_id IN ({wanted})", list(ids)).fetchall()
            done.orders |= {str(order_id) for (order_id,) in rows}
    return gone


def _rewrite_batch(log: RecordLog, commit: Commit, drops: dict[str, Drop], ids: Collection[str], done: ErasedRecords) -> None:
    files: list[RecordFile] = []
    replaced: list[Path] = []
    for file in commit.files:
        path = log.records / file.path
        layout = LAYOUTS[file.table]
        columns = [name for name in (*_OWNERS, "alias_id") if name in (*layout.stored, *layout.visible)]
        drop = drops.get(file.table)
        # A version of a moved order may lie in a file in which no customer is named.
        if drop is None or not (done.restated or holds(path, ids, columns)):
            files.append(file)
            continue
        target = _next_name(path)
        went = rewrite(path, target, drop, lambda table: _forget_former(table, ids), owner_only=True)
        replaced.append(path)
        done.rows[file.table] += went
        if went < file.rows:
            with closing(connect(memory_limit="1GB", threads=2, spill_folder=log.staging / "spill")) as db:
                files.append(described(db, layout, target, log.records))
        else:
            target.unlink()
    if replaced:
        log.commit(replace(commit, files=tuple(files)))
        for path in replaced:
            path.unlink()


def _forget_former(table: pa.Table, ids: Collection[str]) -> pa.Table:
    """Empty the former customer of rows that stay, where it is one of these."""
    if _FORMER not in table.column_names:
        return table
    column = table[_FORMER].cast(pa.string())
    gone = pc.is_in(column, pa.array(sorted(ids), type=pa.string()))
    return table.set_column(table.column_names.index(_FORMER), _FORMER, pc.if_else(gone, pa.scalar(None, pa.string()), column))


def _next_name(path: Path) -> Path:
    """Return a name beside a file that no file has."""
    number = 1
    while (target := path.with_name(f"{path.stem}.{number}{path.suffix}")).exists():
        number += 1
    return target


def _erase_quarantined(path: Path, ids: Collection[str], done: ErasedRecords) -> None:
    """Erase quarantined rows, which hold the texts of a file: any column may name the customer or an order of theirs."""
    named = {*ids, *done.orders}
    if not holds(path, named):
        return
    done.quarantined += rewrite(path, path, naming(named, text_columns(pq.read_schema(path))), owner_only=True)
    if not rows_in(path):
        path.unlink()
