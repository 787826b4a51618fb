"""Keys of release signers, and uploads.

Revision: 0003
Follows: 0002
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import bff.db.base
from sqlalchemy.dialects import mysql

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "release_signer",
        sa.Column("jkt", sa.String(length=43), nullable=False),
        sa.Column(
            "jwk",
            sa.Text().with_variant(mysql.LONGTEXT(), "mariadb").with_variant(mysql.LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("team", sa.String(length=64), nullable=False),
        sa.Column(
            "bundles",
            sa.Text().with_variant(mysql.LONGTEXT(), "mariadb").with_variant(mysql.LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("added_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("added_by", sa.String(length=64), nullable=False),
        sa.Column("revoked_at", bff.db.base.UtcDateTime(), nullable=True),
        sa.Column("revoked_by", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.PrimaryKeyConstraint("jkt", name=op.f("pk_release_signer")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_table(
        "release_upload",
        sa.Column("upload_id", sa.String(length=40), nullable=False),
        sa.Column("jkt", sa.String(length=43), nullable=False),
        sa.Column("bundle", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("archive", sa.String(length=64), nullable=False),
        sa.Column("manifest", sa.String(length=64), nullable=False),
        sa.Column(
            "declaration",
            sa.Text().with_variant(mysql.LONGTEXT(), "mariadb").with_variant(mysql.LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.Column("live", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column(
            "findings",
            sa.Text().with_variant(mysql.LONGTEXT(), "mariadb").with_variant(mysql.LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column(
            "widening",
            sa.Text().with_variant(mysql.LONGTEXT(), "mariadb").with_variant(mysql.LONGTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column("widening_digest", sa.String(length=64), nullable=False),
        sa.Column("approved", sa.String(length=64), nullable=True),
        sa.Column("decided_by", sa.String(length=43), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("created_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("changed_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("expires_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("upload_id", name=op.f("pk_release_upload")),
        sa.UniqueConstraint("live", name=op.f("uq_release_upload_live")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("release_upload", schema=None) as batch_op:
        batch_op.create_index("ix_release_upload_bundle", ["bundle", "state"], unique=False)
        batch_op.create_index("ix_release_upload_jkt", ["jkt", "state"], unique=False)
        batch_op.create_index("ix_release_upload_state", ["state", "expires_at"], unique=False)


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("release_upload", schema=None) as batch_op:
        batch_op.drop_index("ix_release_upload_state")
        batch_op.drop_index("ix_release_upload_jkt")
        batch_op.drop_index("ix_release_upload_bundle")

    op.drop_table("release_upload")
    op.drop_table("release_signer")
