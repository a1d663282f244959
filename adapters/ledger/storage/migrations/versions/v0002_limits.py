"""Schema of budget and capacity limits: costs of reservations, and indexes by send time.

The ledger's rulings are stored too, beside each logged decision and for each part of a run, so that a replay repeats a refused
reservation.
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
    """Drop the costs of reservations and the ledger's rulings."""
    op.drop_index("contacts_by_send")
    op.drop_index("reservations_by_cost")
    op.drop_index("reservations_by_send")
    op.drop_table("rulings")
    op.drop_column("decisions", "ruling")
    op.drop_column("reservations", "cost")
