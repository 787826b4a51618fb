"""Buying a wealth product: every end says what happened to the money."""

import pytest

from tests.h5bundle.apps.conftest import Open, Screen

pytestmark = pytest.mark.browser


def buy(open_page: Open, *, sign: str = "ACCEPTED", yuan: str = "50000") -> Screen:
    screen = open_page("wealth", "/buy/JMG-WY90", state="bound")
    screen.host("host.bank.balance = 9000000")
    screen.host(f"host.sign = '{sign}'")
    screen.frame.get_by_label("申购金额（元）").fill(yuan)
    screen.press("下一步，确认申购")
    return screen


def test_a_purchase_from_the_list_to_the_order(open_page: Open) -> None:
    screen = open_page("wealth", state="bound")
    screen.host("host.bank.balance = 9000000")
    screen.frame.get_by_role("button", name="稳盈 90 天持有").click()
    screen.frame.get_by_text("基准不是收益承诺，实际以净值为准").wait_for()
    screen.press("申购")
    screen.frame.get_by_label("申购金额（元）").fill("50000")
    screen.press("下一步，确认申购")
    screen.heading("申购已受理")
    screen.frame.get_by_text("50,000.00 元已从你的 Ⅱ类户扣下，11月24日确认份额。").wait_for()
    prepared = screen.sent("wealth.order.prepare")[0]
    assert prepared["body"] == {"product": "JMG-WY90", "accountId": "acc_1", "amountFen": 5000000}
    signed = [call["p"] for call in screen.host("host.calls") if call["m"] == "tx.sign"]
    assert signed == [{"challengeId": "chl_00000001"}]
    screen.frame.get_by_text("凭证").click()
    screen.frame.get_by_text("wealth 1.0.0 · 9f2c41d8…7ae0e41b").wait_for()


@pytest.mark.parametrize(
    ("sign", "title", "sentence"),
    [
        ("USER_CANCELLED", "你取消了申购", "没有提交，钱没有动。"),
        ("CHALLENGE_INVALID", "确认超时了", "这笔申购没有提交，钱没有动。"),
        ("USER_VERIFICATION_FAILED", "没有通过本人验证", "没有提交，钱没有动。"),
        ("LOCKED_OUT", "验证次数太多", "没有提交，钱没有动。"),
        ("NOT_BOUND", "这台设备不能确认申购", "没有提交，钱没有动。"),
        ("PERMISSION_DENIED", "申购没有成功", "钱没有动。"),
        ("REJECTED", "没有买成", "没有扣款，钱还在你的 Ⅱ类户。"),
        ("UNKNOWN", "结果还在核对", "不会重复扣款。"),
        ("TIMEOUT", "结果还在核对", "不会重复扣款。"),
        ("OFFLINE", "结果还在核对", "不会重复扣款。"),
    ],
)
def test_every_end_says_what_happened_to_the_money(open_page: Open, sign: str, title: str, sentence: str) -> None:
    screen = buy(open_page, sign=sign)
    screen.heading(title)
    assert sentence in screen.frame.locator("main").inner_text()


def test_a_refusal_of_the_bank_keeps_its_words(open_page: Open) -> None:
    screen = open_page("wealth", "/buy/JMG-WY90", state="bound")
    screen.host("host.bank.balance = 9000000")
    words = "{zh: '今日额度已售完，钱没有动。', en: 'Sold out. No money has moved.'}"
    screen.host("host.sign = 'UPSTREAM_ERROR'")
    screen.host(f"host.signDetails = {{status: 409, code: 'QUOTA_GONE', message: {words}}}")
    screen.frame.get_by_label("申购金额（元）").fill("50000")
    screen.press("下一步，确认申购")
    screen.heading("申购没有成功")
    screen.frame.get_by_text("今日额度已售完，钱没有动。").wait_for()


def test_after_cancelling_a_new_purchase_is_a_new_request(open_page: Open) -> None:
    screen = buy(open_page, sign="USER_CANCELLED")
    screen.press("重新申购")
    screen.host("host.sign = 'ACCEPTED'")
    screen.frame.get_by_label("申购金额（元）").fill("50000")
    screen.press("下一步，确认申购")
    screen.heading("申购已受理")
    first, second = screen.sent("wealth.order.prepare")
    assert first["idempotencyKey"] != second["idempotencyKey"]


