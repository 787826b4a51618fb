"""The transaction PIN: tries that are counted, pauses, the lock that only the transaction key opens, and races."""

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bff.db.engine import transaction
from bff.devices import pins, rules
from bff.devices.errors import PinPausedError, PinWeakError, PinWrongError
from bff.errors import BffError
from bff.sessions.challenges import ChallengeInvalidError
from bff.sessions.verification import VerificationRefusedError
from security.sealing import BlindIndex
from tests.bff.db.engines import KINDS, fresh_engine
from tests.bff.devices.hands import let_in, person, set_pin, told
from tests.bff.wealth.world import CHEN, LIN, Phone, World

PIN, WRONG = "739205", "739206"


def verify(world: World, phone: Phone, pin: str) -> str:
    """Try a PIN; give OK, or the refusal's code."""
    try:
        world.call(phone, "device.pin.verify", {"pin": pin})
    except BffError as refusal:
        return refusal.code
    return "OK"


def test_a_pin_is_set_by_the_transaction_key_and_verified(world: World) -> None:
    phone = world.bound(CHEN)
    assert world.call(phone, "device.pin.get") == {
        "isSet": False,
        "setAt": None,
        "left": 5,
        "locked": False,
        "pausedUntil": None,
    }
    assert set_pin(world, phone)["isSet"] is True
    answer = world.call(phone, "device.pin.verify", {"pin": PIN})
    assert (answer["factor"], answer["until"]) == ("pin", "2026-11-23T02:15:00.000Z")


def test_a_pin_moves_to_the_present_key_when_it_is_given_right(world: World) -> None:
    phone = world.bound(CHEN)
    set_pin(world, phone)
    old, new = b"b" * 32, b"c" * 32

    def turn(known: dict[str, bytes]) -> None:
        object.__setattr__(world.codes.vault, "index", BlindIndex(known, "i2"))

    def hanging() -> int:
        with transaction(world.engine, writing=False) as session:
            return pins.under(session, "i1")

    turn({"i1": old, "i2": new})
    assert (verify(world, phone, WRONG), hanging()) == ("PIN_WRONG", 1)
    assert (verify(world, phone, PIN), hanging()) == ("OK", 0)
    turn({"i2": new})
    assert (verify(world, phone, WRONG), verify(world, phone, PIN)) == ("PIN_WRONG", "OK")


def test_a_pin_needs_its_own_verification(world: World) -> None:
    phone = world.bound(CHEN)
    with pytest.raises(ChallengeInvalidError):
        world.call(phone, "device.pin.set", {"pin": PIN, **person(world, phone, "step-up")})
    with pytest.raises(VerificationRefusedError):
        world.call(phone, "device.pin.set", {"pin": PIN, **person(world, phone, "pin", signed="step-up")})
    assert world.call(phone, "device.pin.get")["isSet"] is False


@pytest.mark.parametrize("pin", ["000000", "123456", "987654", "121212", "123123", "112233", CHEN.mobile[-6:]])
def test_a_pin_that_anybody_would_guess_is_refused(world: World, pin: str) -> None:
    phone = world.bound(CHEN)
    with pytest.raises(PinWeakError):
        set_pin(world, phone, pin)


def test_a_birthday_is_no_pin_and_a_random_number_is() -> None:
    born = rules.date(1990, 5, 17)
    weak = ("900517", "170590", "051790", "199005", "051990")
    assert [rules.is_weak(pin, born, "13800006620") for pin in (*weak, PIN)] == [True] * 5 + [False]


def test_wrong_pins_pause_then_lock_and_the_right_one_does_not_open(world: World) -> None:
    phone = world.bound(CHEN)
    set_pin(world, phone)
    for left in (4, 3):
        with pytest.raises(PinWrongError) as wrong:
            world.call(phone, "device.pin.verify", {"pin": WRONG})
        assert wrong.value.extra == {"left": left}
    assert verify(world, phone, WRONG) == "PIN_WRONG"
    with pytest.raises(PinPausedError) as paused:
        world.call(phone, "device.pin.verify", {"pin": PIN})
    assert paused.value.extra == {"retryAfter": 60}
    world.later(seconds=60)
    assert verify(world, phone, WRONG) == "PIN_WRONG"
    world.later(seconds=119)
    assert verify(world, phone, PIN) == "PIN_PAUSED"
    world.later(seconds=1)
    assert verify(world, phone, WRONG) == "PIN_LOCKED"
    world.later(days=30)
    assert verify(world, phone, PIN) == "PIN_LOCKED"
    assert world.call(phone, "device.pin.get")["locked"] is True
    assert world.sql("SELECT count(*) FROM evidence_entry WHERE kind = 'device.pin_locked'") == [(1,)]
    assert told(world, phone) == ["security.pin_locked", "security.pin_set", "security.device_bound"]


def test_a_lock_opens_by_a_new_pin_under_the_transaction_key(world: World) -> None:
    phone = world.bound(CHEN)
    set_pin(world, phone)
    for _ in range(5):
        verify(world, phone, WRONG)
        world.later(minutes=10)
    assert verify(world, phone, PIN) == "PIN_LOCKED"
    set_pin(world, phone, "860417")
    assert verify(world, phone, "860417") == "OK"


