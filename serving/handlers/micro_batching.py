"""Micro-batching: calls that arrive while others are answered form the next batch.

One customer costs nearly as much as sixteen, because most of a call is the fixed cost of numpy, LightGBM and one durable
transaction. One worker thread answers; the calls queued when it returns are its next batch. A single call is answered at once.
After calls that came together the worker waits, for two milliseconds at most, until as many have arrived again. Without the
wait sixteen callers would fall into two halves that wait for each other. The event loop stays free for the probes.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

RequestT = TypeVar("RequestT")
Reply = TypeVar("Reply")


LINGER_SECONDS = 0.002
_FORGETS = 0.8
"""Decay of the expected batch size per batch; a dozen single calls bring it back to one."""


@dataclass(slots=True)
class _Waiting(Generic[RequestT, Reply]):
    request: RequestT
    size: int
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Reply]


@dataclass(slots=True)
class MicroBatcher(Generic[RequestT, Reply]):
    """Queue that hands micro-batches of requests to ``work``.

    work: returns a reply or an error for each request. most: the largest sum of sizes in a batch; a single request may be larger.
    """

    work: Callable[[Sequence[RequestT]], Sequence[Reply | Exception]]
    most: int = 1_000
    _queue: queue.SimpleQueue[_Waiting[RequestT, Reply] | None] = field(default_factory=queue.SimpleQueue)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the worker thread."""
        self._thread = threading.Thread(target=self._run, name="otokui-answers", daemon=True)
        self._thread.start()

    def stop(self, timeout_seconds: float = 5.0) -> None:
        """Answer the requests in the queue, then stop the worker."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join(timeout_seconds)
            self._thread = None

    async def __call__(self, request: RequestT, size: int) -> Reply:
        """Return the reply to one request; ``size`` counts towards the batch's limit."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Reply] = loop.create_future()
        self._queue.put(_Waiting(request, size, loop, future))
        return await future

    def _run(self) -> None:
        held_over: _Waiting[RequestT, Reply] | None = None
        expected = 1.0
        while True:
            first = held_over or self._queue.get()
            held_over = None
            if first is None:
                return
            batch, total, last = [first], first.size, False
            until = time.monotonic() + LINGER_SECONDS
            while total < self.most:
                # With an expected batch of 1.0 to 1.5 no further call is expected, and none is waited for.
                wait = until - time.monotonic() if len(batch) + 0.5 < expected else 0.0
                try:
                    more = self._queue.get(timeout=wait) if wait > 0.0 else self._queue.get_nowait()
                except queue.Empty:
                    break
                if more is None:
                    last = True
                    break
                if total + more.size > self.most:
                    held_over = more
                    break
                batch.append(more)
                total += more.size
            expected = max(float(len(batch)), _FORGETS * expected)
            self._answer(batch)
            if last:
                return

    def _answer(self, batch: list[_Waiting[RequestT, Reply]]) -> None:
        try:
            replies = self.work([waiting.request for waiting in batch])
        except Exception as error:  # every waiting caller gets the error
            replies = [error] * len(batch)
        # One wake-up for the whole batch: each costs a system call.
        try:
            batch[0].loop.call_soon_threadsafe(_deliver, batch, replies)
        except RuntimeError:  # the event loop has closed: no caller waits any more
            return


def _deliver(batch: list[_Waiting[RequestT, Reply]], replies: Sequence[Reply | Exception]) -> None:
    for waiting, reply in zip(batch, replies, strict=True):
        if waiting.future.done():  # the caller has given up
            continue
        if isinstance(reply, Exception):
            waiting.future.set_exception(reply)
        else:
            waiting.future.set_result(reply)
