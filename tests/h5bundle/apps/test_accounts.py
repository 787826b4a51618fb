"""Opening a class II account and moving money in, on a phone's screen."""

import pytest

from tests.h5bundle.apps.conftest import Open, Screen

pytestmark = pytest.mark.browser


def identify(screen: Screen, number: str = "330106199003072816", mobile: str = "13800006620") -> None:
    screen.heading("先确认你是谁")
    screen.frame.get_by_label("姓名").fill("陈屿")
    screen.frame.get_by_label("身份证号").fill(number)
    screen.frame.get_by_label("手机号").fill(mobile)
    screen.press("下一步")


def error_of(screen: Screen, label: str) -> str:
    """The sentence that describes a field to a screen reader."""
    described = screen.frame.get_by_label(label).get_attribute("aria-describedby") or ""
    line = screen.frame.locator(f"#{described.rsplit(maxsplit=1)[-1]}")
    line.wait_for()
    assert screen.frame.get_by_label(label).get_attribute("aria-invalid") == "true"
    return line.inner_text()


def test_the_whole_opening_from_introduction_to_the_balance(open_page: Open) -> None:
    screen = open_page("accounts")
    screen.heading("线上开一个 Ⅱ类户")
    screen.press("开始")
    identify(screen)
    screen.heading("输入验证码")
    screen.press("填入")
    screen.press("下一步")
    screen.heading("绑定一张 Ⅰ类户的卡")
    screen.frame.get_by_label("银行卡号").fill("6222021208004417111")
    screen.press("下一步")
    screen.heading("你在哪里纳税")
    screen.frame.get_by_text("仅为中国税收居民").click()
    screen.frame.get_by_text("我声明以上内容真实").click()
    screen.press("提交开户")
    screen.heading("账户已开立")
    screen.press("绑定这台设备")
    screen.frame.get_by_text("8,460.72 元").wait_for()
    assert screen.sent("accounts.application.create")[0]["body"] == {
        "name": "陈屿",
        "idNumber": "330106199003072816",
        "mobile": "13800006620",
        "class": "II",
    }
    assert screen.sent("accounts.application.declare_tax")[0]["body"] == {"residency": "CN_ONLY", "declared": True}


@pytest.mark.parametrize(
    ("number", "mobile", "label", "sentence"),
    [
        ("330106199003072810", "13800006620", "身份证号", "身份证号不对，请对照身份证再看一遍。"),
        ("330106199003072816", "23800006620", "手机号", "手机号要 11 位，以 1 开头。"),
    ],
)
def test_an_error_stands_under_its_field_and_what_was_typed_stays(
    open_page: Open, number: str, mobile: str, label: str, sentence: str
) -> None:
    screen = open_page("accounts", "/open")
    identify(screen, number, mobile)
    assert error_of(screen, label) == sentence
    assert screen.frame.get_by_label("姓名").input_value() == "陈屿"
    assert screen.frame.evaluate("document.activeElement.labels[0].textContent") == label


def test_the_error_is_in_the_customers_language(open_page: Open) -> None:
    screen = open_page("accounts", state="card", locale="en")
    screen.frame.get_by_label("Card number").fill("6222021208004417935")
    screen.press("Next")
    assert error_of(screen, "Card number").startswith("This card is a class II account.")
    assert screen.frame.locator("html").get_attribute("lang") == "en"


def test_a_mismatch_is_said_at_the_element_that_differs(open_page: Open) -> None:
    screen = open_page("accounts", state="card")
    screen.frame.get_by_label("银行卡号").fill("6222021208004417000")
    screen.press("下一步")
    field = screen.frame.locator(".field", has=screen.frame.get_by_text("银行预留手机号", exact=True))
    field.get_by_role("alert").get_by_text("手机号和银行预留的不一致。").wait_for()


def test_an_opening_goes_on_where_it_was_left(open_page: Open) -> None:
    screen = open_page("accounts", state="card")
    screen.heading("绑定一张 Ⅰ类户的卡")
    assert screen.frame.locator("[aria-current=step]").inner_text().startswith("3") is True
    assert screen.host("host.protectedNow") is True


def test_a_pasted_card_number_is_grouped_and_sent_without_blanks(open_page: Open) -> None:
    screen = open_page("accounts", state="card")
    card = screen.frame.get_by_label("银行卡号")
    card.focus()
    screen.page.keyboard.insert_text("6222-0212 0800 4417 111")
    assert card.input_value() == "6222 0212 0800 4417 111"
    screen.press("下一步")
    screen.heading("你在哪里纳税")
    assert screen.sent("accounts.application.bind_card")[0]["body"] == {"cardNumber": "6222021208004417111"}


def test_tax_residents_of_elsewhere_are_told_to_visit_a_branch(open_page: Open) -> None:
    screen = open_page("accounts", state="card")
    screen.frame.get_by_label("银行卡号").fill("6222021208004417111")
    screen.press("下一步")
    screen.frame.get_by_text("仅为非居民").click()
    screen.press("提交开户")
    screen.frame.get_by_role("alert").get_by_text("其他情况请到网点办理").wait_for()


