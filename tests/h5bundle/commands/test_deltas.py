import json
import threading

import pytest
from click.testing import CliRunner

from h5bundle import delta
from h5bundle.cli import main
from h5bundle.commands import deltas
from h5bundle.commands.deltas import OnDemand, delta_path
from h5bundle.commands.publish import silent
from h5bundle.errors import LockedError, PublishError, StoreError
from h5bundle.pack import Package
from h5bundle.stores.local import LocalStore
from h5bundle.trust import object_path
from tests.h5bundle.conftest import Yard, package
from tests.h5bundle.delta.releases import program


def version(number: int, more: bytes = b"") -> Package:
    script = program("etnri") + b";version(%d)" % number + more
    return package(version=f"1.{number}.0", files={"index.html": b"<!doctype html>", "app.js": script})


@pytest.fixture
def published(yard: Yard) -> list[Package]:
    made = [version(number) for number in range(6)]
    for one in made:
        yard.publish(one)
    return made


def kept(yard: Yard, new: Package) -> list[str]:
    prefix = f"deltas/{new.digest}/"
    return [path.removeprefix(prefix).removesuffix(".zst") for path in yard.store.paths(prefix)]


def test_publishing_makes_deltas_from_every_release_in_use(yard: Yard, published: list[Package]) -> None:
    *_, first, second, third, newest = published
    assert kept(yard, newest) == sorted(one.digest for one in (first, second, third))
    for old in (first, second, third):
        found = yard.store.read(delta_path(newest.digest, old.digest))
        assert delta.apply(found, old.files, newest.manifest) == {"app.js": newest.files["app.js"]}
        assert len(found) < 100


def test_the_first_release_has_no_delta(yard: Yard) -> None:
    yard.publish(version(0))
    assert yard.store.paths("deltas/") == ()


def test_an_old_release_that_is_not_whole_does_not_stop_a_publication(yard: Yard) -> None:
    old, new = version(0), version(1)
    yard.publish(old)
    yard.store.remove(object_path(old.manifest.files["app.js"].sha256))
    assert yard.publish(new).changed
    assert kept(yard, new) == []


def test_the_command_makes_them_from_any_release(yard: Yard, published: list[Package]) -> None:
    oldest, newest = published[0], published[-1]
    made = deltas.run(yard.store, "wealth", bases=["1.0.0"], progress=silent)
    data = yard.store.read(delta_path(newest.digest, oldest.digest))
    assert made == (deltas.Made("1.0.0", oldest.digest, len(data)),)


@pytest.mark.parametrize("base", ["1.5.0", "9.9.9"])
def test_a_base_that_is_no_older_release_is_refused(yard: Yard, published: list[Package], base: str) -> None:
    assert published
    with pytest.raises(PublishError, match=base):
        deltas.run(yard.store, "wealth", bases=[base], progress=silent)
    with pytest.raises(PublishError, match="no release"):
        deltas.run(yard.store, "nothing", progress=silent)


def test_the_command_line_says_what_was_made(yard: Yard, published: list[Package]) -> None:
    assert published
    asked = ["deltas", "wealth", "--repository", str(yard.store.folder), "--base", "1.0.0"]
    said = CliRunner().invoke(main, [*asked, "--json"])
    assert [one["base"] for one in json.loads(said.stdout)] == ["1.0.0"]
    assert CliRunner().invoke(main, asked).stdout.startswith("from 1.0.0")


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


class Full(LocalStore):
    """A store whose disk is full."""

    def put_blob(self, path: str, data: bytes) -> None:
        raise StoreError(detail=f"{path} with {len(data)} bytes cannot be written: no space left")


def test_a_full_disk_is_no_error_of_the_phone(yard: Yard, published: list[Package]) -> None:
    assert OnDemand(Full(yard.store.folder))(published[-1].digest, published[0].digest) is None


def test_a_release_that_is_too_large_gets_none(
    yard: Yard, published: list[Package], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deltas, "SIZE_LIMIT", 1000)
    assert OnDemand(yard.store)(published[-1].digest, published[0].digest) is None
