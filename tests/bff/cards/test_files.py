"""A bill and the entries of an account as CSV and PDF: every figure of the bill, its lines in order, and its sums."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from bff.approvals.rules import money_words
from bff.bus.bus import Call, Reply
from bff.cards import bill_file, file_operations
from bff.errors import NotFoundError
from bff.exports.errors import StatementTooLongError
from tests.bff.cards.teller import Teller
from tests.bff.db.engines import fresh_engine
from tests.bff.exports.reading import pdf_lines
from tests.bff.wealth.world import BUNDLES, World


@pytest.fixture(scope="module")
def billed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Teller]:
    """Give a customer with two bills; of the first 400 yuan were repaid, of the second 100. Tests only read."""
    with fresh_engine("sqlite", tmp_path_factory.mktemp("billed")) as engine:
        teller = Teller(World(engine))
        yield lived(teller)


def lived(teller: Teller) -> Teller:
    teller.ready(line_fen=600_000)
    teller.until("2026-11-25", step=30)
    teller.spend(128_000)
    teller.refund(teller.spend(5_000), 1_000)
    teller.until("2026-12-20", step=30)
    teller.repay(40_000)
    teller.spend(20_000, kind="CASH")
    teller.until("2027-01-10", step=30)
    teller.repay(10_000)
    return teller


def file(teller: Teller, code: str, **body: object) -> Reply:
    context = teller.world.context(teller.phone, BUNDLES["cards"], customer=True)
    return teller.world.bus.call(Call(f"cards.{code}", {"accountId": teller.account, **body}, context))


def words(reply: Reply) -> list[list[str]]:
    return pdf_lines(reply.body)


def test_a_bill_holds_its_head_its_lines_and_its_sums(billed: Teller) -> None:
    bill = billed.bills()[0]
    reply = file(billed, "bill.pdf", cycle=2)
    assert reply.headers["Content-Disposition"] == 'attachment; filename="card-bill-2027-01-08.pdf"'
    lines = words(reply)
    assert lines[0] == [f"信用卡账单 · 潮汐金卡（尾号 {billed.tail()}）"]
    assert lines[1][0].startswith("账期 2026-12-09 至 2027-01-08 · ")
    start = lines.index(["合计", "4 笔", "", "", "237.14", "400.00"])
    assert [line[:2] for line in lines[4:start]] == [
        ["2026-12-20", "还款"],
        ["2026-12-20", "取现"],
        ["2026-12-20", "费用"],
        ["2027-01-08", "利息"],
    ]
    said = [text for line in lines[start + 1 :] for text in line if text]
    assert said[:4] == ["本期应还", "1157.14", "其中", "消费"]
    told = dict(zip(said[said.index("最低还款额") - 2 :: 2], said[said.index("最低还款额") - 1 :: 2], strict=True))
    assert told == {
        "本期应还": "¥1,157.14",
        "最低还款额": money_words(bill["minimumFen"]),
        "到期还款日": bill["dueOn"],
        "上期账单": "¥1,320.00",
        "账单日后已还": "¥100.00",
        "还需还款": money_words(bill["leftFen"]),
        "信用额度": "¥6,000.00",
        "账单日": "2027-01-08",
        "账单编号": "002",
    }
    assert bill["totalFen"] == 115_714 == 132_000 + 23_714 - 40_000


def test_a_bill_that_was_overpaid_shows_no_lost_sign() -> None:
    closed = date(2027, 2, 8)
    zero = dict.fromkeys(("cash_fen", "interest_fen", "fee_fen", "minimum_fen"), 0)
    row: Any = SimpleNamespace(
        **zero, principal_fen=-5, total_fen=-5, previous_fen=-205, cycle=3, closed_on=closed, due_on=closed
    )
    told = bill_file.bill("潮汐金卡", SimpleNamespace(line_fen=1), row, closed, [], 0)  # type: ignore[arg-type]  # rows
    assert dict(told.facts).items() >= {"本期多还": "¥0.05", "上期账单": "\u2212¥2.05", "还需还款": "¥0.00"}.items()
    assert [cells[4:6] for cells in told.foot] == [("0.00", "0.00"), ("", "0.05"), ("", "0.05")]


def test_entries_come_as_a_table_the_newest_first(billed: Teller) -> None:
    reply = file(billed, "entry.csv")
    head, *rows = csv.reader(io.StringIO(reply.body.decode("utf-8-sig")))
    assert head == [column.head for column in bill_file.COLUMNS]
    listed = billed.call("entry.list", accountId=billed.account, limit=100)["entries"]
    assert [row[-1] for row in rows] == [str(entry["entry"]) for entry in listed]
    assert rows[0] == ["2027-01-10", "还款", "还款", billed.tail(), "", "100.00", rows[0][-1]]
    assert sum(len(row[4]) > 0 for row in rows) + sum(len(row[5]) > 0 for row in rows) == len(rows)
    assert words(file(billed, "entry.pdf"))[1][0].startswith(f"最近 {len(rows)} 笔 · ")


def test_a_bill_of_too_many_lines_is_refused_and_not_cut(billed: Teller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_operations, "MOST_LINES", 3)
    for kind in ("csv", "pdf"):
        with pytest.raises(StatementTooLongError):
            file(billed, f"bill.{kind}", cycle=2)
    with pytest.raises(NotFoundError):
        file(billed, "bill.csv", cycle=9)
