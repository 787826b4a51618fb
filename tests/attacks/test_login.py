"""Attacks on registering, logging in and binding: replayed challenges, borrowed signatures, and what answers betray."""

import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.attacks.bank import Bank, Customer, anonymous, fresh, refused
from tests.device import Answer, Device, b64, jwk, lp, new_key, sign, thumbprint

ROUNDS = 30
FACTOR = 2.0
"""How far apart the medians may lie; a missing signature check would show as far more on an idle machine."""


@pytest.fixture(scope="module")
def victim(bank: Bank) -> Customer:
    return bank.customers["carol"]


def attempt(device: Device, device_id: str, *, tx: Any = None, challenge: str = "", domain: str = "LOGIN") -> Answer:
    """Log in as ``device_id`` under the keys of ``device``, or another tx key."""
    named = Device(base=device.base, pop=device.pop, nonce=device.nonce, http=device.http)
    fetched = challenge or named.post("/sessions/challenge", {"deviceId": device_id}).ok()["challenge"]
    names = (device.aud, device.env, device_id, fetched, thumbprint(device.pop))
    signature = b64(sign(tx or device.tx, lp(f"BANK-DEVBIND/v1/{domain}", *names)))
    return named.post("/sessions", {"deviceId": device_id, "challenge": fetched, "txSignature": signature})


def test_unknown_device_and_bad_signature_look_the_same(victim: Customer) -> None:
    """Defence: one refusal for unknown device, wrong key, wrong signature; it betrays no device."""
    device = victim.device
    stranger = Device(base=device.base, nonce=device.nonce, http=device.http)
    answers = [
        attempt(device, "dev_" + "a" * 26),
        attempt(device, device.device_id, tx=new_key()),
        attempt(device, device.device_id, tx=device.pop),
        attempt(device, device.device_id, domain="TX-APPROVE"),
        attempt(stranger, device.device_id),
        attempt(stranger, "dev_" + "b" * 26),
    ]
    for answer in answers:
        refused(answer, 401, "LOGIN_REFUSED")
        assert anonymous(answer) == anonymous(answers[0])
    assert attempt(device, device.device_id).status == 200


def test_unknown_device_and_bad_signature_take_as_long(victim: Customer) -> None:
    """Defence: a signature is verified for an unknown device too, under a decoy key."""
    device, wrong = victim.device, new_key()
    taken: dict[str, list[float]] = {device.device_id: [], "dev_" + "c" * 26: []}
    for _ in range(ROUNDS):
        for device_id, spans in taken.items():
            named = Device(base=device.base, pop=device.pop, nonce=device.nonce, http=device.http)
            challenge = named.post("/sessions/challenge", {"deviceId": device_id}).ok()["challenge"]
            body = {"deviceId": device_id, "challenge": challenge, "txSignature": b64(sign(wrong, b"x"))}
            start = time.perf_counter()
            answer = named.post("/sessions", body)
            spans.append(time.perf_counter() - start)
            refused(answer, 401, "LOGIN_REFUSED")
    medians = sorted(statistics.median(spans) for spans in taken.values())
    assert medians[1] < FACTOR * medians[0], taken


def test_a_login_challenge_is_spent_once(victim: Customer) -> None:
    """Defence: a challenge is spent by one conditional UPDATE."""
    device = victim.device
    challenge = device.post("/sessions/challenge", {"deviceId": device.device_id}).ok()["challenge"]
    assert attempt(device, device.device_id, challenge=challenge).status == 200
    refused(attempt(device, device.device_id, challenge=challenge), 401, "CHALLENGE_INVALID")


def test_a_challenge_belongs_to_its_device_and_purpose(bank: Bank, victim: Customer) -> None:
    """Defence: a challenge is spent with its purpose and subject."""
    device = victim.device
    theirs = device.post("/sessions/challenge", {"deviceId": bank.customers["bob"].device.device_id}).ok()["challenge"]
    for challenge in (theirs, device.post("/devices/challenge").ok()["challenge"], "A" * 43, "x"):
        refused(attempt(device, device.device_id, challenge=challenge), 401, "CHALLENGE_INVALID")


def test_a_login_without_proof_is_refused(bank: Bank) -> None:
    """Defence: a session is bound to a proved key."""
    body = b'{"deviceId":"dev_x","challenge":"x"}'
    refused(bank.wire("POST", "/app/v1/sessions", {"Content-Type": "application/json"}, body), 401, "PROOF_INVALID")


