"""Slots, crashes, rollback, presets and counters of the reference client, on a repository that was really published."""

import json
import os
import resource
import shutil
import signal
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from h5bundle import rollout
from h5bundle.client import Equipment, Installation, ReferenceClient, StoreFetcher
from h5bundle.client.presets import open_preset
from h5bundle.client.slots import Release
from h5bundle.commands import preset
from h5bundle.digests import sha256
from h5bundle.errors import ClientStorageError, ManifestError, PresetError, PullError, SlotError, TrustError
from h5bundle.keys import ROLLOUT
from h5bundle.manifest import Requirement
from h5bundle.pack import Package
from h5bundle.repository import Edit, Policy, load_for_reading, trusted_root
from h5bundle.stores.local import LocalStore
from h5bundle.trust import read_target, rollout_target
from tests.h5bundle.conftest import FILES, TODAY, Yard, package, shared_package

ANYBODY = Installation(install_id="one")
NEXT = {"index.html": FILES["index.html"], "app.js": b"export const a = 2;\n"}


class Offline(StoreFetcher):
    """A store that nobody reaches."""

    def __init__(self) -> None:
        pass

    def _fetch(self, url: str) -> object:  # type: ignore[override]  # it never answers
        message = f"no network for {url}"
        raise OSError(message)


def client(yard: Yard, folder: Path, *, offline: bool = False, **equipment: object) -> ReferenceClient:
    fetcher = Offline() if offline else StoreFetcher(yard.store)
    given = Equipment(**equipment)  # type: ignore[arg-type]  # equipment comes by name
    root = trusted_root(yard.store)
    return ReferenceClient(folder, url="store://repository", trusted_root=root, fetcher=fetcher, equipment=given)


def released(yard: Yard, version: str, files: Mapping[str, bytes] = FILES) -> Package:
    made = package(version=version, files=files, floor="1.0.0")
    yard.publish(made, now=TODAY)
    return made


@pytest.fixture
def phone(yard: Yard, tmp_path: Path) -> Path:
    """A client's folder with 1.0.0 running and ready."""
    released(yard, "1.0.0")
    folder = tmp_path / "phone"
    ours = client(yard, folder)
    pulled = ours.pull("wealth", ANYBODY, now=TODAY)
    ours.open("wealth", now=TODAY)
    ours.ready("wealth", pulled.digest)
    return folder


def test_a_pull_switches_at_the_next_opening_only(yard: Yard, phone: Path) -> None:
    new = released(yard, "1.1.0", NEXT)
    ours = client(yard, phone)
    running = ours.standing("wealth").running
    ours.pull("wealth", ANYBODY, now=TODAY)
    standing = ours.standing("wealth")
    assert (standing.running, standing.next and standing.next.digest) == (running, new.digest)
    opened = ours.open("wealth", now=TODAY)
    assert (opened.version, (opened.folder / "app.js").read_bytes()) == ("1.1.0", NEXT["app.js"])


@pytest.mark.parametrize("verdict", ["failed", "ready"])
def test_a_release_that_is_not_ready_is_sent_back_and_a_ready_one_stays(yard: Yard, phone: Path, verdict: str) -> None:
    new = released(yard, "1.1.0", NEXT)
    ours = client(yard, phone)
    ours.pull("wealth", ANYBODY, now=TODAY)
    ours.open("wealth", now=TODAY)
    if verdict == "failed":
        refusal = ours.failed("wealth", new.digest, reason="not-ready", now=TODAY)
        assert refusal is not None
        assert (refusal.version, refusal.reason) == ("1.1.0", "not-ready")
    else:
        ours.ready("wealth", new.digest)
    again = client(yard, phone)
    pulled = again.pull("wealth", ANYBODY, now=TODAY)
    expected = {"failed": ("1.0.0", "1.1.0 was sent back here: not-ready"), "ready": ("1.1.0", "")}[verdict]
    assert (pulled.version, pulled.note) == expected
    assert again.open("wealth", now=TODAY).version == expected[0]


def test_a_changed_shared_bundle_takes_its_blame_through_the_release_that_pins_it(yard: Yard, phone: Path) -> None:
    shared = shared_package()
    yard.publish(shared, now=TODAY)
    new = package(
        version="1.1.0",
        pinned={"common": Requirement("1.0.0", shared.digest)},
        requires="{common: 1.0.0}",
        floor="1.0.0",
    )
    yard.publish(new, now=TODAY)
    ours = client(yard, phone)
    ours.pull("wealth", ANYBODY, now=TODAY)
    ours.open("wealth", now=TODAY)
    ours.failed("wealth", new.digest, reason="not-ready", now=TODAY)
    assert [one.digest for one in ours.standing("wealth").refused] == [new.digest]
    assert ours.standing("common").refused == ()


