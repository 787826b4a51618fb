"""Publishing into every kind of store: the whole way, interrupted, and from several processes at once."""

import multiprocessing
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from h5bundle import delta
from h5bundle.client import Installation
from h5bundle.commands import publish, pull, sign_timestamp, verify
from h5bundle.commands.deltas import delta_path
from h5bundle.commands.deltas_served import OnDemand
from h5bundle.errors import StoreError
from h5bundle.keys import KeyFolder
from h5bundle.pack import Package
from h5bundle.repository import is_repository, load_for_reading, trusted_root
from h5bundle.stores.opening import open_store
from h5bundle.stores.port import Store
from tests.h5bundle.conftest import FILES, LATER, NOW, TODAY, package
from tests.h5bundle.delta.releases import program
from tests.h5bundle.stores.conftest import KINDS
from tests.h5bundle.test_repository import FailingStore, shown

OPTIONS = publish.PublishOptions(init=True)
BUNDLES = ("common", "wealth", "foreign")
ROUNDS = 2


def test_what_is_published_verifies_and_is_pulled(address: str, key_folder: KeyFolder, tmp_path: Path) -> None:
    made = package()
    assert publish.run(OPTIONS, made, open_store(address), key_folder, now=TODAY).changed
    store = open_store(address)
    assert verify.run(store, now=TODAY).releases == 1
    options = pull.PullOptions(
        bundle="wealth", folder=tmp_path / "phone", url=None, installation=Installation(install_id="a")
    )
    pulled = pull.run(options, store, trusted_root=trusted_root(store), now=TODAY)
    assert pulled.digest == made.digest
    assert (pulled.folder / "app.js").read_bytes() == FILES["app.js"]


def test_a_delta_is_made_on_demand_wherever_the_repository_lies(address: str, key_folder: KeyFolder) -> None:
    store = open_store(address)
    made = [release(number) for number in range(5)]
    for one in made:
        publish.run(OPTIONS, one, store, key_folder, now=TODAY)
    oldest, newest = made[0], made[-1]
    assert store.exists(delta_path(newest.digest, oldest.digest)) is False
    given = OnDemand(open_store(address, lock_seconds=1))(newest.digest, oldest.digest)
    assert given is not None
    assert delta.apply(given, oldest.files, newest.manifest) == {"app.js": newest.files["app.js"]}
    assert store.read(delta_path(newest.digest, oldest.digest)) == given


def release(number: int) -> Package:
    script = program("etnri") + b";version(%d)" % number
    return package(version=f"1.{number}.0", files={"index.html": b"<!doctype html>", "app.js": script})


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_publication_that_stops_at_any_write_leaves_a_whole_repository(
    make_address: Callable[[str], str], key_folder: KeyFolder, kind: str, *, after: bool
) -> None:
    address = make_address(kind)
    step = 0
    while True:
        store, made = open_store(address), package(version=f"1.{step}.0", floor="1.0.0")
        broken = FailingStore(store, step, after)  # type: ignore[arg-type]  # it takes any store
        try:
            publish.run(OPTIONS, made, broken, key_folder, now=NOW)
        except StoreError:
            reader = open_store(address)
            if is_repository(reader):
                verify.run(reader, now=NOW)
        else:
            break
        publish.run(OPTIONS, made, store, key_folder, now=LATER)
        assert ("wealth", made.manifest.version) in shown(store)  # type: ignore[arg-type]  # it takes any store
        step += 1
    verify.run(open_store(address), now=LATER)
    assert step == len(broken.writes) >= 5


def _publish(address: str, keys: Path, bundle: str) -> None:
    store, held = open_store(address), KeyFolder(keys, b"tide")
    for number in range(ROUNDS):
        publish.run(OPTIONS, package(bundle, f"1.{number}.0", floor="1.0.0"), store, held, now=LATER)


def _renew(address: str, keys: Path, seen: "multiprocessing.queues.Queue[int]") -> None:
    store, held = open_store(address), KeyFolder(keys, b"tide")
    for _ in range(ROUNDS * 2):
        sign_timestamp.run(store, held, now=LATER)
        seen.put(_version(store))


def _version(store: Store) -> int:
    return load_for_reading(store).timestamp.signed.version


def test_four_processes_publish_and_renew_at_once(sql_address: str, key_folder: KeyFolder) -> None:
    store = open_store(sql_address)
    publish.run(OPTIONS, package("wealth", "0.1.0", floor="0.1.0"), store, key_folder, now=NOW)
    first = _version(store)
    context = multiprocessing.get_context("fork")
    seen: multiprocessing.queues.Queue[int] = context.Queue()
    jobs = [context.Process(target=_publish, args=(sql_address, key_folder.folder, bundle)) for bundle in BUNDLES]
    jobs.append(context.Process(target=_renew, args=(sql_address, key_folder.folder, seen)))
    for job in jobs:
        job.start()
    for job in jobs:
        job.join(60)
    assert [job.exitcode for job in jobs] == [0, 0, 0, 0]
    versions = [seen.get(timeout=5) for _ in range(ROUNDS * 2)]
    assert versions == sorted(set(versions))
    verify.run(store, now=LATER + timedelta(minutes=1))
    roles = load_for_reading(store).roles
    targets = {path for role in roles.values() for path in role.metadata.signed.targets}
    wanted = {f"{bundle}/1.{number}.0" for bundle in BUNDLES for number in range(ROUNDS)}
    assert {each for each in wanted if any(each in path for path in targets)} == wanted
    # Every publication and every renewal is one commit: as many as there were, none written over another.
    assert _version(store) - first == len(BUNDLES) * ROUNDS + ROUNDS * 2
