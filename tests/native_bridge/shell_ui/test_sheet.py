"""The sheet of the bank in the real shell: what it shows, what it refuses, and every way out of it."""

import base64
import copy
import time
from typing import Any

import pytest

from native_bridge.hosting import HostedAnswer
from security.approvals import decode
from tests.native_bridge.shell.site import Received
from tests.native_bridge.shell_ui.bank import CODE, TEMPLATE
from tests.native_bridge.shell_ui.conftest import PHRASE, PIN, Shell

pytestmark = pytest.mark.browser
SIGN = "tx.sign({ challengeId: 'chl_jmg_00001' })"


def unlocked(shell: Shell) -> None:
    """Log in with the simulated face."""
    shell.page.click(".nbtn")
    shell.page.wait_for_selector(".slip")


def test_the_sheet_shows_the_rows_of_the_signed_bytes_and_signs_them(bound: Shell) -> None:
    frame = bound.open()
    bound.ask(frame, SIGN)
    unlocked(bound)
    page = bound.page
    assert page.inner_text(".slip .big") == "¥50,000.00"
    assert page.inner_text(".slip .fine >> nth=0") == "人民币伍万元整"
    values = page.eval_on_selector_all(".slip .kv", "(rows) => rows.map((row) => row.innerText.split('\\n')[1])")
    key = f"{bound.bank.keys['tx'][:4]} {bound.bank.keys['tx'][4:8]}"
    assert values == [
        "金芒果 · 稳盈 90 天持有", "澜江银行理财募集专户 · 尾号 0019",
        "陈屿 · Ⅱ类户（3381）", "R2 中低风险 · 你是 C3，匹配", f"密钥 {key}",
    ]  # fmt: skip
    assert page.inner_text(".slip .warning") == "理财非存款，可能亏损本金。业绩比较基准不是收益承诺。"
    digest = bound.bank.bundle.partition("#")[2]
    assert page.inner_text(".slip .from") == "发起页面 wealth 1.0.0"
    assert page.inner_text(".slip .mono") == f"{digest[:8]}…{digest[-8:]}"
    assert page.inner_text(".phrase b") == PHRASE
    assert page.inner_text(".sandbox") == "沙箱"
    label = page.get_attribute("[role=dialog]", "aria-label")
    assert label is not None
    assert label.startswith("¥50,000.00，澜江银行理财募集专户 · 尾号 0019，澜江银行")
    page.click(".nbtn")
    signed = bound.answer(frame)["value"]
    assert (signed["status"], signed["result"]) == ("APPROVED", {"orderId": "ord_1", "state": "ACCEPTED"})
    message = bound.bank.approved[0]["message"]
    fields = decode(base64.urlsafe_b64decode(message + "=" * (-len(message) % 4)))
    assert (fields["amt"], fields["factor"]) == ("50000.00", "face")
    assert fields["ui"] == f"tidegate-shell/1.0.0;zh-CN;sha256:{signed['displayHash']}"


def test_the_page_behind_the_sheet_is_shrunk_grey_and_out_of_reach(bound: Shell) -> None:
    frame = bound.open()
    bound.ask(frame, SIGN)
    unlocked(bound)
    bound.page.wait_for_timeout(400)
    look = bound.page.evaluate("""() => {
      const view = document.querySelector(".appview"), style = getComputedStyle(view);
      const bezel = getComputedStyle(document.querySelector(".phone")).boxShadow;
      return [view.inert, style.filter, style.transform.split(",")[0], bezel.includes("rgb(232, 190, 104)")]; }""")
    assert look == [True, "grayscale(1)", "matrix(0.887", True]


@pytest.mark.parametrize("way", ["Escape", "button"])
def test_cancelling_answers_user_cancelled_and_tells_the_bank(bound: Shell, way: str) -> None:
    frame = bound.open()
    bound.ask(frame, SIGN)
    unlocked(bound)
    if way == "Escape":
        bound.page.keyboard.press("Escape")
    else:
        bound.page.click(".cancel")
    assert bound.answer(frame)["code"] == "USER_CANCELLED"
    assert bound.page.query_selector(".native") is None
    assert (bound.bank.approved, bound.bank.rejected) == ([], ["chl_jmg_00001"])
    assert bound.bank.reasons == ["CHANGED_MIND"]


