"""The sweep in a real browser: agreement, money in, a day of income, money out, each proved from its file alone."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

import app
from bff.products.calendar import TradingCalendar
from security.evidence import anchors_of, verify_export
from tests.e2e import story
from tests.e2e.auditor import export, verify_with_one_file, write_anchors
from tests.e2e.browser import SECONDS, Person
from tests.running import ROOT, Running

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FUNDS = ("LMB-A", "LMB-B")


def ahead(running: Running, day: date, *commands: str) -> None:
    """Let days pass for the sweep's jobs, or do commands of the bank on a day to come."""
    words = [sys.executable, "-m", "tests.e2e.ahead", day.isoformat(), *commands]
    done = subprocess.run(words, cwd=ROOT, env=running.environ, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def confirmation() -> date:
    """The trading day on which a purchase of now is confirmed."""
    calendar = TradingCalendar.load()
    return calendar.after(calendar.trade_date(app.clock(), time(15)))


def earn(running: Running, confirmed: date) -> None:
    """Let the purchase be confirmed, and its first day of income be entered, approved and credited."""
    ahead(running, confirmed)
    after = confirmed + timedelta(days=1)
    income = [
        command
        for fund in FUNDS
        for command in (
            f"sweep income set {fund} {confirmed} 0.4321 1.5760 --by chen.yu",
            f"sweep income approve {fund} {confirmed} --by lin.wei",
        )
    ]
    ahead(running, after, *income, f"jobs run sweep.accrual --date {after}")


def proved(running: Running, folder: Path, order: str) -> str:
    """Export an order and verify it from the file and two anchors alone, with the toolkit and the one-file verifier."""
    file = folder / f"{order}.json"
    export(running, order, file)
    anchors, root = write_anchors(running, folder)
    trusted = anchors_of(json.loads(anchors.read_text(encoding="utf-8")))
    verified = verify_export(file.read_bytes(), anchors=trusted, root=root.read_bytes())
    assert verified.anchored
    one_file = verify_with_one_file(file, anchors)
    assert one_file.returncode == 0, one_file.stdout
    said = " ".join(link.sentence for link in verified.links)
    assert "sweep 1.0.0" in said
    return said


def test_the_sweep_from_the_agreement_to_the_money_back(
    running: Running, person: Callable[..., Person], tmp_path: Path
) -> None:
    customer = person()
    who = running.sample("陈屿")
    accounts = story.open_account(customer, who)
    story.fund(customer, accounts, "30000")
    customer.home()
    page = customer.open("利民宝", "sweep")

    customer.press(page, "签约")
    page.get_by_label("账户保留金额（元）").fill("20000")
    customer.press(page, "下一步，确认签约")
    agreed = story.sign_order(customer, page, "签约已生效")
    customer.press(page, "回到利民宝")
    customer.press(page, "转入")
    page.get_by_label("转入金额（元）").fill("10000")
    customer.press(page, "下一步，确认转入")
    bought = story.sign_order(customer, page, "转入已受理")

    earn(running, confirmation())
    customer.press(page, "回到利民宝")
    expect(page.get_by_text("10,000.43").first).to_be_visible(timeout=SECONDS)
    expect(page.get_by_text("+0.43").first).to_be_visible()
    customer.press(page, "转出")
    page.get_by_label("转出金额（元）").fill("6000")
    customer.press(page, "下一步，确认转出")
    paid = story.sign_order(customer, page, "已到账")
    customer.press(page, "回到利民宝")
    expect(page.get_by_text("4,000.43").first).to_be_visible(timeout=SECONDS)

    assert "No money moved" in proved(running, tmp_path, agreed)
    assert "credited exactly CNY 10000.00" in proved(running, tmp_path, bought)
    assert "CNY 6000.00" in proved(running, tmp_path, paid)
