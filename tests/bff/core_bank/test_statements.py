"""Statements page by page: complete, in order, with right balances, by days of Shanghai, and along an index."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from bff.core_bank.port import MAX_LINES, CoreReceipt, StatementLine
from bff.db.engine import open_engine
from tests.bff.core_bank.conftest import NOW, Bank, made

MIDNIGHT = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
"""Of 24 November in Shanghai."""


def whole(bank: Bank, number: str, limit: int = 3, **period: date) -> list[StatementLine]:
    """Give all lines, page by page."""
    lines: list[StatementLine] = []
    before = None
    while True:
        page = bank.core.statement(number, before=before, limit=limit, **period)
        assert len(page.lines) <= limit
        lines += page.lines
        before = page.next
        if before is None:
            return lines


def test_the_statement_is_newest_first_with_the_balance_after_each_line(bank: Bank) -> None:
    number = bank.account("cus_1", 100)
    bank.pay("t", number, bank.raising, 60, "购买")
    page = bank.core.statement(number)
    assert [(line.amount, line.memo, line.balance) for line in page.lines] == [(-60, "购买", 40), (100, "入金", 100)]
    assert (page.lines[0].counterparty, page.next) == (bank.raising, None)
    assert bank.core.statement(bank.card).lines[0].balance == 20_000_000 - 100


@pytest.mark.parametrize("limit", [1, 3, 8, 9, MAX_LINES])
def test_pages_together_are_the_statement(bank: Bank, limit: int) -> None:
    number = bank.account("cus_1", 1000)
    for index in range(8):
        bank.pay(f"t.{index}", number, bank.raising, index + 1)
    lines = whole(bank, number, limit)
    assert [line.amount for line in lines] == [*(-index for index in range(8, 0, -1)), 1000]
    assert [line.balance for line in lines] == [1000 - sum(range(index + 1)) for index in range(8, -1, -1)]


def test_what_comes_meanwhile_moves_no_page(bank: Bank) -> None:
    number = bank.account("cus_1", 1000)
    for index in range(4):
        bank.pay(f"t.{index}", number, bank.raising, index + 1)
    first = bank.core.statement(number, limit=2)
    bank.pay("later", number, bank.raising, 500)
    second = bank.core.statement(number, before=first.next, limit=3)
    assert [line.amount for line in (*first.lines, *second.lines)] == [-4, -3, -2, -1, 1000]


@pytest.mark.parametrize("cursor", ["", "1", "1.", "x.1", "1.1.1", "-1.1", "f" * 15 + ".1", "1.1\n", "١.1"])
def test_a_cursor_that_no_page_gave_is_refused(bank: Bank, cursor: str) -> None:
    number = bank.account("cus_1", 100)
    wanted = {"CURSOR_INVALID", "CONTENT_INVALID"}  # an envelope does not carry every character
    assert bank.reason(lambda: bank.core.statement(number, before=cursor)) in wanted


@pytest.mark.parametrize("limit", [0, -1, MAX_LINES + 1])
def test_a_page_has_a_length(bank: Bank, limit: int) -> None:
    assert bank.reason(lambda: bank.core.statement(bank.raising, limit=limit)) == "CONTENT_INVALID"


def test_the_calendar_has_an_end(bank: Bank) -> None:
    assert bank.reason(lambda: bank.core.statement(bank.raising, until=date.max)) == "CONTENT_INVALID"
    assert bank.reason(lambda: bank.core.statement(bank.raising, since=date.min)) == "CONTENT_INVALID"
    assert bank.reason(lambda: bank.core.statement("absent")) == "ACCOUNT_UNKNOWN"


class Clocked:
    """A bank whose clock the test sets."""

    def __init__(self, bank: Bank, clock: list[datetime]) -> None:
        self.bank, self._clock = bank, clock

    def pay(self, at: datetime, payer: str, payee: str, fen: int) -> CoreReceipt:
        self._clock[0] = at
        return self.bank.pay(f"{at.isoformat()}.{payer}.{fen}", payer, payee, fen)


@pytest.fixture
def clocked(tmp_path: Path) -> Iterator[Clocked]:
    engine = open_engine(f"sqlite:///{tmp_path / 'core.db'}")
    clock = [NOW]
    yield Clocked(made(engine, lambda: clock[0]), clock)
    engine.dispose()


def test_days_are_those_of_shanghai_to_the_microsecond(clocked: Clocked) -> None:
    bank = clocked.bank
    number = bank.account("cus_1", 100)
    tick = timedelta(microseconds=1)
    moments = (MIDNIGHT - tick, MIDNIGHT, MIDNIGHT + timedelta(days=1) - tick, MIDNIGHT + timedelta(days=1))
    for fen, at in enumerate(moments, 1):
        clocked.pay(at, number, bank.raising, fen)

    def amounts(**period: date) -> list[int]:
        return [-line.amount for line in whole(bank, number, 1, **period)]

    day = date(2026, 11, 24)
    assert amounts(since=day, until=day) == [3, 2]
    assert amounts(since=day) == [4, 3, 2]
    assert amounts(until=day - timedelta(days=1)) == [1, -100]
    assert amounts(since=day, until=day - timedelta(days=1)) == []
    assert amounts(since=date(2026, 1, 1), until=date(2026, 12, 31)) == [4, 3, 2, 1, -100]


def test_a_clock_that_goes_back_puts_nothing_before_what_is_written(clocked: Clocked) -> None:
    bank = clocked.bank
    number, other = bank.account("cus_1", 100), bank.account("cus_2", 100)
    late, early = NOW + timedelta(hours=1), NOW + timedelta(minutes=1)
    clocked.pay(late, number, bank.raising, 1)
    receipt = clocked.pay(early, number, other, 2)
    assert receipt.executed_at == late
    assert clocked.pay(early, bank.card, other, 3).executed_at == late
    assert [line.amount for line in whole(bank, other)] == [3, 2, 100]
    bank.check_books()


def test_a_page_is_read_along_the_index(clocked: Clocked) -> None:
    bank, seen = clocked.bank, list[tuple[str, Any]]()
    number = bank.account("cus_1", 100)
    bank.pay("t", number, bank.raising, 1)
    before = bank.core.statement(number, limit=1).next

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if "core_journal" in statement:
            seen.append((statement, parameters))

    event.listen(bank.engine, "before_cursor_execute", note)
    bank.core.statement(number, since=date(2026, 1, 1), until=date(2026, 12, 31), before=before)
    event.remove(bank.engine, "before_cursor_execute", note)
    ((statement, parameters),) = seen
    with bank.engine.connect() as connection:
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    assert any("ix_core_posting_account_at (account=? AND at>? AND at<?)" in step for step in plan)
    assert not any("TEMP B-TREE" in step for step in plan)
