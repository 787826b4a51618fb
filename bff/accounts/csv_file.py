"""A statement as a table: its head and the cells of its lines."""

from collections.abc import Iterable
from typing import Final

from bff.accounts.rules import tail
from bff.approvals.rules import amount_text
from bff.core_bank.port import StatementLine
from bff.kinds import SHANGHAI
from bff.web.tables import table

HEAD: Final = ("时间", "摘要", "对方账户尾号", "收入（元）", "支出（元）", "余额（元）", "流水号")


def written(lines: Iterable[StatementLine]) -> bytes:
    """Write a statement as CSV, newest first."""
    return table(HEAD, map(cells, lines))


def cells(line: StatementLine) -> tuple[str, ...]:
    """Give a line's cells as text; amounts carry no sign."""
    amount = amount_text(abs(line.amount))
    moved = (amount, "") if line.amount > 0 else ("", amount)
    when = line.at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
    return (when, line.memo, tail(line.counterparty), *moved, amount_text(line.balance), line.journal)
