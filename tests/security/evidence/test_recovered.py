"""Evidence of a device that came by a recovery: both verifiers hold its signature, and nothing else passes for one."""

from collections.abc import Callable
from typing import Any

import pytest

from security.encoding import b64url_encode
from security.errors import EvidenceError
from security.evidence import verifier, verify_export
from security.handover import Newcomer, recovery_message
from security.suites import ES256
from tests.security.orders import CUSTOMER, DEVICE, START, Case, sign

CASE = Case()
ROOT = CASE.releases.root()
Change = Callable[[dict[str, Any]], dict[str, Any]]


def recovered(change: Change = dict, *, key: Any = None) -> Callable[[list[Any]], list[Any]]:
    """Put a recovery in the place of the binding."""
    expires = int(START.timestamp()) + 300
    keys = {"pop_jkt": CASE.jkts[0], "tx_jkt": CASE.jkts[1]}
    message = recovery_message(
        aud="tidegate-bff",
        env=CASE.env,
        recovery_id="rec_1",
        newcomer=Newcomer(device_id=DEVICE, **keys),
        expires=expires,
    )
    body = {
        "recoveryId": "rec_1",
        "customerId": CUSTOMER,
        "deviceId": DEVICE,
        "lost": ["dev_old"],
        "expires": expires,
        "signature": b64url_encode(sign(key or CASE.tx, message)),
    }

    def mend(bodies: list[Any]) -> list[Any]:
        instead = ("device.recovered", DEVICE)
        return [
            (*instead, second, change(body)) if kind == "device.bound" else (kind, subject, second, told)
            for kind, subject, second, told in bodies
        ]

    return mend


def both(data: bytes) -> None:
    verify_export(data, root=ROOT)
    verifier.verify(data, [CASE.audit.jwk.as_dict()])


def test_a_recovered_device_is_proved_and_the_sentence_says_whose_word_it_is() -> None:
    data = CASE.proved(recovered())
    both(data)
    sentences = dict(verifier.verify(data, [CASE.audit.jwk.as_dict()]).sentences)
    assert "its recovery, which by the bank's checks is that of customer" in sentences["device"]


CHANGES: dict[str, Change] = {
    "another recovery": lambda body: {**body, "recoveryId": "rec_2"},
    "another customer": lambda body: {**body, "customerId": "cus_other"},
    "another end": lambda body: {**body, "expires": body["expires"] + 1},
    "no signature": lambda body: {**body, "signature": "A" * 86},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_changed_recovery_is_broken(change: Change) -> None:
    data = CASE.proved(recovered(change))
    with pytest.raises(EvidenceError):
        verify_export(data, root=ROOT)
    with pytest.raises(verifier.BrokenError):
        verifier.verify(data, [CASE.audit.jwk.as_dict()])


def test_a_recovery_signed_by_another_key_is_broken() -> None:
    data = CASE.proved(recovered(key=ES256.generate()))
    with pytest.raises(EvidenceError, match="device"):
        verify_export(data, root=ROOT)
    with pytest.raises(verifier.BrokenError, match="device"):
        verifier.verify(data, [CASE.audit.jwk.as_dict()])
