"""Applications: a draft in sections that is saved and resumed, consents, submitting, supplements, withdrawing.

States: DRAFT → SUBMITTED → (IN_REVIEW → (SUPPLEMENT)) → APPROVED or DECLINED; EXPIRED or WITHDRAWN instead. Invariants:
of one person and product one application is live; answers, documents and the report are sealed and never logged.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import Row, delete, insert, select
from sqlalchemy.orm import Session

from bff import audit, outbox
from bff.cards import repository
from bff.cards.answers import open_sections, seal_section
from bff.cards.errors import (
    ApplicationLiveError,
    CardApplicationExpiredError,
    CardDocumentInvalidError,
    CardIncompleteError,
    CoolingError,
)
from bff.cards.forms import Form, Text, check_consent, check_section
from bff.cards.models import CardApplication, CardConsent, CardDocument, CardSection
from bff.cards.products import CardProducts
from bff.cards.repository import DRAFT, IN_REVIEW, SUBMITTED, SUPPLEMENT, WITHDRAWN
from bff.catalogue import Upload
from bff.customers.elements import seal_texts
from bff.customers.service import Customers
from bff.customers.vault import Vault
from bff.db.statements import insert_new
from bff.errors import ConflictError
from bff.kinds import Context, business_date
from bff.products.decisions import Decision
from bff.products.rulepacks import RulePack, RulePacks
from bff.sessions.verification import calling

BUREAU_TOPIC: Final = "cards.bureau"
BUREAU: Final = "bureau"
MOST_BYTES: Final = 5 * 1024 * 1024
_BEGINS: Final = {"image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n\x1a\n"}
TAKEN: Final = Upload(frozenset(_BEGINS), MOST_BYTES)
DOCUMENTS: Final = ("income_proof", "employment_proof", "identity", "address_proof", "other")
"""Kinds of documents that a reviewer may ask for."""
WITHDRAWABLE: Final = (DRAFT, SUBMITTED, IN_REVIEW, SUPPLEMENT)


@dataclass(frozen=True, slots=True)
class Applications:
    """Takes applications of customers."""

    vault: Vault
    customers: Customers
    products: CardProducts
    packs: RulePacks
    form: Form
    texts: tuple[Text, ...]

    def create(self, session: Session, context: Context, code: str) -> str:
        """Begin an application; give its id.

        Raises:
            NotFoundError, ProductClosedError: no such product, or it takes none.
            ApplicationLiveError: one is on its way, or the person has the card.
            CoolingError: he was declined not long ago.
        """
        device_id, customer_id = calling(context)
        decision = Decision.begin(context, self.packs, "cards.apply")
        pack = decision.rules
        product = self.products.taking(session, code, business_date(context.now))
        decision.note(product=code, productVersion=product.version)
        self.refuse_cooling(session, customer_id, code, context.now, pack)
        application_id = context.new_id("cap")
        values = {
            "application_id": application_id,
            "customer_id": customer_id,
            "device_id": device_id,
            "product": code,
            "product_version": product.version,
            "form_version": self.form.version,
            "rule_version": pack.version,
            "state": DRAFT,
            "live_key": f"{customer_id}|{code}",
            "asked": "[]",
            "created_at": context.now,
            "updated_at": context.now,
            "expires_at": context.now + timedelta(days=pack.integer("draft_days")),
        }
        if not insert_new(session, CardApplication, **values):
            raise ApplicationLiveError(detail=f"{code} is applied for or held already")
        decision.allow(session, context, application_id)
        return application_id

    def get(self, session: Session, context: Context, application_id: str) -> Row[Any]:
        """Give an application of the calling customer.

        Raises:
            NotFoundError: there is none of that id, or it is somebody else's.
        """
        return repository.owned(session, CardApplication, application_id, context.caller.customer_id)

    def mine(self, session: Session, context: Context) -> list[Row[Any]]:
        """Give the calling customer's applications, the newest first."""
        return repository.owned_by(session, CardApplication, context.caller.customer_id, "created_at")

    def answers(self, session: Session, row: Row[Any]) -> dict[str, dict[str, str]]:
        """Give what was answered, by section, in clear: for the applicant and the reviewer."""
        return open_sections(session, self.vault, row.application_id)

    def save(
        self, session: Session, context: Context, application_id: str, name: str, answers: Mapping[str, str]
    ) -> None:
        """Keep the answers to one section in place of earlier ones.

        Raises:
            NotFoundError: no such application of the caller's, or no such section.
            CardAnswersInvalidError: an answer does not hold.
            ConflictError, CardApplicationExpiredError: it is no draft any more.
        """
        self._open_in(session, context, application_id, DRAFT)
        clean = check_section(self.form.section(name), answers)
        self._touch(session, context, application_id, DRAFT)
        sealed = seal_section(self.vault, application_id, name, clean)
        key = {"application_id": application_id, "section": name}
        session.execute(delete(CardSection).filter_by(**key))
        session.execute(insert(CardSection).values(**key, answers=sealed, saved_at=context.now))

    def consent(
        self, session: Session, context: Context, application_id: str, kind: str, version: str, seen: str
    ) -> None:
        """Write that the applicant agreed to a text, with its hash, into the evidence too.

        Raises:
            CardTextChangedError: it is not the text in force.
        """
        self._open_in(session, context, application_id, DRAFT)
        text = check_consent(self.texts, kind, version, seen)
        self._touch(session, context, application_id, DRAFT)
        key = {"application_id": application_id, "kind": kind}
        session.execute(delete(CardConsent).filter_by(**key))
        given = {"version": version, "sha256": text.digest, "given_at": context.now}
        session.execute(insert(CardConsent).values(**key, **given))
        body = {"applicationId": application_id, "kind": kind, "version": version, "sha256": text.digest}
        audit.append(session, kind="card.consent", subject=application_id, body=body, now=context.now)

    def missing(self, session: Session, application_id: str) -> list[str]:
        """Give what an application lacks: sections, and consents to the texts in force."""
        answered = repository.sections(session, application_id)
        agreed = {(one.kind, one.sha256) for one in repository.consents(session, application_id)}
        sections = [section.id for section in self.form.sections if section.id not in answered]
        return sections + [text.kind for text in self.texts if (text.kind, text.digest) not in agreed]

    def submit(self, session: Session, context: Context, application_id: str) -> None:
        """Hand the application in; the credit bureau is asked after the commit.

        Raises:
            CardIncompleteError: something is missing.
            ConflictError, CardApplicationExpiredError: it is no draft any more.
        """
        row = self._open_in(session, context, application_id, DRAFT)
        missing = self.missing(session, application_id)
        if missing or row.form_version != self.form.version:
            raise CardIncompleteError(detail=f"missing: {', '.join(missing)}", missing=missing)
        values = {"state": SUBMITTED, "submitted_at": context.now, "updated_at": context.now}
        if not repository.move(session, CardApplication, application_id, (DRAFT,), **values):
            raise ConflictError(detail="it was handed in at this moment")
        person = self.customers.person(session, row.customer_id)
        consent = next(text.digest for text in self.texts if text.kind == BUREAU)
        whom = {"name": person.name, "id_number": person.id_number, "consent": consent}
        payload = {"applicationId": application_id, "sealed": seal_texts(self.vault, application_id, BUREAU, whom)}
        outbox.put(session, topic=BUREAU_TOPIC, key=f"{application_id}.bureau", payload=payload, now=context.now)

    def add_document(
        self, session: Session, context: Context, application_id: str, kind: str, *, media_type: str, content: bytes
    ) -> str:
        """Keep a document that was asked for in place of an earlier one of its kind; give the hex SHA-256.

        Raises:
            CardDocumentInvalidError: it was not asked for, or is not of its type.
        """
        row = self._open_in(session, context, application_id, SUPPLEMENT)
        if kind not in msgspec.json.decode(row.asked) or not content.startswith(_BEGINS.get(media_type, b"\0")):
            raise CardDocumentInvalidError(detail=f"no {media_type} was asked for as {kind}")
        self._touch(session, context, application_id, SUPPLEMENT)
        sha256 = hashlib.sha256(content).hexdigest()
        field = f"document.{kind}"
        sealed = self.vault.sealing.seal(plaintext=content, record_id=application_id, field=field)
        key = {"application_id": application_id, "kind": kind}
        session.execute(delete(CardDocument).filter_by(**key))
        facts = {"media_type": media_type, "size": len(content), "sha256": sha256, "created_at": context.now}
        session.execute(insert(CardDocument).values(**key, **facts, content=sealed))
        body = {"applicationId": application_id, "kind": kind, "mediaType": media_type, "sha256": sha256}
        audit.append(session, kind="card.document", subject=application_id, body=body, now=context.now)
        return sha256

    def resubmit(self, session: Session, context: Context, application_id: str) -> None:
        """Give a supplemented application back to the reviewers.

        Raises:
            CardIncompleteError: a document that was asked for is missing.
        """
        row = self._open_in(session, context, application_id, SUPPLEMENT)
        given = set(session.scalars(select(CardDocument.kind).filter_by(application_id=application_id)))
        missing = sorted(set(msgspec.json.decode(row.asked)) - given)
        if missing:
            raise CardIncompleteError(detail=f"missing: {', '.join(missing)}", missing=missing)
        values = {"state": IN_REVIEW, "updated_at": context.now}
        if not repository.move(session, CardApplication, application_id, (SUPPLEMENT,), **values):
            raise ConflictError(detail="it moved at this moment")

    def withdraw(self, session: Session, context: Context, application_id: str) -> None:
        """End an application that is not decided yet; the person may apply again at once.

        Raises:
            ConflictError: it is decided or over.
        """
        row = self.get(session, context, application_id)
        values = {"state": WITHDRAWN, "live_key": None, "updated_at": context.now}
        if not repository.move(session, CardApplication, application_id, WITHDRAWABLE, **values):
            raise ConflictError(detail=f"the application is {row.state}", state=row.state)
        body = {"applicationId": application_id}
        audit.append(session, kind="card.withdrawn", subject=application_id, body=body, now=context.now)

    def refuse_cooling(
        self, session: Session, customer_id: str, code: str, now: datetime, pack: RulePack | None = None
    ) -> None:
        """Hold that a person was not declined for a product too short ago, by a pack or by the one in force.

        Raises:
            CoolingError: he was; it tells from which day on he may apply again.
        """
        pack = pack or self.packs.at(business_date(now))
        cooling = timedelta(days=pack.integer("cooling_days"))
        declined = repository.declined_since(session, customer_id, code, now - cooling)
        if declined is not None:
            until = business_date(declined + cooling)
            raise CoolingError(detail=f"declined; again from {until} on", until=until.isoformat())

    def _open_in(self, session: Session, context: Context, application_id: str, state: str) -> Row[Any]:
        row = self.get(session, context, application_id)
        if row.state != state:
            raise ConflictError(detail=f"the application is {row.state}", state=row.state)
        if context.now >= row.expires_at:
            raise CardApplicationExpiredError
        return row

    def _touch(self, session: Session, context: Context, application_id: str, state: str) -> None:
        if not repository.move(session, CardApplication, application_id, (state,), updated_at=context.now):
            raise ConflictError(detail="it moved at this moment")
