"""Commit of decisions: reservations and log rows in one transaction, then the replies.

Requests without an idempotency key share a transaction, because one durable write costs the same for one as for a hundred. Each
request with a key has a transaction of its own, so that its reply is stored with it or not at all. Where the ledger cannot be
written, nobody is contacted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np

from decisions.decision_table import STATUSES
from decisions.engine.reservation import reservations
from decisions.engine.reserve import reserve
from decisions.policy.policy import Policy
from otokui.domain import Instant, Status, show_instant
from otokui.errors import OtokuiError, Unavailable
from otokui.observe import log
from otokui.ports.ledger import LoggedDecision, RequestKey
from otokui.ports.reservations import Reservation, ReservationResult, Take
from serving import metrics
from serving.handlers.decisions import rendering
from serving.handlers.decisions.explanation import candidates
from serving.handlers.decisions.pipeline import MOST_SPLITS, DecidedBatch, decide, surviving
from serving.handlers.isolation import attributed, everybodys, halves, isolated
from serving.http.error_detail import report
from serving.http.requests import CustomerRequest, DecisionRequest
from serving.live.state import Live


@dataclass(slots=True)
class _Row:
    """One customer of a request: batch, row of that batch, and decision as JSON.

    ``decided`` is None where the decision failed for this customer.
    """

    customer: CustomerRequest
    decided: DecidedBatch | None
    index: int
    written: bytes
    ruling: ReservationResult | None = None  # the ledger's ruling on the row's reservation

    @property
    def about(self) -> str:
        """The customer decided about: the surviving one of a merged id."""
        return self.customer.customer_id if self.decided is None else str(self.decided.decisions.customer_ids[self.index])

    @property
    def status(self) -> Status:
        """The decision's status; ``error`` where the decision failed."""
        return Status.ERROR if self.decided is None else STATUSES[self.decided.decisions.status[self.index]]


