"""Devices: names, cooling-off, PINs, app instances, counted tries, transfers, recoveries; where sessions were used.

Revision: 0010
Follows: 0009
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

import bff.db.base

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("device", schema=None) as batch_op:
        batch_op.add_column(sa.Column("nickname", sa.String(length=40), server_default="", nullable=False))
        batch_op.add_column(sa.Column("cooling_until", bff.db.base.UtcDateTime(), nullable=True))
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.add_column(sa.Column("last_used_at", bff.db.base.UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("network", sa.String(length=64), server_default="", nullable=False))
        batch_op.create_index(batch_op.f("ix_session_customer_id"), ["customer_id"], unique=False)
    op.create_table(
        "device_pin",
        sa.Column("device_id", sa.String(length=40), nullable=False),
        sa.Column("salt", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("kid", sa.String(length=64), nullable=False),
        sa.Column("set_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.device_id"], name=op.f("fk_device_pin_device_id")),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_device_pin")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_table(
        "app_instance",
        sa.Column("device_id", sa.String(length=40), nullable=False),
        sa.Column(
            "public_key",
            sa.LargeBinary().with_variant(mysql.LONGBLOB(), "mariadb").with_variant(mysql.LONGBLOB(), "mysql"),
            nullable=False,
        ),
        sa.Column("counter", sa.BigInteger(), nullable=False),
        sa.Column("kept_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.device_id"], name=op.f("fk_app_instance_device_id")),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_app_instance")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_table(
        "try_counter",
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("since", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("paused_until", bff.db.base.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "name", name=op.f("pk_try_counter")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    _handovers()


def _handovers() -> None:
    op.create_table(
        "device_transfer",
        sa.Column("transfer_id", sa.String(length=40), nullable=False),
        sa.Column("device_id", sa.String(length=40), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("mode", sa.String(length=64), nullable=False),
        sa.Column("approved_by", sa.String(length=40), nullable=True),
        sa.Column("customer_id", sa.String(length=40), nullable=True),
        sa.Column("approved_at", bff.db.base.UtcDateTime(), nullable=True),
        sa.Column("used_at", bff.db.base.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["approved_by"], ["device.device_id"], name=op.f("fk_device_transfer_approved_by")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_device_transfer_customer_id")),
        sa.ForeignKeyConstraint(["device_id"], ["device.device_id"], name=op.f("fk_device_transfer_device_id")),
        sa.PrimaryKeyConstraint("transfer_id", name=op.f("pk_device_transfer")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_index(op.f("ix_device_transfer_device_id"), "device_transfer", ["device_id"], unique=False)
    op.create_table(
        "device_recovery",
        sa.Column("recovery_id", sa.String(length=40), nullable=False),
        sa.Column("device_id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=True),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("created_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_device_recovery_customer_id")),
        sa.ForeignKeyConstraint(["device_id"], ["device.device_id"], name=op.f("fk_device_recovery_device_id")),
        sa.PrimaryKeyConstraint("recovery_id", name=op.f("pk_device_recovery")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_index(op.f("ix_device_recovery_device_id"), "device_recovery", ["device_id"], unique=False)


def downgrade() -> None:
    """Go back."""
    for table in ("device_recovery", "device_transfer", "try_counter", "app_instance", "device_pin"):
        op.drop_table(table)
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_session_customer_id"))
        batch_op.drop_column("network")
        batch_op.drop_column("last_used_at")
    with op.batch_alter_table("device", schema=None) as batch_op:
        batch_op.drop_column("cooling_until")
        batch_op.drop_column("nickname")
