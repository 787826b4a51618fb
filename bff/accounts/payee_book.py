"""Reading and changing the rows of payees."""

from typing import Any, Final

from sqlalchemy import Row, delete, func, select, update
from sqlalchemy.orm import Session

from bff.accounts.models import AccountPayee
from bff.db.base import table_of

CHECKING: Final = "CHECKING"
KNOWN: Final = "KNOWN"
UNKNOWN: Final = "UNKNOWN"
_payee: Final = table_of(AccountPayee)


def payee(session: Session, payee_id: str) -> Row[Any] | None:
    """Give a payee, or None."""
    return session.execute(select(_payee).where(_payee.c.payee_id == payee_id)).first()


def payees_of(session: Session, customer_id: str) -> list[Row[Any]]:
    """Give a customer's payees, the newest first."""
    wanted = select(_payee).where(_payee.c.customer_id == customer_id)
    return list(session.execute(wanted.order_by(_payee.c.created_at.desc(), _payee.c.payee_id)).all())


def count(session: Session, customer_id: str) -> int:
    """Count a customer's payees."""
    wanted = select(func.count()).select_from(_payee).where(_payee.c.customer_id == customer_id)
    return session.scalar(wanted) or 0


def answer(session: Session, payee_id: str, core_number: bytes | None) -> None:
    """Write what the core said of a payee that is being looked up."""
    row = update(_payee).where(_payee.c.payee_id == payee_id, _payee.c.state == CHECKING)
    session.execute(row.values(state=UNKNOWN if core_number is None else KNOWN, core_number=core_number))


def remove(session: Session, payee_id: str) -> None:
    """Delete a payee."""
    session.execute(delete(_payee).where(_payee.c.payee_id == payee_id))
