"""Verbs of the work list: list, take and finish tasks."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from otokui.clock import now
from pipelines.cli.common import JsonOption, ShopOption, app, opened, show, verb

tasks_app = typer.Typer(help="Work list of people: calls and lectures, never sent by a send engine.", no_args_is_help=True)
app.add_typer(tasks_app, name="tasks")

StaffOption = Annotated[str, typer.Option(help="pseudonymous id of the member of staff")]
TaskArgument = Annotated[str, typer.Argument(help="id of the task")]


class OutcomeChoice(StrEnum):
    """Outcome of a task on the command line."""

    DONE = "done"
    NOT_REACHED = "not_reached"
    DECLINED = "declined"


@tasks_app.command("list")
@verb
def list_(
    shop: ShopOption,
    state: Annotated[str | None, typer.Option(help="tasks of one state (default: open and taken)")] = None,
    channel: Annotated[str | None, typer.Option(help="tasks of one channel")] = None,
    limit: Annotated[int, typer.Option(min=1, help="tasks shown at most; those due first")] = 100,
    as_json: JsonOption = False,
) -> None:
    """List the tasks, those due first."""
    from otokui.ports.tasks import TaskState
    from pipelines.shop.work_list import known_state, rows_of, table_of, work_list_of

    house = opened(shop)
    states: list[TaskState] = [] if state is None else [known_state(state)]
    tasks = rows_of(work_list_of(house).tasks(now(), states, channel, limit), house.settings.shop.timezone)
    show({"tasks": tasks}, as_json, table_of(tasks))


@tasks_app.command("take")
@verb
def take_(shop: ShopOption, task_id: TaskArgument, staff: StaffOption, as_json: JsonOption = False) -> None:
    """Take a task, so that nobody else does it."""
    from pipelines.shop.work_list import known_staff, rows_of, table_of, work_list_of

    house = opened(shop)
    tasks = rows_of([work_list_of(house).take_task(task_id, known_staff(staff), now())], house.settings.shop.timezone)
    show(tasks[0], as_json, table_of(tasks))


@tasks_app.command("finish")
@verb
def finish_(
    shop: ShopOption,
    task_id: TaskArgument,
    staff: StaffOption,
    outcome: Annotated[OutcomeChoice, typer.Option(help="what came of it")],
    opts_out: Annotated[bool, typer.Option("--opts-out", help="the customer wants no further contact over the channel")] = False,
    as_json: JsonOption = False,
) -> None:
    """Report what came of a task; it is recorded as a contact."""
    from otokui.ports.tasks import TaskState
    from pipelines.shop.work_list import known_staff, rows_of, table_of, work_list_of

    house = opened(shop)
    task = work_list_of(house).finish_task(task_id, known_staff(staff), TaskState(outcome.value), now(), opts_out=opts_out)
    tasks = rows_of([task], house.settings.shop.timezone)
    show(tasks[0], as_json, table_of(tasks))
