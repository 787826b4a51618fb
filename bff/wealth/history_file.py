"""A customer's purchases and redemptions as a table to keep, the newest first."""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Row

from bff.approvals.rules import amount_text
from bff.kinds import SHANGHAI
from bff.wealth.pricing import shares_text
from bff.web.tables import table

LINES: Final = 300
"""Most lines of a file: with the longest names they stay within what a page gets as one message over the bridge."""
MOST_BYTES: Final = 180_000
NAME: Final = "wealth-transactions.csv"
HEAD: Final = ("时间", "类型", "产品", "产品代码", "份额", "金额（元）", "状态", "订单号")
PURCHASE: Final = "PURCHASE"
_KINDS: Final = {PURCHASE: "申购", "REDEMPTION": "赎回", "MATURITY": "到期兑付"}
_STATES: Final = {
    **dict.fromkeys(("QUOTA_HELD", "UNKNOWN"), "核对中"),
    **dict.fromkeys(("ACCEPTED", "SHARES_HELD"), "已受理"),
    **dict.fromkeys(("REFUNDING", "REFUND_FAILED"), "退款中"),
    "CONFIRMED": "已确认",
    "REJECTED": "没有成立",
    "REFUNDED": "已退回",
    "PAYING": "付款中",
    "PAID": "已到账",
    "CANCELLED": "已撤单",
    "FAILED": "没有办成",
}


def kind_of(row: Row[Any]) -> str:
    """Give what a line of the history is: the table of purchases has no kinds."""
    return str(getattr(row, "kind", PURCHASE))


def written(rows: Iterable[Row[Any]]) -> bytes:
    """Write the lines of a history."""
    return table(HEAD, map(_cells, rows))


def _cells(row: Row[Any]) -> tuple[str, ...]:
    when = row.placed_at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
    shares = "" if row.shares is None else shares_text(row.shares)
    amount = "" if row.amount_fen is None else amount_text(row.amount_fen)
    what = (_KINDS[kind_of(row)], row.product_name, row.product)
    return (when, *what, shares, amount, _STATES[row.state], row.order_id)
