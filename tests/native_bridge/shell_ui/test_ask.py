"""What reaches outside the app is asked each time, on the bank's sheet: addresses, codes, files, sharing, uploads."""

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Frame

from tests.native_bridge.shell_ui.conftest import Shell

pytestmark = pytest.mark.browser
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 3000


def allow(shell: Shell) -> None:
    shell.page.click(".native .nbtn")


def test_leaving_the_app_shows_the_banks_own_address_and_opens_it_alone(bound: Shell) -> None:
    frame = bound.open()
    bound.page.context.route("https://bank.example/**", lambda route: route.fulfill(body="complaints"))
    bound.ask(frame, "nav.openExternal({ linkId: 'complaints' })")
    bound.page.wait_for_selector(".native .wraps")
    assert bound.page.inner_text(".native .wraps") == "https://bank.example/complaints?from=app"
    with bound.page.context.expect_page() as opened:
        allow(bound)
    assert bound.answer(frame) == {"value": {}}
    assert (opened.value.url, opened.value.evaluate("window.opener")) == (
        "https://bank.example/complaints?from=app",
        None,
    )


def test_an_address_that_the_bank_does_not_list_is_refused_without_asking(bound: Shell) -> None:
    frame = bound.open()
    for link in ("unlisted", "constructor"):
        bound.ask(frame, f"nav.openExternal({{ linkId: '{link}' }})")
        assert bound.answer(frame) == {"code": "PARAMS_INVALID", "details": {"path": "linkId"}}, link
        assert bound.page.query_selector(".native") is None


def test_the_sheet_names_the_page_by_its_signed_title(bound: Shell) -> None:
    frame = bound.open()
    frame.evaluate("bridge.ui.setTitleBar({ title: '澜江银行客服' })")
    bound.ask(frame, "scan.code({})")
    assert bound.page.inner_text(".native .nsay").startswith("金芒果 想读一个码")


def test_the_sheet_that_asks_is_the_banks_own_by_night_too(bound: Shell, tmp_path: Path) -> None:
    folder = Path(os.environ.get("TIDEGATE_SCREENSHOTS", str(tmp_path)))  # noqa: TID251 — where a person looks at them
    bound.page.click("[data-do=theme]")
    bound.page.click("[data-value=harmonyos]")
    frame = bound.open()
    bound.ask(frame, "nav.openExternal({ linkId: 'complaints' })")
    bound.page.wait_for_selector(".phone.signing .native")
    bound.page.wait_for_timeout(600)  # until it has come to rest
    bound.page.screenshot(path=folder / "ask-sheet-dark.png")
    assert "金芒果" in bound.page.inner_text(".native .nsay")


def test_no_is_consent_denied_and_closing_is_cancelled(bound: Shell) -> None:
    frame = bound.open()
    for way, code in (("text=不允许", "CONSENT_DENIED"), (".cancel", "USER_CANCELLED")):
        bound.ask(frame, "scan.code({})")
        bound.page.click(f".native {way}" if way.startswith(".") else way)
        assert bound.answer(frame)["code"] == code


def test_a_code_is_given_as_it_was_typed(bound: Shell) -> None:
    frame = bound.open()
    bound.ask(frame, "scan.code({ formats: ['qr'] })")
    allow(bound)
    assert bound.page.inner_text(".native .nerr") == "还没有内容。"
    bound.page.fill("#ask-code", "https://evil.example/?<script>")
    allow(bound)
    assert bound.answer(frame)["value"] == {"format": "qr", "text": "https://evil.example/?<script>"}


def test_sharing_hands_on_text_and_listed_address(bound: Shell) -> None:
    frame = bound.open()
    bound.page.evaluate(
        "Object.defineProperty(navigator, 'share', { value: async (data) => { window.shared = data; } })"
    )
    bound.ask(frame, "share.open({ text: '年化 2.35%', linkId: 'complaints' })")
    allow(bound)
    assert bound.answer(frame)["value"] == {"shared": True}
    shared = {"text": "年化 2.35%", "url": "https://bank.example/complaints?from=app"}
    assert bound.page.evaluate("window.shared") == shared


def test_a_file_is_saved_under_its_kind_after_the_person_agreed(bound: Shell) -> None:
    frame = bound.open()
    bound.ask(frame, "file.save({ name: '对账单 2026-11', kind: 'csv', content: 'YSxiCjEsMgo' })")
    bound.page.get_by_text("对账单 2026-11.csv").wait_for()
    with bound.page.expect_download() as download:
        allow(bound)
    assert bound.answer(frame)["value"] == {"saved": True}
    assert download.value.suggested_filename == "对账单 2026-11.csv"
    assert download.value.path().read_text() == "a,b\n1,2\n"


SPOILT = (
    "{ name: '../etc/passwd', kind: 'csv', content: 'YQ' }",
    "{ name: 'x.html', kind: 'csv', content: 'YQ' }",
    "{ name: 'x', kind: 'html', content: 'YQ' }",
    "{ name: 'x\u202efdp', kind: 'pdf', content: 'YQ' }",
    "{ name: 'x', kind: 'csv', content: '' }",
    "{ name: 'x', kind: 'csv', content: 'Y Q' }",
)


def test_a_page_names_no_path_no_other_kind_and_no_hidden_ending(bound: Shell) -> None:
    frame = bound.open()
    for file in SPOILT:
        bound.ask(frame, f"file.save({file})")
        assert (file, bound.answer(frame)["code"]) == (file, "PARAMS_INVALID")
        assert bound.page.query_selector(".native") is None


def picked(shell: Shell, frame: Frame, folder: Path, *names: str, most: int = 1) -> list[dict[str, Any]]:
    for name in names:
        (folder / name).write_bytes(PNG)
    shell.ask(frame, f"media.pick({{ kind: 'image', maxCount: {most} }})")
    shell.page.set_input_files("#ask-files", [folder / name for name in names])
    allow(shell)
    return list(shell.answer(frame)["value"]["files"])


def test_a_page_gets_tokens_of_files_and_the_bank_their_bytes(bound: Shell, tmp_path: Path) -> None:
    frame = bound.open("accounts")
    (file,) = picked(bound, frame, tmp_path, "front.png")
    assert (file["name"], file["mediaType"], file["size"]) == ("front.png", "image/png", len(PNG))
    call = f"""net.upload({{ op: 'accounts.application.document', fileToken: '{file["fileToken"]}',
      params: {{ applicationId: 'app_1', side: 'FRONT' }} }})"""
    bound.ask(frame, call)
    assert bound.answer(frame)["value"]["body"]["size"] == len(PNG)
    assert bound.bank.received == [("/accounts/applications/app_1/documents/FRONT", "image/png", PNG)]


def test_a_file_of_another_page_and_an_undeclared_operation_are_refused(bound: Shell, tmp_path: Path) -> None:
    frame = bound.open("accounts")
    (file,) = picked(bound, frame, tmp_path, "front.png")
    bound.page.keyboard.press("h")
    other = bound.open("wealth")
    for op, code in (("accounts.application.document", "PERMISSION_DENIED"), ("wealth.product.list", "PARAMS_INVALID")):
        bound.ask(other, f"net.upload({{ op: '{op}', fileToken: '{file['fileToken']}' }})")
        assert bound.answer(other)["code"] == code
    assert bound.bank.received == []