def test_a_refused_binding_leaves_the_account_and_says_so(open_page: Open) -> None:
    screen = open_page("accounts", state="open")
    screen.host("host.bind = 'USER_CANCELLED'")
    screen.press("绑定这台设备")
    screen.frame.get_by_text("你取消了绑定。账户已经开好，随时可以再绑。").wait_for()
    screen.host("host.bind = 'ok'")
    screen.press("绑定这台设备")
    screen.frame.get_by_text("8,460.72 元").wait_for()


def test_money_moves_in_once_although_the_first_answer_was_lost(open_page: Open) -> None:
    screen = open_page("accounts", "/fund", state="bound")
    screen.host("host.next('accounts.fund', {error: 'TIMEOUT', after: true})")
    screen.frame.get_by_label("转入金额（元）").fill("20000")
    screen.press("转入")
    screen.frame.get_by_text("点重试会查同一笔，不会重复扣款。").wait_for()
    screen.press("转入")
    screen.heading("已转入 20,000.00 元")
    first, second = screen.sent("accounts.fund")
    assert first == second
    assert screen.host("host.bank.fundings") == 1


def test_a_lost_answer_is_asked_for_under_the_same_key_after_a_reload(open_page: Open) -> None:
    screen = open_page("accounts", "/fund", state="bound")
    screen.host("host.next('accounts.fund', {error: 'OFFLINE', after: true})")
    screen.frame.get_by_label("转入金额（元）").fill("20000")
    screen.press("转入")
    screen.frame.get_by_text("不会重复扣款").first.wait_for()
    screen.frame.evaluate("location.reload()")
    screen.heading("结果还在核对")
    screen.press("查询结果")
    screen.heading("已转入 20,000.00 元")
    first, second = screen.sent("accounts.fund")
    assert first["idempotencyKey"] == second["idempotencyKey"]
    assert screen.host("host.bank.fundings") == 1
    assert screen.host("host.store.has('funding')") is False


def test_an_unknown_end_stays_open_until_the_bank_knows(open_page: Open) -> None:
    screen = open_page("accounts", "/fund", state="bound")
    unknown = "{status: 200, body: {fundingId: 'f', state: 'UNKNOWN', amountFen: 2000000, balanceFen: 846072}}"
    screen.host(f"host.next('accounts.fund', {unknown})")
    screen.frame.get_by_label("转入金额（元）").fill("20000")
    screen.press("转入")
    screen.heading("结果还在核对")
    screen.frame.get_by_text("不会重复扣款。").wait_for()
    screen.press("查询结果")
    screen.heading("已转入 20,000.00 元")
    first, second = screen.sent("accounts.fund")
    assert first["idempotencyKey"] == second["idempotencyKey"]


def test_other_amounts_get_other_keys(open_page: Open) -> None:
    screen = open_page("accounts", "/fund", state="bound")
    screen.host("host.next('accounts.fund', {error: 'OFFLINE'})")
    screen.frame.get_by_label("转入金额（元）").fill("20000")
    screen.press("转入")
    screen.frame.get_by_text("不会重复扣款").first.wait_for()
    screen.frame.get_by_label("转入金额（元）").fill("30000")
    screen.press("转入")
    screen.heading("已转入 30,000.00 元")
    first, second = screen.sent("accounts.fund")
    assert first["idempotencyKey"] != second["idempotencyKey"]


def test_hidden_amounts_are_hidden_from_screen_readers_too(open_page: Open) -> None:
    screen = open_page("accounts", state="bound")
    screen.press("隐藏金额")
    screen.frame.get_by_role("button", name="显示金额").wait_for()
    assert "8,460" not in screen.frame.locator(".hero").inner_text()
    assert "金额已隐藏" in screen.frame.locator(".hero").inner_text()


def test_the_way_to_wealth_and_the_guarded_way_back(open_page: Open) -> None:
    screen = open_page("accounts", "/entries", state="bound")
    screen.frame.get_by_text("+20,000.00").wait_for()
    assert screen.host("host.guarded") is True
    screen.host("host.event('page.back', {by: 'button'})")
    screen.press("去理财")
    assert screen.opened() == ["wealth"]
    assert screen.host("host.guarded") is False


def test_a_slow_answer_of_the_cards_bank_goes_on_by_itself(open_page: Open) -> None:
    screen = open_page("accounts", state="card")
    words = "{zh: '还没有收到发卡行的答复。', en: 'No answer yet.'}"
    answer = f"{{after: true, status: 503, body: {{code: 'CARD_CHECK_PENDING', message: {words}}}}}"
    screen.host(f"host.next('accounts.application.bind_card', {answer})")
    screen.frame.get_by_label("银行卡号").fill("6222021208004417111")
    screen.press("下一步")
    screen.frame.get_by_text("发卡行还没有答复，有了结果会自动继续。钱没有动。").wait_for()
    screen.heading("你在哪里纳税")


def test_an_application_that_lapsed_begins_anew(open_page: Open) -> None:
    screen = open_page("accounts", state="card")
    words = "{zh: '这次申请放得太久，已失效，没有开户。请重新申请。', en: 'Lapsed.'}"
    answer = f"{{status: 410, body: {{code: 'APPLICATION_EXPIRED', message: {words}}}}}"
    screen.host(f"host.next('accounts.application.bind_card', {answer})")
    screen.frame.get_by_label("银行卡号").fill("6222021208004417111")
    screen.press("下一步")
    screen.heading("这次申请已失效")
    screen.press("重新申请")
    screen.heading("先确认你是谁")
