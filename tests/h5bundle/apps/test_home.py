"""The entrance page: everything in one overview, what waits, and businesses that stand or fall each for itself."""

import json

import pytest

from tests.h5bundle.apps.conftest import Open, Screen

pytestmark = pytest.mark.browser
SILENT = "{ status: 503, body: { code: 'UPSTREAM', status: 503 } }"
MISSING = "没有拿到金芒果的数据，总资产里没有算上。"


def said(screen: Screen) -> str:
    screen.settle()
    return screen.frame.locator("main").inner_text()


def reload(screen: Screen) -> None:
    ready = screen.host("host.ready")
    screen.frame.evaluate("location.reload()")
    screen.page.wait_for_function(f"host.ready > {ready}")


def assets(screen: Screen) -> str:
    screen.settle()
    return screen.frame.locator(".hero .amount .shut").inner_text()


def press_row(screen: Screen, name: str) -> None:
    screen.frame.locator("main").get_by_role("button", name=name).first.click()


def test_all_that_a_customer_has_what_waits_and_the_ways_to_the_businesses(open_page: Open) -> None:
    screen = open_page("home", state="busy")
    screen.heading("下午好，陈*")
    assert assets(screen) == "128,673.59"
    screen.frame.get_by_role("img", name="活期 6.6%，利民宝 31.1%，理财 62.3%").wait_for()
    assert "1 笔待确认份额" in said(screen)
    assert "昨日收益 +2.14" in said(screen)
    press_row(screen, "还有 2 件")
    press_row(screen, "开户还差几步")
    press_row(screen, "申购还在核对")
    press_row(screen, "尾号 3381")
    press_row(screen, "1 笔待确认份额")
    press_row(screen, "累计收益 +683.27")
    press_row(screen, "12月8日前应还")
    assert screen.opened(6) == ["accounts", "wealth#/order/ord_3", "accounts", "wealth", "sweep", "cards"]


def test_one_kind_of_assets_has_no_shares_and_nothing_waits(open_page: Open) -> None:
    screen = open_page("home", state="bound")
    assert assets(screen) == "8,460.72"
    assert screen.frame.locator(".shares").count() == 0
    assert ("看看在售的产品" in said(screen), "等你处理" in said(screen)) == (True, False)


def test_a_business_that_does_not_answer_says_so_in_its_row_and_the_others_stand(open_page: Open) -> None:
    screen = open_page("home", state="busy")
    screen.settle()
    screen.host(f"host.next('wealth.transaction.list', {SILENT})")
    reload(screen)
    text = said(screen)
    assert ("暂时没有应答" in text, MISSING in text, "80,212.87" in text) == (True, True, False)
    assert assets(screen) == "48,460.72"
    press_row(screen, "暂时没有应答")
    assert screen.opened() == ["wealth"]
    screen.press("重试")
    screen.frame.get_by_text("80,212.87").first.wait_for()
    assert MISSING not in said(screen)


def test_the_account_may_be_the_one_that_is_silent(open_page: Open) -> None:
    screen = open_page("home", state="busy")
    screen.settle()
    screen.host(f"host.next('accounts.list', {SILENT})")
    reload(screen)
    assert assets(screen) == "120,212.87"
    assert "没有拿到Ⅱ类户的数据" in said(screen)


def test_an_answer_that_cannot_be_read_is_the_pages_fault_in_that_row_alone(open_page: Open) -> None:
    screen = open_page("home", state="busy")
    screen.settle()
    screen.host("host.next('wealth.transaction.list', { status: 200, body: { unheard: 1 } })")
    reload(screen)
    assert ("这里没能显示" in said(screen), assets(screen)) == (True, "48,460.72")
    assert any("TypeError" in complaint for complaint in screen.complaints)
    screen.complaints.clear()


@pytest.mark.parametrize("code", ["METHOD_UNKNOWN", "PERMISSION_DENIED"])
def test_a_business_that_this_server_does_not_have_leaves_no_trace(open_page: Open, code: str) -> None:
    screen = open_page("home", state="busy")
    screen.settle()
    screen.host(f"host.next('wealth.transaction.list', {{ error: '{code}' }})")
    reload(screen)
    text = said(screen)
    assert ("金芒果" in text, "没有拿到" in text, "尾号 3381" in text) == (False, False, True)


