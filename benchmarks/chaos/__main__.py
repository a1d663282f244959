"""Mixed calls under faults: ``python -m benchmarks.chaos [--calls 100000] [--clients 64] [--kills 2] [--database sqlite|postgresql://…]``.

Clients decide, repeat keys, send events and feedback; 5% of the replies are thrown away and their calls repeated; the service is killed
(SIGKILL) and started again. Afterwards the ledger is held to every promise. Prints counts; ends with 1 where a promise was broken.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import aiohttp

from benchmarks.chaos.checks import check
from benchmarks.chaos.traffic import Client, Promises
from benchmarks.http.__main__ import free_port, ours, wait
from benchmarks.http.shop import made_shop
from otokui.domain import Instant
from otokui.settings.settings import in_shop, load

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Run the traffic and the checks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=2)
    parser.add_argument("--database", default="sqlite", help="sqlite, or the address of an empty PostgreSQL database")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="otokui-chaos-") as name:
        folder = Path(name)
        own = {} if asked.database == "sqlite" else {"stores": {"ledger_url": asked.database}}
        cutoff = Instant(int(time.time()) // 3_600 * 3_600)
        shop = made_shop(folder / "shop", asked.customers, cutoff, rounds=20, own=own or None)
        promises = asyncio.run(_run(shop.folder, shop.customer_ids, folder / "log", asked.calls, asked.clients, asked.kills))
        settings = load(shop.folder / "otokui.toml")
        broken = check(in_shop(settings.stores.ledger_url, shop.folder), promises, settings)
    print(f"database {asked.database.partition(':')[0]}; {sum(promises.statuses.values()):,} answers {dict(promises.statuses)}")
    print(
        f"{promises.lost:,} replies thrown away; {asked.kills} kills; {len(promises.replies):,} keys, {len(promises.contacts):,} contacts"
    )
    print(f"{len(promises.items):,} items promised; {len(promises.refused):,} refusals answered")
    for what, count in promises.odd.most_common(10):
        print(f"odd: {count} × {what}")
    print(broken)
    sys.exit(0 if broken.passed else 1)


async def _run(shop: Path, customers: list[str], log: Path, calls: int, clients: int, kills: int) -> Promises:
    port, promises = free_port(), Promises()
    running = _start(shop, port, log)
    began = time.monotonic()
    crowd = [Client(f"http://127.0.0.1:{port}", number, customers, promises) for number in range(clients)]
    timeout = aiohttp.ClientTimeout(total=30)
    async with aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=clients)) as session:
        work = asyncio.gather(*(client.run(session, calls // clients) for client in crowd))
        for kill in range(kills):
            while sum(promises.statuses.values()) < calls * (kill + 1) / (kills + 1) and not work.done():
                await asyncio.sleep(0.2)
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()
            running = await asyncio.to_thread(_start, shop, port, log)
        await work
    os.killpg(running.pid, signal.SIGTERM)
    running.wait()
    print(f"{calls:,} calls by {clients} clients in {time.monotonic() - began:.0f} s")
    return promises


def _start(shop: Path, port: int, log: Path) -> subprocess.Popen[bytes]:
    command, env = ours(shop, port)
    with log.open("ab") as out:
        process = subprocess.Popen(command, env=os.environ | env, cwd=ROOT, stdout=out, stderr=out, start_new_session=True)
    wait(f"http://127.0.0.1:{port}/readyz", process, 180.0, log)
    return process


if __name__ == "__main__":
    main()
