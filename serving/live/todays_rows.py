"""Rows of today over last night's summaries, kept up to date by a thread.

A thread looks for new items four times a second, also for those that another process took, and makes the summaries of their customers; a
call only looks them up. Of a customer whose rows could not be made within a second it is not known what has happened since: nobody
decides for them as if nothing had.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from otokui.domain import Instant
from otokui.errors import OtokuiError
from otokui.frames import Batch, Bools
from otokui.observe import log
from otokui.ports.inbox import TodaysRow, TodaysSummaries
from serving import metrics
from serving.http.error_detail import report

POLL_SECONDS: Final = 0.25
PATIENCE_SECONDS: Final = 1.0
_CATCH_UP_SECONDS: Final = 5.0
_RETRY_SECONDS: Final = 5.0
_AT_ONCE: Final = 250
_EVER: Final = 1 << 61


@dataclass(slots=True)
class TodaysRows:
    """Rows of the customers of whom something arrived since last night.

    clock: now; timer: seconds that only go forward.
    """

    source: TodaysSummaries
    clock: Callable[[], Instant]
    timer: Callable[[], float] = time.monotonic
    _rows: dict[str, TodaysRow] = field(default_factory=dict)
    _waiting: dict[str, float] = field(default_factory=dict)
    _retry: dict[str, float] = field(default_factory=dict)
    _turns: list[tuple[int, str]] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Make the rows of what is in the inbox, and go on in the background.

        The first rows are waited for some seconds.
        """
        self.refresh(self.timer() + _CATCH_UP_SECONDS)
        self._thread = threading.Thread(target=self._watch, name="otokui-today", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(5.0)

    def over(self, summaries: Batch, as_of: Instant) -> tuple[Batch, Bools | None]:
        """Return summaries with today's rows in place.

        The second value says of which customers it is not known what arrived (None = of none).
        """
        if not self._rows and not self._waiting:
            return summaries, None
        ids = summaries.customer_ids.tolist()
        found = {position: row for position, row in enumerate(map(self._rows.get, ids)) if row is not None}
        unknown = np.array([self._late(customer_id) for customer_id in ids], dtype=np.bool_)
        other = [position for position, row in found.items() if not row.holds_from <= as_of < row.holds_until]
        if other:  # as of another instant than now, or something has come true since the last look
            try:
                made = self.source.rows([ids[position] for position in other], as_of)
            except OtokuiError as error:
                log.warning("todays_rows_unreadable", why=error.detail)
                unknown[other] = True
            else:
                found |= zip(other, made, strict=True)
        there = [(position, row.values) for position, row in found.items() if row.values is not None]
        if there:
            values = np.array(summaries.values)
            for position, row_values in there:
                values[position] = row_values
            summaries = Batch(summaries.customer_ids, summaries.names, values)
        return summaries, unknown if unknown.any() else None

    def refresh(self, until: float | None = None) -> None:
        """Make the rows of customers of whom something arrived, or came true.

        until: when to leave the rest for later, by the timer.
        """
        try:
            began = self.timer()
            for customer_id in self.source.news():
                self._waiting.setdefault(customer_id, began)
                self._retry.pop(customer_id, None)
            now = self.clock()
            while self._turns and self._turns[0][0] <= now:
                self._waiting.setdefault(heapq.heappop(self._turns)[1], began)
            ready = [customer_id for customer_id in self._waiting if self._retry.get(customer_id, 0.0) <= began]
            for start in range(0, len(ready), _AT_ONCE):
                if until is not None and self.timer() >= until:
                    break
                self._make(ready[start : start + _AT_ONCE], now)
        except OtokuiError as error:
            log.warning("todays_rows_unreadable", why=error.detail)
        except Exception as error:  # the thread survives any error; its customers wait
            report("todays_rows_failed", error)
        metrics.waiting.set(len(self._waiting))

    def _make(self, customer_ids: Sequence[str], now: Instant) -> None:
        try:
            rows = self.source.rows(customer_ids, now)
        except Exception as error:  # one customer's rows must not keep the others waiting
            if isinstance(error, OtokuiError) and error.http_status >= 500:
                raise
            if len(customer_ids) == 1:
                report("todays_row_failed", error)
                self._retry[customer_ids[0]] = self.timer() + _RETRY_SECONDS
                return
            middle = len(customer_ids) // 2
            for half in (customer_ids[:middle], customer_ids[middle:]):
                self._make(half, now)
            return
        for row in rows:
            self._rows[row.customer_id] = row
            if row.holds_until < _EVER:
                heapq.heappush(self._turns, (row.holds_until, row.customer_id))
            self._waiting.pop(row.customer_id, None)

    def _late(self, customer_id: str) -> bool:
        since = self._waiting.get(customer_id)
        return since is not None and self.timer() - since > PATIENCE_SECONDS

    def _watch(self) -> None:
        while not self._stop.wait(POLL_SECONDS):
            self.refresh()
