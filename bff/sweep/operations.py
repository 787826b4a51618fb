"""The operations on the sweep; pages call them."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from bff.approvals.prepared import PreparedAnswer, prepared
from bff.approvals.reasons import reason
from bff.catalogue.operation import Idempotency, Operation
from bff.errors import NotFoundError
from bff.exports.operations import exported
from bff.kinds import Context, instant
from bff.sessions.verification import FRESH
from bff.sweep import agreements, purchases, redemptions, repository
from bff.sweep.agreements import Agreements
from bff.sweep.purchases import Purchases
from bff.sweep.redemptions import Redemptions
from bff.sweep.schemas import (
    AgreementAnswer,
    AgreementPrepareRequest,
    AgreementRequest,
    AgreementsAnswer,
    IncomeAnswer,
    IncomeRequest,
    OrderAnswer,
    OrderRequest,
    OrdersAnswer,
    OrdersRequest,
    ProductAnswer,
    ProductRequest,
    PurchaseRequest,
    RedeemRequest,
    StatementRequest,
    TotalsAnswer,
    YieldRequest,
    YieldsAnswer,
)
from bff.sweep.shown import Shown


@dataclass(frozen=True, slots=True)
class _Ordering:
    agreements: Agreements
    purchases: Purchases
    redemptions: Redemptions

    def sign(self, session: Session, context: Context, request: AgreementPrepareRequest) -> PreparedAnswer:
        what = (request.product, request.account_id, request.floor_fen, request.fund)
        return prepared(self.agreements.prepare(session, context, *what))

    def agreed(self, session: Session, context: Context, request: ProductRequest) -> AgreementsAnswer:
        rows = self.agreements.mine(session, context, request.code)
        return AgreementsAnswer(agreements=[_agreement(row) for row in rows])

    def pause(self, session: Session, context: Context, request: AgreementRequest) -> AgreementAnswer:
        return _agreement(self.agreements.pause(session, context, request.agreement_id))

    def resume(self, session: Session, context: Context, request: AgreementRequest) -> AgreementAnswer:
        return _agreement(self.agreements.resume(session, context, request.agreement_id))

    def end(self, session: Session, context: Context, request: AgreementRequest) -> AgreementAnswer:
        return _agreement(self.agreements.end(session, context, request.agreement_id))

    def buy(self, session: Session, context: Context, request: PurchaseRequest) -> PreparedAnswer:
        what = (request.product, request.account_id, request.amount_fen)
        return prepared(self.purchases.prepare(session, context, *what))

    def redeem(self, session: Session, context: Context, request: RedeemRequest) -> PreparedAnswer:
        what = (request.product, request.account_id, request.amount_fen, request.mode.upper())
        return prepared(self.redemptions.prepare(session, context, *what))

    def order(self, session: Session, context: Context, request: OrderRequest) -> OrderAnswer:
        return _order(_own(session, context, request.order_id))

    def mine(self, session: Session, context: Context, request: OrdersRequest) -> OrdersAnswer:
        customer = context.caller.customer_id or ""
        last = _own(session, context, request.cursor) if request.cursor else None
        before = (last.placed_at, last.order_id) if last is not None else None
        rows = repository.orders_of(session, customer, before, request.limit + 1)
        shown = [_order(row) for row in rows[: request.limit]]
        more = len(rows) > request.limit
        return OrdersAnswer(orders=shown, next_cursor=shown[-1].order_id if more else None)


def _own(session: Session, context: Context, order_id: str) -> Row[Any]:
    row = repository.known(session, order_id)
    if row.customer_id != context.caller.customer_id:
        raise NotFoundError(detail="there is no such order")
    return row


def _agreement(row: Row[Any]) -> AgreementAnswer:
    same = ("agreement_id", "product", "fund", "account_id", "floor_fen", "state", "terms")
    return AgreementAnswer(**{name: getattr(row, name) for name in same}, signed_at=instant(row.signed_at))


def _order(row: Row[Any]) -> OrderAnswer:
    same = ("order_id", "operation_id", "kind", "product", "fund", "account_id", "amount_fen", "state")
    dates = {name: getattr(row, name).isoformat() for name in ("trade_date", "confirm_date")}
    return OrderAnswer(
        **{name: getattr(row, name) for name in same},
        **dates,
        placed_at=instant(row.placed_at),
        settled_at=instant(row.settled_at) if row.settled_at else None,
        reason=reason(row.reason),
    )


_read = partial(Operation, method="GET", idempotency=Idempotency.NONE, errors=("NOT_FOUND",))
_write = partial(Operation, method="POST", idempotency=Idempotency.KEY, limit="60/minute")
_MAY_NOT = ("NOT_FOUND", "CALENDAR_EXHAUSTED", "ACCOUNT_FROZEN", "DEVICE_STATE", "PURPOSE_NOT_IN_MANIFEST")


def operations(signing: Agreements, coming: Purchases, going: Redemptions) -> tuple[Operation, ...]:
    """Give the operations of this room."""
    ordering = _Ordering(signing, coming, going)
    return (*_shown(Shown(going.terms)), *_agreements(ordering), *_orders(ordering))


def _shown(shown: Shown) -> tuple[Operation, ...]:
    return (
        _read(
            code="sweep.product.get",
            summary="Give a sweep product with its newest figures, the caller's caps of today and an order's dates.",
            path="/sweep/products/{code}",
            request=ProductRequest,
            response=ProductAnswer,
            handler=shown.product,
        ),
        _read(
            code="sweep.yield.list",
            summary="Give a share class's income per 10,000 and 7-day yield, day by day.",
            path="/sweep/products/{code}/yields",
            request=YieldRequest,
            response=YieldsAnswer,
            handler=shown.yields,
        ),
        _read(
            code="sweep.position.get",
            summary="Give what the caller holds of a product and what it has earned.",
            path="/sweep/positions/{code}",
            request=ProductRequest,
            response=TotalsAnswer,
            handler=shown.position,
        ),
        _read(
            code="sweep.income.list",
            summary="Give the caller's income of a product, day by day.",
            path="/sweep/income/{code}",
            request=IncomeRequest,
            response=IncomeAnswer,
            handler=shown.income,
        ),
        *exported(
            code="sweep.statement",
            what="the caller's income, money in and money out of some days",
            path="/sweep/statements/{code}",
            request=StatementRequest,
            tabled=shown.statement,
            errors=("NOT_FOUND", "PERIOD_INVALID"),
        ),
    )


def _agreements(ordering: _Ordering) -> tuple[Operation, ...]:
    changes = partial(_write, request=AgreementRequest, response=AgreementAnswer, fresh=FRESH)
    return (
        _write(
            code="sweep.agreement.prepare",
            summary="Freeze an agreement, or a new floor for the one there is, for the device to sign.",
            path="/sweep/agreements/prepare",
            request=AgreementPrepareRequest,
            response=PreparedAnswer,
            handler=ordering.sign,
            template=agreements.TEMPLATE,
            errors=(*_MAY_NOT, "PRODUCT_CLOSED", "FLOOR_INVALID"),
        ),
        _read(
            code="sweep.agreement.get",
            summary="Give the caller's agreements on a product that have not ended.",
            path="/sweep/agreements/{code}",
            request=ProductRequest,
            response=AgreementsAnswer,
            handler=ordering.agreed,
        ),
        changes(
            code="sweep.agreement.pause",
            summary="Stop sweeping until the agreement is resumed.",
            path="/sweep/agreements/{agreement_id}/pause",
            handler=ordering.pause,
            errors=("NOT_FOUND", "AGREEMENT_STATE"),
        ),
        changes(
            code="sweep.agreement.resume",
            summary="Sweep again by what was signed.",
            path="/sweep/agreements/{agreement_id}/resume",
            handler=ordering.resume,
            errors=("NOT_FOUND", "AGREEMENT_STATE"),
        ),
        changes(
            code="sweep.agreement.end",
            summary="End an agreement of which nothing is left.",
            path="/sweep/agreements/{agreement_id}/end",
            handler=ordering.end,
            errors=("NOT_FOUND", "AGREEMENT_STATE", "AGREEMENT_HOLDS"),
        ),
    )


def _orders(ordering: _Ordering) -> tuple[Operation, ...]:
    return (
        _write(
            code="sweep.purchase.prepare",
            summary="Check a purchase and freeze it for the device to sign.",
            path="/sweep/purchases/prepare",
            request=PurchaseRequest,
            response=PreparedAnswer,
            handler=ordering.buy,
            template=purchases.TEMPLATE,
            errors=(*_MAY_NOT, "PRODUCT_CLOSED", "AGREEMENT_REQUIRED", "SWEEP_AMOUNT", "SWEEP_FUNDS", "DEVICE_LIMIT"),
        ),
        _write(
            code="sweep.redeem.prepare",
            summary="Check a redemption, at once or by the next trading day, and freeze it for the device to sign.",
            path="/sweep/redemptions/prepare",
            request=RedeemRequest,
            response=PreparedAnswer,
            handler=ordering.redeem,
            template=redemptions.TEMPLATE,
            errors=(*_MAY_NOT, "SWEEP_AMOUNT", "SHARES_SHORT", "FAST_CAP", "FAST_POOL"),
        ),
        _read(
            code="sweep.order.get",
            summary="Give one order.",
            path="/sweep/orders/{order_id}",
            request=OrderRequest,
            response=OrderAnswer,
            handler=ordering.order,
        ),
        _read(
            code="sweep.order.list",
            summary="Give the caller's orders.",
            path="/sweep/orders",
            request=OrdersRequest,
            response=OrdersAnswer,
            handler=ordering.mine,
        ),
    )
