"""Benchmark of the inbox over HTTP: `python -m benchmarks.http.events`.

Events a second that are durable, in calls of 100, and p99 of a decision with and without a stream of events beside it. One shop, one
service, load from processes of its own. The ratio is what to read: the machine is shared.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.http.__main__ import free_port, ours, started
from benchmarks.http.shop import made_shop
from otokui.clock import now
from otokui.domain import Instant

PER_CALL = 100
TYPES = ("page_view", "product_view", "cart_add", "search")


def items(chance: random.Random, ids: list[str], number: int) -> list[dict[str, Any]]:
    """Return a call's items: visits, and one order in twenty."""
    at = datetime.now(UTC).isoformat()
    made: list[dict[str, Any]] = []
    for place in range(PER_CALL):
        named = {"event_id": f"{number}-{place}", "customer_id": chance.choice(ids)}
        if place % 20:
            made.append(named | {"kind": "behaviour", "type": chance.choice(TYPES), "occurred_at": at, "product_id": "p-1"})
        else:
            line = {"product_id": "p-1", "quantity": 1, "paid_amount": 900}
            made.append(named | {"kind": "order", "order_id": f"o-{number}-{place}", "ordered_at": at, "place": "ec", "lines": [line]})
    return made


async def feed(url: str, ids: list[str], connections: int, seconds: float, events_per_second: float) -> dict[str, Any]:
    """Send calls of events for some seconds.

    events_per_second: at most so many; 0 = no limit.
    """
    parts = urlsplit(url)
    head = f"POST /v1/events HTTP/1.1\r\nhost: {parts.netloc}\r\ncontent-type: application/json\r\n".encode()
    accepted, failed, begin = 0, 0, time.perf_counter()

    async def connection(seed: int) -> None:
        nonlocal accepted, failed
        chance, call = random.Random(seed), 0
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=1 << 24)
        while time.perf_counter() - begin < seconds:
            body = json.dumps({"items": items(chance, ids, (seed << 40) + (os.getpid() << 20) + call)}).encode()
            call += 1
            writer.write(head + b"content-length: %d\r\n\r\n" % len(body) + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            length = next(int(line[15:]) for line in answer.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            reply = await reader.readexactly(length)
            if answer[9:12] == b"200":
                accepted += json.loads(reply)["accepted"]
            else:
                failed += 1
            if events_per_second:
                due = begin + call * PER_CALL * connections / events_per_second
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
        writer.close()

    await asyncio.gather(*(connection(seed) for seed in range(connections)))
    took = time.perf_counter() - begin
    return {"accepted": accepted, "failed": failed, "events_per_second": round(accepted / took)}


def decisions(address: str, ids: Path, concurrency: int, seconds: float) -> dict[str, Any]:
    """Return what the load generator of decisions measures."""
    command = [sys.executable, "-m", "benchmarks.http.load", f"{address}/v1/decisions", "--ids", str(ids)]
    more = ["--concurrency", str(concurrency), "--seconds", str(seconds)]
    measured: dict[str, Any] = json.loads(subprocess.run([*command, *more], check=True, capture_output=True, text=True).stdout)
    return measured


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--customers", type=int, default=2_000)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--stream", type=float, default=1_000.0, help="events a second beside the decisions")
    parser.add_argument("--ledger", default="", help="SQLAlchemy URL of the ledger (default: SQLite in the shop)")
    parser.add_argument("--feed", default="", help="only send events to this address")
    parser.add_argument("--ids", default="")
    given = parser.parse_args()
    if given.feed:
        names = Path(given.ids).read_text(encoding="utf-8").split("\n")
        print(json.dumps(asyncio.run(feed(given.feed, names, given.connections, given.seconds, given.stream))))
        return
    with tempfile.TemporaryDirectory() as folder:
        own = {"stores": {"ledger_url": given.ledger}} if given.ledger else None
        shop = made_shop(Path(folder) / "shop", given.customers, Instant(now() - 3_600), rounds=20, own=own)
        ids = Path(folder) / "ids.txt"
        ids.write_text("\n".join(shop.customer_ids), encoding="utf-8")
        port = free_port()
        command, env = ours(shop.folder, port)
        with started(command, env, port, Path(folder) / "log") as running:
            feeder = [sys.executable, "-m", "benchmarks.http.events", "--feed", running.address, "--ids", str(ids)]
            alone = [decisions(running.address, ids, concurrency, given.seconds) for concurrency in (1, 16)]
            stream = [*feeder, "--connections", "2", "--seconds", str(2 * given.seconds + 8), "--stream", str(given.stream)]
            with subprocess.Popen(stream, stdout=subprocess.PIPE, text=True) as beside:
                streamed = [decisions(running.address, ids, concurrency, given.seconds) for concurrency in (1, 16)]
                told = json.loads(beside.communicate()[0])
            most = [*feeder, "--connections", str(given.connections), "--seconds", str(given.seconds), "--stream", "0"]
            durable = json.loads(subprocess.run(most, check=True, capture_output=True, text=True).stdout)
    print(f"{durable['events_per_second']:,} events/s durable, calls of {PER_CALL} over {given.connections} connections")
    print(f"calls that failed: {durable['failed']}")
    for name, before, after in zip((1, 16), alone, streamed, strict=True):
        ratio = after["p99_ms"] / before["p99_ms"]
        print(
            f"p99 of a decision, {name} connections: {before['p99_ms']} ms alone, {after['p99_ms']} ms beside "
            f"{told['events_per_second']:,} events/s ({ratio:.2f} times); p50 {before['p50_ms']} and {after['p50_ms']} ms"
        )


if __name__ == "__main__":
    main()
