"""Table of identities: aliases of customers in other sources, and merges of customers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table and its index by customer."""
    op.create_table(
        "identities",
        sa.Column("alias_id", sa.String, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("from_at", sa.BigInteger, nullable=False),
        sa.Column("customer_id", sa.String, nullable=False),
        sa.Column("known_at", sa.BigInteger, nullable=False),
        sa.Column("revised_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("alias_id", "source", "from_at"),
        sqlite_with_rowid=False,
    )
    op.create_index("identities_of_customer", "identities", ["customer_id", "source"])


def downgrade() -> None:
    """Drop the table; merged customers stand alone again."""
    op.drop_table("identities")
