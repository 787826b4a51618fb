"""A bill, and the newest entries of a card account, as files to keep."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.orm import Session

from bff.cards import bill_file, repository
from bff.cards.models import CardAccount
from bff.cards.products import CardProducts
from bff.cards.schemas import AccountRequest, BillRequest
from bff.catalogue import Operation
from bff.errors import NotFoundError
from bff.exports.errors import StatementTooLongError
from bff.exports.operations import exported
from bff.exports.table import Table
from bff.kinds import Context, business_date
from bff.products.rulepacks import RulePacks

LINES: Final = 300
"""Most lines of a file of entries."""
MOST_LINES: Final = 2_000
"""A bill of more than these is no file: it is refused, never cut."""


@dataclass(frozen=True, slots=True)
class _Files:
    products: CardProducts
    packs: RulePacks

    def bill(self, session: Session, context: Context, request: BillRequest) -> Table:
        account = _owned(session, context, request)
        row = repository.statement(session, account.account_id, request.cycle)
        if row is None:
            raise NotFoundError(detail="there is no such bill")
        page: dict[str, Any] = {"cycles": (row.cycle, row.cycle), "before": None, "limit": MOST_LINES + 1}
        lines = repository.entries(session, account.account_id, **page)
        if len(lines) > MOST_LINES:
            raise StatementTooLongError(mostLines=MOST_LINES)
        repaid = repository.repaid_of(session, row, self.packs)
        since = _since(session, account, request.cycle)
        return bill_file.bill(self._name(session, account), account, row, since, lines[::-1], repaid)

    def entries(self, session: Session, context: Context, request: AccountRequest) -> Table:
        account = _owned(session, context, request)
        lines = repository.entries(session, account.account_id, cycles=None, before=None, limit=LINES)
        return bill_file.entries(self._name(session, account), lines)

    def _name(self, session: Session, account: Row[Any]) -> str:
        name = self.products.of(session, account).name
        tail = repository.tail(session, account.account_id)
        return f"{name}（尾号 {tail}）" if tail else name


def file_operations(products: CardProducts, packs: RulePacks) -> tuple[Operation, ...]:
    """Give the operations that answer with a bill, or with entries, as CSV and as PDF."""
    files = _Files(products, packs)
    return (
        *exported(
            code="cards.bill",
            what="the bill of one cycle with its entries",
            path="/cards/accounts/{account_id}/bills/{cycle}",
            request=BillRequest,
            tabled=files.bill,
            errors=("NOT_FOUND",),
        ),
        *exported(
            code="cards.entry",
            what="the newest entries of an account",
            path="/cards/accounts/{account_id}/entries",
            request=AccountRequest,
            tabled=files.entries,
            errors=("NOT_FOUND",),
        ),
    )


def _owned(session: Session, context: Context, request: AccountRequest) -> Row[Any]:
    return repository.owned(session, CardAccount, request.account_id, context.caller.customer_id)


def _since(session: Session, account: Row[Any], cycle: int) -> date:
    """Give the first day of a cycle: after the closing before it, or that of the activation."""
    before = repository.statement(session, account.account_id, cycle - 1)
    if before is None:
        return business_date(account.activated_at)
    return before.closed_on + timedelta(days=1)  # type: ignore[no-any-return]  # a column of dates
