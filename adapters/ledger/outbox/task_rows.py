"""Rows of tasks in the ledger.

They are made with the reservation of a human channel, and withdrawn with the customer's refusal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, delete, text

from adapters.ledger.outbox.send_window import sending_hours
from adapters.ledger.storage.database import Backend
from adapters.ledger.storage.outbox_tables import TASKS
from otokui.domain import Instant
from otokui.ports.reservations import Reservation

_TYPES: Final = {
    "task_id": "text", "customer_id": "text", "message_id": "text", "scenario": "text", "channel": "text", "state": "text",
    "not_before": "bigint", "not_after": "bigint", "valid_until": "bigint", "staff": "text", "reason": "text", "changed_at": "bigint",
}  # fmt: skip
# A renewed reservation opens its task again, unless somebody has done it already.
_RENEW: Final = f"""ON CONFLICT (task_id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _TYPES if name != "task_id")}
WHERE tasks.state IN ('open', 'taken', 'withdrawn')"""
_WAITING: Final = """SELECT t.* FROM {ids} JOIN tasks AS t ON t.customer_id = j.value
WHERE t.state IN ('open', 'taken') AND t.valid_until > :now"""
_WITHDRAW: Final = text("UPDATE tasks SET state = 'withdrawn', reason = :reason, changed_at = :now WHERE task_id = :task_id")


def add(connection: Connection, backend: Backend, reservations: Sequence[Reservation], as_of: Instant) -> None:
    """Add the tasks of reservations over human channels."""
    if not reservations:
        return
    columns: dict[str, list[Any]] = {
        name: [getattr(reservation, name) for reservation in reservations] for name in ("customer_id", "message_id", "scenario", "channel")
    }
    windows = [sending_hours(reservation) for reservation in reservations]
    columns |= {
        "task_id": [reservation.decision_id for reservation in reservations],
        "state": ["open"] * len(reservations),
        "not_before": [first for first, _ in windows],
        "not_after": [last for _, last in windows],
        "valid_until": [int(reservation.valid_until) for reservation in reservations],
        "staff": [None] * len(reservations),
        "reason": [None] * len(reservations),
        "changed_at": [int(as_of)] * len(reservations),
    }
    backend.insert_many(connection, "tasks", columns, _TYPES, _RENEW)


def waiting(connection: Connection, backend: Backend, customer_ids: Sequence[str], now: Instant) -> list[Mapping[str, Any]]:
    """Return the open and taken tasks of customers."""
    bound = {"ids": backend.bind(customer_ids), "now": int(now)}
    return [dict(row) for row in connection.execute(text(_WAITING.format(ids=backend.ids)), bound).mappings()]


def withdraw(connection: Connection, tasks: Sequence[tuple[str, str]], now: Instant) -> None:
    """Withdraw tasks, each with its rule."""
    if tasks:
        connection.execute(_WITHDRAW, [{"task_id": task_id, "reason": reason, "now": int(now)} for task_id, reason in tasks])


def forget(connection: Connection, before: Instant) -> int:
    """Delete the tasks that lapsed before an instant; return how many."""
    return connection.execute(delete(TASKS).where(TASKS.c.valid_until < int(before))).rowcount
