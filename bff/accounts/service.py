"""Accounts as their owner and other rooms see them.

Lists and entries are read from the core, in handlers that only read and so hold no write lock; where a writing handler
needs a balance, it takes the one that the core told when it last moved something here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.orm import Session

from bff import outbox
from bff.accounts import repository
from bff.accounts.errors import AccountStateError, ClassMismatchError, CoreUnreachableError
from bff.accounts.repository import OPEN
from bff.accounts.rules import CLASS_II
from bff.core_bank.port import CoreAccount, CoreBank, CoreError
from bff.errors import NotFoundError
from bff.kinds import Context

BALANCE_TOPIC: Final = "accounts.balance"


@dataclass(frozen=True, slots=True)
class PayerAccount:
    """An account that may pay: its number, and what is available in fen as the core last told."""

    account_id: str
    number: str
    available_fen: int


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts of customers; somebody else's looks like one that never existed."""

    core: CoreBank

    def mine(self, session: Session, context: Context) -> list[tuple[Row[Any], CoreAccount]]:
        """Give the calling customer's accounts with their balances at the core."""
        rows = repository.accounts_of(session, context.caller.customer_id or "")
        return [(row, self.seen(row)) for row in rows]

    def get(self, session: Session, context: Context, account_id: str) -> Row[Any]:
        """Give an account of the calling customer.

        Raises:
            NotFoundError: there is none of that id, or it is somebody else's, or the core has not opened it yet.
        """
        return _owned(repository.account(session, account_id), context)

    def opened(self, session: Session, context: Context, account_id: str) -> Row[Any]:
        """Give an account of the calling customer on which money may move.

        Raises:
            NotFoundError: as ``get``.
            AccountStateError: it is not open.
        """
        row = self.get(session, context, account_id)
        require_open(row)
        return row

    def seen(self, row: Row[Any]) -> CoreAccount:
        """Give an account as the core sees it now; only for handlers that read.

        Raises:
            CoreUnreachableError: it does not answer.
        """
        try:
            return self.core.enquire(row.number)
        except CoreError as error:
            raise CoreUnreachableError(detail=str(error)) from error

    def payer(self, session: Session, context: Context, account_id: str) -> PayerAccount:
        """Give an account that may pay for products; the rooms that sell them ask.

        Raises:
            NotFoundError: it is not the caller's.
            AccountStateError: it is not open.
            ClassMismatchError: it is not of class II.
        """
        return _payer(self.get(session, context, account_id))

    def lock_payer(self, session: Session, context: Context, account_id: str) -> PayerAccount:
        """Give an account that may pay, as it is at this moment and stays until the transaction ends.

        Raises:
            NotFoundError, AccountStateError, ClassMismatchError: as ``payer``.
        """
        return _payer(_owned(repository.lock_account(session, account_id), context))

    @staticmethod
    def pays(session: Session, account_id: str) -> bool:
        """Tell whether an account is open now; rooms that pay from it without its owner ask."""
        return repository.state_of(session, account_id) == OPEN

    @staticmethod
    def ask_balance(session: Session, account_id: str, key: str, now: datetime) -> None:
        """Have the core asked for an account's balance after the commit.

        It moved without an answer that says it, or the core's refusal shows that another one is written here.
        """
        account = repository.account(session, account_id)
        payload = {"accountId": account_id, "number": "" if account is None else account.number}
        outbox.put(session, topic=BALANCE_TOPIC, key=f"{key}.balance", payload=payload, now=now)

    def observe(self, session: Session, account_id: str, told: Mapping[str, Any]) -> None:
        """Write down the balance that the core told after a movement, unless it told one after a later movement."""
        if "balanceFen" in told:
            at = datetime.fromisoformat(told["executedAt"])
            repository.observe(session, account_id, told["balanceFen"], told["availableFen"], at)


def _owned(row: Row[Any] | None, context: Context) -> Row[Any]:
    if row is None or row.customer_id != context.caller.customer_id or row.number is None:
        raise NotFoundError(detail="there is no such account")
    return row


def _payer(row: Row[Any]) -> PayerAccount:
    if row.account_class != CLASS_II:
        raise ClassMismatchError(detail=f"the account is of class {row.account_class}")
    require_open(row)
    return PayerAccount(row.account_id, row.number, row.available_fen)


def require_open(account: Row[Any]) -> None:
    """Refuse an account on which no money may move.

    Raises:
        AccountStateError: it is not open.
    """
    if account.state != OPEN:
        raise AccountStateError(detail=f"the account is {account.state}")
