"""Tables of the outbox: changes that send engines are told, and tasks of people.

``changes`` is a log in the order of commits: its numbers are given under a lock that is held until the commit, so that a reader who has
seen a number has seen every smaller one. ``refusal_marks`` holds customers whose refusals changed; triggers of the database write it,
whichever code writes a refusal.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, text

from adapters.ledger.storage.columns import METADATA, NOBODY

_NUMBER = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER counts up by itself there

CHANGES = Table(
    "changes",
    METADATA,
    Column("sequence", _NUMBER, primary_key=True, autoincrement=True),
    Column("decision_id", String, nullable=False),
    Column("customer_id", String, nullable=True),  # null = erased
    Column("kind", String, nullable=False),  # due or withdrawn
    Column("message_id", String, nullable=False),
    Column("scenario", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("due_at", BigInteger, nullable=False),  # begin of the send window, the earliest that was ever announced
    Column("send_at", BigInteger, nullable=False),
    Column("not_before", BigInteger, nullable=False),
    Column("not_after", BigInteger, nullable=False),
    Column("valid_until", BigInteger, nullable=False),
    Column("reason", String, nullable=True),  # of a withdrawal: the rule
    Column("newest", Boolean, nullable=False),  # of its decision
    Index("changes_of_decision", "decision_id"),
    Index("changes_of_customer", "customer_id", sqlite_where=text("newest"), postgresql_where=text("newest")),
    Index("changes_by_due", "due_at", "sequence", sqlite_where=text("newest"), postgresql_where=text("newest")),
    Index("changes_by_end", "valid_until"),
    sqlite_autoincrement=True,
)

REFUSAL_MARKS = Table(
    "refusal_marks",
    METADATA,
    Column("mark", _NUMBER, primary_key=True, autoincrement=True),
    Column("customer_id", String, nullable=False),
    sqlite_autoincrement=True,
)

TASKS = Table(
    "tasks",
    METADATA,
    Column("task_id", String, primary_key=True),  # the decision's
    Column("customer_id", String, nullable=False),
    *(Column(name, String, nullable=False) for name in ("message_id", "scenario", "channel", "state")),
    *(Column(name, BigInteger, nullable=False) for name in ("not_before", "not_after", "valid_until")),
    Column("staff", String, nullable=True),  # a pseudonymous id
    Column("reason", String, nullable=True),
    Column("changed_at", BigInteger, nullable=False),
    Index("tasks_by_due", "state", "not_before"),
    Index("tasks_of_customer", "customer_id"),
)

WEBHOOK_POSITIONS = Table(
    "webhook_positions",
    METADATA,
    Column("endpoint", String, primary_key=True),
    Column("position", String, nullable=False),  # JSON of FeedPosition: what was put into messages
    info={NOBODY: "positions in the feed"},
)

WEBHOOK_MESSAGES = Table(
    "webhook_messages",
    METADATA,
    Column("webhook_id", String, primary_key=True),
    Column("endpoint", String, nullable=False),
    Column("sequences", String, nullable=False),  # JSON: numbers of the changes, read anew at each attempt
    Column("state", String, nullable=False),  # pending, delivered, given_up or lapsed
    Column("created_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("leased_until", BigInteger, nullable=False),
    Column("status", Integer, nullable=True),  # of the last answer
    Column("error", String, nullable=True),
    Column("finished_at", BigInteger, nullable=True),
    Index("webhook_messages_by_next", "endpoint", "state", "next_at"),
    info={NOBODY: "numbers of changes"},
)
