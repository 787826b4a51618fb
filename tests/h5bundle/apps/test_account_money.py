"""Money out of an account, its statements, and what changes the account, on a phone's screen."""

import pytest

from tests.h5bundle.apps.conftest import Open, Screen

pytestmark = pytest.mark.browser


def pay(screen: Screen, yuan: str) -> None:
    screen.frame.get_by_label("转出金额（元）").fill(yuan)
    screen.press("下一步，确认转账")


def test_all_of_the_balance_goes_to_the_bound_card_by_a_signature(open_page: Open) -> None:
    screen = open_page("accounts", "/out", state="bound")
    screen.frame.get_by_role("button", name="中国工商银行（7935）").click()
    screen.press("全部")
    screen.press("下一步，确认转账")
    screen.heading("已转出")
    screen.frame.get_by_text("转给 中国工商银行（7935）").wait_for()
    (asked,) = screen.sent("accounts.transfer.bound")
    assert asked["body"] == {"amountFen": 846072}
    assert screen.sent("accounts.transfer.out") == []


def test_a_new_payee_is_kept_and_paid(open_page: Open) -> None:
    screen = open_page("accounts", "/payee", state="bound")
    screen.press("保存并继续")
    screen.frame.get_by_role("alert").get_by_text("收款人姓名").wait_for()
    screen.frame.get_by_label("收款人姓名").fill("林初夏")
    screen.frame.get_by_label("收款账号或卡号").fill("6222")
    screen.press("保存并继续")
    screen.frame.get_by_role("alert").get_by_text("没有找到这个收款账户").wait_for()
    screen.frame.get_by_label("收款账号或卡号").fill("6222021208004415518")
    screen.press("保存并继续")
    pay(screen, "50")
    screen.heading("已转出")
    (asked,) = screen.sent("accounts.transfer.out")
    assert asked["body"] == {"amountFen": 5000, "payeeId": "pay_new"}
    kept = str(screen.host("[...host.store.values()]"))
    assert "6222021208004415518" not in kept


@pytest.mark.parametrize(
    ("state", "yuan", "sentence"),
    [("spent", "100.01", "今天还可转 100.00 元"), ("bound", "8460.73", "余额不够，可用 8,460.72 元")],
)
def test_what_passes_a_limit_is_said_before_anything_is_asked(
    open_page: Open, state: str, yuan: str, sentence: str
) -> None:
    screen = open_page("accounts", "/pay/pay_1", state=state)
    pay(screen, yuan)
    screen.frame.get_by_role("alert").get_by_text(sentence).wait_for()
    assert screen.sent("accounts.transfer.out") == []


def test_a_limit_that_the_bank_knows_better_stands_at_the_amount(open_page: Open) -> None:
    screen = open_page("accounts", "/pay/pay_1", state="bound")
    words = "{zh: '超过今天的限额，钱没有动。', en: 'Over the limit.'}"
    screen.host(f"host.next('accounts.transfer.out', {{status: 409, body: {{code: 'LIMIT_DAY', message: {words}}}}})")
    pay(screen, "50")
    screen.frame.get_by_role("alert").get_by_text("超过今天的限额，钱没有动。").wait_for()
    assert screen.frame.get_by_label("转出金额（元）").input_value() == "50"


def test_a_cancelled_transfer_moves_nothing_and_a_lost_one_is_found(open_page: Open) -> None:
    screen = open_page("accounts", "/pay/pay_1", state="bound")
    screen.host("host.sign = 'USER_CANCELLED'")
    pay(screen, "50")
    screen.heading("你取消了转账")
    screen.frame.get_by_text("钱没有动").wait_for()
    screen.press("重新转账")
    screen.host("host.sign = 'LOST'")
    pay(screen, "50")
    screen.heading("结果还在核对")
    screen.frame.evaluate("location.hash = '#/'")
    screen.frame.get_by_text("有一笔转账的结果还在核对").wait_for()
    screen.press("查询结果")
    screen.press("查询结果")
    screen.heading("已转出")
    assert screen.host("host.store.has('pending.transfer')") is False


def test_entries_are_sieved_and_the_month_is_exported(open_page: Open) -> None:
    screen = open_page("accounts", "/entries", state="sent")
    screen.frame.get_by_text("+20,000.00").wait_for()
    assert screen.frame.locator(".list .item").count() == 10
    screen.press("更多")
    screen.frame.locator(".list .item").nth(19).wait_for()
    screen.frame.get_by_label("转出", exact=True).check()
    screen.frame.get_by_text("+20,000.00").wait_for(state="detached")
    assert screen.sent("accounts.entries")[-1]["params"]["direction"] == "out"
    screen.press("上个月")
    screen.frame.get_by_text("2026年10月没有转出。").wait_for()
    asked = screen.sent("accounts.entries")[-1]["params"]
    assert (asked["since"], asked["until"]) == ("2026-10-01", "2026-10-31")
    screen.press("导出本月")
    screen.press("CSV 表格")
    screen.frame.get_by_text("已保存").wait_for()
    assert screen.host("host.saved") == [{"name": "收支明细 3381 2026-10", "kind": "csv", "content": "a-b_Yw"}]


