"""The debug panel: why a method was denied, how long each one takes, the chunks of a call, and the keyboard's way."""

import json
from pathlib import Path

import pytest

from tests.native_bridge.shell_ui.conftest import Shell

pytestmark = pytest.mark.browser


def test_each_reason_of_a_denial_is_said_in_both_languages(unstarted: Shell) -> None:
    unstarted.site.extra["killList"] = ["scan.code"]
    unstarted.begin()
    unstarted.open()
    unstarted.page.click("[data-tab=grants]")
    row = ".fact:has-text('scan.code')"
    assert "吊销：银行已收回 scan.code。" in unstarted.page.inner_text(row)
    unstarted.page.click("[data-do=locale]")
    assert "Kill-list: the bank has taken scan.code away." in unstarted.page.inner_text(row)
    assert "PERMISSION_DENIED" in unstarted.page.inner_text(row)


def test_a_denial_names_the_first_thing_that_stands_against_it(shell: Shell) -> None:
    reasons = shell.page.evaluate(
        """async () => {
          const { deniedBy } = await import("/shell/ui/grants.mjs");
          const contract = { methods: { a: { 1: {} }, b: { 1: {} }, c: { 1: {} }, d: { 1: {} }, e: { 1: {} } } };
          const parts = { contract, manifest: { permissions: { a: 1, c: 1, d: 1, e: 1 } }, policy: ["a", "b", "d", "e"],
            killList: ["d"], methods: { a: 0, b: 0, c: 0, d: 0 } };
          const asked = [["z", 1], ["a", 2], ["b", 1], ["c", 1], ["d", 1], ["e", 1], ["a", 1]];
          return asked.map(([name, mv]) => deniedBy(name, mv, parts)); }"""
    )
    assert reasons == ["contract", "version", "manifest", "policy", "killList", "shell", None]


def test_latency_has_the_middle_and_the_slow_end_of_each_method(shell: Shell) -> None:
    found = shell.page.evaluate(
        """async () => {
          const { latencies } = await import("/shell/ui/latency.mjs");
          const row = (method, ms, result = "ok") => ({ method, ms, result, page: 1 });
          const own = { method: "device.get", ms: 9, result: "ok", page: 0 };
          const rows = [...Array(100).keys()].map((n) => row("net.request", 100 - n));
          return latencies([...rows, row("app.info", 2), row("app.info", 4, "warn"), row("tx.sign", null), own]); }"""
    )
    assert found == [
        {"method": "net.request", "count": 100, "failed": 0, "p50": 50, "p95": 95, "most": 100},
        {"method": "app.info", "count": 2, "failed": 1, "p50": 2, "p95": 4, "most": 4},
    ]
    shell.open()
    shell.page.click("[data-tab=latency]")
    assert "app.info" in shell.page.inner_text(".times tbody")


def test_the_chunks_of_an_upload_stand_in_its_call(bound: Shell, tmp_path: Path) -> None:
    frame = bound.open("accounts")
    (tmp_path / "a.png").write_bytes(bytes(700_000))
    bound.ask(frame, "media.pick({ kind: 'image' })")
    bound.page.set_input_files("#ask-files", [tmp_path / "a.png"])
    bound.page.click(".native .nbtn")
    token = bound.answer(frame)["value"]["files"][0]["fileToken"]
    params = "params: { applicationId: 'app_1', side: 'FRONT' }"
    bound.ask(frame, f"net.upload({{ op: 'accounts.application.document', fileToken: '{token}', {params} }})")
    bound.answer(frame)
    bound.page.click(".call:has-text('net.upload')")
    bound.page.click(".detail [data-value=chunks]")
    chunks = json.loads(bound.page.inner_text(".detail .code"))
    assert [chunk["seq"] for chunk in chunks] == list(range(len(chunks)))
    assert chunks[-1]["p"] == {"sent": 700_000, "total": 700_000}


def test_every_control_has_a_name_and_a_choice_keeps_the_keyboard(shell: Shell) -> None:
    shell.open()
    unnamed = shell.page.evaluate(
        """() => [...document.querySelectorAll("button,select,input,[role=switch],[role=radio],[tabindex='0']")]
          .filter((each) => each.getClientRects().length)
          .filter((each) => !`${each.ariaLabel ?? ""}${each.innerText}${each.labels?.length || ""}`.trim())
          .map((each) => each.outerHTML.slice(0, 120))"""
    )
    assert unnamed == []
    for selector in ("[data-do=theme]", "[data-do=locale]", "[data-tab=grants]"):
        shell.page.focus(selector)
        shell.page.keyboard.press("Enter")
        assert shell.page.evaluate("(selector) => document.activeElement.matches(selector)", selector)
    shell.page.keyboard.press("ArrowRight")
    assert shell.page.get_attribute("[data-tab=events]", "aria-selected") == "true"
    assert shell.page.evaluate("document.activeElement.dataset.tab") == "events"
