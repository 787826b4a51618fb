"""Attested devices over the real bus, against policies as the security team writes them."""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bff.db.engine import transaction
from bff.devices.attestation import Attesting, RevocationFile, Sent
from bff.devices.errors import AttestationRefusedError, EncodingInvalidError
from bff.devices.service import Registration
from bff.errors import RequestInvalidError
from security.attestation.policies import read_policies
from tests import device as wire
from tests.bff.db.engines import fresh_engine
from tests.bff.wealth.world import CHEN, Phone, World
from tests.security.attestation import authority
from tests.security.attestation.authority import NOW, Description

APP = authority.PACKAGE
LIST = b'{"entries": {"dead": {"status": "REVOKED"}}}'


def policy() -> bytes:
    root = authority.ROOT_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    android = {"packages": [APP], "signers": [authority.SIGNER.hex()], "patchDays": 90, "revocationHours": 24}
    apps = {APP: {"android": android, "apple": {"appId": authority.TEAM_APP}}}
    return json.dumps({"apps": apps, "roots": {"android": [root], "apple": [root]}}).encode()


@pytest.fixture
def revocations(tmp_path: Path) -> Path:
    path = tmp_path / "status.json"
    path.write_bytes(LIST)
    fetched(path, NOW.timestamp() - 3600)
    return path


@pytest.fixture
def world(tmp_path: Path, revocations: Path) -> Iterator[World]:
    attesting = Attesting(policies=read_policies(policy()), revocations=RevocationFile(revocations).read)
    with fresh_engine("sqlite", tmp_path) as engine:
        made = World(engine, attesting=attesting)
        made.now = NOW
        yield made


def fetched(path: Path, at: float) -> None:
    os.utime(path, (at, at))


def hashed(phone: Phone, body: dict[str, Any], platform: str, env: str = "sandbox") -> bytes:
    names = ("tidegate-bff", env, body["challenge"], body["appId"], body["appVersion"], platform)
    text = wire.lp("BANK-DEVBIND/v1/DEV-REGISTER", *names, wire.thumbprint(phone.pop), wire.thumbprint(phone.tx))
    body |= {
        "platform": platform,
        "popSignature": wire.b64(wire.sign(phone.pop, text)),
        "txSignature": wire.b64(wire.sign(phone.tx, text)),
    }
    return hashlib.sha256(text).digest()


def android(world: World, phone: Phone, *, env: str = "sandbox", **changes: Any) -> dict[str, Any]:
    body = world.registration(phone)
    challenge = hashed(phone, body, "android", env)
    said = Description(**{"challenge": challenge, **changes})
    chains = {
        "popChain": [wire.b64(one) for one in authority.chain(phone.pop, said)],
        "txChain": [wire.b64(one) for one in authority.chain(phone.tx, said)],
    }
    return {**body, "attestation": {"format": "android-key", **chains}}


def apple(world: World, phone: Phone, **changes: Any) -> dict[str, Any]:
    body = world.registration(phone)
    key = authority.new_key()
    given = {"challenge": hashed(phone, body, "ios"), **changes}
    sent = {"keyId": wire.b64(authority.key_id(key)), "object": wire.b64(authority.app_attest(key, **given))}
    return {**body, "attestation": {"format": "apple-app-attest", **sent}}


def rule(world: World, phone: Phone, body: dict[str, Any]) -> str:
    with pytest.raises(AttestationRefusedError) as caught:
        world.call(phone, "device.register", body)
    return str(caught.value.extra["rule"])


def evidence(world: World) -> dict[str, Any]:
    (line,) = world.sql("SELECT body FROM evidence_entry WHERE kind = 'device.registered'")
    return dict(json.loads(line[0]))


def test_an_android_phone_registers_with_the_level_that_was_verified(world: World) -> None:
    phone = Phone()
    body = android(world, phone, attestation_level=2, key_level=2)
    assert world.call(phone, "device.register", body)["level"] == "strongbox"
    sent = body["attestation"]
    raw = [wire.base64.urlsafe_b64decode(one + "==") for one in (*sent["popChain"], *sent["txChain"])]
    digest = hashlib.sha256(b"".join(len(one).to_bytes(4) + one for one in raw)).hexdigest()
    assert evidence(world)["attestation"] == {"format": "android-key", "digest": digest}


def test_an_ios_device_registers_by_the_app_that_apple_attests(world: World) -> None:
    phone = Phone()
    body = apple(world, phone)
    assert world.call(phone, "device.register", body)["level"] == "app-attest"
    raw = wire.base64.urlsafe_b64decode(body["attestation"]["object"] + "==")
    expected = {"format": "apple-app-attest", "digest": hashlib.sha256(raw).hexdigest()}
    assert evidence(world)["attestation"] == expected


