"""Instants since when each outcome of a contact is known.

The outcomes on record are known since their contact was last revised.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_STAMPS = {
    "delivered_known": "delivered_at", "opened_known": "opened_at", "clicked_known": "clicked_at", "converted_known": "converted_at",
    "unsubscribed_known": "unsubscribed_at", "bounced_known": "bounced_at", "complained_known": "complained_at",
    "decided_known": "decision_id", "chance_known": "action_probability", "group_known": "assigned_group",
}  # fmt: skip


def upgrade() -> None:
    """Add the columns with their values."""
    for stamp in _STAMPS:
        op.add_column("contacts", sa.Column(stamp, sa.BigInteger, nullable=True))
    known = ", ".join(f"{stamp} = CASE WHEN {column} IS NOT NULL THEN revised_at END" for stamp, column in _STAMPS.items())
    op.execute(f"UPDATE contacts SET {known}")


def downgrade() -> None:
    """Drop the columns; the contacts keep their outcomes."""
    for stamp in _STAMPS:
        op.drop_column("contacts", stamp)