def test_what_is_installed_opens_offline(yard: Yard, phone: Path) -> None:
    opened = client(yard, phone, offline=True).open("wealth", now=TODAY + timedelta(days=400))
    assert (opened.version, opened.healed, opened.fell_back) == ("1.0.0", 0, "")


@pytest.mark.parametrize("damage", ["altered", "removed", "added", "manifest", "link"])
@pytest.mark.parametrize("offline", [False, True])
def test_a_damaged_slot_heals(yard: Yard, phone: Path, damage: str, offline: bool) -> None:  # noqa: FBT001 - a case
    ours = client(yard, phone)
    folder = ours.open("wealth", now=TODAY).folder
    if damage == "altered":
        (folder / "app.js").write_bytes(b"export const a = 666;\n")
    elif damage == "removed":
        (folder / "app.js").unlink()
    elif damage == "added":
        (folder / "planted.js").write_bytes(b"")
    elif damage == "link":
        (folder / "app.js").rename(folder.parent / "elsewhere.js")
        (folder / "app.js").symlink_to(folder.parent / "elsewhere.js")
    else:
        (folder / ".manifest.json").write_bytes(b"{}")
    healer = client(yard, phone, offline=offline)
    if damage == "manifest" and offline:
        with pytest.raises(SlotError, match=r"1\.0\.0 cannot be opened"):
            healer.open("wealth", now=TODAY)
        return
    assert healer.open("wealth", now=TODAY).healed == 1
    assert sorted(path.name for path in folder.iterdir()) == [".manifest.json", "app.js", "index.html"]
    assert (folder / "app.js").read_bytes() == FILES["app.js"]
    assert healer.open("wealth", now=TODAY).healed == 0


def test_what_cannot_be_healed_gives_way_to_the_last_good_release(yard: Yard, phone: Path) -> None:
    new = released(yard, "1.1.0", NEXT)
    ours = client(yard, phone)
    folder = ours.pull("wealth", ANYBODY, now=TODAY).folder
    (folder / "app.js").unlink()
    (phone / "objects" / new.manifest.files["app.js"].sha256).write_bytes(b"half")
    opened = client(yard, phone, offline=True).open("wealth", now=TODAY)
    assert (opened.version, opened.fell_back.startswith("1.1.0 cannot be opened")) == ("1.0.0", True)


def test_the_collection_keeps_running_next_and_good(yard: Yard, phone: Path) -> None:
    for number in (1, 2, 3):
        released(yard, f"1.{number}.0", FILES | {"app.js": b"export const a = %d;\n" % (number + 1)})
        ours = client(yard, phone)
        ours.pull("wealth", ANYBODY, now=TODAY)
        if number < 3:
            ours.open("wealth", now=TODAY)
    kept = {slot.version for slot in ours.standing("wealth").kept}
    assert kept == {"1.0.0", "1.2.0", "1.3.0"}
    assert len(list((phone / "slots" / "wealth").iterdir())) == len(kept)
    assert len(list((phone / "objects").iterdir())) == len(kept) + 1


def sign_policy(yard: Yard, **changes: object) -> None:
    """Sign the policy anew with changes, as the rollout commands would."""
    state = load_for_reading(yard.store)
    path = rollout_target("wealth")
    old = rollout.decode(read_target(yard.store.read, state, path))
    new = msgspec.structs.replace(old, policy=old.policy + 1, **changes)
    edit = Edit(yard.store, yard.keys, Policy(), TODAY)
    edit.update_role(ROLLOUT, state.roles[ROLLOUT].metadata.signed, {path: edit.blob(path, rollout.encode(new))})
    snapshot, timestamp = state.snapshot.signed, state.timestamp.signed
    edit.commit(snapshot_version=snapshot.version + 1, timestamp_version=timestamp.version + 1, files=snapshot.meta)


def test_a_halt_leaves_what_runs_and_drops_what_waits(yard: Yard, phone: Path) -> None:
    released(yard, "1.1.0", NEXT)
    client(yard, phone).pull("wealth", ANYBODY, now=TODAY)
    sign_policy(yard, halt=True)
    ours = client(yard, phone)
    pulled = ours.pull("wealth", ANYBODY, now=TODAY)
    assert (pulled.version, "no release" in pulled.note) == ("1.0.0", True)
    assert ours.open("wealth", now=TODAY).version == "1.0.0"


