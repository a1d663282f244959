"""Column of the decision log for a customer's visit.

A decision over a pull channel is made from it. It is an input, so that replay makes the same bytes.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("decisions", sa.Column("context", sa.String, nullable=True))


def downgrade() -> None:
    """Drop the column; decisions made at visits can no longer be replayed."""
    op.drop_column("decisions", "context")
