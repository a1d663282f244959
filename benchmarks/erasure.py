"""Benchmark of the erasure of one customer among many.

It erases in records, summaries, a snapshot, a run of decisions and the ledger. ``python -m benchmarks.erasure [CUSTOMERS]`` makes a shop of
so many customers (default: a million) with five orders each, and erases one.
Budget: a minute. It prints the seconds and what was rewritten.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from adapters.decision_archive.run_folder import claim
from adapters.online_store.snapshot_writer import write_snapshot
from features import summary_names
from otokui.domain import DAY, Instant
from pipelines.customer_data.erase import erase
from pipelines.ingestion.ingest import ingest
from pipelines.shop.init import init
from pipelines.shop.shop import Shop

BEGIN = Instant(1_704_067_200)  # 2024-01-01
ORDERS, PART = 5, 20_000


def made(folder: Path, customers: int) -> Shop:
    """Return a shop of so many customers, ready for an erasure.

    It has everything that an erasure has to go through.
    """
    rng = np.random.default_rng(1)
    ids = pl.Series("customer_id", [f"c-{n:07d}" for n in range(customers)])
    at = BEGIN + rng.integers(0, 365 * DAY, customers * ORDERS)
    rows = pl.DataFrame({"customer_id": pl.concat([ids] * ORDERS), "ordered_at": pl.from_epoch(pl.Series(at))})
    rows = rows.with_columns(ordered_at=pl.col("ordered_at").dt.replace_time_zone("UTC"), paid_amount=pl.lit(10.0))
    rows.write_parquet(folder / "transactions.parquet")
    consents = pl.DataFrame({"customer_id": ids, "channel": "email", "opted_in": True, "changed_at": "2024-01-01T00:00:00Z"})
    consents.write_parquet(folder / "consents.parquet")
    init(folder / "shop")
    shop = Shop(folder / "shop")
    sources = {name: str(folder / f"{name}.parquet") for name in ("transactions", "consents")}
    now = Instant(BEGIN + 400 * DAY)
    ingest(shop.folder, shop.settings, sources, now, ledger=shop.ledger)
    summaries = shop.summaries(now)
    write_snapshot(shop.chunks(summaries), shop.online, summary_names(), now)
    with claim(shop.folder / "decisions" / "night", {"run_digest": "bench"}) as run:
        parts = []
        for part, begin in enumerate(range(0, customers, PART)):
            some = ids[begin : begin + PART]
            parts.append(run.write_part(part, pa.table({"customer_id": some.to_arrow().cast(pa.string())}), {"rows": len(some)}))
        run.publish_manifest({"rows": customers, "parts": [{name: p[name] for name in ("file", "rows", "bytes", "sha256")} for p in parts]})
    return shop


def main() -> None:
    """Print how long one erasure takes."""
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory(prefix="otokui-erasure-") as folder:
        began = time.perf_counter()
        shop = made(Path(folder), customers)
        print(f"made a shop of {customers:,} customers in {time.perf_counter() - began:.1f} s")
        began, processor = time.perf_counter(), time.process_time()
        (proof,) = erase(shop, [f"c-{customers // 2:07d}"])
        seconds, processor = time.perf_counter() - began, time.process_time() - processor
        print(f"erased one of {customers:,} in {seconds:.1f} s ({processor:.1f} s of processor time; budget 60 s)")
        print(proof.to_text())


if __name__ == "__main__":
    main()
