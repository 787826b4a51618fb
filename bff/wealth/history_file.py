"""A customer's purchases and redemptions as a table to keep, the newest first."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Row

from bff.approvals.rules import amount_text
from bff.exports.table import Column, Table, moment_text
from bff.wealth.pricing import shares_text

LINES: Final = 300
"""Most lines of a file: with the longest names they stay within what a page gets as one message over the bridge."""
COLUMNS: Final = (
    Column("时间", 33),
    Column("类型", 18),
    Column("产品", 59),
    Column("产品代码"),
    Column("份额", 26, right=True),
    Column("金额（元）", 28, right=True),
    Column("状态", 16, right=True),
    Column("订单号"),
)
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


def history(rows: Iterable[Row[Any]]) -> Table:
    """Give the lines of a history, with the sums of what was confirmed and of what was paid."""
    found = tuple(rows)
    return Table(
        name="wealth-transactions",
        title="理财交易记录",
        about=f"最近 {len(found)} 笔",
        columns=COLUMNS,
        rows=tuple(map(_cells, found)),
        foot=(
            _sum("申购（已确认）", [row for row in found if kind_of(row) == PURCHASE and row.state == "CONFIRMED"]),
            _sum("赎回与到期（已到账）", [row for row in found if kind_of(row) != PURCHASE and row.state == "PAID"]),
        ),
    )


def _cells(row: Row[Any]) -> tuple[str, ...]:
    shares = "" if row.shares is None else shares_text(row.shares)
    amount = "" if row.amount_fen is None else amount_text(row.amount_fen)
    what = (_KINDS[kind_of(row)], row.product_name, row.product)
    return (moment_text(row.placed_at), *what, shares, amount, _STATES[row.state], row.order_id)


def _sum(words: str, rows: Sequence[Row[Any]]) -> tuple[str, ...]:
    return ("合计", "", words, "", "", amount_text(sum(row.amount_fen for row in rows)), "", "")
