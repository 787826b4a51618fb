"""Under which key the embedded core's cards are known.

Revision: 0013
Follows: 0012
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward."""
    op.add_column("core_account", sa.Column("card_kid", sa.String(length=64), nullable=True))


def downgrade() -> None:
    """Go back."""
    op.drop_column("core_account", "card_kid")
