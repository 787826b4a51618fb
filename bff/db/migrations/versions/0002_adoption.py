"""Counters of how far each bundle release came.

Revision: 0002
Follows: 0001
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import bff.db.base

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "adoption_batch",
        sa.Column("batch", sa.String(length=64), nullable=False),
        sa.Column("received_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("batch", name=op.f("pk_adoption_batch")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("adoption_batch", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_adoption_batch_received_at"), ["received_at"], unique=False)
    op.create_table(
        "adoption_count",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("platform", sa.String(length=64), nullable=False),
        sa.Column("event", sa.String(length=64), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "digest", "platform", "event", name=op.f("pk_adoption_count")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("adoption_count")
    with op.batch_alter_table("adoption_batch", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_adoption_batch_received_at"))
    op.drop_table("adoption_batch")
