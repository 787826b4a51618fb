"""A customer's holdings as a table to keep."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from bff.approvals.rules import amount_text
from bff.exports.table import Column, Table
from bff.wealth.holdings import Holding
from bff.wealth.pricing import nav_text, shares_text

COLUMNS: Final = (
    Column("产品", 60),
    Column("产品代码"),
    Column("份额", 26, right=True),
    Column("赎回中份额"),
    Column("成本（元）", 28, right=True),
    Column("单位净值", 18, right=True),
    Column("净值日期", 22, right=True),
    Column("市值（元）", 26, right=True),
)


def table(found: Sequence[Holding], today: date) -> Table:
    """Give the holdings with the sums of cost and value; what has no net value yet has no value."""
    cost, value = sum(one.cost_fen for one in found), sum(one.value_fen or 0 for one in found)
    return Table(
        name=f"wealth-holdings-{today}",
        title="理财持仓",
        about=f"截至 {today} · 按最近公布的单位净值",
        columns=COLUMNS,
        rows=tuple(map(_cells, found)),
        foot=(("合计", "", "", "", amount_text(cost), "", "", amount_text(value)),),
    )


def _cells(one: Holding) -> tuple[str, ...]:
    nav = "" if one.nav is None else nav_text(one.nav)
    day = "" if one.nav_date is None else one.nav_date.isoformat()
    value = "" if one.value_fen is None else amount_text(one.value_fen)
    shares = (shares_text(one.shares), shares_text(one.held))
    return (one.name, one.product, *shares, amount_text(one.cost_fen), nav, day, value)
