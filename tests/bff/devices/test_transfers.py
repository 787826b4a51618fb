"""Moving to a new phone: the old one signs who comes, the new one to whom it is bound, and both or neither."""

import pytest

from bff.devices.errors import (
    BindExpiredError,
    DeviceLimitError,
    DeviceStateError,
    SignatureInvalidError,
    TransferInvalidError,
)
from bff.errors import NotFoundError
from security.handover import Newcomer, transfer_digits
from tests import device as wire
from tests.bff.devices.hands import approval, confirmation, let_in, person, set_pin, told
from tests.bff.wealth.world import CHEN, LIN, World


def test_both_phones_show_the_same_digits_and_the_old_one_whom_it_lets_in(world: World) -> None:
    old, new = world.bound(CHEN), world.registered()
    asked = world.call(new, "device.transfer.ask")
    seen = world.call(old, "device.transfer.offer", {"transferId": asked["transferId"]})
    assert seen == asked
    assert (seen["state"], seen["customer"], seen["model"]) == ("ASKED", None, "Test")
    thumbs = {"pop_jkt": wire.thumbprint(new.pop), "tx_jkt": wire.thumbprint(new.tx)}
    comes = Newcomer(device_id=new.device_id, **thumbs)
    assert seen["digits"] == transfer_digits(transfer_id=asked["transferId"], newcomer=comes)


def test_a_move_binds_the_new_phone_and_removes_the_old_one(world: World) -> None:
    old = world.bound(CHEN)
    set_pin(world, old)
    new = let_in(world, old, "MOVE")
    assert world.call(new, "device.get")["customer"]["name"] == "陈*"
    assert world.sql("SELECT device_id, state FROM device ORDER BY registered_at, device_id") == [
        (old.device_id, "REMOVED"),
        (new.device_id, "ACTIVE"),
    ]
    assert world.sql("SELECT * FROM device_pin") == []
    assert told(world, new) == [
        "security.device_bound",
        "security.device_removed",
        "security.pin_set",
        "security.device_bound",
    ]
    kinds = [kind for (kind,) in world.sql("SELECT kind FROM evidence_entry ORDER BY seq DESC LIMIT 3")]
    assert kinds == ["device.transferred", "device.removed", "device.transfer_approved"]


def test_a_second_phone_comes_beside_the_first(world: World) -> None:
    old = world.bound(CHEN)
    new = let_in(world, old, "ADD")
    assert [world.call(phone, "device.get")["state"] for phone in (old, new)] == ["ACTIVE", "ACTIVE"]


def test_a_move_takes_the_day_and_the_cooling_off_along(world: World) -> None:
    old = world.ready(fund=12_000_000)
    world.buy(old, 8_000_000)
    new = let_in(world, old, "MOVE")
    new.account_id = old.account_id
    shown = world.call(new, "device.get")
    assert (shown["dayLeftFen"], shown["coolingUntil"]) == (2_000_000, "2026-11-26T02:00:00.000Z")
    challenge = world.prepare(new, 2_000_000)["challengeId"]
    world.approve(new, challenge, world.message(new, challenge))
    assert world.call(new, "device.get")["dayLeftFen"] == 0
    with pytest.raises(DeviceLimitError):
        world.prepare(new, 1_000_000)


FORGED = ("transferId", "mode", "customer", "old", "new", "pop", "tx", "expires")


@pytest.mark.parametrize("part", FORGED)
def test_the_old_phone_signs_every_part(world: World, part: str) -> None:
    old, new = world.bound(CHEN), world.registered()
    asked = world.call(new, "device.transfer.ask")
    with pytest.raises(SignatureInvalidError):
        world.call(old, "device.transfer.approve", approval(old, asked, "MOVE", forged={part: "ADD"}))
    with pytest.raises(TransferInvalidError):
        world.call(new, "device.transfer.confirm", {"transferId": asked["transferId"], "signature": "A" * 86})


def test_no_other_signature_approves_a_transfer(world: World) -> None:
    old, new = world.bound(CHEN), world.registered()
    asked = world.call(new, "device.transfer.ask")
    verified = person(world, old, "step-up")
    for signature in (verified["txSignature"], wire.b64(wire.sign(old.pop, b"x"))):
        body = {"transferId": asked["transferId"], "mode": "ADD", "signature": signature}
        with pytest.raises(SignatureInvalidError):
            world.call(old, "device.transfer.approve", body)


def test_a_transfer_is_approved_once_and_by_its_customer_alone_seen_afterwards(world: World) -> None:
    old, other, new = world.bound(CHEN), world.bound(LIN), world.registered()
    asked = world.call(new, "device.transfer.ask")
    world.call(old, "device.transfer.approve", approval(old, asked, "ADD"))
    with pytest.raises(TransferInvalidError):
        world.call(old, "device.transfer.approve", approval(old, asked, "MOVE"))
    for code, body in (
        ("device.transfer.offer", {"transferId": asked["transferId"]}),
        ("device.transfer.approve", approval(other, asked, "ADD")),
        ("device.transfer.get", {"transferId": asked["transferId"]}),
    ):
        with pytest.raises(NotFoundError):
            world.call(other, code, body)


def test_a_transfer_is_over_after_ten_minutes(world: World) -> None:
    old, new = world.bound(CHEN), world.registered()
    asked = world.call(new, "device.transfer.ask")
    world.call(old, "device.transfer.approve", approval(old, asked, "MOVE"))
    told = world.call(new, "device.transfer.get", {"transferId": asked["transferId"]})
    late = world.call(world.registered(), "device.transfer.ask")
    world.later(minutes=10)
    with pytest.raises(BindExpiredError):
        world.call(new, "device.transfer.confirm", confirmation(new, told))
    with pytest.raises(NotFoundError):
        world.call(old, "device.transfer.approve", approval(old, late, "MOVE"))
    assert world.call(old, "device.get")["state"] == "ACTIVE"


@pytest.mark.parametrize("mode", ["MOVE", "ADD"])
def test_a_device_that_was_blocked_meanwhile_lets_nobody_in(world: World, mode: str) -> None:
    old, new = world.bound(CHEN), world.registered()
    asked = world.call(new, "device.transfer.ask")
    world.call(old, "device.transfer.approve", approval(old, asked, mode))
    told = world.call(new, "device.transfer.get", {"transferId": asked["transferId"]})
    world.sql("UPDATE device SET state = 'BLOCKED' WHERE device_id = :id", id=old.device_id)
    with pytest.raises(TransferInvalidError):
        world.call(new, "device.transfer.confirm", confirmation(new, told))
    assert world.sql("SELECT state FROM device WHERE device_id = :id", id=new.device_id) == [("PENDING",)]
    with pytest.raises(DeviceStateError):
        world.call(
            old, "device.transfer.approve", approval(old, world.call(world.registered(), "device.transfer.ask"), mode)
        )


def test_a_bound_phone_asks_for_nothing_and_a_transfer_serves_once(world: World) -> None:
    old = world.bound(CHEN)
    with pytest.raises(DeviceStateError):
        world.call(old, "device.transfer.ask")
    new = world.registered()
    asked = world.call(new, "device.transfer.ask")
    world.call(old, "device.transfer.approve", approval(old, asked, "ADD"))
    told = world.call(new, "device.transfer.get", {"transferId": asked["transferId"]})
    world.call(new, "device.transfer.confirm", confirmation(new, told))
    with pytest.raises(DeviceStateError):
        world.call(new, "device.transfer.confirm", confirmation(new, told))
