"""The sweep as its customers see it: product, figures, positions and income, read only."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from bff.exports.period import Period
from bff.exports.table import Table
from bff.kinds import Context, business_date, instant
from bff.products.calendar import cut_off_instant
from bff.products.errors import CalendarExhaustedError
from bff.products.warehouse import OnSale
from bff.sweep import fast, history, income, register, rules, statement_file
from bff.sweep.products import SweepDefinition
from bff.sweep.rules import decimals_text
from bff.sweep.schemas import (
    FastAnswer,
    IncomeAnswer,
    IncomeLine,
    IncomeRequest,
    PositionAnswer,
    ProductAnswer,
    ProductRequest,
    PurchaseDatesAnswer,
    RedemptionDatesAnswer,
    ShareClassAnswer,
    StatementRequest,
    TotalsAnswer,
    YieldPoint,
    YieldRequest,
    YieldsAnswer,
)
from bff.sweep.terms import Terms


@dataclass(frozen=True, slots=True)
class Shown:
    """Answers the reading operations."""

    terms: Terms

    def product(self, session: Session, context: Context, request: ProductRequest) -> ProductAnswer:
        """Give a product as it is now."""
        product = self.terms.product(session, request.code, context.now)
        pack, definition = self.terms.rules(context.now), product.definition
        same = ("code", "name", "category", "issuer", "warning", "version", "terms", "minimum_fen", "step_fen")
        return ProductAnswer(
            **{name: getattr(definition, name) for name in (*same, "floor_default_fen")},
            risk=definition.risk_name,
            state=product.state,
            floor_most_fen=pack.integer("floor_most_fen"),
            cut_off=pack.clock("cut_off").isoformat("minutes"),
            classes=_classes(session, definition),
            fast=self._fast(session, context, product),
            purchase=self._purchase(context),
            redemption=self._redemption(context),
        )

    def yields(self, session: Session, context: Context, request: YieldRequest) -> YieldsAnswer:
        """Give a share class's published figures."""
        fund = self.terms.fund(self.terms.product(session, request.code, context.now).definition, request.fund)
        return YieldsAnswer(points=[_point(row) for row in income.newest(session, fund, request.days)])

    def position(self, session: Session, context: Context, request: ProductRequest) -> TotalsAnswer:
        """Give what the caller holds."""
        rows = self._rows(session, context, request.code)
        newest = max((row.accrued_through for row in rows if row.accrued_through), default=None)
        lines = history.lines(session, rows, newest, newest) if newest else []
        return TotalsAnswer(
            total_fen=sum(row.shares_fen + row.pending_fen for row in rows),
            free_fen=sum(row.shares_fen - row.locked_fen for row in rows),
            pending_fen=sum(row.pending_fen for row in rows),
            locked_fen=sum(row.locked_fen for row in rows),
            income_fen=sum(row.income_fen for row in rows),
            newest_date=newest.isoformat() if newest else None,
            newest_income_fen=sum(line.amount_fen for line in lines),
            positions=[_position(row) for row in rows],
        )

    def income(self, session: Session, context: Context, request: IncomeRequest) -> IncomeAnswer:
        """Give the caller's income day by day."""
        rows = self._rows(session, context, request.code)
        yesterday = business_date(context.now) - timedelta(days=1)
        before = date.fromisoformat(request.cursor) if request.cursor else yesterday + timedelta(days=1)
        last = min(before - timedelta(days=1), yesterday)
        first = last - timedelta(days=request.limit - 1)
        found = history.lines(session, rows, first, last)
        start = history.first_day(session, rows)
        lines = [
            IncomeLine(date=line.day.isoformat(), shares_fen=line.shares_fen, amount_fen=line.amount_fen)
            for line in found
        ]
        more = start is not None and start < first
        return IncomeAnswer(lines=lines, next_cursor=first.isoformat() if more else None)

    def statement(self, session: Session, context: Context, request: StatementRequest) -> Table:
        """Give the caller's statement of some days."""
        period = Period.read(request.since, request.until)
        since, until = date.fromisoformat(request.since), date.fromisoformat(request.until)
        rows = self._rows(session, context, request.code)
        found = history.statement(session, rows, since, until, business_date(context.now))
        name = self.terms.product(session, request.code, context.now).definition.name
        return statement_file.table(name, period, found)

    def _rows(self, session: Session, context: Context, code: str) -> list[Any]:
        funds = self.terms.product(session, code, context.now).definition.funds
        rows = register.positions_of(session, context.caller.customer_id or "")
        return [row for row in rows if row.fund in funds]

    def _fast(self, session: Session, context: Context, product: OnSale[SweepDefinition]) -> FastAnswer:
        pack = self.terms.rules(context.now)
        left, pool = fast.left(session, context, pack, product.definition.code)
        cap = pack.integer("fast_day_fen")
        return FastAnswer(cap_fen=cap, left_fen=left, pool_left_fen=min(pool, cap), pool_open=pool > 0)

    def _purchase(self, context: Context) -> PurchaseDatesAnswer | None:
        pack = self.terms.rules(context.now)
        try:
            dates = rules.purchase_dates(self.terms.calendar, pack, context.now)
        except CalendarExhaustedError:
            return None
        return PurchaseDatesAnswer(
            before=instant(cut_off_instant(dates.trade, pack.clock("cut_off"))),
            trade_date=dates.trade.isoformat(),
            confirm_date=dates.confirm.isoformat(),
            income_from=dates.income.isoformat(),
        )

    def _redemption(self, context: Context) -> RedemptionDatesAnswer | None:
        try:
            dates = rules.redemption_dates(self.terms.calendar, self.terms.rules(context.now), context.now, fast=False)
        except CalendarExhaustedError:
            return None
        return RedemptionDatesAnswer(trade_date=dates.trade.isoformat(), arrives_on=dates.pay.isoformat())


def _classes(session: Session, definition: SweepDefinition) -> list[ShareClassAnswer]:
    answers = []
    for one in definition.classes:
        newest = income.newest(session, one.fund, 1)
        figures = {"date": None, "income_per_ten_thousand": None, "seven_day_yield": None}
        if newest:
            figures = _figures(newest[0])
        answers.append(ShareClassAnswer(fund=one.fund, name=one.name, **figures))
    return answers


def _point(row: Any) -> YieldPoint:
    return YieldPoint(**_figures(row))


def _figures(row: Any) -> dict[str, Any]:
    texts = {"income_per_ten_thousand": row.income_e4, "seven_day_yield": row.yield_e4}
    return {"date": row.day.isoformat(), **{name: decimals_text(value) for name, value in texts.items()}}


def _position(row: Any) -> PositionAnswer:
    same = ("account_id", "fund", "shares_fen", "locked_fen", "pending_fen", "income_fen")
    return PositionAnswer(**{name: getattr(row, name) for name in same}, free_fen=row.shares_fen - row.locked_fen)
