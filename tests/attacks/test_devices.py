"""Attacks on devices: guessing PINs, locking owners out, one kind of signature for another, clones, stolen phones."""

import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import delete, update

from bff.devices.models import TryCounter
from tests.attacks.bank import Bank, Customer, anonymous, elsewhere, proof, refused
from tests.attacks.racing import race
from tests.device import Answer, Device, b64, lp, new_key, sign, thumbprint

PIN, WRONG = "739205", "739206"
ROUNDS = 10
FACTOR = 2.0
"""How far apart the medians may lie; a missing Argon2id would show as far more."""


def beside(bank: Bank, owner: Customer) -> Device:
    """Give another phone of a customer's, with a PIN, that may be locked and removed."""
    new = bank.applicant()
    asked = new.post("/devices/transfers").ok()
    owner.device.let_in(asked, "ADD").ok()
    new.come_in(asked["transferId"]).ok()
    new.session(customer=True)
    new.post("/devices/current/pin", {"pin": PIN, **new.person("pin")}).ok()
    return new


@pytest.fixture
def phone(bank: Bank, dave: Customer) -> Device:
    return beside(bank, dave)


@pytest.fixture(autouse=True)
def tidy(bank: Bank, alice: Customer, dave: Customer) -> Iterator[None]:
    """Take the extra phones away again, and let all tries be new."""
    yield
    for mine in (alice.device, dave.device):
        for one in mine.get("/devices").ok()["devices"]:
            if not one["current"]:
                named = mine.person("unbind", one["deviceId"])
                mine.post(f"/devices/{one['deviceId']}/remove", named).ok()
    with bank.engine.begin() as connection:
        connection.execute(delete(TryCounter))


def guess(device: Device, pin: str = WRONG) -> Answer:
    return device.post("/devices/current/pin/verify", {"pin": pin})


def test_64_guesses_of_a_pin_at_once_get_three_tries(bank: Bank, alice: Customer) -> None:
    """Defence: a try is taken by one conditional UPDATE before it is compared; after the third there is a pause."""
    phone = beside(bank, alice)
    twins = [replace(phone, http=elsewhere()) for _ in range(64)]
    answers = race([lambda twin=twin: guess(twin, PIN[:-2] + "99") for twin in twins])
    codes = [answer.body["code"] for answer in answers]
    assert 1 <= codes.count("PIN_WRONG") <= 3
    assert set(codes) <= {"PIN_WRONG", "PIN_PAUSED", "BUSY", "RATE_LIMITED"}
    assert phone.get("/devices/current/pin").ok()["left"] == 5 - codes.count("PIN_WRONG")


def test_nobody_without_the_phones_key_spends_its_tries(bank: Bank, phone: Device) -> None:
    """Defence: a try needs a session and a proof by K_pop of an active device: others lock nobody out."""
    body, path = b'{"pin":"739206"}', "/devices/current/pin/verify"
    for _ in range(4):
        refused(bank.send(phone, "POST", path, body, Authorization=None, DPoP=None), 401, "TOKEN_INVALID")
        refused(bank.send(phone, "POST", path, body, DPoP=None), 401, "PROOF_INVALID")
        stolen = proof(phone, "POST", path, key=new_key())
        refused(bank.send(phone, "POST", path, body, DPoP=stolen), 401, "TOKEN_INVALID")
        refused(bank.send(phone, "POST", path, body, DPoP=proof(phone, "GET", path)), 401, "PROOF_INVALID")
        refused(guess(bank.applicant()), 403, "SCOPE_MISSING")
    assert phone.get("/devices/current/pin").ok()["left"] == 5
    assert guess(phone, PIN).status == 200


def test_a_locked_pin_opens_by_the_transaction_key_alone(bank: Bank, phone: Device) -> None:
    """Defence: neither the right PIN nor time opens it; a signature of K_tx made for this purpose does."""
    with bank.engine.begin() as connection:
        connection.execute(update(TryCounter).where(TryCounter.name == phone.device_id).values(tries=5))
    refused(guess(phone, PIN), 423, "PIN_LOCKED")
    body = {"pin": "860417", **phone.person("step-up")}
    refused(phone.post("/devices/current/pin", body), 401, "CHALLENGE_INVALID")
    phone.post("/devices/current/pin", {"pin": "860417", **phone.person("pin")}).ok()
    assert guess(phone, "860417").status == 200


def test_a_device_without_a_pin_and_a_wrong_pin_look_alike_and_take_as_long(
    bank: Bank, phone: Device, dave: Customer
) -> None:
    """Defence: a decoy is compared where there is no PIN."""
    bare, spans = dave.device, {}
    first = [guess(device) for device in (phone, bare)]
    assert anonymous(first[0]) == anonymous(first[1])
    refused(first[0], 422, "PIN_WRONG")
    for device in (phone, bare):
        taken = []
        for _ in range(ROUNDS):
            with bank.engine.begin() as connection:
                connection.execute(delete(TryCounter))
            start = time.perf_counter()
            answer = guess(device)
            taken.append(time.perf_counter() - start)
            refused(answer, 422, "PIN_WRONG")
        spans[device.device_id] = statistics.median(taken)
    low, high = sorted(spans.values())
    assert high < FACTOR * low, spans


