"""Applications for an account: identity, mobile code, bound card, tax declaration, and the core's opening.

States: ID_CHECK → BIND_VERIFY → CRS → SUBMITTED → (CORE_UNKNOWN) → OPEN or REJECTED. The card network and the core are
asked through the outbox, never inside a transaction.
"""

import logging
from base64 import b64encode
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Row, insert
from sqlalchemy.orm import Session

from bff import outbox
from bff.accounts import repository, rules
from bff.accounts.errors import (
    ApplicationExpiredError,
    BindMismatchError,
    BindNotClassIError,
    CardCheckPendingError,
    CrsRequiredError,
    UnderageError,
)
from bff.accounts.models import Account, AccountApplication
from bff.accounts.repository import BIND_VERIFY, CRS, HALF_FINISHED, ID_CHECK, ON_ITS_WAY, OPEN, OPENING, SUBMITTED
from bff.customers import rules as person_rules
from bff.customers.codes import Codes
from bff.customers.elements import seal_elements
from bff.customers.errors import DuplicateAccountError
from bff.customers.service import Customers, Person
from bff.customers.vault import Vault
from bff.db.statements import insert_new
from bff.errors import ConflictError, NotFoundError
from bff.kinds import CURRENCY, Context, business_date
from bff.products.decisions import Decision
from bff.products.rulepacks import RulePacks

