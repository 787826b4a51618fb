"""The life of a session in the host core: greeting, welcome, events, limits and the end, in Chromium."""

from typing import Any

import pytest

from tests.native_bridge.bridge.chromium import Chromium

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def core(chromium: Chromium) -> Chromium:
    chromium.open("/pages/core.html")
    chromium.wait("window.ready === true")
    return chromium


def play(core: Chromium, script: str) -> Any:
    return core.evaluate(f"async () => {{ {script} }}")


def test_welcome_tells_what_is_granted_and_why_the_rest_is_not(core: Chromium) -> None:
    welcome = play(
        core,
        """const page = session({
          manifest: { permissions: { "app.info": 1, "store.get": 1, "tx.sign": 1, "nav.open": 1 } },
          policy: ["app.info", "store.get", "nav.open"], killList: ["store.get"],
          methods: { "app.info": () => {}, "store.get": () => {} },
        });
        page.dispatcher.start();
        const want = { "store.get": 1, "scan.codes": 1, "app.ready": 2, "nav.open": 1 };
        page.hello({ need: { "app.info": 1, "tx.sign": 1 }, want });
        return page.sent[1];""",
    )
    assert welcome == {
        "v": 1,
        "t": "welcome",
        "s": "TOKEN",
        "contract": "1.1",
        "host": {"platform": "browser", "app": "1.0.0"},
        "granted": {"app.info": 1},
        "denied": {
            "tx.sign": "PERMISSION_DENIED",
            "store.get": "PERMISSION_DENIED",
            "scan.codes": "METHOD_UNKNOWN",
            "app.ready": "VERSION_UNSUPPORTED",
            "nav.open": "METHOD_UNSUPPORTED",
        },
        "bundle": {"id": "wealth", "version": "1.0.0"},
        "limits": {"bytes": 262144, "inflight": 16},
    }


@pytest.mark.parametrize(
    ("changes", "hello", "expected"),
    [
        ("{}", '{ contract: "1.9" }', "welcome"),
        ("{}", '{ hash: "sha256-" + "f".repeat(64) }', "welcome"),
        ("{}", '{ contract: "2.0" }', "VERSION_UNSUPPORTED"),
        ('{ contractVersion: "1.4" }', "{}", "welcome"),
        ('{ contractVersion: "2.0" }', "{}", "VERSION_UNSUPPORTED"),
        ('{ contractVersion: "1.4", manifest: { contract: { min: "1.5", max: "1.5" } } }', "{}", "VERSION_UNSUPPORTED"),
        ('{ contractVersion: "1.10", manifest: { contract: { min: "1.9", max: "1.9" } } }', "{}", "welcome"),
    ],
)
def test_only_contracts_that_both_speak_are_welcomed(core: Chromium, changes: str, hello: str, expected: str) -> None:
    script = (
        f"const page = session({changes}); page.dispatcher.start(); page.hello({hello}); const last = page.sent.at(-1);"
    )
    assert play(core, script + "return last.t === 'end' ? last.e.code : last.t;") == expected


def test_a_second_hello_ends_the_session(core: Chromium) -> None:
    script = "const page = session(); page.dispatcher.start(); page.hello(); page.hello();"
    assert play(core, script + "return [page.sent.at(-1).t, page.dispatcher.state];") == ["end", "ended"]


def test_a_session_starts_once(core: Chromium) -> None:
    script = "const page = session(); const start = () => page.dispatcher.start(); start();"
    script += "try { start(); } catch (error) { return error.message; }"
    assert play(core, script) == "a session starts once"


def test_events_before_welcome_wait_in_order_and_the_oldest_go_first(core: Chromium) -> None:
    seen = play(
        core,
        """const page = session();
        for (let turn = 0; turn < 40; turn += 1) page.dispatcher.emit("network.changed", { online: turn % 2 === 0 });
        page.dispatcher.start();
        page.hello();
        return page.sent.filter((message) => message.t === "evt").map((message) => message.seq);""",
    )
    assert seen == list(range(1, 33))


def test_an_event_of_another_shape_is_kept_back_and_audited(core: Chromium) -> None:
    script = """const page = session(); page.dispatcher.start(); page.hello();
    page.dispatcher.emit("theme.changed", { theme: "pink", locale: "en" });
    return [page.sent.length, page.audit.at(-1).code];"""
    assert play(core, script) == [2, "INTERNAL"]


