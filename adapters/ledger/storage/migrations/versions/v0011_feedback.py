"""Feedback items, counts of channels, and an index of contacts.

The counts are those of channels that report no persons; the index is by contact id.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables and the index."""
    op.create_index("contacts_by_id", "contacts", ["contact_id"])
    op.create_table(
        "feedback",
        sa.Column("feedback_key", sa.String, primary_key=True, nullable=False),
        sa.Column("body_digest", sa.String, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("occurred_at", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.String, nullable=True) for name in ("customer_id", "contact_id", "decision_id", "message_id", "channel")),
        sa.Column("bounce_type", sa.String, nullable=True),
        sa.Column("machine", sa.Boolean, nullable=False),
        sa.Column("amount", sa.Float, nullable=True),
        sa.Column("placed_as", sa.String, nullable=True),
    )
    op.create_index("feedback_of_customer", "feedback", ["customer_id"])
    op.create_index("feedback_by_contact", "feedback", ["contact_id"])
    op.create_table(
        "channel_counts",
        *(sa.Column(name, sa.String, primary_key=True, nullable=False) for name in ("message_id", "channel", "day", "outcome")),
        sa.Column("counted", sa.BigInteger, nullable=False),
        sa.Column("known_at", sa.BigInteger, nullable=False),
        sa.Column("item_key", sa.String, nullable=False),
        sa.Column("body_digest", sa.String, nullable=False),
    )
    op.create_index("channel_counts_by_item", "channel_counts", ["item_key"])


def downgrade() -> None:
    """Drop them; the contacts keep their outcomes."""
    op.drop_table("channel_counts")
    op.drop_table("feedback")
    op.drop_index("contacts_by_id", "contacts")
