"""The ledger's own steps inside one transaction: finding and locking accounts, holds and journals, and posting.

Invariants: every journal sums to zero per currency before it is written; whoever changes several accounts locks them in
the order of their numbers; a step checks everything before it writes anything, so a refusal leaves nothing behind.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from bff.core_bank.models import INTERNAL, CoreAccountRow, CoreHoldRow, CoreJournalRow, CorePostingRow
from bff.core_bank.port import CoreRefusedError, Posting, StatementLine
from bff.db.base import table_of

OPEN: Final = "OPEN"
ACTIVE: Final = "ACTIVE"
MEMO_LENGTH: Final = 200


_account = table_of(CoreAccountRow)
_RESOLVE: Final = select(_account.c.number).where(
    (_account.c.number == bindparam("name")) | (_account.c.card_hash == bindparam("card"))
)


def resolve(session: Session, name: str, card: str) -> str:
    """Give the account number of an account number or a class I card.

    Args:
        session: of the step.
        name: account number, or card number.
        card: keyed hash of ``name``: the ledger keeps no card numbers.

    Raises:
        CoreRefusedError: ACCOUNT_UNKNOWN.
    """
    number = session.scalar(_RESOLVE, {"name": name, "card": card})
    if number is None:
        raise CoreRefusedError(reason="ACCOUNT_UNKNOWN")
    return str(number)


def locked(session: Session, *numbers: str) -> list[CoreAccountRow]:
    """Give accounts with their rows locked, in the order asked for.

    Raises:
        CoreRefusedError: ACCOUNT_UNKNOWN.
    """
    wanted = (
        select(CoreAccountRow)
        .where(CoreAccountRow.number.in_(set(numbers)))
        .order_by(CoreAccountRow.number)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    rows = {row.number: row for row in session.scalars(wanted)}
    if set(rows) != set(numbers):
        raise CoreRefusedError(reason="ACCOUNT_UNKNOWN")
    return [rows[number] for number in numbers]


def usable(account: CoreAccountRow, currency: str) -> None:
    """Hold an account to be open and of the currency.

    Raises:
        CoreRefusedError: ACCOUNT_FROZEN or AMOUNT_INVALID.
    """
    if account.state != OPEN:
        raise CoreRefusedError(reason="ACCOUNT_FROZEN")
    if account.currency != currency:
        raise CoreRefusedError(reason="AMOUNT_INVALID", detail="the account has another currency")


def covers(account: CoreAccountRow, amount: int) -> None:
    """Hold an account to have so much that is not reserved; the bank's own accounts may fall below zero.

    Raises:
        CoreRefusedError: INSUFFICIENT_FUNDS.
    """
    if account.kind != INTERNAL and account.balance - account.held < amount:
        raise CoreRefusedError(reason="INSUFFICIENT_FUNDS")


def active_hold(session: Session, hold: str) -> CoreHoldRow:
    """Give a hold with its row locked.

    Raises:
        CoreRefusedError: HOLD_UNKNOWN or HOLD_SPENT.
    """
    wanted = select(CoreHoldRow).where(CoreHoldRow.id == hold).with_for_update()
    row = session.scalar(wanted.execution_options(populate_existing=True))
    if row is None:
        raise CoreRefusedError(reason="HOLD_UNKNOWN")
    if row.state != ACTIVE:
        raise CoreRefusedError(reason="HOLD_SPENT")
    return row


def write_journal(
    session: Session,
    *,
    journal: str,
    postings: Sequence[Posting],
    accounts: Iterable[CoreAccountRow],
    memo: str,
    at: datetime,
    reverses: str | None = None,
) -> None:
    """Write a journal and move the balances of its accounts, which the caller has locked.

    Raises:
        ValueError: the postings do not sum to zero per currency: a mistake of ours, never of the caller.
    """
    check_balanced(postings)
    by_number = {account.number: account for account in accounts}
    session.add(CoreJournalRow(id=journal, memo=memo[:MEMO_LENGTH], reverses=reverses, at=at))
    session.flush()
    for posting in postings:
        by_number[posting.account].balance += posting.amount
        session.add(
            CorePostingRow(journal=journal, account=posting.account, amount=posting.amount, currency=posting.currency)
        )
    session.flush()


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
