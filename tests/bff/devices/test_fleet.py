"""Blocking devices by one command: a device, a model, and what comes later of that model."""

import pytest

from bff.db.engine import transaction
from bff.devices import fleet
from bff.devices.errors import AttestationRefusedError, DeviceStateError
from bff.devices.fleet import Order
from bff.errors import NotFoundError, RequestInvalidError
from tests.bff.wealth.world import World

WHY = Order(by="chen.yu", reason="its key store is broken")


def states(world: World) -> list[str]:
    return [state for (state,) in world.sql("SELECT state FROM device ORDER BY device_id")]


def kinds(world: World) -> list[str]:
    wanted = "SELECT kind FROM evidence_entry WHERE kind LIKE 'device.%block%' OR kind = 'device.model_allowed'"
    return [kind for (kind,) in world.sql(f"{wanted} ORDER BY seq")]


def model(world: World) -> str:
    ((name,),) = world.sql("SELECT DISTINCT model_name FROM device")
    return str(name)


def test_every_device_of_a_model_is_blocked_and_new_ones_are_refused(world: World) -> None:
    for _ in range(3):
        world.registered()
    name = model(world)
    with transaction(world.engine) as session:
        assert fleet.block_model(session, name, WHY, world.now) == 3
        assert fleet.block_model(session, "another", WHY, world.now) == 0
    assert states(world) == ["BLOCKED"] * 3
    with pytest.raises(AttestationRefusedError):
        world.registered()
    assert kinds(world) == ["device.model_blocked", *["device.blocked"] * 3, "device.model_blocked"]


def test_a_model_may_come_again_and_its_blocked_devices_stay_blocked(world: World) -> None:
    world.registered()
    name = model(world)
    with transaction(world.engine) as session:
        fleet.block_model(session, name, WHY, world.now)
    with transaction(world.engine) as session:
        fleet.allow_model(session, name, WHY, world.now)
    world.registered()
    assert sorted(states(world)) == ["BLOCKED", "PENDING"]
    with transaction(world.engine) as session, pytest.raises(NotFoundError):
        fleet.allow_model(session, name, WHY, world.now)


def test_one_device_is_blocked_once(world: World) -> None:
    world.registered()
    ((device_id,),) = world.sql("SELECT device_id FROM device")
    with transaction(world.engine) as session:
        fleet.block(session, device_id, WHY, world.now)
    with transaction(world.engine) as session, pytest.raises(DeviceStateError):
        fleet.block(session, device_id, WHY, world.now)
    with transaction(world.engine) as session, pytest.raises(NotFoundError):
        fleet.block(session, "dev_none", WHY, world.now)
    assert (states(world), kinds(world)) == (["BLOCKED"], ["device.blocked"])


@pytest.mark.parametrize(("by", "reason"), [("", "why"), ("who", " "), ("who", "x" * 501)])
def test_an_order_says_who_and_why(by: str, reason: str) -> None:
    with pytest.raises(RequestInvalidError):
        Order(by=by, reason=reason)
