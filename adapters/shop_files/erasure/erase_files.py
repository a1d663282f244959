"""Erasure of customers from a shop's folder, step after step.

Any step may be repeated after a crash. Records first, so that nothing that is made from them afterwards names the customers; runs that are
under way are waited for, because they began before. At the end every file is searched.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.files.shop_lock import alone
from adapters.records.store.commit_log import RecordLog
from adapters.shop_files.erasure.derived_files import erase_feast, erase_lists, erase_snapshots, erase_summaries
from adapters.shop_files.erasure.other_files import Search, erase_others, search
from adapters.shop_files.erasure.record_files import erase_records
from adapters.shop_files.erasure.run_files import erase_run, run_folders

WAIT_SECONDS: Final = 600.0
"""How long commands and runs that are under way are waited for."""


@dataclass(frozen=True, slots=True)
class ErasedFiles:
    """Rows and names that went, by store, and the search at the end."""

    counts: Mapping[str, int]
    search: Search


def erase_files(
    shop: Path,
    ids: Collection[str],
    *,
    ledger: Collection[Path] = (),
    bury_orders: Callable[[Collection[str]], None] = lambda _: None,
    wait_seconds: float = WAIT_SECONDS,
) -> ErasedFiles:
    """Erase customers from every file of a shop's folder.

    ledger: the files of the ledger. bury_orders: is told the orders of the customers before their records go.

    Raises:
        Conflict: another command or a run is still working on the files.
        Unavailable: a file or a store cannot be written; the same call goes on from there.
    """
    counts: Counter[str] = Counter()
    with alone(shop, wait_seconds):
        records = erase_records(RecordLog(shop / "records"), shop / "quarantine", ids, bury_orders)
        counts.update({f"records: {table}": rows for table, rows in records.rows.items()})
        counts["quarantine"] = records.quarantined
        counts += erase_summaries(shop / "summaries", ids, anew=records.restated)
        online = shop / "online"
        counts += erase_snapshots(online, ids) + erase_feast(online / "feast", ids) + erase_lists(online / "products", ids)
        for folder in run_folders(shop):
            counts += erase_run(folder, ids, wait_seconds)
        for inputs in (shop / "jobs").glob("*/inputs"):
            counts += erase_snapshots(inputs, ids) + erase_lists(inputs / "products", ids)
        counts += erase_others(shop, ids, ledger)
        return ErasedFiles({store: rows for store, rows in sorted(counts.items()) if rows}, search(shop, ids, ledger))
