"""A mistake of the page itself is said to be one, in words, console and log; never as the silence of the bank."""

from typing import Any

import pytest

from tests.h5bundle.apps.conftest import Open, Screen

pytestmark = pytest.mark.browser
UNREADABLE = "{ status: 200, body: { unheard: 1 } }"


def logged(screen: Screen) -> list[dict[str, Any]]:
    calls: list[dict[str, Any]] = screen.host("host.calls.filter((c) => c.m === 'log.event').map((c) => c.p)")
    return calls


def test_a_page_that_cannot_draw_says_that_it_is_the_pages_fault(open_page: Open) -> None:
    screen = open_page("wealth", state="bound")
    screen.host(f"host.next('wealth.transaction.list', {UNREADABLE})")
    screen.frame.evaluate("location.hash = '#/orders'")
    screen.heading("页面出错了")
    said = screen.frame.locator("main").inner_text()
    assert ("服务暂时没有应答" in said, "钱没有动" in said, "代码 TypeError" in said) == (False, True, True)
    assert [event["name"] for event in logged(screen)] == ["page.fault"]
    assert any("TypeError" in complaint for complaint in screen.complaints)
    screen.complaints.clear()
    screen.press("重试")
    screen.frame.get_by_text("还没有订单").first.wait_for()


def test_a_fault_after_money_was_sent_for_claims_nothing_and_keeps_the_key(open_page: Open) -> None:
    screen = open_page("accounts", "/fund", state="bound")
    screen.host("host.next('accounts.fund', { after: true, status: 200, body: null })")
    screen.frame.get_by_label("转入金额（元）").fill("20000")
    screen.press("转入")
    line = screen.frame.get_by_text("页面出了问题，这一笔的结果还不知道。")
    line.wait_for()
    assert "钱没有动" not in screen.frame.locator("main").inner_text()
    screen.complaints.clear()
    screen.press("转入")
    screen.heading("已转入 20,000.00 元")
    keys = {call["idempotencyKey"] for call in screen.sent("accounts.fund")}
    assert len(keys) == 1


def test_a_button_whose_work_breaks_says_so(open_page: Open) -> None:
    screen = open_page("accounts", "/fund", state="bound")
    screen.frame.get_by_label("转入金额（元）").fill("0")
    screen.frame.evaluate("void (HTMLElement.prototype.focus = () => { throw new TypeError('broken'); })")
    screen.press("转入")
    screen.frame.get_by_text("页面出了问题。刚才如果提交过，结果以银行的记录为准").wait_for()
    assert [event["fields"]["error"] for event in logged(screen)] == ["TypeError"]
    screen.complaints.clear()


def test_a_broken_address_opens_a_page_all_the_same(open_page: Open) -> None:
    screen = open_page("wealth", state="bound")
    screen.frame.evaluate("location.hash = '#/product/%E0%A4%A'")
    screen.frame.get_by_role("button", name="重试").wait_for()
