"""Bodies on their way take nobody's place, and are bounded in time, number and bytes; the oldest makes room for the newest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx

from serving.http.problems import Refused
from serving.http.request_bodies import Reader

World = Any
"""tests/unit/serving/conftest.py"""

JSON = {"Content-Type": "application/json"}
ONE = b'{"customers":[{"customer_id":"ada"}]}'


class Body:
    """A body whose pieces come when they are put."""

    def __init__(self, *pieces: bytes) -> None:
        self.queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        for piece in pieces:
            self.put(piece)

    def put(self, piece: bytes, *, last: bool = False) -> None:
        self.queue.put_nowait({"type": "http.request", "body": piece, "more_body": not last})


async def asked(reader: Reader, body: Body) -> bytes | int:
    """Return the body, or the status it was refused with."""
    try:
        return await reader.read({}, body.queue.get)
    except Refused as refused:
        return refused.problem.status


def test_a_body_that_never_comes_is_408_and_holds_no_place(world: World) -> None:
    """Two calls may be answered at once; with five bodies on their way an honest one is still answered."""

    async def never() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(60)

    async def run() -> tuple[httpx.Response, list[httpx.Response]]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(world.app.asgi), base_url="http://127.0.0.1") as http:
            slow = [asyncio.create_task(http.post("/v1/decisions", content=never(), headers=JSON)) for _ in range(5)]
            await asyncio.sleep(0.01)
            honest = await http.post("/v1/decisions", content=ONE, headers=JSON)
            return honest, await asyncio.gather(*slow)

    world.app.asgi.reader.timeout_seconds = 0.3

    honest, slow = asyncio.run(run())

    assert honest.status_code == 200
    assert [(reply.status_code, reply.json()["type"], reply.headers["connection"]) for reply in slow] == [
        (408, "/problems/slow-body", "close")
    ] * 5


def test_one_body_too_many_costs_the_oldest() -> None:
    """The newest is whole; so is the second, which came after the first."""

    async def run() -> list[bytes | int]:
        reader = Reader(1_000, 60.0, most=2, most_bytes=10_000)
        bodies = [Body(b"1"), Body(b"2"), Body(b"3")]
        reads = [asyncio.create_task(asked(reader, body)) for body in bodies]
        await asyncio.sleep(0.01)
        for body in bodies[1:]:
            body.put(b"!", last=True)
        return await asyncio.gather(*reads)

    assert asyncio.run(run()) == [408, b"2!", b"3!"]


def test_more_bytes_than_there_may_be_cost_the_oldest() -> None:
    """Together they may hold 1,000; what was given up no longer counts."""

    async def run() -> tuple[list[bytes | int], int]:
        reader = Reader(600, 60.0, most=10, most_bytes=1_000)
        first, second = Body(b"a" * 500), Body(b"b" * 400)
        reads = [asyncio.create_task(asked(reader, body)) for body in (first, second)]
        await asyncio.sleep(0.01)
        second.put(b"b" * 150)
        await asyncio.sleep(0.01)
        second.put(b"", last=True)
        return await asyncio.gather(*reads), reader._bytes

    assert asyncio.run(run()) == ([408, b"b" * 550], 0)


def test_what_was_read_or_refused_no_longer_counts() -> None:
    """A body that is whole, one that is too large and one whose caller went away all leave nothing behind."""

    async def run() -> tuple[list[bytes | int], int, int]:
        reader = Reader(10, 60.0, most=10, most_bytes=1_000)
        whole, large, gone = Body(), Body(b"x" * 11), Body(b"x")
        whole.put(b"x", last=True)
        gone.queue.put_nowait({"type": "http.disconnect"})
        found = [await asked(reader, body) for body in (whole, large, gone)]
        return found, len(reader._arriving), reader._bytes

    assert asyncio.run(run()) == ([b"x", 413, 400], 0, 0)