def test_what_lies_below_a_raised_floor_is_not_opened(yard: Yard, phone: Path) -> None:
    sign_policy(yard, floor="1.0.1", releases=())
    with pytest.raises(PullError, match="no release"):
        client(yard, phone).pull("wealth", ANYBODY, now=TODAY)
    with pytest.raises(SlotError, match="nothing of wealth"):
        client(yard, phone).open("wealth", now=TODAY)


def test_a_policy_that_names_another_bundles_release_is_refused(yard: Yard, phone: Path) -> None:
    other = shared_package()
    yard.publish(other, now=TODAY)
    state = load_for_reading(yard.store)
    (release,) = rollout.decode(read_target(yard.store.read, state, rollout_target("common"))).releases
    sign_policy(yard, releases=(release,))
    with pytest.raises(ManifestError, match="malformed release"):
        client(yard, phone).pull("wealth", ANYBODY, now=TODAY)
    assert client(yard, phone, offline=True).open("wealth", now=TODAY).version == "1.0.0"


def killed_at(step: int, work: Callable[[], object]) -> bool:
    """Run in a child that is killed just before its so-manieth rename; tell whether it came that far."""
    child = os.fork()
    if child == 0:
        left = [step]

        def watch(event: str, given: tuple[object, ...]) -> None:
            del given
            if event == "os.rename":
                left[0] -= 1
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(watch)
        try:
            work()
        finally:
            os._exit(0)
    return os.waitpid(child, 0)[1] == signal.SIGKILL


def test_killed_at_any_step_of_a_pull_the_running_release_opens_and_the_next_pull_finishes(
    yard: Yard, phone: Path, tmp_path: Path
) -> None:
    new = released(yard, "1.1.0", NEXT)
    steps = 0
    while True:
        steps += 1
        copy = tmp_path / f"copy{steps}"
        shutil.copytree(phone, copy)
        reached = killed_at(steps, lambda at=copy: client(yard, at).pull("wealth", ANYBODY, now=TODAY))
        opened = client(yard, copy, offline=True).open("wealth", now=TODAY)
        assert opened.version == ("1.0.0" if reached else "1.1.0")
        assert (opened.folder / "index.html").read_bytes() == FILES["index.html"]
        assert client(yard, copy).pull("wealth", ANYBODY, now=TODAY).digest == new.digest
        assert client(yard, copy).open("wealth", now=TODAY).version == "1.1.0"
        assert list((copy / "slots" / "wealth").glob(".*")) == []
        if not reached:
            break
    assert steps > 10


def test_killed_at_any_step_of_an_opening_a_release_opens(yard: Yard, phone: Path, tmp_path: Path) -> None:
    released(yard, "1.1.0", NEXT)
    folder = client(yard, phone).pull("wealth", ANYBODY, now=TODAY).folder
    (folder / "app.js").unlink()
    steps = 0
    while True:
        steps += 1
        copy = tmp_path / f"copy{steps}"
        shutil.copytree(phone, copy)
        reached = killed_at(steps, lambda at=copy: client(yard, at).open("wealth", now=TODAY))
        assert client(yard, copy, offline=True).open("wealth", now=TODAY).version == "1.1.0"
        if not reached:
            break
    assert steps > 3


def test_a_disk_that_takes_no_more_is_told_and_loses_nothing(yard: Yard, phone: Path) -> None:
    released(yard, "1.1.0", FILES | {"app.js": b"x" * 300_000})

    def work() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            client(yard, phone).pull("wealth", ANYBODY, now=TODAY)
        except ClientStorageError as error:
            os._exit(7 if "cannot be written" in error.detail else 8)

    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert client(yard, phone, offline=True).open("wealth", now=TODAY).version == "1.0.0"


def test_files_made_from_older_ones_are_hashed_and_wrong_ones_fetched_whole(yard: Yard, phone: Path) -> None:
    more = b"export const b = 1;\n"
    released(yard, "1.1.0", NEXT | {"more.js": more})
    asked: list[tuple[str, str, frozenset[str]]] = []

    def patch(new: Release, running: Release | None, wanted: frozenset[str]) -> Mapping[str, bytes]:
        assert running is not None
        asked.append((new.manifest.version, running.manifest.version, wanted))
        return {sha256(NEXT["app.js"]): NEXT["app.js"], sha256(more): b"wrong", "0" * 64: b"strange"}

    pulled = client(yard, phone, patch=patch).pull("wealth", ANYBODY, now=TODAY)
    assert asked == [("1.1.0", "1.0.0", frozenset({sha256(NEXT["app.js"]), sha256(more)}))]
    assert (pulled.fetched, (pulled.folder / "more.js").read_bytes()) == (1, more)


