"""The story of the first purchase, told with the hands of a person: account, device, money, suitability, signature."""

import re
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import FrameLocator, expect

from tests.e2e.browser import SECONDS, Person

PHRASE = "外婆家的渡口"


def open_account(person: Person, who: Mapping[str, str]) -> FrameLocator:
    """Open a class II account and bind the simulated phone; end on the account's home."""
    page = person.open("Ⅱ类户", "accounts")
    person.press(page, "开始")
    page.get_by_label("姓名").fill(who["name"])
    page.get_by_label("身份证号").fill(who["idNumber"])
    page.get_by_label("手机号").fill(who["mobile"])
    person.press(page, "下一步")
    person.heading(page, "输入验证码")
    person.press(page, "填入")
    person.press(page, "下一步")
    person.heading(page, "绑定一张 Ⅰ类户的卡")
    page.get_by_label("银行卡号").fill(who["card"])
    person.press(page, "下一步")
    person.heading(page, "你在哪里纳税")
    page.get_by_text("仅为中国税收居民").click()
    page.get_by_text("我声明以上内容真实").click()
    person.press(page, "提交开户")
    person.heading(page, "账户已开立")
    person.press(page, "绑定这台设备")
    bind(person)
    expect(page.get_by_role("button", name="转入")).to_be_visible(timeout=SECONDS)
    return page


def bind(person: Person) -> None:
    """Go through the four steps of the native binding sheet."""
    code = re.search(r"\d{6}", person.dialog.locator("#bind-code-say").inner_text())
    assert code is not None
    person.dialog.locator("#bind-code").fill(code.group())
    person.dialog.get_by_role("button", name="下一步").click()
    person.dialog.locator("#bind-phrase").fill(PHRASE)
    person.dialog.get_by_role("button", name="下一步").click()
    person.type_pin()
    person.type_pin()
    expect(person.dialog).to_have_count(0, timeout=SECONDS)


def fund(person: Person, page: FrameLocator, yuan: str) -> None:
    """Move money in from the bound card."""
    person.press(page, "转入")
    page.get_by_label("转入金额（元）").fill(yuan)
    page.get_by_role("button", name=re.compile("转入")).last.click()
    person.heading(page, "已转入")


def assess(person: Person, accounts: FrameLocator) -> FrameLocator:
    """Go to the wealth pages and answer every question with its boldest answer; end on the list of products."""
    person.press(accounts, "去理财")
    page = person.frame("wealth")
    person.press(page, "做测评")
    while True:
        page.get_by_role("radio").last.check(force=True)
        if page.get_by_role("button", name="提交", exact=True).count():
            break
        person.press(page, "下一题")
    person.press(page, "提交")
    person.heading(page, re.compile("C5"))
    person.press(page, "看产品")
    return page


def ask_to_buy(person: Person, page: FrameLocator, name: str, yuan: str) -> None:
    """Choose a product and an amount; end when the bank's own sheet has risen."""
    page.get_by_role("button", name=re.compile(name)).click()
    person.press(page, "申购")
    page.get_by_label("申购金额（元）").fill(yuan)
    person.press(page, "下一步，确认申购")
    expect(person.dialog).to_be_visible(timeout=SECONDS)


def ask_to_move_out(person: Person, page: FrameLocator, yuan: str) -> None:
    """Ask for a transfer to the bound card; end when the bank's own sheet has risen."""
    person.press(page, "转出")
    page.get_by_role("button", name=re.compile("转回绑定卡")).click()
    page.get_by_label("转出金额（元）").fill(yuan)
    person.press(page, "下一步，确认转账")
    expect(person.dialog).to_be_visible(timeout=SECONDS)


def ask_for_another_card(person: Person, page: FrameLocator, old: str, number: str) -> None:
    """Give another card to bind; end when the bank's own sheet has risen."""
    page.get_by_role("button", name=re.compile("账户管理")).click()
    page.get_by_role("button", name=re.compile("换绑定卡")).click()
    expect(page.get_by_text(old)).to_be_visible(timeout=SECONDS)
    page.get_by_label("新卡卡号").fill(number)
    person.press(page, "核对并确认")
    expect(person.dialog).to_be_visible(timeout=SECONDS)


def sign(person: Person) -> None:
    """Read the bank's own sheet to its end and sign by the transaction password."""
    pin = person.dialog.get_by_role("button", name="改用交易密码")
    expect(pin).to_be_visible(timeout=SECONDS)
    person.dialog.locator(".slipbox").evaluate("(box) => box.scrollTo({ top: box.scrollHeight })")
    expect(person.dialog.locator("button.nbtn")).not_to_have_attribute("aria-disabled", "true")
    pin.click()
    person.type_pin()


def sign_order(person: Person, page: FrameLocator, ending: str) -> str:
    """Sign; give the id of the order that stands on the page then."""
    sign(person)
    person.heading(page, ending)
    return order_shown(page)


def export_month(person: Person, page: FrameLocator) -> tuple[str, str]:
    """Keep this month's entries as a table; give the file's name and text."""
    person.press(page, "全部明细")
    person.press(page, "导出本月")
    person.press(page, "CSV 表格")
    with person.page.expect_download() as kept:
        person.dialog.get_by_role("button", name="保存", exact=True).click()
    return kept.value.suggested_filename, kept.value.path().read_text(encoding="utf-8-sig")


def order_shown(page: FrameLocator, kind: str = "ord") -> str:
    """Open the order's proof on its page and give the order's id."""
    page.get_by_text("凭证").click()
    found = re.search(kind + r"_[a-z2-7]{26}", page.locator("main").inner_text())
    assert found is not None
    return found.group()


def shoot(person: Person, path: Path) -> None:
    """Keep a picture of the whole window."""
    person.page.screenshot(path=str(path))
