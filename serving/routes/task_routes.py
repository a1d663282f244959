"""Calls on the work list: tasks that people carry out."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

import msgspec

from otokui.identity.roles import Role
from otokui.ports.tasks import TaskState
from serving.handlers.decisions.decision_handler import not_ready
from serving.handlers.work_list.task_messages import TaskList, TaskRequest, TaskRow, TasksQuery, row_of, stepped
from serving.http.operations import NAMED_ID, Call, HttpResponse, Operation
from serving.http.request_bodies import read
from serving.live.state import Live
from serving.routes.group import RouteGroup

WORKERS: Final = frozenset({Role.SEND_ENGINE, Role.ADMIN, Role.SCENARIO})
"""Roles that may see and change the work list."""

_STEPS: Final = msgspec.json.Decoder(TaskRequest)


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
