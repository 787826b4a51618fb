"""What is recorded in the shell is a conformance vector: it is checked and played by the project's own commands."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from playwright.sync_api import Frame

from native_bridge.cli import main
from tests.native_bridge.shell_ui.conftest import Shell
from tests.native_bridge.shell_ui.site import ROOT
from tests.services import NODE

pytestmark = pytest.mark.browser
HOST = [NODE, str(ROOT / "native_bridge" / "drivers" / "javascript" / "host.mjs")]


def exported(shell: Shell, folder: Path) -> dict[str, Any]:
    """End the recording and give the vector of the only session."""
    with shell.page.expect_download() as download:
        shell.page.click("[data-do=record]")
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return dict(json.loads(path.read_text(encoding="utf-8")))


def proven(folder: Path) -> dict[str, Any]:
    """Check a folder of recordings and play it to the JavaScript host."""
    checked = CliRunner().invoke(main, ["vectors", "check", str(folder)])
    assert checked.exit_code == 0, checked.output
    played = CliRunner().invoke(main, ["vectors", "run", "--folder", str(folder), "--json", "--", *HOST])
    document = json.loads(played.stdout)
    assert [vector["differences"] for vector in document["vectors"]] == [[] for _ in document["vectors"]]
    assert played.exit_code == 0
    return dict(document["counts"])


def asked(vector: dict[str, Any]) -> list[str]:
    messages = [step.get("message") or {} for step in vector["steps"]]
    return [message["m"] for message in messages if message.get("t") == "req"]


def test_a_whole_session_is_exported_and_passes(bound: Shell, tmp_path: Path) -> None:
    bound.page.click("[data-do=record]")
    frame = bound.open()
    bound.ask(frame, "net.request({ op: 'wealth.product.list' })")
    bound.page.click(".nbtn")
    bound.answer(frame)
    frame.evaluate("bridge.net.request({ op: 'device.get' }).catch(() => 0)")
    bound.page.click("[data-do=theme]")
    bound.ask(frame, "scan.code({})")
    bound.page.click("text=不允许")
    bound.answer(frame)
    vector = exported(bound, tmp_path)
    assert vector["handshake"] is False
    assert asked(vector) == [
        "app.info", "ui.setTitleBar", "app.ready", "net.request", "net.request", "scan.code",
    ]  # fmt: skip
    codes = [reply["e"]["code"] for step in vector["steps"] for reply in step["replies"] if reply.get("ok") is False]
    assert codes == ["PERMISSION_DENIED", "CONSENT_DENIED"]
    assert [step["event"] for step in vector["steps"] if step["do"] == "emit"][-1] == "theme.changed"
    assert proven(tmp_path) == {"passed": 1, "failed": 0, "not offered": 0}


def test_a_recording_may_begin_in_mid_session_and_run_out_of_time(bound: Shell, tmp_path: Path) -> None:
    frame = bound.open()
    bound.ask(frame, "scan.code({})")
    bound.page.wait_for_selector(".native")
    bound.page.click("[data-do=record]", force=True)
    frame.evaluate("bridge.scan.code({}).catch(() => 0)")  # the sheet of a call from before
    bound.page.click(".native .cancel")
    bound.answer(frame)
    frame.evaluate("bridge.store.set({ key: 'draft', value: { n: 1 } })")
    bound.ask(frame, "scan.code({}, { timeoutMs: 300 })")
    assert bound.answer(frame)["code"] == "TIMEOUT"
    frame.evaluate("bridge.store.get({ key: 'draft' })")
    vector = exported(bound, tmp_path)
    assert vector["handshake"] is True
    assert asked(vector) == ["store.set", "scan.code", "store.get"]
    assert "wait" in [step["do"] for step in vector["steps"]]
    assert proven(tmp_path)["passed"] == 1


def test_uploads_with_their_chunks_pass(bound: Shell, tmp_path: Path) -> None:
    frame = bound.open("accounts")
    (tmp_path / "front.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(600_000))
    bound.ask(frame, "media.pick({ kind: 'image' })")
    bound.page.set_input_files("#ask-files", [tmp_path / "front.png"])
    bound.page.click(".native .nbtn")
    token = bound.answer(frame)["value"]["files"][0]["fileToken"]
    bound.page.click("[data-do=record]")
    upload = f"net.upload({{ op: 'accounts.application.document', fileToken: '{token}', "
    upload += "params: { applicationId: 'app_1', side: 'FRONT' } })"
    frame.evaluate("Promise.all([1, 2, 3].map((n) => bridge.store.set({ key: `k${n}`, value: n })))")
    frame.evaluate(f"Promise.all([bridge.{upload}, bridge.{upload}].map((call) => call.catch(() => 0)))")
    vector = exported(bound, tmp_path / "out")
    assert asked(vector) == ["store.set"] * 3 + ["net.upload"] * 2
    assert "chunk" in [step["do"] for step in vector["steps"]]
    assert proven(tmp_path / "out")["passed"] == 1


OVERTAKING = """async () => {
  const { Tape } = await import("/shell/ui/tape.mjs");
  const { vectorsOf } = await import("/shell/ui/recorder.mjs");
  const contract = await (await fetch("/shell/contract.json")).json();
  const permissions = { "net.upload": 1, "store.get": 1 };
  const manifest = { bundle: "wealth", version: "1.0.0", permissions, events: [], ops: ["a.b"], purposes: [] };
  const sent = [];
  const ends = [];
  const later = () => new Promise((resolve) => { ends.push(resolve); });
  const turn = () => new Promise((resolve) => { setTimeout(resolve); });
  const methods = {
    "net.upload": async ({ fileToken }, { chunk }) => {
      if (fileToken.endsWith("2")) chunk({ sent: 1, total: 9 });
      await later();
      chunk({ sent: 9, total: 9 });
      return { status: 200, body: { fileToken } };
    },
    "store.get": async ({ key }) => { await later(); return { value: key }; },
  };
  const tape = new Tape({ contract, manifest, policy: Object.keys(permissions), killList: [], methods, audit: () => {},
    clock: () => 0, setTimer: setTimeout, clearTimer: clearTimeout, nonce: () => "n".repeat(32),
    token: () => "t".repeat(32), host: { platform: "browser", app: "2" },
    send: (text) => sent.push(JSON.parse(text)) });
  tape.record();
  tape.start();
  const say = (message) => tape.receive(JSON.stringify({ v: 1, ...message }));
  const hash = `sha256-${"0".repeat(64)}`;
  say({ t: "hello", nonce: "n".repeat(32), sdk: "x", contract: contract.contract, hash, need: {}, want: {} });
  const call = (n, m, p) => say({ t: "req", s: "t".repeat(32), n, id: `r${n}`, m, mv: 1, p });
  for (const n of [1, 2]) call(n, "net.upload", { op: "a.b", fileToken: `fil_1234567${n}` });
  for (const n of [3, 4, 5]) call(n, "store.get", { key: `k${n}` });
  for (const end of [4, 2, 3, 0, 1]) { ends[end](); await turn(); }
  const made = await vectorsOf({ tapes: [tape], all: [tape], contract });
  return { made, order: sent.filter(({ t }) => t === "res").map(({ id }) => id) };
}"""


def test_calls_that_overtake_older_ones_of_their_method_pass(shell: Shell, tmp_path: Path) -> None:
    told = shell.page.evaluate(OVERTAKING)
    (one,) = told["made"]
    assert (told["order"], one["messages"], one["leftOut"]) == (["r5", "r3", "r4", "r1", "r2"], 6, 0)
    acts = one["vector"]["methods"]["store.get"]
    assert acts == [{"waits": True}, {"waits": True}, {"returns": {"value": "k5"}}]
    sent = [
        (reply["id"], reply["seq"])
        for step in one["vector"]["steps"]
        for reply in step["replies"]
        if reply["t"] == "chunk"
    ]
    assert sent == [("r1", 0), ("r2", 0), ("r2", 1)]
    (tmp_path / "overtaking.json").write_text(json.dumps(one["vector"]), encoding="utf-8")
    assert proven(tmp_path)["passed"] == 1


def test_two_sessions_are_two_files_and_each_passes(shell: Shell, tmp_path: Path) -> None:
    shell.page.click("[data-do=record]")
    wealth = shell.open("wealth")
    wealth.evaluate("void bridge.nav.open({ route: 'accounts' })")
    shell.page.wait_for_selector(".origin:has-text('accounts-h5') .chip.ok")
    shell.page.click("[data-do=record]")
    for button in shell.page.query_selector_all("[data-save]"):
        with shell.page.expect_download() as download:
            button.click()
        download.value.save_as(tmp_path / download.value.suggested_filename)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["recorded-1-wealth.json", "recorded-2-accounts.json"]
    assert proven(tmp_path) == {"passed": 2, "failed": 0, "not offered": 0}


def token_of(shell: Shell, frame: Frame) -> str:
    frame.evaluate("bridge.session.status()")
    shell.page.click(".call >> nth=-1")
    shell.page.click(".detail [data-value=envelope]")
    return str(json.loads(shell.page.inner_text(".detail .code"))["in"]["s"])


def test_no_token_stands_anywhere_in_a_recording(shell: Shell, tmp_path: Path) -> None:
    frame = shell.open()
    token = token_of(shell, frame)
    shell.page.click("[data-do=record]")
    frame.evaluate(f"bridge.store.set({{ key: 'k', value: {{ '{token}': ['{token}'] }} }})")
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in token)
    odd = [f"broken {token}", f'"{escaped}"', '{"v":1,"t":"ping","n":1}', '{"v":1,"v":1}', "@FILL(9)@", "7"]
    page = shell.page.evaluate(
        """async (odd) => {
          const { Tape } = await import("/shell/ui/tape.mjs");
          const { vectorsOf } = await import("/shell/ui/recorder.mjs");
          const contract = await (await fetch("/shell/contract.json")).json();
          const manifest = { bundle: "wealth", version: "1.0.0", permissions: {}, events: [], ops: [], purposes: [] };
          const tape = new Tape({ contract, manifest, policy: [], killList: [], methods: {}, audit: () => {},
            clock: () => 0, setTimer: setTimeout, clearTimer: clearTimeout, nonce: () => "n".repeat(32),
            token: () => odd[0].slice(7), host: { platform: "browser", app: "2.0.0" }, send: () => {} });
          tape.record();
          tape.start();
          const hash = `sha256-${"0".repeat(64)}`;
          const hello = { v: 1, t: "hello", nonce: "n".repeat(32), sdk: "x", contract: contract.contract, hash };
          tape.receive(JSON.stringify({ ...hello, need: {}, want: {} }));
          for (const text of [...odd, null]) tape.receive(text);
          return vectorsOf({ tapes: [tape], all: [tape], contract }); }""",
        odd,
    )
    vector = exported(shell, tmp_path)
    assert token not in json.dumps(vector)
    assert asked(vector) == ["store.set"]
    assert [page[0]["messages"], page[0]["leftOut"]] == [6, 2]
    assert token not in json.dumps(page)
    assert [step.get("text", step.get("message")) for step in page[0]["vector"]["steps"][1:]] == [
        "broken VECTOR-TOKEN", {"v": 1, "t": "ping", "n": 1}, '{"v":1,"v":1}', 7, None,
    ]  # fmt: skip
    (tmp_path / "odd.json").write_text(json.dumps(page[0]["vector"]), encoding="utf-8")
    assert proven(tmp_path)["passed"] == 2


def test_nothing_said_is_no_file(shell: Shell) -> None:
    shell.page.click("[data-do=record]")
    shell.page.click("[data-do=record]")
    shell.page.wait_for_selector(".toast:has-text('没有录到往来')")


def test_an_older_contract_is_not_exported_and_said(shell: Shell) -> None:
    shell.page.click("[data-fault=oldContract]")
    shell.page.click("[data-do=record]")
    shell.page.click("[data-open=wealth]")
    shell.page.wait_for_selector(".call .m:has-text('VERSION_UNSUPPORTED')")
    shell.page.click("[data-do=record]")
    shell.page.wait_for_selector(".toast:has-text('没有写入')")
