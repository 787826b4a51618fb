"""Reading and changing the rows of transfers out and of incoming ones; states change by conditional UPDATEs alone."""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Row, select, update
from sqlalchemy.orm import Session

from bff.accounts.models import AccountIncoming, AccountTransfer
from bff.accounts.repository import RETURNING
from bff.db.base import table_of
from bff.db.statements import changed

LISTED: Final = 100
_transfer: Final = table_of(AccountTransfer)
_incoming: Final = table_of(AccountIncoming)


def transfer(session: Session, transfer_id: str) -> Row[Any] | None:
    """Give a transfer, or None."""
    return session.execute(select(_transfer).where(_transfer.c.transfer_id == transfer_id)).first()


def transfer_of(session: Session, journal: str) -> Row[Any] | None:
    """Give the transfer that the core made by a journal, or None."""
    return session.execute(select(_transfer).where(_transfer.c.reference == journal)).first()


def transfers_of(session: Session, account_id: str) -> list[Row[Any]]:
    """Give an account's newest transfers."""
    wanted = select(_transfer).where(_transfer.c.account_id == account_id)
    ordered = wanted.order_by(_transfer.c.placed_at.desc(), _transfer.c.transfer_id.desc())
    return list(session.execute(ordered.limit(LISTED)).all())


def move_transfer(session: Session, transfer_id: str, states: Iterable[str], **values: Any) -> bool:
    """Change a transfer that is in one of ``states``; tell whether it was."""
    row = update(_transfer).where(_transfer.c.transfer_id == transfer_id, _transfer.c.state.in_(tuple(states)))
    return changed(session, row.values(**values)) == 1


def incoming(session: Session, journal: str) -> Row[Any] | None:
    """Give an incoming transfer, or None."""
    return session.execute(select(_incoming).where(_incoming.c.journal == journal)).first()


def state_of_incoming(session: Session, journal: str) -> str:
    """Give an incoming transfer's state as it is now and not as the transaction began."""
    wanted = select(_incoming.c.state).where(_incoming.c.journal == journal).with_for_update()
    return str(session.scalar(wanted))


def returning(session: Session, account_id: str) -> bool:
    """Tell whether a movement of an account is being given back."""
    wanted = {"account_id": account_id, "state": RETURNING}
    looks = (select(model.account_id).filter_by(**wanted).limit(1) for model in (AccountTransfer, AccountIncoming))
    return any(session.scalar(look) is not None for look in looks)


def move_incoming(session: Session, journal: str, states: Iterable[str], **values: Any) -> bool:
    """Change an incoming transfer that is in one of ``states``; tell whether it was."""
    row = update(_incoming).where(_incoming.c.journal == journal, _incoming.c.state.in_(tuple(states)))
    return changed(session, row.values(**values)) == 1
