"""The ledger's own steps inside one transaction: finding and locking accounts, holds and journals, and posting.

Invariants: every journal sums to zero per currency before it is written; whoever changes several accounts locks them in
the order of their numbers; a step checks everything before it writes anything, so a refusal leaves nothing behind;
no posting is earlier than the one before it on its account, whatever the clocks of several instances say.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import BindParameter, Row, bindparam, insert, select, update
from sqlalchemy.orm import Session

from bff.core_bank.models import CoreAccountRow, CoreHoldRow, CoreJournalRow, CorePostingRow
from bff.core_bank.port import MAX_FEN, AccountKind, AccountState, CoreRefusedError, Left, Posting
from bff.db.base import table_of
from bff.db.prepared import Prepared

ACTIVE: Final = "ACTIVE"
MEMO_LENGTH: Final = 200
_account = table_of(CoreAccountRow)
_hold = table_of(CoreHoldRow)
_RESOLVE: Final = select(_account.c.number).where(
    (_account.c.number == bindparam("name")) | _account.c.card_hash.in_(bindparam("cards", expanding=True))
)
_COLUMNS: Final = ("number", "kind", "currency", "balance", "held", "state", "max_balance", "moved_at")
_LOCK: Final = select(*(_account.c[name] for name in _COLUMNS)).order_by(_account.c.number).with_for_update()
_MOVE: Final = Prepared(
    update(_account)
    .where(_account.c.number == bindparam("who"))
    .values(balance=_account.c.balance + bindparam("by"), moved_at=bindparam("then"))
)
_RESERVE: Final = Prepared(
    update(_account).where(_account.c.number == bindparam("who")).values(held=_account.c.held + bindparam("more"))
)
_ACCOUNT_OF_HOLD: Final = select(_hold.c.account).where(_hold.c.id == bindparam("wanted"))
_LOCK_HOLD: Final = select(_hold).where(_hold.c.id == bindparam("wanted")).with_for_update()
_END_HOLD: Final = update(_hold).where(_hold.c.id == bindparam("wanted")).values(state=bindparam("to"))
_ADD_HOLD: Final = insert(_hold)
_ADD_JOURNAL: Final = Prepared(insert(table_of(CoreJournalRow)))
_ADD_POSTINGS: Final = Prepared(insert(table_of(CorePostingRow)))


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
    rows = _locked(session, set(numbers))
    if set(rows) != set(numbers):
        raise CoreRefusedError(reason="ACCOUNT_UNKNOWN")
    return [rows[number] for number in numbers]


def _locked(session: Session, numbers: Collection[str]) -> dict[str, Row[Any]]:
    """Give those of the accounts that there are by their numbers, in whose order their rows are locked."""
    given = {f"number_{index}": number for index, number in enumerate(sorted(numbers))}
    return {row.number: row for row in _lock(len(given)).all(session, given)}


@cache
def _lock(count: int) -> Prepared:
    """Prepare the statement that locks so many accounts."""
    wanted: list[BindParameter[str]] = [bindparam(f"number_{index}") for index in range(count)]
    return Prepared(_LOCK.where(_account.c.number.in_(wanted)))


def lock_all(session: Session, numbers: Collection[str]) -> None:
    """Lock those of the accounts that there are, for a step that goes on to lock them one by one."""
    _locked(session, set(numbers))


def gives(account: Row[Any], amount: int, currency: str) -> None:
    """Hold an account to be able to give so much; the bank's own accounts may fall below zero.

    Raises:
        CoreRefusedError: ACCOUNT_FROZEN, ACCOUNT_CLOSED, AMOUNT_INVALID or INSUFFICIENT_FUNDS.
    """
    _stands(account, currency, AccountState.OPEN)
    if account.kind != AccountKind.INTERNAL and account.balance - account.held < amount:
        raise CoreRefusedError(reason="INSUFFICIENT_FUNDS")


def takes(account: Row[Any], amount: int, currency: str) -> None:
    """Hold an account to be able to take so much.

    Raises:
        CoreRefusedError: ACCOUNT_FROZEN, ACCOUNT_CLOSED, AMOUNT_INVALID or BALANCE_LIMIT.
    """
    _stands(account, currency, AccountState.OPEN, AccountState.FROZEN_DEBIT)
    if account.max_balance is not None and account.balance + amount > account.max_balance:
        raise CoreRefusedError(reason="BALANCE_LIMIT")


def _stands(account: Row[Any], currency: str, *states: AccountState) -> None:
    if account.state not in states:
        closed = account.state == AccountState.CLOSED
        raise CoreRefusedError(reason="ACCOUNT_CLOSED" if closed else "ACCOUNT_FROZEN")
    if account.currency != currency:
        raise CoreRefusedError(reason="AMOUNT_INVALID", detail="the account has another currency")


def reserve(session: Session, *, hold: str, account: Row[Any], amount: int, at: datetime) -> None:
    """Write a hold on an account that the caller has locked."""
    whole = {"account": account.number, "amount": amount, "currency": account.currency, "state": ACTIVE, "at": at}
    session.execute(_ADD_HOLD, [{"id": hold, **whole}])
    _RESERVE.changed(session, {"who": account.number, "more": amount})


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
    _RESERVE.changed(session, {"who": hold.account, "more": -hold.amount})


def write_journal(
    session: Session,
    journal: str,
    accounts: Sequence[Row[Any]],
    postings: Sequence[Posting],
    *,
    memo: str,
    at: datetime,
    reverses: str | None = None,
) -> datetime:
    """Write a journal and move the balances of its accounts.

    Args:
        session: of the step.
        journal: its id.
        accounts: what ``locked`` gave for each posting's account, each once.
        postings: its sides.
        memo: for the statements.
        at: now.
        reverses: the journal that it undoes.

    Returns:
        The time that was written: not earlier than any of the accounts' latest.

    Raises:
        ValueError: the postings do not sum to zero per currency: a mistake of ours, never of the caller.
    """
    check_balanced(postings)
    then: datetime = max([at, *(account.moved_at for account in accounts if account.moved_at is not None)])
    _ADD_JOURNAL.changed(session, {"id": journal, "memo": memo[:MEMO_LENGTH], "reverses": reverses, "at": then})
    lines = [
        {
            "journal": journal,
            "account": posting.account,
            "amount": posting.amount,
            "currency": posting.currency,
            "balance_after": account.balance + posting.amount,
            "at": then,
        }
        for account, posting in zip(accounts, postings, strict=True)
    ]
    _ADD_POSTINGS.many(session, lines)
    _MOVE.many(session, [{"who": posting.account, "by": posting.amount, "then": then} for posting in postings])
    return then


def left_by(accounts: Sequence[Row[Any]], postings: Sequence[Posting], freed: int = 0) -> tuple[Left, ...]:
    """Give what postings leave on the customers' accounts among ``accounts``, which are as they were before.

    Args:
        accounts: what ``locked`` gave for each posting's account.
        postings: the sides of the journal.
        freed: fen of the first account's holds that the journal turned into money.
    """
    found = []
    for index, (account, posting) in enumerate(zip(accounts, postings, strict=True)):
        balance = account.balance + posting.amount
        held = account.held - (freed if index == 0 else 0)
        if account.kind != AccountKind.INTERNAL:
            found.append(Left(account.number, balance, balance - held))
    return tuple(found)


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


def check_amount(amount: int) -> None:
    """Hold an amount to be positive and not too large.

    Raises:
        CoreRefusedError: AMOUNT_INVALID.
    """
    if not 0 < amount <= MAX_FEN:
        raise CoreRefusedError(reason="AMOUNT_INVALID")


def pair(
    session: Session, payer: str, payee: str, card_hashes: Callable[[str], Mapping[str, str]]
) -> Sequence[Row[Any]]:
    """Give the two sides of a transfer with their rows locked.

    Nearly always both are named by their numbers, so that locking them finds them too. The account of a card is looked
    for after that; if its number is the lower one, it is locked out of order, and a deadlock is tried again.

    Args:
        session: of the step.
        payer: account number, or card number.
        payee: the same.
        card_hashes: gives the keyed hashes of a card number by the keys' ids.

    Raises:
        CoreRefusedError: AMOUNT_INVALID or ACCOUNT_UNKNOWN.
    """
    names = (payer, payee)
    known = _locked(session, set(names))
    numbers = [name if name in known else resolve(session, name, card_hashes(name).values()) for name in names]
    if numbers[0] == numbers[1]:
        raise CoreRefusedError(reason="AMOUNT_INVALID", detail="payer and payee are the same account")
    return [known[name] for name in names] if len(known) == len(names) else locked(session, *numbers)


def account_of_hold(session: Session, hold: str) -> str:
    """Give the account of a hold.

    Raises:
        CoreRefusedError: HOLD_UNKNOWN.
    """
    number = session.scalar(_ACCOUNT_OF_HOLD, {"wanted": hold})
    if number is None:
        raise CoreRefusedError(reason="HOLD_UNKNOWN")
    return str(number)


def opposite(session: Session, journal: str) -> tuple[Posting, ...]:
    """Give the postings that undo a journal.

    Raises:
        CoreRefusedError: JOURNAL_UNKNOWN or JOURNAL_REVERSED.
    """
    row = session.get(CoreJournalRow, journal)
    if row is None:
        raise CoreRefusedError(reason="JOURNAL_UNKNOWN")
    if row.reverses is not None:
        raise CoreRefusedError(reason="JOURNAL_REVERSED", detail="the journal is itself a reversal")
    postings = postings_of(session, journal)
    return tuple(Posting(posting.account, -posting.amount, posting.currency) for posting in postings)


def check_not_reversed(session: Session, journal: str) -> None:
    """Hold a journal, whose accounts the caller has locked, not to be reversed.

    Raises:
        CoreRefusedError: JOURNAL_REVERSED.
    """
    if session.scalar(select(CoreJournalRow.id).where(CoreJournalRow.reverses == journal)) is not None:
        raise CoreRefusedError(reason="JOURNAL_REVERSED")
