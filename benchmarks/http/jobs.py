"""Decision job of 100,000 customers, and single calls beside it: `python -m benchmarks.http.jobs`.

Calls are measured without a job and while one runs, in turn; ratios are what to read. A job comes to its own instant each time, so that it
reserves anew.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import polars as pl

from adapters.online_store.snapshot_reader import SnapshotStore
from adapters.online_store.snapshot_writer import write_snapshot
from benchmarks.http.__main__ import free_port, load, ours, started
from benchmarks.http.shop import made_shop
from features import summary_names
from otokui.domain import DAY, Instant, show_instant
from otokui.frames import Batch, texts
from pipelines.shop.shop import Shop

TARGET_RATIO = 2.0


def enlarged(folder: Path, customers: int, cutoff: Instant, times: int) -> list[str]:
    """Make a shop whose customers stand there several times under other ids; return all ids."""
    made = made_shop(folder, customers, cutoff)
    rows = SnapshotStore(folder / "online", summary_names()).fetch(made.customer_ids)
    ids = [f"{customer_id}-{turn}" for turn in range(times) for customer_id in made.customer_ids]
    write_snapshot(iter([Batch(texts(ids), rows.names, np.tile(rows.values, (times, 1)))]), folder / "online", summary_names(), cutoff)
    shop = Shop(folder)
    channels = [channel.name for channel in shop.settings.channels if channel.needs_consent][:3]
    pairs = [(customer_id, channel) for customer_id in ids for channel in channels]
    consents = pl.DataFrame(pairs, schema=["customer_id", "channel"], orient="row")
    shop.ledger.import_consents(consents.with_columns(opted_in=True, changed_at=cutoff - 30 * DAY, known_at=cutoff - 30 * DAY))
    return ids


def job_under_load(http: httpx.Client, address: str, ids: Path, as_of: Instant, concurrency: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Post a job, load the service with calls; return the job and the times."""
    path = http.post("/v1/decision-jobs", json={"as_of": show_instant(as_of, "UTC")}).headers["location"]
    while http.get(path).json()["status"] == "queued":
        time.sleep(0.2)
    seconds, job = 2.0, http.get(path).json()
    rounds = []
    while job["status"] == "running":
        rounds.append(load(address, ids, concurrency, 1, seconds))
        job = http.get(path).json()
    noticed = {name: float(np.mean([each[name] for each in rounds[:-1] or rounds])) for name in ("p50_ms", "p99_ms", "failed")}
    return job, noticed


def main() -> None:
    """Print seconds of a job, and p50 and p99 of calls with and without it."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=10, help="how often each customer stands there")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--concurrency", type=int, default=1)
    given = parser.parse_args()
    cutoff = Instant(int(time.time()) // 3_600 * 3_600)
    with tempfile.TemporaryDirectory(prefix="otokui-jobs-") as aside:
        folder = Path(aside)
        names = enlarged(folder / "shop", given.customers, cutoff, given.times)
        (folder / "ids").write_text("\n".join(names), encoding="utf-8")
        port = free_port()
        command, env = ours(folder / "shop", port)
        with (
            started(command, env | {"BENTOML_HOME": str(folder / "bentoml")}, port, folder / "log") as running,
            httpx.Client(base_url=running.address, timeout=60.0) as http,
        ):
            print(
                "| round | customers | job, s | customers/s | p50 alone, ms | p50 beside a job | p99 alone, ms | p99 beside a job | ratio |"
            )
            print("|---|---|---|---|---|---|---|---|---|")
            ratios = []
            for turn in range(given.rounds):
                alone = load(running.address, folder / "ids", given.concurrency, 1, 10.0)
                job, beside = job_under_load(http, running.address, folder / "ids", Instant(cutoff + (turn + 1) * DAY), given.concurrency)
                took = (datetime.fromisoformat(job["ended_at"]) - datetime.fromisoformat(job["started_at"])).total_seconds()
                ratios.append(beside["p99_ms"] / alone["p99_ms"])
                times = f"{alone['p50_ms']:.2f} | {beside['p50_ms']:.2f} | {alone['p99_ms']:.2f} | {beside['p99_ms']:.2f}"
                print(f"| {turn + 1} | {len(names):,} | {took:.0f} | {len(names) / took:,.0f} | {times} | {ratios[-1]:.2f} |", flush=True)
            verdict = "met" if min(ratios) <= TARGET_RATIO else "MISSED"
            print(f"\np99 of single calls beside a job: {min(ratios):.2f} times that without it (target <= {TARGET_RATIO:g}) {verdict}")


if __name__ == "__main__":
    main()