def test_a_month_of_the_statements_opens_its_movements_and_is_exported(open_page: Open) -> None:
    screen = open_page("accounts", state="sent")
    screen.press("月度账单")
    screen.frame.get_by_role("button", name="2026年10月").wait_for()
    rows = screen.frame.locator(".list .item").all_inner_texts()
    assert rows[0].split("\n") == ["2026年11月", "还没有结束"]
    assert rows[2].split("\n") == ["2026年9月", "收入 +3,000.00", "支出 −1,100.50", "8,460.72", "月末余额"]
    picture = screen.frame.get_by_role("img", name="月末余额，近 6 个月；2026年10月是 8,460.72 元。")
    assert picture.locator(".bar").count() == 6
    screen.frame.get_by_role("button", name="2026年9月").click()
    screen.frame.get_by_text("2026年9月没有收支。").wait_for()
    screen.press("导出本月")
    screen.press("PDF 文件")
    screen.frame.get_by_text("已保存").wait_for()
    asked = screen.sent("accounts.statement.pdf")[-1]["params"]
    assert (asked["since"], asked["until"]) == ("2026-09-01", "2026-09-30")
    screen.press("下个月")
    screen.frame.get_by_text("2026年10月没有收支。").wait_for()
    screen.host("host.event('page.back', {})")
    picture.wait_for()


def test_an_account_in_its_first_month_has_no_statement_yet(open_page: Open) -> None:
    screen = open_page("accounts", "/months", state="empty")
    screen.frame.get_by_text("账单会记在这里").wait_for()
    screen.frame.get_by_role("button", name="2026年11月").click()
    screen.frame.get_by_text("2026年11月没有收支。").wait_for()


def test_the_account_of_class_iii_has_its_own_limits(open_page: Open) -> None:
    screen = open_page("accounts", state="both")
    screen.frame.get_by_label("Ⅲ类户（0625）").check()
    screen.frame.get_by_text("1,280").first.wait_for()
    screen.press("限额")
    screen.heading("Ⅲ类户（0625）")
    screen.frame.get_by_text("余额上限").first.wait_for()
    screen.frame.get_by_text("Ⅲ类户的转出都占限额").wait_for()


def test_a_class_iii_account_is_applied_for_as_such(open_page: Open) -> None:
    screen = open_page("accounts", "/open/III", state="bound")
    screen.frame.get_by_label("姓名").fill("陈屿")
    screen.frame.get_by_label("身份证号").fill("330106199003072816")
    screen.frame.get_by_label("手机号").fill("13800006620")
    screen.press("下一步")
    screen.heading("输入验证码")
    assert screen.sent("accounts.application.create")[0]["body"]["class"] == "III"


def test_a_form_that_was_left_has_the_name_but_not_the_identity_number(open_page: Open) -> None:
    screen = open_page("accounts", "/open", state="new")
    screen.frame.get_by_label("姓名").fill("陈屿")
    screen.frame.get_by_label("身份证号").fill("330106199003072816")
    screen.page.wait_for_function("host.store.has('drafts')")
    screen.frame.evaluate("location.reload()")
    screen.page.wait_for_function("host.ready > 1")
    screen.heading("先确认你是谁")
    assert screen.frame.get_by_label("姓名").input_value() == "陈屿"
    assert screen.frame.get_by_label("身份证号").input_value() == ""
    assert "330106199003072816" not in str(screen.host("[...host.store.values()]"))


def test_a_sleeping_account_wakes_and_a_frozen_one_says_what_to_do(open_page: Open) -> None:
    screen = open_page("accounts", state="dormant")
    screen.press("恢复使用")
    screen.frame.get_by_role("button", name="转入", exact=True).wait_for()
    frozen = open_page("accounts", "/pay/card", state="frozen")
    frozen.heading("已冻结")
    frozen.frame.get_by_text("请带身份证到网点").wait_for()


def test_another_card_is_checked_then_signed_for(open_page: Open) -> None:
    screen = open_page("accounts", "/card", state="bound")
    assert screen.host("host.protectedNow") is True
    screen.frame.get_by_label("新卡卡号").fill("6222021208004417935")
    screen.press("核对并确认")
    screen.frame.get_by_role("alert").get_by_text("这张卡是 Ⅱ类户").wait_for()
    screen.frame.get_by_label("新卡卡号").fill("6222021208004417111")
    screen.press("核对并确认")
    screen.heading("绑定卡已更换")
    screen.frame.get_by_text("招商银行（7111）").wait_for()
    assert "6222021208004417111" not in str(screen.host("[...host.store.values()]"))


def test_an_empty_account_is_closed_and_one_that_is_not_says_what_it_holds(open_page: Open) -> None:
    screen = open_page("accounts", "/close", state="zero")
    screen.press("申请销户")
    screen.heading("已销户")
    refused = open_page("accounts", "/close", state="zero")
    answer = "{status: 409, body: {code: 'ACCOUNT_NOT_EMPTY', holds: 'sweep'}}"
    refused.host(f"host.next('accounts.close', {answer})")
    refused.press("申请销户")
    refused.frame.get_by_role("alert").get_by_text("利民宝还有份额").wait_for()


def test_a_closing_that_the_core_refused_leaves_the_account(open_page: Open) -> None:
    screen = open_page("accounts", "/close", state="zero")
    screen.host("host.sign = 'REJECTED'")
    screen.press("申请销户")
    screen.heading("没有销户")
    screen.frame.get_by_text("账户照常使用，钱没有动").wait_for()
