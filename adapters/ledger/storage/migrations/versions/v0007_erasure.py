"""Tombstones of erased customers, keys per customer, and replies encrypted under the caller's key.

Stored replies of the last 24 hours are encrypted in place, so that a call repeated across the upgrade gets its reply. Decisions that
are logged already keep their inputs in the clear until they are erased.
"""

from __future__ import annotations

import hashlib
import os

import sqlalchemy as sa
from alembic import op
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables, and encrypt the stored replies."""
    op.create_table(
        "customer_keys",
        sa.Column("customer_id", sa.String, nullable=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        sa.Column("master", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("customer_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ledger_keys",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        sa.Column("master", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "tombstones",
        sa.Column("mark", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("customer_id", sa.String, nullable=True),
        sa.Column("requested_at", sa.BigInteger, nullable=False),
        sa.Column("finished_at", sa.BigInteger, nullable=True),
        sa.Column("written_by", sa.BigInteger, nullable=True),
        sa.Column("proof", sa.String, nullable=True),
        sa.PrimaryKeyConstraint("mark"),
    )
    op.create_index("tombstones_pending", "tombstones", ["customer_id"])
    connection = op.get_bind()
    answers = sa.table("answers", *(sa.column(name) for name in ("request_key", "body_digest", "body", "customer_ids")))
    for key, digest, body in connection.execute(sa.select(answers.c.request_key, answers.c.body_digest, answers.c.body)).all():
        connection.execute(
            sa.update(answers)
            .where(answers.c.request_key == key)
            .values(request_key=_hash(key, b"otokui.request").hex(), body=_encrypted(key, bytes(body), digest), customer_ids="[]")
        )


def downgrade() -> None:
    """Drop the tables of the erasure, and stored replies.

    Replies are dropped as well, because no earlier build can read them.
    """
    op.execute("DELETE FROM answers")
    for name in ("tombstones", "ledger_keys", "customer_keys"):
        op.drop_table(name)


def _encrypted(key: str, body: bytes, digest: str) -> bytes:
    nonce = os.urandom(12)
    return nonce + AESGCM(_hash(key, b"otokui.reply")).encrypt(nonce, body, digest.encode())


def _hash(key: str, purpose: bytes) -> bytes:
    return hashlib.blake2b(key.encode(), digest_size=32, person=purpose).digest()
