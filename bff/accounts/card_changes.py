"""Changing the bound card: the five elements are compared again, then the device signs.

States: CHECKING → READY, REFUSED; READY → BOUND once the device signed in time. Invariant: an account's bound card is
one of class I of the same person, as its bank said; until the signature the old card stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Row, insert
from sqlalchemy.orm import Session

from bff import outbox
from bff.accounts import agreements, card_book, repository, rules
from bff.accounts.agreements import CARD
from bff.accounts.applications import require_card
from bff.accounts.card_book import CHECKING, READY
from bff.accounts.errors import AccountStateError, CardChangeExpiredError
from bff.accounts.models import AccountCardChange
from bff.accounts.repository import CREATED, DONE
from bff.accounts.service import Accounts
from bff.accounts.sheets import class_name
from bff.approvals.decisions import ApprovedOperation
from bff.approvals.orders import placed, settled
from bff.approvals.service import Approvals, Asked, Intent
from bff.core_bank.port import CardCheck
from bff.customers.elements import seal_elements
from bff.customers.service import Customers
from bff.customers.vault import Vault
from bff.errors import ConflictError, NotFoundError
from bff.kinds import Context, business_date
from bff.products.rulepacks import RulePacks

TYPE: Final = "accounts.card.change"
TEMPLATE: Final = "accounts.card.change/1"
TOPIC: Final = "accounts.card.change"


@dataclass(frozen=True, slots=True)
class CardChanges:
    """Checks another card and binds it."""

    accounts: Accounts
    customers: Customers
    packs: RulePacks
    approvals: Approvals
    vault: Vault

    def check(self, session: Session, context: Context, account_id: str, card_number: str) -> str:
        """Have the card network compare the five elements after the commit; give the change's id.

        Raises:
            NotFoundError: the account is not the caller's.
            AccountStateError: it is not open.
            CardLuhnError: it is no card number.
        """
        account = self.accounts.opened(session, context, account_id)
        card = rules.clean_card(card_number)
        change_id = context.new_id("chg")
        minutes = self.packs.at(business_date(context.now)).integer("card_change_minutes")
        times = {"created_at": context.now, "expires_at": context.now + timedelta(minutes=minutes)}
        row = {"change_id": change_id, "account_id": account_id, "state": CHECKING, "card_tail": rules.tail(card)}
        sealed = self.vault.seal(change_id, "card", card)
        session.execute(insert(AccountCardChange).values(**row, **times, card=sealed))
        person = self.customers.person(session, account.customer_id)
        payload = {"checkId": change_id, "sealed": seal_elements(self.vault, change_id, card, person)}
        outbox.put(session, topic=TOPIC, key=change_id, payload=payload, now=context.now)
        return change_id

    def get(self, session: Session, context: Context, account_id: str, change_id: str) -> Row[Any]:
        """Give a change of an account of the calling customer.

        Raises:
            NotFoundError: there is none of that id, or it is another account's.
        """
        self.accounts.get(session, context, account_id)
        row = card_book.change(session, change_id)
        if row is None or row.account_id != account_id:
            raise NotFoundError(detail="there is no such change of a card")
        return row

    def ready(self, session: Session, context: Context, account_id: str, change_id: str) -> Row[Any]:
        """Give a change whose card was found to fit.

        Raises:
            CardCheckPendingError, BindMismatchError, BindNotClassIError: it was not, or not yet.
            CardChangeExpiredError: that was too long ago.
        """
        row = self.get(session, context, account_id, change_id)
        if row.objection != "":
            require_card(row.objection)
        if row.state != READY:
            raise ConflictError(detail=f"the change is {row.state}", state=row.state)
        if context.now >= row.expires_at:
            raise CardChangeExpiredError
        return row

    def prepare(self, session: Session, context: Context, account_id: str, change_id: str) -> Asked:
        """Freeze the change for the device to sign.

        Raises:
            NotFoundError, AccountStateError: as ``check``; the others as ``ready``.
            DeviceStateError, PurposeNotInManifestError: device or page may not.
        """
        account = self.accounts.opened(session, context, account_id)
        change = self.ready(session, context, account_id, change_id)
        person = self.customers.person(session, account.customer_id)
        intent = Intent(
            type=TYPE,
            template_id=TEMPLATE,
            amount_fen=0,
            payer=account.number,
            payee=account.number,
            payee_name=person.name,
            memo={
                "product": TYPE,
                "payer_name": f"{person.name} {class_name(account.account_class)}",
                "new": f"{change.bank_zh} {'*' * 4} {change.card_tail}",
                "old": f"{account.bank_zh} {'*' * 4} {account.card_tail}",
            },
            payload={"accountId": account_id, "changeId": change_id},
        )
        return self.approvals.ask(session, context, intent)

    def place(self, session: Session, context: Context, approved: ApprovedOperation) -> Mapping[str, Any]:
        """Bind the card that the device signed for; nothing has to be asked any more.

        Raises:
            AccountStateError: the account is not open any more, or something moves on it.
            ConflictError: the change was bound, or replaced, meanwhile.
        """
        account_id, change_id = approved.payload["accountId"], approved.payload["changeId"]
        version = self.packs.at(business_date(context.now)).version
        if not card_book.bind(session, change_id):
            raise ConflictError(detail="the change was bound already")
        if not repository.rebind(session, account_id, **self._card(session, account_id, change_id)):
            raise AccountStateError(detail="the account is not open, or money is moving on it")
        order_id = agreements.write(session, context, approved, kind=CARD, state=CREATED, rule_version=version)
        named = {"order_id": order_id, "product": TYPE, "rule_version": version}
        placed(session, approved, **named, state=CREATED, now=context.now)
        agreements.end(session, order_id, DONE, context.now)
        operation_id = approved.operation_id
        settled(session, self.approvals, operation_id=operation_id, order_id=order_id, state=DONE, now=context.now)
        return {"orderId": order_id, "state": DONE}

    def answered(self, session: Session, change_id: str, check: CardCheck | None, number: str | None) -> None:
        """Write what the card network said; ``number`` is how the core books the card, where it says so."""
        objection = "card" if check is None else rules.objection(check)
        values: dict[str, Any] = {"state": "REFUSED", "objection": objection}
        if check is not None and not objection:
            sealed = None if number is None else self.vault.seal(change_id, "bound_number", number)
            banks = {"bank_zh": check.bank_zh, "bank_en": check.bank_en}
            values = {"state": READY, "objection": "", "bound_number": sealed, **banks}
        card_book.answer(session, change_id, **values)

    def _card(self, session: Session, account_id: str, change_id: str) -> dict[str, Any]:
        row = card_book.change(session, change_id)
        if row is None:
            raise NotFoundError(detail="there is no such change of a card")

        def moved(field: str) -> bytes | None:
            value = getattr(row, field)
            return None if value is None else self.vault.move(change_id, account_id, field, value)

        sealed = {field: moved(field) for field in ("card", "bound_number")}
        return sealed | {name: getattr(row, name) for name in ("card_tail", "bank_zh", "bank_en")}
