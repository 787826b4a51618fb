"""Every change of the index is told once, whoever made it."""

from bff.custody import book
from bff.db.engine import transaction
from tests.bff.custody.conftest import NOW, Room


def tell(room: Room) -> int:
    with transaction(room.engine) as session:
        return book.tell(session, room.store.records(), why="seen", now=NOW)


def test_a_change_is_told_once_with_both_states(room: Room) -> None:
    old = room.store.active("access-token").kid
    assert [tell(room), tell(room)] == [1, 0]
    new = room.store.rotate("access-token", NOW).kid
    assert [tell(room), tell(room)] == [2, 0]
    said = [(body["kid"], body["from"], body["to"], body["place"]) for _, body in room.told("key.changed")]
    assert said[0] == (old, "", "ACTIVE", "file")
    assert sorted(said[1:]) == sorted([(old, "ACTIVE", "VERIFY_ONLY", "file"), (new, "", "ACTIVE", "file")])
