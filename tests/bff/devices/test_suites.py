"""Devices of both suites over the real bus, and what happens below the floor."""

import json
from typing import Any

import pytest

from bff.devices.errors import (
    KeyInvalidError,
    SignatureInvalidError,
    SignatureNoncanonicalError,
    SuiteRefusedError,
)
from tests import device as wire
from tests.bff.wealth.world import CHEN, LIN, Phone, World

pytest.importorskip("tongsuopy", reason="needs the extra `sm`")

BOTH = frozenset({"ES256", "SM2-SM3"})


def chinese() -> Phone:
    return Phone(wire.Sm2Key(), wire.Sm2Key())


def frozen(world: World, phone: Phone) -> tuple[str, dict[str, Any]]:
    challenge = world.prepare(phone)["challengeId"]
    return challenge, world.call(phone, "approval.get", {"challengeId": challenge})["fields"]


def test_a_device_of_another_suite_is_not_registered(world: World) -> None:
    phone = chinese()
    with pytest.raises(SuiteRefusedError):
        world.call(phone, "device.register", world.registration(phone))
    assert world.sql("SELECT count(*) FROM device") == [(0,)]


def test_keys_of_two_suites_are_no_device(world: World) -> None:
    both = World(world.engine, suites=BOTH)
    for phone in (Phone(wire.Sm2Key(), wire.new_key()), Phone(wire.new_key(), wire.Sm2Key())):
        with pytest.raises(KeyInvalidError):
            both.call(phone, "device.register", both.registration(phone))


def test_devices_of_both_suites_buy_and_their_approvals_say_which(world: World) -> None:
    both = World(world.engine, suites=BOTH)
    for phone, person, alg in ((chinese(), CHEN, "SM2-SM3"), (Phone(), LIN, "ES256")):
        both.ready(person, phone=phone)
        challenge, fields = frozen(both, phone)
        assert (fields["alg"], fields["kid"]) == (alg, wire.thumbprint(phone.tx))
        stranger = wire.new_key() if alg == "SM2-SM3" else wire.Sm2Key()
        message = both.message(phone, challenge)
        with pytest.raises((SignatureInvalidError, SignatureNoncanonicalError)):
            both.approve(phone, challenge, message, key=stranger)
        assert both.approve(phone, challenge, message)["result"]["orderId"]
    stored = world.sql("SELECT suite FROM device ORDER BY registered_at, suite DESC")
    assert stored == [("SM2-SM3",), ("ES256",)]
    bodies = [
        json.loads(body) for (body,) in world.sql("SELECT body FROM evidence_entry WHERE kind = 'device.registered'")
    ]
    assert [body["txKey"]["crv"] for body in bodies] == ["SM2", "P-256"]


def test_a_device_that_fell_below_the_floor_approves_nothing(world: World) -> None:
    both = World(world.engine, suites=BOTH)
    phone = both.ready()
    challenge, _ = frozen(both, phone)
    strict = World(world.engine, suites=frozenset({"SM2-SM3"}))
    with pytest.raises(SuiteRefusedError):
        strict.approve(phone, challenge, both.message(phone, challenge))
    with pytest.raises(SuiteRefusedError):
        strict.prepare(phone)
