"""Customers are found by hashes under several keys; hashes that nothing was found by are gone.

Revision: 0011
Follows: 0010
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import bff.db.base

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "customer_index",
        sa.Column("id_index", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("kid", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id_index", name=op.f("pk_customer_index")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("customer_index", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_customer_index_customer_id"), ["customer_id"], unique=False)

    op.execute("INSERT INTO customer_index (id_index, customer_id, kid) SELECT id_index, customer_id, '' FROM customer")
    with op.batch_alter_table("account_application", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_account_application_id_index"))
        batch_op.drop_column("id_index")

    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_customer_mobile_index"))
        batch_op.drop_constraint(batch_op.f("uq_customer_id_index"), type_="unique")
        batch_op.drop_column("id_index")
        batch_op.drop_column("mobile_index")


def downgrade() -> None:
    """Go back; hashes that nothing was found by come back empty."""
    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.add_column(sa.Column("mobile_index", sa.String(length=64), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("id_index", sa.String(length=64), nullable=False, server_default=""))
    op.execute(
        "UPDATE customer SET id_index = (SELECT MIN(id_index) FROM customer_index"
        " WHERE customer_index.customer_id = customer.customer_id)"
    )
    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.create_unique_constraint(batch_op.f("uq_customer_id_index"), ["id_index"])
        batch_op.create_index(batch_op.f("ix_customer_mobile_index"), ["mobile_index"], unique=False)
    with op.batch_alter_table("account_application", schema=None) as batch_op:
        batch_op.add_column(sa.Column("id_index", sa.String(length=64), nullable=False, server_default=""))
        batch_op.create_index(batch_op.f("ix_account_application_id_index"), ["id_index"], unique=False)
    op.drop_table("customer_index")
