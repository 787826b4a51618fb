"""The parts that pages are made of: what is hidden, kept, fetched further, chosen and signed."""

import pytest
from playwright.sync_api import Page

from tests.h5bundle.apps.conftest import Open, Screen

pytestmark = pytest.mark.browser


def rows(screen: Screen) -> int:
    return screen.frame.locator("main .list .item[class='item']").count()


def test_the_eye_hides_every_amount_keeps_its_width_and_is_remembered(open_page: Open) -> None:
    screen = open_page("gallery", state="bound")
    figure = screen.frame.locator(".amount .shut").first
    width = figure.bounding_box()
    screen.press("隐藏金额")
    assert screen.frame.get_by_text("40,000").is_visible() is False
    assert screen.frame.get_by_text("+2.14").is_visible() is False
    assert screen.frame.locator(".amount.xl .dots").is_visible()
    assert figure.bounding_box() == width
    assert screen.host("host.store.get('amounts')") == '"hidden"'
    screen.frame.evaluate("location.reload()")
    screen.frame.get_by_role("button", name="显示金额").wait_for()
    assert screen.frame.get_by_text("40,000").is_visible() is False
    screen.press("显示金额")
    assert screen.frame.get_by_text("40,000").is_visible()


@pytest.mark.parametrize(
    ("bundle", "at", "said"),
    [
        ("gallery", "/", "12,345.00"),
        ("sweep", "/", "今天还可快速转出 7,000.00 元"),
        ("cards", "/card/crd_1", "可用 ¥11,719.10"),
    ],
)
def test_a_hidden_amount_is_not_spoken_by_a_gauge(open_page: Open, bundle: str, at: str, said: str) -> None:
    screen = open_page(bundle, at, state="bound")
    gauge = screen.frame.locator(".gauge").first
    assert said in gauge.aria_snapshot()
    screen.press("隐藏金额")
    assert gauge.aria_snapshot() == "- text: 金额已隐藏"
    screen.press("显示金额")
    assert said in gauge.aria_snapshot()


@pytest.mark.parametrize(
    ("values", "zero"),
    [
        ([1.953, 2.01], "false"),
        ([1.0081, 1.0143], "false"),
        ([4210, 6820], "true"),
        ([-120, 6460], "true"),
        ([5], "false"),
        ([0, 0], "true"),
    ],
)
def test_a_chart_has_at_most_four_round_hairlines_around_its_values(kit: Page, values: list[float], zero: str) -> None:
    found = kit.evaluate(f"(values) => kit.marksOf(values, {zero})", values)
    assert len(found) <= 4
    assert found[0] <= min(values)
    assert found[-1] >= max(values)


def test_a_list_goes_on_at_a_press_and_keeps_its_place_over_a_visit_to_one_entry(open_page: Open) -> None:
    screen = open_page("gallery", "/list", state="bound")
    screen.frame.get_by_text("转入 9", exact=True).wait_for()
    screen.press("更多")
    screen.frame.get_by_text("转入 19").wait_for()
    assert screen.frame.evaluate("document.activeElement.textContent").startswith("转入 10")
    screen.press("更多")
    screen.frame.get_by_text("转入 24").wait_for()
    assert (rows(screen), screen.frame.get_by_role("button", name="更多").count()) == (25, 0)
    cursors = [call["params"].get("cursor") for call in screen.sent("gallery.list")]
    assert cursors == [None, "10", "20"]
    screen.frame.evaluate("document.querySelector('main').scrollTop = 700")
    screen.frame.get_by_role("button", name="转入 14").click()
    screen.heading("转入 14")
    screen.host("host.event('page.back', {})")
    screen.frame.get_by_text("转入 24").wait_for()
    assert (rows(screen), screen.frame.evaluate("document.querySelector('main').scrollTop")) == (25, 700)
    assert len(screen.sent("gallery.list")) == 3


def test_a_list_that_is_opened_anew_is_fetched_anew(open_page: Open) -> None:
    screen = open_page("gallery", state="bound")
    for times in (1, 2):
        screen.frame.get_by_role("button", name="明细").click()
        screen.frame.get_by_text("转入 9", exact=True).wait_for()
        assert len(screen.sent("gallery.list")) == times
        screen.host("host.event('page.back', {})")
        screen.press("去转入")
        screen.heading("转出")
        screen.host("host.event('page.back', {})")
        screen.frame.get_by_text("昨日收益").first.wait_for()


def test_more_that_does_not_come_leaves_what_is_there(open_page: Open) -> None:
    screen = open_page("gallery", "/list", state="bound")
    screen.host("host.next('gallery.list', {error: 'OFFLINE'})")
    screen.press("更多")
    screen.frame.get_by_text("没有网络，暂时不能提交。").wait_for()
    assert rows(screen) == 10
    screen.press("更多")
    screen.frame.get_by_text("转入 19").wait_for()


