"""The emitted client: the committed files are fresh, and TypeScript reads the declarations strictly."""

import json
import subprocess
from pathlib import Path
from typing import Final

import pytest

from native_bridge.emit.typescript import emit, emit_source
from native_bridge.model import Contract, compile_folder, load
from tests.native_bridge.emit.compiling import compiled, laid_out, mistakes, needs_node, needs_typescript

ROOT: Final = Path(__file__).parents[3]
OUT: Final = ROOT / "h5bundle" / "apps" / "common" / "src"
BROWSER: Final = ("--lib", "es2022,dom", "--module", "esnext", "--moduleResolution", "bundler")
CLIENTS: Final = {"declared": emit, "source": emit_source}

USE: Final = """
import { connect, BridgeError, type Bridge, type TxSigned, type NetAnswer } from "./bridge.js";
const bridge: Bridge = await connect({ need: { "tx.sign": 1 }, want: { "device.bind": 1 } });
const info = await bridge.app.info();
const locale: "zh-CN" | "en" = info.locale;
const signed: TxSigned = await bridge.tx.sign({ challengeId: "chl_1" }, { timeoutMs: 1000 });
const request = { op: "a.b", params: { id: "1" }, body: { amountFen: 1 }, idempotencyKey: "k" };
const answer: NetAnswer = await bridge.net.request(request);
const upload = { op: "a.b", fileToken: "fil_1" };
await bridge.net.upload(upload, { onChunk: ({ sent, total }) => void (sent / total), timeoutMs: 5 });
const stop: () => void = bridge.on("theme.changed", ({ theme }) => {
  const dark: boolean = theme === "dark";
  void dark;
});
await bridge.nav.close();
try { await bridge.store.set({ key: "a", value: [1, { b: null }] }); } catch (error) {
  if (error instanceof BridgeError && error.code === "STORAGE_FULL") stop();
}
export { locale, signed, answer };
"""
WRONG: Final = [
    'await bridge.tx.sign({ challengeId: "chl_1", display: "x" });',
    "await bridge.tx.sign({});",
    'await bridge.ui.setTitleBar({ title: "a", leading: "menu" });',
    'await bridge.app.info({ locale: "en" });',
    'bridge.on("no.event", () => {});',
    "bridge.welcome.s;",
    'await connect({ need: { "tx.sign": 2 } });',
    "const level: number = (await bridge.session.status()).state;",
    'new BridgeError("NO_SUCH_CODE");',
    "await bridge.net.request({ op: 'a.b', headers: {} });",
    "await bridge.net.request({ op: 'a.b' }, { onChunk: () => {} });",
    "await bridge.net.upload({ op: 'a.b', fileToken: 'f' }, { onChunk: ({ part }) => part });",
]  # fmt: skip


PAGE: Final = """
const told = [];
const listeners = new Set();
const shell = {};
globalThis.window = {
  parent: { postMessage: (data) => told.push(data) },
  addEventListener: (_name, listener) => listeners.add(listener),
  removeEventListener: (_name, listener) => listeners.delete(listener),
};
const port = { postMessage: (text) => told.push(JSON.parse(text)), close: () => told.push("closed") };
const say = (message) => port.onmessage({ data: JSON.stringify({ v: 1, ...message }) });
const { connect } = await import("./CLIENT");
const connecting = connect({ need: { "net.upload": 1 } });
const greeting = { source: window.parent, data: { tidegate: "page-init" }, ports: [port], stopImmediatePropagation: () => {} };
for (const listener of [...listeners]) listener(greeting);
await new Promise((resolve) => setTimeout(resolve));
say({ t: "init", nonce: "N" });
say({ t: "welcome", s: "T", contract: "1.1", host: {}, granted: { "net.upload": 1 }, denied: {}, bundle: {}, limits: {} });
const bridge = await connecting;
const heard = [];
const broken = [];
process.on("uncaughtException", (error) => broken.push(error.message));
const input = { op: "a.b", fileToken: "fil_1" };
const first = bridge.net.upload(input, { onChunk: (chunk) => heard.push(chunk) });
const second = bridge.net.upload(input);
const third = bridge.net.upload(input, { onChunk: () => { throw new Error("mine"); } });
say({ t: "chunk", id: "r1", seq: 0, p: { sent: 1, total: 4 } });
say({ t: "chunk", id: "r1", seq: 0, p: { sent: 1, total: 4 } });
say({ t: "chunk", id: "r1", seq: 2, p: { sent: 3, total: 4 } });
say({ t: "chunk", id: "r1", seq: 1, p: { sent: 2, total: 4 } });
say({ t: "chunk", id: "r2", seq: 0, p: { sent: 1, total: 4 } });
say({ t: "chunk", id: "r3", seq: 0, p: { sent: 1, total: 4 } });
say({ t: "chunk", id: "r9", seq: 0, p: { sent: 1, total: 4 } });
for (const id of ["r1", "r2", "r3"]) say({ t: "res", id, ok: true, r: { status: 200, body: id } });
say({ t: "chunk", id: "r1", seq: 2, p: { sent: 4, total: 4 } });
const answers = await Promise.all([first, second, third]);
await new Promise((resolve) => setTimeout(resolve, 5));
const asked = told.filter((message) => message.t === "req").map((message) => message.p);
console.log(JSON.stringify({ heard, broken, asked, answers: answers.map((answer) => answer.body), closed: told.includes("closed") }));
process.exit(0);
"""  # noqa: E501 — JavaScript


