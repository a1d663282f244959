"""The ledger's tables. Times are int64 epoch seconds; ``known_at`` is when a row first became known.

Contacts and consents are clustered by customer (WITHOUT ROWID on SQLite), because every query is about
customers; a heap in the order of import would cost one page read per contact.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, LargeBinary, String, Table

from adapters.ledger.storage import feedback_tables  # noqa: F401  # its tables belong to the metadata
from adapters.ledger.storage.columns import METADATA, NOBODY, OUTCOMES
from adapters.ledger.storage.columns import text_column as _text
from adapters.ledger.storage.columns import time_column as _time

CONTACTS = Table(
    "contacts",
    METADATA,
    _text("customer_id", key=True),
    _text("contact_id", key=True),
    _text("message_id"),
    _text("channel"),
    _time("sent_at"),
    _time("known_at"),
    _time("revised_at"),  # known_at of the newest version: an older one that comes later corrects nothing
    _time("delivered_at", null=True),
    _time("opened_at", null=True),
    Column("machine_open", Boolean, nullable=True),
    _time("clicked_at", null=True),
    _time("converted_at", null=True),
    Column("converted_amount", Float, nullable=True),
    _time("unsubscribed_at", null=True),
    _time("bounced_at", null=True),
    _text("decision_id", null=True),
    Column("action_probability", Float, nullable=True),
    _text("assigned_group", null=True),
    Column("local_offset", Integer, nullable=False),  # seconds the shop's clock was ahead of UTC when it was sent
    _time("complained_at", null=True),
    _text("bounce_type", null=True),  # hard or soft; empty counts as hard
    # Since when each outcome is known (``adapters.ledger.ingestion.contact_versions``): of versions, that known last counts.
    *(_time(f"{name}_known", null=True) for name in OUTCOMES),
    Index("contacts_by_send", "sent_at", "channel"),
    Index("contacts_by_id", "contact_id"),
    sqlite_with_rowid=False,
)

# opted_in belongs to the key so that an opt-in and an opt-out of the same second are both stored; the opt-out counts.
CONSENTS = Table(
    "consents",
    METADATA,
    _text("customer_id", key=True),
    _text("channel", key=True),
    _time("changed_at", key=True),
    Column("opted_in", Boolean, primary_key=True, nullable=False),
    _time("known_at"),
    sqlite_with_rowid=False,
)

# Derived from the contacts, so that a refusal is found at once and outlives old contacts (``refusals.derive``).
REFUSALS = Table(
    "refusals",
    METADATA,
    _text("customer_id", key=True),
    _text("channel", key=True),
    Column("kind", Integer, primary_key=True, nullable=False, autoincrement=False),  # refusals.LEFT and so on
    _text("contact_id", key=True),
    _time("first_at"),  # the earliest and the latest time that versions of the contact gave for it
    _time("last_at"),
    sqlite_with_rowid=False,
)

SUPPRESSIONS = Table(
    "suppressions",
    METADATA,
    _text("customer_id", key=True),
    _text("channel", key=True),  # '' = every channel
    _time("from_at", key=True),
    _text("reason"),
    _time("until_at", null=True),
    _time("known_at"),
    _time("revised_at"),
    sqlite_with_rowid=False,
)

# source '' = a merge: the alias is itself a customer id. No row about a customer is moved by a merge (identities/merges.py).
IDENTITIES = Table(
    "identities",
    METADATA,
    _text("alias_id", key=True),
    _text("source", key=True),
    _time("from_at", key=True),
    _text("customer_id"),
    _time("known_at"),
    _time("revised_at"),
    Index("identities_of_customer", "customer_id", "source"),
    sqlite_with_rowid=False,
)

RESERVATIONS = Table(
    "reservations",
    METADATA,
    _text("decision_id", key=True),
    _text("customer_id"),
    _text("message_id"),
    _text("scenario"),
    _text("channel"),
    _time("send_at"),
    _time("valid_until"),
    _time("reserved_at"),
    _time("dispatched_at", null=True),  # when its contact became known; from then on the contact counts
    Column("cost", BigInteger, nullable=False, server_default="0"),  # of the budget, in thousandths of money, rounded up
    _time("not_before", null=True),  # the beginning of its send window; empty = send_at
    Index("reservations_of_customer", "customer_id", "valid_until"),
    Index("reservations_by_send", "send_at", "channel"),
    Index("reservations_by_cost", "reserved_at", "cost"),
)

DECISIONS = Table(
    "decisions",
    METADATA,
    _text("decision_id", key=True),
    _text("customer_id"),
    _time("as_of"),
    _time("summarised_at"),
    _text("status"),
    _text("message_id", null=True),
    _text("channel", null=True),
    Column("propensity", Float, nullable=True),
    _text("policy"),
    _text("models"),  # JSON: label -> digest
    Column("inputs", LargeBinary, nullable=False),  # the packed summary row
    _text("contact_state"),  # JSON
    _text("decision"),  # JSON: the row that was answered
    _text("ruling", null=True),  # JSON: the ledger's ruling on its reservation
    _text("context", null=True),  # JSON: the customer's visit, for a decision over a pull channel
    Index("decisions_of_customer", "customer_id", "as_of"),
)

DECISION_RUNS = Table(
    "decision_runs",
    METADATA,
    _text("run_digest", key=True),
    _time("as_of"),
    _time("summarised_at"),
    Column("customers", BigInteger, nullable=False),
    Column("contacts", BigInteger, nullable=False),
    _text("manifest"),  # JSON
    info={NOBODY: "counts of a run"},
)

# Rulings on the reservations of one part of a run, written with them, so that a resumed run reads the same rulings.
RULINGS = Table("rulings", METADATA, _text("name", key=True), _text("said"), info={NOBODY: "rulings by decision id"})

ANSWERS = Table(
    "answers",
    METADATA,
    _text("request_key", key=True),  # hash of the caller's key, under which the body is encrypted
    _text("body_digest"),
    Column("status", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    _text("customer_ids"),  # JSON array of keyed hashes, by which erasure finds the replies about a customer
    _time("created_at"),
    _time("expires_at"),
    Index("answers_by_expiry", "expires_at"),
    info={NOBODY: "encrypted under the caller's key; erasure deletes by the keyed hashes"},
)

IMPORTS = Table(
    "imports", METADATA, _text("source", key=True), Column("batch", BigInteger, nullable=False), info={NOBODY: "numbers of batches"}
)

# Append-only. AUTOINCREMENT, because a number must not be given twice, even where the newest rows were deleted.
INBOX = Table(
    "inbox",
    METADATA,
    Column("sequence", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    _text("event_key"),  # digest of source and event id
    _text("body_digest"),
    _text("customer_id"),  # '' = the item names none
    _text("order_id"),  # '' = the item is about no order
    _time("received_at"),
    _time("visible_at"),  # from when its rows count: the later of arrival and what happened
    _text("contents"),  # JSON: table -> rows; '' = taken over and purged, the key stays
    Index("inbox_by_key", "event_key", unique=True),
    Index("inbox_of_customer", "customer_id"),
    Index("inbox_of_order", "order_id"),
    sqlite_autoincrement=True,
)

# One random key per customer encrypts the inputs of logged decisions: with the key gone, the inputs of every copy are gone.
CUSTOMER_KEYS = Table(
    "customer_keys",
    METADATA,
    _text("customer_id", key=True),
    Column("wrapped", LargeBinary, nullable=False),
    _text("master"),  # name of the master key around it, '' = none
    sqlite_with_rowid=False,
)

LEDGER_KEYS = Table(
    "ledger_keys",
    METADATA,
    _text("name", key=True),
    Column("wrapped", LargeBinary, nullable=False),
    _text("master"),
    info={NOBODY: "keys of the ledger itself"},
)

# An erased customer, known by a keyed hash alone. customer_id stands here from the request until the files are done.
TOMBSTONES = Table(
    "tombstones",
    METADATA,
    _text("mark", key=True),
    _text("kind"),  # customer, or order: the order lines of an erased customer name no customer
    _text("customer_id", null=True),
    _time("requested_at"),
    _time("finished_at", null=True),
    _time("written_by", null=True),  # PostgreSQL: the transaction, so that older ones are waited for
    _text("proof", null=True),  # JSON
    Index("tombstones_pending", "customer_id"),
)

# API keys by their SHA-256; the key itself is nowhere.
API_KEYS = Table(
    "api_keys",
    METADATA,
    _text("key_id", key=True),
    Column("digest", String, nullable=False, unique=True),
    _text("environment"),
    _text("role"),
    _text("note"),
    _text("networks"),  # JSON array
    Column("requests_per_minute", Integer, nullable=True),
    _time("created_at"),
    _time("expires_at", null=True),
    _time("revoked_at", null=True),
    _time("last_used_at", null=True),
    info={NOBODY: "programs that call"},
)

# A chain: each row's digest covers the row and the digest before it. The newest row is named by audit_head as well.
AUDIT_LOG = Table(
    "audit_log",
    METADATA,
    _time("number", key=True),
    _time("at"),
    _text("who"),
    _text("call"),
    _text("address"),
    Column("status", Integer, nullable=False),
    Column("customers", BigInteger, nullable=False),
    Column("requests", BigInteger, nullable=False),
    _text("detail"),
    _text("digest"),
    info={NOBODY: "callers, calls and counts"},
)
AUDIT_HEAD = Table("audit_head", METADATA, _time("number", key=True), _text("digest"), info={NOBODY: "a digest"})
