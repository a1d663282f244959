"""Calls that arrive while one is being answered are answered together.

One customer costs nearly what sixteen cost, because most of a call is the fixed price of numpy, LightGBM and one
durable transaction. So there is one worker thread; whatever has queued up when it comes back is its next batch.
Who comes alone is answered at once. Only where calls have just been coming together does the worker wait, for two
milliseconds at most, until as many are there again: otherwise sixteen callers fall into two halves that wait for
each other. The event loop stays free for the probes.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Ask = TypeVar("Ask")
Reply = TypeVar("Reply")


LINGER_SECONDS = 0.002
_FORGETS = 0.8
"""What remains of an expected crowd after a batch without it: a dozen calls later, whoever is alone waits for nobody."""


@dataclass(slots=True)
class _Waiting(Generic[Ask, Reply]):
    ask: Ask
    size: int
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Reply]


@dataclass(slots=True)
class Gatherer(Generic[Ask, Reply]):
    """Hands batches of asks to ``work``, which returns for each a reply or the exception to raise.

    most: the largest sum of sizes in a batch; a single ask may be larger.
    """

    work: Callable[[Sequence[Ask]], Sequence[Reply | Exception]]
    most: int = 1_000
    _queue: queue.SimpleQueue[_Waiting[Ask, Reply] | None] = field(default_factory=queue.SimpleQueue)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the worker."""
        self._thread = threading.Thread(target=self._run, name="otokui-answers", daemon=True)
        self._thread.start()

    def stop(self, timeout_seconds: float = 5.0) -> None:
        """Answer what has arrived, then stop."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join(timeout_seconds)
            self._thread = None

    async def __call__(self, ask: Ask, size: int) -> Reply:
        """Return the reply to one ask; ``size`` is what it counts towards a batch."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Reply] = loop.create_future()
        self._queue.put(_Waiting(ask, size, loop, future))
        return await future

    def _run(self) -> None:
        kept: _Waiting[Ask, Reply] | None = None
        crowd = 1.0
        while True:
            first = kept or self._queue.get()
            kept = None
            if first is None:
                return
            batch, total, last = [first], first.size, False
            until = time.monotonic() + LINGER_SECONDS
            while total < self.most:
                # With a crowd of 1.0 to 1.5 nobody else is expected, and what has not come yet is not waited for.
                patience = until - time.monotonic() if len(batch) + 0.5 < crowd else 0.0
                try:
                    more = self._queue.get(timeout=patience) if patience > 0.0 else self._queue.get_nowait()
                except queue.Empty:
                    break
                if more is None:
                    last = True
                    break
                if total + more.size > self.most:
                    kept = more
                    break
                batch.append(more)
                total += more.size
            crowd = max(float(len(batch)), _FORGETS * crowd)
            self._answer(batch)
            if last:
                return

    def _answer(self, batch: list[_Waiting[Ask, Reply]]) -> None:
        try:
            replies = self.work([waiting.ask for waiting in batch])
        except Exception as error:  # whoever waits must hear of it
            replies = [error] * len(batch)
        # One wake-up for the whole batch: each costs a system call.
        try:
            batch[0].loop.call_soon_threadsafe(_deliver, batch, replies)
        except RuntimeError:  # the loop has closed: nobody is waiting any more
            return


def _deliver(batch: list[_Waiting[Ask, Reply]], replies: Sequence[Reply | Exception]) -> None:
    for waiting, reply in zip(batch, replies, strict=True):
        if waiting.future.done():  # given up by its caller
            continue
        if isinstance(reply, Exception):
            waiting.future.set_exception(reply)
        else:
            waiting.future.set_result(reply)
