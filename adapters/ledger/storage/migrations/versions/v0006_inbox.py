"""Table of the inbox: items that reached the service.

Each has the key under which it counts once.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "inbox",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("event_key", sa.String, nullable=False),
        sa.Column("body_digest", sa.String, nullable=False),
        sa.Column("customer_id", sa.String, nullable=False),
        sa.Column("order_id", sa.String, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("visible_at", sa.BigInteger, nullable=False),
        sa.Column("contents", sa.String, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("inbox_by_key", "inbox", ["event_key"], unique=True)
    op.create_index("inbox_of_customer", "inbox", ["customer_id"])
    op.create_index("inbox_of_order", "inbox", ["order_id"])


def downgrade() -> None:
    """Drop the inbox: items that the records have not taken over are lost."""
    op.drop_table("inbox")
