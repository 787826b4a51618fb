"""Bought, confirmed, redeemed and paid in a real browser; another one cancelled and refunded; each proved by its file.

A week passes by moving the orders' dates back in the database; the runs of that day are forgotten with it.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import FrameLocator, expect

from security.evidence import verifier, verify_export
from tests.e2e import story
from tests.e2e.auditor import export, tidegate
from tests.e2e.browser import SECONDS, Person
from tests.faults.books import assert_books_hold
from tests.running import Running

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PRODUCT, NAME = "JMG-TT01", "天天享"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server whose recurring jobs run when an operator says so."""
    server = Running.on_copy(tmp_path_factory.mktemp("tidegate") / "var", {"TIDEGATE_JOBS": "off"}).start()
    yield server
    server.stop()


def a_week_passes(running: Running) -> None:
    """Move every order a week back; each trade date has the net value 1.0171 then."""
    week, until = "'-7 days'", "cancellable_until = datetime(cancellable_until, '-7 days') || '.000000'"
    days = ", ".join(f"{name} = date({name}, {week})" for name in ("trade_date", "confirm_date"))
    with closing(sqlite3.connect(running.var / "tidegate.db", timeout=20, isolation_level=None)) as bank:
        bank.execute(f"UPDATE wealth_order SET {days}, {until}, redeemable_from = date(redeemable_from, {week})")  # noqa: S608 — our own words
        bank.execute(f"UPDATE wealth_redemption SET {days}, {until}, pay_date = date(pay_date, {week})")  # noqa: S608 — our own words
        bank.execute("DELETE FROM job_run")
        both = "SELECT trade_date FROM wealth_order UNION SELECT trade_date FROM wealth_redemption"
        for (day,) in bank.execute(both).fetchall():
            value = (PRODUCT, day, 10_171, "2026-11-27 00:00:00.000000")
            bank.execute("INSERT OR REPLACE INTO wealth_nav VALUES (?, ?, ?, ?)", value)


def work(running: Running, *jobs: str) -> str:
    """Let a week pass and run jobs as an operator does; give what they say."""
    a_week_passes(running)
    return "".join(tidegate(running, "jobs", "run", job).stdout for job in jobs)


def cancelled(person: Person, page: FrameLocator) -> None:
    """Cancel the order on the page, which gives the money back."""
    person.press(page, "撤单")
    person.press(page, "确认撤单")
    person.heading(page, "钱已退回")


def redeem(person: Person, page: FrameLocator, shares: str) -> str:
    """Go from the orders to what is held, and redeem some of it; give the order's id."""
    person.press(page, "我的订单")
    page.get_by_role("button", name=re.compile(NAME)).last.click()
    person.heading(page, "份额已确认")
    person.press(page, "我的持有")
    expect(page.get_by_text("19,663.74 份")).to_be_visible(timeout=SECONDS)
    page.get_by_role("button", name=re.compile(NAME)).click()
    person.press(page, "赎回")
    page.get_by_label("赎回份额").fill(shares)
    expect(page.get_by_text("约 10,171.00 元")).to_be_visible()
    person.press(page, "下一步，确认赎回")
    expect(person.dialog).to_be_visible(timeout=SECONDS)
    assert f"{shares}.00" in person.dialog.inner_text()
    return story.sign_order(person, page, "赎回已受理")


def test_an_order_lives_to_its_end_and_every_part_is_proved(
    running: Running, person: Callable[..., Person], file: Path
) -> None:
    customer = person()
    who = running.sample("陈屿")
    accounts = story.open_account(customer, who)
    story.fund(customer, accounts, "50000")
    customer.press(accounts, "回到账户")
    wealth = story.assess(customer, accounts)
    story.ask_to_buy(customer, wealth, NAME, "20000")
    orders = {"It was confirmed at the net value 1.0171": story.sign_order(customer, wealth, "申购已受理")}
    customer.press(wealth, "看产品")
    story.ask_to_buy(customer, wealth, NAME, "10000")
    orders["Afterwards it was REFUNDED (CANCELLED_BY_CUSTOMER)."] = story.sign_order(customer, wealth, "申购已受理")
    cancelled(customer, wealth)

    assert "1 confirmed, 0 wait" in work(running, "wealth.confirmation")
    orders["ended PAID"] = redeem(customer, wealth, "10000")
    assert "1 confirmed, 0 wait" in work(running, "wealth.confirmation", "wealth.life", "outbox")
    customer.press(wealth, "我的订单")
    wealth.get_by_role("button", name=re.compile("赎回")).first.click()
    customer.heading(wealth, "已到账")
    expect(wealth.get_by_text("10,000.00 份的 10,171.00 元已付到你的账户。")).to_be_visible()
    assert_books_hold(running.var / "tidegate.db")
    for ending, order in orders.items():
        export(running, order, file)
        data = file.read_bytes()
        file.unlink()
        assert ending in verify_export(data).links[-1].sentence
        assert verifier.verify(data).sentences
