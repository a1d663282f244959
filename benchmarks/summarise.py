"""Budget of ``summarise``: twice the time of hand-written DuckDB SQL, and 2 GiB.

For the same columns; memory per million customers.

``python -m benchmarks.summarise [--lines 20000000 --customers 1000000]`` makes a shop, runs both in turn, each in a child process so
that peak memory is its own, compares what they wrote, and then measures what merging days of 1, 2 and 4 times the size costs.
Processor seconds stand beside seconds: on a machine shared with others they are the steadier of the two.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import narwhals as nw

from benchmarks import summarise_sql
from features.summaries.summary import merge, summarise, summary_names
from otokui.domain import CutoffDate, Instant

CUTOFF = CutoffDate(Instant(summarise_sql.CUTOFF))
TABLES = ("orders", "order_lines", "products")
RATIO_BUDGET, GIB_BUDGET = 2.0, 2.0


def connect(memory: str) -> duckdb.DuckDBPyConnection:
    """Return DuckDB as the shop runs it: two threads, a stated memory, spilling to disk."""
    connection = duckdb.connect()
    connection.execute("SET threads = 2; SET preserve_insertion_order = false; SET enable_progress_bar = false")
    connection.execute("SET memory_limit = $limit", {"limit": memory})
    return connection


def ours(connection: duckdb.DuckDBPyConnection, shop: Path, out: Path) -> None:
    """Summarise through narwhals."""
    frames = {name: nw.from_native(connection.read_parquet(str(shop / f"{name}.parquet"))) for name in TABLES}
    summarise(frames, CUTOFF).to_native().write_parquet(str(out))


def peer(connection: duckdb.DuckDBPyConnection, shop: Path, out: Path) -> None:
    """Summarise by SQL written by hand."""
    connection.execute(f"COPY ({summarise_sql.query(shop)}) TO '{out}' (FORMAT parquet)")


RUNS = {"ours": ours, "peer": peer}


def child(run: str, shop: Path, out: Path, memory: str) -> None:
    """Carry out one run and print its seconds and peak memory as JSON."""
    connection = connect(memory)
    spill = out.with_suffix(".spill")
    connection.execute("SET temp_directory = $folder", {"folder": str(spill)})
    began = time.perf_counter()
    RUNS[run](connection, shop, out)
    seconds = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"seconds": seconds, "cpu": used.ru_utime + used.ru_stime, "gib": used.ru_maxrss / 2**20}))


def measured(run: str, shop: Path, memory: str) -> dict[str, float]:
    """Run one in a child process."""
    command = [sys.executable, "-m", "benchmarks.summarise", "--child", run, "--shop", str(shop), "--memory", memory]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def disagreements(shop: Path) -> list[str]:
    """Return the columns in which the two results differ by more than rounding."""
    connection = connect("2GB")
    written = f"read_parquet('{shop / 'ours.parquet'}') o FULL JOIN read_parquet('{shop / 'peer.parquet'}') p USING (customer_id)"
    names = [str(row[0]) for row in connection.execute(f"DESCRIBE SELECT * FROM read_parquet('{shop / 'peer.parquet'}')").fetchall()]
    columns = [name for name in names if name != "customer_id"]
    # Who has nothing but cancelled orders has sums of 0 in ours and none in the peer's.
    theirs = "CASE WHEN o.purchase_count = 0 THEN coalesce(p.{c}, o.{c}) ELSE p.{c} END"
    differs = f"o.{{c}} IS DISTINCT FROM {theirs} AND NOT coalesce(abs(o.{{c}} - {theirs}) <= 1e-9 * abs({theirs}), false)"
    tests = ", ".join(f"count(*) FILTER ({differs.format(c=c)})" for c in columns)
    (counts,) = connection.execute(f"SELECT {tests} FROM {written}").fetchall()
    return [name for name, differ in zip(columns, counts, strict=True) if differ]


def merging(shop: Path, memory: str) -> None:
    """Print the cost of merging one day's records, by the size of the day."""
    connection = connect(memory)
    older = nw.from_native(connection.read_parquet(str(shop / "ours.parquet")))
    for size in (1, 2, 4):
        seconds = []
        for attempt in range(3):
            since = summarise_sql.START + (100 + attempt * 10) * 86_400
            window = (nw.col("known_at") >= since) & (nw.col("known_at") < since + size * 86_400)
            frames = {name: nw.from_native(connection.read_parquet(str(shop / f"{name}.parquet"))) for name in TABLES}
            day = {name: frame if name == "products" else frame.filter(window) for name, frame in frames.items()}
            for name in ("orders", "order_lines"):
                # A night reads the night's files: cutting the day out of one large file is no part of merging.
                day[name].to_native().write_parquet(str(shop / f"day_{name}.parquet"))
                day[name] = nw.from_native(connection.read_parquet(str(shop / f"day_{name}.parquet")))
            began = time.perf_counter()
            summarise(day, CUTOFF).to_native().write_parquet(str(shop / "newer.parquet"))
            newer = nw.from_native(connection.read_parquet(str(shop / "newer.parquet")))
            touched = older.join(newer.select("customer_id"), on="customer_id", how="semi")
            merge(touched, newer).to_native().write_parquet(str(shop / "merged.parquet"))
            seconds.append(time.perf_counter() - began)
        (rows,) = connection.execute(f"SELECT count(*) FROM read_parquet('{shop / 'merged.parquet'}')").fetchall()
        print(f"merge/{size} day(s), {rows[0]} customers touched: {min(seconds):.2f} s")


def main() -> None:
    """Make the shop, run both in turn, and print seconds, ratio and memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=20_000_000)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--memory", default="1GB", help="DuckDB's memory limit, of both")
    parser.add_argument("--child", choices=sorted(RUNS))
    parser.add_argument("--shop", type=Path)
    arguments = parser.parse_args()
    if arguments.child:
        child(arguments.child, arguments.shop, arguments.shop / f"{arguments.child}.parquet", arguments.memory)
        return
    with tempfile.TemporaryDirectory() as folder:
        shop = Path(folder)
        summarise_sql.make_shop(connect("4GB"), shop, arguments.lines, arguments.customers)
        found: dict[str, list[dict[str, float]]] = {run: [] for run in RUNS}
        for _ in range(arguments.rounds):
            for run in ("peer", "ours"):
                found[run].append(measured(run, shop, arguments.memory))
                print("summarise/{}: {seconds:.1f} s, {cpu:.1f} s of processor, {gib:.2f} GiB".format(run, **found[run][-1]))
        ratios = {kind: min(r[kind] for r in found["ours"]) / min(r[kind] for r in found["peer"]) for kind in ("seconds", "cpu")}
        peak = max(r["gib"] for r in found["ours"])
        print(f"columns: {len(summary_names())}; differing: {disagreements(shop) or 'none'}")
        print(f"ratio: {ratios['seconds']:.2f} in seconds, {ratios['cpu']:.2f} in processor seconds (budget {RATIO_BUDGET})")
        print(f"peak memory: {peak:.2f} GiB for {arguments.customers:,} customers (budget {GIB_BUDGET} per million)")
        merging(shop, arguments.memory)


if __name__ == "__main__":
    main()
