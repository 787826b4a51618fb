"""The ledger's accounts as such: giving numbers, opening, freezing, closing.

Invariants: a number is given once; a freeze is never weakened by another; a closed account is empty and stays closed.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from bff.core_bank import books
from bff.core_bank.models import CoreAccountRow
from bff.core_bank.port import MAX_FEN, AccountKind, AccountState, CoreRefusedError
from bff.db.base import table_of
from bff.kinds import CURRENCY

ISSUER: Final = "629900"
"""First digits of the account numbers that the ledger gives."""
_OPENED: Final = frozenset({AccountKind.CLASS_II, AccountKind.CLASS_III, AccountKind.INTERNAL})
_FREEZES: Final = (AccountState.FROZEN_DEBIT, AccountState.FROZEN)
_account: Final = table_of(CoreAccountRow)
_SET_STATE: Final = update(_account).where(_account.c.number == bindparam("who")).values(state=bindparam("to"))


@dataclass(frozen=True, slots=True)
class Opening:
    """What an account is opened with; ``max_balance`` is what its balance never passes."""

    kind: str
    holder: str
    currency: str
    max_balance: int | None = None

    def content(self) -> dict[str, str | int]:
        """Give it as an order's content; a maximum counts only when there is one."""
        ceiling = {} if self.max_balance is None else {"max_balance": self.max_balance}
        return {"kind": self.kind, "holder": self.holder, "currency": self.currency, **ceiling}


def open_new(session: Session, sequence: str, opening: Opening, now: datetime) -> str:
    """Open an account and give its number, which follows from the sequence number.

    Raises:
        CoreRefusedError: KIND_UNKNOWN; AMOUNT_INVALID, the maximum is none, or a class III account lacks it.
    """
    kind, max_balance = opening.kind, opening.max_balance
    if kind not in _OPENED or opening.currency != CURRENCY:
        raise CoreRefusedError(reason="KIND_UNKNOWN")
    if kind == AccountKind.CLASS_III and max_balance is None:
        raise CoreRefusedError(reason="AMOUNT_INVALID", detail="a class III account has a maximum")
    if max_balance is not None and not 0 < max_balance <= MAX_FEN:
        raise CoreRefusedError(reason="AMOUNT_INVALID", detail="that is no maximum")
    number = _free_number(session, sequence)
    add(session, number=number, kind=kind, holder=opening.holder, now=now, max_balance=max_balance)
    return number


def add(
    session: Session,
    *,
    number: str,
    kind: str,
    holder: str,
    now: datetime,
    card: str | None = None,
    max_balance: int | None = None,
) -> None:
    """Write a new account; ``card`` is the keyed hash of the one that pays from it."""
    row = CoreAccountRow(
        number=number,
        kind=kind,
        holder=holder,
        currency=CURRENCY,
        card_hash=card,
        opened_at=now,
        max_balance=max_balance,
    )
    session.add(row)
    session.flush()


def freeze(session: Session, number: str, level: str) -> None:
    """Freeze an account.

    Raises:
        CoreRefusedError: CONTENT_INVALID, there is no such level; ACCOUNT_CLOSED; ACCOUNT_FROZEN, it is frozen harder.
    """
    if level not in _FREEZES:
        raise CoreRefusedError(reason="CONTENT_INVALID", detail="a freeze is FROZEN_DEBIT or FROZEN")
    state = _state(session, number)
    if state == AccountState.FROZEN and level != state:
        raise CoreRefusedError(reason="ACCOUNT_FROZEN", detail="a freeze is not weakened by another")
    session.execute(_SET_STATE, {"who": number, "to": level})


def unfreeze(session: Session, number: str) -> None:
    """Open a frozen account again.

    Raises:
        CoreRefusedError: ACCOUNT_CLOSED.
    """
    _state(session, number)
    session.execute(_SET_STATE, {"who": number, "to": AccountState.OPEN.value})


def close(session: Session, number: str) -> None:
    """Close an account for good.

    Raises:
        CoreRefusedError: ACCOUNT_CLOSED, ACCOUNT_FROZEN, or ACCOUNT_NOT_EMPTY.
    """
    (account,) = books.locked(session, number)
    if account.state != AccountState.OPEN:
        closed = account.state == AccountState.CLOSED
        raise CoreRefusedError(reason="ACCOUNT_CLOSED" if closed else "ACCOUNT_FROZEN")
    if account.balance or account.held:
        raise CoreRefusedError(reason="ACCOUNT_NOT_EMPTY")
    session.execute(_SET_STATE, {"who": number, "to": AccountState.CLOSED.value})


def _state(session: Session, number: str) -> str:
    """Give the state of an account that is not closed, with its row locked."""
    (account,) = books.locked(session, number)
    if account.state == AccountState.CLOSED:
        raise CoreRefusedError(reason="ACCOUNT_CLOSED")
    return str(account.state)


def luhn_digit(digits: str) -> str:
    """Give the check digit that follows ``digits`` (ISO/IEC 7812-1)."""
    doubled = [int(digit) * (2 if index % 2 == 0 else 1) for index, digit in enumerate(reversed(digits))]
    return str(-sum(value // 10 + value % 10 for value in doubled) % 10)


def number_of(seed: str) -> str:
    """Give the account number that follows from a seed."""
    body = ISSUER + str(int(hashlib.sha256(seed.encode()).hexdigest(), 16) % 10**12).zfill(12)
    return body + luhn_digit(body)


def _free_number(session: Session, sequence: str) -> str:
    attempt = 0
    while session.get(CoreAccountRow, number := number_of(f"{sequence}/{attempt}")) is not None:
        attempt += 1
    return number
