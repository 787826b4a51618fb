"""Wealth orders to their end: net values, positions, redemptions, refunds, private products, ratings.

Revision: 0018
Follows: 0017
"""

import json
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import bff.db.base

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    op.create_table('wealth_headcount',
    sa.Column('product', sa.String(length=64), nullable=False),
    sa.Column('investors', sa.Integer(), nullable=False),
    sa.CheckConstraint('investors >= 0', name=op.f('ck_wealth_headcount_not_negative')),
    sa.ForeignKeyConstraint(['product'], ['product.code'], name=op.f('fk_wealth_headcount_product')),
    sa.PrimaryKeyConstraint('product', name=op.f('pk_wealth_headcount')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_nopad_bin'
    )
    op.create_table('wealth_investor',
    sa.Column('product', sa.String(length=64), nullable=False),
    sa.Column('customer_id', sa.String(length=40), nullable=False),
    sa.Column('live', sa.Integer(), nullable=False),
    sa.CheckConstraint('live >= 0', name=op.f('ck_wealth_investor_not_negative')),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.customer_id'], name=op.f('fk_wealth_investor_customer_id')),
    sa.ForeignKeyConstraint(['product'], ['product.code'], name=op.f('fk_wealth_investor_product')),
    sa.PrimaryKeyConstraint('product', 'customer_id', name=op.f('pk_wealth_investor')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_nopad_bin'
    )
    op.create_table('wealth_nav',
    sa.Column('product', sa.String(length=64), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('nav', sa.BigInteger(), nullable=False),
    sa.Column('published_at', bff.db.base.UtcDateTime(), nullable=False),
    sa.CheckConstraint('nav > 0', name=op.f('ck_wealth_nav_positive')),
    sa.ForeignKeyConstraint(['product'], ['product.code'], name=op.f('fk_wealth_nav_product')),
    sa.PrimaryKeyConstraint('product', 'day', name=op.f('pk_wealth_nav')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_nopad_bin'
    )
    op.create_table('wealth_qualification',
    sa.Column('customer_id', sa.String(length=40), nullable=False),
    sa.Column('evidence', sa.String(length=200), nullable=False),
    sa.Column('entered_by', sa.String(length=80), nullable=False),
    sa.Column('entered_at', bff.db.base.UtcDateTime(), nullable=False),
    sa.Column('valid_until', sa.Date(), nullable=False),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.customer_id'], name=op.f('fk_wealth_qualification_customer_id')),
    sa.PrimaryKeyConstraint('customer_id', name=op.f('pk_wealth_qualification')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_nopad_bin'
    )
    op.create_table('wealth_rating',
    sa.Column('product', sa.String(length=64), nullable=False),
    sa.Column('risk', sa.Integer(), nullable=False),
    sa.Column('matched_at', bff.db.base.UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['product'], ['product.code'], name=op.f('fk_wealth_rating_product')),
    sa.PrimaryKeyConstraint('product', name=op.f('pk_wealth_rating')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_nopad_bin'
    )
    op.create_table('wealth_redemption',
    sa.Column('order_id', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.String(length=64), nullable=False),
    sa.Column('operation_id', sa.String(length=40), nullable=True),
    sa.Column('customer_id', sa.String(length=40), nullable=False),
    sa.Column('device_id', sa.String(length=40), nullable=True),
    sa.Column('account_id', sa.String(length=40), nullable=False),
    sa.Column('bundle', sa.String(length=200), nullable=True),
    sa.Column('product', sa.String(length=64), nullable=False),
    sa.Column('product_name', sa.String(length=120), nullable=False),
    sa.Column('product_version', sa.String(length=64), nullable=False),
    sa.Column('rule_version', sa.String(length=64), nullable=False),
    sa.Column('shares', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.String(length=64), nullable=False),
    sa.Column('reason', sa.String(length=64), nullable=True),
    sa.Column('payer', sa.String(length=64), nullable=False),
    sa.Column('payee', sa.String(length=64), nullable=False),
    sa.Column('trade_date', sa.Date(), nullable=False),
    sa.Column('confirm_date', sa.Date(), nullable=False),
    sa.Column('pay_date', sa.Date(), nullable=False),
    sa.Column('cancellable_until', bff.db.base.UtcDateTime(), nullable=False),
    sa.Column('nav', sa.BigInteger(), nullable=True),
    sa.Column('nav_date', sa.Date(), nullable=True),
    sa.Column('amount_fen', sa.BigInteger(), nullable=True),
    sa.Column('placed_at', bff.db.base.UtcDateTime(), nullable=False),
    sa.Column('confirmed_at', bff.db.base.UtcDateTime(), nullable=True),
    sa.Column('settled_at', bff.db.base.UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.customer_id'], name=op.f('fk_wealth_redemption_customer_id')),
    sa.ForeignKeyConstraint(['product'], ['product.code'], name=op.f('fk_wealth_redemption_product')),
    sa.PrimaryKeyConstraint('order_id', name=op.f('pk_wealth_redemption')),
    sa.UniqueConstraint('operation_id', name=op.f('uq_wealth_redemption_operation_id')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_nopad_bin'
    )
    with op.batch_alter_table('wealth_redemption', schema=None) as batch_op:
        batch_op.create_index('ix_wealth_redemption_customer', ['customer_id', 'placed_at'], unique=False)
        batch_op.create_index('ix_wealth_redemption_due', ['state', 'confirm_date'], unique=False)

    op.create_table('wealth_position',
    sa.Column('order_id', sa.String(length=40), nullable=False),
    sa.Column('customer_id', sa.String(length=40), nullable=False),
    sa.Column('product', sa.String(length=64), nullable=False),
    sa.Column('account_id', sa.String(length=40), nullable=False),
    sa.Column('payer', sa.String(length=64), nullable=False),
    sa.Column('shares', sa.BigInteger(), nullable=False),
    sa.Column('held', sa.BigInteger(), nullable=False),
    sa.Column('cost_fen', sa.BigInteger(), nullable=False),
    sa.Column('redeemable_from', sa.Date(), nullable=False),
    sa.Column('opened_at', bff.db.base.UtcDateTime(), nullable=False),
    sa.CheckConstraint('held >= 0 AND held <= shares', name=op.f('ck_wealth_position_held_within')),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.customer_id'], name=op.f('fk_wealth_position_customer_id')),
    sa.ForeignKeyConstraint(['order_id'], ['wealth_order.order_id'], name=op.f('fk_wealth_position_order_id')),
    sa.ForeignKeyConstraint(['product'], ['product.code'], name=op.f('fk_wealth_position_product')),
    sa.PrimaryKeyConstraint('order_id', name=op.f('pk_wealth_position')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_nopad_bin'
    )
    with op.batch_alter_table('wealth_position', schema=None) as batch_op:
        batch_op.create_index('ix_wealth_position_customer', ['customer_id', 'product'], unique=False)
        batch_op.create_index('ix_wealth_position_product', ['product', 'order_id'], unique=False)

    op.create_table('wealth_redemption_part',
    sa.Column('order_id', sa.String(length=40), nullable=False),
    sa.Column('position_id', sa.String(length=40), nullable=False),
    sa.Column('shares', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['order_id'], ['wealth_redemption.order_id'], name=op.f('fk_wealth_redemption_part_order_id')),
    sa.ForeignKeyConstraint(['position_id'], ['wealth_position.order_id'], name=op.f('fk_wealth_redemption_part_position_id')),
    sa.PrimaryKeyConstraint('order_id', 'position_id', name=op.f('pk_wealth_redemption_part')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_nopad_bin'
    )
    # No column is added by rebuilding the table, as batches do on SQLite: positions refer to its rows.
    for name in ("payer", "payee"):
        op.add_column("wealth_order", sa.Column(name, sa.String(length=64), nullable=False, server_default=""))
    moment = bff.db.base.UtcDateTime()
    began = sa.text("'2000-01-01 00:00:00'")
    op.add_column("wealth_order", sa.Column("cancellable_until", moment, nullable=False, server_default=began))
    for name in ("nav", "shares", "rest_fen"):
        op.add_column("wealth_order", sa.Column(name, sa.BigInteger(), nullable=True))
    op.add_column("wealth_order", sa.Column("nav_date", sa.Date(), nullable=True))
    for name in ("confirmed_at", "closed_at", "refunded_at"):
        op.add_column("wealth_order", sa.Column(name, moment, nullable=True))
    op.create_index("ix_wealth_order_due", "wealth_order", ["state", "confirm_date"])
    op.create_index("ix_wealth_order_product", "wealth_order", ["product", "state"])
    _fill_orders()


def downgrade() -> None:
    """Go back."""
    for name in (
        "wealth_redemption_part",
        "wealth_position",
        "wealth_redemption",
        "wealth_rating",
        "wealth_qualification",
        "wealth_nav",
        "wealth_investor",
        "wealth_headcount",
    ):
        op.drop_table(name)
    for name in ("ix_wealth_order_due", "ix_wealth_order_product"):
        op.drop_index(name, "wealth_order")
    added = ("payer", "payee", "cancellable_until", "nav", "nav_date", "shares", "rest_fen")
    for name in (*added, "confirmed_at", "closed_at", "refunded_at"):
        op.drop_column("wealth_order", name)


def _fill_orders() -> None:
    """Give the orders that are there the accounts that were signed; the time to cancel them was never offered."""
    payer = "SELECT number FROM account WHERE account.account_id = wealth_order.account_id"
    op.execute(f"UPDATE wealth_order SET payer = COALESCE(({payer}), ''), cancellable_until = placed_at")  # noqa: S608 — our own words
    sold = sa.table("product_version", *map(sa.column, ("code", "version", "definition")))
    order = sa.table("wealth_order", *map(sa.column, ("product", "product_version", "payee")))
    for row in op.get_bind().execute(sa.select(sold)).all():
        payee = json.loads(row.definition).get("raising_account")
        of = (order.c.product == row.code, order.c.product_version == row.version)
        if payee is not None:
            op.get_bind().execute(sa.update(order).where(*of).values(payee=payee))