@pytest.mark.parametrize("name", ["bridge.js", "bridge.d.ts"])
def test_the_committed_file_is_a_fresh_emission(name: str) -> None:
    assert (OUT / name).read_text(encoding="utf-8") == emit(compile_folder())[name]


@pytest.mark.parametrize("name", ["bridge.js", "bridge.d.ts"])
def test_the_file_says_how_it_was_made(name: str) -> None:
    head = emit(compile_folder())[name][:400]
    assert ("GENERATED by `bridge emit typescript" in head, compile_folder().hash in head) == (True, True)


def test_no_placeholder_is_left() -> None:
    assert [name for name, text in emit(compile_folder()).items() if "@METHODS@" in text or "@TYPES@" in text] == []


def test_every_method_event_and_error_is_declared() -> None:
    contract = compile_folder()
    declarations = emit(contract)["bridge.d.ts"]
    names = [*contract.methods, *contract.events, *contract.errors]
    assert [name for name in names if f'"{name}"' not in declarations] == []


def test_unions_lists_and_maps_become_types() -> None:
    contract = compile_folder()
    extra = {
        "Small": {"kind": "record", "doc": "A.", "fields": {}},
        "Choice": {"kind": "union", "doc": "B.", "tag": "kind", "cases": {"a": "Small"}},
        "Many": {"kind": "list", "doc": "C.", "of": "decimal"},
        "Book": {"kind": "map", "doc": "D.", "of": "bytes"},
    }
    text = emit(
        type(contract)(
            **{**{name: getattr(contract, name) for name in contract.__slots__}, "types": {**contract.types, **extra}}
        )
    )
    lines = text["bridge.d.ts"].splitlines()
    expected = [
        "export type Small = object;",
        'export type Choice = ({ kind: "a" } & Small);',
        "export type Many = readonly string[];",
        "export type Book = { readonly [key: string]: string };",
    ]
    assert [line for line in expected if line not in lines] == []


def two_versions() -> Contract:
    data = json.loads(compile_folder().compiled)
    spec = data["methods"]["tx.sign"]["1"]
    deprecated = {"since": "1.1", "removeAfter": "1.4", "use": "tx.sign/2"}
    data["methods"]["tx.sign"] = {
        "1": {**spec, "deprecated": deprecated},
        "2": {**spec, "mv": 2, "input": "StoreKeyed", "timeoutMs": 200000},
    }
    return load(json.dumps(data).encode())


def test_the_newest_version_is_called_and_older_ones_stay_callable() -> None:
    text = emit(two_versions())
    assert ('"tx.sign": [2, 200000, true],' in text["bridge.js"], '"1": [\n      300000,' in text["bridge.js"]) == (
        True,
        True,
    )
    assert 'readonly "tx.sign": 2 | 1;' in text["bridge.d.ts"]


def checked(folder: Path, client: str, source: str, contract: Contract | None = None) -> str:
    laid_out(folder, {**CLIENTS[client](contract or compile_folder()), "use.ts": source})
    return mistakes(folder, "use.ts", BROWSER)


@needs_typescript
@pytest.mark.parametrize("client", CLIENTS)
def test_a_correct_page_type_checks(tmp_path: Path, client: str) -> None:
    assert checked(tmp_path, client, USE) == ""


@needs_typescript
@pytest.mark.parametrize("client", CLIENTS)
def test_a_page_may_call_an_older_version(tmp_path: Path, client: str) -> None:
    source = """import { connect } from "./bridge.js";
const bridge = await connect({ need: { "tx.sign": 1 } });
export const old = await bridge.older["tx.sign"][1]({ challengeId: "chl_1" });
export const now = await bridge.tx.sign({ key: "a" });
"""
    assert checked(tmp_path, client, source, two_versions()) == ""
    assert "use.ts(3" in checked(tmp_path, client, source.replace("[1](", "[3]("), two_versions())


@needs_typescript
@pytest.mark.parametrize("client", CLIENTS)
def test_each_mistake_is_found(tmp_path: Path, client: str) -> None:
    lines = checked(tmp_path, client, USE + "\n".join(WRONG) + "\n")
    first = USE.count("\n") + 1
    found = {int(line.split("use.ts(")[1].split(",")[0]) for line in lines.splitlines() if "use.ts(" in line}
    assert found == set(range(first, first + len(WRONG)))


