"""Requests for changes of keys, the states of keys that the evidence knows, and blocked models of devices.

Revision: 0007
Follows: 0006
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

import bff.db.base

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "key_request",
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column(
            "statement",
            sa.Text().with_variant(mysql.LONGTEXT(), "mariadb").with_variant(mysql.LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("asked_person", sa.String(length=64), nullable=False),
        sa.Column("asked_signature", sa.String(length=128), nullable=False),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("decided_person", sa.String(length=64), nullable=True),
        sa.Column("decided_signature", sa.String(length=128), nullable=True),
        sa.Column("outcome", sa.String(length=400), nullable=False),
        sa.Column("created_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("expires_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("decided_at", bff.db.base.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_key_request")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_index("ix_key_request_state", "key_request", ["state", "expires_at"], unique=False)
    op.create_table(
        "key_seen",
        sa.Column("kid", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("seen_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_key_seen")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_table(
        "device_model_block",
        sa.Column("model_name", sa.String(length=80), nullable=False),
        sa.Column("by", sa.String(length=500), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("blocked_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("model_name", name=op.f("pk_device_model_block")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("device_model_block")
    op.drop_table("key_seen")
    op.drop_table("key_request")
