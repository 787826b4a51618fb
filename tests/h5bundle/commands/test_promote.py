"""A promotion that is cut off at any write, and two promotions at once."""

import multiprocessing
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from h5bundle.commands import promote, verify
from h5bundle.errors import LockedError, StaleProposalError, StoreError
from h5bundle.keys import KeyFolder, write_public
from h5bundle.proposals import Proposal, decode
from h5bundle.stores.local import LocalStore
from tests.h5bundle.ceremony import SECRET, Bank, Phone
from tests.h5bundle.conftest import TODAY
from tests.h5bundle.test_repository import FailingStore


@dataclass
class Prepared:
    """A bank with a proposal that enough have signed."""

    bank: Bank
    proposal: Proposal
    keys: KeyFolder
    folders: Path
    made: int = field(default=0)

    def copy(self) -> LocalStore:
        """Give a copy of the repository, as it was before the promotion."""
        self.made += 1
        return LocalStore(shutil.copytree(self.bank.store.folder, self.folders / str(self.made)))

    def phone(self, store: LocalStore) -> Phone:
        return Phone(store, self.folders / f"phone-{self.made}", self.bank.root().read_bytes())


def a_release(bank: Bank) -> Path:
    file = bank.file_of(bank.waiting("1.1.0"))
    bank.sign(file, "dario", "elena")
    return file


def a_threshold(bank: Bank) -> Path:
    file = bank.propose("keys", "root", "--threshold", "4")
    bank.sign(file, "anna", "boris", "clara", "dario")
    return file


def new_keys_of_a_bundle(bank: Bank) -> Path:
    file = bank.propose("keys", "app-wealth", "--replace-all", *added(bank, "fritz", "greta"))
    bank.sign(file, "anna", "boris", "fritz", "greta")
    return file


def new_keys_of_targets(bank: Bank) -> Path:
    file = bank.propose("keys", "targets", "--replace-all", *added(bank, "fritz", "greta"))
    bank.sign(file, "anna", "boris", "elena", "fritz", "greta")
    return file


def a_new_online_key(bank: Bank) -> Path:
    incoming = KeyFolder(bank.folder / "incoming", SECRET)
    incoming.generate("online")
    public = bank.folder / "incoming.json"
    public.write_bytes(write_public(incoming.public_keys("online")[0]))
    shutil.copy(incoming.folder / "online.1.pem", bank.folder / "machine" / "online.2.pem")
    file = bank.propose("keys", "online", "--add", str(public), "--replace-all")
    bank.sign(file, "anna", "boris", "elena")
    return file


def added(bank: Bank, *names: str) -> list[str]:
    return [word for name in names for word in ("--add", bank.hire(name, "security"))]


@pytest.fixture
def prepared(tmp_path: Path) -> Callable[[Callable[[Bank], Path]], Prepared]:
    def make(change: Callable[[Bank], Path]) -> Prepared:
        bank = Bank(tmp_path / "bank")
        bank.found()
        bank.release("1.0.0")
        proposal = decode(change(bank).read_bytes())
        return Prepared(bank, proposal, KeyFolder(bank.folder / "machine", SECRET), tmp_path / "copies")

    return make


@pytest.mark.parametrize(
    "change", [a_release, a_threshold, new_keys_of_a_bundle, new_keys_of_targets, a_new_online_key]
)
def test_a_crash_at_any_write_leaves_a_repository_that_clients_believe_and_that_can_be_finished(
    prepared: Callable[[Callable[[Bank], Path]], Prepared], change: Callable[[Bank], Path]
) -> None:
    made = prepared(change)
    whole = FailingStore(made.copy(), fail_at=-1, after=False)
    promote.run(made.proposal, whole, made.keys, now=TODAY)
    assert len(whole.writes) >= 3
    for number in range(len(whole.writes)):
        for after in (False, True):
            store = made.copy()
            client = made.phone(store)
            client.refresh()
            with pytest.raises(StoreError):
                promote.run(made.proposal, FailingStore(store, fail_at=number, after=after), made.keys, now=TODAY)
            assert client.offers("1.0.0")
            verify.run(store, now=TODAY)
            promote.run(made.proposal, store, made.keys, now=TODAY)
            assert client.offers("1.0.0")
            verify.run(store, now=TODAY)
            assert promote.run(made.proposal, store, made.keys, now=TODAY).changed is False


def test_keys_of_targets_that_were_lost_are_replaced_and_a_crash_is_finished_by_promoting_again(
    prepared: Callable[[Callable[[Bank], Path]], Prepared],
) -> None:
    """Without the keys that leave, a crash between root and timestamp is seen; promoting again mends it."""

    def lost(bank: Bank) -> Path:
        file = bank.propose("keys", "targets", "--replace-all", *added(bank, "fritz", "greta"))
        bank.sign(file, "anna", "dario", "elena", "fritz", "greta")
        return file

    made = prepared(lost)
    whole = FailingStore(made.copy(), fail_at=-1, after=False)
    promote.run(made.proposal, whole, made.keys, now=TODAY)
    for number in range(len(whole.writes)):
        for after in (False, True):
            store = made.copy()
            with pytest.raises(StoreError):
                promote.run(made.proposal, FailingStore(store, fail_at=number, after=after), made.keys, now=TODAY)
            promote.run(made.proposal, store, made.keys, now=TODAY)
            verify.run(store, now=TODAY)
            assert made.phone(store).offers("1.0.0")


def test_a_repository_that_is_made_is_made_after_a_crash_at_any_write(tmp_path: Path) -> None:
    bank = Bank(tmp_path / "bank")
    bank.found()
    proposal = decode((bank.folder / "init.json").read_bytes())
    keys = KeyFolder(bank.folder / "machine", SECRET)
    whole = FailingStore(LocalStore(tmp_path / "whole"), fail_at=-1, after=False)
    promote.run(proposal, whole, keys, now=TODAY)
    for number in range(len(whole.writes)):
        store = LocalStore(tmp_path / f"store-{number}")
        with pytest.raises(StoreError):
            promote.run(proposal, FailingStore(store, fail_at=number, after=False), keys, now=TODAY)
        promote.run(proposal, store, keys, now=TODAY)
        verify.run(store, now=TODAY)


def race(folder: Path, keys: KeyFolder, data: bytes, told: "multiprocessing.Queue[str]") -> None:
    try:
        promote.run(decode(data), LocalStore(folder), keys, now=TODAY)
        told.put("won")
    except (StaleProposalError, LockedError) as error:
        told.put(error.code)


def test_of_two_promotions_at_once_one_wins_and_the_other_is_told(tmp_path: Path) -> None:
    bank = Bank(tmp_path / "bank")
    bank.found()
    files = [bank.file_of(bank.waiting(version)) for version in ("1.0.0", "1.1.0")]
    for file in files:
        bank.sign(file, "dario", "elena")
    keys = KeyFolder(bank.folder / "machine", SECRET)
    context = multiprocessing.get_context("fork")
    told: multiprocessing.Queue[str] = context.Queue()
    racers = [context.Process(target=race, args=(bank.store.folder, keys, file.read_bytes(), told)) for file in files]
    for racer in racers:
        racer.start()
    answers = sorted(told.get(timeout=60) for _ in racers)
    for racer in racers:
        racer.join(60)
    assert answers in (["PROPOSAL_STALE", "won"], ["REPOSITORY_LOCKED", "won"])
    verify.run(bank.store, now=TODAY)
