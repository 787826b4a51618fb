"""Reading and changing the rows of freezes, and finding accounts on which nothing moves."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, select, update
from sqlalchemy.orm import Session

from bff.accounts.models import Account, AccountFreeze
from bff.accounts.repository import DORMANT, FROZEN, OPEN
from bff.db.base import table_of
from bff.db.statements import changed

_freeze: Final = table_of(AccountFreeze)
_account: Final = table_of(Account)


def standing(session: Session, account_id: str) -> Row[Any] | None:
    """Give the freeze that stands on an account, or None."""
    wanted = select(_freeze).where(_freeze.c.account_id == account_id, _freeze.c.thawed_at.is_(None))
    return session.execute(wanted).first()


def history(session: Session, account_id: str) -> list[Row[Any]]:
    """Give every freeze of an account, the newest first."""
    wanted = select(_freeze).where(_freeze.c.account_id == account_id)
    return list(session.execute(wanted.order_by(_freeze.c.frozen_at.desc())).all())


def end(session: Session, freeze_id: str, by: str, now: datetime) -> bool:
    """End a freeze; tell whether it stood."""
    row = update(_freeze).where(_freeze.c.freeze_id == freeze_id, _freeze.c.thawed_at.is_(None))
    return changed(session, row.values(thawed_at=now, thawed_by=by)) == 1


def due(session: Session, now: datetime, limit: int) -> Sequence[str]:
    """Give accounts whose freeze has come to its end."""
    wanted = select(_freeze.c.account_id).where(_freeze.c.thawed_at.is_(None), _freeze.c.until <= now)
    frozen = wanted.join(_account, _account.c.account_id == _freeze.c.account_id).where(_account.c.state == FROZEN)
    return session.scalars(frozen.order_by(_freeze.c.until).limit(limit)).all()


def idle(session: Session, since: datetime, after: str, limit: int) -> list[Any]:
    """Give open accounts on which nothing has moved since, by their ids."""
    columns = (_account.c.account_id, _account.c.customer_id)
    wanted = select(*columns).where(_account.c.state == OPEN, _account.c.active_at < since)
    ordered = wanted.where(_account.c.account_id > after).order_by(_account.c.account_id)
    return list(session.execute(ordered.limit(limit)))


def sleep(session: Session, account_id: str, since: datetime) -> bool:
    """Let an account sleep on which still nothing moves; tell whether it does."""
    row = update(_account).where(_account.c.account_id == account_id, _account.c.state == OPEN)
    still = row.where(_account.c.active_at < since, _account.c.moving == 0)
    return changed(session, still.values(state=DORMANT)) == 1
