"""Port of the work list: actions that people carry out, as tasks with states."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from otokui.domain import Instant


class TaskState(StrEnum):
    """State of a task; ``lapsed`` and ``withdrawn`` come by themselves."""

    OPEN = "open"
    TAKEN = "taken"
    DONE = "done"
    NOT_REACHED = "not_reached"
    DECLINED = "declined"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"


OUTCOMES: Final = frozenset({TaskState.DONE, TaskState.NOT_REACHED, TaskState.DECLINED})
"""States that a member of staff reports; each is one contact on record."""


@dataclass(frozen=True, slots=True)
class HumanTask:
    """Action of a person for one customer: a decision over a channel of kind human.

    staff: pseudonymous id of who took it; reason: of a withdrawal, the rule; times are UTC seconds.
    """

    task_id: str
    customer_id: str
    message_id: str
    scenario: str
    channel: str
    state: TaskState
    not_before: Instant
    not_after: Instant
    valid_until: Instant
    staff: str | None
    reason: str | None
    changed_at: Instant


class WorkList(Protocol):
    """Work list of a shop; a task bears the id of its decision."""

    def tasks(self, now: Instant, states: Collection[TaskState] = (), channel: str | None = None, limit: int = 100) -> Sequence[HumanTask]:
        """Return tasks, those due first; no states = open and taken.

        Tasks of customers who have refused since are withdrawn before.
        """
        ...

    def take_task(self, task_id: str, staff: str, now: Instant) -> HumanTask:
        """Assign an open task to a member of staff; a second time changes nothing.

        Raises:
            Missing: no such task. Conflict: it is taken by somebody else, finished, lapsed or withdrawn.
        """
        ...

    def finish_task(self, task_id: str, staff: str, outcome: TaskState, now: Instant, *, opts_out: bool = False) -> HumanTask:
        """Record the outcome of a task, and with it the contact.

        A second time changes nothing. opts_out: the customer wants no further contact over the channel.

        Raises:
            Missing: no such task. Conflict: it is another's, or finished otherwise.
        """
        ...
