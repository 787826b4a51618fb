"""The screen of the shell: what stands where, the faults, the keyboard, both languages, and that the CSP holds."""

import json
import re
from pathlib import Path

import pytest

from tests.native_bridge.shell_ui.conftest import NOT_YET_SIGNED, Shell

pytestmark = pytest.mark.browser
LIST = "net.request({ op: 'wealth.product.list' })"


def fault(shell: Shell, name: str) -> None:
    shell.page.click(f"[data-fault={name}]")


def test_a_whole_run_meets_no_policy_violation_and_no_error(bound: Shell) -> None:
    frame = bound.open()
    bound.ask(frame, LIST)
    bound.page.click(".nbtn")
    assert bound.answer(frame)["value"] == {"status": 200, "body": {"products": []}}
    for tab in ("grants", "events", "storage", "log", "timeline"):
        bound.page.click(f"[data-tab={tab}]")
    bound.page.click("[data-do=theme]")
    bound.page.click("[data-do=locale]")
    assert [line for line in bound.trouble if NOT_YET_SIGNED not in line] == []


def test_the_page_gets_no_token_and_no_foreign_operation(bound: Shell) -> None:
    frame = bound.open()
    bound.ask(frame, LIST)
    bound.page.click(".nbtn")
    assert "at" not in json.dumps(bound.answer(frame)["value"]["body"]).split('"')
    codes = [
        frame.evaluate(f"bridge.net.request({call}).catch((error) => error.code)")
        for call in (
            "{ op: 'wealth.order.prepare', body: {} }",
            "{ op: 'device.get' }",
            "{ op: 'wealth.product.list', headers: { Authorization: 'x' } }",
            "{ op: 'https://example.com/' }",
            "{ op: 'wealth.product.list', params: { path: '../../devices' } }",
        )
    ]
    assert codes == ["PERMISSION_DENIED", "PERMISSION_DENIED", "PARAMS_INVALID", "PARAMS_INVALID", "PARAMS_INVALID"]


def test_stores_of_bundles_are_apart_and_bounded(shell: Shell) -> None:
    wealth = shell.open("wealth")
    wealth.evaluate("bridge.store.set({ key: 'draft', value: { amount: 1 } })")
    big = "bridge.store.set({ key: `big.${n}`, value: 'x'.repeat(60000) })"
    full = wealth.evaluate(
        f"(async () => {{ for (let n = 0; n < 9; n += 1) await {big}; }})().catch((error) => error.code)"
    )
    bad = wealth.evaluate("bridge.store.get({ key: '../accounts/draft' }).catch((error) => error.code)")
    shell.page.click(".navbar button")
    accounts = shell.open("accounts")
    assert accounts.evaluate("bridge.store.get({ key: 'draft' })") == {"value": None}
    assert (full, bad) == ("STORAGE_FULL", "PARAMS_INVALID")


@pytest.mark.parametrize(
    ("name", "code"), [("deny", "CONSENT_DENIED"), ("cancel", "USER_CANCELLED"), ("locked", "LOCKED_OUT")]
)
def test_a_fault_switch_refuses_the_signature_and_says_so(bound: Shell, name: str, code: str) -> None:
    frame = bound.open()
    fault(bound, name)
    bound.ask(frame, "tx.sign({ challengeId: 'chl_jmg_00001' })")
    assert bound.answer(frame)["code"] == code
    bound.page.wait_for_selector(f".call .m:has-text('{code}')")
    fault(bound, name)
    bound.ask(frame, "tx.sign({ challengeId: 'chl_jmg_00001' })")
    bound.page.wait_for_selector(".nsheet")


