"""Table of refusals that came with a contact: unsubscribed, complained, bounced.

It is filled from the contacts on record, so that earlier refusals count as well. A bounce without a type counts as hard.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_LEFT, _HARD_BOUNCE = 1, 3


def upgrade() -> None:
    """Add the columns and the table, and fill it."""
    op.add_column("contacts", sa.Column("complained_at", sa.BigInteger, nullable=True))
    op.add_column("contacts", sa.Column("bounce_type", sa.String, nullable=True))
    op.create_table(
        "refusals",
        sa.Column("customer_id", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("kind", sa.Integer, nullable=False),
        sa.Column("contact_id", sa.String, nullable=False),
        sa.Column("first_at", sa.BigInteger, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "channel", "kind", "contact_id"),
        sqlite_with_rowid=False,
    )
    for kind, time in ((_LEFT, "unsubscribed_at"), (_HARD_BOUNCE, "bounced_at")):
        op.execute(
            "INSERT INTO refusals (customer_id, channel, kind, contact_id, first_at, last_at) "
            f"SELECT customer_id, channel, {kind}, contact_id, {time}, CASE WHEN {time} > sent_at THEN {time} ELSE sent_at END "
            f"FROM contacts WHERE {time} IS NOT NULL"
        )


def downgrade() -> None:
    """Drop the table and the columns; the contacts keep opt-outs and bounces."""
    op.drop_table("refusals")
    op.drop_column("contacts", "bounce_type")
    op.drop_column("contacts", "complained_at")
