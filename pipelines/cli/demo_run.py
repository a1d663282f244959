"""Demo on a real grocer: records, models, a decision for every customer, the service.

Each step calls what its verb calls, so that what the demo shows is what a shop gets.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from otokui.clock import now
from otokui.domain import Instant, show_instant
from otokui.errors import Unavailable
from otokui.settings.settings import DEFAULTS
from pipelines.cli.model_output import decided_text, training_text
from pipelines.decision_run.decision_operations import run_decide, run_materialise, run_predict
from pipelines.ingestion.ingest import ingest
from pipelines.model_training.model_operations import run_train
from pipelines.model_training.train import last_known
from pipelines.report.build import shop_report, write
from pipelines.report.page import render
from pipelines.shop.init import init
from pipelines.shop.readers import public_reader
from pipelines.shop.serve import ROOT, service_command, service_environment
from pipelines.shop.shop import Shop

START_SECONDS = 120.0
HOST = "127.0.0.1"


def demo(folder: Path, say: Callable[[str], None]) -> None:
    """Make the demo shop anew in ``folder``, from records to the service.

    ``say`` is called with the result of each step.
    """
    began = time.monotonic()
    shutil.rmtree(folder, ignore_errors=True)
    init(folder, settings=DEFAULTS.parent / "examples" / "complete-journey.toml")
    shop = Shop(folder)
    say("1. Records: a year of a real US grocer (dunnhumby, The Complete Journey), from its PyPI package")
    say(ingest(folder, shop.settings, public_reader("complete-journey"), now(), ledger=shop.ledger).render())

    shop = Shop(folder)
    as_of = last_known(shop.records, now())
    say("\n2. Models: LightGBM on rolling cut-offs, judged on customers and weeks they had not seen")
    say(training_text(run_train(shop, train_through=as_of, now=now(), progress=say)))

    say(f"\n3. Predictions for everybody, as of {show_instant(as_of, shop.settings.shop.timezone)}")
    predicted = run_predict(shop, as_of=as_of, out=folder / "predictions.parquet")
    say(f"{predicted.rows:,} customers in {predicted.path}; the first of them:")
    first = pq.ParquetFile(predicted.path).read_row_group(0).slice(0, 1).to_pylist()[0]
    say("   " + ", ".join(f"{name} {_short(first[name])}" for name in _SHOWN))

    say("\n4. Decisions: the right customer, message, time and channel, or silence, always with a reason")
    decided = folder / "decisions" / "demo"
    say(decided_text(run_decide(shop, as_of=as_of, out=decided), decided))

    page = folder / "report.html"
    write(render(shop_report(shop, as_of=as_of, now=now(), decisions=decided)), page)
    say(f"\n5. One page for people: {page}")

    say("\n6. The service, asked once over HTTP")
    run_materialise(shop, as_of=as_of)
    say(json.dumps(_decisions_over_http(folder, as_of, [_contacted(decided)]), indent=1, ensure_ascii=False))
    say(f"\ndone in {time.monotonic() - began:.0f} s; now your own records: otokui init SHOP, otokui ingest --shop SHOP transactions=FILE")


_SHOWN = ("customer_id", "p_purchase_7d", "p_purchase_30d", "days_to_next_median", "churn_probability", "future_loyal_probability", "state")


def _short(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _contacted(folder: Path) -> str:
    """Return a customer whom the run decided to contact, else the first customer."""
    table = pq.read_table(sorted(folder.glob("*.parquet")), columns=["customer_id", "status"]).to_pylist()
    return str(next((row["customer_id"] for row in table if row["status"] == "contact"), table[0]["customer_id"]))


def _decisions_over_http(shop: Path, as_of: Instant, customer_ids: list[str]) -> Any:
    """Start the service, ask for one decision without reserving anything, stop it, and return the answer."""
    with _running(shop) as address:
        body = {"as_of": show_instant(as_of), "customers": [{"customer_id": c} for c in customer_ids], "dry_run": True}
        request = urllib.request.Request(  # noqa: S310  our own service on the loopback
            f"{address}/v1/decisions", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as reply:  # noqa: S310
            return json.loads(reply.read())


@contextmanager
def _running(shop: Path) -> Iterator[str]:
    """Yield the address of a service that is ready; it is stopped at the end whatever happens."""
    port = _free_port()
    address = f"http://{HOST}:{port}"
    with (shop / "service.log").open("wb") as log:
        process = subprocess.Popen(service_command(HOST, port), env=service_environment(shop), cwd=ROOT, stdout=log, stderr=log)
        try:
            _wait(process, address, shop / "service.log")
            yield address
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=5):  # noqa: S310
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    raise Unavailable(f"the service did not become ready within {START_SECONDS:.0f} s", fix=f"read {log}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
