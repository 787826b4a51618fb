"""Statements of the sweep as files: what stands in them is the register's, to the fen, and the sums agree."""

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from bff.bus.call import Call, Reply
from bff.errors import NotFoundError
from bff.exports.errors import PeriodInvalidError
from bff.sweep import statement_file
from tests.bff.db.engines import fresh_engine
from tests.bff.exports.reading import pdf_lines
from tests.bff.sweep.bank import SweepBank
from tests.bff.wealth.world import BUNDLES, LIN, Phone

WHOLE = {"since": "2026-11-01", "until": "2026-11-30"}


def file(bank: SweepBank, phone: Phone, kind: str, **more: str) -> Reply:
    context = bank.context(phone, BUNDLES["sweep"], customer=True)
    return bank.bus.call(Call(f"sweep.statement.{kind}", {"code": "LMB", **WHOLE, **more}, context))


def rows(reply: Reply) -> list[list[str]]:
    head, *lines = csv.reader(io.StringIO(reply.body.decode("utf-8-sig")))
    assert head == [column.head for column in statement_file.COLUMNS]
    return lines


def fen(texts: Any) -> int:
    return int(sum(Decimal(text or 0) for text in texts) * 100)


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SweepBank]:
    with fresh_engine("sqlite", tmp_path_factory.mktemp("statement")) as engine:
        yield SweepBank(engine)


@pytest.fixture(scope="module")
def saver(bank: SweepBank) -> Phone:
    """Give a customer with shares, six days of income, and both kinds of redemption; nothing here changes them."""
    phone = bank.holder(2_000_000, day="2026-11-26")
    bank.take(phone, 300_000, "fast")
    bank.take(phone, 150_000, "normal")
    bank.days("2026-11-30")
    return phone


def test_a_statement_is_the_register_to_the_fen(bank: SweepBank, saver: Phone) -> None:
    lines = rows(file(bank, saver, "csv"))
    assert [line[1] for line in lines] == ["收益"] * 3 + ["普通转出", "收益", "快速转出", "收益", "收益", "转入"]
    assert [line[0] for line in lines] == sorted((line[0] for line in lines), reverse=True)
    came, went, earned = (fen(line[column] for line in lines) for column in (3, 4, 5))
    held = bank.position(saver)
    assert (came, went, earned) == (2_000_000, 450_000, held["incomeFen"])
    assert fen([lines[0][6]]) == came - went + earned == held["totalFen"]
    for newer, older in pairwise(lines):
        assert fen([newer[6]]) == fen([older[6], newer[3], newer[5]]) - fen([newer[4]])


def test_a_period_begins_with_what_the_one_before_ended_with(bank: SweepBank, saver: Phone) -> None:
    whole = rows(file(bank, saver, "csv"))
    cut = [file(bank, saver, "pdf", until="2026-11-26"), file(bank, saver, "pdf", since="2026-11-27")]
    feet = [{line[0]: line for line in pdf_lines(reply.body)} for reply in cut]
    assert (feet[0]["期初"][-1], feet[0]["期末"][-1]) == ("0.00", feet[1]["期初"][-1])
    assert feet[1]["期末"][-1] == whole[0][6]
    sums = [fen(foot["合计"][column] for foot in feet) for column in (3, 4, 5)]
    assert sums == [fen(line[column] for line in whole) for column in (3, 4, 5)]


def test_the_pdf_says_what_the_csv_says(bank: SweepBank, saver: Phone) -> None:
    reply = file(bank, saver, "pdf")
    assert (reply.content_type, reply.headers["Cache-Control"]) == ("application/pdf", "no-store")
    assert reply.headers["Content-Disposition"] == 'attachment; filename="sweep-2026-11-01-2026-11-30.pdf"'
    title, about, _, head, *lines = pdf_lines(reply.body)
    assert title == ["利民宝明细"]
    assert about[0].startswith(
        "期间 2026-11-01 至 2026-11-30 · 按份额确认日 · 币种 人民币 · 生成时间 2026-11-30 21:00:00"
    )
    assert head == [column.head for column in statement_file.COLUMNS[:-1]]
    assert lines[:-3] == [line[:-1] for line in rows(file(bank, saver, "csv"))]


def test_days_that_are_none_are_refused_and_days_without_anything_are_empty(bank: SweepBank, saver: Phone) -> None:
    for days in ({"since": "2026-11-30", "until": "2026-11-01"}, {"since": "2024-11-01"}, {"since": "2026-02-30"}):
        with pytest.raises(PeriodInvalidError):
            file(bank, saver, "csv", **days)
    for days in ({"since": "1900-01-01", "until": "1900-12-31"}, {"since": "2027-01-01", "until": "2027-01-31"}):
        assert rows(file(bank, saver, "csv", **days)) == []
    with pytest.raises(NotFoundError):
        file(bank, saver, "csv", code="NONE")


def test_nobody_sees_anothers(bank: SweepBank, saver: Phone) -> None:
    del saver
    other = bank.bound(LIN)
    assert rows(file(bank, other, "csv")) == []
    assert ["期末", "", "", "", "", "", "0.00"] in pdf_lines(file(bank, other, "pdf").body)