def test_a_lost_answer_is_found_among_the_orders_even_after_a_reload(open_page: Open) -> None:
    screen = buy(open_page, sign="LOST")
    screen.heading("结果还在核对")
    screen.frame.evaluate("location.reload()")
    screen.heading("结果还在核对")
    screen.press("查询结果")
    screen.heading("申购已受理")
    assert screen.host("host.store.has('pending.purchase')") is False
    assert len(screen.host("host.bank.orders")) == 1


def test_no_order_after_the_confirmation_expired_means_no_money_moved(open_page: Open) -> None:
    screen = buy(open_page, sign="TIMEOUT")
    screen.press("查询结果")
    screen.frame.get_by_text("还没有结果，不会重复扣款。").wait_for()
    screen.page.context.clock.set_fixed_time("2026-11-20T06:39:00Z")
    screen.press("查询结果")
    screen.frame.get_by_text("没有提交，钱没有动。").wait_for()
    assert screen.host("host.store.has('pending.purchase')") is False


@pytest.mark.parametrize(
    ("yuan", "sentence"),
    [
        ("500", "最少 10,000 元"),
        ("10000.5", "在 10,000 元之上，要按 1 元递增"),
        ("1e5", "请填写金额，最多两位小数，例如 20000"),
    ],
)
def test_an_amount_that_cannot_be_is_not_sent(open_page: Open, yuan: str, sentence: str) -> None:
    screen = buy(open_page, yuan=yuan)
    screen.frame.get_by_role("alert").get_by_text(sentence).wait_for()
    assert screen.sent("wealth.order.prepare") == []


def test_too_little_money_offers_the_way_to_move_some_in(open_page: Open) -> None:
    screen = buy(open_page, yuan="100000")
    screen.frame.get_by_role("alert").get_by_text("余额不够，钱没有动。").wait_for()
    screen.press("转入资金")
    assert screen.opened() == ["accounts#/fund"]


def test_a_product_above_the_level_cannot_be_bought_and_says_why(open_page: Open) -> None:
    screen = open_page("wealth", "/product/JMG-JQ365", state="bound")
    screen.frame.get_by_text("这个产品是 R4，你的等级是 C3，不能购买。").wait_for()
    assert screen.frame.get_by_role("button", name="申购", exact=True).count() == 0
    screen.frame.get_by_role("img", name="风险等级 R4 中高风险，共五级").wait_for()


def test_without_a_level_the_questions_come_first_and_lead_back_to_the_product(open_page: Open) -> None:
    screen = open_page("wealth", "/product/JMG-WY90", state="bound", level="none")
    screen.press("先做测评")
    screen.press("下一题")
    screen.frame.get_by_role("alert").get_by_text("请选一项").wait_for()
    for _ in range(3):
        screen.frame.locator(".choice").nth(1).click()
        screen.frame.locator("footer .primary").click()
    screen.heading("C3 平衡型")
    screen.press("回到产品")
    screen.press("申购")
    screen.heading("申购多少")
    assert screen.sent("wealth.suitability.assess")[0]["body"] == {
        "version": "wealth-2026.1",
        "answers": {"q1": "q1.2", "q2": "q2.2", "q3": "q3.2"},
    }


def test_without_a_network_the_last_figures_stand_with_their_time(open_page: Open) -> None:
    screen = open_page("wealth", state="bound")
    screen.frame.get_by_text("在售产品").wait_for()
    screen.host("host.offline = true")
    screen.frame.evaluate("location.hash = '#/product/JMG-WY90'")
    screen.heading("没有网络")
    screen.frame.evaluate("location.hash = '#/'")
    screen.frame.get_by_text("没有网络。这是今日 14:32 的数据。").wait_for()
    screen.frame.get_by_role("button", name="稳盈 90 天持有").wait_for()
    screen.host("host.offline = false")
    screen.host("host.event('network.changed', {online: true})")
    screen.frame.get_by_text("没有网络。这是").wait_for(state="detached")


