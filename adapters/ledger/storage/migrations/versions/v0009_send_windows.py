"""Column of reservations for the beginning of their send window.

The spacing of contacts counts from it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; reservations of earlier builds count from their send time."""
    op.add_column("reservations", sa.Column("not_before", sa.BigInteger, nullable=True))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("reservations", "not_before")
