"""Work list of people in the ledger's database.

An outcome is a contact, recorded in the transaction that finishes its task. The contact goes through the inbox, so that caps see it at once
and the nightly ingest takes it into the records. A customer who declines was contacted; so was one who was not reached, for the call was
made.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, case, select, update

from adapters.inbox.ledger_inbox import LedgerInbox
from adapters.ledger import SqlLedger
from adapters.ledger.storage.database import reading, writing
from adapters.ledger.storage.outbox_tables import TASKS
from otokui.domain import Instant
from otokui.errors import BadInput, Conflict, Missing
from otokui.ports.inbox import InboxEntry, ItemStatus
from otokui.ports.tasks import OUTCOMES, HumanTask, TaskState

SOURCE: Final = "tasks"
_LIVE: Final = (TaskState.OPEN, TaskState.TAKEN)


class LedgerWorkList:
    """Implements ``otokui.ports.tasks.WorkList``; safe for several threads and processes."""

    def __init__(self, ledger: SqlLedger, inbox: LedgerInbox) -> None:
        self._engine, _ = ledger.database
        self._outbox, self._inbox = ledger.outbox, inbox

    def tasks(self, now: Instant, states: Collection[TaskState] = (), channel: str | None = None, limit: int = 100) -> list[HumanTask]:
        """Return tasks, those due first; no states = open and taken."""
        self._outbox.withdraw_refused(now)
        state = case(((TASKS.c.state.in_(_LIVE)) & (TASKS.c.valid_until <= int(now)), TaskState.LAPSED.value), else_=TASKS.c.state)
        query = select(TASKS).where(state.in_([each.value for each in states or _LIVE]))
        if channel is not None:
            query = query.where(TASKS.c.channel == channel)
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(TASKS.c.not_before, TASKS.c.task_id).limit(limit)).mappings()
            return [_task(dict(row), now) for row in rows]

    def take_task(self, task_id: str, staff: str, now: Instant) -> HumanTask:
        """Assign an open task to a member of staff."""
        self._outbox.withdraw_refused(now)
        with writing(self._engine) as connection:
            task = _locked(connection, task_id, now)
            if task.state is TaskState.TAKEN and task.staff == staff:
                return task
            if task.state is not TaskState.OPEN:
                raise _not_yours(task)
            return _moved(connection, task, TaskState.TAKEN, staff, now)

    def finish_task(self, task_id: str, staff: str, outcome: TaskState, now: Instant, *, opts_out: bool = False) -> HumanTask:
        """Record the outcome of a task, and the contact with it.

        The task may also have lapsed or been withdrawn meanwhile.
        """
        if outcome not in OUTCOMES:
            raise BadInput(f"{outcome} is no outcome of a task", fix=f"report one of {', '.join(sorted(OUTCOMES))}")
        with reading(self._engine) as connection:
            task = _found(connection, task_id, now)
        if task.state in OUTCOMES or task.staff not in (None, staff):
            return _same(task, staff, outcome)
        finished: list[HumanTask] = []

        def finish(connection: Connection, _statuses: Sequence[ItemStatus | None]) -> None:
            present = _locked(connection, task_id, now)
            if present.state in OUTCOMES or present.staff not in (None, staff):
                raise _not_yours(present)
            finished.append(_moved(connection, present, outcome, staff, now))

        contact = _contact(task, outcome, now, opts_out=opts_out)
        (result,) = self._inbox.take([InboxEntry(SOURCE, task_id, f"{staff}/{outcome}", {"contacts": [contact]})], now, finish)
        if result.status is ItemStatus.REFUSED:
            raise BadInput(f"the contact cannot be recorded: {result.detail}", fix=result.fix)
        return finished[0]


def _contact(task: HumanTask, outcome: TaskState, now: Instant, *, opts_out: bool) -> dict[str, Any]:
    at = datetime.fromtimestamp(int(now), UTC)
    reached = None if outcome is TaskState.NOT_REACHED else at
    return {
        "contact_id": f"task-{task.task_id}",
        "customer_id": task.customer_id,
        "message_id": task.message_id,
        "channel": task.channel,
        "sent_at": at,
        "delivered_at": reached,
        "unsubscribed_at": at if opts_out else None,
        "decision_id": task.task_id,
    }


def _locked(connection: Connection, task_id: str, now: Instant) -> HumanTask:
    # An update that changes nothing locks the row on PostgreSQL; SQLite has one writer.
    connection.execute(update(TASKS).where(TASKS.c.task_id == task_id).values(task_id=TASKS.c.task_id))
    return _found(connection, task_id, now)


def _found(connection: Connection, task_id: str, now: Instant) -> HumanTask:
    row = connection.execute(select(TASKS).where(TASKS.c.task_id == task_id)).mappings().first()
    if row is None:
        raise Missing("no task of this id is on the work list", fix="check the id; `otokui tasks list` shows the tasks there are")
    return _task(dict(row), now)


def _moved(connection: Connection, task: HumanTask, state: TaskState, staff: str, now: Instant) -> HumanTask:
    changed = update(TASKS).where(TASKS.c.task_id == task.task_id).values(state=state.value, staff=staff, changed_at=int(now))
    connection.execute(changed)
    return _found(connection, task.task_id, now)


def _same(task: HumanTask, staff: str, outcome: TaskState) -> HumanTask:
    if (task.staff, task.state) != (staff, outcome):
        raise _not_yours(task)
    return task


def _not_yours(task: HumanTask) -> Conflict:
    return Conflict(f"the task is {task.state} by now", fix="take another one; `otokui tasks list` shows those that are open")


def _task(row: Mapping[str, Any], now: Instant) -> HumanTask:
    state = TaskState(row["state"])
    lapsed = state in _LIVE and row["valid_until"] <= now
    return HumanTask(**{**row, "state": TaskState.LAPSED if lapsed else state})