def test_was_not_me_asks_once_more_and_then_tells_the_bank_and_not_the_page(bound: Shell) -> None:
    frame = bound.open()
    bound.ask(frame, SIGN)
    unlocked(bound)
    page = bound.page
    page.click("text=不是我发起的")
    page.wait_for_selector("text=这笔交易不是你发起的？")
    page.click("text=回到这笔交易")
    page.wait_for_selector(".slip")
    assert bound.bank.rejected == []
    page.click("text=不是我发起的")
    page.click("text=不是我，全部停下")
    answer = bound.answer(frame)
    assert (answer["code"], "NOT_ME" in str(answer)) == ("USER_CANCELLED", False)
    assert (bound.bank.approved, bound.bank.rejected, bound.bank.reasons) == ([], ["chl_jmg_00001"], ["NOT_ME"])


def test_an_amount_whose_terms_take_the_pin_alone_begins_with_the_pin(bound: Shell) -> None:
    template = copy.deepcopy(TEMPLATE)
    template["policy"]["strong"] = {"from_fen": 5_000_000, "factors": ["pin"]}
    bound.bank.template = template
    frame = bound.open()
    bound.ask(frame, SIGN)
    bound.page.click(".nbtn")
    bound.page.wait_for_selector(".keys")
    bound.page.keyboard.type(PIN)
    assert bound.answer(frame)["value"]["operationId"] == "opn_1"
    message = bound.bank.approved[0]["message"]
    assert decode(base64.urlsafe_b64decode(message + "=" * (-len(message) % 4)))["factor"] == "pin"


def test_the_keyboard_stays_inside_the_sheet(bound: Shell) -> None:
    frame = bound.open()
    bound.ask(frame, SIGN)
    unlocked(bound)
    inside = []
    for _ in range(9):
        bound.page.keyboard.press("Tab")
        inside.append(bound.page.evaluate("document.activeElement.closest('.native') !== null"))
    assert inside == [True] * 9


@pytest.mark.parametrize(
    "change",
    [{"as": "html"}, {"from": ["memo.nothing"]}, {"from": ["payee"], "as": "money"}, {"text": {"zh": "x", "en": "x"}}],
    ids=["unknown row type", "unknown field", "wrong sources", "foreign text"],
)
def test_what_cannot_be_drawn_is_refused_on_the_sheet_and_never_signed(bound: Shell, change: dict[str, object]) -> None:
    template = copy.deepcopy(TEMPLATE)
    template["rows"][3].update(change)
    bound.bank.template = template
    frame = bound.open()
    bound.ask(frame, SIGN)
    bound.page.click(".nbtn")
    bound.page.wait_for_selector(".refused h3:text('没有签名')")
    assert bound.page.query_selector(".slip") is None
    assert bound.answer(frame)["code"] == "CHALLENGE_INVALID"
    bound.page.click(".nbtn")
    assert bound.bank.approved == []


def agreement() -> dict[str, Any]:
    """Give a template without an amount; its first row is what is agreed to."""
    template = copy.deepcopy(TEMPLATE)
    template["rows"] = [row for row in template["rows"] if row["as"] not in {"money", "upper", "payee"}]
    return template


def test_an_agreement_shows_what_is_agreed_to_in_place_of_an_amount(bound: Shell) -> None:
    bound.bank.template, bound.bank.amount = agreement(), "0.00"
    frame = bound.open()
    bound.ask(frame, SIGN)
    unlocked(bound)
    assert bound.page.inner_text(".slip .what") == "金芒果 · 稳盈 90 天持有"
    assert bound.page.query_selector(".slip .big") is None
    bound.page.click(".nbtn")
    assert bound.answer(frame)["value"]["status"] == "APPROVED"


def test_an_amount_that_no_row_shows_is_never_signed(bound: Shell) -> None:
    bound.bank.template = agreement()
    frame = bound.open()
    bound.ask(frame, SIGN)
    bound.page.click(".nbtn")
    bound.page.wait_for_selector(".refused h3:text('没有签名')")
    bound.page.click(".nbtn")
    assert bound.answer(frame)["code"] == "CHALLENGE_INVALID"
    assert bound.bank.approved == []


