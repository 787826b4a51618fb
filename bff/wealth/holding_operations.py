"""The operations on holdings, redemptions and the history; pages call them."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from bff.approvals.prepared import PreparedAnswer, prepared
from bff.approvals.reasons import reason
from bff.catalogue.operation import Empty, Idempotency, Operation
from bff.exports.operations import exported
from bff.exports.table import Table
from bff.kinds import Context, business_date, instant
from bff.products.calendar import cut_off_instant
from bff.products.errors import CalendarExhaustedError
from bff.sessions.verification import FRESH
from bff.wealth import history_file, holdings, holdings_file, positions, pricing
from bff.wealth.holding_schemas import (
    HistoryAnswer,
    HistoryRequest,
    HoldingAnswer,
    HoldingsAnswer,
    LotAnswer,
    RedeemDatesAnswer,
    RedeemRequest,
    RedemptionAnswer,
    TransactionAnswer,
)
from bff.wealth.holdings import Holding
from bff.wealth.products import REDEEMABLE
from bff.wealth.redemptions import TEMPLATE, Redemptions
from bff.wealth.repository import SHARES_HELD
from bff.wealth.schemas import OrderRequest


@dataclass(frozen=True, slots=True)
class _Holding:
    redemptions: Redemptions

    def holdings(self, session: Session, context: Context, request: Empty) -> HoldingsAnswer:
        del request
        found = self._found(session, context)
        dates = self._dates(context)
        trade = None if dates is None else date.fromisoformat(dates.trade_date)
        return HoldingsAnswer(holdings=[_holding(one, trade) for one in found], redemption=dates)

    def holdings_table(self, session: Session, context: Context, request: Empty) -> Table:
        del request
        return holdings_file.table(self._found(session, context), business_date(context.now))

    def _found(self, session: Session, context: Context) -> list[Holding]:
        today = business_date(context.now)
        return holdings.of_customer(session, self.redemptions.warehouse, context.caller.customer_id or "", today)

    def _dates(self, context: Context) -> RedeemDatesAnswer | None:
        pack = self.redemptions.packs.at(business_date(context.now))
        try:
            trade, confirm, pay = self.redemptions.dates(pack, context.now)
        except CalendarExhaustedError:
            return None
        return RedeemDatesAnswer(
            before=instant(cut_off_instant(trade, pack.clock("cut_off"))),
            trade_date=trade.isoformat(),
            confirm_date=confirm.isoformat(),
            pay_date=pay.isoformat(),
            minimum_shares=pricing.shares_text(pack.integer("redeem_minimum_shares")),
        )

    def prepare(self, session: Session, context: Context, request: RedeemRequest) -> PreparedAnswer:
        what = (request.product, request.account_id, request.shares)
        return prepared(self.redemptions.prepare(session, context, *what))

    def redemption(self, session: Session, context: Context, request: OrderRequest) -> RedemptionAnswer:
        return _redemption(self.redemptions.get(session, context, request.order_id))

    def cancel(self, session: Session, context: Context, request: OrderRequest) -> RedemptionAnswer:
        return _redemption(self.redemptions.cancel(session, context, request.order_id))

    @staticmethod
    def history(session: Session, context: Context, request: HistoryRequest) -> HistoryAnswer:
        customer = context.caller.customer_id or ""
        rows = holdings.transactions(session, customer, request.cursor, request.limit)
        following = rows[-1].order_id if len(rows) == request.limit else None
        return HistoryAnswer(transactions=[_line(row) for row in rows], next_cursor=following)

    @staticmethod
    def history_table(session: Session, context: Context, request: Empty) -> Table:
        del request
        rows = holdings.transactions(session, context.caller.customer_id or "", None, history_file.LINES)
        return history_file.history(rows)


def _free(held: Holding, lot: Row[Any], trade: date | None) -> int:
    """Give the shares of a lot that a redemption may take by that trade date."""
    return 0 if trade is None or held.state not in REDEEMABLE else positions.free(lot, trade)


def _holding(held: Holding, trade: date | None) -> HoldingAnswer:
    free = {lot.order_id: _free(held, lot, trade) for lot in held.lots}
    return HoldingAnswer(
        product=held.product,
        product_name=held.name,
        state=held.state,
        shares=pricing.shares_text(held.shares),
        held=pricing.shares_text(held.held),
        redeemable=pricing.shares_text(sum(free.values())),
        cost_fen=held.cost_fen,
        nav=_nav(held.nav),
        nav_date=_day(held.nav_date),
        value_fen=held.value_fen,
        income_fen=None if held.value_fen is None else held.value_fen - held.cost_fen,
        lots=[
            LotAnswer(
                order_id=lot.order_id,
                account_id=lot.account_id,
                shares=pricing.shares_text(lot.shares),
                held=pricing.shares_text(lot.held),
                redeemable=pricing.shares_text(free[lot.order_id]),
                cost_fen=lot.cost_fen,
                redeemable_from=lot.redeemable_from.isoformat(),
            )
            for lot in held.lots
        ],
    )


def _redemption(row: Row[Any]) -> RedemptionAnswer:
    until = instant(row.cancellable_until) if row.state == SHARES_HELD else None
    same = ("order_id", "kind", "operation_id", "product", "product_name", "account_id", "state", "amount_fen")
    return RedemptionAnswer(
        **{name: getattr(row, name) for name in same},
        shares=pricing.shares_text(row.shares),
        trade_date=row.trade_date.isoformat(),
        confirm_date=row.confirm_date.isoformat(),
        pay_date=row.pay_date.isoformat(),
        cancellable_until=until,
        nav=_nav(row.nav),
        nav_date=_day(row.nav_date),
        placed_at=instant(row.placed_at),
        confirmed_at=_moment(row.confirmed_at),
        settled_at=_moment(row.settled_at),
        reason=reason(row.reason),
    )


def _line(row: Row[Any]) -> TransactionAnswer:
    return TransactionAnswer(
        order_id=row.order_id,
        operation_id=row.operation_id,
        kind=history_file.kind_of(row),
        product=row.product,
        product_name=row.product_name,
        amount_fen=row.amount_fen,
        shares=None if row.shares is None else pricing.shares_text(row.shares),
        state=row.state,
        placed_at=instant(row.placed_at),
    )


def _nav(value: int | None) -> str | None:
    return None if value is None else pricing.nav_text(value)


def _day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _moment(value: datetime | None) -> str | None:
    return None if value is None else instant(value)


_read = partial(Operation, method="GET", idempotency=Idempotency.NONE)
_write = partial(Operation, method="POST", idempotency=Idempotency.KEY, limit="60/minute")


def operations(redemptions: Redemptions) -> tuple[Operation, ...]:
    """Give the operations on what a customer has."""
    holding = _Holding(redemptions)
    return (
        _read(
            code="wealth.holding.list",
            summary="Give the caller's holdings at the newest net values.",
            path="/wealth/holdings",
            request=Empty,
            response=HoldingsAnswer,
            handler=holding.holdings,
        ),
        *exported(
            code="wealth.holding",
            what="the caller's holdings at the newest net values",
            path="/wealth/holdings",
            request=Empty,
            tabled=holding.holdings_table,
        ),
        _read(
            code="wealth.transaction.list",
            summary="Give the caller's purchases and redemptions, page by page.",
            path="/wealth/transactions",
            request=HistoryRequest,
            response=HistoryAnswer,
            handler=holding.history,
            errors=("NOT_FOUND",),
        ),
        *exported(
            code="wealth.transaction",
            what="the caller's newest purchases and redemptions",
            path="/wealth/transactions",
            request=Empty,
            tabled=holding.history_table,
        ),
        *_redemptions(holding),
    )


def _redemptions(holding: _Holding) -> tuple[Operation, ...]:
    return (
        _write(
            code="wealth.redeem.prepare",
            summary="Check a redemption and freeze it for the device to sign.",
            path="/wealth/redemptions/prepare",
            request=RedeemRequest,
            response=PreparedAnswer,
            handler=holding.prepare,
            template=TEMPLATE,
            errors=_PREPARE_ERRORS,
        ),
        _read(
            code="wealth.redemption.get",
            summary="Give one redemption.",
            path="/wealth/redemptions/{order_id}",
            request=OrderRequest,
            response=RedemptionAnswer,
            handler=holding.redemption,
            errors=("NOT_FOUND",),
        ),
        _write(
            code="wealth.redemption.cancel",
            summary="Cancel a redemption before the cut-off of its trade date.",
            path="/wealth/redemptions/{order_id}/cancel",
            request=OrderRequest,
            response=RedemptionAnswer,
            handler=holding.cancel,
            errors=("NOT_FOUND", "NOT_CANCELLABLE"),
            fresh=FRESH,
        ),
    )


_PREPARE_ERRORS = (
    "NOT_FOUND",
    "NOT_REDEEMABLE",
    "SHARES_GONE",
    "SHARES_INVALID",
    "CALENDAR_EXHAUSTED",
    "ACCOUNT_FROZEN",
    "DEVICE_STATE",
    "PURPOSE_NOT_IN_MANIFEST",
)
