"""The ledger's first schema.

Written out rather than taken from ``tables.py``: a migration says what the schema was then, and may not
change when the tables do.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _text(name: str, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=null)


def _time(name: str, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=null, autoincrement=False)


def upgrade() -> None:
    """Create every table of the ledger."""
    op.create_table(
        "contacts",
        *(_text("customer_id"), _text("contact_id"), _text("message_id"), _text("channel")),
        *(_time("sent_at"), _time("known_at"), _time("revised_at"), _time("delivered_at", null=True), _time("opened_at", null=True)),
        *(sa.Column("machine_open", sa.Boolean), _time("clicked_at", null=True), _time("converted_at", null=True)),
        *(sa.Column("converted_amount", sa.Float), _time("unsubscribed_at", null=True), _time("bounced_at", null=True)),
        *(_text("decision_id", null=True), sa.Column("action_probability", sa.Float), _text("assigned_group", null=True)),
        sa.Column("local_offset", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "contact_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "consents",
        *(
            _text("customer_id"),
            _text("channel"),
            _time("changed_at"),
            sa.Column("opted_in", sa.Boolean, nullable=False),
            _time("known_at"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "channel", "changed_at", "opted_in"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "suppressions",
        *(_text("customer_id"), _text("channel"), _time("from_at"), _text("reason"), _time("until_at", null=True)),
        *(_time("known_at"), _time("revised_at")),
        sa.PrimaryKeyConstraint("customer_id", "channel", "from_at"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "reservations",
        *(_text("decision_id"), _text("customer_id"), _text("message_id"), _text("scenario"), _text("channel")),
        *(_time("send_at"), _time("valid_until"), _time("reserved_at"), _time("dispatched_at", null=True)),
        sa.PrimaryKeyConstraint("decision_id"),
    )
    op.create_index("reservations_of_customer", "reservations", ["customer_id", "valid_until"])
    op.create_table(
        "decisions",
        *(_text("decision_id"), _text("customer_id"), _time("as_of"), _time("summarised_at"), _text("status")),
        *(_text("message_id", null=True), _text("channel", null=True), sa.Column("propensity", sa.Float)),
        *(_text("policy"), _text("models"), sa.Column("inputs", sa.LargeBinary, nullable=False)),
        *(_text("contact_state"), _text("decision")),
        sa.PrimaryKeyConstraint("decision_id"),
    )
    op.create_index("decisions_of_customer", "decisions", ["customer_id", "as_of"])
    op.create_table(
        "decision_runs",
        *(_text("run_digest"), _time("as_of"), _time("summarised_at")),
        *(sa.Column("customers", sa.BigInteger, nullable=False), sa.Column("contacts", sa.BigInteger, nullable=False)),
        _text("manifest"),
        sa.PrimaryKeyConstraint("run_digest"),
    )
    op.create_table(
        "answers",
        *(_text("request_key"), _text("body_digest"), sa.Column("status", sa.Integer, nullable=False)),
        *(sa.Column("body", sa.LargeBinary, nullable=False), _text("customer_ids"), _time("created_at"), _time("expires_at")),
        sa.PrimaryKeyConstraint("request_key"),
    )
    op.create_index("answers_by_expiry", "answers", ["expires_at"])
    op.create_table(
        "imports",
        *(_text("source"), sa.Column("batch", sa.BigInteger, nullable=False)),
        sa.PrimaryKeyConstraint("source"),
    )


def downgrade() -> None:
    """Drop the ledger: everything in it is lost."""
    for table in ("imports", "answers", "decision_runs", "decisions", "reservations", "suppressions", "consents", "contacts"):
        op.drop_table(table)
