"""Freezing and waking: an account is open, sleeps, is frozen, closes; each change has its reason in the evidence.

Invariants: on an account that is not open no money moves from here; the core is told of every freeze and its end in
their order; who froze, why and until when stands in the evidence and in a row that is kept.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import insert
from sqlalchemy.orm import Session

from bff import audit, outbox
from bff.accounts import freeze_book, repository
from bff.accounts.errors import AccountStateError
from bff.accounts.models import AccountFreeze
from bff.accounts.repository import DORMANT, FROZEN, OPEN
from bff.accounts.service import Accounts, require_open
from bff.errors import NotFoundError
from bff.kinds import Context, NewId, instant
from bff.push import inbox

FREEZE_TOPIC: Final = "accounts.freeze"
THAW_TOPIC: Final = "accounts.thaw"
THE_CLOCK: Final = "its end"
BATCH: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A freeze as an operator orders it; ``until`` is its end, or None."""

    by: str
    reason: str
    until: datetime | None = None


def freeze(session: Session, account_id: str, order: Order, now: datetime, new_id: NewId) -> str:
    """Freeze an account; give the freeze's id.

    Raises:
        NotFoundError: there is no such account.
        AccountStateError: it is frozen already, or closed.
    """
    account = repository.lock_account(session, account_id)
    if account is None or account.number is None:
        raise NotFoundError(detail="there is no such account")
    if not repository.turn(session, account_id, (OPEN, DORMANT), state=FROZEN):
        raise AccountStateError(detail=f"the account is {account.state}")
    freeze_id = new_id("frz")
    facts = {"ordered_by": order.by, "reason": order.reason, "until": order.until}
    row = {"freeze_id": freeze_id, "account_id": account_id, "state_before": account.state, "frozen_at": now}
    session.execute(insert(AccountFreeze).values(**row, **facts))
    payload = {"freezeId": freeze_id, "number": account.number}
    outbox.put(session, topic=FREEZE_TOPIC, key=f"{freeze_id}.freeze", payload=payload, now=now)
    until = None if order.until is None else instant(order.until)
    body = {"accountId": account_id, "freezeId": freeze_id, "by": order.by, "reason": order.reason, "until": until}
    audit.append(session, kind="account.frozen", subject=account_id, body=body, now=now)
    inbox.tell(session, customer_id=account.customer_id, kind="account.frozen", subject=freeze_id, body={}, now=now)
    return freeze_id


def thaw(session: Session, account_id: str, *, by: str, reason: str, now: datetime) -> str:
    """End an account's freeze; give the state to which the account returns.

    Raises:
        NotFoundError: the account is not frozen.
    """
    row = freeze_book.standing(session, account_id)
    if row is None or not freeze_book.end(session, row.freeze_id, by, now):
        raise NotFoundError(detail="the account is not frozen")
    repository.turn(session, account_id, (FROZEN,), state=row.state_before, active_at=now)
    account = repository.account(session, account_id)
    if account is None:
        raise NotFoundError(detail="there is no such account")
    payload = {"freezeId": row.freeze_id, "number": account.number}
    outbox.put(session, topic=THAW_TOPIC, key=f"{row.freeze_id}.thaw", payload=payload, now=now)
    body = {"accountId": account_id, "freezeId": row.freeze_id, "by": by, "reason": reason, "state": row.state_before}
    audit.append(session, kind="account.thawed", subject=account_id, body=body, now=now)
    told = {"customer_id": account.customer_id, "kind": "account.thawed", "subject": row.freeze_id}
    inbox.tell(session, **told, body={}, now=now)
    return str(row.state_before)


def thaw_due(session: Session, now: datetime) -> int:
    """End the freezes whose end has come; give how many."""
    due = freeze_book.due(session, now, BATCH)
    for account_id in due:
        thaw(session, account_id, by=THE_CLOCK, reason=THE_CLOCK, now=now)
    return len(due)


def sleep_idle(session: Session, days: int, after: str, now: datetime) -> tuple[str, int]:
    """Let accounts sleep that nothing has moved on for so many days.

    Args:
        session: of a writing transaction.
        days: so many.
        after: account id behind which this batch begins.
        now: present instant.

    Returns:
        The last account id that was looked at, empty when none is left, and how many fell asleep.
    """
    idle = freeze_book.idle(session, now - timedelta(days=days), after, BATCH)
    asleep = 0
    for row in idle:
        if not freeze_book.sleep(session, row.account_id, now - timedelta(days=days)):
            continue
        asleep += 1
        body = {"accountId": row.account_id, "days": days}
        audit.append(session, kind="account.dormant", subject=row.account_id, body=body, now=now)
        subject = f"{row.account_id}.{now:%Y%m%d}"
        inbox.tell(session, customer_id=row.customer_id, kind="account.dormant", subject=subject, body={}, now=now)
    return (idle[-1].account_id if len(idle) == BATCH else ""), asleep


def wake(session: Session, context: Context, accounts: Accounts, account_id: str) -> Any:
    """Wake a sleeping account of the calling customer, who was just verified; one that is open stays so.

    Raises:
        NotFoundError: the account is not the caller's.
        AccountStateError: it is frozen or closed.
    """
    account = accounts.get(session, context, account_id)
    if repository.turn(session, account_id, (DORMANT,), state=OPEN, active_at=context.now):
        body = {"accountId": account_id, "customerId": account.customer_id, "device": context.caller.device_id}
        audit.append(session, kind="account.woken", subject=account_id, body=body, now=context.now)
    else:
        require_open(account)
    return accounts.get(session, context, account_id)
