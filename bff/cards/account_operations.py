"""The operations on card accounts, bills and repayments; pages call them."""

from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.orm import Session

from bff.approvals.prepared import PreparedAnswer, prepared
from bff.approvals.reasons import reason
from bff.cards import autopay, repaying, repository
from bff.cards.autopay import Autopay
from bff.cards.models import CardAccount
from bff.cards.repaying import Repaying
from bff.cards.schemas import (
    AccountAnswer,
    AccountRequest,
    AutopayAnswer,
    AutopayRequest,
    BillAnswer,
    BillRequest,
    BillsAnswer,
    BillsRequest,
    EntriesAnswer,
    EntriesRequest,
    EntryAnswer,
    RepaymentAnswer,
    RepaymentRequest,
    RepaymentsAnswer,
    RepayRequest,
)
from bff.catalogue.operation import Empty, Idempotency, Operation
from bff.errors import NotFoundError
from bff.kinds import Context, business_date, instant
from bff.sessions.verification import FRESH

NEWEST: Final = 20
"""How many repayments a page sees at once."""


@dataclass(frozen=True, slots=True)
class _Account:
    repaying: Repaying
    autopay: Autopay

    def get(self, session: Session, context: Context, request: AccountRequest) -> AccountAnswer:
        row = self._owned(session, context, request.account_id)
        owed = repository.owed(row).total
        newest = repository.statement(session, row.account_id, row.cycle - 1)
        agreement = repository.autopay(session, row.account_id)
        return AccountAnswer(
            account_id=row.account_id,
            product=row.product,
            product_name=self.repaying.products.of(session, row).shown,
            state=row.state,
            line_fen=row.line_fen,
            available_fen=max(row.line_fen - owed - row.held_fen, 0),
            owed_fen=owed,
            held_fen=row.held_fen,
            repaying_fen=row.repaying_fen,
            unbilled_fen=repository.moved_since(session, row.account_id, row.cycle),
            most_repay_fen=self.repaying.most(row, self.repaying.packs.at(business_date(context.now))),
            cycle=row.cycle,
            next_close=None if row.next_close is None else row.next_close.isoformat(),
            overdue_since=None if row.overdue_since is None else row.overdue_since.isoformat(),
            bill=None if newest is None else self._bill(session, newest),
            autopay=None if agreement is None else _agreement(agreement),
        )

    def bills(self, session: Session, context: Context, request: BillsRequest) -> BillsAnswer:
        self._owned(session, context, request.account_id)
        rows = repository.statements(session, request.account_id, request.cursor, request.limit)
        after = str(rows[-1].cycle) if len(rows) == request.limit else None
        return BillsAnswer(bills=[self._bill(session, row) for row in rows], next_cursor=after)

    def bill(self, session: Session, context: Context, request: BillRequest) -> BillAnswer:
        self._owned(session, context, request.account_id)
        row = repository.statement(session, request.account_id, request.cycle)
        if row is None:
            raise NotFoundError(detail="there is no such bill")
        return self._bill(session, row)

    def entries(self, session: Session, context: Context, request: EntriesRequest) -> EntriesAnswer:
        row = self._owned(session, context, request.account_id)
        cycles = (row.cycle, row.cycle + 1) if request.unbilled else None
        if request.cycle is not None:
            cycles = (request.cycle, request.cycle)
        page: dict[str, Any] = {"cycles": cycles, "before": request.cursor, "limit": request.limit}
        rows = repository.entries(session, request.account_id, **page)
        after = str(rows[-1].seq) if len(rows) == request.limit else None
        return EntriesAnswer(entries=[_entry(one) for one in rows], next_cursor=after)

    def prepare(self, session: Session, context: Context, request: RepayRequest) -> PreparedAnswer:
        what = (request.account_id, request.payer_account_id, request.amount_fen)
        return prepared(self.repaying.prepare(session, context, *what))

    def repayment(self, session: Session, context: Context, request: RepaymentRequest) -> RepaymentAnswer:
        return _repayment(self.repaying.get(session, context, request.repayment_id))

    def repayments(self, session: Session, context: Context, request: AccountRequest) -> RepaymentsAnswer:
        self._owned(session, context, request.account_id)
        rows = repository.repayments(session, request.account_id, NEWEST)
        return RepaymentsAnswer(repayments=[_repayment(row) for row in rows])

    def prepare_autopay(self, session: Session, context: Context, request: AutopayRequest) -> PreparedAnswer:
        what = (request.account_id, request.payer_account_id, request.share)
        return prepared(self.autopay.prepare(session, context, *what))

    def end_autopay(self, session: Session, context: Context, request: AccountRequest) -> Empty:
        self.autopay.end(session, context, request.account_id)
        return Empty()

    def _owned(self, session: Session, context: Context, account_id: str) -> Row[Any]:
        return repository.owned(session, CardAccount, account_id, context.caller.customer_id)

    def _bill(self, session: Session, row: Row[Any]) -> BillAnswer:
        repaid = repository.repaid_of(session, row, self.repaying.packs)
        figures = ("previous", "principal", "cash", "interest", "fee", "total", "minimum")
        return BillAnswer(
            cycle=row.cycle,
            closed_on=row.closed_on.isoformat(),
            due_on=row.due_on.isoformat(),
            **{f"{name}_fen": getattr(row, f"{name}_fen") for name in figures},
            repaid_fen=repaid,
            left_fen=max(row.total_fen - repaid, 0),
            minimum_left_fen=max(row.minimum_fen - repaid, 0),
            rule_version=row.rule_version,
            product_version=row.product_version,
        )


