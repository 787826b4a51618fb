"""Refused decisions by their time, so that those that are due to go are found without reading the others.

Revision: 0023
Follows: 0020
"""

from collections.abc import Sequence

from alembic import op

revision: str = '0023'
down_revision: str | None = '0020'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    op.drop_index('ix_rule_decision_subject', 'rule_decision')
    op.create_index('ix_rule_decision_subject', 'rule_decision', ['subject', 'at'])


def downgrade() -> None:
    """Go back."""
    op.drop_index('ix_rule_decision_subject', 'rule_decision')
    op.create_index('ix_rule_decision_subject', 'rule_decision', ['subject'])
