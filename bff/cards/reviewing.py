"""Deciding: the rules first, then, for whoever never held a card of ours, a person with his name and his reasons.

Invariants: an application is decided once, by one conditional UPDATE; the evidence holds who decided, under which rules
and with which line. What an applicant answered is opened for the reviewer's command alone: how a decision came about
names the rules that were read and the line, never age, income or report.
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
from bff.products.decisions import Decision
from bff.push import inbox

RULES: Final = "rules"
"""Who decided when no person did."""
REVIEWER: Final = "REVIEWER"
"""Reason of a decline by a person."""
QUEUED: Final = 100


@dataclass(frozen=True, slots=True)
class _Verdict:
    """A decision that is being taken: who takes it, when, and what is noted of it."""

    by: str
    at: Settlement
    noted: Decision

    def write(self, session: Session, row: Row[Any], outcome: str, about: str = "") -> None:
        """Keep how it came about; ``about``: the card that comes of it."""
        named = {"subject": row.application_id, "about": about, "customer_id": row.customer_id}
        self.noted.keep(session, self.at.now, outcome, **named)


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
        verdict = self._begin(session, row, "cards.decide", RULES, at)
        held = repository.has_activated(session, row.customer_id)
        verdict.noted.note(reported=bureau is not None, heldCard=held)
        if bureau is None:
            self._queue(session, row, None, verdict)
            return
        text = msgspec.json.encode(bureau).decode()
        sealed = self.applications.vault.seal(application_id, "bureau", text)
        repository.move(session, CardApplication, application_id, (SUBMITTED,), bureau=sealed)
        proposal = self._propose(session, row, bureau, verdict)
        if proposal.reason:
            self._decline(session, row, (SUBMITTED,), proposal.reason, verdict)
        elif held:
            self._approve(session, row, (SUBMITTED,), proposal.line_fen, verdict)
        else:
            self._queue(session, row, proposal.line_fen, verdict)

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
        verdict = self._begin(session, row, "cards.review", by, at, why=why, proposedLineFen=row.line_fen)
        line = row.line_fen if line_fen is None else line_fen
        terms = self.applications.products.of(session, row).figures
        if line is None or not terms.line_least_fen <= line <= terms.line_most_fen:
            raise RequestInvalidError(
                detail=f"a line of {row.product} is {terms.line_least_fen} to {terms.line_most_fen} fen: give --line"
            )
        card_id = self._approve(session, row, (IN_REVIEW,), line, verdict)
        _write(session, application_id, APPROVED, by, why, at)
        return card_id

    def decline(self, session: Session, application_id: str, by: str, why: str, at: Settlement) -> None:
        """Decline what waits for review.

        Raises:
            ConflictError: it does not wait for review.
        """
        row = self.get(session, application_id)
        verdict = self._begin(session, row, "cards.review", by, at, why=why, proposedLineFen=row.line_fen)
        self._decline(session, row, (IN_REVIEW,), REVIEWER, verdict)
        _write(session, application_id, DECLINED, by, why, at)

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
        named = sorted(set(kinds))
        verdict = self._begin(session, row, "cards.review", by, at, why=why, asked=",".join(named))
        days = verdict.noted.rules.integer("supplement_days")
        asked = msgspec.json.encode(named).decode()
        values = {"state": SUPPLEMENT, "asked": asked, "expires_at": at.now + timedelta(days=days)}
        self._move(session, row, (IN_REVIEW,), verdict, **values)
        _write(session, application_id, SUPPLEMENT, by, why, at)
        verdict.write(session, row, SUPPLEMENT)
        self._tell(session, row, "card.supplement", at)

    def _begin(
        self, session: Session, row: Row[Any], kind: str, by: str, at: Settlement, **noted: str | int | None
    ) -> _Verdict:
        decision = Decision.on(business_date(at.now), self.applications.packs, kind)
        product = self.applications.products.of(session, row)
        under = {"product": row.product, "productVersion": row.product_version, "formVersion": row.form_version}
        decision.note(by=by, **under, **noted)
        decision.cite(product.terms, "line_least_fen", "line_most_fen")
        return _Verdict(by, at, decision)

    def _propose(self, session: Session, row: Row[Any], bureau: Bureau, verdict: _Verdict) -> rules.Proposal:
        person = self.applications.customers.person(session, row.customer_id)
        return rules.propose(
            self.applications.products.of(session, row).figures,
            verdict.noted.rules,
            age=person_rules.age(person.born, business_date(verdict.at.now)),
            annual_fen=int(self.applications.answers(session, row)["income"]["annual_fen"]),
            bureau=bureau,
        )

    def _queue(self, session: Session, row: Row[Any], line_fen: int | None, verdict: _Verdict) -> None:
        self._move(session, row, (SUBMITTED,), verdict, state=IN_REVIEW, line_fen=line_fen)
        verdict.noted.note(proposedLineFen=line_fen)
        verdict.write(session, row, IN_REVIEW)

    def _approve(
        self, session: Session, row: Row[Any], states: tuple[str, ...], line_fen: int, verdict: _Verdict
    ) -> str:
        at = verdict.at
        self._move(session, row, states, verdict, state=APPROVED, line_fen=line_fen, decided_at=at.now)
        answers = self.applications.answers(session, row)
        card_id = self.issuing.open(session, row, answers, line_fen, at)
        repository.move(session, CardApplication, row.application_id, (APPROVED,), card_id=card_id)
        verdict.noted.note(lineFen=line_fen)
        self._decided(session, row, APPROVED, verdict, lineFen=line_fen)
        verdict.write(session, row, APPROVED, about=card_id)
        self._tell(session, row, "card.approved", at)
        return card_id

    def _decline(
        self, session: Session, row: Row[Any], states: tuple[str, ...], reason: str, verdict: _Verdict
    ) -> None:
        values = {"state": DECLINED, "reason": reason, "live_key": None, "decided_at": verdict.at.now}
        self._move(session, row, states, verdict, **values)
        verdict.noted.note(reason=reason)
        self._decided(session, row, DECLINED, verdict, reason=reason)
        verdict.write(session, row, DECLINED)
        self._tell(session, row, "card.declined", verdict.at)

    def _move(self, session: Session, row: Row[Any], states: tuple[str, ...], verdict: _Verdict, **values: Any) -> None:
        changes = {"rule_version": verdict.noted.rules.version, "updated_at": verdict.at.now, **values}
        if not repository.move(session, CardApplication, row.application_id, states, **changes):
            raise ConflictError(detail=f"the application is {row.state}", state=row.state)

    def _decided(self, session: Session, row: Row[Any], state: str, verdict: _Verdict, **more: Any) -> None:
        body = {
            "applicationId": row.application_id,
            "verdict": state,
            "by": verdict.by,
            "product": row.product,
            "productVersion": row.product_version,
            "ruleVersion": verdict.noted.rules.version,
            **more,
        }
        audit.append(session, kind="card.decided", subject=row.application_id, body=body, now=verdict.at.now)

    def _tell(self, session: Session, row: Row[Any], kind: str, at: Settlement) -> None:
        facts = self.applications.products.of(session, row).facts
        again = f".{at.now.timestamp():.0f}" if kind == "card.supplement" else ""
        subject = f"{row.application_id}{again}"
        inbox.tell(session, customer_id=row.customer_id, kind=kind, subject=subject, body=facts, now=at.now)


def _write(session: Session, application_id: str, verdict: str, by: str, why: str, at: Settlement) -> None:
    """Keep what a person decided; the application has moved before, for the foreign key shares its row's lock."""
    values = {"application_id": application_id, "verdict": verdict, "by": by, "why": why, "at": at.now}
    session.execute(insert(CardReview).values(**values))


def _reviews(session: Session, application_id: str) -> Sequence[Row[Any]]:
    table = table_of(CardReview)
    return session.execute(select(table).filter_by(application_id=application_id).order_by(table.c.seq)).all()
