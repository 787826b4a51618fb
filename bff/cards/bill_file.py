"""Bills and entries as tables to keep."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import Row

from bff.approvals.rules import amount_sides, money_words, sums_of_sides
from bff.cards import repository
from bff.cards.repository import CASH, FEE, INTEREST, LATE, PURCHASE, REFUND, REPAYMENT
from bff.exports.table import Column, Table

COLUMNS: Final = (
    Column("日期", 24),
    Column("类型", 20),
    Column("摘要", 66),
    Column("卡尾号", 18),
    Column("入账（元）", 26, right=True),
    Column("还款或退款（元）", 26, right=True),
    Column("流水号"),
)
_KINDS: Final = {
    PURCHASE: "消费",
    CASH: "取现",
    REFUND: "退款",
    INTEREST: "利息",
    FEE: "费用",
    LATE: "违约金",
    REPAYMENT: "还款",
}
_PARTS: Final = (("消费", "principal_fen"), ("取现", "cash_fen"), ("利息", "interest_fen"), ("费用", "fee_fen"))


def bill(name: str, account: Row[Any], row: Row[Any], since: date, lines: Sequence[Row[Any]], repaid_fen: int) -> Table:
    """Give a bill as it was made, with what was repaid of it since.

    Args:
        name: of the card, as the customer knows it, ``潮汐金卡（尾号 1234）``.
        account: on which it was made.
        row: the bill.
        since: first day of its cycle.
        lines: its entries, the oldest first.
        repaid_fen: what was repaid since it closed.
    """
    owed = "本期应还" if row.total_fen >= 0 else "本期多还"
    return Table(
        name=f"card-bill-{row.closed_on}",
        title=f"信用卡账单 · {name}",
        about=f"账期 {since} 至 {row.closed_on}",
        columns=COLUMNS,
        rows=tuple(map(_cells, lines)),
        facts=(
            (owed, money_words(abs(row.total_fen))),
            ("最低还款额", money_words(row.minimum_fen)),
            ("到期还款日", row.due_on.isoformat()),
            ("上期账单", _signed(row.previous_fen)),
            ("账单日后已还", _signed(repaid_fen)),
            ("还需还款", money_words(max(row.total_fen - repaid_fen, 0))),
            ("信用额度", money_words(account.line_fen)),
            ("账单日", row.closed_on.isoformat()),
            ("账单编号", f"{row.cycle:03}"),
        ),
        foot=(_sums(lines), *_parts(row, owed)),
    )


def entries(name: str, lines: Iterable[Row[Any]]) -> Table:
    """Give the newest entries of an account, the newest first, with the sums of both directions."""
    found = tuple(lines)
    return Table(
        name="card-transactions",
        title=f"信用卡交易明细 · {name}",
        about=f"最近 {len(found)} 笔",
        columns=COLUMNS,
        rows=tuple(map(_cells, found)),
        foot=(_sums(found),),
    )


def _cells(line: Row[Any]) -> tuple[str, ...]:
    """Give a line's cells as text; amounts carry no sign."""
    moved = amount_sides(repository.owed(line).total)
    return (line.day.isoformat(), _KINDS[line.kind], line.memo, line.card_tail, *moved, str(line.seq))


def _sums(lines: Sequence[Row[Any]]) -> tuple[str, ...]:
    moved = [repository.owed(line).total for line in lines]
    return ("合计", f"{len(lines)} 笔", "", "", *sums_of_sides(moved), "")


def _parts(row: Row[Any], owed: str) -> list[tuple[str, ...]]:
    """Give what a bill asks for by bucket, and in all; what was overpaid stands on the other side."""
    parts = [("其中", words, getattr(row, column)) for words, column in _PARTS if getattr(row, column)]
    named = [(owed, "", row.total_fen), *parts]
    return [(head, words, "", "", *amount_sides(fen), "") for head, words, fen in named]


def _signed(fen: int) -> str:
    return f"\u2212{money_words(-fen)}" if fen < 0 else money_words(fen)
