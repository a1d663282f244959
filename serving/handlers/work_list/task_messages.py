"""Request and reply of the work list, and what a request does to a task."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from otokui.domain import Instant, show_instant
from otokui.ports.tasks import HumanTask, TaskState, WorkList
from serving.http.problems import Refused
from serving.http.responses import Time

StaffId = Annotated[
    str,
    Meta(min_length=1, max_length=64, pattern="^[A-Za-z0-9_-]+$", description="pseudonymous id of a member of staff, no name, no address"),
]
OutcomeName = Literal["done", "not_reached", "declined"]
StateName = Literal["open", "taken", "done", "not_reached", "declined", "lapsed", "withdrawn"]


class TasksQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """Query of the work list."""

    state: Annotated[StateName, Meta(description="tasks of one state; left out = open and taken")] | None = None
    channel: Annotated[str, Meta(min_length=1, max_length=128, description="tasks of one channel")] | None = None
    limit: Annotated[int, Meta(ge=1, le=1_000, description="tasks, at most; those due first")] = 100


class TaskRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """Step of a task: somebody takes it, or reports what came of it."""

    step: Annotated[Literal["take", "finish"], Meta(description="take: it is mine; finish: with an outcome")]
    staff: StaffId
    outcome: (
        Annotated[OutcomeName, Meta(description="of finish: the contact was made, nobody answered, or the customer did not want it")] | None
    ) = None
    opts_out: Annotated[bool, Meta(description="of finish: the customer wants no further contact over the channel")] = False


class TaskRow(Struct, frozen=True):
    """Task of the work list."""

    task_id: Annotated[str, Meta(description="id of its decision, for GET /v1/decisions/{decision_id}")]
    customer_id: str
    message_id: str
    scenario: str
    channel: str
    state: StateName
    not_before: Time
    not_after: Time
    valid_until: Annotated[Time, Meta(description="after it an open task lapses")]
    staff: Annotated[str | None, Meta(description="who took it")]
    reason: Annotated[str | None, Meta(description="of a withdrawal: the rule, as in suppressions")]
    changed_at: Time


class TaskList(Struct, frozen=True):
    """Tasks, those due first."""

    tasks: list[TaskRow]


def row_of(task: HumanTask, timezone: str) -> TaskRow:
    """Return a task as it is told, in the shop's time."""
    times = {name: show_instant(getattr(task, name), timezone) for name in ("not_before", "not_after", "valid_until", "changed_at")}
    named = {name: getattr(task, name) for name in TaskRow.__struct_fields__ if name not in times}
    return msgspec.convert(named | times, TaskRow)


def stepped(work_list: WorkList, task_id: str, request: TaskRequest, now: Instant) -> HumanTask:
    """Take or finish a task; return it.

    Raises:
        Refused: 422; an outcome without a finish, or a finish without an outcome.
    """
    if request.step == "take":
        if request.outcome is not None or request.opts_out:
            raise Refused(422, "an outcome belongs to the step finish", "send step finish", code="step", field="$.outcome")
        return work_list.take_task(task_id, request.staff, now)
    if request.outcome is None:
        raise Refused(422, "finish names no outcome", "send done, not_reached or declined", code="step", field="$.outcome")
    return work_list.finish_task(task_id, request.staff, TaskState(request.outcome), now, opts_out=request.opts_out)
