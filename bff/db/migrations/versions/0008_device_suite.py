"""Of which suite a device's two keys are.

Revision: 0008
Follows: 0007
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("device", schema=None) as batch_op:
        batch_op.add_column(sa.Column("suite", sa.String(length=64), server_default="ES256", nullable=False))


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("device", schema=None) as batch_op:
        batch_op.drop_column("suite")
