"""The entrance page in the real shell: from a device without a customer to all that a customer has, and back."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e import story
from tests.e2e.browser import SECONDS, Person
from tests.e2e.visitor import Visitor
from tests.running import Running

pytestmark = [pytest.mark.browser, pytest.mark.slow]
GUARD_DOWN = 500  # milliseconds until the shell has heard that a drawn page lets the way back go


def test_the_entrance_follows_a_customer_from_nothing_to_the_overview(
    running: Running, person: Callable[..., Person]
) -> None:
    customer = person()
    customer.wait_until_installed()
    expect(customer.page.locator(".door b").first).to_have_text("首页")
    home = customer.open("首页", "home")
    customer.heading(home, "先开一个 Ⅱ类户")
    customer.press(home, "去开户")
    expect(customer.frame("accounts").get_by_role("button", name="开始")).to_be_visible(timeout=SECONDS)
    customer.home()

    who = running.sample("陈屿")
    accounts = story.open_account(customer, who)
    story.fund(customer, accounts, "50000")
    customer.home()
    home = customer.open("首页", "home")
    customer.heading(home, re.compile("好，陈"))
    expect(home.locator(".hero .shut").first).to_have_text("50,000.00", timeout=SECONDS)
    home.get_by_role("button", name="看看在售的产品").click()
    expect(customer.frame("wealth").get_by_role("button", name=re.compile("稳盈 90 天持有"))).to_be_visible(
        timeout=SECONDS
    )
    customer.back()
    expect(home.locator(".hero .shut").first).to_be_visible()

    home.get_by_role("button", name="Ⅱ类户").click()
    accounts = customer.frame("accounts")
    story.fund(customer, accounts, "1234.56")
    customer.press(accounts, "回到账户")
    expect(accounts.get_by_role("button", name="转入", exact=True)).to_be_visible(timeout=SECONDS)
    customer.page.wait_for_timeout(GUARD_DOWN)
    customer.back()
    expect(home.locator(".hero .shut").first).to_have_text("51,234.56", timeout=SECONDS)

    customer.offline = True
    customer.context.set_offline(True)
    customer.home()
    home = customer.open("首页", "home")
    expect(home.get_by_text("没有网络。这是")).to_be_visible(timeout=SECONDS)
    expect(home.locator(".hero .shut").first).to_have_text("51,234.56")
    customer.context.set_offline(False)
    home.get_by_role("button", name="重试").click()
    expect(home.get_by_text("没有网络。这是")).to_have_count(0, timeout=SECONDS)


def test_the_entrance_stands_on_the_web_as_well_and_leads_on(chromium: Browser, running: Running) -> None:
    visitor = Visitor(chromium, running)
    visitor.open("home")
    page = visitor.page.frame_locator("iframe.bundle-frame")
    expect(page.get_by_role("heading", name="先开一个 Ⅱ类户")).to_be_visible(timeout=SECONDS)
    page.get_by_role("button", name="去开户").click()
    visitor.page.wait_for_url(re.compile("/web/accounts/"))
    expect(visitor.page.get_by_role("link", name="在 App 中打开")).to_be_visible(timeout=SECONDS)
    visitor.context.close()
