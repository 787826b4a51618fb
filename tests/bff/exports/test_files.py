"""Tables as files: what a spreadsheet must not calculate, pages that follow each other, and a bound on the bytes."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bff.catalogue.operation import Empty
from bff.exports import csv_file, operations, pdf_file
from bff.exports.errors import StatementTooLongError
from bff.exports.operations import exported
from bff.exports.table import Column, Table
from tests.bff.exports.reading import pdf_lines

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
COLUMNS = (Column("时间", 40), Column("摘要", 80), Column("金额（元）", 60, right=True), Column("流水号"))


def table(*rows: tuple[str, ...]) -> Table:
    return Table("statement", "明细", "期间", COLUMNS, rows, [("合计", "", "12.30", "")])


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "＝1", "|calc", "\r=1", "%0A"])
def test_no_cell_is_calculated(cell: str) -> None:
    (head, row) = csv.reader(io.StringIO(csv_file.written(table(("", cell, "", ""))).decode("utf-8-sig"), newline=""))
    assert (head, row[1]) == (["时间", "摘要", "金额（元）", "流水号"], f"'{cell}")


def test_pages_of_a_pdf_follow_each_other_and_the_sums_stand_under_the_last_row() -> None:
    row = ("2026-11-23", "转账" * 40, "1.00", "jnl")
    assert [pdf_file.written(table(*[row] * rows), NOW).count(b"/Type /Page\n") for rows in (0, 39, 40, 100)] == [
        1,
        1,
        2,
        3,
    ]


def test_facts_stand_above_the_table_of_the_first_page_alone() -> None:
    row = ("2026-11-23", "转账", "1.00", "jnl")
    told = replace(
        table(*[row] * 35), facts=[("应还", "¥1.00"), ("最低", "¥0.10"), ("到期", "12-01"), ("上期", "\u2212¥2")]
    )
    lines = pdf_lines(pdf_file.written(told, NOW))
    assert lines.count(["明细"]) == 2
    assert lines.count(["时间", "摘要", "金额（元）"]) == 2
    assert [lines.count([text]) for text in ("应还", "¥1.00", "-¥2")] == [1, 1, 1]
    assert (lines.count(list(row[:3])), lines[-1]) == (35, ["合计", "", "12.30"])


def test_the_words_of_a_pdf_can_be_read() -> None:
    long = "转账（一）\\" * 20
    content = pdf_file.written(table(("2026-11-23", "转入（余利盈）", "12.30", "jnl_1"), ("", long, "0.00", "")), NOW)
    first, about, page, head, row, cut, foot = pdf_lines(content)
    assert (first, about) == (["明细"], ["期间 · 币种 人民币 · 生成时间 2026-11-23 10:00:00"])
    assert (page, head) == (["1 / 1"], ["时间", "摘要", "金额（元）"])
    assert (row, foot) == (["2026-11-23", "转入（余利盈）", "12.30"], ["合计", "", "12.30"])
    assert cut[1].endswith("…")
    assert long.startswith(cut[1][:-1])


def test_a_file_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    both = exported(code="a.b", what="rows", path="/a", request=Empty, tabled=lambda *_: table())
    assert [(one.code, one.path) for one in both] == [("a.b.csv", "/a/csv"), ("a.b.pdf", "/a/pdf")]
    monkeypatch.setattr(operations, "MOST_BYTES", 10)
    context: Any = type("Context", (), {"now": NOW})()
    for one in both:
        with pytest.raises(StatementTooLongError):
            one.handler(None, context, Empty())  # type: ignore[arg-type]  # the table needs no session
