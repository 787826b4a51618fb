"""A fund's figures: entered by one person, approved by another, by the command line and into the evidence."""

import json
from datetime import date
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from bff.db.desk import DESK, Desk
from bff.sweep.cli import sweep
from bff.sweep.errors import IncomeRefusedError
from bff.sweep.rules import decimals_text, four_decimals
from bff.sweep.sandbox import figures
from tests.bff.sweep.bank import SweepBank


def typed(bank: SweepBank, *words: str) -> str:
    """Type a command; give what it said, and let refusals through."""
    group = click.Group("tidegate", commands={"sweep": sweep})
    desk = Desk(lambda: bank.engine, lambda: bank.now)

    @click.pass_context
    def begin(ctx: click.Context) -> None:
        ctx.meta[DESK] = desk

    group.callback = begin
    return CliRunner().invoke(group, ["sweep", "income", *words], catch_exceptions=False, standalone_mode=False).output


def test_two_people_stand_behind_a_days_figures(bank: SweepBank) -> None:
    typed(bank, "set", "LMB-A", "2026-11-23", "0.4321", "1.5760", "--by", "chen.yu")
    with pytest.raises(IncomeRefusedError):
        typed(bank, "approve", "LMB-A", "2026-11-23", "--by", "chen.yu")
    typed(bank, "set", "LMB-A", "2026-11-23", "0.4322", "1.5760", "--by", "chen.yu")
    typed(bank, "approve", "LMB-A", "2026-11-23", "--by", "lin.wei")
    for again in (
        ("set", "LMB-A", "2026-11-23", "0.5", "1", "--by", "x"),
        ("approve", "LMB-A", "2026-11-23", "--by", "x"),
    ):
        with pytest.raises(IncomeRefusedError):
            typed(bank, *again)
    (newest, *_) = json.loads(typed(bank, "list", "--json"))
    assert newest == {
        "fund": "LMB-A",
        "day": "2026-11-23",
        "income": "0.4322",
        "yield": "1.5760",
        "state": "APPROVED",
        "maker": "chen.yu",
        "checker": "lin.wei",
    }
    told = bank.sql("SELECT body FROM evidence_entry WHERE kind = 'sweep.income' ORDER BY seq")
    assert [(json.loads(body)["by"], json.loads(body)["income"]) for (body,) in told] == [
        ("chen.yu", "0.4321"),
        ("chen.yu", "0.4322"),
        ("lin.wei", "0.4322"),
    ]


@pytest.mark.parametrize(
    ("fund", "day", "value"),
    [
        ("LMB-X", "2026-11-23", "0.4"),
        ("LMB-A", "2026-11-24", "0.4"),
        ("LMB-A", "2026-11-23", "12"),
        ("LMB-A", "2026-11-23", "0.43215"),
    ],
)
def test_figures_that_cannot_be_are_refused(bank: SweepBank, fund: str, day: str, value: str) -> None:
    with pytest.raises(IncomeRefusedError):
        typed(bank, "set", fund, day, value, "1.5", "--by", "chen.yu")


def test_a_file_is_taken_whole_or_not_at_all(bank: SweepBank, tmp_path: Path) -> None:
    file = tmp_path / "days.csv"
    file.write_text("day,income,yield\n2026-11-23,0.4321,1.5\n2026-11-24,0.4,1.5\n", encoding="utf-8")
    with pytest.raises(IncomeRefusedError):
        typed(bank, "load", "LMB-A", str(file), "--by", "chen.yu")
    assert bank.sql("SELECT day FROM sweep_income WHERE day >= '2026-11-23'") == []
    bank.at("2026-11-24")
    typed(bank, "load", "LMB-A", str(file), "--by", "chen.yu")
    assert len(bank.sql("SELECT day FROM sweep_income WHERE state = 'PROPOSED'")) == 2


def test_figures_are_read_and_written_exactly() -> None:
    assert [four_decimals(text) for text in ("0", "0.4321", "1.5", "9.9999")] == [0, 4321, 15_000, 99_999]
    assert [decimals_text(value) for value in (0, 4321, 15_000)] == ["0.0000", "0.4321", "1.5000"]
    for wrong in ("", "x", "-0.1", "NaN", "10", "Infinity"):
        with pytest.raises(IncomeRefusedError):
            four_decimals(wrong)


def test_a_sandboxs_history_is_the_same_whenever_it_is_made(bank: SweepBank) -> None:
    rows = bank.sql("SELECT fund, day, income_e4, yield_e4 FROM sweep_income")
    assert len(rows) > 600
    for fund, day, income_e4, yield_e4 in rows[:20]:
        made = figures(fund, date.fromisoformat(str(day)))
        assert (made.income_e4, made.yield_e4) == (income_e4, yield_e4)
        assert 15_000 < yield_e4 < 18_000
