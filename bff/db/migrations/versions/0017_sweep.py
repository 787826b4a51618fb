"""The cash sweep: agreements, the shares register, orders, income and accruals.

Revision: 0017
Follows: 0016
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import bff.db.base

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "sweep_accrual",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("fund", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=40), nullable=False),
        sa.Column("shares_fen", sa.BigInteger(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "fund", "account_id", name=op.f("pk_sweep_accrual")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_table(
        "sweep_book",
        sa.Column("fund", sa.String(length=64), nullable=False),
        sa.Column("begun", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("fund", name=op.f("pk_sweep_book")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_table(
        "sweep_day",
        sa.Column("fund", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("income_e4", sa.Integer(), nullable=False),
        sa.Column("rule_version", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("accounts", sa.Integer(), nullable=False),
        sa.Column("shares_fen", sa.BigInteger(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("residue_fen", sa.BigInteger(), nullable=False),
        sa.Column("begun_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("done_at", bff.db.base.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("fund", "day", name=op.f("pk_sweep_day")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_table(
        "sweep_fast_day",
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("product", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("used_fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "product", "day", name=op.f("pk_sweep_fast_day")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_table(
        "sweep_income",
        sa.Column("fund", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("income_e4", sa.Integer(), nullable=False),
        sa.Column("yield_e4", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("maker", sa.String(length=64), nullable=False),
        sa.Column("checker", sa.String(length=64), nullable=True),
        sa.Column("proposed_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("approved_at", bff.db.base.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("fund", "day", name=op.f("pk_sweep_income")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_table(
        "sweep_journal",
        sa.Column("journal_id", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("payer", sa.String(length=64), nullable=False),
        sa.Column("payee", sa.String(length=64), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("reference", sa.String(length=64), nullable=True),
        sa.Column("made_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("settled_at", bff.db.base.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("journal_id", name=op.f("pk_sweep_journal")),
        sa.UniqueConstraint("kind", "subject", "day", name=op.f("uq_sweep_journal_kind_subject_day")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_table(
        "sweep_movement",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.String(length=40), nullable=False),
        sa.Column("fund", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("shares_fen", sa.BigInteger(), nullable=False),
        sa.Column("at", bff.db.base.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_sweep_movement")),
        sa.UniqueConstraint("order_id", name=op.f("uq_sweep_movement_order_id")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("sweep_movement", schema=None) as batch_op:
        batch_op.create_index("ix_sweep_movement_account", ["account_id"], unique=False)
        batch_op.create_index("ix_sweep_movement_day", ["fund", "day", "account_id"], unique=False)

    op.create_table(
        "sweep_pool",
        sa.Column("pool", sa.String(length=64), nullable=False),
        sa.Column("used_fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("pool", name=op.f("pk_sweep_pool")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_table(
        "sweep_agreement",
        sa.Column("agreement_id", sa.String(length=40), nullable=False),
        sa.Column("operation_id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("product", sa.String(length=64), nullable=False),
        sa.Column("fund", sa.String(length=64), nullable=False),
        sa.Column("terms", sa.String(length=64), nullable=False),
        sa.Column("rule_version", sa.String(length=64), nullable=False),
        sa.Column("floor_fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("live", sa.String(length=100), nullable=True),
        sa.Column("signed_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("updated_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("collected_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_sweep_agreement_customer_id")),
        sa.PrimaryKeyConstraint("agreement_id", name=op.f("pk_sweep_agreement")),
        sa.UniqueConstraint("live", name=op.f("uq_sweep_agreement_live")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("sweep_agreement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sweep_agreement_customer_id"), ["customer_id"], unique=False)

    op.create_table(
        "sweep_order",
        sa.Column("order_id", sa.String(length=40), nullable=False),
        sa.Column("operation_id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("device_id", sa.String(length=40), nullable=False),
        sa.Column("bundle", sa.String(length=200), nullable=False),
        sa.Column("account_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("product", sa.String(length=64), nullable=False),
        sa.Column("fund", sa.String(length=64), nullable=False),
        sa.Column("product_version", sa.String(length=64), nullable=False),
        sa.Column("rule_version", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("reference", sa.String(length=64), nullable=True),
        sa.Column("once", sa.String(length=100), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("trade_date", sa.Date(), nullable=False),
        sa.Column("confirm_date", sa.Date(), nullable=False),
        sa.Column("placed_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("settled_at", bff.db.base.UtcDateTime(), nullable=True),
        sa.Column("repaid_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_sweep_order_customer_id")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_sweep_order")),
        sa.UniqueConstraint("once", name=op.f("uq_sweep_order_once")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("sweep_order", schema=None) as batch_op:
        batch_op.create_index("ix_sweep_order_customer", ["customer_id", "placed_at"], unique=False)
        batch_op.create_index("ix_sweep_order_due", ["state", "confirm_date", "order_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_sweep_order_operation_id"), ["operation_id"], unique=False)

    op.create_table(
        "sweep_position",
        sa.Column("fund", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("shares_fen", sa.BigInteger(), nullable=False),
        sa.Column("locked_fen", sa.BigInteger(), nullable=False),
        sa.Column("pending_fen", sa.BigInteger(), nullable=False),
        sa.Column("income_fen", sa.BigInteger(), nullable=False),
        sa.Column("accrued_through", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "shares_fen >= locked_fen AND locked_fen >= 0 AND pending_fen >= 0",
            name=op.f("ck_sweep_position_not_short"),
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_sweep_position_customer_id")),
        sa.PrimaryKeyConstraint("fund", "account_id", name=op.f("pk_sweep_position")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("sweep_position", schema=None) as batch_op:
        batch_op.create_index("ix_sweep_position_account", ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_sweep_position_customer_id"), ["customer_id"], unique=False)


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("sweep_position", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sweep_position_customer_id"))
        batch_op.drop_index("ix_sweep_position_account")

    op.drop_table("sweep_position")
    with op.batch_alter_table("sweep_order", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sweep_order_operation_id"))
        batch_op.drop_index("ix_sweep_order_due")
        batch_op.drop_index("ix_sweep_order_customer")

    op.drop_table("sweep_order")
    with op.batch_alter_table("sweep_agreement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sweep_agreement_customer_id"))

    op.drop_table("sweep_agreement")
    op.drop_table("sweep_pool")
    with op.batch_alter_table("sweep_movement", schema=None) as batch_op:
        batch_op.drop_index("ix_sweep_movement_day")
        batch_op.drop_index("ix_sweep_movement_account")

    op.drop_table("sweep_movement")
    op.drop_table("sweep_journal")
    op.drop_table("sweep_income")
    op.drop_table("sweep_fast_day")
    op.drop_table("sweep_day")
    op.drop_table("sweep_book")
    op.drop_table("sweep_accrual")
