"""Budget of training: a million customers x 12 cut-offs within 6 GiB.

And ten times the customers cost less than ten times the memory.

``python -m benchmarks.training [--customers 10000 100000 1000000]`` makes a shop of each size (8 orders a customer over five years,
as in `benchmarks.summarise`), and trains it whole in a child process, so that peak memory is its own: summaries at each cut-off,
vectors of the rows drawn, five labels fitted, judged and refitted. MLflow and promotion are left out: they do not grow with customers.
The purchases are drawn evenly over time, so what the models say means nothing; how long it takes and how much it holds does.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import narwhals as nw

from adapters.engines.duckdb_engine import DuckDbEngine
from adapters.shop_files.summary_files import read_batches
from benchmarks import summarise_sql
from benchmarks.summarise import connect
from features import fingerprint
from otokui.domain import Instant
from otokui.settings.settings import Settings
from pipelines.model_training.training_data import gather
from training.train import TrainingBasis, train

LINES_A_CUSTOMER = 20
GIB_BUDGET, GROWTH_BUDGET = 6.0, 10.0
TABLES = ("order_lines", "orders", "products")


@dataclass(frozen=True)
class MadeRecords:
    """Synthetic shop as record source: what was known before an instant.

    Cancellations after it not yet.
    """

    engine: DuckDbEngine
    shop: Path

    def tables(self) -> Sequence[str]:
        """Return the three tables."""
        return TABLES

    def frame(self, table: str, before: Instant, since: Instant | None = None) -> nw.LazyFrame[Any]:
        """Return the records of a table known in ``[since, before)``."""
        outcome = "" if table == "products" else f"REPLACE (CASE WHEN cancelled_at < {before} THEN cancelled_at END AS cancelled_at)"
        window = f"known_at < {before} AND known_at >= {0 if since is None else since}"
        return nw.from_native(self.engine.connection.sql(f"SELECT * {outcome} FROM read_parquet('{self._path(table)}') WHERE {window}"))

    def restated(self, since: Instant, before: Instant) -> Sequence[str]:
        """Return the customers of whom an older order was cancelled in ``[since, before)``."""
        changed = f"known_at < {since} AND cancelled_at >= {since} AND cancelled_at < {before}"
        query = f"SELECT DISTINCT customer_id FROM read_parquet('{self._path('orders')}') WHERE {changed} ORDER BY 1"
        return [str(customer_id) for (customer_id,) in self.engine.connection.execute(query).fetchall()]

    def _path(self, table: str) -> Path:
        return self.shop / f"{table}.parquet"


def child(shop: Path) -> None:
    """Train on the shop and print seconds and peak memory as JSON."""
    settings, through = Settings(), Instant(summarise_sql.CUTOFF)
    engine = DuckDbEngine(memory_limit=settings.stores.memory_limit, threads=settings.stores.threads, spill_folder=shop / "spill")
    began = time.perf_counter()
    material = gather(MadeRecords(engine, shop), engine, read_batches, settings, through)
    gathered, held = time.perf_counter(), _gib()
    result = train(
        TrainingBasis(
            material.datasets,
            material.history,
            settings.training,
            definitions=settings.definitions,
            train_through=through,
            fingerprint=fingerprint(),
            reference_days=material.planned.reference_days,
        ),
    )
    done = time.perf_counter()
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "gather": gathered - began,
                "train": done - gathered,
                "cpu": used.ru_utime + used.ru_stime,
                "gather_gib": held,
                "gib": _gib(),
                "rows": sum(len(each.vectors) for each in material.datasets),
                "share": material.share,
                "cutoffs": len(material.datasets),
                "labels": len(result.models),
            }
        )
    )


def _gib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main() -> None:
    """Train each synthetic shop in a child process; print its line, growth and budgets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--child", type=Path)
    arguments = parser.parse_args()
    if arguments.child:
        child(arguments.child)
        return
    found: dict[int, dict[str, float]] = {}
    for customers in sorted(arguments.customers):
        with tempfile.TemporaryDirectory(prefix="otokui-bench-") as folder:
            shop = Path(folder)
            summarise_sql.make_shop(connect("2GB"), shop, LINES_A_CUSTOMER * customers, customers)
            command = [sys.executable, "-m", "benchmarks.training", "--child", str(shop)]
            told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        found[customers] = json.loads(told.strip().splitlines()[-1])
        print(
            "train/{customers:,} customers x {cutoffs} cut-offs: {gather:.0f} s to summarise and derive, "
            "{train:.0f} s to fit {labels} labels, {cpu:.0f} s of processor, "
            "peak {gather_gib:.2f} then {gib:.2f} GiB, {rows:,} rows kept ({share:.1%})".format(customers=customers, **found[customers]),
            flush=True,
        )
    sizes = sorted(found)
    for small, large in pairwise(sizes):
        memory = found[large]["gib"] / found[small]["gib"]
        seconds = (found[large]["gather"] + found[large]["train"]) / (found[small]["gather"] + found[small]["train"])
        print(f"growth {large / small:.0f}x customers: {seconds:.1f}x time, {memory:.1f}x memory (budget {GROWTH_BUDGET:.0f}x)")
    print(f"peak memory: {found[sizes[-1]]['gib']:.2f} GiB for {sizes[-1]:,} customers (budget {GIB_BUDGET} GiB)")


if __name__ == "__main__":
    main()
