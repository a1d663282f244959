"""Product lists of every customer, published once a night as one file.

The digest of its contents names the file; lists are read by the hash of the customer id.
Lists are apart from summaries: a list is text of varying length, and a night without lists must not delay summaries.

::

    products/lists-<sha256, 16 digits>.parquet   customer_id, products, why: lists of equal length, best first
    products/current                             the name of the current file
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from adapters.files.atomic_files import publish, sha256
from adapters.online_store.snapshot_reader import hash_of
from decisions.selection.product_display import ProductLists
from otokui.frames import Ints, Texts

CURRENT: Final = "current"
SCHEMA: Final = pa.schema({"customer_id": pa.string(), "products": pa.list_(pa.string()), "why": pa.list_(pa.int16())})


def write_lists(parts: Iterator[pa.Table], folder: Path) -> str:
    """Write product lists, make them current, and return their name.

    The same lists give the same name.
    """
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".lists.{os.getpid()}.part"
    try:
        with pq.ParquetWriter(temporary, SCHEMA, compression="zstd") as file:
            for part in parts:
                file.write_table(part.cast(SCHEMA))
        name = f"lists-{sha256(temporary)[:16]}"
        publish(temporary, folder / f"{name}.parquet")
    finally:
        temporary.unlink(missing_ok=True)
    pointer = folder / f".{CURRENT}.{os.getpid()}.part"
    pointer.write_text(name, encoding="utf-8")
    publish(pointer, folder / CURRENT)
    for old in folder.glob("lists-*.parquet"):
        if old.stem != name:
            old.unlink(missing_ok=True)
    return name


def current_lists(folder: Path) -> str:
    """Return the name of the current lists, "" where there are none."""
    try:
        return (folder / CURRENT).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""


class ListStore:
    """The current product lists in memory, about 100 bytes a customer.

    Ids of products are held once.
    A customer is found by the 64-bit hash of the id; two of a million share one with a chance of 3e-8.
    """

    def __init__(self, folder: Path, name: str, most: int) -> None:
        table = pq.read_table(folder / f"{name}.parquet", schema=SCHEMA)
        self.name = name
        keys = np.frombuffer(b"".join(hash_of(str(c).encode()) for c in table["customer_id"].to_pylist()), dtype="<u8")
        order = np.argsort(keys, kind="stable")
        products = table["products"].combine_chunks()
        codes = products.values.dictionary_encode()
        self._ids: Texts = np.array([*codes.dictionary.to_pylist(), None], dtype=object)
        begin = products.offsets.to_numpy()
        size = np.diff(begin)
        flat = codes.indices.to_numpy(zero_copy_only=False).astype(np.int32)
        bits = table["why"].combine_chunks().values.to_numpy(zero_copy_only=False).astype(np.int16)
        self._products = np.full((len(size), most), -1, dtype=np.int32)
        self._why = np.zeros((len(size), most), dtype=np.int16)
        for rank in range(most):
            filled = size > rank
            self._products[filled, rank] = flat[begin[:-1][filled] + rank]
            self._why[filled, rank] = bits[begin[:-1][filled] + rank]
        self._keys, self._products, self._why = keys[order], self._products[order], self._why[order]

    def fetch(self, customer_ids: Sequence[str]) -> ProductLists:
        """Return the product lists of customers in their order, empty where there are none."""
        hashes = np.frombuffer(b"".join(hash_of(str(c).encode()) for c in customer_ids), dtype="<u8")
        if not len(self._keys) or not len(hashes):
            return nothing(len(hashes), self._products.shape[1])
        at = np.minimum(np.searchsorted(self._keys, hashes), len(self._keys) - 1)
        present = self._keys[at] == hashes
        codes = np.where(present[:, None], self._products[at], -1)
        why: Ints = np.where(present[:, None], self._why[at], 0).astype(np.int64)
        return ProductLists(self._ids[codes], why)


def nothing(customers: int, most: int) -> ProductLists:
    """Return empty product lists for so many customers."""
    return ProductLists(np.full((customers, most), None, dtype=object), np.zeros((customers, most), dtype=np.int64))