def test_nothing_is_sent_without_a_network_and_what_was_typed_stays(open_page: Open) -> None:
    screen = open_page("wealth", "/buy/JMG-WY90", state="bound")
    screen.frame.get_by_label("申购金额（元）").fill("10000")
    screen.host("host.bank.balance = 9000000")
    screen.host("host.offline = true")
    screen.press("下一步，确认申购")
    screen.frame.get_by_text("没有网络，暂时不能提交。填好的内容都在。").wait_for()
    assert screen.frame.get_by_label("申购金额（元）").input_value() == "10,000"
    screen.host("host.offline = false")
    screen.press("下一步，确认申购")
    screen.heading("申购已受理")


def test_cancelling_the_unlock_shows_how_to_unlock(open_page: Open) -> None:
    screen = open_page("wealth", "/orders", state="bound")
    screen.host("host.next('wealth.product.list', {error: 'USER_CANCELLED'})")
    screen.frame.evaluate("location.hash = '#/'")
    screen.heading("需要先解锁")
    screen.press("解锁")
    screen.heading("在售产品")


def test_a_device_without_a_customer_is_led_to_the_opening(open_page: Open) -> None:
    screen = open_page("wealth", "/orders", state="bound")
    screen.host("host.next('wealth.product.list', {error: 'AUTH_REQUIRED'})")
    screen.frame.evaluate("location.hash = '#/'")
    screen.heading("这台设备还没有绑定")
    screen.press("去开户和绑定")
    assert screen.opened() == ["accounts"]


def test_theme_and_language_follow_the_app(open_page: Open) -> None:
    screen = open_page("wealth", state="bound")
    screen.heading("在售产品")
    screen.host("host.event('theme.changed', {theme: 'dark', locale: 'en'})")
    screen.heading("On sale")
    assert screen.frame.locator("html").get_attribute("data-theme") == "dark"
    assert screen.frame.locator("html").get_attribute("lang") == "en"


def test_older_customers_confirm_once_more(open_page: Open) -> None:
    screen = open_page("wealth", "/buy/JMG-WY90", state="bound")
    words = "{zh: '你已年满 65 周岁，购买前请再确认一次已了解风险。钱没有动。', en: 'Confirm.'}"
    answer = f"{{status: 409, body: {{code: 'AGE_CONFIRMATION_REQUIRED', message: {words}}}}}"
    screen.host(f"host.next('wealth.order.prepare', {answer})")
    screen.host("host.bank.balance = 9000000")
    screen.frame.get_by_label("申购金额（元）").fill("10000")
    screen.press("下一步，确认申购")
    screen.frame.get_by_role("alert").get_by_text("购买前请再确认一次").wait_for()
    screen.press("下一步，确认申购")
    screen.frame.get_by_role("alert").get_by_text("请先勾选确认").wait_for()
    screen.frame.get_by_label("我已年满 65 周岁").check()
    screen.press("下一步，确认申购")
    screen.heading("申购已受理")
    assert [call["body"].get("ageConfirmed") for call in screen.sent("wealth.order.prepare")] == [None, True]


def test_a_challenge_used_already_is_looked_up_and_never_called_a_failure(open_page: Open) -> None:
    screen = open_page("wealth", "/buy/JMG-WY90", state="bound")
    screen.host("host.bank.balance = 9000000")
    screen.host("host.sign = 'CHALLENGE_INVALID'")
    screen.host("host.signDetails = {status: 409, code: 'CHALLENGE_USED', message: {zh: '处理过', en: 'Used'}}")
    screen.frame.get_by_label("申购金额（元）").fill("50000")
    screen.press("下一步，确认申购")
    screen.heading("结果还在核对")
    screen.press("查询结果")
    screen.frame.get_by_text("还没有结果，不会重复扣款。").wait_for()


def test_the_sheet_about_levels_closes_by_escape_and_gives_the_focus_back(open_page: Open) -> None:
    screen = open_page("wealth", state="bound")
    screen.press("等级说明")
    screen.frame.get_by_role("dialog", name="等级说明").get_by_text("C3 平衡型 及以上可以购买").wait_for()
    screen.page.keyboard.press("Escape")
    screen.frame.get_by_role("dialog").wait_for(state="detached")
    assert screen.frame.evaluate("document.activeElement.getAttribute('aria-label')") == "等级说明"
