"""The pictures of docs/look, from a real run: the shell by day and night, the bank's sheet, the panel.

With TIDEGATE_SCREENSHOTS=docs/look they are written there; docs/look/README.md says when.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e import story
from tests.e2e.browser import Person
from tests.running import Running

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PRODUCT = "稳盈 90 天持有"
RISEN = 600  # milliseconds until the sheet has come to rest


def shoot_home(customer: Person, shoot: Callable[[str], None]) -> None:
    """The entrance page by day, and by night in the second language."""
    customer.home()
    home = customer.open("首页", "home")
    figures = home.locator(".hero .shut")
    expect(figures).to_have_text(["50,000.00", "30,000.00", "20,000.00"])
    shoot("home-light")
    customer.page.click("[data-do=theme]")
    customer.page.click("[data-do=locale]")
    expect(home.get_by_role("heading", name="Good")).to_be_visible()
    expect(figures).to_have_text(["50,000.00", "30,000.00", "20,000.00"])
    shoot("home-dark")


def test_the_shell_is_as_the_pictures_show_it(running: Running, person: Callable[..., Person], tmp_path: Path) -> None:
    folder = Path(os.environ.get("TIDEGATE_SCREENSHOTS", str(tmp_path)))  # noqa: TID251 — where a person looks at them
    customer = person()
    page = customer.page

    def shoot(name: str) -> None:
        page.mouse.move(2, 2)
        expect(page.locator(".toast")).to_have_count(0)
        page.screenshot(path=folder / f"{name}.png")

    who = running.sample("陈屿")
    accounts = story.open_account(customer, who)
    story.fund(customer, accounts, "50000")
    customer.press(accounts, "回到账户")
    wealth = story.assess(customer, accounts)
    wealth.get_by_role("button", name=PRODUCT).click()
    expect(wealth.get_by_role("button", name="申购", exact=True)).to_be_visible()
    page.click(".call:has-text('wealth.product') >> nth=-1")
    page.click(".detail [data-value=answer]")
    shoot("shell-light")
    page.click("[data-value=android]")
    page.click("[data-do=theme]")
    page.click("[data-tab=latency]")
    expect(page.locator(".times")).to_contain_text("net.request")
    shoot("shell-dark")
    page.click("[data-tab=grants]")
    page.click("[data-do=locale]")
    expect(page.locator(".facts .chip.ok").first).to_be_visible()
    shoot("shell-grants")
    page.click("[data-do=locale]")
    page.click("[data-do=theme]")
    page.click("[data-value=ios]")
    page.click("[data-tab=timeline]")
    customer.press(wealth, "申购")
    wealth.get_by_label("申购金额（元）").fill("20000")
    customer.press(wealth, "下一步，确认申购")
    expect(customer.dialog).to_contain_text("人民币贰万元整")
    page.wait_for_timeout(RISEN)
    shoot("sign-sheet")
    page.click("[data-do=theme]", force=True)
    page.wait_for_timeout(RISEN)
    expect(customer.dialog).to_contain_text("人民币贰万元整")
    shoot("sign-sheet-dark")
    page.click("[data-do=theme]", force=True)
    customer.dialog.get_by_role("button", name="改用交易密码").click()
    customer.type_pin()
    customer.heading(wealth, "申购已受理")
    shoot_home(customer, shoot)
