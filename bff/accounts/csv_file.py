"""A statement as CSV: UTF-8 with a mark for spreadsheets, RFC 4180, and no cell that one takes for a formula."""

import csv
import io
from collections.abc import Iterable
from typing import Final

from bff.accounts.rules import tail
from bff.approvals.rules import amount_text
from bff.core_bank.port import StatementLine
from bff.kinds import SHANGHAI

MEDIA_TYPE: Final = "text/csv; charset=utf-8"
HEAD: Final = ("时间", "摘要", "对方账户尾号", "收入（元）", "支出（元）", "余额（元）", "流水号")
_BOM: Final = "\ufeff"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")


def written(lines: Iterable[StatementLine]) -> bytes:
    """Write a statement, newest first."""
    out = io.StringIO()
    out.write(_BOM)
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(HEAD)
    for line in lines:
        rows.writerow([plain(cell) for cell in cells(line)])
    return out.getvalue().encode()


def cells(line: StatementLine) -> tuple[str, ...]:
    """Give a line's cells as text; amounts carry no sign."""
    amount = amount_text(abs(line.amount))
    moved = (amount, "") if line.amount > 0 else ("", amount)
    when = line.at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
    return (when, line.memo, tail(line.counterparty), *moved, amount_text(line.balance), line.journal)


def plain(cell: str) -> str:
    """Give a cell that no spreadsheet calculates: one that would begin a formula begins with an apostrophe."""
    return f"'{cell}" if cell.lstrip(" \u3000").startswith(_FORMULA) or cell.startswith(("\t", "\r")) else cell
