"""What a customer holds: shares and income behind the eye, redeeming by shares, cancelling, and every end in words."""

import pytest

from tests.h5bundle.apps.conftest import Open, Screen

pytestmark = pytest.mark.browser
SHARES = "赎回份额（份）"


def redeem(open_page: Open, shares: str, sign: str = "ACCEPTED") -> Screen:
    screen = open_page("wealth", "/redeem/JMG-WY90", state="held")
    screen.host(f"host.sign = '{sign}'")
    screen.frame.get_by_label(SHARES).fill(shares)
    screen.press("下一步，确认赎回")
    return screen


def test_from_the_list_to_a_redemption_and_back_to_the_shares(open_page: Open) -> None:
    screen = open_page("wealth", state="held")
    screen.frame.get_by_role("button", name="我的持有").click()
    screen.frame.get_by_text("79,760").wait_for()
    screen.frame.get_by_role("button", name="稳盈 90 天持有").click()
    screen.press("赎回")
    screen.frame.get_by_label(SHARES).fill("10000")
    screen.frame.get_by_text("按最新净值 1.0143 约 10,143.00 元，以确认为准").wait_for()
    screen.press("下一步，确认赎回")
    screen.heading("赎回已受理")
    screen.frame.get_by_text("11月23日按净值确认金额，11月24日到账。").wait_for()
    (prepared,) = screen.sent("wealth.redeem.prepare")
    assert prepared["body"] == {"product": "JMG-WY90", "accountId": "acc_1", "shares": "10000.00"}
    screen.press("撤单")
    assert screen.sent("wealth.redemption.cancel") == []  # it asks first
    screen.press("确认撤单")
    screen.heading("赎回已撤销")
    screen.frame.get_by_text("10,000.00 份已回到你的持有，钱没有动。").wait_for()


def test_all_is_what_can_be_redeemed(open_page: Open) -> None:
    screen = open_page("wealth", "/redeem/JMG-WY90", state="held")
    screen.press("全部")
    assert screen.frame.get_by_label(SHARES).input_value() == "18,663.74"
    screen.press("下一步，确认赎回")
    screen.heading("赎回已受理")
    assert screen.sent("wealth.redeem.prepare")[0]["body"]["shares"] == "18663.74"


@pytest.mark.parametrize(
    ("shares", "sentence"),
    [
        ("", "请填写份额，最多两位小数，例如 1000"),
        ("0", "请填写份额，最多两位小数，例如 1000"),
        ("1.234", "请填写份额，最多两位小数，例如 1000"),
        ("0.99", "最少 1.00 份，或一次赎回全部"),
        ("18663.75", "最多可赎回 18,663.74 份"),
    ],
)
def test_shares_that_cannot_be_are_not_sent(open_page: Open, shares: str, sentence: str) -> None:
    screen = redeem(open_page, shares)
    screen.frame.get_by_role("alert").get_by_text(sentence).wait_for()
    assert screen.sent("wealth.redeem.prepare") == []


def test_a_lost_answer_is_found_among_the_redemptions(open_page: Open) -> None:
    screen = redeem(open_page, "100", "LOST")
    screen.heading("结果还在核对")
    screen.frame.evaluate("location.reload()")
    screen.press("查询结果")
    screen.heading("赎回已受理")
    assert screen.host("host.store.has('pending.redemption')") is False


def test_what_cannot_be_redeemed_says_why(open_page: Open) -> None:
    for code, sentence in (("JMG-FB180", "产品在封闭期"), ("JMG-XL30", "还在持有期内，12月20日起可以赎回。")):
        screen = open_page("wealth", f"/holding/{code}", state="held")
        screen.frame.get_by_text(sentence).wait_for()
        assert screen.frame.get_by_role("button", name="赎回", exact=True).count() == 0
        screen.frame.evaluate(f"location.hash = '#/redeem/{code}'")
        screen.heading("现在不能赎回")


def test_the_eye_hides_every_figure_of_the_holdings(open_page: Open) -> None:
    screen = open_page("wealth", "/holdings", state="held")
    screen.press("隐藏金额")
    for text in ("79,760", "40,008.49", "−248.00", "39,444.44 份"):
        assert screen.frame.get_by_text(text).first.is_hidden()
    screen.frame.evaluate("location.reload()")
    screen.frame.get_by_role("button", name="显示金额").wait_for()


def test_a_purchase_is_cancelled_after_asking_and_its_money_comes_back(open_page: Open) -> None:
    screen = open_page("wealth", "/order/ACCEPTED", state="held")
    screen.frame.get_by_text("11月23日 · 今日 15:00 前可撤单").wait_for()
    screen.press("撤单")
    screen.frame.get_by_role("dialog").get_by_text("20,000.00 元退回付款的账户").wait_for()
    screen.press("确认撤单")
    screen.heading("钱已退回")
    assert screen.sent("wealth.order.cancel")[0]["params"] == {"orderId": "ACCEPTED"}


def test_a_purchase_that_can_no_longer_be_cancelled_says_so_and_stands(open_page: Open) -> None:
    screen = open_page("wealth", "/order/ACCEPTED", state="held")
    screen.press("撤单")
    screen.host("host.bank.orders[0].cancellableUntil = null")
    screen.press("确认撤单")
    screen.frame.get_by_role("alert").get_by_text("已过撤单时间，不能撤单，原委托继续有效。").wait_for()


