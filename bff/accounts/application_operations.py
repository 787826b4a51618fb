"""The operations on applications for an account; pages call them while nobody is a customer yet."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from bff.accounts import repository, rules
from bff.accounts.applications import Applications
from bff.accounts.documents import TAKEN, Documents
from bff.accounts.schemas import (
    ApplicationAnswer,
    ApplicationRequest,
    CardAnswer,
    CardRequest,
    CodeRequest,
    CreateRequest,
    DocumentAnswer,
    DocumentRequest,
    OpenedAnswer,
    TaxRequest,
)
from bff.approvals.reasons import reason
from bff.catalogue.operation import Empty, Idempotency, Operation
from bff.customers.service import Person
from bff.kinds import Context, Scope, instant


@dataclass(frozen=True, slots=True)
class _Applying:
    applications: Applications

    def create(self, session: Session, context: Context, request: CreateRequest) -> ApplicationAnswer:
        given = Person(request.name, request.id_number, request.mobile)
        return self._answer(session, context, self.applications.create(session, context, given, request.account_class))

    def current(self, session: Session, context: Context, request: Empty) -> ApplicationAnswer:
        del request
        row = self.applications.current(session, context)
        return self._answer(session, context, row.application_id)

    def resend_code(self, session: Session, context: Context, request: ApplicationRequest) -> ApplicationAnswer:
        self.applications.resend_code(session, context, request.application_id)
        return self._answer(session, context, request.application_id)

    def verify_code(self, session: Session, context: Context, request: CodeRequest) -> ApplicationAnswer:
        self.applications.verify_code(session, context, request.application_id, request.code)
        return self._answer(session, context, request.application_id)

    def bind_card(self, session: Session, context: Context, request: CardRequest) -> ApplicationAnswer:
        self.applications.bind_card(session, context, request.application_id, request.card_number)
        return self._answer(session, context, request.application_id)

    def add_document(self, session: Session, context: Context, request: DocumentRequest) -> DocumentAnswer:
        digest = Documents(self.applications).add(
            session,
            context,
            request.application_id,
            request.side,
            media_type=request.media_type,
            content=request.content,
        )
        return DocumentAnswer(side=request.side, size=len(request.content), sha256=digest)

    def declare_tax(self, session: Session, context: Context, request: TaxRequest) -> ApplicationAnswer:
        application_id, declared = request.application_id, request.declared
        self.applications.declare_tax(session, context, application_id, request.residency, declared=declared)
        return self._answer(session, context, application_id)

    def settle(self, session: Session, context: Context, request: Any, first: ApplicationAnswer) -> ApplicationAnswer:
        del request
        return self._answer(session, context, first.application_id)

    def settle_card(
        self, session: Session, context: Context, request: Any, first: ApplicationAnswer
    ) -> ApplicationAnswer:
        del request
        self.applications.require_bound(session, context, first.application_id)
        return self._answer(session, context, first.application_id)

    def _answer(self, session: Session, context: Context, application_id: str) -> ApplicationAnswer:
        row = self.applications.get(session, context, application_id)
        person = self.applications.person(row).masked
        return ApplicationAnswer(
            application_id=row.application_id,
            account_class=row.account_class,
            state=row.state,
            name=person.name,
            id_number=person.id_number,
            mobile=person.mobile,
            card=bound_card(row) if row.bank_zh else None,
            account=_opened(session, row),
            sandbox_code=self.applications.sandbox_code(session, row),
            expires_at=instant(row.expires_at),
            reason=reason(row.reason),
        )


def bound_card(row: Row[Any]) -> CardAnswer:
    """Give the card of an application or an account."""
    return CardAnswer(tail=row.card_tail, bank_zh=row.bank_zh, bank_en=row.bank_en)


def _opened(session: Session, row: Row[Any]) -> OpenedAnswer | None:
    if row.state != repository.OPEN:
        return None
    account = repository.account(session, row.account_id)
    return None if account is None else OpenedAnswer(account_id=row.account_id, number=rules.tail(account.number))


def application_operations(applications: Applications) -> tuple[Operation, ...]:
    """Give the operations on applications."""
    applying = _Applying(applications)
    return (*_beginning(applying), *_proving(applying))


def _step(code: str, summary: str, path: str, **rest: Any) -> Operation:
    return Operation(
        code=f"accounts.application.{code}",
        summary=summary,
        method="POST",
        path=f"/accounts/applications{path}",
        response=ApplicationAnswer,
        idempotency=Idempotency.KEY,
        scope=Scope.ONBOARDING,
        limit="30/minute",
        **rest,
    )


def _beginning(applying: _Applying) -> tuple[Operation, ...]:
    return (
        _step(
            "create",
            "Begin an application and send a code to the mobile.",
            "",
            request=CreateRequest,
            handler=applying.create,
            settle=applying.settle,
            errors=(
                "NAME_INVALID",
                "ID_CHECKSUM",
                "MOBILE_INVALID",
                "UNDERAGE",
                "DUPLICATE_ACCOUNT",
                "STATE_CONFLICT",
                "CODE_TOO_SOON",
            ),
        ),
        Operation(
            code="accounts.application.current",
            summary="Give the newest application of this device, to resume it.",
            method="GET",
            path="/accounts/applications/current",
            request=Empty,
            response=ApplicationAnswer,
            handler=applying.current,
            idempotency=Idempotency.NONE,
            scope=Scope.ONBOARDING,
            errors=("NOT_FOUND",),
        ),
        _step(
            "resend_code",
            "Send another code to the mobile.",
            "/{application_id}/code",
            request=ApplicationRequest,
            handler=applying.resend_code,
            settle=applying.settle,
            errors=("NOT_FOUND", "STATE_CONFLICT", "APPLICATION_EXPIRED", "CODE_TOO_SOON"),
        ),
    )


def _proving(applying: _Applying) -> tuple[Operation, ...]:
    common = ("NOT_FOUND", "STATE_CONFLICT", "APPLICATION_EXPIRED")
    return (
        _step(
            "verify_code",
            "Take the code from the phone.",
            "/{application_id}/code/verify",
            request=CodeRequest,
            handler=applying.verify_code,
            errors=(*common, "CODE_WRONG", "CODE_LOCKED", "CODE_EXPIRED"),
        ),
        _step(
            "bind_card",
            "Bind a class I card after the card network has compared the five elements.",
            "/{application_id}/card",
            request=CardRequest,
            handler=applying.bind_card,
            settle=applying.settle_card,
            errors=(*common, "CARD_LUHN", "BIND_MISMATCH", "BIND_NOT_CLASS_I", "CARD_CHECK_PENDING"),
        ),
        Operation(
            code="accounts.application.document",
            summary="Keep a picture of one side of the identity card, in place of an earlier one.",
            method="POST",
            path="/accounts/applications/{application_id}/documents/{side}",
            request=DocumentRequest,
            response=DocumentAnswer,
            handler=applying.add_document,
            idempotency=Idempotency.KEY,
            scope=Scope.ONBOARDING,
            limit="10/minute",
            upload=TAKEN,
            errors=(*common, "DOCUMENT_INVALID"),
        ),
        _step(
            "declare_tax",
            "Take the tax declaration and open the account at the core.",
            "/{application_id}/tax",
            request=TaxRequest,
            handler=applying.declare_tax,
            settle=applying.settle,
            errors=(*common, "CRS_REQUIRED", "DUPLICATE_ACCOUNT"),
        ),
    )