def test_without_a_network_what_was_seen_last_stands_with_its_time(open_page: Open) -> None:
    screen = open_page("home", state="busy")
    assert assets(screen) == "128,673.59"
    screen.host("host.offline = true")
    reload(screen)
    assert assets(screen) == "128,673.59"
    text = said(screen)
    assert ("没有网络。这是今日 14:32 的数据。" in text, "没有拿到" in text) == (True, False)


def test_a_person_who_says_no_sees_nothing_and_is_asked_again_by_the_button(open_page: Open) -> None:
    screen = open_page("home", state="busy")
    screen.settle()
    for op in ("accounts.list", "wealth.transaction.list", "wealth.holding.list", "sweep.position.get", "cards.list"):
        screen.host(f"host.next('{op}', {{ error: 'USER_CANCELLED' }})")
    reload(screen)
    screen.heading("需要先解锁")
    assert screen.frame.locator(".secret").count() == 0
    screen.press("解锁")
    assert assets(screen) == "128,673.59"


def test_each_business_is_drawn_when_it_answers_and_no_sum_is_guessed(open_page: Open) -> None:
    screen = open_page("home", state="busy")
    screen.settle()
    screen.host("host.slowOps = { 'wealth.transaction.list': 1500 }")
    reload(screen)
    screen.frame.get_by_text("尾号 3381").wait_for()
    assert (screen.frame.locator(".hero").count(), screen.frame.locator(".bone").count()) == (0, 2)
    assert assets(screen) == "128,673.59"


def test_the_eye_hides_every_figure_of_the_page(open_page: Open) -> None:
    screen = open_page("home", state="busy")
    screen.settle()
    shown = screen.frame.locator(".shut")
    assert shown.count() == 11
    screen.press("隐藏金额")
    assert [shown.nth(index).is_visible() for index in range(11)] == [False] * 11


def test_the_dots_of_a_short_amount_stay_in_its_line(open_page: Open) -> None:
    screen = open_page("home", state="bound")
    screen.settle()
    screen.press("隐藏金额")
    dots = screen.frame.locator(".amount .dots > span").first
    assert dots.evaluate("(dots) => dots.getClientRects().length") == 1


def test_what_ends_first_stands_first_and_the_businesses_stay_in_sight(open_page: Open) -> None:
    screen = open_page("home", state="busy")
    screen.settle()
    rows = screen.frame.locator("main section").nth(1).locator("li b")
    first = ["开户还差几步", "信用卡申请等你补充材料", "信用卡账单待还"]
    assert rows.all_inner_texts() == first
    screen.press("还有 2 件")
    assert rows.all_inner_texts() == [*first, "申购还在核对", "新卡已寄出"]
    assert screen.frame.evaluate("document.activeElement.textContent").startswith("申购还在核对")
    screen.page.keyboard.press("Enter")
    assert screen.opened() == ["wealth#/order/ord_3"]


def test_a_bill_that_is_repaid_by_itself_waits_for_nobody_until_it_is_overdue(open_page: Open) -> None:
    screen = open_page("home", state="busy")
    screen.settle()
    account = screen.host("host.bank.more['cards.account.get']().body")
    account["autopay"] = {"agreementId": "agr_1"}
    screen.host(f"host.bank.more['cards.account.get'] = () => ({{ status: 200, body: {json.dumps(account)} }})")
    reload(screen)
    assert ("信用卡账单待还" in said(screen), "12月8日前应还" in said(screen)) == (False, True)
    account["overdueSince"] = "2026-11-19"
    screen.host(f"host.bank.more['cards.account.get'] = () => ({{ status: 200, body: {json.dumps(account)} }})")
    reload(screen)
    assert "信用卡账单已逾期" in said(screen)


def test_what_is_owed_on_a_lost_card_is_still_said(open_page: Open) -> None:
    screen = open_page("home", state="busy")
    screen.settle()
    cards = screen.host("host.bank.more['cards.list']().body")
    cards["cards"][0]["state"] = "LOST"
    screen.host(f"host.bank.more['cards.list'] = () => ({{ status: 200, body: {json.dumps(cards)} }})")
    reload(screen)
    assert ("信用卡账单待还" in said(screen), "12月8日前应还" in said(screen)) == (True, True)


