"""The operations on card products, questions and applications; pages call them."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Row
from sqlalchemy.orm import Session

from bff.cards import repository
from bff.cards.applications import TAKEN, Applications
from bff.cards.errors import CoolingError
from bff.cards.models import CreditCard
from bff.cards.products import CardProduct
from bff.cards.repository import APPROVED, DECLINED
from bff.cards.schemas import (
    ApplicationAnswer,
    ApplicationAnswersAnswer,
    ApplicationRequest,
    ApplicationsAnswer,
    ConsentRequest,
    CreateRequest,
    DocumentAnswer,
    DocumentRequest,
    FormAnswer,
    OptionAnswer,
    ProductAnswer,
    ProductsAnswer,
    QuestionAnswer,
    SaveRequest,
    SectionAnswer,
    StepAnswer,
    TermAnswer,
    TextAnswer,
)
from bff.catalogue.operation import Empty, Idempotency, Operation
from bff.kinds import Context, business_date, instant
from bff.products.warehouse import OnSale
from bff.sessions.verification import FRESH


@dataclass(frozen=True, slots=True)
class _Applying:
    applications: Applications

    def products(self, session: Session, context: Context, request: Empty) -> ProductsAnswer:
        del request
        found = self.applications.products.listed(session, business_date(context.now))
        return ProductsAnswer(products=[_product(one) for one in found])

    def form(self, session: Session, context: Context, request: Empty) -> FormAnswer:
        del session, context, request
        form = self.applications.form
        return FormAnswer(
            version=form.version,
            sections=[
                SectionAnswer(
                    id=section.id,
                    title=section.title,
                    questions=[
                        QuestionAnswer(
                            id=question.id,
                            kind=question.kind,
                            text=question.text,
                            most=question.most,
                            options=[OptionAnswer(id=one.id, text=one.text) for one in question.options],
                            when={name: list(wanted) for name, wanted in question.when.items()},
                        )
                        for question in section.questions
                    ],
                )
                for section in form.sections
            ],
            texts=[
                TextAnswer(kind=one.kind, version=one.version, title=one.title, text=one.text, sha256=one.digest)
                for one in self.applications.texts
            ],
        )

    def create(self, session: Session, context: Context, request: CreateRequest) -> ApplicationAnswer:
        return self._answer(session, context, self.applications.create(session, context, request.product))

    def mine(self, session: Session, context: Context, request: Empty) -> ApplicationsAnswer:
        del request
        rows = self.applications.mine(session, context)
        return ApplicationsAnswer(
            applications=[ApplicationAnswer(**self._facts(session, context, row)) for row in rows]
        )

    def get(self, session: Session, context: Context, request: ApplicationRequest) -> ApplicationAnswersAnswer:
        row = self.applications.get(session, context, request.application_id)
        answers = self.applications.answers(session, row)
        return ApplicationAnswersAnswer(**self._facts(session, context, row), answers=answers)

    def save(self, session: Session, context: Context, request: SaveRequest) -> ApplicationAnswer:
        self.applications.save(session, context, request.application_id, request.section, request.answers)
        return self._answer(session, context, request.application_id)

    def consent(self, session: Session, context: Context, request: ConsentRequest) -> ApplicationAnswer:
        text = (request.kind, request.version, request.sha256)
        self.applications.consent(session, context, request.application_id, *text)
        return self._answer(session, context, request.application_id)

    def submit(self, session: Session, context: Context, request: ApplicationRequest) -> ApplicationAnswer:
        self.applications.submit(session, context, request.application_id)
        return self._answer(session, context, request.application_id)

    def document(self, session: Session, context: Context, request: DocumentRequest) -> DocumentAnswer:
        sha256 = self.applications.add_document(
            session,
            context,
            request.application_id,
            request.kind,
            media_type=request.media_type,
            content=request.content,
        )
        return DocumentAnswer(kind=request.kind, size=len(request.content), sha256=sha256)

    def resubmit(self, session: Session, context: Context, request: ApplicationRequest) -> ApplicationAnswer:
        self.applications.resubmit(session, context, request.application_id)
        return self._answer(session, context, request.application_id)

    def withdraw(self, session: Session, context: Context, request: ApplicationRequest) -> ApplicationAnswer:
        self.applications.withdraw(session, context, request.application_id)
        return self._answer(session, context, request.application_id)

    def settle(self, session: Session, context: Context, request: Any, first: ApplicationAnswer) -> ApplicationAnswer:
        del request
        return self._answer(session, context, first.application_id)

    def _answer(self, session: Session, context: Context, application_id: str) -> ApplicationAnswer:
        row = self.applications.get(session, context, application_id)
        return ApplicationAnswer(**self._facts(session, context, row))

    def _facts(self, session: Session, context: Context, row: Row[Any]) -> dict[str, Any]:
        card = repository.find(session, CreditCard, row.card_id) if row.card_id else None
        draft = row.state == repository.DRAFT
        return {
            "application_id": row.application_id,
            "product": row.product,
            "product_name": self.applications.products.of(session, row).shown,
            "state": row.state if card is None else _state(card),
            "steps": _steps(row, card),
            "saved": sorted(repository.sections(session, row.application_id)),
            "missing": self.applications.missing(session, row.application_id) if draft else [],
            "asked": msgspec.json.decode(row.asked) if row.state == repository.SUPPLEMENT else [],
            "line_fen": row.line_fen if row.state == APPROVED else None,
            "reason": row.reason,
            "apply_again_from": self._again(session, context, row) if row.state == DECLINED else None,
            "card_id": row.card_id,
            "created_at": instant(row.created_at),
            "expires_at": instant(row.expires_at),
        }

    def _again(self, session: Session, context: Context, row: Row[Any]) -> str | None:
        try:
            self.applications.refuse_cooling(session, row.customer_id, row.product, context.now)
        except CoolingError as error:
            return str(error.extra["until"])
        return None


def _product(one: OnSale[CardProduct]) -> ProductAnswer:
    product = one.definition
    return ProductAnswer(
        code=product.code,
        version=product.version,
        name=product.shown,
        level=product.level,
        benefits=product.benefits,
        open=one.takes_orders,
        terms=[
            TermAnswer(name=name, value=rule.value, source=rule.source, remark=rule.remark)
            for name, rule in product.terms.items()
        ],
    )


def _state(card: Row[Any]) -> str:
    return APPROVED if card.state == repository.ORDERED else str(card.state)


def _steps(row: Row[Any], card: Row[Any] | None) -> list[StepAnswer]:
    decided = DECLINED if row.state == DECLINED else APPROVED
    reached = {"SUBMITTED": row.submitted_at, decided: row.decided_at}
    for name, column in (("EMBOSSING", "embossing_at"), ("MAILED", "mailed_at"), ("ACTIVATED", "activated_at")):
        reached[name] = None if card is None else getattr(card, column)
    return [StepAnswer(step=name, at=None if at is None else instant(at)) for name, at in reached.items()]


_COMMON = ("NOT_FOUND", "STATE_CONFLICT", "CARD_APPLICATION_EXPIRED")
_read = partial(Operation, method="GET", idempotency=Idempotency.NONE)
_step = partial(Operation, method="POST", idempotency=Idempotency.KEY, limit="60/minute", response=ApplicationAnswer)


def application_operations(applications: Applications) -> tuple[Operation, ...]:
    """Give the operations on products and applications."""
    applying = _Applying(applications)
    return (*_looking(applying), *_filling(applying), *_handing_in(applying))


def _looking(applying: _Applying) -> tuple[Operation, ...]:
    return (
        _read(
            code="cards.product.list",
            summary="Give the card products with every term, its source and a remark.",
            path="/cards/products",
            request=Empty,
            response=ProductsAnswer,
            handler=applying.products,
        ),
        _read(
            code="cards.form",
            summary="Give the bank's questions and the texts to agree to.",
            path="/cards/form",
            request=Empty,
            response=FormAnswer,
            handler=applying.form,
        ),
        _read(
            code="cards.application.list",
            summary="Give the caller's applications and how far each is.",
            path="/cards/applications",
            request=Empty,
            response=ApplicationsAnswer,
            handler=applying.mine,
        ),
        _read(
            code="cards.application.get",
            summary="Give one application with its answers, to resume it.",
            path="/cards/applications/{application_id}",
            request=ApplicationRequest,
            response=ApplicationAnswersAnswer,
            handler=applying.get,
            errors=("NOT_FOUND",),
        ),
    )


def _filling(applying: _Applying) -> tuple[Operation, ...]:
    return (
        _step(
            code="cards.application.create",
            summary="Begin an application for a card.",
            path="/cards/applications",
            request=CreateRequest,
            handler=applying.create,
            errors=("NOT_FOUND", "PRODUCT_CLOSED", "CARD_APPLICATION_LIVE", "CARD_COOLING"),
        ),
        _step(
            code="cards.application.save",
            summary="Keep the answers to one section.",
            path="/cards/applications/{application_id}/sections/{section}",
            request=SaveRequest,
            handler=applying.save,
            errors=(*_COMMON, "CARD_ANSWERS_INVALID"),
        ),
        _step(
            code="cards.application.consent",
            summary="Agree to a text, named by its hash.",
            path="/cards/applications/{application_id}/consents",
            request=ConsentRequest,
            handler=applying.consent,
            errors=(*_COMMON, "CARD_TEXT_CHANGED"),
        ),
    )


def _handing_in(applying: _Applying) -> tuple[Operation, ...]:
    return (
        _step(
            code="cards.application.submit",
            summary="Hand the application in; the credit bureau is asked.",
            path="/cards/applications/{application_id}/submit",
            request=ApplicationRequest,
            handler=applying.submit,
            settle=applying.settle,
            errors=(*_COMMON, "CARD_INCOMPLETE"),
            fresh=FRESH,
        ),
        Operation(
            code="cards.application.document",
            summary="Keep a document that the bank asked for.",
            method="POST",
            path="/cards/applications/{application_id}/documents/{kind}",
            request=DocumentRequest,
            response=DocumentAnswer,
            handler=applying.document,
            idempotency=Idempotency.KEY,
            limit="10/minute",
            upload=TAKEN,
            errors=(*_COMMON, "CARD_DOCUMENT_INVALID"),
        ),
        _step(
            code="cards.application.resubmit",
            summary="Give a supplemented application back to the reviewers.",
            path="/cards/applications/{application_id}/resubmit",
            request=ApplicationRequest,
            handler=applying.resubmit,
            errors=(*_COMMON, "CARD_INCOMPLETE"),
        ),
        _step(
            code="cards.application.withdraw",
            summary="End an application that is not decided yet.",
            path="/cards/applications/{application_id}/withdraw",
            request=ApplicationRequest,
            handler=applying.withdraw,
            errors=("NOT_FOUND", "STATE_CONFLICT"),
        ),
    )
