"""Devices over the real bus: registration and binding under attack."""

from datetime import timedelta

import pytest

from bff.customers.errors import CodeLockedError, CodeWrongError
from bff.db.engine import transaction
from bff.devices.directory import Directory
from bff.devices.errors import (
    AttestationRefusedError,
    BindExpiredError,
    BindNoApplicationError,
    DeviceKeyKnownError,
    DeviceStateError,
    KeyInvalidError,
    SignatureInvalidError,
    SignatureNoncanonicalError,
)
from bff.errors import NotFoundError
from bff.sessions.challenges import ChallengeInvalidError
from bff.sessions.verification import VerificationRefusedError
from tests import device as wire
from tests.bff.wealth.world import CHEN, LIN, Phone, World


def test_a_device_registers_once_and_finds_itself_again(world: World) -> None:
    phone = world.registered()
    again = world.call(phone, "device.register", world.registration(phone))
    assert again == {"deviceId": phone.device_id, "level": "sim", "state": "PENDING"}
    assert world.sql("SELECT count(*) FROM evidence_entry WHERE kind = 'device.registered'") == [(1,)]


def test_a_challenge_serves_once_and_two_minutes(world: World) -> None:
    phone = Phone()
    body = world.registration(phone)
    world.call(phone, "device.register", body)
    with pytest.raises(ChallengeInvalidError):
        world.call(phone, "device.register", body)
    late = world.registration(Phone())
    world.later(seconds=121)
    with pytest.raises(ChallengeInvalidError):
        world.call(Phone(), "device.register", late)


def test_forged_registrations_are_refused(world: World) -> None:
    phone, other = Phone(), Phone()
    with pytest.raises(SignatureInvalidError):
        world.call(phone, "device.register", world.registration(phone, txKey=wire.jwk(other.tx)))
    with pytest.raises(SignatureInvalidError):
        world.call(phone, "device.register", world.registration(phone, platform="android"))
    with pytest.raises(AttestationRefusedError):
        world.call(phone, "device.register", world.registration(phone, attestation={"format": "android"}))
    off_curve = {**wire.jwk(phone.tx), "y": "A" * 43}
    with pytest.raises(KeyInvalidError):
        world.call(phone, "device.register", world.registration(phone, txKey=off_curve))
    phone.tx = phone.pop
    with pytest.raises(KeyInvalidError):
        world.call(phone, "device.register", world.registration(phone))


def test_one_known_key_in_a_new_pair_is_refused(world: World) -> None:
    known = world.registered()
    for stolen in (Phone(pop=known.pop), Phone(tx=known.tx), Phone(pop=known.tx), Phone(tx=known.pop)):
        with pytest.raises((DeviceKeyKnownError, KeyInvalidError)):
            world.call(stolen, "device.register", world.registration(stolen))


def test_binding_needs_an_account_opened_here(world: World) -> None:
    phone = world.registered()
    with pytest.raises(BindNoApplicationError):
        world.call(phone, "device.bind.prepare")
    world.opened(phone, CHEN)
    event = world.call(phone, "device.bind.prepare")
    assert (event["customerName"], event["mobile"]) == ("陈*", "138 **** 6620")


def test_a_bound_device_says_whose_it_is_and_is_bound_for_good(world: World) -> None:
    phone = world.bound(CHEN)
    seen = world.call(phone, "device.get")
    assert (seen["state"], seen["customer"]) == ("ACTIVE", {"customerId": phone.customer_id, "name": "陈*"})
    with pytest.raises(DeviceStateError):
        world.call(phone, "device.bind.prepare")
    with transaction(world.engine, writing=False) as session:
        directory = Directory(world.customers)
        record, standing = directory.device(session, phone.device_id), directory.standing(session, phone.device_id)
        assert directory.device(session, "dev_none") is None
        assert directory.standing(session, "dev_none") is None
    assert record is not None
    assert standing is not None
    assert (record.customer_name, standing.state, standing.customer_id) == ("陈*", "ACTIVE", phone.customer_id)


