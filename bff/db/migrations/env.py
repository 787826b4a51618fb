"""What Alembic runs: migrations on the connection that it was given."""

from typing import Any

from alembic import context
from alembic.operations import MigrationScript

from bff.db.base import Base


def _drop_empty(_context: object, _revision: object, directives: list[Any]) -> None:
    """Write no version file when nothing changed."""
    script = directives[0] if directives else None
    if isinstance(script, MigrationScript) and script.upgrade_ops is not None and script.upgrade_ops.is_empty():
        directives[:] = []


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    compare_type=True,
    render_as_batch=True,
    transactional_ddl=True,
    process_revision_directives=_drop_empty,
)
with context.begin_transaction():
    context.run_migrations()