def registration(device: Device, challenge: str, /, **changes: str) -> dict[str, Any]:
    stated = {"aud": device.aud, "env": device.env, "challenge": challenge, "app": "cn.lanjiang.tidegate", **changes}
    jkts = (thumbprint(device.pop), thumbprint(device.tx))
    transcript = lp(
        "BANK-DEVBIND/v1/DEV-REGISTER",
        stated["aud"],
        stated["env"],
        stated["challenge"],
        stated["app"],
        "1.0.0",
        "browser",
        *jkts,
    )
    return {
        "challenge": challenge,
        "appId": "cn.lanjiang.tidegate",
        "appVersion": "1.0.0",
        "platform": "browser",
        "model": "Forger",
        "popKey": jwk(device.pop),
        "txKey": jwk(device.tx),
        "popSignature": b64(sign(device.pop, transcript)),
        "txSignature": b64(sign(device.tx, transcript)),
        "attestation": {"format": "sim"},
    }


Spoil = Callable[[Device, dict[str, Any]], dict[str, Any]]
REGISTRATIONS: dict[str, tuple[int, str, Spoil]] = {
    "off the curve": (400, "KEY_INVALID", lambda d, _: {"popKey": {**jwk(d.pop), "y": jwk(d.pop)["x"]}}),
    "another curve": (400, "KEY_INVALID", lambda d, _: {"popKey": {**jwk(d.pop), "crv": "P-384"}}),
    "zero point": (400, "KEY_INVALID", lambda d, _: {"txKey": {**jwk(d.tx), "x": "A" * 43, "y": "A" * 43}}),
    "signed by another key": (403, "SIG_INVALID", lambda _, b: {"txSignature": b["popSignature"]}),
    "zero signature": (403, "SIG_INVALID", lambda *_: {"popSignature": b64(bytes(64))}),
    "unknown attestation": (403, "ATTESTATION_REFUSED", lambda *_: {"attestation": {"format": "android-key"}}),
    "a member more": (400, "REQUEST_INVALID", lambda *_: {"customerId": "cus_x"}),
    "private part": (400, "REQUEST_INVALID", lambda d, _: {"popKey": {**jwk(d.pop), "d": "A" * 43}}),
}


@pytest.mark.parametrize("name", REGISTRATIONS)
def test_a_forged_registration_is_refused(bank: Bank, name: str) -> None:
    """Defence: both keys are on the curve, sign the transcript, and the attestation is one this environment takes."""
    status, code, spoil = REGISTRATIONS[name]
    device = bank.device()
    body = registration(device, device.post("/devices/challenge").ok()["challenge"])
    answer = device.post("/devices", body | spoil(device, body))
    assert answer.body["code"] == code, answer.body
    assert answer.status == status


def test_a_registration_of_another_environment_is_refused(bank: Bank) -> None:
    """Defence: the server puts its own audience and environment into what it verifies."""
    device = bank.device()
    for changes in ({"env": "production"}, {"aud": "other-bff"}, {"app": "other.app"}, {"challenge": "A" * 43}):
        body = registration(device, device.post("/devices/challenge").ok()["challenge"], **changes)
        refused(device.post("/devices", body), 403, "SIG_INVALID")


def test_a_registration_challenge_is_spent_once(bank: Bank) -> None:
    """Defence: the same single use as a login's."""
    first, second = bank.device(), bank.device()
    challenge = first.post("/devices/challenge").ok()["challenge"]
    first.post("/devices", registration(first, challenge)).ok()
    refused(second.post("/devices", registration(second, challenge)), 401, "CHALLENGE_INVALID")


def test_a_key_serves_one_registration(bank: Bank, victim: Customer) -> None:
    """Defence: each key is claimed once: nobody registers with a victim's key beside his own, nor one key twice."""
    device = bank.device()
    device.pop = victim.device.pop
    refused(
        device.post("/devices", registration(device, device.post("/devices/challenge").ok()["challenge"])),
        409,
        "DEVICE_KEY_KNOWN",
    )
    same = bank.device()
    same.tx = same.pop
    answer = same.post("/devices", registration(same, same.post("/devices/challenge").ok()["challenge"]))
    assert answer.status in {400, 403}, answer.body
    assert answer.body["code"] in {"KEY_INVALID", "ATTESTATION_REFUSED", "SIG_INVALID"}


def test_a_bound_device_is_not_bound_again(victim: Customer) -> None:
    """Defence: only a pending device is bound, and the binding is looked up with the calling device."""
    prepared = victim.device.post("/devices/bind/prepare", {}, key=fresh())
    refused(prepared, 409, "DEVICE_STATE")


def test_a_device_without_an_account_binds_nobody(bank: Bank) -> None:
    """Defence: the customer comes from the application made on this very device, never from the request."""
    phone = bank.applicant()
    refused(phone.post("/devices/bind/prepare", {}), 409, "BIND_NO_APPLICATION")
    body = {"eventId": "bnd_" + "a" * 26, "code": "000000", "signature": b64(bytes(64))}
    refused(phone.post("/devices/bind/confirm", body), 404, "NOT_FOUND")