def run(script: Path, text: str = PAGE) -> dict[str, object]:
    page = script.with_name("page.mjs")
    page.write_text(text.replace("CLIENT", script.name), encoding="utf-8")
    told = subprocess.run(["node", str(page)], capture_output=True, text=True, check=False)
    assert told.stderr == ""
    answer: dict[str, object] = json.loads(told.stdout)
    return answer


@pytest.fixture(scope="module", params=CLIENTS)
def script(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A client's JavaScript, compiled once: each test runs it in a process of its own."""
    folder = tmp_path_factory.mktemp(request.param)
    laid_out(folder, {**CLIENTS[request.param](compile_folder()), "package.json": '{"type": "module"}'})
    return compiled(folder, "bridge.ts", BROWSER) if request.param == "source" else folder / "bridge.js"


@needs_node
def test_chunks_reach_the_page_in_order_and_only_their_call(script: Path) -> None:
    assert run(script) == {
        "heard": [{"sent": 1, "total": 4}, {"sent": 2, "total": 4}],
        "broken": ["mine"],
        "asked": 3 * [{"op": "a.b", "fileToken": "fil_1"}],
        "answers": ["r1", "r2", "r3"],
        "closed": False,
    }


SHELLS: Final = """
const told = [];
const heard = {};
const welcome = JSON.stringify({ v: 1, t: "welcome", s: "T", granted: { "app.info": 1 }, denied: {} });
const answered = (text) => {
  told.push(JSON.parse(text));
  if (told.at(-1).tidegate) return '{"v":1,"t":"init","nonce":"N"}';
  return told.at(-1).t === "hello" ? welcome : '{"v":1,"t":"res","id":"r1","ok":true,"r":{"theme":"dark"}}';
};
const agent = (userAgent) => Object.defineProperty(globalThis, "navigator", { value: { userAgent } });
const events = (hand) => ({
  addEventListener: (name, listener) => {
    heard[name] = listener;
    if (hand) setTimeout(hand);
  },
  removeEventListener: () => {},
});
const handing = () => {
  const makePort = () => {
    const port = { postMessage: (text) => setTimeout(() => port.onmessage({ data: answered(text) })), close: () => {} };
    return port;
  };
  const hand = (data, ports, source = null) => heard.message({ data, ports, source, stopImmediatePropagation: () => {} });
  return () => {
    const [port, evil] = [makePort(), makePort()];
    hand("other", [evil]);
    hand("tidegate-port", [evil, evil]);
    hand("tidegate-port", [evil], window);
    hand("tidegate-port", [port]);
    setTimeout(() => port.postMessage('{"tidegate":1}'), 5);
  };
};
const shells = {
  android: () => {
    const object = { postMessage: (text) => setTimeout(() => object.onmessage({ data: answered(text) })) };
    return { tidegate: object, ...events(null) };
  },
  losing: () => ({ tidegate: { postMessage: () => {} }, ...events(handing()) }),
  old: () => {
    agent("Mozilla/5.0 (Linux; Android 9; wv) Chrome/70");
    return events(handing());
  },
  ios: () => ({
    webkit: { messageHandlers: { tidegate: { postMessage: async (text) => { setTimeout(() => window.tidegateReceive(answered(text))); } } } },
  }),
  harmonyos: () => {
    agent("Mozilla/5.0 ArkWeb/4.1");
    return events(handing());
  },
  browser: () => {
    agent("Mozilla/5.0");
    return {};
  },
};
globalThis.window = shells["SHELL"]();
window.parent = window;
const { connect } = await import("./CLIENT");
try {
  const bridge = await connect({ need: { "app.info": 1 } });
  console.log(JSON.stringify({ theme: (await bridge.app.info()).theme, said: told.map((message) => message.t ?? "greeting") }));
} catch (error) {
  console.log(JSON.stringify({ code: error.code }));
}
process.exit(0);
"""  # noqa: E501 — JavaScript
REACHED: Final = {"theme": "dark", "said": ["greeting", "hello", "req"]}


@needs_node
@pytest.mark.parametrize(
    ("shell", "expected"),
    [
        ("android", REACHED),
        ("losing", REACHED),
        ("old", REACHED),
        ("ios", REACHED),
        ("harmonyos", REACHED),
        ("browser", {"code": "METHOD_UNSUPPORTED"}),
    ],
)
def test_the_page_finds_its_way_to_each_shell(script: Path, shell: str, expected: dict[str, object]) -> None:
    assert run(script, SHELLS.replace("SHELL", shell)) == expected


def test_the_source_has_no_untyped_word() -> None:
    assert [line for line in emit_source(compile_folder())["bridge.ts"].splitlines() if ": any" in line] == []
