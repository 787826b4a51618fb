"""Entries and documents over the embedded ledger: pages, filters, bounds, and what a spreadsheet must not calculate."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bff.accounts import months, statement_file, statements
from bff.accounts.errors import CoreUnreachableError
from bff.accounts.months import Month
from bff.bus.call import Call, Reply
from bff.core_bank.port import StatementLine
from bff.errors import NotFoundError
from bff.exports.errors import PeriodInvalidError, StatementTooLongError
from tests.bff.accounts.steps import payee, to_card, to_payee
from tests.bff.accounts.test_limits import embedded
from tests.bff.db.engines import fresh_engine
from tests.bff.wealth.world import ACCOUNTS, CHEN, LIN, Phone, World

NOVEMBER = {"since": "2026-11-01", "until": "2026-11-30"}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[World]:
    with fresh_engine("sqlite", tmp_path) as engine:
        yield embedded(engine)


@pytest.fixture
def phone(ledger: World) -> Phone:
    """Give a phone whose account has five movements on three days."""
    found = ledger.bound(CHEN, 1_000_000)
    to = payee(ledger, found)
    to_payee(ledger, found, 100_000, to)
    ledger.later(days=1)
    to_card(ledger, found, 200_000)
    ledger.later(days=1)
    ledger.call(found, "accounts.fund", {"accountId": found.account_id, "amountFen": 5_000})
    to_payee(ledger, found, 30_000, to)
    return found


def entries(world: World, phone: Phone, **more: Any) -> Any:
    return world.call(phone, "accounts.entries", {"accountId": phone.account_id, **more})


def amounts(page: Any) -> list[int]:
    return [entry["amountFen"] for entry in page["entries"]]


def file(world: World, phone: Phone, code: str, **days: str) -> Reply:
    context = world.context(phone, ACCOUNTS, customer=True)
    return world.bus.call(Call(code, {"accountId": phone.account_id, **days}, context))


def test_entries_come_newest_first_with_the_balance_that_each_left(ledger: World, phone: Phone) -> None:
    page = entries(ledger, phone)
    assert amounts(page) == [-30_000, 5_000, -200_000, -100_000, 1_000_000]
    assert [entry["balanceFen"] for entry in page["entries"]] == [675_000, 705_000, 700_000, 900_000, 1_000_000]
    assert page["next"] is None
    assert all(len(entry["counterparty"]) == 4 for entry in page["entries"])


def test_a_cursor_goes_through_all_of_them_once(ledger: World, phone: Phone) -> None:
    seen: list[int] = []
    cursor: dict[str, str] = {}
    while True:
        page = entries(ledger, phone, limit=2, **cursor)
        seen += amounts(page)
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == [-30_000, 5_000, -200_000, -100_000, 1_000_000]


def test_entries_are_filtered_by_days_and_by_direction(ledger: World, phone: Phone) -> None:
    assert amounts(entries(ledger, phone, since="2026-11-24", until="2026-11-24")) == [-200_000]
    assert amounts(entries(ledger, phone, direction="in")) == [5_000, 1_000_000]
    assert amounts(entries(ledger, phone, direction="out", since="2026-11-25")) == [-30_000]
    first = entries(ledger, phone, direction="in", limit=1)
    assert amounts(first) == [5_000]
    assert amounts(entries(ledger, phone, direction="in", limit=1, cursor=first["next"])) == [1_000_000]


def test_a_filtered_page_looks_at_a_bounded_number_of_lines(
    ledger: World, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "LOOKS", 1)
    page = entries(ledger, phone, direction="in", limit=1)
    assert (amounts(page), page["next"] is None) == ([], False)


@pytest.mark.parametrize(
    "days",
    [
        {"since": "2026-11-30", "until": "2026-11-01"},
        {"since": "2025-01-01", "until": "2026-11-01"},
        {"since": "2026-02-30"},
        {"cursor": "no-cursor"},
    ],
)
def test_what_is_no_period_is_refused(ledger: World, phone: Phone, days: dict[str, str]) -> None:
    with pytest.raises(PeriodInvalidError):
        entries(ledger, phone, **days)


def test_a_core_that_does_not_answer_is_said_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = world.bound(CHEN, 100)

    def silent(*_: Any, **__: Any) -> Any:
        return world.core._run("none", "statement", lambda: None)

    world.core.faults["statement"] = ["lost"]
    monkeypatch.setattr(type(world.core), "statement", silent)
    with pytest.raises(CoreUnreachableError):
        entries(world, phone)


def test_a_csv_holds_the_period_and_opens_in_a_spreadsheet(ledger: World, phone: Phone) -> None:
    reply = file(ledger, phone, "accounts.statement.csv", **NOVEMBER)
    assert reply.content_type == "text/csv; charset=utf-8"
    assert reply.headers["Content-Disposition"] == 'attachment; filename="statement-2026-11-01-2026-11-30.csv"'
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.body.startswith(b"\xef\xbb\xbf")
    head, *rows = csv.reader(io.StringIO(reply.body.decode("utf-8-sig")))
    assert head == [column.head for column in statement_file.COLUMNS]
    assert [row[3:6] for row in rows][:2] == [["", "300.00", "6750.00"], ["50.00", "", "7050.00"]]
    assert rows[0][0] == "2026-11-25 10:00:00"


def test_a_pdf_holds_the_lines_in_chinese_and_is_the_same_each_time(ledger: World, phone: Phone) -> None:
    reply = file(ledger, phone, "accounts.statement.pdf", **NOVEMBER)
    assert (reply.content_type, reply.body[:5]) == ("application/pdf", b"%PDF-")
    assert b"STSong-Light" in reply.body
    assert reply.body == file(ledger, phone, "accounts.statement.pdf", **NOVEMBER).body


def test_the_foot_adds_up_what_came_and_went() -> None:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    lines = [StatementLine("jnl_1", amount, "CNY", "转账", at, "1234", 1) for amount in (500, -300, -1)]
    table = statement_file.statement(statement_file.About("II", "1234", "2026-11-01", "2026-11-30"), lines)
    assert table.foot == (("合计", "", "", "5.00", "3.01", "", ""),)


def test_a_document_is_bounded(ledger: World, phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements, "MOST_LINES", 4)
    for code in ("accounts.statement.csv", "accounts.statement.pdf"):
        with pytest.raises(StatementTooLongError):
            file(ledger, phone, code, **NOVEMBER)
        with pytest.raises(PeriodInvalidError):
            file(ledger, phone, code, since="2025-01-01", until="2026-11-30")


def test_somebody_elses_statement_looks_like_none(ledger: World, phone: Phone) -> None:
    lin = ledger.bound(LIN)
    for account in (phone.account_id, "acc_none"):
        lin.account_id = account
        for code in ("accounts.statement.csv", "accounts.statement.pdf"):
            with pytest.raises(NotFoundError):
                file(ledger, lin, code, **NOVEMBER)
        with pytest.raises(NotFoundError):
            entries(ledger, lin)
        with pytest.raises(NotFoundError):
            ledger.call(lin, "accounts.statements", {"accountId": account})


def test_a_month_is_summed_up_once(ledger: World, phone: Phone) -> None:
    made = [months.make(ledger.engine, ledger.room.statements, ledger.now) for _ in range(2)]
    assert made == ["2026-10: 0 made, 0 not yet"] * 2
    ledger.later(days=10)
    made = [months.make(ledger.engine, ledger.room.statements, ledger.now) for _ in range(2)]
    assert made == ["2026-11: 1 made, 0 not yet", "2026-11: 0 made, 0 not yet"]
    ledger.later(days=31)
    months.make(ledger.engine, ledger.room.statements, ledger.now)
    found = ledger.call(phone, "accounts.statements", {"accountId": phone.account_id})["months"]
    november = {"openingFen": 0, "inFen": 1_005_000, "outFen": 330_000, "closingFen": 675_000, "entries": 5}
    december = {"openingFen": 675_000, "inFen": 0, "outFen": 0, "closingFen": 675_000, "entries": 0}
    assert found == [{"month": "2026-12", **december}, {"month": "2026-11", **november}]


def test_months_of_a_job_that_did_not_run_are_made_up_for(ledger: World, phone: Phone) -> None:
    ledger.later(days=101)
    made = [months.make(ledger.engine, ledger.room.statements, ledger.now) for _ in range(2)]
    assert made == ["2027-02: 3 made, 0 not yet", "2027-02: 0 made, 0 not yet"]
    found = ledger.call(phone, "accounts.statements", {"accountId": phone.account_id})["months"]
    assert [(one["month"], one["closingFen"]) for one in found] == [
        ("2027-02", 675_000),
        ("2027-01", 675_000),
        ("2026-12", 675_000),
    ]


@pytest.mark.usefixtures("phone")
def test_a_closed_account_has_no_months_after_its_last_movement(ledger: World) -> None:
    ledger.sql("UPDATE account SET state = 'CLOSED'")
    ledger.later(days=40)
    made = [months.make(ledger.engine, ledger.room.statements, ledger.now)]
    ledger.later(days=31)
    made.append(months.make(ledger.engine, ledger.room.statements, ledger.now))
    assert made == ["2026-12: 1 made, 0 not yet", "2027-01: 0 made, 0 not yet"]
    assert ledger.sql("SELECT month FROM account_month") == [("2026-11",)]


def test_the_month_before_a_day() -> None:
    new_year = datetime(2027, 1, 1, tzinfo=UTC).date()
    month = Month.before(new_year)
    assert (str(month), month.last + timedelta(days=1)) == ("2026-12", new_year)