def _agreement(row: Row[Any]) -> AutopayAnswer:
    return AutopayAnswer(
        agreement_id=row.agreement_id,
        payer_account_id=row.payer_account_id,
        share=row.share,
        signed_at=instant(row.signed_at),
    )


def _repayment(row: Row[Any]) -> RepaymentAnswer:
    return RepaymentAnswer(
        repayment_id=row.repayment_id,
        operation_id=row.operation_id,
        account_id=row.account_id,
        amount_fen=row.amount_fen,
        state=row.state,
        automatic=row.agreement_id is not None,
        created_at=instant(row.created_at),
        reason=reason(row.reason),
    )


def _entry(row: Row[Any]) -> EntryAnswer:
    return EntryAnswer(
        entry=row.seq,
        kind=row.kind,
        amount_fen=repository.owed(row).total,
        cycle=row.cycle,
        day=row.day.isoformat(),
        at=instant(row.at),
        memo=row.memo,
        card_tail=row.card_tail,
    )


_read = partial(Operation, method="GET", idempotency=Idempotency.NONE, errors=("NOT_FOUND",))
_sign = partial(Operation, method="POST", idempotency=Idempotency.KEY, limit="30/minute", response=PreparedAnswer)
_DEVICE = ("NOT_FOUND", "CARD_STATE", "ACCOUNT_FROZEN", "DEVICE_STATE", "PURPOSE_NOT_IN_MANIFEST")


def account_operations(repayments: Repaying, agreements: Autopay) -> tuple[Operation, ...]:
    """Give the operations on card accounts."""
    account = _Account(repayments, agreements)
    return (*_looking(account), *_repaying(account))


def _looking(account: _Account) -> tuple[Operation, ...]:
    return (
        _read(
            code="cards.account.get",
            summary="Give a card account: its line, what is owed, the newest bill, the agreement in force.",
            path="/cards/accounts/{account_id}",
            request=AccountRequest,
            response=AccountAnswer,
            handler=account.get,
        ),
        _read(
            code="cards.bill.list",
            summary="Give the bills of an account, the newest first.",
            path="/cards/accounts/{account_id}/bills",
            request=BillsRequest,
            response=BillsAnswer,
            handler=account.bills,
        ),
        _read(
            code="cards.bill.get",
            summary="Give the bill of one cycle.",
            path="/cards/accounts/{account_id}/bills/{cycle}",
            request=BillRequest,
            response=BillAnswer,
            handler=account.bill,
        ),
        _read(
            code="cards.entry.list",
            summary="Give the entries of an account, the newest first: of a cycle, the unbilled ones, or all.",
            path="/cards/accounts/{account_id}/entries",
            request=EntriesRequest,
            response=EntriesAnswer,
            handler=account.entries,
        ),
        _read(
            code="cards.repayment.get",
            summary="Give one repayment.",
            path="/cards/repayments/{repayment_id}",
            request=RepaymentRequest,
            response=RepaymentAnswer,
            handler=account.repayment,
        ),
        _read(
            code="cards.repayment.list",
            summary="Give the newest repayments of an account, those on their way among them.",
            path="/cards/accounts/{account_id}/repayments",
            request=AccountRequest,
            response=RepaymentsAnswer,
            handler=account.repayments,
        ),
    )


def _repaying(account: _Account) -> tuple[Operation, ...]:
    return (
        _sign(
            code="cards.repay.prepare",
            summary="Check a repayment and freeze it for the device to sign.",
            path="/cards/accounts/{account_id}/repayments/prepare",
            request=RepayRequest,
            handler=account.prepare,
            template=repaying.TEMPLATE,
            errors=(*_DEVICE, "CARD_REPAY_TOO_MUCH", "INSUFFICIENT_FUNDS", "DEVICE_LIMIT"),
        ),
        _sign(
            code="cards.autopay.prepare",
            summary="Freeze an agreement on automatic repayment for the device to sign.",
            path="/cards/accounts/{account_id}/autopay/prepare",
            request=AutopayRequest,
            handler=account.prepare_autopay,
            template=autopay.TEMPLATE,
            errors=(*_DEVICE, "CARD_AUTOPAY_EXISTS"),
        ),
        Operation(
            code="cards.autopay.end",
            summary="End the agreement on automatic repayment.",
            method="POST",
            path="/cards/accounts/{account_id}/autopay/end",
            request=AccountRequest,
            response=Empty,
            handler=account.end_autopay,
            idempotency=Idempotency.KEY,
            limit="30/minute",
            fresh=FRESH,
            errors=("NOT_FOUND",),
        ),
    )
