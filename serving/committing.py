"""Decided, then committed: places and log rows in one transaction, and only then an answer.

Requests without a key share a transaction, as one durable write costs the same for one as for a hundred; each
request with a key has its own, so that its answer is kept with it or not at all. Where nothing can be written, nobody is contacted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from decisions.frame import STATUSES
from decisions.policy import Policy
from decisions.ruling import rule
from otokui.domain import Instant, Status, show_instant
from otokui.errors import OtokuiError, Unavailable
from otokui.ledger_port import LoggedDecision, RequestKey
from otokui.observe import log
from otokui.ports import Reservation, Ruling, Take
from serving import metrics, rendering
from serving.explaining import candidates
from serving.failures import report
from serving.messages import DecisionRequest
from serving.road import MOST_SPLITS, Walked, walk
from serving.state import Live
from serving.turning import chosen_again


@dataclass(slots=True)
class _Row:
    """One customer asked for: where they stand in a walk (none if it failed for them), and their row as JSON."""

    customer_id: str
    walked: Walked | None
    index: int
    written: bytes
    ruling: Ruling | None = None  # what the ledger said when its place was asked for

    @property
    def status(self) -> Status:
        """What came of them."""
        return Status.ERROR if self.walked is None else STATUSES[self.walked.decisions.status[self.index]]


class Commitment:
    """Requests of one instant and one policy, on their way to their replies."""

    def __init__(
        self, live: Live, policy: Policy, as_of: Instant, now: Instant, asked: list[tuple[DecisionRequest, RequestKey | None]]
    ) -> None:
        self._live, self._policy, self._as_of, self._now = live, policy, as_of, now
        self._asked = asked
        self._spare = MOST_SPLITS

    def replies(self) -> list[bytes | Exception]:
        """Return for each request its reply, or the error to answer with."""
        try:
            every = self._rows([c.customer_id for request, _ in self._asked for c in request.customers])
        except OtokuiError as error:
            return [error] * len(self._asked)
        rows, begin = [], 0
        for request, _ in self._asked:
            rows.append(every[begin : begin + len(request.customers)])
            begin += len(request.customers)
        replies: list[bytes | Exception] = [b""] * len(self._asked)
        together = [i for i, (request, key) in enumerate(self._asked) if key is None and not request.dry_run]
        alone = [[i] for i in range(len(self._asked)) if i not in set(together)]
        for unit in filter(None, [together, *alone]):
            for i, reply in zip(unit, self._committed([(self._asked[i][0], rows[i]) for i in unit], self._asked[unit[0]][1]), strict=True):
                replies[i] = reply
        return replies

    def _committed(self, unit: list[tuple[DecisionRequest, list[_Row]]], key: RequestKey | None) -> Sequence[bytes | Exception]:
        rows = [row for _, own in unit for row in own]
        if not unit[0][0].dry_run:
            contacts = _contacts(rows)

            def write(granted: Sequence[Ruling], take: Take) -> tuple[list[LoggedDecision], bytes | None]:
                _settle(self._live, contacts, granted, take)
                return _entries(rows), self._reply(*unit[0]) if key is not None else None

            try:
                kept = self._live.ledger.commit(_places(contacts), self._as_of, write, key, self._now)
            except Unavailable as error:
                metrics.ledger_failures.inc()
                log.warning("decisions_not_committed", customers=len(rows), why=error.detail)
                self._silence(rows)
            except OtokuiError as error:
                return [error] * len(unit)
            else:
                if kept is not None:
                    return [kept]
            for status, count in Counter(row.status for row in rows).items():
                metrics.decided.labels(str(status)).inc(count)
        return [self._reply(request, own) for request, own in unit]

    def _rows(self, ids: list[str], *, readable: bool = True) -> list[_Row]:
        try:
            walked = walk(self._live, self._policy, ids, self._as_of, readable=readable)
        except OtokuiError:
            raise
        except Exception as error:  # what one customer has set off must not take the others with it
            report("walk_failed", error, customers=len(ids))
            if len(ids) == 1 or self._spare <= 0:
                return [_Row(one, None, 0, rendering.failed(one, self._as_of, self._live.timezone)) for one in ids]
            self._spare -= 1
            half = len(ids) // 2
            return self._rows(ids[:half], readable=readable) + self._rows(ids[half:], readable=readable)
        metrics.unknown.inc(int((~walked.decisions.predictions.known).sum()))
        lines = rendering.written(walked.decisions)
        return [_Row(one, walked, i, line) for i, (one, line) in enumerate(zip(ids, lines, strict=True))]

    def _silence(self, rows: list[_Row]) -> None:
        """Decide again with the ledger taken as unreadable: nobody is contacted."""
        for row, silent in zip(rows, self._rows([row.customer_id for row in rows], readable=False), strict=True):
            row.walked, row.index, row.written, row.ruling = silent.walked, silent.index, silent.written, None

    def _reply(self, request: DecisionRequest, rows: list[_Row]) -> bytes:
        lines = [self._explained(row) if request.explain else row.written for row in rows]
        head = {"request_id": request.request_id, "as_of": show_instant(self._as_of, self._live.timezone), "dry_run": request.dry_run}
        return rendering.reply(head, "decisions", lines)

    def _explained(self, row: _Row) -> bytes:
        if row.walked is None:
            return row.written
        return rendering.with_candidates(row.written, candidates(row.walked, row.index))


def _contacts(rows: list[_Row]) -> list[_Row]:
    return [row for row in rows if row.status is Status.CONTACT]


def _places(rows: list[_Row]) -> list[Reservation]:
    return [rendering.reservation(row.walked.decisions, row.index) for row in rows if row.walked is not None]


def _settle(live: Live, contacts: list[_Row], rulings: Sequence[Ruling], take: Take) -> None:
    """Put the rulings into the rows; who was turned away by a limit of the shop chooses again, and asks again."""
    while contacts:
        again: list[_Row] = []
        for row, ruling in zip(contacts, rulings, strict=True):
            if row.walked is None:
                continue
            other = chosen_again(live, row.walked, row.index, ruling)
            if other is not None:
                row.walked, row.index = other, 0
                again.append(row)
            else:
                row.ruling = ruling
                decided = rule(row.walked.decisions, np.array([row.index]), [ruling])
                if decided is row.walked.decisions:
                    continue
                row.walked = replace(row.walked, decisions=decided)
            (row.written,) = rendering.written(row.walked.decisions, [row.index])
        contacts = _contacts(again)
        rulings = take(_places(contacts))


def _entries(rows: list[_Row]) -> list[LoggedDecision]:
    by_walk: dict[int, list[_Row]] = {}
    for row in rows:
        by_walk.setdefault(id(row.walked), []).append(row)
    return [
        entry
        for same in by_walk.values()
        if same[0].walked is not None
        for entry in rendering.entries(
            same[0].walked, [row.index for row in same], [row.written for row in same], [row.ruling for row in same]
        )
    ]