def test_a_month_is_chosen_by_its_neighbour_or_from_all(open_page: Open) -> None:
    screen = open_page("gallery", "/list", state="bound")
    assert screen.frame.get_by_role("button", name="下个月").is_disabled()
    screen.press("上个月")
    screen.frame.get_by_role("button", name="2026年10月").click()
    screen.frame.get_by_role("dialog", name="选月份").get_by_role("button", name="2026年2月").click()
    screen.frame.get_by_role("button", name="2026年2月").wait_for()
    asked = [call["params"] for call in screen.sent("gallery.list")]
    assert asked[-1] == {"from": "2026-02-01", "to": "2026-02-28"}


def test_tabs_change_what_is_shown_and_a_switch_stays_when_the_bank_says_no(open_page: Open) -> None:
    screen = open_page("gallery", state="bound")
    screen.frame.get_by_role("radio", name="近 1 年").check()
    screen.frame.get_by_text("11-20").first.wait_for(state="attached")
    switch = screen.frame.get_by_role("switch", name="自动转入")
    switch.click()
    screen.frame.locator("[role=switch][aria-checked=false]").wait_for()
    screen.host("host.next('gallery.entry', {status: 409, body: {message: {zh: '协议正在处理。', en: ''}}})")
    switch.click()
    screen.frame.get_by_text("协议正在处理。").wait_for()
    assert switch.get_attribute("aria-checked") == "false"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("1234567.8", "1,234,567.8"), ("¥ 20 000", "20,000"), ("1e5", "1e5"), ("0.055", "0.055"), ("-5", "-5")],
)
def test_an_amount_is_grouped_and_what_is_none_stays_as_typed(open_page: Open, typed: str, shown: str) -> None:
    screen = open_page("gallery", "/form", state="bound")
    amount = screen.frame.get_by_label("金额（元）")
    amount.fill(typed)
    assert amount.input_value() == shown


def test_the_whole_balance_is_filled_in_at_a_press(open_page: Open) -> None:
    screen = open_page("gallery", "/form", state="bound")
    screen.press("全部")
    assert screen.frame.get_by_label("金额（元）").input_value() == "8,460.72"


def fill(screen: Screen) -> None:
    screen.frame.get_by_label("收款人").fill("陈屿")
    screen.frame.get_by_label("金额（元）").fill("1200")
    screen.frame.get_by_text("次日").click()
    screen.page.wait_for_function("(host.store.get('drafts') || '').includes('next')")


def test_a_draft_survives_a_reload_and_goes_when_the_form_is_done(open_page: Open) -> None:
    screen = open_page("gallery", "/form", state="bound")
    fill(screen)
    screen.frame.evaluate("location.reload()")
    screen.heading("转出")
    assert screen.frame.get_by_label("收款人").input_value() == "陈屿"
    assert screen.frame.get_by_label("金额（元）").input_value() == "1,200"
    assert screen.frame.get_by_label("次日").is_checked()
    screen.press("下一步")
    screen.heading("转账")
    screen.page.wait_for_function("!host.store.has('drafts')")
    assert screen.host("host.store.has('pending.transfer')") is False


def test_a_draft_goes_with_the_customer_and_after_seven_days(open_page: Open) -> None:
    screen = open_page("gallery", "/form", state="bound")
    fill(screen)
    screen.page.context.clock.set_fixed_time("2026-11-28T06:32:00Z")
    screen.frame.evaluate("location.reload()")
    screen.heading("转出")
    assert screen.frame.get_by_label("收款人").input_value() == ""
    fill(screen)
    screen.host("host.event('session.changed', {state: 'none'})")
    screen.page.wait_for_function("!host.store.has('drafts')")


def test_a_signed_order_without_an_answer_is_offered_again_until_its_end_is_known(open_page: Open) -> None:
    screen = open_page("gallery", "/form", state="bound")
    screen.host("host.sign = 'LOST'")
    fill(screen)
    screen.press("下一步")
    screen.heading("结果还在核对")
    screen.frame.get_by_text("陈屿").wait_for()
    screen.frame.evaluate("location.hash = '#/form'")
    screen.frame.get_by_text("有一笔转账的结果还在核对，不会重复扣款。").wait_for()
    screen.press("查询结果")
    screen.heading("结果还在核对")
    screen.press("查询结果")
    screen.heading("转账")
    assert screen.host("host.store.has('pending.transfer')") is False


@pytest.mark.parametrize(
    ("answer", "said"),
    [("ok", "已保存"), ("STORAGE_FULL", "手机空间不够，没有保存。"), ("CONSENT_DENIED", ""), ("USER_CANCELLED", "")],
)
def test_a_statement_is_exported_as_the_kind_that_is_chosen(open_page: Open, answer: str, said: str) -> None:
    screen = open_page("gallery", "/list", state="bound")
    screen.host(f"host.save = '{answer}'")
    screen.press("导出")
    screen.frame.get_by_role("dialog", name="导出为").get_by_role("button", name="PDF 文件").click()
    screen.frame.get_by_role("dialog").wait_for(state="detached")
    if said:
        screen.frame.get_by_role("status").get_by_text(said).wait_for()
    assert screen.frame.locator(".toast").count() == (1 if said else 0)
    wanted = [{"name": "明细 2026-11", "kind": "pdf", "content": "a-b_Yw"}] if answer == "ok" else []
    assert screen.host("host.saved") == wanted
