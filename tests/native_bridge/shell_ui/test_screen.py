"""The screen of the shell: what stands where, the faults, the keyboard, both languages, and that the CSP holds."""

import json
import re
import time

import pytest
from playwright.sync_api import Route

from native_bridge.hosting import HostedAnswer
from tests.native_bridge.shell.site import Received
from tests.native_bridge.shell_ui.bank import JSON_TYPE
from tests.native_bridge.shell_ui.conftest import NOT_YET_SIGNED, Shell
from tests.native_bridge.shell_ui.site import stocked

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


def refusing(shell: Shell) -> None:
    """Let the bank forget all devices, as a new database does; one that registers from now on is known."""
    answer = shell.site.bank
    known: list[str] = []

    def bank(received: Received) -> HostedAnswer:
        path = received.target.removeprefix("/app/v1")
        if path == "/devices":
            known.append(path)
        refusal = {"/sessions": "LOGIN_REFUSED", "/devices/current": "TOKEN_INVALID"}.get(path)
        if refusal is not None and not known:
            return HostedAnswer(401, JSON_TYPE, json.dumps({"code": refusal, "status": 401}).encode())
        return answer(received)

    shell.site.bank = bank


def test_a_device_that_the_bank_has_forgotten_is_told_and_registers_anew(bound: Shell) -> None:
    before = bound.bank.keys["tx"]
    bound.bank.state = "PENDING"
    refusing(bound)
    bound.page.click("[data-do=reload]")
    bound.page.wait_for_selector(".failure:has-text('银行不再接受这台设备')")
    bound.page.reload()
    bound.page.wait_for_selector(".failure:has-text('DEVICE_REFUSED')")
    bound.page.click(".failure [data-do=anew]")
    with bound.page.expect_navigation():
        bound.page.click(".dialog .btn.danger")
    bound.page.wait_for_selector("[data-open=wealth]")
    bound.page.wait_for_selector("[data-do=reload]:not([aria-busy])")
    assert bound.page.query_selector(".failure") is None
    assert bound.bank.keys["tx"] != before
    kept = bound.page.evaluate("""async () => {
      const { Store } = await import("/shell/core/store.mjs");
      const store = await Store.open();
      return [await store.get("values", "pin"), await store.get("values", "phrase"), await store.keys("pages")]; }""")
    assert kept == [None, None, []]


def test_a_repository_that_was_made_anew_is_trusted_from_its_own_root(shell: Shell) -> None:
    repository, shell.bank.bundle = stocked(shell.bank.now)
    shell.site.repository = repository
    shell.page.reload()
    shell.page.wait_for_selector("[data-do=reload]:not([aria-busy])")
    assert shell.page.query_selector(".failure") is None
    shell.open("wealth")


def test_a_repository_that_fell_back_is_refused_and_a_sandbox_may_begin_anew(shell: Shell) -> None:
    site = shell.site
    old = dict(site.repository.files)
    site.repository.publish("rollout")
    shell.page.click("[data-do=reload]")
    shell.page.wait_for_selector("[data-do=reload]:not([aria-busy])")
    site.repository.files.clear()
    site.repository.files.update(old)
    shell.page.click("[data-do=reload]")
    shell.page.wait_for_selector(".failure:has-text('TUF_ROLLBACK')")
    assert "从头信任现在的仓库" in shell.page.inner_text(".failure")
    shell.page.click(".failure [data-do=anew]")
    with shell.page.expect_navigation():
        shell.page.click(".dialog .btn.danger")
    shell.page.wait_for_selector("[data-open=wealth]")
    shell.page.wait_for_selector("[data-do=reload]:not([aria-busy])")
    assert shell.page.query_selector(".failure") is None


def test_starting_twice_at_once_makes_one_device(unstarted: Shell) -> None:
    def late(route: Route) -> None:
        time.sleep(0.3)
        route.continue_()

    unstarted.page.route("**/shell/config.json", late)
    unstarted.page.add_init_script("""new MutationObserver((_, watcher) => {
      const again = document.querySelector("[data-do=reload]");
      if (again) { watcher.disconnect(); again.click(); again.click(); }
    }).observe(document, { childList: true, subtree: true });""")
    unstarted.begin()
    assert unstarted.bank.calls.count("POST /devices") == 1


def test_a_page_cannot_draw_its_own_grants(shell: Shell) -> None:
    frame = shell.open()
    lie = "{ t: 'welcome', granted: { 'scan.code': 1 }, denied: { 'app.info': 'PERMISSION_DENIED' } }"
    frame.evaluate(f"bridge.store.set({{ key: 'lie', value: {lie} }})")
    frame.evaluate("bridge.store.get({ key: 'lie' })")
    shell.page.click("[data-tab=grants]")
    assert shell.page.query_selector(".fact:has-text('app.info') .chip.ok") is not None


def test_a_page_behind_another_cannot_take_the_screen(bound: Shell) -> None:
    wealth = bound.open("wealth")
    wealth.evaluate("void bridge.nav.open({ route: 'accounts' })")
    bound.page.wait_for_selector(".origin:has-text('accounts-h5') .chip.ok")
    codes = [
        wealth.evaluate(f"bridge.{call}.catch((error) => error.code)")
        for call in ("nav.open({ route: 'wealth' })", "tx.sign({ challengeId: 'chl_jmg_00001' })", "device.bind()")
    ]
    assert codes == ["BUSY", "BUSY", "BUSY"]
    assert bound.page.query_selector(".native") is None
    assert "accounts-h5" in bound.page.inner_text(".origin")


ODD = [
    "null", "7", "[]", '"t"', '{"t":"req","m":{"toString":1},"id":"a","p":{"op":{"toString":1,"valueOf":1}}}',
    '{"t":"req","m":"__proto__","id":"b","p":null}', '{"t":"req","m":"constructor","id":{"x":1},"n":{"y":2},"p":[]}',
]  # fmt: skip


def test_the_journal_takes_whatever_a_page_says(shell: Shell) -> None:
    told = shell.page.evaluate(
        """async (odd) => {
          const { Journal } = await import("/shell/ui/journal.mjs");
          const { timeline } = await import("/shell/ui/timeline.mjs");
          const { detail } = await import("/shell/ui/detail.mjs");
          const { sayIn } = await import("/shell/ui/i18n.mjs");
          const journal = new Journal({ onChange: () => {}, tiers: () => ({ "app.info": 0 }) });
          const page = { serial: 1, bundle: "wealth", release: { ref: "wealth@1.0.0#0", manifest: {} } };
          for (const text of odd) journal.message("in", text, page);
          const denied = { v: 1, t: "res", id: "a", ok: false, e: { code: "PERMISSION_DENIED", message: "" } };
          journal.message("out", JSON.stringify(denied), page);
          const t = sayIn("zh-CN");
          timeline({ rows: journal.rows, selected: null, onSelect: () => {}, t });
          for (const row of journal.rows) detail({ row, part: "request", onPart: () => {}, locale: "zh-CN", t });
          return [journal.rows.length, journal.rows.map(({ tier }) => tier)]; }""",
        ODD,
    )
    assert told == [len(ODD), [None] * len(ODD)]


def test_the_customers_to_try_have_their_bank_in_the_readers_language(shell: Shell) -> None:
    assert "滨海银行" in shell.page.inner_text(".sample >> nth=0")
    shell.page.click("[data-do=locale]")
    said = shell.page.inner_text(".sample >> nth=0")
    assert ("Binhai Bank" in said, "滨海银行" in said) == (True, False)