def test_income_is_named_by_its_day_and_what_is_being_confirmed_is_said(open_page: Open) -> None:
    screen = open_page("home", state="busy")
    screen.settle()
    position = screen.host("host.bank.more['sweep.position.get']().body")
    position |= {"newestDate": "2026-11-18", "pendingFen": 100000}
    screen.host(f"host.bank.more['sweep.position.get'] = () => ({{ status: 200, body: {json.dumps(position)} }})")
    reload(screen)
    assert ("周三收益 +2.14" in said(screen), "确认中 1,000.00" in said(screen)) == (True, True)


@pytest.mark.parametrize(
    ("state", "title"),
    [("UNKNOWN", "转出还在核对"), ("RETURNING", "转出没有成功，正在退回"), ("DONE", None)],
)
def test_a_transfer_waits_until_it_has_an_end(open_page: Open, state: str, title: str | None) -> None:
    screen = open_page("home", state="bound")
    screen.settle()
    transfers = json.dumps([{"state": state, "payeeTail": "7788"}])
    answer = f"() => ({{ status: 200, body: {{ transfers: {transfers} }} }})"
    screen.host(f"void (host.bank.more['accounts.transfer.list'] = {answer})")
    reload(screen)
    assert ("尾号 7788" in said(screen), title is None or title in said(screen)) == (title is not None, True)


def test_a_silent_reminder_is_no_trouble(open_page: Open) -> None:
    screen = open_page("home", state="bound")
    screen.settle()
    screen.host(f"host.next('accounts.transfer.list', {SILENT})")
    reload(screen)
    assert (assets(screen), "没有拿到" in said(screen)) == ("8,460.72", False)


@pytest.mark.parametrize(
    ("holdings", "caption", "value"),
    [
        ([{"costFen": 5000000, "valueFen": 5021287, "incomeFen": 21287}], "累计收益 +212.87", "50,212.87"),
        ([{"costFen": 5000000, "valueFen": None, "incomeFen": None}], "按申购金额计", "50,000.00"),
    ],
)
def test_holdings_stand_at_their_newest_value(
    open_page: Open, holdings: list[dict[str, int | None]], caption: str, value: str
) -> None:
    screen = open_page("home", state="bound")
    screen.settle()
    answer = f"() => ({{ status: 200, body: {{ holdings: {json.dumps(holdings)} }} }})"
    screen.host(f"void (host.bank.more['wealth.holding.list'] = {answer})")
    reload(screen)
    assert (caption in said(screen), value in said(screen)) == (True, True)


@pytest.mark.parametrize(
    ("state", "title", "action"),
    [
        ("new", "先开一个 Ⅱ类户", "去开户"),
        ("card", "开户还差几步", "继续开户"),
        ("open", "账户已开立，还差一步", "去绑定"),
    ],
)
def test_a_device_without_a_customer_is_led_to_the_opening(
    open_page: Open, state: str, title: str, action: str
) -> None:
    screen = open_page("home", state=state)
    screen.heading(title)
    screen.press(action)
    assert screen.opened() == ["accounts"]
    assert [call["op"] for call in screen.sent("accounts.list")] == []


def test_an_opening_that_lapsed_begins_anew(open_page: Open) -> None:
    screen = open_page("home", state="card")
    screen.settle()
    screen.host("host.bank.application.expiresAt = '2026-11-01T00:00:00Z'")
    reload(screen)
    screen.heading("先开一个 Ⅱ类户")


def test_what_comes_for_the_customer_before_is_not_kept_for_the_next(open_page: Open) -> None:
    screen = open_page("home", state="busy")
    screen.settle()
    assert len(json.loads(screen.host("host.store.get('seen')"))) == 9
    screen.host("host.slowOps = { 'wealth.transaction.list': 800 }")
    reload(screen)
    screen.frame.get_by_text("尾号 3381").wait_for()
    screen.host("host.event('session.changed', { state: 'none', customer: null, deviceState: 'ACTIVE' })")
    screen.settle()
    assert screen.host("host.store.get('seen') ?? null") is None
