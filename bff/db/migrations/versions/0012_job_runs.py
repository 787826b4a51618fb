"""The runs of jobs.

Revision: 0012
Follows: 0011
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import bff.db.base

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "job_run",
        sa.Column("job", sa.String(length=64), nullable=False),
        sa.Column("slot", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("worker", sa.String(length=100), nullable=False),
        sa.Column("lease", sa.String(length=40), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("started_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("seen_at", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("leased_until", bff.db.base.UtcDateTime(), nullable=False),
        sa.Column("available_at", bff.db.base.UtcDateTime(), nullable=True),
        sa.Column("ended_at", bff.db.base.UtcDateTime(), nullable=True),
        sa.Column("cursor", sa.String(length=200), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(length=400), nullable=False),
        sa.Column("error", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("job", "slot", name=op.f("pk_job_run")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("job_run", schema=None) as batch_op:
        batch_op.create_index("ix_job_run_state", ["job", "state", "slot"], unique=False)


def downgrade() -> None:
    """Go back."""
    op.drop_table("job_run")