CODE: Final = "accounts.application"
"""Purpose of the mobile code; its holder is the application."""
CARD_TOPIC: Final = "accounts.card"
OPEN_TOPIC: Final = "accounts.open"
CN_ONLY: Final = "CN_ONLY"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Applications:
    """Takes applications step by step; each belongs to the device on which it was made."""

    vault: Vault
    customers: Customers
    codes: Codes
    packs: RulePacks

    def create(self, session: Session, context: Context, given: Person, account_class: str = rules.CLASS_II) -> str:
        """Begin an application, in place of a half-finished one of this device, and send a code.

        Raises:
            NameInvalidError, IdChecksumError, MobileInvalidError, UnderageError: what was given does not hold.
            DuplicateAccountError: the person has an account of this class, or one is on its way on this device.
        """
        today = business_date(context.now)
        decision = Decision.begin(context, self.packs, "accounts.apply")
        pack = decision.rules
        person = Person(
            person_rules.clean_name(given.name),
            person_rules.clean_id_number(given.id_number, today),
            person_rules.clean_mobile(given.mobile),
        )
        if person_rules.age(person.born, today) < pack.integer("adult_age"):
            raise UnderageError(minimumAge=pack.integer("adult_age"))
        if not person_rules.region_is_known(person.id_number):
            _log.warning("request %s: the region code of the ID number is in no list", context.request_id)
        self._refuse_duplicate(session, context, person, account_class)
        repository.close_half_finished(session, _device(context), context.now)
        application_id = context.new_id("app")
        expires_at = context.now + timedelta(hours=pack.integer("application_hours"))
        row = {"application_id": application_id, "device_id": _device(context), "state": ID_CHECK}
        row["account_class"] = account_class
        times = {"created_at": context.now, "updated_at": context.now, "expires_at": expires_at}
        values = {**row, **times, **self._sealed(application_id, person), "rule_version": pack.version}
        session.execute(insert(AccountApplication).values(**values))
        self.codes.issue(session, context, purpose=CODE, holder=application_id, mobile=person.mobile)
        decision.allow(session, context, application_id)
        return application_id

    def current(self, session: Session, context: Context) -> Row[Any]:
        """Give the newest application of the calling device.

        Raises:
            NotFoundError: there is none.
        """
        row = repository.latest_application(session, _device(context))
        if row is None:
            raise NotFoundError(detail="no application was made on this device")
        return row

    def get(self, session: Session, context: Context, application_id: str) -> Row[Any]:
        """Give an application of the calling device.

        Raises:
            NotFoundError: there is none of that id, or it was made on another device.
        """
        row = repository.application(session, application_id)
        if row is None or row.device_id != context.caller.device_id:
            raise NotFoundError(detail="there is no such application")
        return row

    def resend_code(self, session: Session, context: Context, application_id: str) -> None:
        """Send another code.

        Raises:
            CodeTooSoonError: too many, or too soon.
        """
        row = self._in_state(session, context, application_id, ID_CHECK)
        mobile = self.vault.open(application_id, "mobile", row.mobile)
        self.codes.issue(session, context, purpose=CODE, holder=application_id, mobile=mobile)

    def verify_code(self, session: Session, context: Context, application_id: str, code: str) -> None:
        """Take the mobile's code.

        Raises:
            CodeWrongError, CodeLockedError, CodeExpiredError: it does not hold.
        """
        self._in_state(session, context, application_id, ID_CHECK)
        self.codes.check(session, context, purpose=CODE, holder=application_id, code=code)
        self._advance(session, context, application_id, ID_CHECK, state=BIND_VERIFY)

    def bind_card(self, session: Session, context: Context, application_id: str, card_number: str) -> None:
        """Have the card network compare the five elements after the commit.

        Raises:
            CardLuhnError: it is no card number.
        """
        row = self._in_state(session, context, application_id, BIND_VERIFY)
        card = rules.clean_card(card_number)
        check_id = context.new_id("chk")
        sealed = self.vault.seal(application_id, "card", card)
        values = {"card": sealed, "card_tail": rules.tail(card), "card_check": check_id, "card_objection": None}
        self._advance(session, context, application_id, BIND_VERIFY, **values)
        elements = seal_elements(self.vault, check_id, card, self.person(row))
        payload = {"applicationId": application_id, "checkId": check_id, "sealed": elements}
        outbox.put(session, topic=CARD_TOPIC, key=check_id, payload=payload, now=context.now)

    def require_bound(self, session: Session, context: Context, application_id: str) -> None:
        """Refuse in the words of the card network's answer, when it was not yes.

        Raises:
            BindMismatchError, BindNotClassIError: the card does not fit.
            CardCheckPendingError: it has not answered yet.
        """
        row = self.get(session, context, application_id)
        if row.state != BIND_VERIFY:
            return
        require_card(row.card_objection)

    def declare_tax(
        self, session: Session, context: Context, application_id: str, residency: str, *, declared: bool
    ) -> None:
        """Take the CRS declaration and have the core open the account after the commit.

        Raises:
            CrsRequiredError: not declared, or not resident in China only.
            DuplicateAccountError: the person has got an account meanwhile.
        """
        row = self._in_state(session, context, application_id, CRS)
        decision = Decision.begin(context, self.packs, "accounts.open")
        decision.note(applicationId=application_id, accountClass=row.account_class, declared=declared)
        if not declared or residency != CN_ONLY:
            raise CrsRequiredError(residency=residency)
        customer_id = self.customers.enrol(session, context, self.person(row))
        account_id = context.new_id("acc")
        if not insert_new(session, Account, **self._account(row, account_id, customer_id)):
            raise DuplicateAccountError(detail="an account of this class stands already")
        whose = {"customer_id": customer_id, "account_id": account_id}
        self._advance(session, context, application_id, CRS, state=SUBMITTED, **whose)
        decision.allow(session, context, account_id, about=application_id)
        payload = {"applicationId": application_id, "accountId": account_id, "customerId": customer_id}
        payload |= self._opening(context, row, account_id)
        outbox.put(session, topic=OPEN_TOPIC, key=f"{application_id}.open", payload=payload, now=context.now)

    def applicant(self, session: Session, device_id: str) -> str | None:
        """Give the customer whose account was opened on a device; the devices room asks."""
        row = repository.latest_application(session, device_id, {OPEN})
        return None if row is None else str(row.customer_id)

    def person(self, row: Row[Any]) -> Person:
        """Give the applicant's particulars in clear."""
        fields = ("name", "id_number", "mobile")
        return Person(*(self.vault.open(row.application_id, field, getattr(row, field)) for field in fields))

    def sandbox_code(self, session: Session, row: Row[Any]) -> str | None:
        """Give the code that a sandbox's provider shows, while it is pending."""
        return self.codes.shown(session, CODE, row.application_id) if row.state == ID_CHECK else None

    def _refuse_duplicate(self, session: Session, context: Context, person: Person, account_class: str) -> None:
        customer_id = self.customers.find(session, person.id_number)
        if customer_id is not None and repository.has_account(session, customer_id, account_class):
            raise DuplicateAccountError(detail="an account of this class stands already")
        opened = repository.latest_application(session, _device(context), {OPEN, *ON_ITS_WAY})
        if opened is not None and opened.customer_id != customer_id:
            raise ConflictError(detail="somebody else's account was opened on this device already")

    def _opening(self, context: Context, row: Row[Any], account_id: str) -> dict[str, Any]:
        """Give what the core opens, and the card whose number it is asked for, sealed."""
        most = rules.most_balance(row.account_class, self.packs.at(business_date(context.now)))
        card = self.vault.move(row.application_id, account_id, "card", row.card)
        sealed = b64encode(card).decode()
        return {"kind": rules.KINDS[row.account_class], "maxBalanceFen": most, "sealed": sealed}

    def _in_state(self, session: Session, context: Context, application_id: str, state: str) -> Row[Any]:
        row = self.get(session, context, application_id)
        if row.state in HALF_FINISHED and context.now >= row.expires_at:
            raise ApplicationExpiredError
        if row.state != state:
            raise ConflictError(detail=f"the application is {row.state}", state=row.state)
        return row

    @staticmethod
    def _advance(session: Session, context: Context, application_id: str, at: str, **values: Any) -> None:
        if not repository.advance(session, application_id, {at}, updated_at=context.now, **values):
            raise ConflictError(detail=f"the application left {at} meanwhile")

    def _sealed(self, application_id: str, person: Person) -> dict[str, bytes]:
        fields = {"name": person.name, "id_number": person.id_number, "mobile": person.mobile}
        return {field: self.vault.seal(application_id, field, text) for field, text in fields.items()}

    def _account(self, row: Row[Any], account_id: str, customer_id: str) -> dict[str, Any]:
        card = self.vault.move(row.application_id, account_id, "card", row.card)
        about = {
            "account_class": row.account_class,
            "live_class": row.account_class,
            "state": OPENING,
            "currency": CURRENCY,
            "card": card,
        }
        bank = {"card_tail": row.card_tail, "bank_zh": row.bank_zh, "bank_en": row.bank_en}
        return (
            {"account_id": account_id, "customer_id": customer_id, "balance_fen": 0, "available_fen": 0} | about | bank
        )


def require_card(objection: str | None) -> None:
    """Refuse in the words of the card network's answer, when it was not yes.

    Raises:
        BindMismatchError, BindNotClassIError: the card does not fit.
        CardCheckPendingError: the network has not answered yet.
    """
    if objection is None:
        raise CardCheckPendingError
    if objection == "CLASS":
        raise BindNotClassIError(element="card")
    raise BindMismatchError(element=objection)


def _device(context: Context) -> str:
    if context.caller.device_id is None:
        raise NotFoundError(detail="an application belongs to a device")
    return context.caller.device_id
