import multiprocessing
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from h5bundle import rollout
from h5bundle.client import releases
from h5bundle.commands import promote, propose, publish, sign_timestamp, status, verify
from h5bundle.errors import (
    ExpiredError,
    H5BundleError,
    LockedError,
    ObjectMissingError,
    PublishError,
    RoleKeyError,
    StoreError,
    TrustError,
)
from h5bundle.formats import Metadata
from h5bundle.keys import KeyFolder
from h5bundle.manifest import Requirement
from h5bundle.repository import (
    ALARM,
    QUIET,
    Policy,
    init_repository,
    is_repository,
    load_for_reading,
    renew_online,
    timestamp_age,
    trusted_root,
)
from h5bundle.stores.local import LocalStore
from h5bundle.trust import load, read_target, role_keys
from tests.h5bundle.conftest import FILES, LATER, NOW, Yard, package, shared_package


@dataclass
class FailingStore:
    """Fails at one write, before or after it reached the disk."""

    inner: LocalStore
    fail_at: int
    after: bool
    writes: list[str] = field(default_factory=list)

    def read(self, path: str) -> bytes:
        return self.inner.read(path)

    def exists(self, path: str) -> bool:
        return self.inner.exists(path)

    def put_blob(self, path: str, data: bytes) -> None:
        self._put(path, partial(self.inner.put_blob, path, data))

    def put_metadata(self, path: str, data: bytes) -> None:
        self._put(path, partial(self.inner.put_metadata, path, data))

    def swap(self, path: str, data: bytes, *, previous: bytes | None) -> None:
        self._put(path, partial(self.inner.swap, path, data, previous=previous))

    def paths(self, prefix: str) -> tuple[str, ...]:
        return self.inner.paths(prefix)

    def remove(self, path: str) -> None:
        self.inner.remove(path)

    @contextmanager
    def lock(self) -> Iterator[None]:
        with self.inner.lock():
            yield

    def _put(self, path: str, write: Callable[[], None]) -> None:
        self.writes.append(path)
        failing = len(self.writes) - 1 == self.fail_at
        if not failing or self.after:
            write()
        if failing:
            raise StoreError(detail=f"the disk failed at {path}")


def shown(store: LocalStore) -> list[tuple[str, str]]:
    return [(release.bundle, release.version) for release in releases(store, now=NOW)]


def test_what_is_published_is_what_the_bank_reads(yard: Yard) -> None:
    made = package()
    receipt = yard.publish(made)
    (release,) = releases(yard.store, now=NOW)
    assert (receipt.digest, receipt.changed, receipt.permyriad, receipt.policy) == (made.digest, True, 10_000, 1)
    assert (release.digest, release.manifest) == (made.digest, made.manifest_bytes)
    assert Metadata.from_bytes(release.role).signed.version == 1
    keys = role_keys(release.targets, "wealth")
    assert keys.threshold == 1
    assert all(pem.startswith("-----BEGIN PUBLIC KEY-----") for pem in keys.keys.values())


def test_publishing_the_same_bytes_again_changes_nothing(yard: Yard) -> None:
    yard.publish(package())
    before = {path: path.read_bytes() for path in sorted(yard.store.folder.rglob("*")) if path.is_file()}
    assert yard.publish(package(), now=LATER).changed is False
    assert {path: path.read_bytes() for path in sorted(yard.store.folder.rglob("*")) if path.is_file()} == before


def test_publishing_the_same_release_again_signs_it_anew_when_half_its_time_is_over(yard: Yard) -> None:
    made = package()
    yard.publish(made)
    late = NOW + timedelta(days=31)
    renewed = yard.publish(made, now=late)
    assert (renewed.changed, renewed.digest) == (True, made.digest)
    assert yard.publish(made, now=late).changed is False
    much_later = NOW + timedelta(days=80)
    sign_timestamp.run(yard.store, yard.keys, now=much_later)
    assert [release.digest for release in releases(yard.store, now=much_later)] == [made.digest]


def test_the_same_version_with_other_bytes_is_refused(yard: Yard) -> None:
    yard.publish(package())
    with pytest.raises(PublishError, match="other bytes"):
        yard.publish(package(files={**FILES, "app.js": b"other"}))


def test_a_version_below_the_floor_is_refused_and_the_floor_never_sinks(yard: Yard) -> None:
    yard.publish(package(version="2.0.0", floor="1.5.0"))
    with pytest.raises(PublishError, match=r"floor 1\.5\.0"):
        yard.publish(package(version="1.4.9", floor="1.0.0"))
    yard.publish(package(version="2.1.0", floor="1.0.0"))
    path = "rollout/wealth.json"
    policy = rollout.decode(read_target(yard.store.read, load_for_reading(yard.store), path))
    assert policy.floor == "1.5.0"


