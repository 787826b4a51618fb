"""Papers that two people make and check, and decisions explained.

Revision: 0020
Follows: 0019
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

import bff.db.base

revision: str = '0020'
down_revision: str | None = '0019'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    op.create_table('paper',
    sa.Column('paper_kind', sa.String(length=64), nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('version', sa.String(length=64), nullable=False),
    sa.Column('family', sa.String(length=64), nullable=False),
    sa.Column('state', sa.String(length=64), nullable=False),
    sa.Column('text', sa.Text().with_variant(mysql.LONGTEXT(), 'mariadb').with_variant(mysql.LONGTEXT(), 'mysql'), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('maker', sa.String(length=100), nullable=False),
    sa.Column('maker_key', sa.String(length=64), nullable=False),
    sa.Column('made_at', bff.db.base.UtcDateTime(), nullable=False),
    sa.Column('checker', sa.String(length=100), nullable=True),
    sa.Column('checker_key', sa.String(length=64), nullable=True),
    sa.Column('decided_at', bff.db.base.UtcDateTime(), nullable=True),
    sa.Column('reason', sa.String(length=400), nullable=False),
    sa.PrimaryKeyConstraint('paper_kind', 'code', 'version', name=op.f('pk_paper')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_nopad_bin'
    )
    with op.batch_alter_table('paper', schema=None) as batch_op:
        batch_op.create_index('ix_paper_state', ['state', 'paper_kind'], unique=False)

    op.create_table('rule_decision',
    sa.Column('number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('subject', sa.String(length=64), nullable=False),
    sa.Column('about', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=64), nullable=False),
    sa.Column('at', bff.db.base.UtcDateTime(), nullable=False),
    sa.Column('pack', sa.String(length=64), nullable=False),
    sa.Column('version', sa.String(length=64), nullable=False),
    sa.Column('outcome', sa.String(length=64), nullable=False),
    sa.Column('request_id', sa.String(length=64), nullable=False),
    sa.Column('customer_id', sa.String(length=40), nullable=True),
    sa.Column('facts', sa.Text().with_variant(mysql.LONGTEXT(), 'mariadb').with_variant(mysql.LONGTEXT(), 'mysql'), nullable=False),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_rule_decision')),
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_nopad_bin'
    )
    with op.batch_alter_table('rule_decision', schema=None) as batch_op:
        batch_op.create_index('ix_rule_decision_about', ['about'], unique=False)
        batch_op.create_index('ix_rule_decision_request_id', ['request_id'], unique=False)
        batch_op.create_index('ix_rule_decision_subject', ['subject'], unique=False)


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table('rule_decision', schema=None) as batch_op:
        batch_op.drop_index('ix_rule_decision_subject')
        batch_op.drop_index('ix_rule_decision_request_id')
        batch_op.drop_index('ix_rule_decision_about')

    op.drop_table('rule_decision')
    with op.batch_alter_table('paper', schema=None) as batch_op:
        batch_op.drop_index('ix_paper_state')

    op.drop_table('paper')
