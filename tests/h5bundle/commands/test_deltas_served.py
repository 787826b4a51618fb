"""Deltas made for those who ask, and those that follow a publication in the background."""

import threading

import pytest

from h5bundle import delta
from h5bundle.commands import deltas
from h5bundle.commands.deltas import delta_path
from h5bundle.commands.deltas_served import KEPT, Background, OnDemand
from h5bundle.errors import LockedError, StoreError
from h5bundle.pack import Package
from h5bundle.stores.local import LocalStore
from h5bundle.trust import object_path
from tests.h5bundle.commands.test_deltas import Full, committed, kept, version
from tests.h5bundle.conftest import Yard, package


@pytest.fixture
def published(yard: Yard) -> list[Package]:
    made = [version(number) for number in range(6)]
    for one in made:
        yard.publish(one)
    return made


def test_on_demand_answers_what_is_on_offer_and_nothing_else(yard: Yard, published: list[Package]) -> None:
    make = OnDemand(yard.store)
    oldest, newest = published[0], published[-1]
    made = make(newest.digest, oldest.digest)
    assert made is not None
    assert delta.apply(made, oldest.files, newest.manifest) == {"app.js": newest.files["app.js"]}
    assert yard.store.read(delta_path(newest.digest, oldest.digest)) == made
    assert make(newest.digest, "0" * 64) is None
    assert make(newest.digest, newest.digest) is None


def test_a_pair_that_gains_nothing_is_tried_once(yard: Yard) -> None:
    one, other = package(version="1.0.0"), package(version="1.0.1", files={"index.html": b"y", "app.js": b"x"})
    yard.publish(one)
    yard.publish(other)
    make = OnDemand(yard.store)
    assert make(other.digest, one.digest) is None
    assert make._useless == {(other.digest, one.digest)}


class Slow(LocalStore):
    """A store whose reader waits until the test lets it go on."""

    reading = threading.Event()
    go_on = threading.Event()

    def read(self, path: str) -> bytes:
        self.reading.set()
        assert self.go_on.wait(20)
        return super().read(path)


def test_one_delta_is_made_at_a_time_and_others_are_sent_to_the_files(yard: Yard, published: list[Package]) -> None:
    make = OnDemand(Slow(yard.store.folder))
    oldest, newest = published[0], published[-1]
    found: list[bytes | None] = []
    first = threading.Thread(target=lambda: found.append(make(newest.digest, oldest.digest)))
    first.start()
    assert Slow.reading.wait(20)
    assert make(newest.digest, published[1].digest) is None
    Slow.go_on.set()
    first.join(20)
    assert [one is not None for one in found] == [True]


class Held(LocalStore):
    """A store that a publisher holds."""

    def put_blob(self, path: str, data: bytes) -> None:
        raise LockedError(detail=f"another publisher keeps {path} with {len(data)} bytes from being written")


def test_a_delta_is_given_though_a_publisher_keeps_it_from_being_kept(yard: Yard, published: list[Package]) -> None:
    oldest, newest = published[0], published[-1]
    made = OnDemand(Held(yard.store.folder))(newest.digest, oldest.digest)
    assert made is not None
    assert delta.apply(made, oldest.files, newest.manifest) == {"app.js": newest.files["app.js"]}
    assert yard.store.exists(delta_path(newest.digest, oldest.digest)) is False


def test_a_full_disk_is_no_error_of_the_phone(yard: Yard, published: list[Package]) -> None:
    assert OnDemand(Full(yard.store.folder))(published[-1].digest, published[0].digest) is None


def test_a_release_that_is_too_large_gets_none(
    yard: Yard, published: list[Package], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deltas, "SIZE_LIMIT", 1000)
    assert OnDemand(yard.store)(published[-1].digest, published[0].digest) is None


def test_between_releases_in_use_a_quick_delta_keeps_no_place_from_the_better_one(yard: Yard) -> None:
    old, new = version(0), version(1)
    committed(yard, old)
    committed(yard, new)
    make = OnDemand(yard.store)
    quick = make(new.digest, old.digest)
    assert quick is not None
    assert make(new.digest, old.digest) is quick
    assert kept(yard, new) == []
    assert Background(yard.store, 0)() == 1
    better = yard.store.read(delta_path(new.digest, old.digest))
    assert delta.apply(better, old.files, new.manifest) == delta.apply(quick, old.files, new.manifest)


def test_few_quick_deltas_are_kept_in_memory(yard: Yard) -> None:
    make = OnDemand(yard.store)
    for number in range(KEPT + 3):
        old, new = version(2 * number), version(2 * number + 1)
        committed(yard, old)
        committed(yard, new)
        assert make(new.digest, old.digest) is not None
    assert len(make._kept) == KEPT


@pytest.mark.parametrize("turn", [0, 1, 7])
def test_the_background_makes_what_is_missing_once(yard: Yard, turn: int) -> None:
    made = [version(number) for number in range(5)]
    for one in made:
        committed(yard, one)
    work = Background(yard.store, turn)
    assert (work(), work()) == (3, 0)
    assert kept(yard, made[-1]) == sorted(one.digest for one in made[1:4])
    assert Background(yard.store, turn)() == 0
    newest = version(5)
    committed(yard, newest)
    assert work() == 3


def test_the_background_skips_what_gains_nothing_and_what_is_not_whole(yard: Yard) -> None:
    first = package(version="1.0.0")
    small = package(version="1.0.1", files={"index.html": b"y", "app.js": b"x"})
    committed(yard, first)
    committed(yard, small)
    work = Background(yard.store, 0)
    assert (work(), work._useless) == (0, {(small.digest, first.digest)})
    third = version(2)
    committed(yard, third)
    yard.store.remove(object_path(small.manifest.files["app.js"].sha256))
    assert work() == 0
    assert kept(yard, third) == []


def test_the_background_makes_none_for_what_a_developer_saves(yard: Yard) -> None:
    first, second = version(0), version(1)
    for one in (first, second):
        committed(yard, one)
    saved = package(version="1.1.900001", files={**second.files, "app.js": second.files["app.js"] + b";saved()"})
    committed(yard, saved)
    assert Background(yard.store, 0)() == 1
    assert (kept(yard, saved), kept(yard, second)) == ([], [first.digest])


def test_the_background_tries_again_when_the_disk_was_full(yard: Yard) -> None:
    committed(yard, version(0))
    newest = version(1)
    committed(yard, newest)
    store = Full(yard.store.folder)
    work = Background(store, 0)
    for _ in range(2):
        with pytest.raises(StoreError, match="no space left"):
            work()
    assert kept(yard, newest) == []