def test_a_wrong_signature_binds_nothing_and_leaves_the_code_good(world: World) -> None:
    phone = world.registered()
    world.opened(phone, CHEN)
    ready = world.binding(phone)
    ready.pop("event")
    forged = wire.b64(wire.sign(wire.new_key(), b"BANK-DEVBIND/v1/DEV-BIND"))
    with pytest.raises(SignatureInvalidError):
        world.call(phone, "device.bind.confirm", {**ready, "signature": forged})
    login = wire.lp("BANK-DEVBIND/v1/LOGIN", "tidegate-bff", "sandbox", phone.device_id, "A" * 43)
    with pytest.raises(SignatureInvalidError):
        world.call(phone, "device.bind.confirm", {**ready, "signature": wire.b64(wire.sign(phone.tx, login))})
    assert world.call(phone, "device.bind.confirm", ready)["state"] == "ACTIVE"
    with pytest.raises(DeviceStateError):
        world.call(phone, "device.bind.confirm", ready)


def test_the_high_s_twin_is_refused(world: World) -> None:
    phone = world.registered()
    world.opened(phone, CHEN)
    ready = world.binding(phone)
    ready.pop("event")
    raw = bytes(wire.base64.urlsafe_b64decode(ready["signature"] + "=="))
    high = raw[:32] + (wire.ORDER - int.from_bytes(raw[32:])).to_bytes(32, "big")
    with pytest.raises(SignatureNoncanonicalError):
        world.call(phone, "device.bind.confirm", {**ready, "signature": wire.b64(high)})


def test_the_code_of_a_binding_locks_too(world: World) -> None:
    phone = world.registered()
    world.opened(phone, CHEN)
    ready = world.binding(phone)
    ready.pop("event")
    wrong = {**ready, "code": f"{(int(ready['code']) + 1) % 10**6:06d}"}
    for _ in range(4):
        with pytest.raises(CodeWrongError):
            world.call(phone, "device.bind.confirm", wrong)
    for body in (wrong, ready):
        with pytest.raises(CodeLockedError):
            world.call(phone, "device.bind.confirm", body)


def test_a_binding_expires_and_belongs_to_its_device(world: World) -> None:
    phone, other = world.registered(), world.registered()
    world.opened(phone, CHEN)
    world.opened(other, LIN)
    ready = world.binding(phone)
    ready.pop("event")
    with pytest.raises(NotFoundError):
        world.call(other, "device.bind.confirm", ready)
    world.now += timedelta(minutes=10)
    with pytest.raises(BindExpiredError):
        world.call(phone, "device.bind.confirm", ready)


def test_a_removed_device_never_comes_back(world: World) -> None:
    phone = world.bound(CHEN)
    context = world.context(phone, None, customer=True)
    with transaction(world.engine) as session:
        world.devices.remove(session, context, phone.device_id)
    with pytest.raises(DeviceStateError), transaction(world.engine) as session:
        world.devices.block(session, context, phone.device_id)
    with pytest.raises(DeviceStateError):
        world.call(phone, "device.register", world.registration(phone))


def unbinding(world: World, phone: Phone, *, purpose: str = "unbind", signed: str = "unbind") -> dict[str, str]:
    asked = world.call(phone, "session.verification.challenge", {"purpose": purpose})
    names = (asked["aud"], asked["env"], signed, phone.device_id, asked["customerId"], asked["challenge"])
    message = wire.lp("BANK-DEVBIND/v1/VERIFY", *names, wire.thumbprint(phone.pop), "pin")
    signature = wire.b64(wire.sign(phone.tx, message))
    return {"challenge": asked["challenge"], "factor": "pin", "txSignature": signature}


def test_a_device_that_was_unbound_is_gone_for_good(world: World) -> None:
    phone = world.bound(CHEN)
    done = world.call(phone, "device.unbind", unbinding(world, phone))
    assert done == {"deviceId": phone.device_id, "state": "REMOVED"}
    with pytest.raises(VerificationRefusedError):
        world.call(phone, "device.unbind", unbinding(world, phone))
    kinds = world.sql("SELECT kind FROM evidence_entry ORDER BY seq DESC LIMIT 2")
    assert kinds == [("refused",), ("device.removed",)]


def test_a_step_up_cannot_be_used_to_unbind(world: World) -> None:
    phone = world.bound(CHEN)
    with pytest.raises(ChallengeInvalidError):
        world.call(phone, "device.unbind", unbinding(world, phone, purpose="step-up"))
    with pytest.raises(VerificationRefusedError):
        world.call(phone, "device.unbind", unbinding(world, phone, signed="step-up"))
    assert world.call(phone, "device.get")["state"] == "ACTIVE"
