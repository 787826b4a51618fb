"""Rotation of every kind of key, followed by python-tuf's own client from the first root on."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tuf.api.exceptions import RepositoryError

from h5bundle.formats import Metadata
from h5bundle.keys import KeyFolder, write_public
from h5bundle.repository import load_for_reading, policy_of
from h5bundle.stores.local import LocalStore
from tests.h5bundle.ceremony import SECRET, Bank, Phone, run


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    made = Bank(tmp_path / "bank")
    made.found()
    return made


@pytest.fixture
def phone(bank: Bank, tmp_path: Path) -> Callable[[str], Phone]:
    return lambda name: Phone(bank.store, tmp_path / "phones" / name, bank.root().read_bytes())


def test_the_threshold_of_the_root_goes_up_and_down(bank: Bank, phone: Callable[[str], Phone]) -> None:
    old = phone("old")
    assert old.refresh() == 1
    up = bank.carry("keys", "root", "--threshold", "4", signers=("anna", "boris", "clara", "dario"))
    assert up.exit_code == 0, up.output
    assert (old.refresh(), phone("new").refresh()) == (2, 2)
    down = bank.carry("keys", "root", "--threshold", "2", signers=("anna", "boris", "clara", "elena"))
    assert down.exit_code == 0, down.output
    assert (old.refresh(), phone("newest").refresh()) == (3, 3)
    assert run("verify", *bank.repository).exit_code == 0


def test_a_higher_threshold_needs_as_many_signatures_at_once(bank: Bank) -> None:
    refused = bank.carry("keys", "root", "--threshold", "4", signers=("anna", "boris", "clara"))
    assert (refused.exit_code, "SIGNATURES_MISSING" in refused.stderr) == (4, True)
    assert "the new root" in refused.stderr
    assert "the root so far" not in refused.stderr
    assert not bank.root(2).exists()


def test_a_lower_threshold_needs_the_old_one_once_more(bank: Bank) -> None:
    refused = bank.carry("keys", "root", "--threshold", "2", signers=("anna", "boris"))
    assert (refused.exit_code, "the root so far" in refused.stderr) == (4, True)


def test_all_keys_of_the_root_are_replaced(bank: Bank, phone: Callable[[str], Phone]) -> None:
    old = phone("old")
    old.refresh()
    heirs = ("fritz", "greta", "heidi", "igor", "jana")
    files = [bank.hire(name, "security") for name in heirs]
    adding = [word for file in files for word in ("--add", file)]
    file = bank.propose("keys", "root", "--replace-all", *adding)
    bank.sign(file, "fritz", "greta", "heidi", "anna", "boris")
    assert bank.promote(file).exit_code == 4
    bank.sign(file, "clara")
    assert bank.promote(file).exit_code == 0
    assert (old.refresh(), phone("new").refresh()) == (2, 2)
    again = bank.carry("keys", "root", "--threshold", "2", signers=("fritz", "igor", "jana"))
    assert again.exit_code == 0, again.output
    assert (old.refresh(), phone("newest").refresh()) == (3, 3)
    assert [bank.root(version).exists() for version in (1, 2, 3)] == [True, True, True]


@pytest.mark.parametrize("parting", [("boris",), ()])
def test_all_keys_of_targets_are_replaced_with_and_without_the_old_ones(
    bank: Bank, phone: Callable[[str], Phone], parting: tuple[str, ...]
) -> None:
    bank.release("1.0.0")
    old = phone("old")
    old.refresh()
    adding = [word for name in ("fritz", "greta") for word in ("--add", bank.hire(name, "security"))]
    file = bank.propose("keys", "targets", "--replace-all", *adding)
    bank.sign(file, "anna", "dario", "elena", "fritz", "greta", *parting)
    done = bank.promote(file)
    assert (done.exit_code, done.output) == (0, "root v2, targets v2 stand now\n")
    assert (old.refresh(), old.offers("1.0.0"), phone("new").refresh()) == (2, True, 2)
    assert run("verify", *bank.repository).exit_code == 0


def test_the_online_key_is_swapped_while_clients_come_at_any_time(bank: Bank, phone: Callable[[str], Phone]) -> None:
    early = phone("early")
    early.refresh()
    cached = shutil.copytree(bank.store.folder, bank.folder / "cache-before")
    incoming = KeyFolder(bank.folder / "incoming", SECRET)
    incoming.generate("online")
    public = bank.folder / "online2.json"
    public.write_bytes(write_public(incoming.public_keys("online")[0]))
    shutil.copy(incoming.folder / "online.1.pem", bank.folder / "machine" / "online.2.pem")

    begun = bank.carry("online", "--begin", str(public), signers=("anna", "boris", "clara"))
    assert begun.exit_code == 0, begun.output
    timestamp = Metadata.from_bytes(bank.store.read("metadata/timestamp.json"))
    assert len(timestamp.signatures) == 2
    during = phone("during")
    assert (early.refresh(), during.refresh()) == (2, 2)
    stale = Phone(LocalStore(cached), during.folder.parent / "behind-a-cache", bank.root().read_bytes())
    assert stale.refresh() == 1
    (cached / "metadata" / "timestamp.json").write_bytes(timestamp.to_bytes())
    shutil.copy(bank.store.folder / "metadata" / "2.snapshot.json", cached / "metadata")
    assert stale.refresh() == 1, "who still sees no second root believes the old key's signature"
    half = shutil.copytree(bank.folder / "machine", bank.folder / "half")
    (half / "online.1.pem").unlink()
    alone = run("sign-timestamp", *bank.repository, "--keys", str(half), *bank.secret)
    assert (alone.exit_code, "needs 2 signatures" in alone.stderr) == (3, True)

    (bank.folder / "machine" / "online.1.pem").unlink()
    file = bank.propose("online", "--end")
    bank.sign(file, "anna", "dario", "elena")
    ended = bank.promote(file)
    assert ended.exit_code == 0, ended.output
    assert (early.refresh(), during.refresh(), phone("after").refresh()) == (3, 3, 3)
    assert run("sign-timestamp", *bank.repository, "--keys", str(bank.folder / "machine"), *bank.secret).exit_code == 0
    assert early.refresh() == 3
    assert len(Metadata.from_bytes(bank.store.read("metadata/timestamp.json")).signatures) == 1


def test_an_online_key_that_was_lost_is_replaced_without_it(bank: Bank, phone: Callable[[str], Phone]) -> None:
    old = phone("old")
    old.refresh()
    fresh = KeyFolder(bank.folder / "fresh", SECRET)
    fresh.generate("online")
    shutil.copy(bank.folder / "machine" / "rollout.1.pem", fresh.folder)
    public = bank.folder / "fresh.json"
    public.write_bytes(write_public(fresh.public_keys("online")[0]))
    file = bank.propose("keys", "online", "--add", str(public), "--replace-all")
    bank.sign(file, "anna", "boris", "elena")
    assert bank.promote(file).exit_code == 3
    assert bank.promote(file, keys="fresh").exit_code == 0
    assert (old.refresh(), phone("new").refresh()) == (2, 2)


def test_a_bundles_key_is_revoked_and_signs_nothing_any_more(bank: Bank, phone: Callable[[str], Phone]) -> None:
    bank.release("1.0.0")
    old = phone("old")
    old.refresh()
    incoming = bank.hire("fritz", "release")
    change = ("keys", "app-wealth", "--remove", bank.keyid("elena")[:8], "--add", incoming)
    file = bank.propose(*change)
    bank.sign(file, "boris", "clara", "dario", "fritz")
    done = bank.promote(file)
    assert (done.exit_code, done.output) == (0, "app-wealth v3, targets v2 stand now\n")
    old.refresh()
    assert (old.offers("1.0.0"), phone("new").offers("1.0.0")) == (True, True)
    pending = bank.file_of(bank.waiting("1.1.0"))
    thrown = bank.try_sign(pending, "elena")
    assert (thrown.exit_code, "is in none of the roles" in thrown.stderr) == (3, True)
    bank.sign(pending, "fritz", "dario")
    assert bank.promote(pending).exit_code == 0
    assert phone("newest").offers("1.1.0")


def test_a_bundles_role_is_made_and_its_keys_are_its_own(bank: Bank) -> None:
    change = ("keys", "app-cards", "--add", str(bank.folder / "clara.json"), "--add", str(bank.folder / "dario.json"))
    file = bank.propose(*change)
    bank.sign(file, "anna", "clara")
    assert bank.promote(file).exit_code == 4
    bank.sign(file, "dario")
    assert bank.promote(file).exit_code == 0
    state = load_for_reading(bank.store)
    assert (state.bundles, state.targets.signed.get_delegated_role("app-cards").threshold) == (("cards", "wealth"), 2)


def test_the_rollout_key_is_replaced_by_people_and_used_by_the_machine(bank: Bank) -> None:
    bank.release("1.0.0")
    fresh = KeyFolder(bank.folder / "fresh", SECRET)
    fresh.generate("rollout")
    public = bank.folder / "fresh.json"
    public.write_bytes(write_public(fresh.public_keys("rollout")[0]))
    shutil.copy(fresh.folder / "rollout.1.pem", bank.folder / "machine" / "rollout.2.pem")
    done = bank.carry("keys", "rollout", "--add", str(public), "--replace-all", signers=("anna", "boris"))
    assert done.exit_code == 0, done.output
    assert run("verify", *bank.repository).exit_code == 0


def test_a_release_is_withdrawn_from_role_and_rollout_and_the_role_stays(
    bank: Bank, phone: Callable[[str], Phone]
) -> None:
    bank.release("1.0.0")
    bank.release("1.1.0")
    done = bank.carry("withdraw", "wealth", "1.1.0", signers=("dario", "anna"))
    assert done.exit_code == 0, done.output
    client = phone("new")
    client.refresh()
    assert (client.offers("1.0.0"), client.offers("1.1.0")) == (True, False)
    assert run("verify", *bank.repository).exit_code == 0
    snapshot = load_for_reading(bank.store).snapshot.signed
    assert "app-wealth.json" in snapshot.meta
    assert bank.carry("withdraw", "wealth", "1.0.0", signers=("dario", "elena")).exit_code == 0
    assert run("verify", *bank.repository).exit_code == 0
    unknown = run("propose", "withdraw", "wealth", "1.0.0", *bank.repository, "--by", "a", "--why", "b")
    assert (unknown.exit_code, "not on offer" in unknown.stderr) == (1, True)


def test_lifetimes_are_read_from_the_repository_and_survive_rotation(bank: Bank) -> None:
    bank.carry("keys", "root", "--threshold", "2", signers=("anna", "boris", "clara"))
    state = load_for_reading(bank.store)
    policy = policy_of(state.root.signed)
    assert (policy.lifetimes["app"].days, policy.threshold("app-new")) == (45, 2)
    bank.release("1.0.0")
    signed = load_for_reading(bank.store).roles["app-wealth"].metadata.signed
    assert 43 <= (signed.expires - load_for_reading(bank.store).timestamp.signed.expires).days <= 44


def test_roles_are_renewed_as_they_are(bank: Bank) -> None:
    bank.release("1.0.0")
    before = load_for_reading(bank.store)
    done = bank.carry("renew", "root", "targets", "app-wealth", signers=("anna", "boris", "dario"))
    assert (done.exit_code, done.output) == (0, "app-wealth v3, root v2, targets v2 stand now\n")
    after = load_for_reading(bank.store)
    assert after.roles["app-wealth"].metadata.signed.targets == before.roles["app-wealth"].metadata.signed.targets
    assert after.root.signed.roles == before.root.signed.roles
    refused = run("propose", "renew", "rollout", *bank.repository, "--by", "a", "--why", "b")
    assert (refused.exit_code, "no role that people sign" in refused.stderr) == (1, True)


def test_a_root_that_skips_the_threshold_is_believed_by_no_client(bank: Bank, phone: Callable[[str], Phone]) -> None:
    file = bank.propose("keys", "root", "--threshold", "1")
    bank.sign(file, "anna")
    forged = json.loads(file.read_bytes())["roles"]["root"]
    bank.store.put_metadata("metadata/2.root.json", json.dumps(forged).encode())
    with pytest.raises(RepositoryError):
        phone("new").refresh()
