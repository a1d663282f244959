"""Load generator in its own process: N connections, each a closed loop.

Each sends the next request when the last one is answered.

The loop is closed: a slow service is asked less often, so its p99 looks better here than under a fixed rate (coordinated
omission). Both services are measured alike, so the ratios hold; the absolute p99 is of this kind of load.
Sockets and no HTTP client library: at a millisecond a call, httpx would measure itself.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Measured:
    """What a run came to; times in milliseconds."""

    calls: int
    customers: int
    failed: int
    seconds: float
    decisions_per_second: float
    p50_ms: float
    p99_ms: float


async def _one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes, body: bytes) -> int:
    writer.write(head + b"content-length: %d\r\n\r\n" % len(body) + body)
    answer = await reader.readuntil(b"\r\n\r\n")
    status = int(answer[9:12])
    length = 0
    for line in answer.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line[15:])
    await reader.readexactly(length)
    return status


async def run(url: str, ids: list[str], per_call: int, concurrency: int, seconds: float, warm_up_seconds: float, key: str) -> Measured:
    """Ask for ``per_call`` customers at a time over ``concurrency`` connections.

    key: an API key, '' for none.
    """
    parts = urlsplit(url)
    bearer = f"authorization: Bearer {key}\r\n" if key else ""
    head = f"POST {parts.path} HTTP/1.1\r\nhost: {parts.netloc}\r\ncontent-type: application/json\r\n{bearer}".encode()
    times: list[float] = []
    failed = 0
    begin = time.perf_counter() + warm_up_seconds
    end = begin + seconds

    async def connection(seed: int) -> None:
        nonlocal failed
        rng = random.Random(seed)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=1 << 24)
        while (now := time.perf_counter()) < end:
            body = json.dumps({"customers": [{"customer_id": rng.choice(ids)} for _ in range(per_call)]}).encode()
            sent = time.perf_counter()
            status = await _one(reader, writer, head, body)
            if now >= begin:
                times.append(time.perf_counter() - sent)
                failed += status != 200
        writer.close()

    await asyncio.gather(*(connection(seed) for seed in range(concurrency)))
    took = max(time.perf_counter() - begin, 1e-9)
    ranked = sorted(times)
    customers = len(times) * per_call
    return Measured(
        len(times),
        customers,
        failed,
        round(took, 3),
        round(customers / took, 1),
        round(1e3 * ranked[len(ranked) // 2], 3),
        round(1e3 * ranked[min(len(ranked) - 1, int(0.99 * len(ranked)))], 3),
    )


def main() -> None:
    """Measure one service and print one JSON object."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("url")
    parser.add_argument("--ids", required=True, help="a file with one customer id a line")
    parser.add_argument("--per-call", type=int, default=1)
    parser.add_argument("--concurrency", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--warm-up-seconds", type=float, default=1.0)
    parser.add_argument("--key", default="", help="an API key, where the service asks for one")
    given = parser.parse_args()
    with open(given.ids, encoding="utf-8") as file:
        ids = file.read().split("\n")
    measured = asyncio.run(run(given.url, ids, given.per_call, given.concurrency, given.seconds, given.warm_up_seconds, given.key))
    print(json.dumps(asdict(measured)))


if __name__ == "__main__":
    main()