def test_an_event_outside_the_contract_is_a_mistake_of_the_host(core: Chromium) -> None:
    script = "try { session().dispatcher.emit('page.stolen', {}); } catch (error) { return error.name; }"
    assert play(core, script) == "TypeError"


def test_a_session_that_has_used_up_its_calls_ends(core: Chromium) -> None:
    last = play(
        core,
        """const page = session({ envelope: { requests: 3 }, methods: { "app.ready": async () => ({}) } });
        page.dispatcher.start();
        page.hello();
        for (let n = 1; n < 6; n += 1) { page.call(n, "app.ready", {}); await page.later(); }
        const answers = page.sent.filter((message) => message.t === "res");
        return [answers.length, page.sent.at(-1).e.code, page.dispatcher.state];""",
    )
    assert last == [3, "RATE_LIMITED", "ended"]


def test_a_result_above_the_limit_becomes_too_large(core: Chromium) -> None:
    answer = play(
        core,
        """const body = { text: "字".repeat(90000) };
        const page = session({ methods: { "net.request": async () => ({ status: 200, body }) } });
        page.dispatcher.start();
        page.hello();
        page.call(1, "net.request", { op: "wealth.product.list" });
        await page.later();
        return page.sent.at(-1);""",
    )
    assert (answer["id"], answer["ok"], answer["e"]["code"]) == ("r1", False, "TOO_LARGE")


def test_details_of_an_error_are_plain_json_or_nothing(core: Chromium) -> None:
    answers = play(
        core,
        """const loop = {}; loop.loop = loop;
        const details = [loop, [1], "text", { a: undefined, b: 1n }, { a: undefined, b: "x" }];
        const fail = async () => { throw Object.assign(new Error("no"), { code: "BUSY", details: details.shift() }); };
        const page = session({ methods: { "app.ready": fail } });
        page.dispatcher.start();
        page.hello();
        for (let n = 1; n < 6; n += 1) { page.call(n, "app.ready", {}); await page.later(); }
        return page.sent.slice(2).map((message) => message.e.details);""",
    )
    assert answers == [{}, {}, {}, {}, {"b": "x"}]


def test_a_port_that_throws_is_audited_and_nothing_escapes(core: Chromium) -> None:
    script = """const page = session({ send: () => { throw new Error("closed"); } });
    page.dispatcher.start(); page.hello();
    return page.audit.filter((entry) => entry.code === "INTERRUPTED").length;"""
    assert play(core, script) == 2


def test_two_pages_of_one_shell_share_one_sheet(core: Chromium) -> None:
    codes = play(
        core,
        """const prompts = new PromptGate();
        let close;
        const cancelled = () => Object.assign(new Error(), { code: "USER_CANCELLED" });
        const methods = { "device.bind": () => new Promise((_, reject) => { close = () => reject(cancelled()); }) };
        const pages = [session({ prompts, methods }), session({ prompts, methods })];
        for (const page of pages) { page.dispatcher.start(); page.hello(); }
        pages[0].call(1, "device.bind", {});
        pages[1].call(1, "device.bind", {});
        const refused = pages[1].sent.at(-1).e.code;
        close();
        await pages[0].later();
        pages[1].call(2, "device.bind", {});
        close();
        await pages[1].later();
        return [refused, pages[0].sent.at(-1).e.code, pages[1].sent.at(-1).e.code];""",
    )
    assert codes == ["BUSY", "USER_CANCELLED", "USER_CANCELLED"]


def test_the_method_learns_of_its_end_by_its_signal(core: Chromium) -> None:
    aborted = play(
        core,
        """const signals = [];
        const wait = (params, ctx) => { signals.push(ctx.signal); return new Promise(() => {}); };
        const page = session({ methods: { "store.get": wait } });
        page.dispatcher.start();
        page.hello();
        for (const n of [1, 2, 3]) page.call(n, "store.get", { key: "a" });
        page.dispatcher.receive(JSON.stringify({ v: 1, t: "cancel", s: "TOKEN", n: 4, id: "r1" }));
        const afterCancel = signals.map((signal) => signal.aborted);
        page.dispatcher.end("navigation");
        return [afterCancel, signals.map((signal) => signal.aborted)];""",
    )
    assert aborted == [[True, False, False], [True, True, True]]
