"""A statement of the sweep as a table to keep."""

from typing import Final

from bff.approvals.rules import amount_text
from bff.exports.period import Period
from bff.exports.table import Column, Table
from bff.sweep.history import INCOME, Entry, Statement
from bff.sweep.repository import COLLECT, FAST, NORMAL, PURCHASE

COLUMNS: Final = (
    Column("日期", 28),
    Column("类型", 30),
    Column("基金份额", 24),
    Column("转入（元）", 25, right=True),
    Column("转出（元）", 25, right=True),
    Column("收益（元）", 22, right=True),
    Column("持有份额", 26, right=True),
    Column("订单号"),
)
_KINDS: Final = {
    PURCHASE: "转入",
    COLLECT: "自动转入",
    FAST: "快速转出",
    NORMAL: "普通转出",
    INCOME: "收益",
}


def table(name: str, period: Period, found: Statement) -> Table:
    """Give a statement, newest first; under it what was there before, the sums, and what was there after."""
    sums = (amount_text(sum(column)) for column in zip((0, 0, 0), *map(_split, found.entries), strict=True))
    return Table(
        name=f"sweep-{period.since}-{period.until}",
        title=f"{name}明细",
        about=f"期间 {period.since} 至 {period.until} · 按份额确认日",
        columns=COLUMNS,
        rows=tuple(map(_cells, found.entries)),
        foot=(
            ("期初", "", "", "", "", "", amount_text(found.before_fen), ""),
            ("合计", "", "", *sums, "", ""),
            ("期末", "", "", "", "", "", amount_text(found.after_fen), ""),
        ),
    )


def _cells(entry: Entry) -> tuple[str, ...]:
    moved = (amount_text(amount) if amount else "" for amount in _split(entry))
    shares = amount_text(entry.shares_fen)
    return (entry.day.isoformat(), _KINDS[entry.kind], entry.fund, *moved, shares, entry.order_id)


def _split(entry: Entry) -> tuple[int, int, int]:
    """Give what an entry adds to what came, what went, and what was earned."""
    if entry.kind == INCOME:
        return (0, 0, entry.amount_fen)
    return (max(entry.amount_fen, 0), max(-entry.amount_fen, 0), 0)
