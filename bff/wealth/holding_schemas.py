"""What the operations on holdings, redemptions and the history take and give.

Shares are texts with two decimals, net values with four; amounts are fen.
"""

from typing import Annotated

import msgspec

from bff.approvals.reasons import Reason
from bff.wealth.schemas import Answer, Code, Id, Request


class LotAnswer(Answer):
    """The shares of one purchase that are left; ``redeemable`` are those that a redemption asked for now may take."""

    order_id: str
    account_id: str
    shares: str
    held: str
    redeemable: str
    cost_fen: int
    redeemable_from: str


class HoldingAnswer(Answer):
    """The shares of one product; ``incomeFen`` is their value less their cost, None while there is no net value."""

    product: str
    product_name: str
    state: str
    shares: str
    held: str
    redeemable: str
    cost_fen: int
    nav: str | None
    nav_date: str | None
    value_fen: int | None
    income_fen: int | None
    lots: list[LotAnswer]


class RedeemDatesAnswer(Answer):
    """The days of a redemption asked for now, what it must at least be, and until when it counts by this trade date."""

    before: str
    trade_date: str
    confirm_date: str
    pay_date: str
    minimum_shares: str


class HoldingsAnswer(Answer):
    """All holdings, by product; ``redemption`` is None when the calendar does not reach its days."""

    holdings: list[HoldingAnswer]
    redemption: RedeemDatesAnswer | None


class RedeemRequest(Request):
    """What to redeem, into which account; ``shares`` has two decimals."""

    product: Code
    account_id: Id
    shares: Annotated[str, msgspec.Meta(max_length=16)]


class RedemptionAnswer(Answer):
    """A redemption, or a payment at maturity; ``kind`` tells."""

    order_id: str
    kind: str
    operation_id: str | None
    product: str
    product_name: str
    account_id: str
    shares: str
    state: str
    trade_date: str
    confirm_date: str
    pay_date: str
    cancellable_until: str | None
    nav: str | None
    nav_date: str | None
    amount_fen: int | None
    placed_at: str
    confirmed_at: str | None
    settled_at: str | None
    reason: Reason | None


class HistoryRequest(Request):
    """Which part of the history: ``cursor`` is the one that the part before it gave."""

    cursor: Id | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20


class TransactionAnswer(Answer):
    """One line of the history: a PURCHASE has an amount, others have shares, and each has both once it is confirmed."""

    order_id: str
    operation_id: str | None
    kind: str
    product: str
    product_name: str
    amount_fen: int | None
    shares: str | None
    state: str
    placed_at: str


class HistoryAnswer(Answer):
    """A part of the history, the newest first; ``nextCursor`` goes on behind it, null at the end."""

    transactions: list[TransactionAnswer]
    next_cursor: str | None
