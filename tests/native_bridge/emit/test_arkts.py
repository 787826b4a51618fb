"""The emitted ArkTS host: HarmonyOS's compiler and linter take it, and it conforms to every vector."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from native_bridge.emit.arkts import emit
from native_bridge.model import compile_folder
from tests.native_bridge.emit.compiling import DRIVER, ROOT, compiled, laid_out, needs_node
from tests.native_bridge.fuzz.runs import EVERY
from tests.native_bridge.playing import CONTRACT, FOUND, Host, offered, play

LINT: Final = Path(__file__).parent / "lint_arkts.cjs"
OHOS: Final = os.environ.get("TIDEGATE_TEST_OHOS_TYPESCRIPT")  # noqa: TID251 — another prefix for the compiler
MODULES: Final = Path(OHOS) if OHOS else ROOT / "node_modules"
PLATFORM: Final = {"web_bridge.ets"}
USE: Final = """
import webview from '@ohos.web.webview';
import { Call, PromptGate } from "./calls";
import { AuditEntry } from "./audit";
import { CONTRACT } from "./contract";
import { Dispatcher } from "./dispatcher";
import { JsonObject } from "./json";
import { BridgeMethods } from "./methods";
import { readManifest } from "./manifest";
import { Audit, Port } from "./ports";
import { StoreKeyed, StoreValue } from "./types";
import { DeviceChance, DeviceClock, WebBridge } from "./web_bridge";

class Log implements Audit {
  write(entry: AuditEntry): void {
    entry.toJson();
  }
}

export function attached(controller: webview.WebviewController, manifest: JsonObject, prompts: PromptGate): WebBridge {
  const clock = new DeviceClock();
  const methods = new BridgeMethods().storeGet(async (input: StoreKeyed, call: Call): Promise<StoreValue> => {
    return { value: `${call.bundle.id}/${input.key}` };
  });
  return new WebBridge(controller, "https://wealth.h5.bank.example", clock, (port: Port): Dispatcher => new Dispatcher({
    contract: CONTRACT, manifest: readManifest(manifest), digest: "", policy: CONTRACT.methodNames(), killList: [],
    methods: methods.table, host: { platform: "harmonyos", app: "1.0.0" }, clock: clock, chance: new DeviceChance(),
    port: port, audit: new Log(), prompts: prompts,
  }));
}
"""
WRONG: Final = {
    "export const ANYTHING: any = 1;": "arkts-no-any-unknown",
    "export const LOOSE = { a: 1 };": "arkts-no-untyped-obj-literals",
    "export const METHODS = new BridgeMethods().storeBurn();": "Property 'storeBurn' does not exist",
    "export const GATE: PromptGate = new DeviceClock();": "Type 'DeviceClock' is missing",
}  # fmt: skip
ADAPTER: Final = """
const told = [];
const ports = [];
const makePort = () => ({ close() { told.push("closed"); }, postMessageEvent(text) { told.push(JSON.parse(text).t); }, onMessageEvent(hear) { this.hear = hear; } });
const controller = {
  createWebMessagePorts: () => { ports.push(makePort(), makePort()); return ports.slice(-2); },
  postMessage: (name, given, origin) => told.push([name, given.length, origin]),
};
const { WebBridge } = require("./web_bridge.js");
const { Dispatcher } = require("./dispatcher.js");
const timers = [];
const clock = { now: () => 0, after: (ms, run) => { timers.push(run); return { cancel: () => told.push("timer stopped") }; } };
const { CONTRACT } = require("./contract.js");
const { Manifest } = require("./manifest.js");
const { PromptGate } = require("./calls.js");
const open = (port) => new Dispatcher({
  contract: CONTRACT, manifest: new Manifest("wealth", "1", "", new Map(), new Map()), digest: "", policy: [], killList: [], methods: new Map(),
  host: { platform: "harmonyos", app: "1" }, clock, chance: { nonce: () => "N", token: () => "T" }, port, prompts: new PromptGate(),
  audit: { write: (entry) => told.push([entry.kind, entry.reason]) },
});
const bridge = new WebBridge(controller, "https://wealth.h5.bank.example", clock, open);
const given = ["https://wealth.h5.bank.example.evil.example/", "https://accounts.h5.bank.example/", "https://wealth.h5.bank.example/index.html"]
  .map((url) => bridge.pageEnds(url));
