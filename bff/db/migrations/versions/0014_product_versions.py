"""Every version of every product.

Revision: 0014
Follows: 0013
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

import bff.db.base

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "product_version",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column(
            "definition",
            sa.Text().with_variant(mysql.LONGTEXT(), "mariadb").with_variant(mysql.LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("maker", sa.String(length=100), nullable=False),
        sa.Column("checker", sa.String(length=100), nullable=True),
        sa.Column("made_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("checked_at", bff.db.base.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["code"], ["product.code"], name=op.f("fk_product_version_code")),
        sa.PrimaryKeyConstraint("code", "version", name=op.f("pk_product_version")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("product_version", schema=None) as batch_op:
        batch_op.create_index("ix_product_version_force", ["code", "state", "valid_from"], unique=False)
    _keep_versions()
    # Neither is done by rebuilding the table, as batches do on SQLite: quotas and orders refer to its rows.
    op.add_column("product", sa.Column("family", sa.String(length=64), nullable=False, server_default=""))
    op.execute("UPDATE product SET family = 'wealth'")
    for name in ("definition", "version"):
        op.drop_column("product", name)
    op.create_index(op.f("ix_product_family"), "product", ["family"])


def downgrade() -> None:
    """Go back: each product keeps the version that was checked last."""
    text = sa.Text().with_variant(mysql.LONGTEXT(), "mariadb").with_variant(mysql.LONGTEXT(), "mysql")
    op.add_column("product", sa.Column("version", sa.String(length=64), nullable=False, server_default=""))
    op.add_column("product", sa.Column("definition", text, nullable=True))
    versions = sa.table("product_version", *map(sa.column, ("code", "version", "definition", "checked_at")))
    product = sa.table("product", *map(sa.column, ("code", "version", "definition")))
    checked = sa.select(versions).where(versions.c.checked_at.is_not(None)).order_by(versions.c.checked_at)
    for row in op.get_bind().execute(checked).all():
        values = {"version": row.version, "definition": row.definition}
        op.get_bind().execute(sa.update(product).where(product.c.code == row.code).values(**values))
    op.drop_index(op.f("ix_product_family"), "product")
    op.drop_column("product", "family")
    op.drop_table("product_version")


def _keep_versions() -> None:
    """Bring the definitions that stood in ``product`` over, byte by byte: they were on sale, so they count as checked."""
    product = sa.table(
        "product",
        *map(sa.column, ("code", "version", "definition")),
        sa.column("updated_at", bff.db.base.UtcDateTime()),
    )
    names = ("code", "version", "state", "definition", "digest", "maker", "checker")
    instants = (sa.column(name, bff.db.base.UtcDateTime()) for name in ("made_at", "checked_at"))
    versions = sa.table("product_version", *map(sa.column, names), sa.column("valid_from", sa.Date()), *instants)
    for row in op.get_bind().execute(sa.select(product)).all():
        values = {"code": row.code, "version": row.version, "state": "CHECKED", "definition": row.definition}
        values |= {"digest": hashlib.sha256(row.definition.encode()).hexdigest(), "maker": "shipped"}
        values |= {"valid_from": date.fromisoformat(json.loads(row.definition)["valid_from"]), "checker": "shipped"}
        values |= {"made_at": row.updated_at, "checked_at": row.updated_at}
        op.get_bind().execute(sa.insert(versions).values(**values))
