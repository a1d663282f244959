"""Announcements of reservations and of their withdrawal, in the transaction that causes them.

A reservation that is renewed, at another time or for another message, is announced anew and its earlier announcement counts no longer. A
withdrawal follows as soon as a customer refuses, whichever code wrote the refusal: triggers of the database mark the customer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, delete, text, update

from adapters.ledger import channel_closures
from adapters.ledger.frequency_caps import Caps
from adapters.ledger.identities import merges
from adapters.ledger.outbox import task_rows
from adapters.ledger.outbox.send_window import sending_hours
from adapters.ledger.storage.database import Backend
from adapters.ledger.storage.outbox_tables import CHANGES
from otokui.domain import Instant
from otokui.ports.reservations import Reservation

_TYPES: Final = {
    "decision_id": "text", "customer_id": "text", "kind": "text", "message_id": "text", "scenario": "text", "channel": "text",
    "due_at": "bigint", "send_at": "bigint", "not_before": "bigint", "not_after": "bigint", "valid_until": "bigint", "reason": "text",
    "newest": "boolean",
}  # fmt: skip
_EARLIER = "SELECT c.decision_id, MIN(c.due_at) FROM {ids} JOIN changes AS c ON c.decision_id = j.value GROUP BY c.decision_id"
_OUTDATED = "UPDATE changes SET newest = FALSE WHERE newest AND decision_id IN (SELECT j.value FROM {ids})"
_ANNOUNCED = """SELECT c.* FROM {ids} JOIN changes AS c ON c.customer_id = j.value
WHERE c.newest AND c.kind = 'due' AND c.valid_until > :now AND NOT EXISTS (
    SELECT 1 FROM reservations AS r WHERE r.decision_id = c.decision_id AND r.dispatched_at IS NOT NULL)"""
_MARKED = "DELETE FROM refusal_marks WHERE mark IN (SELECT mark FROM refusal_marks ORDER BY mark LIMIT :most) RETURNING customer_id"
_AT_ONCE: Final = 5_000


def announce(connection: Connection, backend: Backend, caps: Caps, granted: Sequence[Reservation], as_of: Instant) -> None:
    """Announce reservations to send engines, and put those of human channels on the work list.

    It must run inside ``writing``, after the customers' locks. Those of pull channels were answered to the caller.
    """
    by_people = [reservation for reservation in granted if reservation.channel in caps.human - caps.pull]
    task_rows.add(connection, backend, by_people, as_of)
    sent = [reservation for reservation in granted if reservation.channel not in caps.pull | caps.human]
    if not sent:
        return
    backend.lock_outbox(connection)
    bound = {"ids": backend.bind([reservation.decision_id for reservation in sent])}
    earlier: dict[str, int] = dict(connection.execute(text(_EARLIER.format(ids=backend.ids)), bound).tuples().all())
    if earlier:
        connection.execute(text(_OUTDATED.format(ids=backend.ids)), bound)
    rows = []
    for reservation in sent:
        first, last = sending_hours(reservation)
        due_at = min(first, earlier.get(reservation.decision_id, first))
        named = {name: getattr(reservation, name) for name in ("decision_id", "customer_id", "message_id", "scenario", "channel")}
        times = {"send_at": int(reservation.send_at), "valid_until": int(reservation.valid_until), "not_before": first, "not_after": last}
        rows.append(named | times | {"due_at": due_at, "kind": "due", "reason": None})
    _append(connection, backend, rows)


def withdraw_refused(connection: Connection, backend: Backend, caps: Caps, now: Instant) -> int:
    """Withdraw what was announced of customers who have refused since.

    The number of customers that were read is returned. Marks that are not committed yet are seen the next time. It looks at so many
    customers at once; 0 = none is left.
    """
    marked = sorted({row[0] for row in connection.execute(text(_MARKED), {"most": _AT_ONCE})})
    if not marked:
        return 0
    backend.lock_merges(connection, exclusive=False)
    persons = sorted(merges.persons(connection, backend, marked))
    backend.lock_customers(connection, persons)  # a reservation under way is committed first, and seen
    rows = connection.execute(text(_ANNOUNCED.format(ids=backend.ids)), {"ids": backend.bind(persons), "now": int(now)}).mappings()
    announced = [dict(row) for row in rows if row["channel"] in caps.channel_index]
    tasks = [task for task in task_rows.waiting(connection, backend, persons, now) if task["channel"] in caps.channel_index]
    if announced or tasks:
        rule_of = _rules(connection, backend, caps, [*announced, *tasks], now)
        refused = [(row, rule_of(row)) for row in announced]
        withdraw(connection, backend, [row | {"reason": rule} for row, rule in refused if rule])
        task_rows.withdraw(connection, [(task["task_id"], rule) for task in tasks if (rule := rule_of(task))], now)
    return len(marked)


def _rules(
    connection: Connection, backend: Backend, caps: Caps, rows: Sequence[Mapping[str, Any]], now: Instant
) -> Callable[[Mapping[str, Any]], str]:
    """Return a function that tells the rule by which a row's customer refuses its channel, '' = none."""
    place = {customer_id: index for index, customer_id in enumerate(sorted({row["customer_id"] for row in rows}))}
    found = channel_closures.read(connection, backend, caps, list(place), now, max(row["valid_until"] for row in rows))
    return lambda row: found.against(place[row["customer_id"]], caps.channel_index[row["channel"]])


def withdraw(connection: Connection, backend: Backend, announced: Sequence[dict[str, Any]]) -> None:
    """Append the withdrawal of announced rows, each with its reason."""
    if not announced:
        return
    backend.lock_outbox(connection)
    bound = {"ids": backend.bind([row["decision_id"] for row in announced])}
    connection.execute(text(_OUTDATED.format(ids=backend.ids)), bound)
    _append(connection, backend, [row | {"kind": "withdrawn"} for row in announced])


def withdraw_erased(connection: Connection, backend: Backend, customer_id: str) -> None:
    """Withdraw what was announced of a customer who is erased.

    It is withdrawn under the ids of the decisions alone. The rows that name the customer are deleted after it, by the erasure.
    """
    rows = connection.execute(text(_ANNOUNCED.format(ids=backend.ids)), {"ids": backend.bind([customer_id]), "now": 0}).mappings()
    withdraw(connection, backend, [dict(row) | {"reason": "erased", "customer_id": None} for row in rows])
    withdrawn = (CHANGES.c.customer_id == customer_id) & (CHANGES.c.kind == "withdrawn")
    connection.execute(update(CHANGES).where(withdrawn).values(customer_id=None))


def forget(connection: Connection, before: Instant) -> int:
    """Delete the changes of decisions that lapsed before an instant; return how many."""
    return connection.execute(delete(CHANGES).where(CHANGES.c.valid_until < int(before))).rowcount


def _append(connection: Connection, backend: Backend, rows: Sequence[dict[str, Any]]) -> None:
    columns: dict[str, list[Any]] = {name: [row[name] for row in rows] for name in _TYPES if name != "newest"}
    backend.insert_many(connection, "changes", columns | {"newest": [True] * len(rows)}, _TYPES, "")
