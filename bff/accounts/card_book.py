"""Reading and changing the rows of card changes."""

from typing import Any, Final

from sqlalchemy import Row, select, update
from sqlalchemy.orm import Session

from bff.accounts.models import AccountCardChange
from bff.db.base import table_of
from bff.db.statements import changed

CHECKING: Final = "CHECKING"
READY: Final = "READY"
BOUND: Final = "BOUND"
_table: Final = table_of(AccountCardChange)


def change(session: Session, change_id: str) -> Row[Any] | None:
    """Give a change, or None."""
    return session.execute(select(_table).where(_table.c.change_id == change_id)).first()


def answer(session: Session, change_id: str, **values: Any) -> None:
    """Write what the card network said of a card that is being checked."""
    row = update(_table).where(_table.c.change_id == change_id, _table.c.state == CHECKING)
    session.execute(row.values(**values))


def bind(session: Session, change_id: str) -> bool:
    """Take a change that is ready; tell whether it was."""
    row = update(_table).where(_table.c.change_id == change_id, _table.c.state == READY)
    return changed(session, row.values(state=BOUND)) == 1
