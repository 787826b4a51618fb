"""A statement as a table to keep."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bff.accounts.rules import tail
from bff.accounts.sheets import class_name
from bff.approvals.rules import amount_sides, amount_text, sums_of_sides
from bff.core_bank.port import StatementLine
from bff.exports.table import Column, Table, moment_text

COLUMNS: Final = (
    Column("时间", 34),
    Column("摘要", 48),
    Column("对方账户尾号", 20),
    Column("收入（元）", 23, right=True),
    Column("支出（元）", 23, right=True),
    Column("余额（元）", 32, right=True),
    Column("流水号"),
)


@dataclass(frozen=True, slots=True)
class About:
    """Whose statement it is, and of which days; the number's last digits."""

    account_class: str
    tail: str
    since: str
    until: str


def statement(about: About, lines: Iterable[StatementLine]) -> Table:
    """Give a statement, newest first, with the sums of what came and went."""
    found = tuple(lines)
    return Table(
        name=f"statement-{about.since}-{about.until}",
        title=f"账户明细 · {class_name(about.account_class)}（尾号 {about.tail}）",
        about=f"期间 {about.since} 至 {about.until}",
        columns=COLUMNS,
        rows=tuple(map(_cells, found)),
        foot=(("合计", "", "", *sums_of_sides([line.amount for line in found]), "", ""),),
    )


def _cells(line: StatementLine) -> tuple[str, ...]:
    """Give a line's cells as text; amounts carry no sign."""
    return (
        moment_text(line.at),
        line.memo,
        tail(line.counterparty),
        *amount_sides(line.amount),
        amount_text(line.balance),
        line.journal,
    )