def test_a_verification_that_was_declined_cancels_nothing(open_page: Open) -> None:
    screen = open_page("wealth", "/order/ACCEPTED", state="held")
    screen.press("撤单")
    screen.host("host.next('wealth.order.cancel', {error: 'USER_CANCELLED'})")
    screen.press("确认撤单")
    screen.frame.get_by_role("alert").get_by_text("你取消了，没有提交。").wait_for()
    assert screen.host("host.bank.orders[0].state") == "ACCEPTED"


@pytest.mark.parametrize(
    ("path", "title", "sentence"),
    [
        ("/order/CONFIRMED", "份额已确认", "19,663.74 份，净值 1.0171"),
        ("/order/QUOTA_HELD", "结果还在核对", "不会重复扣款。"),
        ("/order/REJECTED", "没有买成", "账户里的钱不够。钱没有动。"),
        ("/order/REFUNDING", "正在退款", "20,000.00 元正在退回付款的账户"),
        ("/order/REFUND_FAILED", "退款还在办理", "银行每个交易日再办，直到退回"),
        ("/redemption/PAYING", "金额已确认", "10,000.00 份折合 10,171.00 元，11月24日到账。"),
        ("/redemption/PAID", "已到账", "净值 1.0171（11-20）"),
        ("/redemption/FAILED", "赎回没有办成", "10,000.00 份已回到你的持有。"),
        ("/redemption/MATURITY", "已到账", "产品到期"),
    ],
)
def test_every_state_says_where_shares_and_money_are(open_page: Open, path: str, title: str, sentence: str) -> None:
    screen = open_page("wealth", path, state="held")
    screen.heading(title)
    screen.frame.get_by_text(sentence).first.wait_for()


def test_the_history_goes_on_behind_its_first_page(open_page: Open) -> None:
    screen = open_page("wealth", "/orders", state="held")
    rows = screen.frame.locator("main .list > li")
    rows.nth(9).wait_for()
    assert rows.count() == 10
    screen.press("更多")
    rows.nth(13).wait_for()
    screen.frame.get_by_text("到期兑付").wait_for()
    assert [call.get("params") for call in screen.sent("wealth.transaction.list")] == [None, {"cursor": "10"}]


def test_the_holdings_are_kept_as_a_file(open_page: Open) -> None:
    screen = open_page("wealth", "/holdings", state="held")
    screen.press("导出")
    screen.press("PDF 文件")
    screen.frame.get_by_text("已保存").wait_for()
    assert screen.host("host.saved") == [{"name": "理财持仓 2026-11-20", "kind": "pdf", "content": "JVBERi0x"}]


def test_the_history_is_kept_as_a_file(open_page: Open) -> None:
    screen = open_page("wealth", "/orders", state="held")
    screen.press("导出")
    screen.press("CSV 表格")
    screen.frame.get_by_text("已保存").wait_for()
    screen.press("导出")
    screen.press("PDF 文件")
    screen.page.wait_for_function("host.saved.length === 2")
    name = "理财交易记录"
    csv, pdf = screen.host("host.saved")
    assert csv == {"name": name, "kind": "csv", "content": "77u_YQ"}
    assert pdf == {"name": name, "kind": "pdf", "content": "JVBERi0x"}


def test_the_questions_go_on_where_they_were_left(open_page: Open) -> None:
    screen = open_page("wealth", "/assess", state="bound", level="none")
    screen.frame.locator(".choice").nth(1).click()
    screen.press("下一题")
    screen.heading("你投资过哪些产品？")
    screen.page.wait_for_function("host.store.has('drafts')")
    screen.frame.evaluate("location.reload()")
    screen.heading("你投资过哪些产品？")
    screen.frame.get_by_text("第 2 题，共 3 题 · 接着上次的回答").wait_for()
    for _ in range(2):
        screen.frame.locator(".choice").nth(1).click()
        screen.frame.locator("footer .primary").click()
    screen.heading("C3 平衡型")
    assert screen.sent("wealth.suitability.assess")[0]["body"]["answers"] == {"q1": "q1.2", "q2": "q2.2", "q3": "q3.2"}
    assert screen.host("host.store.has('drafts')") is False


def test_a_private_product_shows_the_way_and_asks_for_the_declaration(open_page: Open) -> None:
    screen = open_page("wealth", "/product/JMG-SM1", state="bound")
    screen.press("怎样登记")
    screen.frame.get_by_text("带证明到网点").wait_for()
    screen.host("(host.bank.qualified = true, host.bank.balance = 200000000)")
    screen.frame.evaluate("location.reload()")
    screen.press("申购")
    screen.frame.get_by_label("申购金额（元）").fill("1000000")
    screen.press("下一步，确认申购")
    screen.frame.get_by_role("alert").get_by_text("请先勾选确认").wait_for()
    screen.frame.get_by_label("我声明：我是合格投资者").check()
    screen.press("下一步，确认申购")
    screen.heading("申购已受理")
    assert screen.sent("wealth.order.prepare")[0]["body"]["qualified"] is True


@pytest.mark.parametrize(
    ("code", "chip", "sentence"),
    [
        ("JMG-TT7", "已售完", "额度已售完"),
        ("JMG-FB180", "封闭中", "产品在封闭期"),
        ("JMG-DQ90", "已到期", "产品已到期，不再申购"),
    ],
)
def test_a_product_not_on_sale_shows_its_state_and_offers_others(
    open_page: Open, code: str, chip: str, sentence: str
) -> None:
    screen = open_page("wealth", f"/product/{code}", state="bound")
    screen.frame.get_by_text(chip, exact=True).first.wait_for()
    screen.frame.get_by_text(sentence).first.wait_for()
    screen.press("看其他产品")
    screen.frame.get_by_role("heading", name="不在售").wait_for()