def test_a_partial_rollout_keeps_the_release_behind_it_and_widens(yard: Yard) -> None:
    yard.publish(package(version="1.0.0", floor="1.0.0"))
    yard.publish(package(version="1.1.0", floor="1.0.0"), permyriad=500)
    shares = [(item.version, item.permyriad) for item in status.run(yard.store, now=NOW).releases]
    assert shares == [("1.0.0", 10_000), ("1.1.0", 500)]
    assert yard.publish(package(version="1.1.0", floor="1.0.0")).changed is False
    assert yard.publish(package(version="1.1.0", floor="1.0.0"), permyriad=10_000).policy == 3
    shares = [(item.version, item.permyriad) for item in status.run(yard.store, now=NOW).releases]
    assert shares == [("1.0.0", None), ("1.1.0", 10_000)]


def test_a_requirement_must_be_on_offer(yard: Yard) -> None:
    shared = shared_package()
    needy = package(pinned={"common": Requirement("1.0.0", shared.digest)}, requires="{common: 1.0.0}")
    yard.publish(package(version="0.9.0"))
    with pytest.raises(PublishError, match="common"):
        yard.publish(needy)
    yard.publish(shared)
    assert yard.publish(needy).changed
    verify.run(yard.store, now=NOW)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("first", [True, False])
def test_a_publication_that_stops_at_any_write_leaves_a_whole_repository(
    tmp_path: Path, key_folder: KeyFolder, *, first: bool, after: bool
) -> None:
    step = 0
    while True:
        yard = Yard(LocalStore(tmp_path / str(step)), key_folder)
        if not first:
            yard.publish(package())
        made = package(version="1.0.0" if first else "1.1.0", floor="1.0.0", files={**FILES, "b.js": b"2"})
        broken = FailingStore(yard.store, step, after)
        try:
            Yard(broken, key_folder).publish(made)  # type: ignore[arg-type]  # a store that fails stands in
        except StoreError:
            if is_repository(yard.store):
                verify.run(yard.store, now=NOW)
                committed = broken.writes[-1] == "metadata/timestamp.json" and after
                old = [] if first else [("wealth", "1.0.0")]
                new = [*old, ("wealth", made.manifest.version)]
                assert shown(yard.store) in ((old, new) if committed else (old,))
        else:
            break
        yard.publish(made, now=LATER)
        verify.run(yard.store, now=LATER)
        assert ("wealth", made.manifest.version) in shown(yard.store)
        step += 1
    assert step == len(broken.writes) >= 10


def test_the_timestamp_is_the_last_write(yard: Yard) -> None:
    watched = FailingStore(yard.store, -1, after=False)
    yard.publish(shared_package())
    Yard(watched, yard.keys).publish(package())  # type: ignore[arg-type]  # a store that watches stands in
    kinds = ["blob" if path.startswith(("objects/", "targets/")) else path for path in watched.writes]
    last_blob = max(index for index, kind in enumerate(kinds) if kind == "blob")
    assert watched.writes[-1] == "metadata/timestamp.json"
    assert watched.writes[-2].endswith(".snapshot.json")
    assert last_blob < min(
        index for index, path in enumerate(kinds) if path.endswith(("rollout.json", "snapshot.json"))
    )


def _hold(folder: Path, held: "multiprocessing.synchronize.Event", done: "multiprocessing.synchronize.Event") -> None:
    with LocalStore(folder).lock():
        held.set()
        done.wait(20)


def test_two_publishers_at_once_are_kept_apart_and_a_dead_one_holds_nothing(yard: Yard) -> None:
    yard.publish(package())
    context = multiprocessing.get_context("fork")
    held, done = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(yard.store.folder, held, done))
    other.start()
    assert held.wait(20)
    with pytest.raises(LockedError):
        yard.publish(package(version="1.1.0", floor="1.0.0"))
    other.kill()
    other.join(20)
    assert yard.publish(package(version="1.1.0", floor="1.0.0")).changed


def test_a_second_repository_is_not_made_over_the_first(yard: Yard) -> None:
    yard.publish(package())
    with pytest.raises(PublishError, match="already"):
        init_repository(yard.store, yard.keys, now=NOW)


def test_without_init_nothing_is_made(yard: Yard) -> None:
    with pytest.raises(PublishError, match="no repository"):
        publish.run(publish.PublishOptions(), package(), yard.store, yard.keys, now=NOW)
    assert not yard.store.exists("metadata/1.root.json")


