"""A server with online keys only: what is uploaded waits as a proposal until enough people have signed."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from bff.bundles.proposing import PATIENCE
from bff.bundles.signers import Role
from bff.bundles.upload_errors import RepositoryBusyError
from h5bundle.client import releases
from h5bundle.commands import publish
from h5bundle.commands import sign as signing
from h5bundle.commands.upload import withdraw
from h5bundle.formats import Key, Signer
from h5bundle.keys import KeyFolder, RoleKeys
from h5bundle.pack import Package
from h5bundle.policy import Policy
from h5bundle.proposals import encode
from h5bundle.remote import Listed, RemoteError
from h5bundle.repository import trusted_root
from h5bundle.stores.local import LocalStore
from tests.bff.bundles.press import OPS, Machine, Press, refused, release, text_of
from tests.h5bundle.conftest import NOW, OnlineOnly, Yard

TWO = Policy(thresholds={"app": 2})


class StrictYard(Yard):
    """A yard whose bundles ask for two signatures."""

    def publish(self, what: Package, **options: object) -> publish.PublishReceipt:
        return super().publish(what, policy=TWO, **options)  # type: ignore[arg-type]  # options come by name


@pytest.fixture(scope="session")
def two_keys(tmp_path_factory: pytest.TempPathFactory) -> KeyFolder:
    folder = KeyFolder(tmp_path_factory.mktemp("two-keys"), b"tide")
    for role in ("root", "targets", "online", "rollout"):
        folder.generate(role)
    folder.generate("app-wealth", count=3)
    folder.generate("app-common", count=2)
    return folder


@pytest.fixture
def press(engine: Engine, tmp_path: Path, two_keys: KeyFolder) -> Press:
    yard = StrictYard(LocalStore(tmp_path / "repo"), two_keys)
    return Press(engine, yard, tmp_path / "uploads", keys=OnlineOnly(two_keys))


def offered(press: Press) -> list[str]:
    return sorted(item.version for item in releases(press.yard.store, now=press.now))


def waiting(press: Press, version: str = "1.0.1", developer: Machine | None = None) -> str:
    """Upload a release, and give the name of the proposal that comes of it."""
    machine = developer or press.machine()
    assert machine.upload(release(version), text_of(version)).state == "ACCEPTED"
    (name,) = [one.name for one in listed(press) if one.state == "open"]
    return name


def listed(press: Press) -> tuple[Listed, ...]:
    return press.machine(Role.RELEASE, "zhao.min").remote.proposals()


def signed(press: Press, data: bytes, key: int) -> bytes:
    """Sign as a person does on a machine of their own: with a root, the file and one key."""
    reading = signing.read(data, trusted_root=trusted_root(press.yard.store), now=press.now)
    proposal, _ = signing.add(reading, press.yard.keys.signers("app-wealth")[key])
    return encode(proposal)


def hand_in(press: Press, name: str, key: int, machine: Machine | None = None) -> Listed:
    signer = machine or press.machine(Role.RELEASE, f"signer{key}")
    return signer.remote.hand_in(name, signed(press, signer.remote.proposal(name), key))


def test_an_upload_is_promoted_by_the_server_when_two_have_signed_at_home(press: Press) -> None:
    name = waiting(press)
    (before,) = listed(press)
    assert (before.proposer, before.reason, before.roles) == ("li.na", "release wealth@1.0.1", ("app-wealth",))
    first = hand_in(press, name, 0)
    assert (first.state, offered(press)) == ("open", ["1.0.0"])
    second = hand_in(press, name, 1, press.machine(Role.SECURITY, "wang.fang"))
    assert (second.state, offered(press)) == ("promoted", ["1.0.0", "1.0.1"])
    kinds = [kind for kind in press.kinds() if kind != "signer_added"]
    assert kinds == ["opened", "checking", "accepted", "proposed", "signed", "signed", "promoted", "published"]
    assert press.partials.uploads() == ()


def test_the_evidence_says_whose_keys_have_signed_and_who_handed_them_in(press: Press) -> None:
    name = waiting(press)
    hand_in(press, name, 0)
    hand_in(press, name, 2)
    bodies = press.bodies(name)
    keys = [key.public_key.keyid for key in press.yard.keys.signers("app-wealth")]
    assert [[one["key"] for one in body["signed"]] for body in bodies] == [
        [keys[0]],
        [keys[2]],
        sorted([keys[0], keys[2]]),
    ]
    assert [body["person"] for body in bodies] == ["signer0", "signer2", "signer2"]


def test_a_key_counts_once_whoever_hands_its_signature_in(press: Press) -> None:
    name = waiting(press)
    data = signed(press, press.machine(Role.RELEASE, "a.b").remote.proposal(name), 0)
    for person in ("c.d", "e.f"):
        assert press.machine(Role.RELEASE, person).remote.hand_in(name, data).state == "open"
    assert (offered(press), press.kinds().count("signed")) == (["1.0.0"], 1)


def test_the_job_makes_one_proposal_of_an_upload(press: Press) -> None:
    waiting(press)
    for _ in range(2):
        press.clearing.settle_all(press.tick)
        press.clearing._proposed.clear()
    assert (len(listed(press)), press.kinds().count("proposed")) == (1, 1)


def test_what_is_handed_in_again_after_the_promotion_changes_nothing(press: Press) -> None:
    name, signer = waiting(press), press.machine(Role.RELEASE, "zhao.min")
    data = signed(press, signed(press, signer.remote.proposal(name), 0), 1)
    assert [signer.remote.hand_in(name, data).state for _ in range(2)] == ["promoted", "promoted"]
    assert press.kinds().count("promoted") == 1


def test_of_three_who_hand_in_at_once_two_are_enough_and_each_stands_for_his_own_key(press: Press) -> None:
    name = waiting(press)
    machines = [press.machine(Role.RELEASE, f"signer{key}") for key in range(3)]
    files = [signed(press, machine.remote.proposal(name), key) for key, machine in enumerate(machines)]
    ended: list[str] = []
    start = threading.Barrier(3)

    def work(machine: Machine, data: bytes) -> None:
        start.wait(20)
        ended.append(machine.remote.hand_in(name, data).state)

    threads = [threading.Thread(target=work, args=pair) for pair in zip(machines, files, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    keys = [key.public_key.keyid for key in press.yard.keys.signers("app-wealth")]
    handed = {body["person"]: [one["key"] for one in body["signed"]] for body in press.bodies(name, "signed")}
    assert all(handed[person] == [keys[int(person[-1])]] for person in handed)
    assert (len(ended), "promoted" in ended, offered(press)) == (3, True, ["1.0.0", "1.0.1"])
    assert press.kinds().count("promoted") == 1


def test_a_file_that_comes_while_a_publisher_is_at_work_waits_for_it(press: Press) -> None:
    name = waiting(press)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with press.yard.store.lock():
            held.set()
            done.wait(20)

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(20)
    threading.Timer(0.3, done.set).start()
    assert hand_in(press, name, 0).state == "open"
    thread.join(20)


def test_a_publisher_that_takes_too_long_is_told_and_nothing_is_kept(press: Press) -> None:
    name, signer = waiting(press), press.machine(Role.RELEASE, "zhao.min")
    data = signed(press, signer.remote.proposal(name), 0)
    seconds = iter([0.0, 1.0, PATIENCE])
    hasty = replace(press.proposals, pause=lambda _: None, monotonic=lambda: next(seconds))
    person = press.desk.signer(signer.jkt)
    assert person is not None
    with press.yard.store.lock(), pytest.raises(RepositoryBusyError, match="another publisher"):
        hasty.hand_in(person, name, data, press.tick)
    assert press.kinds().count("signed") == 0
    assert press.proposals.hand_in(person, name, data, press.tick).state == "open"


def test_an_upload_that_comes_while_a_publisher_is_at_work_becomes_a_proposal_afterwards(press: Press) -> None:
    with press.yard.store.lock():
        assert press.machine().upload(release(), text_of()).state == "ACCEPTED"
        assert listed(press) == ()
    press.clearing.settle_all(press.tick)
    assert [one.state for one in listed(press)] == ["open"]


def test_a_proposal_that_is_overtaken_says_by_what(press: Press) -> None:
    name, signer = waiting(press), press.machine(Role.RELEASE, "zhao.min")
    data = signed(press, signer.remote.proposal(name), 0)
    press.yard.publish(release("1.2.0", "newer"))
    with pytest.raises(RemoteError, match=r"wealth 1\.2\.0 is on offer now") as refusal:
        signer.remote.hand_in(name, data)
    assert (refusal.value.status, refusal.value.problem) == (409, "PROPOSAL_STALE")
    assert refusal.value.members["present"] == ["1.2.0", "1.0.0"]
    assert [one.state for one in listed(press)] == ["stale"]
    press.clearing.settle_all(press.tick)
    assert press.kinds()[-2:] != ["promoted", "published"]


def test_a_proposal_on_another_base_is_made_anew_for_the_same_upload(press: Press) -> None:
    first = waiting(press, "1.2.0")
    press.yard.publish(release("1.1.0", "between"))
    press.clearing.settle_all(press.tick)
    states = {one.name: one.state for one in listed(press)}
    assert sorted(states.values()) == ["open", "stale"]
    (second,) = [name for name, state in states.items() if state == "open"]
    assert (states[first], second != first) == ("stale", True)
    hand_in(press, second, 0)
    assert hand_in(press, second, 1).state == "promoted"
    assert offered(press) == ["1.0.0", "1.1.0", "1.2.0"]


def test_a_release_that_was_taken_back_is_not_promoted(press: Press) -> None:
    developer = press.machine()
    name = waiting(press, developer=developer)
    hand_in(press, name, 0)
    (upload,) = developer.remote.every(None)
    withdraw(upload.upload_id, "a mistake", developer.remote)
    with refused("UPLOAD_STATE"):
        hand_in(press, name, 1)
    press.proposals.sweep(press.tick)
    assert offered(press) == ["1.0.0"]


class Sudden:
    """Online keys that let something happen when they sign for the last time before a promotion is seen."""

    def __init__(self, keys: RoleKeys, happen: Callable[[], object]) -> None:
        self.keys, self.happen = keys, happen

    def has(self, role: str) -> bool:
        return self.keys.has(role)

    def signers(self, role: str) -> tuple[Signer, ...]:
        happen, self.happen = self.happen, lambda: None
        happen()
        return self.keys.signers(role)

    def public_keys(self, role: str) -> tuple[Key, ...]:
        return self.keys.public_keys(role)


def test_a_release_that_is_taken_back_while_it_is_being_promoted_is_not(press: Press) -> None:
    developer = press.machine()
    name = waiting(press, developer=developer)
    hand_in(press, name, 0)
    (upload,) = developer.remote.every(None)
    sudden = Sudden(press.clearing.keys, lambda: withdraw(upload.upload_id, "a mistake", developer.remote))
    object.__setattr__(press.clearing, "keys", sudden)
    with refused("UPLOAD_STATE"):
        hand_in(press, name, 1)
    assert (offered(press), press.kinds().count("promoted")) == (["1.0.0"], 0)


def test_a_promotion_that_a_train_refuses_keeps_the_signatures_and_is_done_when_it_may(press: Press) -> None:
    name = waiting(press)
    hand_in(press, name, 0)
    press.ops = OPS - {"wealth.order.prepare"}
    with refused("TRAIN_BROKEN"):
        hand_in(press, name, 1)
    press.proposals.sweep(press.tick)
    assert (offered(press), [one.state for one in listed(press)]) == (["1.0.0"], ["complete"])
    press.ops = OPS
    press.proposals.sweep(press.tick)
    assert (offered(press), [one.state for one in listed(press)]) == (["1.0.0", "1.0.1"], ["promoted"])


def test_what_is_not_this_proposal_or_not_signed_by_its_keys_is_refused(press: Press) -> None:
    name, signer = waiting(press), press.machine(Role.RELEASE, "zhao.min")
    data = signer.remote.proposal(name)
    good = signed(press, data, 0)
    altered = good.replace(b"release wealth@1.0.1", b"release wealth@1.0.2")
    for wrong in (b"{}", b"\xff", altered, good.replace(b'"sig":"30', b'"sig":"31'), good[:-1]):
        with refused("PROPOSAL_INVALID"):
            signer.remote.hand_in(name, wrong)
    with refused("PROPOSAL_UNKNOWN"):
        signer.remote.hand_in("0" * 32, good)
    with refused("PROPOSAL_UNKNOWN"):
        signer.remote.proposal("1.root")
    assert press.kinds().count("signed") == 0


def test_proposals_are_for_those_who_sign(press: Press) -> None:
    developer = press.machine()
    name = waiting(press, developer=developer)
    with refused("SIGNER_NOT_ALLOWED"):
        developer.remote.proposals()
    with refused("SIGNER_NOT_ALLOWED"):
        developer.remote.hand_in(name, b"{}")
    with refused("SIGNER_UNKNOWN"):
        press.stranger().remote.proposal(name)


def test_what_is_over_is_cleared_after_its_time_and_what_waits_stays(press: Press) -> None:
    name = waiting(press)
    hand_in(press, name, 0)
    hand_in(press, name, 1)
    later = waiting(press, "1.0.2")
    press.now = NOW + timedelta(days=29)
    press.proposals.sweep(press.tick)
    assert {one.name for one in listed(press)} == {name, later}
    press.now = NOW + timedelta(days=31)
    press.proposals.sweep(press.tick)
    assert [(one.name, one.state) for one in listed(press)] == [(later, "open")]
