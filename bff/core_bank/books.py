"""The ledger's own steps inside one transaction: finding and locking accounts, holds and journals, and posting.

Invariants: every journal sums to zero per currency before it is written; whoever changes several accounts locks them in
the order of their numbers; a step checks everything before it writes anything, so a refusal leaves nothing behind.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, bindparam, insert, select, update
from sqlalchemy.orm import Session

from bff.core_bank.models import INTERNAL, CoreAccountRow, CoreHoldRow, CoreJournalRow, CorePostingRow
from bff.core_bank.port import CoreRefusedError, Posting, StatementLine
from bff.db.base import table_of

OPEN: Final = "OPEN"
ACTIVE: Final = "ACTIVE"
MEMO_LENGTH: Final = 200


_account = table_of(CoreAccountRow)
_hold = table_of(CoreHoldRow)
_RESOLVE: Final = select(_account.c.number).where(
    (_account.c.number == bindparam("name")) | _account.c.card_hash.in_(bindparam("cards", expanding=True))
)
_LOCK: Final = (
    select(*(_account.c[name] for name in ("number", "kind", "currency", "balance", "held", "state")))
    .where(_account.c.number.in_(bindparam("numbers", expanding=True)))
    .order_by(_account.c.number)
    .with_for_update()
)
_MOVE: Final = (
    update(_account)
    .where(_account.c.number == bindparam("who"))
    .values(balance=_account.c.balance + bindparam("by"), held=_account.c.held + bindparam("more"))
)
_LOCK_HOLD: Final = select(_hold).where(_hold.c.id == bindparam("wanted")).with_for_update()
_END_HOLD: Final = update(_hold).where(_hold.c.id == bindparam("wanted")).values(state=bindparam("to"))
_ADD_HOLD: Final = insert(_hold)
_ADD_JOURNAL: Final = insert(table_of(CoreJournalRow))
_ADD_POSTINGS: Final = insert(table_of(CorePostingRow))


def resolve(session: Session, name: str, cards: Collection[str]) -> str:
    """Give the account number of an account number or a class I card.

    Args:
        session: of the step.
        name: account number, or card number.
        cards: keyed hashes of ``name`` under each key that counts: the ledger keeps no card numbers.

    Raises:
        CoreRefusedError: ACCOUNT_UNKNOWN.
    """
    number = session.scalar(_RESOLVE, {"name": name, "cards": list(cards)})
    if number is None:
        raise CoreRefusedError(reason="ACCOUNT_UNKNOWN")
    return str(number)


def locked(session: Session, *numbers: str) -> list[Row[Any]]:
    """Give accounts with their rows locked, in the order asked for.

    Raises:
        CoreRefusedError: ACCOUNT_UNKNOWN.
    """
    rows = {row.number: row for row in session.execute(_LOCK, {"numbers": sorted(set(numbers))})}
    if set(rows) != set(numbers):
        raise CoreRefusedError(reason="ACCOUNT_UNKNOWN")
    return [rows[number] for number in numbers]


def usable(account: Row[Any], currency: str) -> None:
    """Hold an account to be open and of the currency.

    Raises:
        CoreRefusedError: ACCOUNT_FROZEN or AMOUNT_INVALID.
    """
    if account.state != OPEN:
        raise CoreRefusedError(reason="ACCOUNT_FROZEN")
    if account.currency != currency:
        raise CoreRefusedError(reason="AMOUNT_INVALID", detail="the account has another currency")


def covers(account: Row[Any], amount: int) -> None:
    """Hold an account to have so much that is not reserved; the bank's own accounts may fall below zero.

    Raises:
        CoreRefusedError: INSUFFICIENT_FUNDS.
    """
    if account.kind != INTERNAL and account.balance - account.held < amount:
        raise CoreRefusedError(reason="INSUFFICIENT_FUNDS")


def reserve(session: Session, *, hold: str, account: Row[Any], amount: int, at: datetime) -> None:
    """Write a hold on an account that the caller has locked."""
    whole = {"account": account.number, "amount": amount, "currency": account.currency, "state": ACTIVE, "at": at}
    session.execute(_ADD_HOLD, [{"id": hold, **whole}])
    session.execute(_MOVE, {"who": account.number, "by": 0, "more": amount})


def active_hold(session: Session, hold: str) -> Row[Any]:
    """Give a hold with its row locked.

    Raises:
        CoreRefusedError: HOLD_UNKNOWN or HOLD_SPENT.
    """
    row = session.execute(_LOCK_HOLD, {"wanted": hold}).first()
    if row is None:
        raise CoreRefusedError(reason="HOLD_UNKNOWN")
    if row.state != ACTIVE:
        raise CoreRefusedError(reason="HOLD_SPENT")
    return row


def release(session: Session, hold: Row[Any], state: str) -> None:
    """End a hold, whose row and account the caller has locked, and give the money free."""
    session.execute(_END_HOLD, {"wanted": hold.id, "to": state})
    session.execute(_MOVE, {"who": hold.account, "by": 0, "more": -hold.amount})


def write_journal(
    session: Session,
    *,
    journal: str,
    postings: Sequence[Posting],
    memo: str,
    at: datetime,
    reverses: str | None = None,
) -> None:
    """Write a journal and move the balances of its accounts, which the caller has locked.

    Raises:
        ValueError: the postings do not sum to zero per currency: a mistake of ours, never of the caller.
    """
    check_balanced(postings)
    session.execute(_ADD_JOURNAL, [{"id": journal, "memo": memo[:MEMO_LENGTH], "reverses": reverses, "at": at}])
    lines = [{"account": one.account, "amount": one.amount, "currency": one.currency} for one in postings]
    session.execute(_ADD_POSTINGS, [{"journal": journal, **line} for line in lines])
    session.connection().execute(_MOVE, [{"who": one.account, "by": one.amount, "more": 0} for one in postings])


def check_balanced(postings: Sequence[Posting]) -> None:
    """Hold postings to sum to zero per currency.

    Raises:
        ValueError: they do not, or there are none.
    """
    sums: dict[str, int] = defaultdict(int)
    for posting in postings:
        sums[posting.currency] += posting.amount
    if not postings or any(sums.values()):
        message = "a journal sums to zero per currency"
        raise ValueError(message)


def postings_of(session: Session, journal: str) -> tuple[Posting, ...]:
    """Give the postings of a journal in the order of writing."""
    wanted = select(CorePostingRow).where(CorePostingRow.journal == journal).order_by(CorePostingRow.id)
    return tuple(Posting(row.account, row.amount, row.currency) for row in session.scalars(wanted))


def statement(session: Session, number: str, limit: int) -> tuple[StatementLine, ...]:
    """Give the latest postings of an account, newest first."""
    wanted = (
        select(CorePostingRow, CoreJournalRow)
        .join(CoreJournalRow, CoreJournalRow.id == CorePostingRow.journal)
        .where(CorePostingRow.account == number)
        .order_by(CorePostingRow.id.desc())
        .limit(limit)
    )
    found = [(row[0], row[1]) for row in session.execute(wanted)]
    others = _counterparties(session, number, [journal.id for _, journal in found])
    return tuple(
        StatementLine(
            journal=journal.id,
            amount=posting.amount,
            currency=posting.currency,
            memo=journal.memo,
            at=journal.at,
            counterparty=others.get(journal.id, ""),
        )
        for posting, journal in found
    )


def _counterparties(session: Session, number: str, journals: Sequence[str]) -> dict[str, str]:
    wanted = select(CorePostingRow.journal, CorePostingRow.account).where(
        CorePostingRow.journal.in_(journals), CorePostingRow.account != number
    )
    return {row.journal: row.account for row in session.execute(wanted)}
