"""The fault switches reach whatever asks the person, uploads and chunks; none lets a forbidden call succeed."""

from pathlib import Path
from typing import Any

import pytest

from tests.native_bridge.shell_ui.conftest import Shell

pytestmark = pytest.mark.browser
FAULTS = ("deny", "cancel", "locked", "timeout", "offline", "slow", "oldContract", "reorder")
ASKING = {
    "tx.sign": "{ challengeId: 'chl_jmg_00001' }",
    "session.stepUp": "{}",
    "scan.code": "{}",
    "media.pick": "{ kind: 'image' }",
    "share.open": "{ text: 'x' }",
    "file.save": "{ name: 'x', kind: 'csv', content: 'YQ' }",
    "nav.openExternal": "{ linkId: 'complaints' }",
}
REFUSED = """async () => {
  const codes = [];
  for (const call of [
    () => bridge.net.request({ op: "wealth.order.prepare", body: {} }),
    () => bridge.net.request({ op: "device.get" }),
    () => bridge.net.upload({ op: "wealth.order.prepare", fileToken: "fil_12345678" }),
    () => bridge.screen.protect({ enabled: true }),
    () => bridge.input.securePin({ purpose: "card.activate" }),
  ]) codes.push(await call().then(() => "allowed", (error) => error.code));
  return codes;
}"""


def switch(shell: Shell, name: str) -> None:
    shell.page.click(f"[data-fault={name}]")


def test_what_asks_the_person_fails_as_the_contract_lets_it(bound: Shell) -> None:
    frame = bound.open()
    codes: dict[str, dict[str, Any]] = {}
    for fault in ("deny", "cancel"):
        switch(bound, fault)
        codes[fault] = {}
        for method, params in ASKING.items():
            bound.ask(frame, f"{method}({params})")
            codes[fault][method] = bound.answer(frame)["code"]
        switch(bound, fault)
    denied = dict.fromkeys(ASKING, "CONSENT_DENIED") | {"session.stepUp": "USER_CANCELLED"}
    assert codes == {"deny": denied, "cancel": dict.fromkeys(ASKING, "USER_CANCELLED")}
    assert bound.page.query_selector(".native") is None


def test_a_lock_out_reaches_what_verifies_and_leaves_the_others(bound: Shell) -> None:
    frame = bound.open()
    switch(bound, "locked")
    for method in ("tx.sign", "session.stepUp"):
        bound.ask(frame, f"{method}({ASKING[method]})")
        assert bound.answer(frame)["code"] == "LOCKED_OUT"
    bound.ask(frame, "scan.code({})")
    bound.page.wait_for_selector(".native")


@pytest.mark.parametrize(("fault", "code"), [("offline", "OFFLINE"), ("timeout", "TIMEOUT")])
def test_an_upload_meets_the_network_and_the_clock(bound: Shell, tmp_path: Path, fault: str, code: str) -> None:
    frame = bound.open("accounts")
    (tmp_path / "a.png").write_bytes(bytes(1000))
    bound.ask(frame, "media.pick({ kind: 'image' })")
    bound.page.set_input_files("#ask-files", [tmp_path / "a.png"])
    bound.page.click(".native .nbtn")
    token = bound.answer(frame)["value"]["files"][0]["fileToken"]
    switch(bound, fault)
    params = "params: { applicationId: 'app_1', side: 'FRONT' }"
    bound.ask(frame, f"net.upload({{ op: 'accounts.application.document', fileToken: '{token}', {params} }})")
    assert bound.answer(frame)["code"] == code
    assert bound.bank.received == []


def test_reordering_keeps_the_order_within_a_call(shell: Shell) -> None:
    sent = shell.page.evaluate(
        """async () => {
          const { Faults } = await import("/shell/ui/faults.mjs");
          const faults = new Faults({ onChange: () => {} });
          faults.toggle("reorder");
          const sent = [];
          const send = faults.sender((text) => sent.push(JSON.parse(text).x));
          const say = (t, id, x) => send(JSON.stringify({ t, id, x }));
          say("chunk", "a", "a0"); say("chunk", "a", "a1"); say("res", "a", "a2");
          say("res", "b", "b0"); say("evt", null, "e");
          return sent; }"""
    )
    assert sent == ["b0", "a0", "a1", "a2", "e"]


def test_no_fault_makes_a_forbidden_call_succeed(bound: Shell) -> None:
    frame = bound.open()
    told = frame.evaluate(REFUSED)
    assert told == ["PERMISSION_DENIED"] * 5
    bound.bank.calls.clear()
    for fault in FAULTS:
        switch(bound, fault)
        assert (fault, frame.evaluate(REFUSED)) == (fault, told)
        switch(bound, fault)
    calls = [call for call in bound.bank.calls if "adoption" not in call]
    assert (calls, bound.page.query_selector(".native")) == ([], None)
