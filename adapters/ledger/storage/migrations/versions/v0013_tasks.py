"""Table of tasks: decisions over human channels, with the states that people give them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
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


def downgrade() -> None:
    """Drop the table; the contacts that came of tasks stay."""
    op.drop_table("tasks")