def test_offline_slow_and_timeout_act_on_the_next_call(bound: Shell) -> None:
    frame = bound.open()
    bound.ask(frame, LIST)
    bound.page.click(".nbtn")
    bound.answer(frame)
    fault(bound, "offline")
    bound.ask(frame, LIST)
    assert bound.answer(frame)["code"] == "OFFLINE"
    assert [payload for name, payload in frame.evaluate("window.told") if name == "network.changed"] == [
        {"online": False}
    ]
    fault(bound, "slow")
    took = frame.evaluate(
        f"(async () => {{ const t = performance.now(); await bridge.{LIST}; return performance.now() - t; }})()"
    )
    assert 1200 <= took < 3000
    fault(bound, "slow")
    fault(bound, "timeout")
    bound.ask(frame, LIST)
    assert bound.answer(frame)["code"] == "TIMEOUT"


def test_reorder_sends_the_first_answer_after_the_second(shell: Shell) -> None:
    frame = shell.open()
    fault(shell, "reorder")
    order = frame.evaluate("""async () => { const order = [];
      await Promise.all([bridge.app.info().then(() => order.push(1)),
        bridge.session.status().then(() => order.push(2))]);
      return order; }""")
    assert order == [2, 1]


def test_an_old_shell_is_refused_by_the_page_that_needs_more(shell: Shell) -> None:
    fault(shell, "oldContract")
    shell.page.click("[data-open=wealth]")
    shell.page.wait_for_selector(".call .m:has-text('VERSION_UNSUPPORTED')")


def test_the_keyboard_walks_the_timeline_and_finds_faults_and_help(shell: Shell) -> None:
    shell.open()
    page = shell.page
    page.click(".brand")
    page.keyboard.press("j")
    first = page.get_attribute(".call.on", "data-row")
    page.keyboard.press("j")
    second = page.get_attribute(".call.on", "data-row")
    page.keyboard.press("k")
    assert (page.get_attribute(".call.on", "data-row"), first != second) == (first, True)
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.className") == "detail"
    page.keyboard.press("f")
    assert page.evaluate("document.activeElement.dataset.fault") == "deny"
    page.keyboard.press("?")
    page.wait_for_selector(".dialog kbd")
    page.keyboard.press("Escape")
    assert page.query_selector(".dialog") is None
    page.keyboard.press("h")
    page.wait_for_selector(".home:not([hidden])")


def test_a_refused_call_shows_its_gates_and_what_to_do(bound: Shell) -> None:
    frame = bound.open()
    frame.evaluate("bridge.net.request({ op: 'wealth.order.prepare', body: {} }).catch(() => 0)")
    bound.page.click(".call.b")
    words = bound.page.eval_on_selector_all(
        ".gates div", "(gates) => gates.map((gate) => gate.innerText.split('\\n').at(-1))"
    )
    assert words == ["没有声明", "允许", "未列入", "没有询问"]
    assert "bundle.yaml" in bound.page.inner_text(".detail .note")


def test_the_other_language_reaches_every_text_and_the_page(shell: Shell) -> None:
    frame = shell.open()
    shell.page.click("[data-do=locale]")
    shell.page.click("[data-do=theme]")
    text = shell.page.inner_text("body")
    known = re.sub("陈屿|苏荷|滨海银行|江城银行|产品详情|中文|中 / EN|[ⅠⅡ]|金芒果.*|业绩.*", "", text)
    assert re.findall(r"[一-鿿]+", known) == []
    assert [payload for name, payload in frame.evaluate("window.told") if name == "theme.changed"][-1] == {
        "theme": "dark",
        "locale": "en",
    }


def test_a_server_that_is_away_is_told_with_a_way_on(unstarted: Shell) -> None:
    unstarted.begin()
    unstarted.page.click(".seg [data-value=offline]")
    unstarted.page.click("[data-do=reload]")
    unstarted.page.wait_for_selector(".failure:has-text('连不上服务器')")
    assert "已安装的包仍可打开" in unstarted.page.inner_text(".failure")
    unstarted.open("wealth")
    unstarted.page.click(".seg [data-value=online]")
    unstarted.page.click(".failure .btn")
    unstarted.page.wait_for_selector(".failure", state="detached")