@pytest.fixture
def inside(yard: Yard, tmp_path: Path) -> LocalStore:
    """A preset with a release and the shared bundle that it pins."""
    shared = shared_package()
    yard.publish(shared, now=TODAY)
    pinned = {"common": Requirement("1.0.0", shared.digest)}
    yard.publish(package(pinned=pinned, requires="{common: 1.0.0}"), now=TODAY)
    out = LocalStore(tmp_path / "preset")
    made = preset.run(["wealth"], yard.store, out, trusted_root=trusted_root(yard.store), now=TODAY)
    assert (made.files, [one.version for one in made.releases]) == (3, ["1.0.0"])
    return out


def test_a_first_start_without_network_opens_the_preset_even_a_year_later(
    yard: Yard, inside: LocalStore, tmp_path: Path
) -> None:
    carried = open_preset(inside, trusted_root=trusted_root(yard.store))
    ours = client(yard, tmp_path / "phone", offline=True, preset=carried)
    opened = ours.open("wealth", now=TODAY + timedelta(days=400))
    assert (opened.version, (opened.folder / "_shared/common/tokens.css").read_bytes()) == ("1.0.0", b":root{}")
    with pytest.raises(SlotError, match="nothing of other"):
        ours.open("other", now=TODAY)


def test_the_first_update_that_is_not_ready_gives_way_to_the_preset(
    yard: Yard, inside: LocalStore, tmp_path: Path
) -> None:
    carried = open_preset(inside, trusted_root=trusted_root(yard.store))
    new = released(yard, "1.1.0", NEXT)
    ours = client(yard, tmp_path / "phone", preset=carried)
    ours.pull("wealth", ANYBODY, now=TODAY)
    assert ours.open("wealth", now=TODAY).version == "1.1.0"
    assert ours.failed("wealth", new.digest, reason="not-ready", now=TODAY) is not None
    assert ours.open("wealth", now=TODAY).version == "1.0.0"


def test_a_preset_with_other_bytes_is_refused(yard: Yard, inside: LocalStore, tmp_path: Path) -> None:
    root = trusted_root(yard.store)
    carried = open_preset(inside, trusted_root=root)
    victim = inside.folder / "objects" / sha256(FILES["app.js"])
    victim.write_bytes(b"export const a = 6;\n")
    with pytest.raises(SlotError, match="objects/"):
        client(yard, tmp_path / "phone", offline=True, preset=carried).open("wealth", now=TODAY)
    inside.put_metadata("preset.json", inside.read("preset.json").replace(b'"digest":"', b'"digest":"0'))
    with pytest.raises(PresetError, match="another digest"):
        open_preset(inside, trusted_root=root)
    timestamp = inside.read("metadata/timestamp.json")
    inside.put_metadata("metadata/timestamp.json", timestamp.replace(b'"version":', b'"version": 9'))
    with pytest.raises(TrustError):
        open_preset(inside, trusted_root=root)


def test_each_event_is_counted_once_and_names_the_release_only(yard: Yard, phone: Path) -> None:
    new = released(yard, "1.1.0", NEXT)
    for _ in range(2):
        ours = client(yard, phone)
        ours.pull("wealth", ANYBODY, now=TODAY)
        ours.open("wealth", now=TODAY)
    ours.failed("wealth", new.digest, reason="not-ready", now=TODAY)
    events = [one for one in ours.adoption.ledger().counted if one.digest == new.digest]
    assert [one.event for one in events] == ["checked", "downloaded", "verified", "launched", "rolledback"]
    assert {(one.bundle, one.platform) for one in events} == {("wealth", "browser")}


def test_a_batch_that_did_not_arrive_is_sent_again_under_its_number(yard: Yard, phone: Path) -> None:
    ours = client(yard, phone)
    numbers = iter(["n1", "n2"])
    sent: list[bytes] = []

    def lost(batch: bytes) -> bool:
        sent.append(batch)
        return False

    def taken(batch: bytes) -> bool:
        sent.append(batch)
        return True

    assert ours.adoption.send(lost, lambda: next(numbers)) == 0
    assert client(yard, phone).adoption.send(taken, lambda: next(numbers)) == 5
    assert sent[0] == sent[1]
    assert json.loads(sent[0])["batch"] == "n1"
    assert client(yard, phone).adoption.send(taken, lambda: next(numbers)) == 0
    assert len(sent) == 2
