"""The operations on applications and accounts; pages call them."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from bff.accounts import repository, rules
from bff.accounts.applications import Applications
from bff.accounts.funding import Fundings
from bff.accounts.schemas import (
    AccountAnswer,
    AccountRequest,
    AccountsAnswer,
    ApplicationAnswer,
    ApplicationRequest,
    CardAnswer,
    CardRequest,
    CodeRequest,
    CreateRequest,
    EntriesAnswer,
    EntryAnswer,
    FundingAnswer,
    FundRequest,
    OpenedAnswer,
    TaxRequest,
)
from bff.accounts.service import Accounts
from bff.approvals.reasons import reason
from bff.catalogue.operation import Empty, Idempotency, Operation
from bff.core_bank.port import CoreAccount
from bff.customers.service import Person
from bff.kinds import Context, Scope, instant

ENTRIES = 50
"""Most movements of one answer."""


@dataclass(frozen=True, slots=True)
class _Applying:
    applications: Applications

    def create(self, session: Session, context: Context, request: CreateRequest) -> ApplicationAnswer:
        given = Person(request.name, request.id_number, request.mobile)
        return self._answer(session, context, self.applications.create(session, context, given))

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
            state=row.state,
            name=person.name,
            id_number=person.id_number,
            mobile=person.mobile,
            card=_card(row) if row.bank_zh else None,
            account=_opened(session, row),
            sandbox_code=self.applications.sandbox_code(session, row),
            expires_at=instant(row.expires_at),
            reason=reason(row.reason),
        )


@dataclass(frozen=True, slots=True)
class _Holding:
    accounts: Accounts
    fundings: Fundings

    def mine(self, session: Session, context: Context, request: Empty) -> AccountsAnswer:
        del request
        return AccountsAnswer(accounts=[_account(*pair) for pair in self.accounts.mine(session, context)])

    def get(self, session: Session, context: Context, request: AccountRequest) -> AccountAnswer:
        row = self.accounts.get(session, context, request.account_id)
        return _account(row, self.accounts.seen(row))

    def entries(self, session: Session, context: Context, request: AccountRequest) -> EntriesAnswer:
        row = self.accounts.get(session, context, request.account_id)
        return EntriesAnswer(
            entries=[
                EntryAnswer(
                    journal=entry.journal,
                    amount_fen=entry.amount,
                    memo=entry.memo,
                    at=instant(entry.at),
                    counterparty=rules.tail(entry.counterparty),
                )
                for entry in self.accounts.entries(row, ENTRIES)
            ]
        )

    def fund(self, session: Session, context: Context, request: FundRequest) -> FundingAnswer:
        funding_id = self.fundings.fund(session, context, request.account_id, request.amount_fen)
        return self._funding(session, context, request.account_id, funding_id)

    def settle(self, session: Session, context: Context, request: FundRequest, first: FundingAnswer) -> FundingAnswer:
        return self._funding(session, context, request.account_id, first.funding_id)

    def _funding(self, session: Session, context: Context, account_id: str, funding_id: str) -> FundingAnswer:
        row, account = self.fundings.get(session, context, account_id, funding_id)
        return FundingAnswer(
            funding_id=row.funding_id,
            state=repository.UNKNOWN if row.state == repository.PENDING else row.state,
            amount_fen=row.amount_fen,
            balance_fen=account.balance_fen,
            reason=reason(row.reason),
        )


def _card(row: Row[Any]) -> CardAnswer:
    return CardAnswer(tail=row.card_tail, bank_zh=row.bank_zh, bank_en=row.bank_en)


def _opened(session: Session, row: Row[Any]) -> OpenedAnswer | None:
    if row.state != repository.OPEN:
        return None
    account = repository.account(session, row.account_id)
    return None if account is None else OpenedAnswer(account_id=row.account_id, number=rules.tail(account.number))


def _account(row: Row[Any], seen: CoreAccount) -> AccountAnswer:
    return AccountAnswer(
        account_id=row.account_id,
        account_class=row.account_class,
        number=rules.tail(row.number),
        currency=row.currency,
        balance_fen=seen.balance,
        available_fen=seen.available,
        state=row.state,
        bound_card=_card(row),
        opened_at=instant(row.opened_at) if row.opened_at else None,
    )


def operations(applications: Applications, accounts: Accounts, fundings: Fundings) -> tuple[Operation, ...]:
    """Give the operations of this room."""
    applying = _Applying(applications)
    return (*_beginning(applying), *_proving(applying), *_holding(_Holding(accounts, fundings)))


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


def _holding(holding: _Holding) -> tuple[Operation, ...]:
    read = partial(Operation, method="GET", idempotency=Idempotency.NONE)
    return (
        read(
            code="accounts.list",
            summary="Give the customer's accounts with their balances.",
            path="/accounts",
            request=Empty,
            response=AccountsAnswer,
            handler=holding.mine,
            errors=("CORE_UNREACHABLE",),
        ),
        read(
            code="accounts.get",
            summary="Give one account with its balance.",
            path="/accounts/{account_id}",
            request=AccountRequest,
            response=AccountAnswer,
            handler=holding.get,
            errors=("NOT_FOUND", "CORE_UNREACHABLE"),
        ),
        read(
            code="accounts.entries",
            summary="Give an account's newest movements.",
            path="/accounts/{account_id}/entries",
            request=AccountRequest,
            response=EntriesAnswer,
            handler=holding.entries,
            errors=("NOT_FOUND", "CORE_UNREACHABLE"),
        ),
        Operation(
            code="accounts.fund",
            summary="Bring money in from the bound card.",
            method="POST",
            path="/accounts/{account_id}/fundings",
            request=FundRequest,
            response=FundingAnswer,
            handler=holding.fund,
            settle=holding.settle,
            idempotency=Idempotency.KEY,
            limit="30/minute",
            errors=("NOT_FOUND", "ACCOUNT_FROZEN", "LIMIT_DAY", "LIMIT_YEAR"),
        ),
    )
