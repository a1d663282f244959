"""Work list of a shop for the command line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from adapters.inbox.entry_checks import EntryChecks
from adapters.inbox.ledger_inbox import LedgerInbox
from adapters.inbox.work_list import LedgerWorkList
from otokui.domain import Instant, show_instant
from otokui.errors import BadInput
from otokui.ports.tasks import HumanTask, TaskState
from pipelines.shop.shop import Shop

_STAFF: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TIMES: Final = ("not_before", "not_after", "valid_until", "changed_at")
_SHOWN: Final = ("task_id", "state", "not_before", "channel", "message_id", "customer_id", "staff")


def work_list_of(shop: Shop) -> LedgerWorkList:
    """Return the work list of a shop."""
    timezone = shop.settings.shop.timezone
    return LedgerWorkList(shop.ledger, LedgerInbox(shop.ledger, EntryChecks(shop.settings.records, timezone), timezone))


def known_state(name: str) -> TaskState:
    """Return the state of a name.

    Raises:
        BadInput: there is none.
    """
    if name not in set(TaskState):
        raise BadInput(f"{name!r} is no state of a task", fix=f"name one of {', '.join(TaskState)}")
    return TaskState(name)


def known_staff(staff: str) -> str:
    """Return a pseudonymous id of a member of staff.

    Raises:
        BadInput: it could be a name or an address.
    """
    if not _STAFF.fullmatch(staff):
        raise BadInput("the id of the staff holds other characters than letters, digits, - and _", fix="give a pseudonymous id, e.g. s-7")
    return staff


def rows_of(tasks: Sequence[HumanTask], timezone: str) -> list[dict[str, Any]]:
    """Return tasks ready for JSON, in the shop's time."""
    return [asdict(task) | {name: show_instant(Instant(getattr(task, name)), timezone) for name in _TIMES} for task in tasks]


def table_of(rows: Sequence[dict[str, Any]]) -> str:
    """Return tasks as a table for a terminal."""
    lines = [[str(row[name] or "") for name in _SHOWN] for row in rows]
    widths = [max(map(len, column)) for column in zip(_SHOWN, *lines, strict=True)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in (_SHOWN, *lines))
