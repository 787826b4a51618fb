"""What the operations of the sweep take and give."""

from typing import Annotated, Literal

import msgspec

from bff.approvals.reasons import Reason
from bff.products.definitions import Words

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
Code = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Fen = Annotated[int, msgspec.Meta(ge=1, le=100_000_000_000)]
Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Days = Annotated[int, msgspec.Meta(ge=1, le=366)]
Page = Annotated[int, msgspec.Meta(ge=1, le=100)]


class Request(msgspec.Struct, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """A request: unknown members are refused."""


class Answer(msgspec.Struct, rename="camel", kw_only=True):
    """An answer."""


class ProductRequest(Request):
    """Which product."""

    code: Code


class ShareClassAnswer(Answer):
    """A share class with its newest published figures; None before its first."""

    fund: str
    name: str
    date: str | None
    income_per_ten_thousand: str | None
    seven_day_yield: str | None


class PurchaseDatesAnswer(Answer):
    """The dates of a purchase placed now."""

    before: str
    trade_date: str
    confirm_date: str
    income_from: str


class RedemptionDatesAnswer(Answer):
    """The dates of a normal redemption placed now."""

    trade_date: str
    arrives_on: str


class FastAnswer(Answer):
    """What may be redeemed at once: the caller's cap of today and what is left of it, and whether the pool lasts."""

    cap_fen: int
    left_fen: int
    pool_left_fen: int
    pool_open: bool


class ProductAnswer(Answer):
    """A product with its classes, caps and dates; dates are None when the calendar does not reach them."""

    code: str
    name: str
    category: Words
    issuer: Words
    warning: Words
    risk: str
    state: str
    version: str
    terms: str
    minimum_fen: int
    step_fen: int
    floor_default_fen: int
    floor_most_fen: int
    cut_off: str
    classes: list[ShareClassAnswer]
    fast: FastAnswer
    purchase: PurchaseDatesAnswer | None
    redemption: RedemptionDatesAnswer | None


class YieldRequest(Request):
    """Which share class, by default the first, and for how many of its newest days."""

    code: Code
    fund: Code | None = None
    days: Days = 30


class YieldPoint(Answer):
    """One published day."""

    date: str
    income_per_ten_thousand: str
    seven_day_yield: str


class YieldsAnswer(Answer):
    """Published days, the oldest first."""

    points: list[YieldPoint]


class PositionAnswer(Answer):
    """The shares of one account in one share class; ``free`` may be redeemed now."""

    account_id: str
    fund: str
    shares_fen: int
    locked_fen: int
    free_fen: int
    pending_fen: int
    income_fen: int


class TotalsAnswer(Answer):
    """All that the caller holds of a product: shares and what is being confirmed, and what it earned."""

    total_fen: int
    free_fen: int
    pending_fen: int
    locked_fen: int
    income_fen: int
    newest_date: str | None
    newest_income_fen: int
    positions: list[PositionAnswer]


class IncomeRequest(Request):
    """Of which product; ``cursor`` is what the page before gave."""

    code: Code
    cursor: Day | None = None
    limit: Page = 30


class StatementRequest(Request):
    """Of which product, and of which days, both included."""

    code: Code
    since: Day
    until: Day


class IncomeLine(Answer):
    """A day's income of all the caller's accounts."""

    date: str
    shares_fen: int
    amount_fen: int


class IncomeAnswer(Answer):
    """Days with income, the newest first; ``next_cursor`` goes into ``cursor`` for the page after."""

    lines: list[IncomeLine]
    next_cursor: str | None


class AgreementPrepareRequest(Request):
    """Which product, from which account, and what stays in it."""

    product: Code
    account_id: Id
    floor_fen: Annotated[int, msgspec.Meta(ge=0, le=100_000_000_000)]
    fund: Code | None = None


class AgreementRequest(Request):
    """Which agreement."""

    agreement_id: Id


class AgreementAnswer(Answer):
    """An agreement."""

    agreement_id: str
    product: str
    fund: str
    account_id: str
    floor_fen: int
    state: str
    terms: str
    signed_at: str


class AgreementsAnswer(Answer):
    """The caller's agreements on a product."""

    agreements: list[AgreementAnswer]


class PurchaseRequest(Request):
    """What to move in, from which account."""

    product: Code
    account_id: Id
    amount_fen: Fen


class RedeemRequest(Request):
    """What to take out, to which account, and how."""

    product: Code
    account_id: Id
    amount_fen: Fen
    mode: Literal["fast", "normal"]


class OrderRequest(Request):
    """Which order."""

    order_id: Id


class OrderAnswer(Answer):
    """An order."""

    order_id: str
    operation_id: str
    kind: str
    product: str
    fund: str
    account_id: str
    amount_fen: int
    state: str
    trade_date: str
    confirm_date: str
    placed_at: str
    settled_at: str | None
    reason: Reason | None


class OrdersRequest(Request):
    """``cursor`` is the order that ended the page before."""

    cursor: Id | None = None
    limit: Page = 20


class OrdersAnswer(Answer):
    """The caller's orders, the newest first; ``next_cursor`` goes into ``cursor`` for the page after."""

    orders: list[OrderAnswer]
    next_cursor: str | None
