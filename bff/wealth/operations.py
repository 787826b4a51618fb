"""The operations on wealth products, suitability and orders; pages call them."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.orm import Session

from bff.approvals.prepared import PreparedAnswer, prepared
from bff.approvals.reasons import Reason, reason
from bff.catalogue.operation import Empty, Idempotency, Operation
from bff.kinds import Context, business_date, instant
from bff.products.calendar import cut_off_instant
from bff.products.errors import CalendarExhaustedError, ProductClosedError
from bff.sessions.verification import FRESH
from bff.wealth import investors, navs, pricing, rules
from bff.wealth.orders import TEMPLATE, Declared, Orders
from bff.wealth.products import FAMILY, Product, shown_state
from bff.wealth.refunds import Refunds
from bff.wealth.repository import (
    ACCEPTED,
    CONFIRMED,
    QUOTA_HELD,
    REFUND_FAILED,
    REFUNDED,
    REFUNDING,
    REJECTED,
)
from bff.wealth.schemas import (
    AssessedAnswer,
    AssessRequest,
    DatesAnswer,
    LevelAnswer,
    NavAnswer,
    OptionAnswer,
    OrderAnswer,
    OrderRequest,
    PrepareRequest,
    ProductAnswer,
    ProductCard,
    ProductRequest,
    ProductsAnswer,
    QuestionAnswer,
    QuestionsAnswer,
    StepAnswer,
    SuitabilityAnswer,
)
from bff.wealth.suitability import Suitability

SHOWN_VALUES: Final = 400
"""Net values that a product's page draws at most, the newest."""


@dataclass(frozen=True, slots=True)
class _Selling:
    orders: Orders
    refunds: Refunds

    def products(self, session: Session, context: Context, request: Empty) -> ProductsAnswer:
        del request
        on_sale = self.orders.warehouse.on_sale(session, FAMILY, business_date(context.now))
        least_risky_first = sorted(on_sale, key=lambda one: (one.definition.risk, one.definition.code))
        return ProductsAnswer(products=[ProductCard(**_card(product)) for product in least_risky_first])

    def product(self, session: Session, context: Context, request: ProductRequest) -> ProductAnswer:
        product = self.orders.warehouse.get(session, FAMILY, request.code, business_date(context.now))
        definition = product.definition
        return ProductAnswer(
            **_card(product),
            nav=[
                NavAnswer(date=day.isoformat(), value=pricing.nav_text(nav))
                for day, nav in navs.history(session, definition.code, SHOWN_VALUES)
            ],
            dates=self._dates(context, product),
            suitability=self._suitability(session, context, product),
            warning=definition.warning,
            issuer=definition.issuer,
        )

    def prepare(self, session: Session, context: Context, request: PrepareRequest) -> PreparedAnswer:
        what = (request.product, request.account_id, request.amount_fen)
        declared = Declared(request.age_confirmed, request.qualified)
        return prepared(self.orders.prepare(session, context, *what, declared))

    def order(self, session: Session, context: Context, request: OrderRequest) -> OrderAnswer:
        return _order(self.orders.get(session, context, request.order_id))

    def cancel(self, session: Session, context: Context, request: OrderRequest) -> OrderAnswer:
        self.refunds.cancel(session, context, self.orders.get(session, context, request.order_id))
        return self.order(session, context, request)

    def _dates(self, context: Context, product: Product) -> DatesAnswer | None:
        pack = self.orders.packs.at(business_date(context.now))
        try:
            dates = self.orders.dates(product, context.now)
        except (CalendarExhaustedError, ProductClosedError):
            return None
        last = dates.trade if product.definition.raising_until is None else product.definition.raising_until
        return DatesAnswer(
            purchase_before=instant(cut_off_instant(last, pack.clock("cut_off"))),
            trade_date=dates.trade.isoformat(),
            confirm_date=dates.confirm.isoformat(),
            redeemable_from=dates.redeemable.isoformat(),
            redeemable_provisional=dates.provisional,
            cancellable_until=instant(dates.cancellable_until),
        )

    def _suitability(self, session: Session, context: Context, product: Product) -> SuitabilityAnswer:
        held = self.orders.suitability.level(session, context)
        whose, today = context.caller.customer_id or "", business_date(context.now)
        qualified = investors.is_qualified(session, whose, today) if product.definition.private else None
        if held.level is None or held.valid_until is None:
            return SuitabilityAnswer(level=None, valid_until=None, matches=None, qualified=qualified)
        matches = rules.suits(product.definition.risk, held.level)
        until = instant(held.valid_until)
        return SuitabilityAnswer(level=held.level, valid_until=until, matches=matches, qualified=qualified)