const first = ports[1];
first.hear('{"v":1,"t":"ping","n":1}');
first.hear(new ArrayBuffer(1));
bridge.pageBegins();
first.hear('{"v":1,"t":"ping","n":2}');
bridge.pageEnds("https://wealth.h5.bank.example");
timers[1]();
let refused = false;
try { new WebBridge(controller, "*", clock, open); } catch { refused = true; }
console.log(JSON.stringify({ given, told, state: bridge.session().state(), refused }));
"""  # noqa: E501 — JavaScript


def has_linter() -> bool:
    return shutil.which("node") is not None and (MODULES / "ohos-typescript").is_dir()


needs_linter = pytest.mark.skipif(not has_linter(), reason="no ohos-typescript: `npm ci` installs it")


def linted(folder: Path) -> str:
    command = ["node", str(LINT), *map(str, sorted(folder.glob("*.ets")))]
    environ = {**os.environ, "NODE_PATH": str(MODULES)}  # noqa: TID251 — Node looks for the compiler there
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environ).stdout


@pytest.fixture(scope="module")
def stripped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The core as TypeScript reads it: ArkTS is a part of that language."""
    folder = tmp_path_factory.mktemp("arkts")
    core = {f"host/{Path(name).stem}.ts": text for name, text in emit(compile_folder()).items() if name not in PLATFORM}
    laid_out(folder, {**core, "driver.ts": DRIVER.read_text(encoding="utf-8"), "package.json": "{}"})
    return compiled(folder, "driver.ts")


@pytest.fixture(scope="module")
def host(stripped: Path) -> Iterator[Host]:
    with Host(["node", str(stripped), "arkts"]) as host:
        yield host


@needs_linter
def test_the_linter_finds_nothing(tmp_path: Path) -> None:
    laid_out(tmp_path, {**emit(compile_folder()), "use.ets": USE})
    assert linted(tmp_path) == ""


@needs_linter
def test_the_linter_finds_each_mistake(tmp_path: Path) -> None:
    laid_out(tmp_path, {**emit(compile_folder()), "use.ets": USE + "\n".join(WRONG) + "\n"})
    told = linted(tmp_path)
    first = USE.count("\n") + 1
    lines = {line.split(":")[1] for line in told.splitlines()}
    assert lines == {str(first + index) for index in range(len(WRONG))}
    assert [message for message in WRONG.values() if message not in told] == []


@needs_node
def test_the_host_says_who_it_is(host: Host) -> None:
    assert (host.ask({"do": "about"})["language"], host.ask({"do": "about"})["contract"]) == ("arkts", CONTRACT.hash)


@needs_node
@pytest.mark.parametrize("name", offered("session", "window"))
def test_the_host_conforms(host: Host, name: str) -> None:
    assert play(host, FOUND[name].data) == []


@needs_node
def test_the_port_goes_to_the_bundles_own_origin_and_dies_with_the_document(tmp_path: Path) -> None:
    platform = Path(__file__).parent / "harmonyos"
    files = {f"{Path(name).stem}.ts": text for name, text in emit(compile_folder()).items()}
    files["web_bridge.ts"] = files["web_bridge.ts"].replace("'@ohos.security.cryptoFramework'", "'./crypto_framework'")
    files["web_bridge.ts"] = files["web_bridge.ts"].replace("'@ohos.web.webview'", "'./web_webview'")
    laid_out(tmp_path, {**files, "package.json": "{}"})
    for path in platform.glob("*.d.ts"):
        shutil.copy(path, tmp_path)
    laid_out(
        tmp_path, {"all.ts": '/// <reference path="timers.d.ts" />\nimport "./web_bridge";\nimport "./contract";\n'}
    )
    script = compiled(tmp_path, "all.ts")
    laid_out(script.parent, {"adapter.js": ADAPTER, "crypto_framework.js": "", "web_webview.js": ""})
    told = subprocess.run(["node", "adapter.js"], cwd=script.parent, capture_output=True, text=True, check=True).stdout
    origin = "https://wealth.h5.bank.example"
    handed = [["tidegate-port", 1, origin], "init"]
    assert json.loads(told) == {
        "given": [False, False, True],
        "told": [
            *handed,
            "pong",
            "err",
            ["drop", "a message is a string"],
            "timer stopped",
            ["session", "ended: navigation"],
            "closed",
            ["drop", "the session is ended"],
            *handed,
            ["session", "ended: the page did not answer"],
        ],
        "state": "ended",
        "refused": True,
    }


def test_no_message_is_posted_to_every_origin() -> None:
    assert [name for name, text in emit(compile_folder()).items() if "'*'" in text or '"*"' in text] == []


@needs_node
@pytest.mark.parametrize("run", EVERY)
def test_the_host_holds_under_arbitrary_input(host: Host, run: Callable[[Host], None]) -> None:
    run(host)
