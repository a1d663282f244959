"""Calls on what is to be done: changes for send engines, tasks of people."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Final

import msgspec

from otokui.domain import HOUR
from otokui.identity.roles import Role
from otokui.ports.tasks import TaskState
from serving.handlers.changes.change_cursor import position_of, written
from serving.handlers.changes.change_messages import ChangesQuery, ChangesReply, change_rows
from serving.handlers.decisions.decision_handler import not_ready
from serving.handlers.work_list.task_messages import TaskList, TaskRequest, TaskRow, TasksQuery, row_of, stepped
from serving.http.operations import NAMED_ID, Call, HttpResponse, Operation
from serving.http.request_bodies import read
from serving.live.state import Live
from serving.live.webhook_workers import WebhookWorkers
from serving.routes.decision_routes import DECIDERS
from serving.routes.group import RouteGroup

WORKERS: Final = frozenset({Role.SEND_ENGINE, Role.ADMIN, Role.SCENARIO})
"""Roles that may see and change the work list."""

_STEPS: Final = msgspec.json.Decoder(TaskRequest)


@dataclass(slots=True)
class ChangeRoutes(RouteGroup):
    """Feed of decisions that are due, or withdrawn; the workers of webhooks run beside it."""

    _workers: WebhookWorkers = field(init=False)

    def __post_init__(self) -> None:
        self._workers = WebhookWorkers(self.state, self.clock)

    def start(self) -> None:
        """Start the workers that tell endpoints."""
        self._workers.start()

    def stop(self) -> None:
        """Stop them."""
        self._workers.stop()

    @Operation("GET", "/v1/changes", name="changes", roles=DECIDERS, query=ChangesQuery, gives=ChangesReply)
    async def changes(self, call: Call) -> HttpResponse:
        """Read what is due in the next window.

        Decisions with a live reservation, of calls and of nightly runs, whose send window begins within `window_hours`, and withdrawals:
        a customer who refuses after a decision was handed over comes back as `withdrawn`. Store the page, then send its cursor: every
        change is handed over at least once, also those that are made meanwhile. The window never shrinks along a cursor.
        """
        live, query = self.state.live, call.query
        if live is None:
            raise not_ready()
        position = position_of(query.cursor, query.channel)
        seconds = round(query.window_hours * HOUR)
        page = await asyncio.to_thread(live.outbox.changes, position, now=self.clock(), window_seconds=seconds, limit=query.limit)
        reply = ChangesReply(change_rows(page.changes, live.timezone), written(page.position), page.more)
        return HttpResponse(msgspec.json.encode(reply))


@dataclass(slots=True)
class TaskRoutes(RouteGroup):
    """Work list: human actions as tasks with states."""

    @Operation("GET", "/v1/tasks", name="tasks", roles=WORKERS, query=TasksQuery, gives=TaskList)
    async def tasks(self, call: Call) -> HttpResponse:
        """Read the work list.

        A decision over a channel of kind `human` is a task: nobody sends it. Tasks whose customer has refused since are withdrawn; those
        that nobody finished by `valid_until` have lapsed.
        """
        live, query = self._live(), call.query
        states = [TaskState(query.state)] if query.state else []
        found = await asyncio.to_thread(live.work_list.tasks, self.clock(), states, query.channel, query.limit)
        return HttpResponse(msgspec.json.encode(TaskList([row_of(task, live.timezone) for task in found])))

    @Operation(
        "POST",
        "/v1/tasks/{task_id}",
        name="task",
        roles=WORKERS,
        takes=TaskRequest,
        gives=TaskRow,
        parameters={"task_id": NAMED_ID},
        refusals={404: "no task of this id", 409: "it is taken by somebody else, finished, lapsed or withdrawn"},
        example={"step": "finish", "staff": "s-7", "outcome": "done"},
    )
    async def step(self, call: Call) -> HttpResponse:
        """Take a task, or report its outcome.

        One member of staff takes a task. An outcome is recorded as a contact: caps and measurement count it, also where the customer
        declined or was not reached. The same step again changes nothing.
        """
        live, request = self._live(), read(_STEPS, call.body)
        task = await asyncio.to_thread(stepped, live.work_list, call.named["task_id"], request, self.clock())
        return HttpResponse(msgspec.json.encode(row_of(task, live.timezone)))

    def _live(self) -> Live:
        if self.state.live is None:
            raise not_ready()
        return self.state.live