@dataclass(frozen=True, slots=True)
class _Assessing:
    suitability: Suitability

    def questions(self, session: Session, context: Context, request: Empty) -> QuestionsAnswer:
        del session, context, request
        questionnaire = self.suitability.questionnaire
        return QuestionsAnswer(
            version=questionnaire.version,
            questions=[
                QuestionAnswer(
                    id=question.id,
                    text=question.text,
                    options=[OptionAnswer(id=option.id, text=option.text) for option in question.options],
                )
                for question in questionnaire.questions
            ],
        )

    def assess(self, session: Session, context: Context, request: AssessRequest) -> AssessedAnswer:
        found = self.suitability.assess(session, context, request.version, request.answers)
        return AssessedAnswer(
            level=found.level,
            score=found.score,
            assessed_at=instant(found.assessed_at),
            valid_until=instant(found.valid_until),
            left_today=found.left_today,
        )

    def level(self, session: Session, context: Context, request: Empty) -> LevelAnswer:
        del request
        held = self.suitability.level(session, context)
        valid_until = instant(held.valid_until) if held.valid_until else None
        left = self.suitability.left_today(session, context)
        return LevelAnswer(level=held.level, valid_until=valid_until, left_today=left)


def _card(product: Product) -> dict[str, Any]:
    definition = product.definition
    shown = ("code", "name", "category", "benchmark_low", "benchmark_high", "holding_days", "minimum_fen", "step_fen")
    quota = {"quota_total_fen": product.quota_total_fen, "quota_left_fen": product.quota_left_fen}
    values = {name: getattr(definition, name) for name in shown}
    matures = None if definition.matures_on is None else definition.matures_on.isoformat()
    kind = {"private": definition.private, "matures_on": matures, "risk": definition.risk_name}
    return {**values, **quota, **kind, "state": shown_state(product)}


def _order(row: Row[Any]) -> OrderAnswer:
    return OrderAnswer(
        order_id=row.order_id,
        operation_id=row.operation_id,
        product=row.product,
        product_name=row.product_name,
        amount_fen=row.amount_fen,
        state=row.state,
        trade_date=row.trade_date.isoformat(),
        confirm_date=row.confirm_date.isoformat(),
        redeemable_from=row.redeemable_from.isoformat(),
        redeemable_provisional=row.redeemable_provisional,
        bundle=row.bundle,
        device_id=row.device_id,
        placed_at=instant(row.placed_at),
        reason=_reason(row),
        cancellable_until=instant(row.cancellable_until) if row.state == ACCEPTED else None,
        nav=None if row.nav is None else pricing.nav_text(row.nav),
        shares=None if row.shares is None else pricing.shares_text(row.shares),
        rest_fen=row.rest_fen,
        steps=[StepAnswer(state=state, at=instant(at)) for state, at in _steps(row) if at is not None],
    )


def _reason(row: Row[Any]) -> Reason | None:
    return reason(row.reason, money_back=row.state in {REFUNDING, REFUND_FAILED, REFUNDED})


def _steps(row: Row[Any]) -> tuple[tuple[str, datetime | None], ...]:
    """Give the states that an order went through, with the instant of each; None for what it did not reach."""
    rejected = row.settled_at if row.state == REJECTED else None
    settled = row.settled_at if rejected is None else None
    return (
        ("CREATED", row.placed_at),
        (QUOTA_HELD, row.placed_at),
        (REJECTED, rejected),
        ("DEBITED", settled),
        (ACCEPTED, settled),
        (CONFIRMED, row.confirmed_at),
        (REFUNDING, row.closed_at),
        (REFUNDED, row.refunded_at),
    )


