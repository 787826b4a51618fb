"""Reading and changing applications and accounts; states and counters change by conditional UPDATEs alone."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, Select, bindparam, delete, or_, select, update
from sqlalchemy.orm import Session

from bff.accounts.models import Account, AccountApplication, AccountCounter, AccountFunding
from bff.accounts.rules import Cap
from bff.db.base import table_of
from bff.db.prepared import Prepared
from bff.db.statements import add_counts, changed

ID_CHECK: Final = "ID_CHECK"
BIND_VERIFY: Final = "BIND_VERIFY"
CRS: Final = "CRS"
SUBMITTED: Final = "SUBMITTED"
CORE_UNKNOWN: Final = "CORE_UNKNOWN"
OPEN: Final = "OPEN"
REJECTED: Final = "REJECTED"
OPENING: Final = "OPENING"
"""An account for which the core has not yet answered: it already stands for its person and class."""
DORMANT: Final = "DORMANT"
FROZEN: Final = "FROZEN"
CLOSING: Final = "CLOSING"
CLOSED: Final = "CLOSED"

HALF_FINISHED: Final = frozenset({ID_CHECK, BIND_VERIFY, CRS})
ON_ITS_WAY: Final = frozenset({SUBMITTED, CORE_UNKNOWN})

PENDING: Final = "PENDING"
DONE: Final = "DONE"
FAILED: Final = "FAILED"
UNKNOWN: Final = "UNKNOWN"
CREATED: Final = "CREATED"
RETURNING: Final = "RETURNING"
RETURNED: Final = "RETURNED"
STUCK: Final = "STUCK"
"""The core cannot give it back: a person of the bank has to look."""
KEPT: Final = "KEPT"
"""An incoming transfer that breaks no rule."""
UNDER_WAY: Final = (CREATED, UNKNOWN)
_account: Final = table_of(Account)
_STATE: Final = select(_account.c.state).where(_account.c.account_id == bindparam("wanted"))
_OBSERVE: Final = Prepared(
    update(_account).where(
        _account.c.account_id == bindparam("wanted"),
        or_(_account.c.observed_at.is_(None), _account.c.observed_at <= bindparam("at")),
    ),
    ("balance_fen", "available_fen", "observed_at", "active_at"),
)


def application(session: Session, application_id: str) -> Row[Any] | None:
    """Give an application, or None."""
    columns = AccountApplication.__table__.columns
    return session.execute(select(*columns).where(columns.application_id == application_id)).first()


def latest_application(session: Session, device_id: str, states: Iterable[str] = ()) -> Row[Any] | None:
    """Give the newest application of a device, in one of ``states`` when there are any."""
    columns = AccountApplication.__table__.columns
    wanted = select(*columns).where(columns.device_id == device_id)
    listed = tuple(states)
    if listed:
        wanted = wanted.where(columns.state.in_(listed))
    return session.execute(wanted.order_by(columns.created_at.desc(), columns.application_id.desc()).limit(1)).first()


def advance(session: Session, application_id: str, states: Iterable[str], **values: Any) -> bool:
    """Change an application that is in one of ``states``; tell whether it was."""
    row = update(AccountApplication).where(AccountApplication.application_id == application_id)
    return changed(session, row.where(AccountApplication.state.in_(tuple(states))).values(**values)) == 1


def answer_check(session: Session, application_id: str, check_id: str, **values: Any) -> bool:
    """Write the answer to a card check down while that very check still counts; tell whether it did.

    The check is named in the UPDATE itself: another card may be given between a read and this.
    """
    row = update(AccountApplication).where(AccountApplication.application_id == application_id)
    waiting = row.where(AccountApplication.state == BIND_VERIFY, AccountApplication.card_check == check_id)
    return changed(session, waiting.values(**values)) == 1


def close_half_finished(session: Session, device_id: str, now: datetime) -> None:
    """Close what was begun on a device and never submitted: a new application takes its place."""
    row = update(AccountApplication).where(AccountApplication.device_id == device_id)
    half = row.where(AccountApplication.state.in_(tuple(HALF_FINISHED)))
    session.execute(half.values(state=REJECTED, reason="REPLACED", updated_at=now))


def account(session: Session, account_id: str) -> Row[Any] | None:
    """Give an account, or None."""
    columns = Account.__table__.columns
    return session.execute(select(*columns).where(columns.account_id == account_id)).first()


def state_of(session: Session, account_id: str) -> str:
    """Give an account's state, empty where there is no such account."""
    return session.scalar(_STATE, {"wanted": account_id}) or ""


def accounts_of(session: Session, customer_id: str) -> list[Row[Any]]:
    """Give a customer's accounts, the oldest first; those that the core has not opened are left out."""
    columns = Account.__table__.columns
    wanted = select(*columns).where(columns.customer_id == customer_id, columns.number.is_not(None))
    return list(session.execute(wanted.order_by(columns.opened_at)).all())


def has_account(session: Session, customer_id: str, account_class: str) -> bool:
    """Tell whether a customer has, or is getting, an account of that class."""
    wanted = select(Account.account_id).filter_by(customer_id=customer_id, live_class=account_class)
    return session.scalar(wanted) is not None


def account_by_number(session: Session, number: str) -> Row[Any] | None:
    """Give the account that the core knows by a number, or None."""
    columns = Account.__table__.columns
    return session.execute(select(*columns).where(columns.number == number)).first()


def open_account(session: Session, account_id: str, number: str, now: datetime) -> None:
    """Write the number that the core gave."""
    row = update(Account).where(Account.account_id == account_id, Account.state == OPENING)
    session.execute(row.values(state=OPEN, number=number, opened_at=now, active_at=now))


