"""The calendar's work: what is due is done once by any number of processes; the rest is said once a day."""

import threading
from datetime import timedelta

from bff.custody.calendar import KeyCalendar
from security.keys import KeyState, KeyStore
from tests.bff.custody.conftest import NOW, Room

DAY = timedelta(days=1)


def states(room: Room, purpose: str = "access-token") -> list[KeyState]:
    found = [record for record in room.store.records() if record.purpose == purpose]
    return [record.state for record in sorted(found, key=lambda record: record.changed)]


def test_a_key_is_staged_rotated_and_retired_in_its_time(room: Room) -> None:
    calendar = KeyCalendar(room.store, room.guard, acting=True)
    assert calendar.keep(NOW + 75 * DAY).done == ()
    assert len(calendar.keep(NOW + 76 * DAY).done) == 1
    assert states(room) == [KeyState.ACTIVE, KeyState.STAGED]
    assert len(calendar.keep(NOW + 90 * DAY).done) == 1
    assert set(states(room)) == {KeyState.ACTIVE, KeyState.VERIFY_ONLY}
    assert calendar.keep(NOW + 90 * DAY + timedelta(minutes=59)).done == ()
    assert len(calendar.keep(NOW + 90 * DAY + timedelta(hours=1)).done) == 1
    assert set(states(room)) == {KeyState.ACTIVE, KeyState.RETIRED}


def test_processes_that_keep_it_at_once_make_one_rotation(room: Room) -> None:
    room.store.stage("access-token", NOW)
    done: list[str] = []

    def keep() -> None:
        mine = KeyStore.open(room.store.folder, "words")
        done.extend(KeyCalendar(mine, room.guard, acting=True).keep(NOW + 90 * DAY).done)

    threads = [threading.Thread(target=keep) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert ([words.split()[0] for words in done], len(room.store.records())) == (["rotate"], 2)


def test_it_warns_once_a_day_of_what_is_near_or_not_its_to_do(room: Room) -> None:
    calendar = KeyCalendar(room.store, room.guard, acting=False)
    (stage, rotate) = calendar.keep(NOW + 77 * DAY).warnings
    assert stage.endswith("TIDEGATE_KEY_CALENDAR is off")
    assert rotate.startswith("rotate access-token")
    assert (calendar.keep(NOW + 77 * DAY).warnings, len(calendar.keep(NOW + 78 * DAY).warnings)) == ((), 2)
    assert states(room) == [KeyState.ACTIVE]


def test_a_sealing_key_is_retired_when_nothing_hangs_on_it(room: Room) -> None:
    room.store.generate("sealing-kek", NOW)
    room.store.rotate("sealing-kek", NOW)
    room.held = 2
    calendar, due = KeyCalendar(room.store, room.guard, acting=True), NOW + 90 * DAY
    assert any("2 values or customers hang on it" in words for words in calendar.keep(due).warnings)
    assert KeyState.VERIFY_ONLY in states(room, "sealing-kek")
    room.held = 0
    calendar.keep(due)
    assert KeyState.RETIRED in states(room, "sealing-kek")