def test_what_was_attested_for_another_registration_is_refused(world: World) -> None:
    phone = Phone()
    assert rule(world, phone, android(world, phone, challenge=b"another")) == "CHALLENGE_MISMATCH"
    assert rule(world, phone, apple(world, phone, challenge=bytes(32))) == "NONCE_MISMATCH"
    stolen = android(world, Phone())["attestation"]
    assert rule(world, phone, {**android(world, phone), "attestation": stolen}) == "CHALLENGE_MISMATCH"


def test_swapped_chains_are_refused(world: World) -> None:
    phone = Phone()
    body = android(world, phone)
    sent = body["attestation"]
    body["attestation"] = {**sent, "popChain": sent["txChain"], "txChain": sent["popChain"]}
    assert rule(world, phone, body) == "KEY_MISMATCH"


def test_an_unlocked_phone_and_another_app_are_refused_and_nothing_is_kept(world: World) -> None:
    phone = Phone()
    assert rule(world, phone, android(world, phone, locked=b"\x01\x01\x00")) == "BOOT_UNLOCKED"
    assert rule(world, phone, android(world, phone, signers=(bytes(32),))) == "SIGNER_MISMATCH"
    assert world.sql("SELECT count(*) FROM device") == [(0,)]
    assert world.sql("SELECT count(*) FROM evidence_entry WHERE kind = 'device.registered'") == [(0,)]


def test_an_app_without_a_policy_is_refused(world: World) -> None:
    phone = Phone()
    for body in (android(world, phone), apple(world, phone)):
        assert rule(world, phone, {**body, "appId": "cn.other"}) == "APP_UNKNOWN"


@pytest.mark.parametrize(
    "change",
    [
        {"format": "android"},
        {"format": "sim", "popChain": ["AA"]},
        {"format": "android-key"},
        {"format": "android-key", "popChain": ["AA"]},
        {"format": "android-key", "popChain": ["AA"], "txChain": ["AA"], "object": "AA"},
        {"format": "apple-app-attest", "keyId": "A" * 43},
    ],
)
def test_an_unknown_format_or_foreign_members_are_refused(world: World, change: dict[str, Any]) -> None:
    phone = Phone()
    assert rule(world, phone, {**world.registration(phone), "attestation": change}) == "FORMAT_UNKNOWN"


def test_members_of_another_shape_are_refused(world: World) -> None:
    phone = Phone()
    base = world.registration(phone)
    for members in ({"popChain": ["AA"] * 9, "txChain": ["AA"]}, {"more": 1}, {"popChain": "AA", "txChain": "AA"}):
        with pytest.raises(RequestInvalidError):
            world.call(phone, "device.register", {**base, "attestation": {"format": "android-key", **members}})
    padded = {"format": "android-key", "popChain": ["AA=="], "txChain": ["AA=="]}
    with pytest.raises(EncodingInvalidError):
        world.call(phone, "device.register", {**base, "attestation": padded})


def test_without_a_fresh_list_no_android_phone_registers_and_ios_devices_do(world: World, revocations: Path) -> None:
    phone = Phone()
    fetched(revocations, (NOW - timedelta(hours=25)).timestamp())
    assert rule(world, phone, android(world, phone)) == "REVOCATION_STALE"
    revocations.write_bytes(b"<html>not found</html>")
    assert rule(world, phone, android(world, phone)) == "REVOCATION_UNAVAILABLE"
    revocations.unlink()
    assert rule(world, phone, android(world, phone)) == "REVOCATION_UNAVAILABLE"
    assert world.call(phone, "device.register", apple(world, phone))["state"] == "PENDING"


def test_a_new_list_counts_at_once(world: World, revocations: Path) -> None:
    phone, later = Phone(), Phone()
    assert world.call(phone, "device.register", android(world, phone))["level"] == "tee"
    revocations.write_bytes(b'{"entries": {"bb": {"status": "SUSPENDED"}}}')
    fetched(revocations, NOW.timestamp())
    assert rule(world, later, android(world, later)) == "REVOKED"