def set_bound_number(session: Session, account_id: str, sealed: bytes) -> None:
    """Write how the core books the bound card."""
    session.execute(update(Account).where(Account.account_id == account_id).values(bound_number=sealed))


def begin_movement(session: Session, account_id: str, *, coming: int = 0, most: int | None = None) -> bool:
    """Note that money is about to move on an open account; tell whether it may.

    Args:
        session: of a writing transaction.
        account_id: the account, which is locked until the transaction ends.
        coming: fen that come in.
        most: balance in fen that nothing may make it pass, what comes in besides included.
    """
    row = update(Account).where(Account.account_id == account_id, Account.state == OPEN)
    if most is not None:
        row = row.where(Account.balance_fen + Account.coming_fen + coming <= most)
    more = {"moving": Account.moving + 1, "coming_fen": Account.coming_fen + coming}
    return changed(session, row.values(**more)) == 1


def end_movement(session: Session, account_id: str, *, coming: int = 0) -> None:
    """Note that a movement has ended, whichever way."""
    row = update(Account).where(Account.account_id == account_id, Account.moving > 0)
    session.execute(row.values(moving=Account.moving - 1, coming_fen=Account.coming_fen - coming))


def lock_account(session: Session, account_id: str) -> Row[Any] | None:
    """Give an account as it is now and not as the transaction began, and keep it so until the end."""
    return session.execute(_locking(account_id)).first()


def locked(session: Session, account_id: str) -> Row[Any]:
    """Give an account that there is, as ``lock_account`` does."""
    return session.execute(_locking(account_id)).one()


def _locking(account_id: str) -> Select[Any]:
    columns = Account.__table__.columns
    return select(*columns).where(columns.account_id == account_id).with_for_update()


def turn(session: Session, account_id: str, states: Iterable[str], **values: Any) -> bool:
    """Change an account that is in one of ``states``; tell whether it was."""
    row = update(Account).where(Account.account_id == account_id, Account.state.in_(tuple(states)))
    return changed(session, row.values(**values)) == 1


def rebind(session: Session, account_id: str, **card: Any) -> bool:
    """Give an open account on which nothing moves another bound card; tell whether it was one."""
    row = update(Account).where(Account.account_id == account_id, Account.state == OPEN, Account.moving == 0)
    return changed(session, row.values(**card)) == 1


def close_empty(session: Session, account_id: str) -> bool:
    """Turn an open account without money, on which nothing moves, to closing; tell whether it was one."""
    row = update(Account).where(Account.account_id == account_id, Account.state == OPEN)
    still = row.where(Account.moving == 0, Account.balance_fen == 0, Account.available_fen == 0)
    return changed(session, still.values(state=CLOSING)) == 1


def drop_account(session: Session, account_id: str) -> None:
    """Take back an account that the core refused to open, so that the person may try again."""
    session.execute(delete(Account).where(Account.account_id == account_id, Account.state == OPENING))


def observe(session: Session, account_id: str, balance: int, available: int, executed_at: datetime) -> None:
    """Write the balance as the core told it after the movement of that instant, by the core's clock.

    Movements may be settled in another order than the core made them: what it told after the latest one stays.
    """
    told = {"balance_fen": balance, "available_fen": available, "observed_at": executed_at}
    _OBSERVE.changed(session, {"wanted": account_id, "at": executed_at, **told, "active_at": executed_at})


def funding(session: Session, funding_id: str) -> Row[Any]:
    """Give a funding."""
    columns = AccountFunding.__table__.columns
    row: Row[Any] = session.execute(select(*columns).where(columns.funding_id == funding_id)).one()
    return row


def funding_of(session: Session, journal: str) -> Row[Any] | None:
    """Give the funding that the core made by a journal, or None."""
    columns = AccountFunding.__table__.columns
    return session.execute(select(*columns).where(columns.reference == journal)).first()


def return_funding(session: Session, funding_id: str) -> bool:
    """Mark a funding that was done as taken back; tell whether it was done."""
    row = update(AccountFunding).where(AccountFunding.funding_id == funding_id, AccountFunding.state == DONE)
    return changed(session, row.values(state=RETURNED)) == 1


def move_funding(session: Session, funding_id: str, **values: Any) -> bool:
    """Change a funding that has not ended; tell whether it had not."""
    row = update(AccountFunding).where(AccountFunding.funding_id == funding_id)
    return changed(session, row.where(AccountFunding.state.in_((PENDING, UNKNOWN))).values(**values)) == 1


def count(session: Session, account_id: str, cap: Cap, amount: int) -> bool:
    """Add to a counter when the sum stays within its cap; tell whether it did."""
    key = {"account_id": account_id, "counter": cap.counter, "period": cap.period}
    add_counts(session, AccountCounter, [{**key, "used_fen": 0}], column="used_fen")  # locks the row as the UPDATE does
    row = update(AccountCounter).filter_by(**key).where(AccountCounter.used_fen + amount <= cap.most_fen)
    return changed(session, row.values(used_fen=AccountCounter.used_fen + amount)) == 1


def used(session: Session, account_id: str, cap: Cap) -> int:
    """Give what a counter has come to."""
    key = {"account_id": account_id, "counter": cap.counter, "period": cap.period}
    return session.scalar(select(AccountCounter.used_fen).filter_by(**key)) or 0


def uncount(session: Session, account_id: str, cap: Cap, amount: int) -> None:
    """Take from a counter what did not move."""
    row = update(AccountCounter).filter_by(account_id=account_id, counter=cap.counter, period=cap.period)
    session.execute(row.values(used_fen=AccountCounter.used_fen - amount))
