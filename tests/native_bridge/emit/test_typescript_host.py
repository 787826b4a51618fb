"""The emitted TypeScript host: it compiles strictly, conforms to every vector, and its types find mistakes."""

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from native_bridge.conformance import Vector
from native_bridge.emit.typescript_host import emit
from native_bridge.model import compile_folder
from tests.native_bridge.emit.compiling import (
    COMPOSED,
    DRIVER,
    NODE,
    compiled,
    laid_out,
    mistakes,
    needs_node,
    needs_typescript,
)
from tests.native_bridge.fuzz.runs import EVERY
from tests.native_bridge.playing import CONTRACT, FOUND, Host, offered, play

USE: Final = """
import { Call } from "./host/calls.js";
import { CONTRACT } from "./host/contract.js";
import { Dispatcher } from "./host/dispatcher.js";
import { BridgeEvents } from "./host/events.js";
import { bridgeError, BridgeMethods } from "./host/methods.js";
import { readManifest } from "./host/manifest.js";
import { JsonObject } from "./host/json.js";
import { PromptGate } from "./host/calls.js";
import { NetUpload, UploadProgress } from "./host/types.js";

declare const console: { log(text: string): void };
const permissions = new JsonObject().set("store.get", 1).set("net.upload", 1).set("store.set", 1).set("nav.close", 1);
const manifest = new JsonObject().set("bundle", "wealth").set("version", "1.0.0").set("permissions", permissions)
  .set("ops", ["a.b"]).set("events", ["theme.changed"]);
const methods = new BridgeMethods()
  .storeGet(async (input, call) => ({ value: `${call.bundle.id}/${input.key}` }))
  .storeSet(async () => { throw bridgeError("STORAGE_FULL", "full"); })
  .navClose(async (input) => { if (input.result !== null && input.result !== undefined) console.log("closed"); })
  .netUpload(async (input: NetUpload, _call: Call, send: (chunk: UploadProgress) => void) => {
    send({ sent: 1, total: 2 });
    return { status: 200, body: input.params?.get("id") ?? null };
  });
const dispatcher = new Dispatcher({
  contract: CONTRACT, manifest: readManifest(manifest), digest: "", policy: CONTRACT.methodNames(), killList: [],
  methods: methods.table, host: { platform: "browser", app: "1" }, prompts: new PromptGate(),
  clock: { now: () => 0, after: () => ({ cancel: () => undefined }) },
  chance: { nonce: () => "N", token: () => "T" },
  port: { send: (text) => console.log(text) },
  audit: { write: () => undefined },
});
dispatcher.start();
dispatcher.receive('{"v":1,"t":"hello","nonce":"N","sdk":"x","contract":"1.1","hash":"sha256-' + "0".repeat(64) + '","need":{},"want":{}}');
const calls: [string, string][] = [["store.get", '{"key":"a"}'], ["store.set", '{"key":"a","value":[1]}'], ["nav.close", '{"result":{}}'],
  ["net.upload", '{"op":"a.b","fileToken":"fil_01234567","params":{"id":"7"}}']];
calls.forEach(([name, p], index) => dispatcher.receive(`{"v":1,"t":"req","s":"T","n":${index},"id":"r${index}","m":"${name}","mv":1,"p":${p}}`));
new BridgeEvents(dispatcher).themeChanged({ theme: "dark", locale: "en" });
"""  # noqa: E501 — TypeScript
WRONG: Final = [
    "methods.storeGet(async () => ({}));",
    "methods.storeGet(async (input) => ({ value: input.name }));",
    'methods.appInfo(async () => ({ platform: "ios" }));',
    'bridgeError("NO_SUCH_CODE");',
    'new BridgeEvents(dispatcher).themeChanged({ theme: "pink", locale: "en" });',
    "methods.storeBurn(async () => undefined);",
    "methods.netUpload(async (input, call, send) => { send({ sent: 1 }); return { status: 200, body: null }; });",
]


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    folder = tmp_path_factory.mktemp("typescript")
    laid_out(folder, {**emit(compile_folder()), "driver.ts": DRIVER.read_text(encoding="utf-8"), "package.json": "{}"})
    with Host(["node", str(compiled(folder, "driver.ts"))]) as host:
        yield host


