"""The generated client in a page of the bundle's own origin, against the real host core, in Chromium."""

from typing import Any

import pytest

from tests.native_bridge.bridge.chromium import Chromium

pytestmark = pytest.mark.browser
GRANTED = ["app.info", "store.get", "net.request", "tx.sign"]
INFO = {
    "platform": "browser",
    "version": "1.0.0",
    "locale": "zh-CN",
    "theme": "light",
    "insets": {"top": 0, "bottom": 34, "left": 0, "right": 0},
    "env": "sandbox",
    "bank": {"zh": "澜江银行", "en": "Lanjiang Bank"},
}


@pytest.fixture
def page(chromium: Chromium) -> Chromium:
    chromium.open("/pages/shell.html")
    chromium.wait("window.ready === true")
    framed(chromium, GRANTED)
    return chromium


def framed(chromium: Chromium, granted: list[str]) -> None:
    chromium.evaluate("granted => { window.frame(granted); }", granted)
    chromium.in_frame(
        "() => new Promise(done => { const look = () => window.loaded ? done() : setTimeout(look, 10); look(); })"
    )


def attempt(page: Chromium, run: str) -> Any:
    return page.in_frame(
        f"() => window.attempt(async () => {{ const bridge = await window.connectTo(); return {run}; }})"
    )


def test_a_call_is_answered_with_what_the_contract_declares_and_no_more(page: Chromium) -> None:
    assert attempt(page, "bridge.app.info()") == {"ok": True, "value": INFO}


def test_the_method_is_told_the_bundle_of_the_origin(page: Chromium) -> None:
    assert attempt(page, "bridge.store.get({key: 'draft'})") == {"ok": True, "value": {"value": "wealth/draft"}}


def test_a_refusal_carries_code_and_details(page: Chromium) -> None:
    expected = {"ok": False, "code": "USER_CANCELLED", "retryable": True, "details": {"by": "person"}}
    assert attempt(page, "bridge.tx.sign({challengeId: 'chl_0123456789'})") == expected


def test_a_method_outside_the_manifest_is_refused(page: Chromium) -> None:
    assert attempt(page, "bridge.device.bind()")["code"] == "PERMISSION_DENIED"


def test_connect_rejects_when_a_needed_method_is_not_granted(page: Chromium) -> None:
    outcome = page.in_frame(
        "() => window.attempt(() => window.connectTo({ need: { 'device.bind': 1, 'app.info': 1 } }))"
    )
    assert (outcome["code"], outcome["details"]) == (
        "PERMISSION_DENIED",
        {"denied": {"device.bind": "PERMISSION_DENIED"}},
    )


def test_connect_rejects_when_a_needed_version_is_not_spoken(page: Chromium) -> None:
    outcome = page.in_frame("() => window.attempt(() => window.connectTo({ need: { 'app.info': 2 } }))")
    assert outcome["code"] == "VERSION_UNSUPPORTED"


def test_what_is_only_wanted_can_be_asked_for(page: Chromium) -> None:
    asked = page.in_frame("""async () => {
      const bridge = await window.connectTo({ want: { 'device.bind': 1 } });
      return [bridge.can('device.bind'), bridge.can('app.info')];
    }""")
    assert asked == [False, True]


def test_a_call_that_takes_too_long_rejects_and_the_host_stops_it(page: Chromium) -> None:
    outcome = attempt(page, "bridge.net.request({op: 'wealth.product.list'}, {timeoutMs: 50})")
    assert (outcome["code"], outcome["retryable"]) == ("TIMEOUT", True)
    page.wait("window.audit.some(entry => entry.kind === 'late' && entry.code === 'OFFLINE')")


def test_an_aborted_call_rejects_with_cancelled(page: Chromium) -> None:
    run = """(async () => {
      const stop = new AbortController();
      setTimeout(() => stop.abort(), 20);
      return bridge.net.request({op: 'wealth.product.list'}, {signal: stop.signal});
    })()"""
    assert attempt(page, run)["code"] == "CANCELLED"


