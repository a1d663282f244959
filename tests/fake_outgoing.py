"""What leaves the service, as fakes of a few lines: changes, webhooks, tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from otokui.domain import DAY, HOUR, Instant
from otokui.ports.changes import ChangePage, DecisionChange, FeedPosition
from otokui.ports.tasks import HumanTask, TaskState
from otokui.settings.service.webhooks import Webhook

NOW = Instant(1_743_476_400)  # 2025-04-01T12:00:00+09:00


class Hooks:
    """No message is waiting."""

    def deliver(self, webhook: Webhook, now: Instant) -> bool:
        return False

    def warnings(self, webhooks: Sequence[Webhook]) -> list[str]:
        return []

    def purge(self, webhooks: Sequence[Webhook], now: Instant) -> int:
        return 0


class Outbox:
    """Two changes of ada: due, and withdrawn."""

    def changes(self, position: FeedPosition, *, now: Instant, window_seconds: int, limit: int) -> ChangePage:
        times = (NOW, NOW, Instant(NOW + HOUR), Instant(NOW + DAY))
        rows = [
            DecisionChange(1, "due", "d1", "ada", "news", "news", "email", *times),
            DecisionChange(2, "withdrawn", "d1", "ada", "news", "news", "email", *times, "no_consent"),
        ]
        waiting = [row for row in rows if row.sequence > position.sequence]
        page = tuple(waiting[:limit])
        last = page[-1].sequence if page else position.sequence
        return ChangePage(page, replace(position, sequence=last, to_sequence=last), len(waiting) > limit)


class Desk:
    """One task, taken by s-1; whatever is asked of it is done."""

    def tasks(self, now: Instant, states: Any = (), channel: str | None = None, limit: int = 100) -> list[HumanTask]:
        return [self._task(state, "s-1") for state in states or [TaskState.TAKEN]]

    def take_task(self, task_id: str, staff: str, now: Instant) -> HumanTask:
        return self._task(TaskState.TAKEN, staff)

    def finish_task(self, task_id: str, staff: str, outcome: TaskState, now: Instant, *, opts_out: bool = False) -> HumanTask:
        return self._task(outcome, staff)

    def _task(self, state: TaskState, staff: str) -> HumanTask:
        return HumanTask("t1", "ada", "news", "news", "call", state, NOW, NOW, NOW, staff, None, NOW)
