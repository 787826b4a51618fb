"""Transfers, returns, freezes, closings, card changes and months of accounts; a class that ends with its account.

Revision: 0016
Follows: 0015
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import bff.db.base
from sqlalchemy.dialects import mysql

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BLOB = sa.LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")
UNDER_WAY = """
    UPDATE account SET moving = (
        SELECT COUNT(*) FROM account_funding
        WHERE account_funding.account_id = account.account_id AND account_funding.state IN ('PENDING', 'UNKNOWN')
    )
"""


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "account_payee",
        sa.Column("payee_id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("name", BLOB, nullable=False),
        sa.Column("number", BLOB, nullable=False),
        sa.Column("core_number", BLOB, nullable=True),
        sa.Column("tail", sa.String(length=4), nullable=False),
        sa.Column("created_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_account_payee_customer_id")),
        sa.PrimaryKeyConstraint("payee_id", name=op.f("pk_account_payee")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("account_payee", schema=None) as batch_op:
        batch_op.create_index("ix_account_payee_customer", ["customer_id", "created_at"], unique=False)

    op.create_table(
        "account_agreement",
        sa.Column("agreement_id", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.String(length=40), nullable=False),
        sa.Column("operation_id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("device_id", sa.String(length=40), nullable=False),
        sa.Column("bundle", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("rule_version", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("placed_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("settled_at", bff.db.base.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.account_id"], name=op.f("fk_account_agreement_account_id")),
        sa.PrimaryKeyConstraint("agreement_id", name=op.f("pk_account_agreement")),
        sa.UniqueConstraint("operation_id", name=op.f("uq_account_agreement_operation_id")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("account_agreement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_account_agreement_account_id"), ["account_id"], unique=False)

    op.create_table(
        "account_card_change",
        sa.Column("change_id", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("card", BLOB, nullable=False),
        sa.Column("card_tail", sa.String(length=4), nullable=False),
        sa.Column("bound_number", BLOB, nullable=True),
        sa.Column("objection", sa.String(length=16), nullable=True),
        sa.Column("bank_zh", sa.String(length=60), nullable=True),
        sa.Column("bank_en", sa.String(length=60), nullable=True),
        sa.Column("created_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("expires_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.account_id"], name=op.f("fk_account_card_change_account_id")),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_account_card_change")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("account_card_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_account_card_change_account_id"), ["account_id"], unique=False)

    op.create_table(
        "account_freeze",
        sa.Column("freeze_id", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.String(length=40), nullable=False),
        sa.Column("ordered_by", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("state_before", sa.String(length=64), nullable=False),
        sa.Column("frozen_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("until", bff.db.base.UtcDateTime(), nullable=True),
        sa.Column("thawed_at", bff.db.base.UtcDateTime(), nullable=True),
        sa.Column("thawed_by", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.account_id"], name=op.f("fk_account_freeze_account_id")),
        sa.PrimaryKeyConstraint("freeze_id", name=op.f("pk_account_freeze")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("account_freeze", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_account_freeze_account_id"), ["account_id"], unique=False)
        batch_op.create_index("ix_account_freeze_until", ["thawed_at", "until"], unique=False)

    op.create_table(
        "account_incoming",
        sa.Column("journal", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=40), nullable=False),
        sa.Column("movement", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("payer_tail", sa.String(length=4), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("rule_version", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("told_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("settled_at", bff.db.base.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.account_id"], name=op.f("fk_account_incoming_account_id")),
        sa.PrimaryKeyConstraint("journal", name=op.f("pk_account_incoming")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("account_incoming", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_account_incoming_account_id"), ["account_id"], unique=False)

    op.create_table(
        "account_month",
        sa.Column("account_id", sa.String(length=40), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("opening_fen", sa.BigInteger(), nullable=False),
        sa.Column("in_fen", sa.BigInteger(), nullable=False),
        sa.Column("out_fen", sa.BigInteger(), nullable=False),
        sa.Column("closing_fen", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("made_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.account_id"], name=op.f("fk_account_month_account_id")),
        sa.PrimaryKeyConstraint("account_id", "month", name=op.f("pk_account_month")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_table(
        "account_transfer",
        sa.Column("transfer_id", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.String(length=40), nullable=False),
        sa.Column("operation_id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("device_id", sa.String(length=40), nullable=False),
        sa.Column("bundle", sa.String(length=200), nullable=False),
        sa.Column("movement", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("payee", BLOB, nullable=False),
        sa.Column("payee_name", BLOB, nullable=False),
        sa.Column("payee_tail", sa.String(length=4), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("rule_version", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("reference", sa.String(length=64), nullable=True),
        sa.Column("placed_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("settled_at", bff.db.base.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.account_id"], name=op.f("fk_account_transfer_account_id")),
        sa.PrimaryKeyConstraint("transfer_id", name=op.f("pk_account_transfer")),
        sa.UniqueConstraint("operation_id", name=op.f("uq_account_transfer_operation_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_account_transfer_reference")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("account_transfer", schema=None) as batch_op:
        batch_op.create_index("ix_account_transfer_account", ["account_id", "placed_at"], unique=False)

    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("live_class", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("face_checked", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("bound_number", BLOB, nullable=True))
        batch_op.add_column(sa.Column("moving", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("coming_fen", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("active_at", bff.db.base.UtcDateTime(), nullable=True))
        batch_op.create_index("ix_account_active", ["state", "active_at"], unique=False)
    op.execute("UPDATE account SET live_class = account_class, active_at = COALESCE(observed_at, opened_at)")
    op.execute(UNDER_WAY)
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.create_unique_constraint(op.f("uq_account_customer_id_live_class"), ["customer_id", "live_class"])
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("uq_account_customer_id_account_class"), type_="unique")
    with op.batch_alter_table("account_application", schema=None) as batch_op:
        batch_op.add_column(sa.Column("account_class", sa.String(length=64), server_default="II", nullable=False))
    with op.batch_alter_table("account_funding", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_account_funding_reference"), ["reference"], unique=False)


def downgrade() -> None:
    """Go back; it fails where a person has a closed account beside one of the same class."""
    with op.batch_alter_table("account_funding", schema=None) as batch_op:
        batch_op.drop_index(op.f("ix_account_funding_reference"))
    with op.batch_alter_table("account_application", schema=None) as batch_op:
        batch_op.drop_column("account_class")
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.create_unique_constraint(
            op.f("uq_account_customer_id_account_class"), ["customer_id", "account_class"]
        )
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("uq_account_customer_id_live_class"), type_="unique")
        batch_op.drop_index("ix_account_active")
        for column in ("active_at", "coming_fen", "moving", "bound_number", "face_checked", "live_class"):
            batch_op.drop_column(column)
    for table in ("transfer", "month", "incoming", "freeze", "card_change", "agreement", "payee"):
        op.drop_table(f"account_{table}")
