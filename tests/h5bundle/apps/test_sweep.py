"""The sweep's pages: signing once, money in and out under the caps, and every end says what happened to the money."""

import pytest

from tests.h5bundle.apps.conftest import Open, Screen

pytestmark = pytest.mark.browser


def text(screen: Screen) -> str:
    return screen.frame.locator("main").inner_text()


def test_signing_once_opens_the_way_in(open_page: Open) -> None:
    screen = open_page("sweep", state="empty")
    screen.press("签约")
    screen.frame.get_by_label("账户保留金额（元）").fill("3000")
    screen.press("下一步，确认签约")
    screen.heading("签约已生效")
    assert "钱没有动" in text(screen)
    (prepared,) = screen.sent("sweep.agreement.prepare")
    assert prepared["body"] == {"product": "LMB", "accountId": "acc_1", "floorFen": 300000}
    screen.press("回到利民宝")
    screen.frame.get_by_text("尾号 3381 保留 3,000.00 元").wait_for()


def take_out(
    open_page: Open, yuan: str, mode: str = "快速转出", sign: str = "ACCEPTED", state: str = "bound"
) -> Screen:
    screen = open_page("sweep", "/out", state=state)
    screen.host(f"host.sign = '{sign}'")
    screen.frame.get_by_text(mode, exact=True).click()
    screen.frame.get_by_label("转出金额（元）").fill(yuan)
    screen.press("下一步，确认转出")
    return screen


def test_fast_money_has_arrived_and_normal_money_says_its_day(open_page: Open) -> None:
    fast = take_out(open_page, "6000")
    fast.heading("已到账")
    assert fast.sent("sweep.redeem.prepare")[0]["body"]["mode"] == "fast"
    normal = take_out(open_page, "20000", "普通转出")
    normal.heading("转出已受理")
    assert "20,000.00 元11月23日到账，到账前照常计收益。" in text(normal)


def test_more_than_todays_cap_is_said_at_the_field_and_asks_nothing(open_page: Open) -> None:
    screen = take_out(open_page, "7000.01")
    screen.frame.get_by_text("超过今天的快速转出额度。可以减少金额，或改用普通转出。").wait_for()
    assert screen.sent("sweep.redeem.prepare") == []


def test_all_of_it_follows_the_way_it_arrives(open_page: Open) -> None:
    screen = open_page("sweep", "/out", state="bound")
    amount = screen.frame.get_by_label("转出金额（元）")
    screen.press("全部")
    assert amount.input_value() == "7,000.00"
    screen.frame.get_by_text("普通转出", exact=True).click()
    screen.press("全部")
    assert amount.input_value() == "38,500.00"


def test_an_exhausted_pool_says_that_the_normal_way_goes_on(open_page: Open) -> None:
    screen = take_out(open_page, "20000", "普通转出", state="pool")
    screen.heading("转出已受理")
    again = open_page("sweep", "/out", state="pool")
    again.frame.get_by_text("今天的快速转出总额度已用完。普通转出照常。").wait_for()
    assert again.frame.get_by_text("马上到账").count() == 0


@pytest.mark.parametrize(
    ("sign", "title", "sentence"),
    [
        ("USER_CANCELLED", "你取消了转出", "没有提交，钱没有动。"),
        ("REJECTED", "没有转出", "钱没有动，份额还在利民宝里。"),
        ("UNKNOWN", "结果还在核对", "不会重复转出。"),
        ("TIMEOUT", "结果还在核对", "不会重复扣款。"),
    ],
)
def test_every_end_says_what_happened_to_the_money(open_page: Open, sign: str, title: str, sentence: str) -> None:
    screen = take_out(open_page, "500", sign=sign)
    screen.heading(title)
    assert sentence in text(screen)


def test_the_statement_of_the_days_that_are_chosen_is_kept_as_a_file(open_page: Open) -> None:
    screen = open_page("sweep", "/income", state="bound")
    screen.press("导出对账单")
    screen.frame.get_by_role("dialog").get_by_role("radio", name="近 3 月").check()
    screen.press("PDF 文件")
    screen.frame.get_by_text("已保存").wait_for()
    (asked,) = screen.sent("sweep.statement.pdf")
    assert asked["params"] == {"code": "LMB", "since": "2026-08-23", "until": "2026-11-20"}
    name = "利民宝对账单 2026-08-23 2026-11-20"
    assert screen.host("host.saved") == [{"name": name, "kind": "pdf", "content": "JVBERi0x"}]
    screen.frame.evaluate("location.hash = '#/orders'")
    screen.heading("订单")
    screen.press("导出对账单")
    screen.press("CSV 表格")
    screen.page.wait_for_function("host.saved.length === 2")
    assert screen.sent("sweep.statement.csv")[0]["params"]["since"] == "2026-08-23"


def test_pausing_stands_and_ending_is_refused_while_something_is_held(open_page: Open) -> None:
    screen = open_page("sweep", "/agreement", state="bound")
    switch = screen.frame.get_by_role("switch")
    switch.click()
    screen.frame.locator("[role=switch][aria-checked=false]").wait_for()
    assert [call["params"] for call in screen.sent("sweep.agreement.pause")] == [{"agreementId": "agr_1"}]
    screen.frame.get_by_role("button", name="解约").first.click()
    screen.frame.get_by_role("dialog").get_by_role("button", name="解约").click()
    screen.frame.get_by_text("利民宝里还有份额或在途的订单，没有解约。").wait_for()


def test_another_range_is_drawn_in_place_and_more_income_is_fetched_by_its_cursor(open_page: Open) -> None:
    screen = open_page("sweep", state="bound")
    screen.frame.get_by_role("radio", name="近 1 周").check()
    screen.frame.get_by_role("img", name="11月13日").wait_for()
    assert [call["params"]["days"] for call in screen.sent("sweep.yield.list")] == ["30", "7"]
    screen.frame.get_by_role("button", name="收益明细").click()
    screen.press("更多")
    screen.frame.get_by_text("10月11日").wait_for()
    assert [call["params"].get("cursor") for call in screen.sent("sweep.income.list")][1:] == [None, "20"]
