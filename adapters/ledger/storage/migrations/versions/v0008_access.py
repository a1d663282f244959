"""Tables of API keys and of the audit log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "api_keys",
        sa.Column("key_id", sa.String, primary_key=True, nullable=False),
        sa.Column("digest", sa.String, nullable=False, unique=True),
        *(sa.Column(name, sa.String, nullable=False) for name in ("environment", "role", "note", "networks")),
        sa.Column("requests_per_minute", sa.Integer, nullable=True),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=True) for name in ("expires_at", "revoked_at", "last_used_at")),
    )
    op.create_table(
        "audit_log",
        sa.Column("number", sa.BigInteger, primary_key=True, nullable=False, autoincrement=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("who", "call", "address")),
        sa.Column("status", sa.Integer, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("customers", "requests")),
        *(sa.Column(name, sa.String, nullable=False) for name in ("detail", "digest")),
    )
    op.create_table(
        "audit_head",
        sa.Column("number", sa.BigInteger, primary_key=True, nullable=False, autoincrement=False),
        sa.Column("digest", sa.String, nullable=False),
    )


def downgrade() -> None:
    """Drop the tables."""
    for name in ("audit_head", "audit_log", "api_keys"):
        op.drop_table(name)
