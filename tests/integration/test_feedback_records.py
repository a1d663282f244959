"""Feedback becomes records: whatever the order of arrival and however many nights it takes, one contact with all of its outcomes."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.inbox.feedback.ledger_feedback import LedgerFeedback
from otokui.domain import DAY, HOUR, Instant
from otokui.events.feedback import ContactOutcome, Feedback
from tests.unit.pipelines.ingesting import NOW
from tests.unit.pipelines.ingestion.test_takeover import Fed

NAMES = {"customer_id": "ada", "message_id": "news", "channel": "email", "contact_id": "k"}
TOLD = [
    Feedback(event_id=name, outcome=ContactOutcome(name), occurred_at=datetime.fromtimestamp(NOW - at * HOUR, UTC), **NAMES)
    for name, at in (("sent", 9), ("delivered", 8), ("opened", 7), ("clicked", 6), ("unsubscribed", 5))
]
SEEN = ("contact_id", "customer_id", "sent_at", "delivered_at", "opened_at", "machine_open", "clicked_at", "unsubscribed_at")


def recorded(folder: Path, items: list[Feedback], nights: int) -> dict[str, list[tuple[Any, ...]]]:
    """Contacts and consents on record after the items came one by one over some nights, each ended by an ingest."""
    folder.mkdir()
    fed = Fed(folder)
    feedback = LedgerFeedback(fed.ledger, fed.inbox)
    for turn, item in enumerate(items):
        night = turn * nights // len(items)
        feedback.take([item, *items[:turn]], Instant(NOW + night * DAY + turn))
        if (turn + 1) * nights // len(items) > night:
            fed.ingest(NOW + night * DAY + HOUR)
    end = Instant(NOW + 30 * DAY)
    tables = {
        "contacts": fed.shop.rows("contacts", *SEEN, before=end),
        "consents": fed.shop.rows("consents", "customer_id", "channel", "opted_in", "changed_at", before=end),
    }
    fed.ledger.close()
    return tables


@pytest.mark.parametrize("nights", [1, 3])
def test_outcomes_in_any_order_are_one_contact_on_record(tmp_path: Path, nights: int) -> None:
    """Doubled too; a click of the first night and a sending of the last are the same contact."""
    orders = [TOLD, TOLD[::-1], [TOLD[at] for at in (3, 0, 4, 2, 1)]]
    tables = [recorded(tmp_path / str(n), items, nights) for n, items in enumerate(orders)]

    assert tables[0]["contacts"] == [("k", "ada", *(NOW - at * HOUR for at in (9, 8, 7)), False, NOW - 6 * HOUR, NOW - 5 * HOUR)]
    assert tables[0]["consents"] == [("ada", "email", False, NOW - 5 * HOUR)]
    assert all(one == other for one, other in itertools.pairwise(tables))
