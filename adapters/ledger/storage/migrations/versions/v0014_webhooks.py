"""Tables of webhooks out: positions of endpoints in the change feed, and their messages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
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
    """Drop the tables; endpoints are told nothing more."""
    op.drop_table("webhook_messages")
    op.drop_table("webhook_positions")