def test_a_page_cannot_give_text_to_the_sheet(bound: Shell) -> None:
    frame = bound.open()
    bound.ask(frame, "tx.sign({ challengeId: 'chl_jmg_00001', title: 'A gift for you' })")
    assert bound.answer(frame)["code"] == "PARAMS_INVALID"
    assert bound.page.query_selector(".native") is None


def test_a_second_prompt_is_busy_and_draws_nothing(bound: Shell) -> None:
    frame = bound.open()
    bound.ask(frame, SIGN)
    unlocked(bound)
    code = frame.evaluate("bridge.tx.sign({ challengeId: 'chl_jmg_00002' }).catch((error) => error.code)")
    assert (code, len(bound.page.query_selector_all(".native"))) == ("BUSY", 1)


def test_a_slip_that_does_not_fit_must_be_read_to_its_end(bound: Shell) -> None:
    template = copy.deepcopy(TEMPLATE)
    rows = [
        {"key": f"more{n}", "label": {"zh": f"条款 {n}", "en": f"Term {n}"}, "as": "text", "from": ["memo.name"]}
        for n in range(14)
    ]
    template["rows"][4:4] = rows
    bound.bank.template = template
    frame = bound.open()
    bound.ask(frame, SIGN)
    unlocked(bound)
    assert bound.page.get_attribute(".nbtn", "aria-disabled") == "true"
    bound.page.click(".nbtn", force=True)
    bound.page.click(".nlink")
    assert (bound.bank.approved, bound.page.query_selector(".keys")) == ([], None)
    bound.page.click(".more")
    bound.page.wait_for_selector(".nbtn[aria-disabled=false]")
    bound.page.click(".nbtn")
    assert bound.answer(frame)["value"]["operationId"] == "opn_1"


def test_five_wrong_pins_lock_the_device_also_after_a_reload(bound: Shell) -> None:
    frame = bound.open()
    bound.ask(frame, SIGN)
    unlocked(bound)
    bound.page.click(".nlink")
    layouts = set()
    for tried in range(1, 6):
        layouts.add(
            tuple(bound.page.eval_on_selector_all(".keys button:not(.x)", "(keys) => keys.map((key) => key.innerText)"))
        )
        bound.page.keyboard.type("902817")
        if tried < 5:
            bound.page.wait_for_selector(f".pinsay:has-text('还可以试 {5 - tried} 次')")
    bound.page.wait_for_selector(".refused h3:text('密码已锁定')")
    bound.page.click(".nbtn")
    refused = bound.answer(frame)
    assert (refused["code"], list(refused["details"]), len(layouts) > 1) == ("LOCKED_OUT", ["until"], True)
    bound.begin()
    frame = bound.open()
    bound.ask(frame, SIGN)
    bound.page.wait_for_selector(".refused h3:text('密码已锁定')")
    bound.page.click(".nbtn")
    assert bound.answer(frame)["code"] == "LOCKED_OUT"
    assert bound.bank.approved == []


def test_the_right_pin_signs_with_the_factor_pin(bound: Shell) -> None:
    frame = bound.open()
    bound.ask(frame, SIGN)
    unlocked(bound)
    bound.page.click(".nlink")
    for digit in PIN:
        bound.page.click(f".keys button:text-is('{digit}')")
    assert bound.answer(frame)["value"]["status"] == "APPROVED"
    message = bound.bank.approved[0]["message"]
    assert decode(base64.urlsafe_b64decode(message + "=" * (-len(message) % 4)))["factor"] == "pin"


def test_binding_asks_for_code_phrase_and_pin_and_opens_the_customers_session(shell: Shell) -> None:
    frame = shell.open()
    shell.ask(frame, "device.bind()")
    page = shell.page
    page.fill("#bind-code", "000000")
    page.click(".nbtn")
    page.fill("#bind-phrase", PHRASE)
    page.click(".nbtn")
    for pin in ("123456", "136913", "136914", "136913", "136913"):
        page.keyboard.type(pin)
        page.wait_for_timeout(150)
    page.wait_for_selector(".nerr:has-text('验证码不对')")
    assert shell.bank.state == "PENDING"
    page.fill("#bind-code", CODE)
    page.click(".nbtn")
    page.click(".nbtn")
    for _ in range(2):
        page.wait_for_selector(".keys")
        page.keyboard.type(PIN)
        page.wait_for_timeout(150)
    bound = shell.answer(frame)["value"]
    assert bound == {"state": "ACTIVE", "boundAt": shell.bank.instant()}
    assert frame.evaluate("bridge.session.status()") == {
        "state": "customer",
        "customer": {"name": "陈*"},
        "deviceState": "ACTIVE",
    }


