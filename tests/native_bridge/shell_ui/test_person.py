"""Verifying the person in the real shell: the sheet, the signed bytes, what cannot be forged and every way out."""

import base64
from typing import Any

import pytest

from security.devices import verify_person
from security.errors import SignatureError
from security.jwk import parse_jwk
from tests.native_bridge.shell_ui.bank import chal
from tests.native_bridge.shell_ui.conftest import PIN, Shell

pytestmark = pytest.mark.browser


def confirmed(shell: Shell, *, pin: bool = False) -> None:
    """Log in with the simulated face where that is asked, then confirm the purpose."""
    shell.page.click("text=面容登录")
    shell.page.wait_for_selector("text=面容验证")
    if not pin:
        shell.page.click("button:has-text('面容验证')")
        return
    shell.page.click(".nlink")
    shell.page.keyboard.type(PIN)


def check(shell: Shell, sent: dict[str, Any], **changes: str) -> None:
    members = {
        "aud": "tidegate-bff",
        "env": "sandbox",
        "purpose": sent["purpose"],
        "device_id": "dev_5mJw2Q8tYb",
        "customer_id": "cus_1",
        "challenge": chal(sent["purpose"]),
        "pop_jkt": shell.page.evaluate(
            """async () => {
              const { Store } = await import("/shell/core/store.mjs");
              const { DeviceKeys } = await import("/shell/core/keys.mjs");
              const store = await Store.open();
              const keys = await DeviceKeys.open(store);
              store.close();
              return keys.pop.thumbprint; }"""
        ),
        "factor": sent["factor"],
    }
    verify_person(**{**members, **changes}, tx_key=parse_jwk(shell.bank.jwk), signature=sent["txSignature"])


def test_a_step_up_is_signed_for_its_purpose_and_its_factor(bound: Shell) -> None:
    frame = bound.open()
    bound.ask(frame, "session.stepUp()")
    confirmed(bound, pin=True)
    value = bound.answer(frame)["value"]
    assert set(value) == {"verifiedAt", "until"}
    (sent,) = bound.bank.verified
    assert (sent["purpose"], sent["factor"]) == ("step-up", "pin")
    check(bound, sent)
    for name in ("purpose", "factor", "env"):
        with pytest.raises(SignatureError):
            check(bound, sent, **{name: {"purpose": "unbind", "factor": "face", "env": "production"}[name]})


def test_verifying_the_user_tells_the_factor_and_changes_nothing(bound: Shell) -> None:
    frame = bound.open()
    bound.ask(frame, "auth.verifyUser()")
    confirmed(bound)
    assert bound.answer(frame)["value"]["factor"] == "face"
    assert [sent["purpose"] for sent in bound.bank.verified] == ["user"]


def test_a_call_that_needs_the_person_anew_asks_and_is_repeated_once(bound: Shell) -> None:
    frame = bound.open()
    call = "net.request({ op: 'wealth.suitability.assess', body: {}, idempotencyKey: 'key-00000001' })"
    bound.ask(frame, call)
    confirmed(bound)
    assert bound.answer(frame)["value"] == {"status": 200, "body": {"level": "C3"}}
    assert bound.bank.calls.count("POST /wealth/suitability") == 2


@pytest.mark.parametrize("method", ["session.stepUp", "auth.verifyUser", "device.unbind"])
def test_who_closes_the_sheet_is_not_verified(bound: Shell, method: str) -> None:
    frame = bound.open()
    bound.ask(frame, f"{method}()")
    bound.page.click("text=面容登录")
    bound.page.wait_for_selector("text=面容验证")
    bound.page.keyboard.press("Escape")
    assert bound.answer(frame)["code"] == "USER_CANCELLED"
    assert bound.bank.verified == []


def test_an_unbound_device_has_nobody_to_verify(shell: Shell) -> None:
    frame = shell.open()
    shell.ask(frame, "auth.verifyUser()")
    assert shell.answer(frame)["code"] == "NOT_BOUND"


def test_unbinding_destroys_the_keys_and_begins_anew(bound: Shell) -> None:
    frame = bound.open()
    before = bound.bank.keys["tx"]
    bound.ask(frame, "device.unbind()")
    bound.page.click("text=面容登录")
    bound.page.wait_for_selector("text=解绑这台设备？")
    bound.page.click("button:has-text('面容验证并解绑')")
    bound.page.wait_for_selector("text=这台设备已解绑")
    bound.bank.state = "PENDING"
    bound.page.wait_for_event("load")
    bound.page.wait_for_selector("[data-open=wealth]")
    bound.page.wait_for_selector("[data-do=reload]:not([aria-busy])")
    assert bound.bank.keys["tx"] != before
    assert base64.urlsafe_b64decode(bound.bank.keys["tx"] + "=")


def test_biometric_info_tells_what_the_simulator_has(bound: Shell) -> None:
    frame = bound.open()
    bound.ask(frame, "auth.biometricInfo()")
    assert bound.answer(frame)["value"] == {"kind": "face", "enrolled": True}
