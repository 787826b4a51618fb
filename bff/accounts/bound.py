"""How the core books the bound card of an account: asked when the card is bound, and again where it was not said.

A device signs the number that the core will post to, so nothing goes to the bound card before the core has named it.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.orm import Session

from bff import outbox
from bff.accounts import repository
from bff.accounts.errors import BoundPendingError
from bff.core_bank.port import CoreBank, CoreError
from bff.customers.vault import Vault
from bff.kinds import Context

TOPIC: Final = "accounts.bound"
_FIELD: Final = "bound_number"


@dataclass(frozen=True, slots=True)
class BoundCards:
    """Keeps, sealed, how the core books the bound card of each account."""

    vault: Vault

    def number(self, session: Session, context: Context, account: Row[Any]) -> str:
        """Give how the core books an account's bound card.

        Raises:
            BoundPendingError: it has not said yet; it is asked after the commit, which this refusal keeps.
        """
        known = self.known(account)
        if known is not None:
            return known
        check_id = context.new_id("chk")
        card = self.vault.move(account.account_id, check_id, "card", account.card)
        payload = {"accountId": account.account_id, "tail": account.card_tail, "checkId": check_id}
        payload |= {"sealed": b64encode(card).decode()}
        outbox.put(session, topic=TOPIC, key=check_id, payload=payload, now=context.now)
        raise BoundPendingError

    def known(self, account: Row[Any]) -> str | None:
        """Give how the core books an account's bound card, or None where it has not said."""
        sealed = account.bound_number
        return None if sealed is None else self.vault.open(account.account_id, _FIELD, sealed)

    def is_bound(self, account: Row[Any], number: str) -> bool:
        """Tell whether a number, as the core books it, is the account's bound card."""
        return number == self.known(account)

    def card(self, payload: Mapping[str, Any]) -> str:
        """Give the card that a message asks about."""
        return self.vault.open(payload["checkId"], "card", b64decode(payload["sealed"]))

    def sealed(self, account_id: str, number: str) -> bytes:
        """Seal how the core books a card, for an account's row."""
        return self.vault.seal(account_id, _FIELD, number)

    def told(self, session: Session, account_id: str, tail: str, number: str | None) -> None:
        """Write how the core books the card with that tail, if it said so and the card is bound still."""
        account = repository.lock_account(session, account_id)
        if number is not None and account is not None and account.card_tail == tail:
            repository.set_bound_number(session, account_id, self.sealed(account_id, number))


def booked(core: CoreBank, card: str) -> str | None:
    """Ask the core how it books a card; None when it does not say."""
    try:
        return core.enquire(card).number
    except CoreError:
        return None
