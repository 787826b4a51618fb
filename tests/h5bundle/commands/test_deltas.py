import json

import pytest
from click.testing import CliRunner

from h5bundle import delta
from h5bundle.cli import main
from h5bundle.commands import deltas, publish, verify
from h5bundle.commands.deltas import Following, delta_path, follow
from h5bundle.commands.publish import silent
from h5bundle.errors import PublishError, StoreError
from h5bundle.pack import Package
from h5bundle.stores.local import LocalStore
from h5bundle.trust import object_path
from tests.h5bundle.conftest import NOW, Yard, package
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


def test_an_old_release_that_is_not_whole_gets_none_and_the_new_one_stands(yard: Yard) -> None:
    old, new = version(0), version(1)
    yard.publish(old)
    yard.store.remove(object_path(old.manifest.files["app.js"].sha256))
    assert committed(yard, new).changed
    found = follow(yard.store, "wealth", new.digest, progress=silent)
    assert (found.due, found.ready, kept(yard, new)) == (1, 0, [])
    assert "app.js" in found.trouble or "objects/" in found.trouble


def committed(yard: Yard, new: Package) -> publish.PublishReceipt:
    return publish.run(publish.PublishOptions(init=True), new, yard.store, yard.keys, now=NOW)


def test_a_publication_waits_for_no_delta_and_is_whole_without(yard: Yard) -> None:
    old, new = version(0), version(1)
    committed(yard, old)
    receipt = committed(yard, new)
    assert (receipt.stands, receipt.before, kept(yard, new)) == (True, (old.digest,), [])
    assert verify.run(yard.store, now=NOW).releases == 2
    assert follow(yard.store, "wealth", new.digest, later=True, progress=silent) == Following(due=1, ready=0)
    assert kept(yard, new) == []
    assert follow(yard.store, "wealth", new.digest, progress=silent) == Following(due=1, ready=1)
    assert follow(yard.store, "wealth", new.digest, later=True, progress=silent) == Following(due=1, ready=1)


def test_progress_says_published_first_and_then_how_many_deltas(yard: Yard) -> None:
    told: list[tuple[str, int, int]] = []
    yard.publish(version(0))
    yard.publish(version(1))
    options = publish.PublishOptions()
    newest = version(2)
    publish.run(options, newest, yard.store, yard.keys, now=NOW, progress=lambda *news: told.append(news))
    follow(yard.store, "wealth", newest.digest, progress=lambda *news: told.append(news))
    assert told[-3:] == [("published", 1, 1), ("deltas", 1, 2), ("deltas", 2, 2)]


def test_a_release_that_the_policy_named_until_now_counts_as_in_use(yard: Yard) -> None:
    made = [version(number) for number in range(5)]
    for one in made:
        committed(yard, one)
    newest = version(5)
    receipt = publish.run(publish.PublishOptions(), newest, yard.store, yard.keys, now=NOW)
    before = (made[0].digest, *receipt.before)
    assert follow(yard.store, "wealth", newest.digest, before=before, progress=silent) == Following(due=4, ready=4)
    assert made[0].digest in kept(yard, newest)


class Full(LocalStore):
    """A store whose disk is full."""

    def put_blob(self, path: str, data: bytes) -> None:
        raise StoreError(detail=f"{path} with {len(data)} bytes cannot be written: no space left")


def test_a_release_that_is_not_on_offer_is_due_no_delta(yard: Yard) -> None:
    committed(yard, version(0))
    assert follow(yard.store, "wealth", "0" * 64, progress=silent) == Following(due=0, ready=0)


def test_a_full_disk_stops_the_deltas_and_not_the_release(yard: Yard) -> None:
    committed(yard, version(0))
    newest = version(1)
    committed(yard, newest)
    found = follow(Full(yard.store.folder), "wealth", newest.digest, progress=silent)
    assert (found.due, found.ready, "no space left" in found.trouble) == (1, 0, True)


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