def test_production_takes_attested_devices_and_no_simulator(world: World) -> None:
    production = replace(world.devices, env="production")
    phone = Phone()

    def register(body: dict[str, Any]) -> str:
        sent = body["attestation"]
        attestation = Sent(
            format=sent["format"], pop_chain=tuple(sent.get("popChain", ())), tx_chain=tuple(sent.get("txChain", ()))
        )
        asked = Registration(
            challenge=body["challenge"],
            app_id=body["appId"],
            app_version=body["appVersion"],
            platform=body["platform"],
            model=body["model"],
            pop_key=body["popKey"],
            tx_key=body["txKey"],
            pop_signature=body["popSignature"],
            tx_signature=body["txSignature"],
            attestation=attestation,
        )
        with transaction(world.engine) as session:
            return production.register(session, world.context(phone, None, customer=False), asked).level

    simulated = android(world, phone, env="production")
    with pytest.raises(AttestationRefusedError, match="'sim' is not accepted in production"):
        register({**simulated, "attestation": {"format": "sim"}})
    assert register(android(world, phone, env="production")) == "tee"


def asserting(world: World, phone: Phone, key: Any, counter: int, **changes: Any) -> dict[str, Any]:
    """Verify the person with an assertion of the app instance over the same message."""
    asked = world.call(phone, "session.verification.challenge", {"purpose": "step-up"})
    names = (asked["aud"], asked["env"], asked["purpose"], phone.device_id, asked["customerId"], asked["challenge"])
    message = wire.lp("BANK-DEVBIND/v1/VERIFY", *names, wire.thumbprint(phone.pop), "face")
    over = hashlib.sha256(changes.get("message", message)).digest()
    said = {"challenge": asked["challenge"], "factor": "face", "txSignature": wire.b64(wire.sign(phone.tx, message))}
    return {**said, "assertion": wire.b64(authority.assertion(key, counter, over))}


def ios_customer(world: World) -> tuple[Phone, Any]:
    """Register an iOS device, open an account on it and bind it; give it with its instance's key."""
    phone, key = Phone(), authority.new_key()
    body = world.registration(phone)
    given = {"challenge": hashed(phone, body, "ios")}
    sent = {"keyId": wire.b64(authority.key_id(key)), "object": wire.b64(authority.app_attest(key, **given))}
    body |= {"attestation": {"format": "apple-app-attest", **sent}}
    phone.device_id = world.call(phone, "device.register", body)["deviceId"]
    world.opened(phone, CHEN)
    ready = world.binding(phone)
    phone.customer_id = ready.pop("event")["customerId"]
    world.call(phone, "device.bind.confirm", ready)
    return phone, key


def step_up(world: World, phone: Phone, body: dict[str, Any]) -> str:
    """Step up; give OK, or the rule that does not hold."""
    try:
        world.call(phone, "session.verification.step_up", body)
    except AttestationRefusedError as refusal:
        return str(refusal.extra["rule"])
    return "OK"


def asking(world: World) -> World:
    """Let the policy ask for assertions."""
    said = json.loads(policy())
    said["apps"][APP]["apple"]["assertions"] = True
    attesting = replace(world.devices.attesting, policies=read_policies(json.dumps(said).encode()))
    return World(world.engine, attesting=attesting)


def test_an_assertion_of_the_instance_is_asked_for_where_the_policy_says_so(world: World) -> None:
    phone, key = ios_customer(world)
    bare = asserting(world, phone, key, 1)
    bare.pop("assertion")
    assert step_up(world, phone, bare) == "OK"
    strict = asking(world)
    strict.now = world.now
    bare = asserting(strict, phone, key, 1)
    bare.pop("assertion")
    assert step_up(strict, phone, bare) == "ASSERTION_MISSING"
    assert step_up(strict, phone, asserting(strict, phone, key, 1)) == "OK"
    assert strict.sql("SELECT counter FROM app_instance") == [(1,)]


def test_a_cloned_instance_is_noticed_by_its_counter(world: World) -> None:
    phone, key = ios_customer(world)
    assert step_up(world, phone, asserting(world, phone, key, 7)) == "OK"
    for counter in (7, 6, 1):
        assert step_up(world, phone, asserting(world, phone, key, counter)) == "COUNTER_NOT_GROWN"
    assert step_up(world, phone, asserting(world, phone, key, 8)) == "OK"


def test_an_assertion_is_the_instances_over_this_very_message(world: World) -> None:
    phone, key = ios_customer(world)
    assert step_up(world, phone, asserting(world, phone, key, 1, message=b"other")) == "ASSERTION_INVALID"
    assert step_up(world, phone, asserting(world, phone, authority.new_key(), 1)) == "ASSERTION_INVALID"
    assert world.sql("SELECT counter FROM app_instance") == [(0,)]


def test_an_instance_that_nobody_kept_has_to_register_anew(world: World) -> None:
    phone, key = ios_customer(world)
    world.sql("DELETE FROM app_instance")
    assert step_up(world, phone, asserting(world, phone, key, 1)) == "ASSERTION_INVALID"