def test_a_right_pin_makes_the_tries_new(world: World) -> None:
    phone = world.bound(CHEN)
    set_pin(world, phone)
    for _ in range(4):
        assert [verify(world, phone, pin) for pin in (WRONG, WRONG, PIN)] == ["PIN_WRONG", "PIN_WRONG", "OK"]


def test_a_change_needs_the_old_pin_and_another_new_one(world: World) -> None:
    phone = world.bound(CHEN)
    set_pin(world, phone)
    with pytest.raises(PinWrongError):
        world.call(phone, "device.pin.change", {"pin": WRONG, "newPin": "860417"})
    with pytest.raises(PinWeakError):
        world.call(phone, "device.pin.change", {"pin": PIN, "newPin": PIN})
    world.call(phone, "device.pin.change", {"pin": PIN, "newPin": "860417"})
    assert [verify(world, phone, pin) for pin in (PIN, "860417")] == ["PIN_WRONG", "OK"]


def test_a_device_without_a_pin_answers_like_one_whose_pin_was_missed(world: World) -> None:
    bare, kept = world.bound(CHEN), world.bound(LIN)
    set_pin(world, kept)
    answers = []
    for phone in (bare, kept):
        with pytest.raises(PinWrongError) as wrong:
            world.call(phone, "device.pin.verify", {"pin": WRONG})
        answers.append((wrong.value.detail, wrong.value.extra))
    assert answers[0] == answers[1]


def test_a_pin_belongs_to_its_device(world: World) -> None:
    old = world.bound(CHEN)
    set_pin(world, old)
    new = let_in(world, old, "ADD")
    assert verify(world, new, PIN) == "PIN_WRONG"
    rows = world.sql("SELECT salt, hash FROM device_pin")
    set_pin(world, new)
    assert len({hashed for _, hashed in world.sql("SELECT salt, hash FROM device_pin")} | {rows[0][1]}) == 2


def test_all_devices_of_a_customer_share_ten_tries(world: World) -> None:
    first = world.bound(CHEN)
    phones = [first, let_in(world, first, "ADD"), let_in(world, first, "ADD")]
    for phone in phones:
        set_pin(world, phone)
    got: Counter[str] = Counter()
    for phone in phones:
        for _ in range(5):
            got[verify(world, phone, WRONG)] += 1
            world.later(minutes=16)
    assert got == {"PIN_WRONG": 8, "PIN_LOCKED": 7}
    assert verify(world, phones[2], PIN) == "PIN_LOCKED"
    world.later(hours=24)
    assert verify(world, phones[2], PIN) == "OK"


def test_strangers_on_the_same_line_cost_nobody_his_own_tries(world: World) -> None:
    victim, stranger = world.bound(CHEN), world.bound(LIN)
    set_pin(world, victim)
    world.sql(
        "INSERT INTO try_counter VALUES ('pin.network', '127.0.0.1/32', 30, :now, NULL)",
        now=(world.now - timedelta(minutes=1)).replace(tzinfo=None),
    )
    for phone in (stranger, victim, victim, victim, victim, victim, victim):
        assert verify(world, phone, PIN) == "PIN_PAUSED"
    assert world.call(victim, "device.pin.get")["left"] == 5
    world.later(hours=1)
    assert verify(world, victim, PIN) == "OK"


def test_no_pin_stands_in_the_database(world: World) -> None:
    phone = world.bound(CHEN)
    set_pin(world, phone)
    verify(world, phone, WRONG)
    tables = [name for (name,) in world.sql("SELECT name FROM sqlite_master WHERE type = 'table'")]
    assert {"device_pin", "evidence_entry", "idempotency_record"} <= set(tables)
    rows = [str(row) for table in tables for row in world.sql(f'SELECT * FROM "{table}"')]  # noqa: S608 — the schema's names
    assert [row for row in rows if PIN in row or WRONG in row] == []


@pytest.fixture(params=KINDS)
def raced(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with fresh_engine(request.param, tmp_path) as engine:
        yield World(engine)


def test_64_guesses_at_once_get_no_more_tries_than_are_allowed(raced: World) -> None:
    phone = raced.bound(CHEN)
    set_pin(raced, phone)
    barrier, got = threading.Barrier(64), [""] * 64

    def guess(number: int) -> None:
        barrier.wait()
        got[number] = verify(raced, phone, f"7392{number + 10:02d}")

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(got) == {"PIN_WRONG": 3, "PIN_PAUSED": 61}
    counted = raced.sql("SELECT kind, tries FROM try_counter ORDER BY kind")
    assert counted == [("pin.account", 3), ("pin.device", 3), ("pin.network", 3)]
    with pytest.raises(PinPausedError):
        raced.call(phone, "device.pin.verify", {"pin": PIN})
    raced.later(hours=1)
    assert verify(raced, phone, PIN) == "OK"