def test_a_binding_whose_answer_was_lost_claims_nothing_and_goes_on(shell: Shell) -> None:
    frame = shell.open()
    shell.ask(frame, "device.bind()")
    page = shell.page
    page.fill("#bind-code", CODE)
    page.click(".nbtn")
    page.fill("#bind-phrase", PHRASE)
    page.click(".nbtn")
    page.keyboard.type(PIN)
    page.wait_for_timeout(150)
    shell.site.online = False
    page.keyboard.type(PIN)
    page.wait_for_selector(".nerr:has-text('绑定了没有还不知道')")
    shell.site.online = True
    page.click(".nbtn")
    page.click(".nbtn")
    for _ in range(2):
        page.wait_for_selector(".keys")
        page.keyboard.type(PIN)
        page.wait_for_timeout(150)
    assert shell.answer(frame)["value"]["state"] == "ACTIVE"


@pytest.mark.parametrize(
    ("status", "title"), [(409, "银行没有受理"), (503, "结果还在核对")], ids=["a refusal", "an outcome nobody knows"]
)
def test_the_sheet_says_money_is_safe_only_when_the_bank_said_no(bound: Shell, status: int, title: str) -> None:
    bound.bank.refusal = (status, {"code": "QUOTA_GONE", "status": status})
    frame = bound.open()
    bound.ask(frame, SIGN)
    unlocked(bound)
    bound.page.click(".nbtn")
    bound.page.wait_for_selector(f".refused h3:text('{title}')")
    assert ("钱没有动" in bound.page.inner_text(".refused")) is (status == 409)
    bound.page.click(".nbtn")
    assert bound.answer(frame)["code"] == "UPSTREAM_ERROR"


def test_the_sheet_goes_when_the_page_that_asked_is_left(bound: Shell) -> None:
    frame = bound.open()
    bound.ask(frame, SIGN)
    unlocked(bound)
    bound.page.evaluate("document.querySelector('iframe').src = 'about:blank'")
    bound.page.wait_for_selector(".native", state="detached")
    bound.page.wait_for_selector(".wait [role=alert]")
    assert bound.bank.approved == []


SLOW_PIN = """() => {
  const real = SubtleCrypto.prototype.deriveBits;
  SubtleCrypto.prototype.deriveBits = async function slow(...how) {
    await new Promise((resolve) => setTimeout(resolve, 400));
    return real.apply(this, how);
  };
}"""


def test_who_cancels_while_the_pin_is_checked_has_signed_nothing(bound: Shell) -> None:
    frame = bound.open()
    bound.ask(frame, SIGN)
    unlocked(bound)
    bound.page.evaluate(SLOW_PIN)
    bound.page.click(".nlink")
    bound.page.keyboard.type(PIN)
    bound.page.keyboard.press("Escape")
    assert bound.answer(frame)["code"] == "USER_CANCELLED"
    bound.page.wait_for_timeout(900)
    assert bound.bank.approved == []
    bound.ask(frame, SIGN)  # and the stand is free again
    bound.page.wait_for_selector(".slip")


def test_a_call_that_was_cancelled_before_its_sheet_stood_gets_none(bound: Shell) -> None:
    frame = bound.open()
    bound.ask(frame, "net.request({ op: 'wealth.product.list' })")
    bound.page.click(".nbtn")
    bound.answer(frame)
    answer = bound.site.bank

    def late(received: Received) -> HostedAnswer:
        if "/approvals/" in received.target:
            time.sleep(0.6)
        return answer(received)

    bound.site.bank = late
    frame.evaluate("""() => { window.answer = null; const stop = new AbortController();
      bridge.tx.sign({ challengeId: 'chl_jmg_00001' }, { signal: stop.signal })
        .catch((error) => { window.answer = { code: error.code }; });
      setTimeout(() => stop.abort(), 150); }""")
    assert bound.answer(frame)["code"] == "CANCELLED"
    bound.page.wait_for_timeout(900)
    assert bound.page.query_selector(".native") is None
    assert bound.bank.approved == []
