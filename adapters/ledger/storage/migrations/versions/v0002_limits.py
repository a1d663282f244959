"""What limits on budget and capacity need: what a place costs, and what was sent when, whoever it went to.

And the ledger's rulings, beside each logged decision and of each part of a run, so that what lost its place can be made
again and lose it again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the indexes."""
    op.add_column("reservations", sa.Column("cost", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("decisions", sa.Column("ruling", sa.String, nullable=True))
    op.create_table(
        "rulings",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("said", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_index("reservations_by_send", "reservations", ["send_at", "channel"])
    op.create_index("reservations_by_cost", "reservations", ["reserved_at", "cost"])
    op.create_index("contacts_by_send", "contacts", ["sent_at", "channel"])


def downgrade() -> None:
    """Forget what places cost and what the ledger ruled."""
    op.drop_index("contacts_by_send")
    op.drop_index("reservations_by_cost")
    op.drop_index("reservations_by_send")
    op.drop_table("rulings")
    op.drop_column("decisions", "ruling")
    op.drop_column("reservations", "cost")
