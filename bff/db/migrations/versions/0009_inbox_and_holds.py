"""The inbox of customers, and the holds of those who said "was not me".

Revision: 0009
Follows: 0008
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import bff.db.base
from sqlalchemy.dialects import mysql

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "approval_hold",
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("operation_id", sa.String(length=40), nullable=False),
        sa.Column("placed_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_approval_hold")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_table(
        "inbox_message",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("message_id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column(
            "body",
            sa.Text().with_variant(mysql.LONGTEXT(), "mariadb").with_variant(mysql.LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column("told_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("ends_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("read_at", bff.db.base.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_inbox_message")),
        sa.UniqueConstraint("message_id", name=op.f("uq_inbox_message_message_id")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("inbox_message", schema=None) as batch_op:
        batch_op.create_index("ix_inbox_message_customer", ["customer_id", "seq"], unique=False)
        batch_op.create_index(batch_op.f("ix_inbox_message_ends_at"), ["ends_at"], unique=False)

    with op.batch_alter_table("approval_operation", schema=None) as batch_op:
        batch_op.create_index("ix_approval_operation_customer", ["customer_id", "state"], unique=False)


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("approval_operation", schema=None) as batch_op:
        batch_op.drop_index("ix_approval_operation_customer")

    with op.batch_alter_table("inbox_message", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_inbox_message_ends_at"))
        batch_op.drop_index("ix_inbox_message_customer")

    op.drop_table("inbox_message")
    op.drop_table("approval_hold")