def test_a_release_with_a_forged_repository_is_not_installed_and_says_why(unstarted: Shell) -> None:
    files = unstarted.site.repository.files
    name = next(name for name in files if name.endswith(".app-wealth.json") and name.startswith("metadata/2."))
    files[name] = files[name].replace(b'"version":2', b'"version":3').replace(b'"version": 2', b'"version": 3')
    unstarted.page.goto(unstarted.site.origin)
    unstarted.page.wait_for_selector(".failure[role=alert]")
    assert "wealth" in unstarted.page.inner_text(".failure")
    assert unstarted.page.query_selector("[data-open=wealth]") is None
    assert unstarted.page.query_selector("[data-open=accounts]") is not None


def test_resetting_asks_first_and_makes_a_new_device(shell: Shell) -> None:
    before = shell.bank.keys["tx"]
    shell.page.click("[data-do=reset]")
    shell.page.click(".dialog .btn:not(.danger)")
    assert shell.bank.keys["tx"] == before
    shell.page.click("[data-do=reset]")
    with shell.page.expect_navigation():
        shell.page.click(".dialog .btn.danger")
    shell.page.wait_for_selector("[data-open=wealth]")
    shell.page.wait_for_selector("[data-do=reload]:not([aria-busy])")
    assert shell.bank.keys["tx"] != before


def test_a_recording_holds_the_conversation_without_the_sessions_token(shell: Shell, tmp_path: Path) -> None:
    shell.page.click("[data-do=record]")
    frame = shell.open()
    frame.evaluate("bridge.session.status()")
    with shell.page.expect_download() as download:
        shell.page.click("[data-do=record]")
    download.value.save_as(tmp_path / "recording.json")
    recording = json.loads((tmp_path / "recording.json").read_text(encoding="utf-8"))
    messages = recording["pages"][0]["messages"]
    sessions = {each["message"]["s"] for each in messages if "s" in each["message"]}
    asked = [each["message"]["m"] for each in messages if each["message"]["t"] == "req"]
    assert (recording["format"], sessions) == ("tidegate-recording/1", {"$session1"})
    assert asked == ["app.info", "ui.setTitleBar", "app.ready", "session.status"]


def test_back_is_the_pages_while_its_guard_is_set(shell: Shell) -> None:
    frame = shell.open()
    frame.evaluate("bridge.nav.setBackGuard({ enabled: true })")
    shell.page.click(".navbar button")
    frame.wait_for_function("() => window.told.some(([name]) => name === 'page.back')")
    frame.evaluate("bridge.nav.setBackGuard({ enabled: false })")
    shell.page.click(".navbar button")
    shell.page.wait_for_selector(".home:not([hidden])")


def test_opening_another_app_stamps_the_caller_and_hands_back_the_result(shell: Shell) -> None:
    wealth = shell.open("wealth")
    wealth.evaluate("void bridge.nav.open({ route: 'accounts#/fund', params: { amountFen: 100, caller: 'home' } })")
    shell.page.wait_for_selector(".origin:has-text('accounts-h5') .chip.ok")
    accounts = next(frame for frame in shell.page.frames if "accounts-h5" in frame.url)
    accounts.wait_for_function("() => window.told?.some(([name]) => name === 'page.shown')")
    shown = dict(accounts.evaluate("window.told"))["page.shown"]
    assert (shown["caller"], shown["params"], accounts.url.partition("#")[2]) == (
        "wealth",
        {"amountFen": 100, "caller": "home"},
        "/fund",
    )
    accounts.evaluate("() => { setTimeout(() => bridge.nav.close({ result: { funded: true } }), 100); }")
    wealth.wait_for_function(
        "() => window.told.some(([name, payload]) => name === 'page.shown' && payload.result?.funded)"
    )
    assert wealth.evaluate("bridge.session.status().then(({ state }) => state)") == "onboarding"
