"""The operations on entries and statements; they read, so the core may be asked within them."""

from dataclasses import dataclass
from datetime import date
from functools import partial

from sqlalchemy.orm import Session

from bff.accounts import csv_file, months, pdf_file, rules
from bff.accounts.errors import PeriodInvalidError, StatementTooLongError
from bff.accounts.movement_schemas import (
    EntriesAnswer,
    EntriesRequest,
    EntryAnswer,
    MonthAnswer,
    MonthsAnswer,
    StatementRequest,
)
from bff.accounts.schemas import AccountRequest
from bff.accounts.service import Accounts
from bff.accounts.statements import Direction, Period, Statements
from bff.catalogue.operation import Download, File, Idempotency, Operation
from bff.core_bank.port import StatementLine
from bff.kinds import Context, instant
from bff.web.tables import MEDIA_TYPE

MOST_BYTES = 180_000
"""Longest document: what a page gets as one message over the bridge, with its base64."""


@dataclass(frozen=True, slots=True)
class _Reading:
    accounts: Accounts
    statements: Statements

    def entries(self, session: Session, context: Context, request: EntriesRequest) -> EntriesAnswer:
        account = self.accounts.get(session, context, request.account_id)
        way = Direction(request.direction)
        page = self.statements.page(account, _period(request), way, request.cursor, request.limit)
        return EntriesAnswer(entries=[_entry(line) for line in page.lines], next=page.next)

    def csv(self, session: Session, context: Context, request: StatementRequest) -> File:
        account = self.accounts.get(session, context, request.account_id)
        content = csv_file.written(self.statements.whole(account, _period(request)))
        return _file(content, MEDIA_TYPE, request, "csv")

    def pdf(self, session: Session, context: Context, request: StatementRequest) -> File:
        account = self.accounts.get(session, context, request.account_id)
        about = pdf_file.About(account.account_class, rules.tail(account.number), request.since, request.until)
        content = pdf_file.written(about, tuple(self.statements.whole(account, _period(request))), context.now)
        return _file(content, pdf_file.MEDIA_TYPE, request, "pdf")

    def months(self, session: Session, context: Context, request: AccountRequest) -> MonthsAnswer:
        account = self.accounts.get(session, context, request.account_id)
        return MonthsAnswer(
            months=[
                MonthAnswer(
                    month=row.month,
                    opening_fen=row.opening_fen,
                    in_fen=row.in_fen,
                    out_fen=row.out_fen,
                    closing_fen=row.closing_fen,
                    entries=row.entries,
                )
                for row in months.months_of(session, account.account_id)
            ]
        )


def _entry(line: StatementLine) -> EntryAnswer:
    return EntryAnswer(
        journal=line.journal,
        amount_fen=line.amount,
        balance_fen=line.balance,
        memo=line.memo,
        at=instant(line.at),
        counterparty=rules.tail(line.counterparty),
    )


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise PeriodInvalidError(detail="no calendar has such a day") from error


def _period(request: StatementRequest | EntriesRequest) -> Period:
    return Period(_day(request.since), _day(request.until))


def _file(content: bytes, media_type: str, request: StatementRequest, ending: str) -> File:
    """Give a document under a name that says whose days it holds and nobody's number."""
    if len(content) > MOST_BYTES:
        raise StatementTooLongError(mostBytes=MOST_BYTES)
    return File(content, media_type, f"statement-{request.since}-{request.until}.{ending}")


def statement_operations(accounts: Accounts, statements: Statements) -> tuple[Operation, ...]:
    """Give the operations on entries and statements."""
    reading = _Reading(accounts, statements)
    read = partial(Operation, method="GET", idempotency=Idempotency.NONE)
    refused = ("NOT_FOUND", "PERIOD_INVALID", "CORE_UNREACHABLE")
    document = partial(read, request=StatementRequest, response=File, limit="10/minute")
    return (
        read(
            code="accounts.entries",
            summary="Give a page of an account's movements, newest first, by period and direction.",
            path="/accounts/{account_id}/entries",
            request=EntriesRequest,
            response=EntriesAnswer,
            handler=reading.entries,
            errors=refused,
        ),
        document(
            code="accounts.statement.csv",
            summary="Give the movements of a period as a CSV file.",
            path="/accounts/{account_id}/statement/csv",
            handler=reading.csv,
            download=Download(frozenset({"text/csv"}), MOST_BYTES),
            errors=(*refused, "STATEMENT_TOO_LONG"),
        ),
        document(
            code="accounts.statement.pdf",
            summary="Give the movements of a period as a PDF file.",
            path="/accounts/{account_id}/statement/pdf",
            handler=reading.pdf,
            download=Download(frozenset({"application/pdf"}), MOST_BYTES),
            errors=(*refused, "STATEMENT_TOO_LONG"),
        ),
        read(
            code="accounts.statements",
            summary="Give an account's months, the newest first.",
            path="/accounts/{account_id}/statements",
            request=AccountRequest,
            response=MonthsAnswer,
            handler=reading.months,
            errors=("NOT_FOUND",),
        ),
    )
