"""The operations on entries and statements; they read, so the core may be asked within them."""

from dataclasses import dataclass
from functools import partial

from sqlalchemy.orm import Session

from bff.accounts import months, rules
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
from bff.accounts.statement_file import About, statement
from bff.accounts.statements import Direction, Statements
from bff.catalogue.operation import Idempotency, Operation
from bff.core_bank.port import StatementLine
from bff.exports.operations import exported
from bff.exports.period import Period
from bff.exports.table import Table
from bff.kinds import Context, instant


@dataclass(frozen=True, slots=True)
class _Reading:
    accounts: Accounts
    statements: Statements

    def entries(self, session: Session, context: Context, request: EntriesRequest) -> EntriesAnswer:
        account = self.accounts.get(session, context, request.account_id)
        way = Direction(request.direction)
        page = self.statements.page(account, _period(request), way, request.cursor, request.limit)
        return EntriesAnswer(entries=[_entry(line) for line in page.lines], next=page.next)

    def table(self, session: Session, context: Context, request: StatementRequest) -> Table:
        account = self.accounts.get(session, context, request.account_id)
        about = About(account.account_class, rules.tail(account.number), request.since, request.until)
        return statement(about, self.statements.whole(account, _period(request)))

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


def _period(request: StatementRequest | EntriesRequest) -> Period:
    return Period.read(request.since, request.until)


def statement_operations(accounts: Accounts, statements: Statements) -> tuple[Operation, ...]:
    """Give the operations on entries and statements."""
    reading = _Reading(accounts, statements)
    read = partial(Operation, method="GET", idempotency=Idempotency.NONE)
    refused = ("NOT_FOUND", "PERIOD_INVALID", "CORE_UNREACHABLE")
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
        *exported(
            code="accounts.statement",
            what="the movements of a period",
            path="/accounts/{account_id}/statement",
            request=StatementRequest,
            tabled=reading.table,
            errors=refused,
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
