from bff.db.engine import transaction
from bff.devices.errors import PinLockedError
from bff.devices.sweeping import sweep
from tests.bff.devices.hands import begin, let_in, set_pin
from tests.bff.devices.test_pins import WRONG, verify
from tests.bff.wealth.world import CHEN, World


def test_what_is_over_goes_and_a_lock_stays(world: World) -> None:
    phone = world.bound(CHEN)
    set_pin(world, phone)
    for _ in range(5):
        verify(world, phone, WRONG)
        world.later(minutes=10)
    let_in(world, phone, "ADD")
    begin(world, world.registered(), CHEN)
    for days, expected in ((6, 0), (2, 6)):
        world.later(days=days)
        with transaction(world.engine) as session:
            assert sweep(session, world.now) == expected
    assert world.sql("SELECT kind, tries FROM try_counter") == [("pin.device", 5)]
    assert verify(world, phone, "739205") == PinLockedError.code