def test_a_message_above_the_limit_never_leaves_the_page(page: Chromium) -> None:
    before = page.evaluate("() => window.audit.length")
    assert attempt(page, "bridge.store.set({key: 'a', value: '键'.repeat(90000)})")["code"] == "TOO_LARGE"
    assert attempt(page, "bridge.store.get({key: 'still-in-step'})")["ok"] is True
    assert page.evaluate("() => window.audit.filter(entry => entry.code === 'TOO_LARGE').length") == 0
    assert page.evaluate("() => window.audit.length") > before


def test_events_reach_listeners_and_wait_for_the_first_one(page: Chromium) -> None:
    page.evaluate("() => window.dispatcher?.emit('page.shown', { route: 'wealth', caller: 'accounts' })")
    framed(page, GRANTED)
    heard = """async () => {
      const bridge = await window.connectTo();
      window.heard = [];
      window.bridge = bridge;
      return Object.isFrozen(bridge);
    }"""
    assert page.in_frame(heard) is True
    page.evaluate("() => window.dispatcher.emit('theme.changed', { theme: 'dark', locale: 'en', person: 'x' })")
    page.in_frame("() => new Promise(done => setTimeout(done, 50))")
    page.in_frame("() => { window.stop = bridge.on('theme.changed', payload => heard.push(payload)); }")
    page.evaluate("() => window.dispatcher.emit('theme.changed', { theme: 'light', locale: 'en' })")
    page.in_frame("() => new Promise(done => setTimeout(done, 50))")
    page.in_frame("() => window.stop()")
    page.evaluate("() => window.dispatcher.emit('theme.changed', { theme: 'dark', locale: 'zh-CN' })")
    page.in_frame("() => new Promise(done => setTimeout(done, 50))")
    assert page.in_frame("() => heard") == [{"theme": "dark", "locale": "en"}, {"theme": "light", "locale": "en"}]


def test_the_heartbeat_is_answered(page: Chromium) -> None:
    attempt(page, "bridge.app.info()")
    page.evaluate("() => window.port.postMessage(JSON.stringify({ v: 1, t: 'ping', n: 41 }))")
    page.wait("window.pongs.includes(41)")


def test_nothing_of_the_session_is_reachable_from_the_page(page: Chromium) -> None:
    names = "() => new Set(Object.getOwnPropertyNames(window))"
    page.in_frame(f"() => {{ window.before = ({names})(); }}")
    welcome = page.in_frame("async () => Object.keys((await window.connectTo()).welcome).sort()")
    new = page.in_frame(f"() => [...({names})()].filter(name => !window.before.has(name) && name !== 'before')")
    assert (welcome, new) == (["bundle", "contract", "denied", "granted", "host", "limits"], [])


def test_a_second_greeting_gets_no_port(page: Chromium) -> None:
    attempt(page, "bridge.app.info()")
    page.in_frame("() => parent.postMessage({ tidegate: 'page-hello' }, '*')")
    page.wait("window.refused.includes('state')")


def test_calls_under_way_are_interrupted_when_the_shell_ends_the_session(page: Chromium) -> None:
    page.in_frame(
        "async () => { const bridge = await window.connectTo();"
        "window.outcome = window.attempt(() => bridge.net.request({op: 'wealth.product.list'})); }"
    )
    end = {"v": 1, "t": "end", "e": {"code": "SESSION_INVALID", "message": "", "retryable": False, "details": {}}}
    page.evaluate("end => window.port.postMessage(JSON.stringify(end))", end)
    assert page.in_frame("() => window.outcome")["code"] == "INTERRUPTED"
    assert attempt(page, "bridge.app.info()")["code"] == "SESSION_INVALID"


def test_a_page_outside_the_app_is_told_so(chromium: Chromium) -> None:
    chromium.open("/pages/page.html")
    chromium.wait("window.loaded === true")
    assert chromium.evaluate("() => window.attempt(() => window.connectTo())")["code"] == "METHOD_UNSUPPORTED"


def test_a_silent_shell_is_a_timeout_and_not_a_hang(page: Chromium) -> None:
    """Somebody else on the page took the greeting: the shell gives no second port."""
    page.in_frame("() => parent.postMessage({ tidegate: 'page-hello' }, '*')")
    page.wait("window.port !== undefined")
    outcome = page.in_frame("() => window.attempt(() => window.connectTo({ timeoutMs: 300 }))")
    assert (outcome["code"], outcome["retryable"]) == ("TIMEOUT", True)
