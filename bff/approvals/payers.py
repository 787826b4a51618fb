"""The port through which rooms that take money see the customers' accounts."""

from collections.abc import Mapping
from typing import Any, Protocol

from sqlalchemy.orm import Session

from bff.kinds import Context


class Payer(Protocol):
    """An account that may pay."""

    @property
    def account_id(self) -> str:
        """Give its id."""
        ...

    @property
    def number(self) -> str:
        """Give its number at the core."""
        ...

    @property
    def available_fen(self) -> int:
        """Give what is available, as the core last told."""
        ...


class AccountsView(Protocol):
    """Port to the customers' accounts."""

    def payer(self, session: Session, context: Context, account_id: str) -> Payer:
        """Give an open account of the calling customer; NotFoundError for any other."""
        ...

    def lock_payer(self, session: Session, context: Context, account_id: str) -> Payer:
        """Give the same, as it is at this moment; it neither closes nor freezes before the transaction ends.

        A closing looks after what the account pays for when it holds the lock, so one of the two sees the other.
        """
        ...

    def pays(self, session: Session, account_id: str) -> bool:
        """Tell whether an account is open now, for what is paid without its owner."""
        ...

    def observe(self, session: Session, account_id: str, told: Mapping[str, Any]) -> None:
        """Hear what the core told when it made the debit: ``executedAt``, and the balance if it said."""
        ...
