"""Summaries, snapshots, product lists and Feast's stores without erased customers.

All of them can be rebuilt from the records. Of published summaries the newest is rewritten and older ones are removed; for an earlier
cut-off they are built anew. A snapshot is never changed: a new one is published, and the service swaps to it.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from adapters.files.atomic_files import replace_text
from adapters.online_store.feast_manifest import MANIFEST
from adapters.online_store.product_lists import current_lists, write_lists
from adapters.online_store.snapshot_reader import CURRENT, SnapshotStore
from adapters.online_store.snapshot_writer import write_snapshot
from adapters.shop_files.erasure.parquet_rows import holds, naming, rewrite, rows_in
from otokui.frames import Batch

_KEY: Final = ("customer_id",)


def erase_summaries(folder: Path, ids: Collection[str], *, anew: bool) -> Counter[str]:
    """Erase customers from published summaries; ``anew``: remove all of them, because others' records changed too."""
    done: Counter[str] = Counter()
    found = [(json.loads(path.read_text(encoding="utf-8")), path.parent) for path in folder.glob("*/manifest.json")]
    found.sort(key=lambda each: (each[0]["cutoff"], each[0]["sequence"]))
    newest = found[-1][1] if found and not anew else None
    for told, place in found:
        path = place / "summaries.parquet"
        if place == newest:
            if holds(path, ids, _KEY):
                done["summaries"] += rewrite(path, path, naming(ids, _KEY))
            if told["rows"] != rows_in(path):  # also where a process died between the two files
                replace_text(place / "manifest.json", json.dumps(told | {"rows": rows_in(path)}, indent=1))
        elif anew or holds(path, ids, _KEY):
            done["summaries"] += 1
            shutil.rmtree(place)
    for aside in folder.glob(".*.part"):
        shutil.rmtree(aside, ignore_errors=True)
    return done


def erase_snapshots(online: Path, ids: Collection[str]) -> Counter[str]:
    """Publish the current snapshot without these customers, and remove every other one."""
    done: Counter[str] = Counter()
    if not (online / CURRENT).exists():
        return done
    name = (online / CURRENT).read_text(encoding="utf-8").strip()
    manifest = json.loads((online / name / "manifest.json").read_text(encoding="utf-8"))
    store = SnapshotStore(online, tuple(manifest["names"]))
    hit = int((~np.isnan(store.fetch(sorted(ids)).values).all(axis=1)).sum()) or _stands(online, ids)
    if hit:
        name, rows = write_snapshot(_others(store.batches(), ids), online, store.names, store.summarised_at)
        done["snapshots"] += len(store) - rows
    for other in [*online.glob("snapshot-*"), *online.glob(".snapshot-*.part")]:
        if other.name != name and (hit or other.name.startswith(".")):
            shutil.rmtree(other, ignore_errors=True)
    return done


def erase_lists(products: Path, ids: Collection[str]) -> Counter[str]:
    """Publish the product lists without these customers."""
    done: Counter[str] = Counter()
    name = current_lists(products)
    path = products / f"{name}.parquet"
    if name and path.exists() and holds(path, ids, _KEY):
        drop, before = naming(ids, _KEY), rows_in(path)
        with pq.ParquetFile(path) as file:
            groups = (file.read_row_group(group) for group in range(file.num_row_groups))
            name = write_lists((table.filter(pc.invert(drop(table))) for table in groups), products)
        done["product lists"] += before - rows_in(products / f"{name}.parquet")
    return done


def erase_feast(folder: Path, ids: Collection[str]) -> Counter[str]:
    """Erase customers from Feast's files and from its online store (SQLite or Redis)."""
    done: Counter[str] = Counter()
    if not (folder / MANIFEST).exists():
        return done
    manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    for path in sorted(folder.glob("*/*.parquet")):
        if holds(path, ids, _KEY):
            done["feast files"] += rewrite(path, path, naming(ids, _KEY))
    packed = folder / "packed" / f"{manifest['summarised_at']}.parquet"
    probes = [probe for probe in manifest.get("probes", []) if probe not in ids]
    told = manifest | {"rows": rows_in(packed), "probes": probes or _first(packed)}
    if told != manifest:
        replace_text(folder / MANIFEST, json.dumps(told, indent=1))
    from adapters.online_store.feast_erasure import delete_online  # Feast takes 7 to 11 s to import

    done["feast online store"] += delete_online(folder, sorted(ids))
    return done


def _stands(online: Path, ids: Collection[str]) -> int:
    """Return 1 where an older snapshot may name a customer that the current one does not."""
    return int(any(each.encode() in (folder / "ids.txt").read_bytes() for folder in online.glob("snapshot-*") for each in ids))


def _others(parts: Iterator[Batch], ids: Collection[str]) -> Iterator[Batch]:
    for part in parts:
        stay = np.array([customer_id not in ids for customer_id in part.customer_ids.tolist()], dtype=bool)
        yield part if stay.all() else part.rows(np.flatnonzero(stay))


def _first(packed: Path) -> list[str]:
    with pq.ParquetFile(packed) as file:
        part = next(file.iter_batches(batch_size=8, columns=list(_KEY)), None)
    return [] if part is None else [str(each) for each in pa.Table.from_batches([part])["customer_id"].to_pylist()]