@needs_node
def test_the_host_says_who_it_is(host: Host) -> None:
    expected = {"protocol": 1, "language": "typescript", "contract": CONTRACT.hash, "can": ["session", "window"]}
    assert host.ask({"do": "about"}) == expected


@needs_node
@pytest.mark.parametrize("name", offered("session", "window"))
def test_the_host_conforms(host: Host, name: str) -> None:
    assert play(host, FOUND[name].data) == []


@needs_node
@pytest.mark.parametrize(
    "vector", [vector for vector in FOUND.values() if "steps" in vector.data], ids=lambda vector: vector.name
)
def test_the_player_sees_a_host_that_does_not_conform(host: Host, vector: Vector) -> None:
    changed: dict[str, Any] = json.loads(json.dumps(vector.data))
    changed["audit"][0] = {**changed["audit"][0], "kind": "other"}
    changed["steps"][0]["replies"].append({"v": 1, "t": "res", "id": "never", "ok": True, "r": {}})
    changed["calls"]["app.info"] = [{"bundle": "accounts", "params": {}}]
    assert len(play(host, changed)) >= 3


@needs_typescript
def test_each_mistake_is_found(tmp_path: Path) -> None:
    laid_out(tmp_path, {**emit(compile_folder()), "use.ts": USE + "\n".join(WRONG) + "\n"})
    first = USE.count("\n") + 1
    lines = re.findall(r"use\.ts\((\d+),", mistakes(tmp_path, "use.ts", NODE))
    assert {int(line) for line in lines} == set(range(first, first + len(WRONG)))


@needs_node
def test_typed_methods_and_events_cross_the_port(tmp_path: Path) -> None:
    laid_out(tmp_path, {**emit(compile_folder()), "use.ts": USE, "package.json": "{}"})
    script = compiled(tmp_path, "use.ts")
    told = subprocess.run(["node", str(script)], capture_output=True, text=True, check=True).stdout.splitlines()
    messages = [json.loads(line) for line in told if line.startswith("{")][2:]
    by_id = {message.get("id", message["t"]): message for message in messages if message["t"] != "chunk"}
    assert {name: message.get("r", message.get("p")) for name, message in by_id.items()} == {
        "r0": {"value": "wealth/a"},
        "r1": None,
        "r2": {},
        "r3": {"status": 200, "body": "7"},
        "evt": {"theme": "dark", "locale": "en"},
    }
    assert (by_id["r1"]["e"]["code"], "closed" in told) == ("STORAGE_FULL", True)
    assert [message["p"] for message in messages if message["t"] == "chunk"] == [{"sent": 1, "total": 2}]


@needs_typescript
def test_unions_lists_and_maps_are_read_and_written(tmp_path: Path) -> None:
    contract = compile_folder()
    files = emit(replace(contract, types={**contract.types, **COMPOSED}))
    laid_out(tmp_path, {**files, "use.ts": 'import "./host/methods.js"; import "./host/contract.js";\n'})
    assert mistakes(tmp_path, "use.ts", NODE) == ""
    kinds = [name for name in ("UnionShape", "ListShape", "MapShape") if name in files["host/contract.ts"]]
    assert kinds == ["UnionShape", "ListShape", "MapShape"]


def test_nothing_emitted_is_untyped() -> None:
    found = [
        name
        for name, text in emit(compile_folder()).items()
        if re.search(r"[:<(|] ?(any|unknown)\b|\bas (any|unknown)\b", text)
    ]
    assert found == []


@needs_node
@pytest.mark.parametrize("run", EVERY)
def test_the_host_holds_under_arbitrary_input(host: Host, run: Callable[[Host], None]) -> None:
    run(host)