class Commitment:
    """Decision requests of one instant and one policy, decided and committed together."""

    def __init__(
        self, live: Live, policy: Policy, as_of: Instant, now: Instant, requests: list[tuple[DecisionRequest, RequestKey | None]]
    ) -> None:
        self._live, self._engine, self._as_of, self._now = live, live.engine.with_policy(policy), as_of, now
        self._requests = requests

    def replies(self) -> list[bytes | Exception]:
        """Return for each request its reply or its own error."""
        return isolated(range(len(self._requests)), self._answered)

    def _answered(self, positions: Sequence[int]) -> list[bytes | Exception]:
        """Answer some of the requests; raise where the batch as a whole cannot be decided."""
        requests = [self._requests[i][0] for i in positions]
        all_rows = self._rows(
            [customer for request in requests for customer in request.customers], [MOST_SPLITS] if len(requests) == 1 else None
        )
        rows, begin = {}, 0
        for i, request in zip(positions, requests, strict=True):
            rows[i] = all_rows[begin : begin + len(request.customers)]
            begin += len(request.customers)
        unkeyed = [i for i in positions if self._requests[i][1] is None and not self._requests[i][0].dry_run]
        replies: dict[int, bytes | Exception] = {}
        for unit in filter(None, [unkeyed, *([i] for i in positions if i not in set(unkeyed))]):
            replies |= zip(unit, self._unit(unit, rows), strict=True)
        return [replies[i] for i in positions]

    def _unit(self, unit: Sequence[int], rows: dict[int, list[_Row]]) -> Sequence[bytes | Exception]:
        """Commit requests in one transaction; on failure decide and commit each half anew.

        Outages are not tried again: they concern every request.
        """
        try:
            return self._committed([(self._requests[i][0], rows[i]) for i in unit], self._requests[unit[0]][1])
        except Exception as error:
            if len(unit) == 1 or everybodys(error):
                return [attributed(error)] * len(unit)
            report("committed_in_halves", error, asks=len(unit))
        return halves(unit, lambda half: isolated(half, self._answered))

    def _committed(self, unit: list[tuple[DecisionRequest, list[_Row]]], key: RequestKey | None) -> Sequence[bytes | Exception]:
        rows = [row for _, request_rows in unit for row in request_rows]
        if not unit[0][0].dry_run:
            needed = _needed_reservations(rows)

            def write(granted: Sequence[ReservationResult], take: Take) -> tuple[list[LoggedDecision], bytes | None]:
                first = {reservation.decision_id: result for reservation, result in zip(needed, granted, strict=True)}
                for batch in _by_batch(rows):
                    self._reserve(batch, first, take)
                return _entries(rows), self._reply(*unit[0]) if key is not None else None

            try:
                stored = self._live.ledger.commit(needed, self._as_of, write, key, self._now)
            except Unavailable as error:
                metrics.ledger_failures.inc()
                log.warning("decisions_not_committed", customers=len(rows), why=error.detail)
                if key is not None:  # it may have been answered before, and a second answer would have to be the same bytes
                    raise
                self._silence(rows)
            else:
                if stored is not None:
                    return [stored]
            for status, number in Counter(row.status for row in rows).items():
                metrics.decided.labels(str(status)).inc(number)
        return [self._reply(request, request_rows) for request, request_rows in unit]

    def _rows(self, customers: list[CustomerRequest], splits: list[int] | None, *, readable: bool = True) -> list[_Row]:
        """Return a row for each customer.

        A merged customer is decided about as the surviving one.
        splits: how often the batch may still be split to find the customers who fail; None = raise.
        """
        try:
            about, readable = surviving(self._live, customers, self._as_of) if readable else (customers, False)
            decided = decide(self._live, self._engine, about, self._as_of, readable=readable)
        except OtokuiError:
            raise
        except Exception as error:  # an error set off by one customer must not fail the others
            if splits is None:
                raise
            report("decision_failed", error, customers=len(customers))
            if len(customers) == 1 or splits[0] <= 0:
                return [_Row(one, None, 0, rendering.failed(one.customer_id, self._as_of, self._live.timezone)) for one in customers]
            splits[0] -= 1
            half = len(customers) // 2
            return self._rows(customers[:half], splits, readable=readable) + self._rows(customers[half:], splits, readable=readable)
        metrics.unknown.inc(int((~decided.batch.predictions.known).sum()))
        lines = rendering.written(decided.decisions)
        return [_Row(one, decided, i, line) for i, (one, line) in enumerate(zip(customers, lines, strict=True))]

    def _reserve(self, rows: list[_Row], first: Mapping[str, ReservationResult], take: Take) -> None:
        """Record the reservations of one batch's contacts; decide again where a shop limit refuses.

        first: by decision id, the rulings on the reservations of all rows of the transaction. They are made at once, so that the
        customers are locked in one order.
        """
        decided, rounds = rows[0].decided, count()
        if decided is None or all(row.status is not Status.CONTACT for row in rows):
            return
        batch, decisions, at = decided.batch, decided.decisions, [row.index for row in rows]
        if at != list(range(len(batch))):
            batch, decisions = batch.rows(np.array(at)), decisions.rows(np.array(at))

        def rulings_of(requests: Sequence[Reservation]) -> Sequence[ReservationResult]:
            return take(requests) if next(rounds) else [first[reservation.decision_id] for reservation in requests]

        some = reserve(self._engine, batch, decisions, rulings_of)
        after = DecidedBatch(some.batch, some.decisions)
        lines = dict(zip(some.changed.tolist(), rendering.written(some.decisions, some.changed.tolist()), strict=True))
        for position, row in enumerate(rows):
            row.decided, row.index, row.ruling = after, position, some.results.get(position)
            row.written = lines.get(position, row.written)

    def _silence(self, rows: list[_Row]) -> None:
        """Decide again with an unreadable contact state: nobody is contacted."""
        for row, silent in zip(rows, self._rows([row.customer for row in rows], [MOST_SPLITS], readable=False), strict=True):
            row.decided, row.index, row.written, row.ruling = silent.decided, silent.index, silent.written, None

    def _reply(self, request: DecisionRequest, rows: list[_Row]) -> bytes:
        written = (self._explained(row) if request.explain else row.written for row in rows)
        lines = [rendering.standing_for(line, row.customer.customer_id, row.about) for line, row in zip(written, rows, strict=True)]
        head = {"request_id": request.request_id, "as_of": show_instant(self._as_of, self._live.timezone), "dry_run": request.dry_run}
        return rendering.reply(head, "decisions", lines)

    def _explained(self, row: _Row) -> bytes:
        if row.decided is None:
            return row.written
        return rendering.with_candidates(row.written, candidates(self._engine, row.decided.batch, row.index))


def _needed_reservations(rows: list[_Row]) -> list[Reservation]:
    """Return the reservations that the contacts among the rows need, in their order."""
    contacts = [row for row in rows if row.status is Status.CONTACT]
    by_row: dict[int, Reservation] = {}
    for batch in _by_batch(contacts):
        if batch[0].decided is not None:
            of_batch = reservations(batch[0].decided.decisions, np.array([row.index for row in batch]))
            by_row |= {id(row): reservation for row, reservation in zip(batch, of_batch, strict=True)}
    return [by_row[id(row)] for row in contacts]


def _by_batch(rows: list[_Row]) -> list[list[_Row]]:
    """Return the rows decided in the same batch, batch by batch, in their order."""
    groups: dict[int, list[_Row]] = {}
    for row in rows:
        groups.setdefault(id(row.decided), []).append(row)
    return list(groups.values())


def _entries(rows: list[_Row]) -> list[LoggedDecision]:
    return [
        entry
        for batch in _by_batch(rows)
        if batch[0].decided is not None
        for entry in rendering.entries(
            batch[0].decided, [row.index for row in batch], [row.written for row in batch], [row.ruling for row in batch]
        )
    ]
