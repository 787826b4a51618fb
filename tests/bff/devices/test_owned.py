"""The customer's devices: list, names, limits, taking one away, and how many there may be."""

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from bff.devices.errors import DeviceCapError, DeviceStateError
from bff.errors import BffError, NotFoundError, RequestInvalidError
from bff.sessions.verification import VerificationRefusedError
from tests.bff.db.engines import KINDS, fresh_engine
from tests.bff.devices.hands import approval, confirmation, let_in, person, set_pin, told
from tests.bff.wealth.world import CHEN, LIN, World


def test_the_list_shows_devices_with_their_limits_and_cooling_off(world: World) -> None:
    old = world.bound(CHEN)
    world.later(hours=73)
    new = let_in(world, old, "ADD")
    seen = world.call(old, "device.list")
    assert seen["most"] == 5
    first, second = seen["devices"]
    assert (first["deviceId"], first["current"], first["coolingUntil"]) == (old.device_id, True, None)
    assert (first["dayLimitFen"], first["dayLeftFen"]) == (100_000_000, 100_000_000)
    assert (second["deviceId"], second["current"]) == (new.device_id, False)
    assert (second["dayLimitFen"], second["coolingUntil"]) == (10_000_000, "2026-11-27T03:00:00.000Z")
    own = world.call(new, "device.get")
    assert (own["dayLimitFen"], own["coolingUntil"]) == (10_000_000, "2026-11-27T03:00:00.000Z")
    world.later(hours=24)
    assert world.call(new, "device.get")["dayLimitFen"] == 100_000_000


def test_what_was_moved_today_is_taken_off_what_is_left(world: World) -> None:
    phone = world.ready(fund=8_000_000)
    world.buy(phone, 5_000_000)
    (shown,) = world.call(phone, "device.list")["devices"]
    assert (shown["dayLimitFen"], shown["dayLeftFen"]) == (10_000_000, 5_000_000)


def test_a_device_is_named_by_its_owner_alone(world: World) -> None:
    mine, other = world.bound(CHEN), world.bound(LIN)
    named = world.call(mine, "device.rename", {"deviceId": mine.device_id, "name": " 我的手机 "})
    assert named == {"deviceId": mine.device_id, "name": "我的手机"}
    assert world.call(mine, "device.list")["devices"][0]["name"] == "我的手机"
    for device_id in (mine.device_id, "dev_unknown"):
        with pytest.raises(NotFoundError):
            world.call(other, "device.rename", {"deviceId": device_id, "name": "x"})
    for name in ("a\u202eb", "\u200b", "  "):
        with pytest.raises(RequestInvalidError):
            world.call(mine, "device.rename", {"deviceId": mine.device_id, "name": name})


def test_another_device_is_removed_with_its_sessions_and_its_pin(world: World) -> None:
    old = world.bound(CHEN)
    new = let_in(world, old, "ADD")
    set_pin(world, new)
    world.sql(
        "INSERT INTO session (id, device_id, customer_id, scope, jkt, state, created_at, expires_at, ended_because)"
        " VALUES ('ses_new', :device, :customer, 'customer', 'x', 'ACTIVE', :now, :now, '')",
        device=new.device_id,
        customer=new.customer_id,
        now=world.now.replace(tzinfo=None),
    )
    body = {"deviceId": new.device_id, **person(world, old, "unbind", new.device_id)}
    assert world.call(old, "device.remove", body) == {"deviceId": new.device_id, "state": "REMOVED"}
    assert told(world, old)[0] == "security.device_removed"
    assert world.sql("SELECT state, ended_because FROM session") == [("ENDED", "DEVICE_REMOVED")]
    assert world.sql("SELECT * FROM device_pin") == []
    with pytest.raises(DeviceStateError):
        world.call(new, "device.pin.verify", {"pin": "739205"})


def test_a_signature_removes_only_the_device_that_it_names(world: World) -> None:
    old = world.bound(CHEN)
    new, third = let_in(world, old, "ADD"), let_in(world, old, "ADD")
    named = person(world, old, "unbind", new.device_id)
    with pytest.raises(BffError) as refused:
        world.call(old, "device.remove", {"deviceId": third.device_id, **named})
    assert refused.value.code == "CHALLENGE_INVALID"
    forged = person(world, old, "unbind", new.device_id, signed="unbind")
    with pytest.raises(VerificationRefusedError):
        world.call(old, "device.remove", {"deviceId": new.device_id, **forged})
    stranger = world.bound(LIN)
    for device_id in (new.device_id, "dev_unknown"):
        body = {"deviceId": device_id, **person(world, stranger, "unbind", device_id)}
        with pytest.raises(NotFoundError):
            world.call(stranger, "device.remove", body)
    assert len(world.call(old, "device.list")["devices"]) == 3


@pytest.fixture(params=KINDS)
def raced(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with fresh_engine(request.param, tmp_path) as engine:
        yield World(engine)


def test_of_eight_devices_that_come_at_once_as_many_are_bound_as_there_may_be(raced: World) -> None:
    old = raced.bound(CHEN)
    new = [raced.registered() for _ in range(8)]
    asked = [raced.call(one, "device.transfer.ask") for one in new]
    for each in asked:
        raced.call(old, "device.transfer.approve", approval(old, each, "ADD"))
    told = [
        raced.call(one, "device.transfer.get", {"transferId": each["transferId"]})
        for one, each in zip(new, asked, strict=True)
    ]
    bodies = [confirmation(one, each) for one, each in zip(new, told, strict=True)]
    barrier, got = threading.Barrier(8), [""] * 8

    def confirm(number: int) -> None:
        barrier.wait()
        try:
            got[number] = raced.call(new[number], "device.transfer.confirm", bodies[number])["state"]
        except BffError as refusal:
            got[number] = refusal.code

    threads = [threading.Thread(target=confirm, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(got) == {"ACTIVE": 4, DeviceCapError.code: 4}
    assert raced.sql("SELECT count(*) FROM device WHERE state = 'ACTIVE'") == [(5,)]
