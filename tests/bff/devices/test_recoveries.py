"""Coming back when every phone is lost: nothing betrays who is a customer, and whoever comes back is alone."""

from typing import Any

import pytest

from bff.customers.errors import CodeTooSoonError, IdChecksumError
from bff.devices.errors import DeviceStateError, RecoveryRefusedError, RecoveryTooManyError
from bff.errors import BffError, NotFoundError
from tests.bff.devices.hands import begin, let_in, recovering, set_pin, told
from tests.bff.wealth.world import CHEN, GU, LIN, Phone, World


def ready(world: World, who: Any = CHEN, **changes: str) -> tuple[Phone, Any]:
    """Begin on a new phone and ask for the code."""
    phone = world.registered()
    begun = begin(world, phone, who, **changes)
    return phone, world.call(phone, "device.recovery.code", {"recoveryId": begun["recoveryId"]})


def confirm(world: World, phone: Phone, begun: Any, code: str | None = None, **changes: str) -> Any:
    body = {"recoveryId": begun["recoveryId"], "code": code or begun["sandboxCode"]}
    return world.call(phone, "device.recovery.confirm", {**body, "signature": recovering(phone, begun), **changes})


def test_a_customer_comes_back_alone_and_cools_off_for_a_week(world: World) -> None:
    old = world.bound(CHEN)
    second = let_in(world, old, "ADD")
    set_pin(world, old)
    phone, begun = ready(world)
    assert confirm(world, phone, begun)["state"] == "ACTIVE"
    phone.customer_id = old.customer_id
    seen = world.call(phone, "device.get")
    assert (seen["customer"]["name"], seen["coolingUntil"]) == ("陈*", "2026-11-30T02:00:00.000Z")
    states = dict(world.sql("SELECT device_id, state FROM device"))
    assert [states[one.device_id] for one in (old, second, phone)] == ["BLOCKED", "BLOCKED", "ACTIVE"]
    assert world.sql("SELECT * FROM device_pin") == []
    with pytest.raises(DeviceStateError):
        world.call(old, "device.pin.get")
    assert told(world, phone)[0] == "security.device_recovered"
    assert ("device.recovered",) in world.sql("SELECT kind FROM evidence_entry")


def test_a_stranger_and_a_customer_with_a_wrong_card_get_the_same_answers(world: World) -> None:
    world.bound(CHEN)
    cases = {
        "nobody's ID number": (LIN, {}),
        "another's card": (CHEN, {"cardNumber": LIN.card}),
        "an unknown card": (CHEN, {"cardNumber": "6200000000000000"}),
        "another's name": (CHEN, {"name": "顾怀瑾"}),
    }
    refusals = set()
    for who, changes in cases.values():
        phone, begun = ready(world, who, **changes)
        assert begun["sandboxCode"] is None
        assert set(begun) == {"recoveryId", "deviceId", "aud", "env", "expires", "expiresAt", "sandboxCode"}
        with pytest.raises(RecoveryRefusedError) as refused:
            confirm(world, phone, begun, "123456")
        refusals.add((refused.value.detail, str(refused.value.extra)))
    phone, begun = ready(world)
    with pytest.raises(RecoveryRefusedError) as refused:
        confirm(world, phone, begun, "000000" if begun["sandboxCode"] != "000000" else "000001")
    refusals.add((refused.value.detail, str(refused.value.extra)))
    assert len(refusals) == 1
    assert world.sql("SELECT count(*) FROM device WHERE state = 'ACTIVE'") == [(1,)]


@pytest.mark.parametrize("who", [CHEN, LIN])
def test_another_code_at_once_is_refused_whoever_it_is(world: World, who: Any) -> None:
    world.bound(CHEN)
    phone, begun = ready(world, who)
    with pytest.raises(CodeTooSoonError):
        world.call(phone, "device.recovery.code", {"recoveryId": begun["recoveryId"]})
    world.later(seconds=5)
    again = world.call(phone, "device.recovery.code", {"recoveryId": begun["recoveryId"]})
    assert (again["sandboxCode"] is None) == (who is LIN)


def test_a_wrong_code_stays_counted(world: World) -> None:
    world.bound(CHEN)
    phone, begun = ready(world)
    wrong = f"{(int(begun['sandboxCode']) + 1) % 1_000_000:06d}"
    for _ in range(5):
        with pytest.raises(RecoveryRefusedError):
            confirm(world, phone, begun, wrong)
    with pytest.raises(RecoveryRefusedError):
        confirm(world, phone, begun)


def test_the_signature_is_the_new_phones_over_this_recovery(world: World) -> None:
    world.bound(CHEN)
    phone, begun = ready(world)
    for forged in (recovering(Phone(device_id=phone.device_id), begun), recovering(phone, {**begun, "expires": 1})):
        with pytest.raises(RecoveryRefusedError):
            confirm(world, phone, begun, signature=forged)
    assert world.call(phone, "device.get")["state"] == "PENDING"


def test_a_recovery_belongs_to_its_phone_serves_once_and_ends(world: World) -> None:
    world.bound(CHEN)
    world.bound(GU)
    phone, begun = ready(world)
    for code in ("device.recovery.code", "device.recovery.confirm"):
        body = {"recoveryId": begun["recoveryId"]}
        body |= {"code": "123456", "signature": "A" * 86} if code.endswith("confirm") else {}
        with pytest.raises(NotFoundError):
            world.call(world.registered(), code, body)
    confirm(world, phone, begun)
    with pytest.raises(DeviceStateError):
        confirm(world, phone, begun)
    late, other = ready(world, GU)
    world.later(minutes=30)
    with pytest.raises(RecoveryRefusedError):
        confirm(world, late, other)


def test_no_more_than_three_a_day_are_begun_on_one_phone(world: World) -> None:
    phone = world.registered()
    for _ in range(3):
        begin(world, phone, CHEN)
    with pytest.raises(RecoveryTooManyError):
        begin(world, phone, CHEN)
    begin(world, world.registered(), CHEN)
    world.later(days=1)
    begin(world, phone, CHEN)


def test_what_is_no_id_number_is_told_so_and_a_bound_phone_begins_nothing(world: World) -> None:
    phone = world.registered()
    with pytest.raises(IdChecksumError):
        begin(world, phone, CHEN, idNumber=CHEN.id_number[:-1] + ("0" if CHEN.id_number[-1] != "0" else "1"))
    with pytest.raises(BffError) as refused:
        begin(world, world.bound(CHEN), CHEN)
    assert refused.value.code == "DEVICE_STATE"