@pytest.mark.parametrize(
    ("days", "role"),
    [(1, "timestamp"), (8, "timestamp"), (400, "root")],
)
def test_an_expired_role_stops_reading_and_is_named(yard: Yard, days: int, role: str) -> None:
    yard.publish(package())
    with pytest.raises(ExpiredError, match=role):
        releases(yard.store, now=NOW + timedelta(days=days))


def test_an_expired_bundle_role_stops_that_bundle_alone(yard: Yard) -> None:
    short = Policy(lifetimes={**Policy().lifetimes, "app-wealth": timedelta(hours=1)})
    yard.publish(shared_package())
    yard.publish(package(), policy=short)
    assert shown(yard.store) == [("common", "1.0.0"), ("wealth", "1.0.0")]
    found = releases(yard.store, now=NOW + timedelta(hours=2))
    assert [release.bundle for release in found] == ["common"]
    with pytest.raises(ExpiredError, match="app-wealth"):
        verify.run(yard.store, now=NOW + timedelta(hours=2))


def test_the_timestamp_is_renewed_even_after_it_expired_and_rollout_at_half_time(yard: Yard) -> None:
    yard.publish(package())
    assert sign_timestamp.run(yard.store, yard.keys, now=LATER).roles == ("timestamp",)
    late = NOW + timedelta(days=2)
    renewal = sign_timestamp.run(yard.store, yard.keys, now=late)
    assert renewal.roles == ("rollout", "snapshot", "timestamp")
    assert renewal.expires == late + timedelta(days=1)
    verify.run(yard.store, now=late)


def test_a_job_signs_what_is_due_and_sees_when_nobody_has(yard: Yard) -> None:
    yard.publish(package())
    found = [
        renew_online(yard.store, yard.keys, now=NOW + timedelta(hours=hours), from_age=QUIET)
        for hours in (3, 4, 7, 8, 31, 37)
    ]
    assert found == [(), ("timestamp",), (), ("timestamp",), ("timestamp",), ("rollout", "snapshot", "timestamp")]
    ages = [timestamp_age(yard.store, now=NOW + timedelta(hours=37 + hours)) for hours in (0, 12, 30)]
    assert ages == [0, ALARM, 1.25]


def test_a_missing_key_changes_nothing_and_says_whom_to_ask(yard: Yard, tmp_path: Path) -> None:
    yard.publish(package())
    empty = KeyFolder(tmp_path / "nothing", b"tide")
    before = yard.store.read("metadata/timestamp.json")
    receipt = Yard(yard.store, empty).publish(package(version="1.1.0", floor="1.0.0"))
    assert (receipt.changed, receipt.proposal is None, "app-wealth" in receipt.waiting[0]) == (False, False, True)
    assert yard.store.read("metadata/timestamp.json") == before
    verify.run(yard.store, now=NOW)


def test_a_release_key_without_online_keys_signs_a_proposal(yard: Yard, tmp_path: Path) -> None:
    yard.publish(package())
    (tmp_path / "own").mkdir()
    for path in yard.keys.folder.glob("app-wealth.*"):
        shutil.copy(path, tmp_path / "own")
    receipt = Yard(yard.store, KeyFolder(tmp_path / "own", b"tide")).publish(package(version="1.1.0", floor="1.0.0"))
    assert (receipt.changed, receipt.waiting) == (False, ())
    promote.run(propose.find(yard.store, receipt.proposal or ""), yard.store, yard.keys, now=NOW)
    assert shown(yard.store) == [("wealth", "1.0.0"), ("wealth", "1.1.0")]


def test_lifetimes_and_thresholds_are_read_from_the_repository(yard: Yard) -> None:
    short = Policy(lifetimes={**Policy().lifetimes, "timestamp": timedelta(hours=2), "app": timedelta(days=9)})
    yard.publish(package(), policy=short)
    yard.publish(package(version="1.1.0", floor="1.0.0"))
    assert sign_timestamp.run(yard.store, yard.keys, now=LATER).expires == LATER + timedelta(hours=2)
    state = load_for_reading(yard.store)
    assert state.roles["app-wealth"].metadata.signed.expires == NOW + timedelta(days=9)


def test_a_wrong_passphrase_is_told_and_changes_nothing(yard: Yard) -> None:
    yard.publish(package())
    with pytest.raises(RoleKeyError, match="passphrase"):
        Yard(yard.store, KeyFolder(yard.keys.folder, b"wrong")).publish(package(version="1.1.0", floor="1.0.0"))
    verify.run(yard.store, now=NOW)


def test_a_threshold_that_the_keys_cannot_reach_is_refused(yard: Yard) -> None:
    with pytest.raises(RoleKeyError, match="2 signatures"):
        yard.publish(package(), policy=Policy(thresholds={"targets": 2}))


