"""Request and reply of the change feed; webhooks carry the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from otokui.ports.changes import DecisionChange
from serving.http.responses import Time


class ChangesQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """Query of the change feed."""

    cursor: Annotated[str, Meta(description="cursor of the last page; left out = from the beginning")] | None = None
    limit: Annotated[int, Meta(ge=1, le=1_000, description="changes in a page, at most")] = 100
    channel: Annotated[str, Meta(min_length=1, max_length=128, description="changes of one channel only")] | None = None
    window_hours: Annotated[float, Meta(gt=0.0, le=744.0, description="due is what may be sent within so many hours")] = 24.0


class ChangeRow(Struct, frozen=True):
    """Change of one decision: due, or withdrawn after it was handed over."""

    change: Annotated[Literal["due", "withdrawn"], Meta(description="due: send it within the window; withdrawn: do not send it")]
    sequence: Annotated[int, Meta(description="grows; of one decision the largest counts, whatever order they arrive in")]
    decision_id: Annotated[str, Meta(description="for GET /v1/decisions/{decision_id} and for feedback")]
    customer_id: Annotated[str | None, Meta(description="null where the customer was erased")]
    message_id: str
    scenario: str
    channel: str
    send_at: Time
    not_before: Time
    not_after: Time
    valid_until: Annotated[Time, Meta(description="after it the place under the caps is no longer held")]
    reason: Annotated[str | None, Meta(description="of a withdrawal: the rule, as in suppressions; or erased")]


class ChangesReply(Struct, frozen=True):
    """Page of changes."""

    changes: list[ChangeRow]
    cursor: Annotated[str, Meta(description="send it with the next call, once this page is stored")]
    more: Annotated[bool, Meta(description="whether the next page can be asked for at once")]


def change_rows(changes: Sequence[DecisionChange], timezone: str) -> list[ChangeRow]:
    """Return changes as they are told."""
    return [msgspec.convert(change.to_dict(timezone), ChangeRow) for change in changes]
