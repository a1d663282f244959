"""Every ledger in turn for the contract tests, and rows with dull defaults."""

from __future__ import annotations

import hashlib
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sqlalchemy import create_engine, make_url, text

from adapters.ledger import Caps, open_ledger
from adapters.ledger.ingestion.unfit_rows import RULE
from adapters.ledger.storage.tables import METADATA
from otokui.domain import DAY, Instant
from otokui.ports.identities import Identity
from otokui.ports.reservations import Reservation
from otokui.settings.contacts.budget import Budget
from otokui.settings.contacts.channels import Channel
from otokui.settings.contacts.messages import Message
from tests.fake_ledger import FakeLedger

NOW = Instant(1_000 * DAY)

CHANNELS = (
    Channel(name="email", title="e-mail", title_ja="メール", cap=2, cap_days=7),
    Channel(name="sms", title="SMS", title_ja="SMS", cap=1, cap_days=14),
)
CALL = Channel(name="call", title="Call", title_ja="電話", kind="human", cap=9, cap_days=7)
MESSAGES = tuple(
    Message(
        message_id=name, scenario=name, title=name, title_ja=name, objective="purchase", channels=("email", "sms"), cap=cap, cap_days=30
    )
    for name, cap in (("winback", 1), ("news", 3))
)


def make_schema(server_url: str) -> Iterator[str]:
    """Yield the URL of a schema of this test's own; dropped afterwards."""
    schema, server = f"ledger_{uuid.uuid4().hex[:12]}", create_engine(server_url)
    with server.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    yield make_url(server_url).update_query_dict({"options": f"-csearch_path={schema}"}).render_as_string(hide_password=False)
    with server.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    server.dispose()


def migrated(folder: Path) -> Path:
    """Return a SQLite ledger without a row."""
    open_ledger(f"sqlite:///{folder}/ledger.db", channels=(), messages=(), contact_cap=1, contact_cap_days=1).close()
    return folder / "ledger.db"


def emptied(url: str) -> None:
    """Bring a PostgreSQL ledger up to date, and delete every row of it."""
    open_ledger(url, channels=(), messages=(), contact_cap=1, contact_cap_days=1).close()
    engine = create_engine(url)
    with engine.begin() as connection:
        for table in reversed(METADATA.sorted_tables):
            connection.execute(table.delete())
    engine.dispose()


def url_of(request: pytest.FixtureRequest, folder: Path) -> str:
    """Return the URL of an empty ledger of the kind that the test was given."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("empty_ledger"), folder / "ledger.db")
        return f"sqlite:///{folder}/ledger.db"
    return str(request.getfixturevalue("ledger_schema"))


LIMITED = (
    Channel(name="email", title="e-mail", title_ja="メール", cap=9, cap_days=7),
    Channel(name="sms", title="SMS", title_ja="SMS", cap=9, cap_days=14, capacity_per_day=3, capacity_per_hour=2),
)
GENEROUS = tuple(m.model_copy(update={"cap": 9}) for m in MESSAGES)


@pytest.fixture(params=["sqlite", "postgresql", "fake"])
def limited(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """Each ledger in turn, empty: three SMS a day and two an hour by the clock of Tokyo, and 10 of money in 30 days."""
    shop = {"contact_cap": 9, "contact_cap_days": 7, "timezone": "Asia/Tokyo", "budget": Budget(money=10.0, period_days=30)}
    if request.param == "fake":
        yield FakeLedger(Caps.of(LIMITED, GENEROUS, **shop))
        return
    with open_ledger(url_of(request, tmp_path), channels=LIMITED, messages=GENEROUS, **shop) as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgresql", "fake"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """Each ledger in turn, empty: at most 3 contacts in 7 days."""
    if request.param == "fake":
        yield FakeLedger(Caps.of(CHANNELS, MESSAGES, contact_cap=3, contact_cap_days=7))
        return
    with open_ledger(url_of(request, tmp_path), channels=CHANNELS, messages=MESSAGES, contact_cap=3, contact_cap_days=7) as opened:
        yield opened


def consents(*rows: tuple[str, str, bool, int]) -> pl.DataFrame:
    """Consents of (customer, channel, opted_in, changed_at), known when they were given."""
    frame = pl.DataFrame(rows, schema=["customer_id", "channel", "opted_in", "changed_at"], orient="row")
    return frame.with_columns(known_at=pl.col("changed_at"))


def contact(sent_at: int, *, customer_id: str = "ada", contact_id: str | None = None, **more: Any) -> pl.DataFrame:
    """One contact with dull defaults."""
    row = {"customer_id": customer_id, "contact_id": contact_id or f"k{sent_at}", "message_id": "news", "channel": "email"}
    times = {"sent_at": sent_at, "known_at": sent_at}
    outcomes = dict.fromkeys(("opened_at", "clicked_at", "converted_at", "machine_open", "decision_id"))
    return pl.DataFrame([row | times | outcomes | more])


def suppression(**more: Any) -> pl.DataFrame:
    """One row of the blacklist: ada, every channel, for good."""
    row = {"customer_id": "ada", "channel": None, "reason": "asked", "from": NOW - DAY, "until": None, "known_at": NOW - DAY}
    return pl.DataFrame([row | more], schema_overrides={"channel": pl.String, "until": pl.Int64})


def identify(ledger: Any, *identities: Identity) -> list[str]:
    """Import identities as a file brings them; return for each the rule that set it aside, '' = recorded."""
    names = ("source", "alias_id", "customer_id", "from", "known_at")
    rows = [(row.source or None, row.alias_id, row.customer_id, int(row.begins_at), int(row.known_at)) for row in identities]
    aside: list[dict[str, Any]] = []
    ledger.import_identities(
        pl.DataFrame(rows, schema=names, schema_overrides={"source": pl.String}, orient="row"),
        set_aside=lambda frame: aside.extend(frame.to_dicts()),
    )
    rules = {tuple(row[name] for name in names): row[RULE] for row in aside}
    return [rules.get(row, "") for row in rows]


def place(decision_id: str, **more: Any) -> Reservation:
    """One place with dull defaults: news by e-mail to ada, for a day."""
    row = {"customer_id": "ada", "message_id": "news", "scenario": "news", "channel": "email", "send_at": NOW, "valid_until": NOW + DAY}
    return Reservation(decision_id=decision_id, **{**row, **more})


def decision_of(customer_id: str) -> str:
    """Return a decision id, which is a hash and tells nothing of the customer."""
    return hashlib.blake2b(customer_id.encode(), digest_size=16).hexdigest()
