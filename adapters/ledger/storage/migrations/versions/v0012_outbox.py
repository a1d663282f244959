"""Tables of the outbox, and the triggers that mark refusals.

The tables are changes, tasks and webhooks. A trigger marks a customer whose refusals changed. Triggers, because consents, suppressions,
refusals and merges are written in several places: whatever says no also withdraws what was announced, though its writer knows nothing of
the outbox.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_MARKING: Final = {
    "consents": ("NOT NEW.opted_in", ("customer_id",)),
    "suppressions": ("TRUE", ("customer_id",)),
    "refusals": ("TRUE", ("customer_id",)),
    "identities": ("NEW.source = ''", ("customer_id", "alias_id")),
}
"""By table: which rows say no to somebody, and which columns name who."""


def upgrade() -> None:
    """Add the tables and the triggers."""
    op.create_table(
        "changes",
        sa.Column("sequence", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("decision_id", sa.String, nullable=False),
        sa.Column("customer_id", sa.String, nullable=True),
        *(sa.Column(name, sa.String, nullable=False) for name in ("kind", "message_id", "scenario", "channel")),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("due_at", "send_at", "not_before", "not_after", "valid_until")),
        sa.Column("reason", sa.String, nullable=True),
        sa.Column("newest", sa.Boolean, nullable=False),
        sqlite_autoincrement=True,
    )
    newest = sa.text("newest")
    op.create_index("changes_of_decision", "changes", ["decision_id"])
    op.create_index("changes_of_customer", "changes", ["customer_id"], sqlite_where=newest, postgresql_where=newest)
    op.create_index("changes_by_due", "changes", ["due_at", "sequence"], sqlite_where=newest, postgresql_where=newest)
    op.create_index("changes_by_end", "changes", ["valid_until"])
    op.create_table(
        "refusal_marks",
        sa.Column("mark", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("customer_id", sa.String, nullable=False),
        sqlite_autoincrement=True,
    )
    for table, (when, columns) in _MARKING.items():
        inserts = " ".join(f"INSERT INTO refusal_marks (customer_id) VALUES (NEW.{column});" for column in columns)
        if op.get_bind().dialect.name == "sqlite":
            for event in ("INSERT", "UPDATE"):
                name = f"mark_{table}_{event.lower()}"
                op.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} WHEN {when} BEGIN {inserts} END")
        else:
            op.execute(f"CREATE FUNCTION mark_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {inserts} RETURN NULL; END $$")
            op.execute(
                f"CREATE TRIGGER mark_{table} AFTER INSERT OR UPDATE ON {table} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION mark_{table}()"
            )
    op.create_table(
        "tasks",
        sa.Column("task_id", sa.String, primary_key=True),
        *(sa.Column(name, sa.String, nullable=False) for name in ("customer_id", "message_id", "scenario", "channel", "state")),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("not_before", "not_after", "valid_until")),
        sa.Column("staff", sa.String, nullable=True),
        sa.Column("reason", sa.String, nullable=True),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
    )
    op.create_index("tasks_by_due", "tasks", ["state", "not_before"])
    op.create_index("tasks_of_customer", "tasks", ["customer_id"])
    op.create_table(
        "webhook_positions", sa.Column("endpoint", sa.String, primary_key=True), sa.Column("position", sa.String, nullable=False)
    )
    op.create_table(
        "webhook_messages",
        sa.Column("webhook_id", sa.String, primary_key=True),
        *(sa.Column(name, sa.String, nullable=False) for name in ("endpoint", "sequences", "state")),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("next_at", "leased_until")),
        sa.Column("status", sa.Integer, nullable=True),
        sa.Column("error", sa.String, nullable=True),
        sa.Column("finished_at", sa.BigInteger, nullable=True),
    )
    op.create_index("webhook_messages_by_next", "webhook_messages", ["endpoint", "state", "next_at"])


def downgrade() -> None:
    """Drop the triggers and the tables; nothing is announced."""
    op.drop_table("webhook_messages")
    op.drop_table("webhook_positions")
    op.drop_table("tasks")
    for table in _MARKING:
        if op.get_bind().dialect.name == "sqlite":
            for event in ("insert", "update"):
                op.execute(f"DROP TRIGGER mark_{table}_{event}")
        else:
            op.execute(f"DROP TRIGGER mark_{table} ON {table}")
            op.execute(f"DROP FUNCTION mark_{table}")
    op.drop_table("refusal_marks")
    op.drop_table("changes")
