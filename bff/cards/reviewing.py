"""Deciding: the rules first, then, for whoever never held a card of ours, a person with his name and his reasons.

Invariants: an application is decided once, by one conditional UPDATE; the evidence holds who decided, under which rules
and with which line. What an applicant answered is opened for the reviewer's command alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import Row, insert, select
from sqlalchemy.orm import Session

from bff import audit
from bff.cards import repository, rules
from bff.cards.applications import DOCUMENTS, Applications
from bff.cards.errors import CardDocumentInvalidError
from bff.cards.issuing import Issuing
from bff.cards.models import CardApplication, CardReview
from bff.cards.repository import APPROVED, DECLINED, IN_REVIEW, SUBMITTED, SUPPLEMENT
from bff.cards.rules import Bureau
from bff.customers import rules as person_rules
from bff.db.base import table_of
from bff.errors import ConflictError, NotFoundError, RequestInvalidError
from bff.kinds import business_date
from bff.outbox import Settlement
from bff.push import inbox

RULES: Final = "rules"
"""Who decided when no person did."""
REVIEWER: Final = "REVIEWER"
"""Reason of a decline by a person."""
QUEUED: Final = 100


@dataclass(frozen=True, slots=True)
class Reviewing:
    """Decides applications."""

    applications: Applications
    issuing: Issuing

    def reported(self, session: Session, application_id: str, bureau: Bureau | None, at: Settlement) -> None:
        """Apply the rules to an application whose credit report came; without one a person must look."""
        row = repository.find(session, CardApplication, application_id)
        if row is None or row.state != SUBMITTED:
            return
        if bureau is None:
            self._queue(session, row, None, at)
            return
        text = msgspec.json.encode(bureau).decode()
        sealed = self.applications.vault.seal(application_id, "bureau", text)
        repository.move(session, CardApplication, application_id, (SUBMITTED,), bureau=sealed)
        proposal = self._propose(session, row, bureau, at)
        if proposal.reason:
            self._decline(session, row, (SUBMITTED,), RULES, proposal.reason, at)
        elif repository.has_activated(session, row.customer_id):
            self._approve(session, row, (SUBMITTED,), RULES, proposal.line_fen, at)
        else:
            self._queue(session, row, proposal.line_fen, at)

    def queue(self, session: Session) -> Sequence[Row[Any]]:
        """Give what waits for a reviewer, the oldest first."""
        table = table_of(CardApplication)
        wanted = select(table).where(table.c.state == IN_REVIEW)
        return session.execute(wanted.order_by(table.c.submitted_at, table.c.application_id).limit(QUEUED)).all()

    def get(self, session: Session, application_id: str) -> Row[Any]:
        """Give an application for a reviewer.

        Raises:
            NotFoundError: there is none of that id.
        """
        row = repository.find(session, CardApplication, application_id)
        if row is None:
            raise NotFoundError(detail="there is no such application")
        return row

    def show(self, session: Session, application_id: str, by: str, at: Settlement) -> dict[str, Any]:
        """Give a reviewer everything that was answered, in clear; that he looked stands in the evidence."""
        row = self.get(session, application_id)
        person = self.applications.customers.person(session, row.customer_id)
        body = {"applicationId": application_id, "by": by}
        audit.append(session, kind="card.application_read", subject=application_id, body=body, now=at.now)
        bureau = row.bureau and self.applications.vault.open(application_id, "bureau", row.bureau)
        return {
            "application": application_id,
            "state": row.state,
            "product": row.product,
            "proposedLineFen": row.line_fen,
            "person": {"name": person.name, "idNumber": person.id_number, "mobile": person.mobile},
            "answers": self.applications.answers(session, row),
            "bureau": msgspec.json.decode(bureau) if bureau else None,
            "reviews": [
                {"verdict": one.verdict, "by": one.by, "why": one.why} for one in _reviews(session, application_id)
            ],
        }

    def approve(
        self, session: Session, application_id: str, by: str, why: str, line_fen: int | None, at: Settlement
    ) -> str:
        """Approve what waits for review; give the card's id.

        Raises:
            ConflictError: it does not wait for review.
            RequestInvalidError: no line was proposed and none given, or the product has none such.
        """
        row = self.get(session, application_id)
        line = row.line_fen if line_fen is None else line_fen
        terms = self.applications.products.of(session, row).figures
        if line is None or not terms.line_least_fen <= line <= terms.line_most_fen:
            raise RequestInvalidError(
                detail=f"a line of {row.product} is {terms.line_least_fen} to {terms.line_most_fen} fen: give --line"
            )
        _write(session, application_id, APPROVED, by, why, at)
        return self._approve(session, row, (IN_REVIEW,), by, line, at)

    def decline(self, session: Session, application_id: str, by: str, why: str, at: Settlement) -> None:
        """Decline what waits for review.

        Raises:
            ConflictError: it does not wait for review.
        """
        row = self.get(session, application_id)
        _write(session, application_id, DECLINED, by, why, at)
        self._decline(session, row, (IN_REVIEW,), by, REVIEWER, at)

    def ask_more(
        self, session: Session, application_id: str, by: str, why: str, kinds: Sequence[str], at: Settlement
    ) -> None:
        """Ask the applicant for documents.

        Raises:
            ConflictError: it does not wait for review.
            CardDocumentInvalidError: there is no such kind of document.
        """
        row = self.get(session, application_id)
        if not kinds or not set(kinds) <= set(DOCUMENTS):
            raise CardDocumentInvalidError(detail=f"the kinds are {', '.join(DOCUMENTS)}")
        days = self.applications.packs.at(business_date(at.now)).integer("supplement_days")
        asked = msgspec.json.encode(sorted(set(kinds))).decode()
        values = {"state": SUPPLEMENT, "asked": asked, "expires_at": at.now + timedelta(days=days)}
        self._move(session, row, (IN_REVIEW,), at, **values)
        _write(session, application_id, SUPPLEMENT, by, why, at)
        self._tell(session, row, "card.supplement", at)

    def _propose(self, session: Session, row: Row[Any], bureau: Bureau, at: Settlement) -> rules.Proposal:
        today = business_date(at.now)
        person = self.applications.customers.person(session, row.customer_id)
        return rules.propose(
            self.applications.products.of(session, row).figures,
            self.applications.packs.at(today),
            age=person_rules.age(person.born, today),
            annual_fen=int(self.applications.answers(session, row)["income"]["annual_fen"]),
            bureau=bureau,
        )

    def _queue(self, session: Session, row: Row[Any], line_fen: int | None, at: Settlement) -> None:
        self._move(session, row, (SUBMITTED,), at, state=IN_REVIEW, line_fen=line_fen)

    def _approve(
        self, session: Session, row: Row[Any], states: tuple[str, ...], by: str, line_fen: int, at: Settlement
    ) -> str:
        self._move(session, row, states, at, state=APPROVED, line_fen=line_fen, decided_at=at.now)
        answers = self.applications.answers(session, row)
        card_id = self.issuing.open(session, row, answers, line_fen, at)
        repository.move(session, CardApplication, row.application_id, (APPROVED,), card_id=card_id)
        self._decided(session, row, APPROVED, by, at, lineFen=line_fen)
        self._tell(session, row, "card.approved", at)
        return card_id

    def _decline(
        self, session: Session, row: Row[Any], states: tuple[str, ...], by: str, reason: str, at: Settlement
    ) -> None:
        values = {"state": DECLINED, "reason": reason, "live_key": None, "decided_at": at.now}
        self._move(session, row, states, at, **values)
        self._decided(session, row, DECLINED, by, at, reason=reason)
        self._tell(session, row, "card.declined", at)

    def _move(self, session: Session, row: Row[Any], states: tuple[str, ...], at: Settlement, **values: Any) -> None:
        version = self.applications.packs.at(business_date(at.now)).version
        changes = {"rule_version": version, "updated_at": at.now, **values}
        if not repository.move(session, CardApplication, row.application_id, states, **changes):
            raise ConflictError(detail=f"the application is {row.state}", state=row.state)

    def _decided(self, session: Session, row: Row[Any], verdict: str, by: str, at: Settlement, **more: Any) -> None:
        body = {
            "applicationId": row.application_id,
            "verdict": verdict,
            "by": by,
            "product": row.product,
            "productVersion": row.product_version,
            "ruleVersion": self.applications.packs.at(business_date(at.now)).version,
            **more,
        }
        audit.append(session, kind="card.decided", subject=row.application_id, body=body, now=at.now)

    def _tell(self, session: Session, row: Row[Any], kind: str, at: Settlement) -> None:
        facts = self.applications.products.of(session, row).facts
        again = f".{at.now.timestamp():.0f}" if kind == "card.supplement" else ""
        subject = f"{row.application_id}{again}"
        inbox.tell(session, customer_id=row.customer_id, kind=kind, subject=subject, body=facts, now=at.now)


def _write(session: Session, application_id: str, verdict: str, by: str, why: str, at: Settlement) -> None:
    values = {"application_id": application_id, "verdict": verdict, "by": by, "why": why, "at": at.now}
    session.execute(insert(CardReview).values(**values))


def _reviews(session: Session, application_id: str) -> Sequence[Row[Any]]:
    table = table_of(CardReview)
    return session.execute(select(table).filter_by(application_id=application_id).order_by(table.c.seq)).all()