DOMAINS = ("LOGIN", "VERIFY", "DEV-BIND", "DEV-TRANSFER", "DEV-RECOVER", "DEV-REGISTER")


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_signature_of_another_kind_approves_no_money(bank: Bank, domain: str) -> None:
    """Defence: each kind of message starts with its own domain string, which M's own check and the signature cover."""
    customer = bank.customers["bob"]
    device, challenge = customer.device, customer.prepare()
    message = device.message(device.frozen(challenge))
    other = lp(f"BANK-DEVBIND/v1/{domain}", device.aud, device.env, device.device_id, challenge, thumbprint(device.pop))
    body = {"message": b64(message), "signature": b64(sign(device.tx, other))}
    refused(device.post(f"/approvals/{challenge}/approve", body), 403, "SIG_INVALID")
    renamed = message.replace(b"TX-APPROVE", domain.encode()[:10].ljust(10, b"X"))
    refused(device.approve(challenge, renamed), 400, "APPROVAL_INVALID")


def test_an_approval_of_money_lets_no_device_in(bank: Bank, dave: Customer) -> None:
    """Defence: the other way round: what was signed for money or for a log-in is no approval of a device."""
    new = bank.applicant()
    asked = new.post("/devices/transfers").ok()
    challenge = bank.customers["dave"].prepare()
    signed = sign(dave.device.tx, dave.device.message(dave.device.frozen(challenge)))
    for signature in (b64(signed), dave.device.person("step-up")["txSignature"], "A" * 86):
        body = {"mode": "ADD", "signature": signature}
        refused(dave.device.post(f"/devices/transfers/{asked['transferId']}/approve", body), 403, "SIG_INVALID")
    production = replace(dave.device, env="production")
    refused(production.let_in(asked, "ADD"), 403, "SIG_INVALID")
    refused(
        new.post(f"/devices/transfers/{asked['transferId']}/confirm", {"signature": "A" * 86}), 409, "TRANSFER_INVALID"
    )


def test_after_a_move_a_clone_of_the_old_phone_is_nothing(bank: Bank, phone: Device) -> None:
    """Defence: the old device is REMOVED in the transaction that binds the new one; its keys and tokens end with it."""
    clone = replace(phone, http=elsewhere())
    new = bank.applicant()
    asked = new.post("/devices/transfers").ok()
    phone.let_in(asked, "MOVE").ok()
    new.come_in(asked["transferId"]).ok()
    refused(clone.get("/devices/current"), 401, "TOKEN_INVALID")
    refused(
        Device(base=clone.base, pop=clone.pop, nonce=clone.nonce).post(
            "/sessions/refresh", {"refreshToken": clone.refresh}
        ),
        401,
        "REFRESH_INVALID",
    )
    challenge = Device(base=clone.base, pop=clone.pop, nonce=clone.nonce)
    given = challenge.post("/sessions/challenge", {"deviceId": clone.device_id}).ok()["challenge"]
    names = (clone.aud, clone.env, clone.device_id, given, thumbprint(clone.pop))
    body = {"deviceId": clone.device_id, "challenge": given}
    body["txSignature"] = b64(sign(clone.tx, lp("BANK-DEVBIND/v1/LOGIN", *names)))
    refused(challenge.post("/sessions", body), 401, "LOGIN_REFUSED")
    again = bank.device()
    again.pop, again.tx = clone.pop, clone.tx
    with pytest.raises(AssertionError, match="DEVICE_STATE"):
        again.register()


def test_a_stolen_phone_is_taken_away_from_another(phone: Device, dave: Customer) -> None:
    """Defence: its owner removes it from his other device; every session of it ends at the next call."""
    assert phone.get("/devices/current").status == 200
    named = dave.device.person("unbind", phone.device_id)
    dave.device.post(f"/devices/{phone.device_id}/remove", named).ok()
    refused(phone.get("/devices/current"), 401, "TOKEN_INVALID")


def test_a_recovery_by_whoever_knows_name_and_number_ends_at_the_card_and_the_code(bank: Bank, dave: Customer) -> None:
    """Defence: many know name and ID number; without the person's card no code leaves, and no answer says so."""
    samples = {row["name"]: row for row in bank.running.samples()}
    victim, other = samples["顾怀瑾"], samples["苏晚"]
    thief = bank.applicant()
    form = {"name": victim["name"], "idNumber": victim["idNumber"], "cardNumber": other["card"]}
    begun = thief.post("/devices/recoveries", form).ok()
    asked = thief.post(f"/devices/recoveries/{begun['recoveryId']}/code").ok()
    assert asked == begun
    body: dict[str, Any] = {"code": "000000", "signature": "A" * 86}
    refused(thief.post(f"/devices/recoveries/{begun['recoveryId']}/confirm", body), 403, "RECOVERY_REFUSED")
    assert dave.device.get("/devices/current").status == 200