def test_two_of_two_release_keys_must_both_have_signed(tmp_path: Path) -> None:
    keys = KeyFolder(tmp_path / "keys", b"tide")
    for role in ("root", "targets", "online", "rollout"):
        keys.generate(role)
    keys.generate("app-wealth", count=2)
    yard = Yard(LocalStore(tmp_path / "repo"), keys)
    yard.publish(package(), policy=Policy(thresholds={"app": 2}))
    (release,) = releases(yard.store, now=NOW)
    assert role_keys(release.targets, "wealth").threshold == 2
    path = yard.store.folder / "metadata" / "1.app-wealth.json"
    role = Metadata.from_bytes(path.read_bytes())
    role.signatures.popitem()
    path.write_bytes(role.to_bytes())
    with pytest.raises(TrustError, match="app-wealth"):
        releases(yard.store, now=NOW)


def every_object(folder: Path) -> list[str]:
    names = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]
    return [name for name in names if not name.endswith(".lock")]


def live_objects(yard: Yard) -> list[str]:
    state = load_for_reading(yard.store)
    current = {f"metadata/{held.metadata.signed.version}.{role}.json" for role, held in state.roles.items()}
    for signed in (state.root.signed, state.snapshot.signed, state.targets.signed):
        current.add(f"metadata/{signed.version}.{signed.type}.json")
    current.add("metadata/timestamp.json")
    return [name for name in every_object(yard.store.folder) if not name.startswith("metadata/") or name in current]


def test_every_object_that_is_altered_or_missing_is_named(yard: Yard) -> None:
    yard.publish(package())
    anchor = trusted_root(yard.store)
    for name in live_objects(yard):
        if name == "metadata/1.root.json":
            continue
        path = yard.store.folder / name
        data = path.read_bytes()
        longer = b"" if name == "metadata/timestamp.json" else data + b" "  # blanks after JSON are not signed
        for wrong in (data[:-1] + bytes([data[-1] ^ 1]), longer, None):
            path.unlink() if wrong is None else path.write_bytes(wrong)
            with pytest.raises(H5BundleError) as caught:
                verify.run(yard.store, now=NOW, trusted_root=anchor)
            assert name in str(caught.value)
            path.write_bytes(data)
    assert verify.run(yard.store, now=NOW, trusted_root=anchor).releases == 1


def test_a_repository_of_another_root_is_not_believed(yard: Yard, tmp_path: Path) -> None:
    yard.publish(package())
    others = KeyFolder(tmp_path / "others", b"tide")
    for role in ("root", "targets", "online", "rollout", "app-wealth"):
        others.generate(role)
    foreign = Yard(LocalStore(tmp_path / "foreign"), others)
    foreign.publish(package())
    with pytest.raises(TrustError, match="too few valid signatures"):
        load(foreign.store.read, trusted_root=trusted_root(yard.store), now=NOW)


def test_metadata_of_another_time_is_refused(yard: Yard) -> None:
    yard.publish(package())
    folder = yard.store.folder / "metadata"
    yard.publish(package(version="1.1.0", floor="1.0.0"))
    (folder / "2.app-wealth.json").write_bytes((folder / "1.app-wealth.json").read_bytes())
    with pytest.raises(TrustError, match=r"2\.app-wealth"):
        releases(yard.store, now=NOW)


def test_an_empty_folder_is_no_repository(yard: Yard) -> None:
    with pytest.raises(ObjectMissingError):
        releases(yard.store, now=NOW)


def test_keys_of_another_folder_cannot_break_the_repository(yard: Yard, tmp_path: Path) -> None:
    yard.publish(package())
    before = yard.store.read("metadata/timestamp.json")
    others = KeyFolder(tmp_path / "others", b"tide")
    for role in ("root", "targets", "online", "rollout", "app-wealth", "app-common"):
        others.generate(role)
    thief = Yard(yard.store, others)
    for attempt in (package(version="1.1.0", floor="1.0.0"), shared_package()):
        receipt = thief.publish(attempt)
        assert (receipt.changed, receipt.waiting != ()) == (False, True)
    with pytest.raises(RoleKeyError, match="0 keys are at hand"):
        sign_timestamp.run(yard.store, others, now=LATER)
    assert yard.store.read("metadata/timestamp.json") == before
    verify.run(yard.store, now=NOW)
    yard.publish(package(version="1.1.0", floor="1.0.0"))
    verify.run(yard.store, now=NOW)


def test_init_makes_only_the_keys_that_are_missing(yard: Yard) -> None:
    assert publish.missing_roles(yard.store, "wealth") == ("root", "targets", "online", "rollout", "app-wealth")
    yard.publish(package())
    assert publish.missing_roles(yard.store, "wealth") == ()
    assert publish.missing_roles(yard.store, "common") == ("app-common",)
