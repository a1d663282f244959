"""A small ledger on SQLite with two channels and two messages, and rows for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from adapters.ledger import SqlLedger, open_ledger
from otokui.domain import DAY, Instant
from otokui.ports.reservations import Reservation
from otokui.settings.contacts.channels import Channel
from otokui.settings.contacts.messages import Message

NOW = Instant(1_000 * DAY)
CHANNELS = (Channel(name="email", title="e-mail", title_ja="メール"), Channel(name="push", title="push", title_ja="プッシュ"))
MESSAGES = (
    Message(message_id="news", scenario="n", title="n", title_ja="n", objective="visit", channels=("email",), response_days=7),
    Message(message_id="thanks", scenario="t", title="t", title_ja="t", objective="care", channels=("email",), response_days=1),
)


def opened(path: Path) -> SqlLedger:
    """Open the ledger in a folder: one contact in seven days."""
    return open_ledger(f"sqlite:///{path}/ledger.db", channels=CHANNELS, messages=MESSAGES, contact_cap=1, contact_cap_days=7)


def place(decision_id: str = "d1", customer_id: str = "ada") -> Reservation:
    """One place: news by e-mail for a day."""
    return Reservation(decision_id, customer_id, "news", "n", "email", NOW, Instant(NOW + DAY))


def contacts(*rows: dict[str, Any]) -> pl.DataFrame:
    """Contacts of ada: news by e-mail."""
    dull = {
        "customer_id": "ada",
        "message_id": "news",
        "channel": "email",
        "converted_at": None,
        "opened_at": None,
        "clicked_at": None,
        "machine_open": None,
    }
    return pl.DataFrame(
        [{**dull, "contact_id": f"k{n}", "known_at": row["sent_at"], **row} for n, row in enumerate(rows)], infer_schema_length=None
    )
