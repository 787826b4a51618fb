"""Statements by page, states and maxima of the embedded core's accounts.

Each posting keeps the balance that it left and the journal's time. Postings are written once: their triggers are taken
away while what follows from the rows themselves is filled in, and put back.

Revision: 0015
Follows: 0014
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from bff.core_bank.models import WRITE_ONCE_TRIGGERS

import bff.db.base

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

POSTING = "core_posting"
CHECKS = {
    "max_balance": ("BIGINT", "ceiling", "max_balance IS NULL OR balance <= max_balance"),
    "moved_at": (None, "closed", "state <> 'CLOSED' OR (balance = 0 AND held = 0)"),
}
RUNNING = """
    SELECT p.id AS id,
           SUM(p.amount) OVER (PARTITION BY p.account ORDER BY p.id) AS balance_after,
           MAX(j.at) OVER (PARTITION BY p.account ORDER BY p.id) AS at
    FROM core_posting AS p JOIN core_journal AS j ON j.id = p.journal
"""
FILL = {
    "sqlite": f"UPDATE core_posting SET balance_after = w.balance_after, at = w.at FROM ({RUNNING}) AS w"  # noqa: S608 — constants of this file
    " WHERE w.id = core_posting.id",
    "server": f"UPDATE core_posting AS t JOIN ({RUNNING}) AS w ON w.id = t.id"  # noqa: S608 — as above
    " SET t.balance_after = w.balance_after, t.at = w.at",
}
MOVED = (
    "UPDATE core_account SET moved_at = (SELECT MAX(at) FROM core_posting WHERE core_posting.account = core_account.number)"
)


def upgrade() -> None:
    """Go forward."""
    dialect = op.get_bind().dialect.name
    _add_account_columns(dialect)
    for action in ("update", "delete"):
        op.execute(f"DROP TRIGGER IF EXISTS {POSTING}_no_{action}")
    op.add_column(POSTING, sa.Column("balance_after", sa.BigInteger(), nullable=True))
    op.add_column(POSTING, sa.Column("at", bff.db.base.UtcDateTime(), nullable=True))
    op.execute(FILL.get(dialect, FILL["server"]))
    with op.batch_alter_table(POSTING, schema=None) as batch_op:
        batch_op.alter_column("balance_after", existing_type=sa.BigInteger(), nullable=False)
        batch_op.alter_column("at", existing_type=bff.db.base.UtcDateTime(), nullable=False)
        batch_op.create_index("ix_core_posting_account_at", ["account", "at"], unique=False)
        batch_op.drop_index("ix_core_posting_account_id")
    op.execute(MOVED)
    for statement in WRITE_ONCE_TRIGGERS[dialect][POSTING]:
        op.execute(statement)


def downgrade() -> None:
    """Go back."""
    dialect = op.get_bind().dialect.name
    with op.batch_alter_table(POSTING, schema=None) as batch_op:
        batch_op.create_index("ix_core_posting_account_id", ["account", "id"], unique=False)
        batch_op.drop_index("ix_core_posting_account_at")
        batch_op.drop_column("at")
        batch_op.drop_column("balance_after")
    for statement in WRITE_ONCE_TRIGGERS[dialect][POSTING]:
        op.execute(statement)
    for column, (_, name, _) in CHECKS.items():
        if dialect != "sqlite":
            op.drop_constraint(f"ck_core_account_{name}", "core_account", type_="check")
        op.drop_column("core_account", column)


def _add_account_columns(dialect: str) -> None:
    """Add each column with the check that comes with it.

    SQLite takes it as the column's own, which spares making the table anew under the rows that point at it.
    """
    for column, (kind, name, condition) in CHECKS.items():
        check = f"CONSTRAINT ck_core_account_{name} CHECK ({condition})"
        if dialect == "sqlite":
            op.execute(f"ALTER TABLE core_account ADD COLUMN {column} {kind or 'DATETIME'} {check}")
        else:
            op.execute(f"ALTER TABLE core_account ADD COLUMN {column} {kind or 'DATETIME(6)'} NULL, ADD {check}")