_read = partial(Operation, method="GET", idempotency=Idempotency.NONE)
_write = partial(Operation, method="POST", idempotency=Idempotency.KEY, limit="60/minute")


def operations(orders: Orders, refunds: Refunds, suitability: Suitability) -> tuple[Operation, ...]:
    """Give the operations of the sale."""
    selling = _Selling(orders, refunds)
    return (*_products(selling), *_suitability(_Assessing(suitability)), *_orders(selling))


def _products(selling: _Selling) -> tuple[Operation, ...]:
    return (
        _read(
            code="wealth.product.list",
            summary="Give what is on sale.",
            path="/wealth/products",
            request=Empty,
            response=ProductsAnswer,
            handler=selling.products,
        ),
        _read(
            code="wealth.product.get",
            summary="Give one product with its net values, dates and whether it suits the caller.",
            path="/wealth/products/{code}",
            request=ProductRequest,
            response=ProductAnswer,
            handler=selling.product,
            errors=("NOT_FOUND",),
        ),
    )


def _suitability(assessing: _Assessing) -> tuple[Operation, ...]:
    return (
        _read(
            code="wealth.suitability.questions",
            summary="Give the questionnaire in force.",
            path="/wealth/suitability/questions",
            request=Empty,
            response=QuestionsAnswer,
            handler=assessing.questions,
        ),
        _write(
            code="wealth.suitability.assess",
            summary="Score the answers and give the level that follows.",
            path="/wealth/suitability",
            request=AssessRequest,
            response=AssessedAnswer,
            handler=assessing.assess,
            errors=("ANSWERS_INVALID", "ASSESSMENT_LIMIT"),
            fresh=FRESH,
        ),
        _read(
            code="wealth.suitability.get",
            summary="Give the caller's level.",
            path="/wealth/suitability",
            request=Empty,
            response=LevelAnswer,
            handler=assessing.level,
        ),
    )


def _orders(selling: _Selling) -> tuple[Operation, ...]:
    return (
        _write(
            code="wealth.order.prepare",
            summary="Check a purchase and freeze it for the device to sign.",
            path="/wealth/orders/prepare",
            request=PrepareRequest,
            response=PreparedAnswer,
            handler=selling.prepare,
            template=TEMPLATE,
            errors=_PREPARE_ERRORS,
        ),
        _read(
            code="wealth.order.get",
            summary="Give one order.",
            path="/wealth/orders/{order_id}",
            request=OrderRequest,
            response=OrderAnswer,
            handler=selling.order,
            errors=("NOT_FOUND",),
        ),
        _write(
            code="wealth.order.cancel",
            summary="Cancel an accepted order within its time; the money goes back to the account that paid.",
            path="/wealth/orders/{order_id}/cancel",
            request=OrderRequest,
            response=OrderAnswer,
            handler=selling.cancel,
            errors=("NOT_FOUND", "NOT_CANCELLABLE"),
            fresh=FRESH,
            settle=lambda session, context, request, _: selling.order(session, context, request),
        ),
    )


_PREPARE_ERRORS = (
    "NOT_FOUND",
    "PRODUCT_CLOSED",
    "AMOUNT_MINIMUM",
    "AMOUNT_STEP",
    "SUITABILITY_REQUIRED",
    "RISK_MISMATCH",
    "AGE_CONFIRMATION_REQUIRED",
    "QUALIFICATION_REQUIRED",
    "QUOTA_GONE",
    "INSUFFICIENT_FUNDS",
    "CALENDAR_EXHAUSTED",
    "ACCOUNT_FROZEN",
    "DEVICE_STATE",
    "DEVICE_LIMIT",
    "PURPOSE_NOT_IN_MANIFEST",
)
