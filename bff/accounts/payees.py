"""Payees of a customer: whom he pays, sealed, and how the core books them, which it is asked before money moves.

Invariants: a payee belongs to one customer; the number that is shown is masked; what the core does not know is paid by
no transfer.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, insert
from sqlalchemy.orm import Session

from bff import outbox
from bff.accounts import payee_book, rules
from bff.accounts.errors import PayeePendingError, PayeesFullError, PayeeUnknownError
from bff.accounts.models import AccountPayee
from bff.accounts.payee_book import CHECKING, KNOWN
from bff.customers import rules as person_rules
from bff.customers.vault import Vault
from bff.errors import NotFoundError
from bff.kinds import Context, business_date
from bff.products.rulepacks import RulePacks

TOPIC: Final = "accounts.payee"
_NUMBER: Final = re.compile(r"[0-9]{8,32}")


@dataclass(frozen=True, slots=True)
class Payee:
    """A payee in clear: for what a device signs, never for a log."""

    payee_id: str
    name: str
    number: str
    tail: str


@dataclass(frozen=True, slots=True)
class Payees:
    """Keeps payees."""

    vault: Vault
    packs: RulePacks

    def add(self, session: Session, context: Context, name: str, number: str) -> str:
        """Keep a payee, and have the core look the number up after the commit.

        Raises:
            NameInvalidError: it is no name.
            PayeeUnknownError: it is no number of an account or a card.
            PayeesFullError: the customer has as many as one may have.
        """
        customer_id = context.caller.customer_id or ""
        clean, digits = person_rules.clean_name(name), number.replace(" ", "")
        if not _NUMBER.fullmatch(digits):
            raise PayeeUnknownError(element="number")
        most = self.packs.at(business_date(context.now)).integer("payees_most")
        if payee_book.count(session, customer_id) >= most:
            raise PayeesFullError(most=most)
        payee_id = context.new_id("pye")
        sealed = {
            field: self.vault.seal(payee_id, field, text) for field, text in (("name", clean), ("number", digits))
        }
        about = {"customer_id": customer_id, "state": CHECKING, "tail": rules.tail(digits), "created_at": context.now}
        session.execute(insert(AccountPayee).values(payee_id=payee_id, **sealed, **about))
        payload = {"payeeId": payee_id, "sealed": b64encode(sealed["number"]).decode()}
        outbox.put(session, topic=TOPIC, key=payee_id, payload=payload, now=context.now)
        return payee_id

    def get(self, session: Session, context: Context, payee_id: str) -> Row[Any]:
        """Give a payee of the calling customer.

        Raises:
            NotFoundError: there is none of that id, or it is somebody else's.
        """
        row = payee_book.payee(session, payee_id)
        if row is None or row.customer_id != context.caller.customer_id:
            raise NotFoundError(detail="there is no such payee")
        return row

    def known(self, session: Session, context: Context, payee_id: str) -> Payee:
        """Give a payee as the core books him.

        Raises:
            NotFoundError: as ``get``.
            PayeePendingError, PayeeUnknownError: the core has not said, or knows no such account.
        """
        row = self.get(session, context, payee_id)
        if row.state == CHECKING:
            raise PayeePendingError
        if row.state != KNOWN:
            raise PayeeUnknownError(element="number")
        return Payee(
            payee_id=payee_id,
            name=self.vault.open(payee_id, "name", row.name),
            number=self.vault.open(payee_id, "core_number", row.core_number),
            tail=row.tail,
        )

    def mine(self, session: Session, context: Context) -> list[Row[Any]]:
        """Give the calling customer's payees, the newest first."""
        return payee_book.payees_of(session, context.caller.customer_id or "")

    def masked(self, row: Row[Any]) -> str:
        """Give a payee's name as a list may show it."""
        return person_rules.mask_name(self.vault.open(row.payee_id, "name", row.name))

    def remove(self, session: Session, context: Context, payee_id: str) -> None:
        """Forget a payee; his transfers stay.

        Raises:
            NotFoundError: as ``get``.
        """
        self.get(session, context, payee_id)
        payee_book.remove(session, payee_id)

    def number(self, payload: Mapping[str, Any]) -> str:
        """Give the number that is to be looked up."""
        return self.vault.open(payload["payeeId"], "number", b64decode(payload["sealed"]))

    def looked_up(self, session: Session, payee_id: str, number: str | None) -> None:
        """Write how the core books a payee; None when it knows no such account."""
        sealed = None if number is None else self.vault.seal(payee_id, "core_number", number)
        payee_book.answer(session, payee_id, sealed)
