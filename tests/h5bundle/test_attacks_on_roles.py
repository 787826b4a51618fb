"""What a thief of one key, a forger of files and a careless proposer cannot do."""

import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from tuf.api.exceptions import RepositoryError

from h5bundle.commands import promote, propose, sign_timestamp, verify
from h5bundle.errors import ExpiredError, H5BundleError, ProposalError, SignaturesMissingError
from h5bundle.formats import Metadata, Snapshot
from h5bundle.keys import KeyFolder, open_key
from h5bundle.manifest import DEFAULT_CSP
from h5bundle.proposals import Proposal, decode, encode, join, proposed, put
from h5bundle.quorum import check, sign
from h5bundle.repository import load_for_reading
from h5bundle.standing import standing_in
from h5bundle.trust import metadata_path
from tests.h5bundle.ceremony import SECRET, Bank, Phone, run
from tests.h5bundle.conftest import TODAY


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    made = Bank(tmp_path / "bank")
    made.found()
    made.release("1.0.0")
    return made


@pytest.fixture
def pending(bank: Bank) -> Path:
    """Give a proposal of a release that nobody has signed."""
    return bank.file_of(bank.waiting("1.1.0"))


def altered(file: Path, change: Callable[[Any], None]) -> Path:
    fields = json.loads(file.read_bytes())
    change(fields)
    file.write_bytes(rfc8785.dumps(fields))
    return file


def code_of(stderr: str) -> str:
    return stderr.splitlines()[-1].split(":")[1].strip()


def test_one_stolen_key_of_a_bundle_cannot_publish(bank: Bank, pending: Path) -> None:
    bank.sign(pending, "dario")
    refused = bank.promote(pending)
    assert (refused.exit_code, code_of(refused.stderr)) == (4, "SIGNATURES_MISSING")
    again = bank.try_sign(pending, "dario")
    assert (again.exit_code, code_of(again.stderr), "has signed" in again.stderr) == (1, "PROPOSAL_INVALID", True)


def test_one_signature_under_two_names_is_one(bank: Bank, pending: Path) -> None:
    bank.sign(pending, "dario")
    twice = altered(
        pending,
        lambda fields: fields["roles"]["app-wealth"]["signatures"].append(
            dict(fields["roles"]["app-wealth"]["signatures"][0])
        ),
    )
    doubled = bank.promote(twice)
    assert (doubled.exit_code, "two signatures of one key" in doubled.stderr) == (1, True)


def test_a_key_that_is_not_in_the_role_is_refused_by_name(bank: Bank, pending: Path) -> None:
    refused = bank.try_sign(pending, "boris")
    assert (refused.exit_code, code_of(refused.stderr)) == (3, "ROLE_KEY")
    assert bank.keyid("boris")[:8] in refused.stderr
    stranger = open_key(f"file:{bank.folder / 'boris' / 'own.pem'}", SECRET)
    proposal = decode(pending.read_bytes())
    metadata = proposed(proposal, "app-wealth")
    metadata.sign(stranger, append=True)
    pending.write_bytes(encode(put(proposal, "app-wealth", metadata)))
    bank_says = bank.promote(pending)
    assert (bank_says.exit_code, "is not a key of this role" in bank_says.stderr) == (1, True)
    signer_says = bank.try_sign(pending, "dario")
    assert (signer_says.exit_code, code_of(signer_says.stderr)) == (1, "PROPOSAL_INVALID")


@pytest.mark.parametrize(
    "change",
    [
        lambda fields: fields["roles"]["app-wealth"]["signed"].update(version=4),
        lambda fields: fields["roles"]["app-wealth"]["signed"]["targets"].clear(),
        lambda fields: fields["roles"]["app-wealth"]["signatures"][0].update(sig="00"),
    ],
    ids=["version", "targets", "signature"],
)
def test_what_was_altered_after_signing_is_refused_by_signer_and_bank(
    bank: Bank, pending: Path, change: Callable[[Any], None]
) -> None:
    bank.sign(pending, "dario", "elena")
    altered(pending, change)
    assert bank.promote(pending).exit_code == 1
    refused = bank.try_sign(pending, "anna")
    assert (refused.exit_code, code_of(refused.stderr)) == (1, "PROPOSAL_INVALID")


def test_a_base_that_the_trusted_root_did_not_sign_is_refused_by_the_signer(bank: Bank, pending: Path) -> None:
    def replace_targets(fields: Any) -> None:
        targets = json.loads(fields["base"]["targets"])
        targets["signed"]["delegations"]["roles"][1]["threshold"] = 1
        fields["base"]["targets"] = json.dumps(targets)

    refused = bank.try_sign(altered(pending, replace_targets), "dario")
    assert (refused.exit_code, code_of(refused.stderr)) == (1, "TRUST_BROKEN")


def test_a_signer_without_a_trusted_root_signs_nothing_that_exists(bank: Bank, pending: Path) -> None:
    key = f"file:{bank.folder / 'dario' / 'own.pem'}"
    refused = run("sign", str(pending), "--key", key, "--yes", *bank.secret)
    assert (refused.exit_code, "--root" in refused.stderr) == (1, True)


def test_a_signer_of_a_repository_begins_no_other_one(bank: Bank) -> None:
    """Targets version 1 of another repository, signed by the same people, would fool phones that are new."""
    other = bank.folder / "other.json"
    place = ("--repository", str(bank.folder / "elsewhere"), "--out", str(other))
    made = run("init", str(bank.folder / "roles.yaml"), *place, "--by", "mallory", "--why", "test")
    assert (made.exit_code, "BEGINS A REPOSITORY" in made.output) == (0, True)
    refused = bank.try_sign(other, "anna")
    assert (refused.exit_code, "begins another repository" in refused.stderr) == (1, True)


def test_a_signer_who_says_no_leaves_the_file_as_it_was(bank: Bank, pending: Path) -> None:
    before = pending.read_bytes()
    key = f"file:{bank.folder / 'dario' / 'own.pem'}"
    arguments = ("sign", str(pending), "--key", key, "--root", str(bank.root()), *bank.secret)
    assert run(*arguments).exit_code == 1
    assert pending.read_bytes() == before


def test_a_signer_reads_every_difference_in_words(bank: Bank, pending: Path) -> None:
    signed = bank.try_sign(pending, "dario")
    digest = decode(pending.read_bytes()).roles["app-wealth"]["signed"]["targets"]["apps/wealth/1.1.0.manifest.json"]
    assert "app-wealth 2 → 3" in signed.output
    assert f"+ release 1.1.0 {digest['hashes']['sha256']}" in signed.output
    rekey = bank.propose("keys", "root", "--remove", bank.keyid("elena"), "--threshold", "2", by="\x1b[2Jboris")
    words = bank.try_sign(rekey, "anna").output
    assert f"root: − key {bank.keyid('elena')[:8]} (elena, release) {bank.keyid('elena')}" in words
    assert "root: threshold 3 → 2 of 4 keys" in words
    assert "\x1b" not in words


def test_a_proposal_on_what_no_longer_stands_is_refused(bank: Bank, pending: Path) -> None:
    other = bank.file_of(bank.waiting("1.2.0"))
    bank.sign(pending, "dario", "elena")
    bank.sign(other, "dario", "anna")
    assert bank.promote(pending).exit_code == 0
    refused = bank.promote(other)
    assert (refused.exit_code, code_of(refused.stderr)) == (4, "PROPOSAL_STALE")
    assert "propose again" in refused.stderr
    listed = json.loads(run("proposals", *bank.repository, "--all", "--json").stdout)["proposals"]
    states = {each["reason"]: each["state"] for each in listed}
    assert (states["release wealth@1.1.0"], states["release wealth@1.2.0"]) == ("promoted", "stale")


def test_a_proposal_that_expired_is_refused_by_name(bank: Bank, pending: Path) -> None:
    bank.sign(pending, "dario", "elena")
    late = TODAY.replace(year=TODAY.year + 1)
    with pytest.raises(ProposalError, match="app-wealth expired on"):
        promote.run(decode(pending.read_bytes()), bank.store, KeyFolder(bank.folder / "machine", SECRET), now=late)


def test_a_role_that_expired_stops_promotions_by_name_until_it_is_renewed(bank: Bank) -> None:
    late = TODAY + timedelta(days=200)
    machine = KeyFolder(bank.folder / "machine", SECRET)

    def promoted(proposal: Proposal, *signers: str) -> promote.Promotion:
        for name in signers:
            stands = standing_in(proposal, bank.root().read_bytes())
            signer = open_key(f"file:{bank.folder / name / 'own.pem'}", SECRET)
            proposal, _ = sign(proposal, check(proposal, stands, late), signer)
        return promote.run(proposal, bank.store, machine, now=late)

    author = propose.Author(name="anna", reason="late", now=late)
    with pytest.raises(ExpiredError, match="targets"):
        promoted(propose.renew(bank.store, ["app-wealth"], author), "anna", "dario")
    with pytest.raises(ExpiredError, match="targets"):
        sign_timestamp.run(bank.store, machine, now=late)
    both = propose.renew(bank.store, ["targets", "app-wealth"], author)
    assert promoted(both, "anna", "boris", "dario").roles == {"app-wealth": 3, "targets": 2}
    assert "rollout" in sign_timestamp.run(bank.store, machine, now=late).roles
    verify.run(bank.store, now=late)


def test_a_stolen_online_key_cannot_change_what_a_bundle_offers(bank: Bank, tmp_path: Path) -> None:
    """The thief holds the whole machine: snapshot, timestamp, rollout, and the store itself."""
    machine = KeyFolder(bank.folder / "machine", SECRET)
    state = load_for_reading(bank.store)
    role = Metadata.from_bytes(bank.store.read(metadata_path("app-wealth", 2)))
    role.signed.version = 3
    role.signed.targets.clear()
    for signer in (*machine.signers("online"), *machine.signers("rollout")):
        role.sign(signer, append=True)
    bank.store.put_metadata(metadata_path("app-wealth", 3), role.to_bytes())
    snapshot = Snapshot.from_dict(state.snapshot.signed.to_dict())
    snapshot.version += 1
    snapshot.meta["app-wealth.json"].version = 3
    snapshot.meta["app-wealth.json"].hashes = snapshot.meta["app-wealth.json"].length = None
    signed_snapshot = Metadata(snapshot)
    timestamp = Metadata(state.timestamp.signed)
    timestamp.signed.version += 1
    timestamp.signed.snapshot_meta.version = snapshot.version
    timestamp.signed.snapshot_meta.hashes = timestamp.signed.snapshot_meta.length = None
    for metadata in (signed_snapshot, timestamp):
        metadata.sign(machine.signers("online")[0])
    bank.store.put_metadata(metadata_path("snapshot", snapshot.version), signed_snapshot.to_bytes())
    bank.store.put_metadata("metadata/timestamp.json", timestamp.to_bytes())
    phone = Phone(bank.store, tmp_path / "phone", bank.root().read_bytes())
    with pytest.raises(RepositoryError):
        phone.offers("1.0.0")
    with pytest.raises(H5BundleError, match="app-wealth"):
        load_for_reading(bank.store)


def test_whoever_asks_for_more_needs_the_security_team(bank: Bank) -> None:
    wider = {"permissions": "{app.info: 1}", "csp": f"\"{DEFAULT_CSP}; media-src 'self'\""}
    result = json.loads(bank.publish("1.1.0", **wider).stdout)
    assert any("security, for permission app.info: new" in line for line in result["waiting"])
    file = bank.file_of(result["proposal"])
    bank.sign(file, "dario", "elena")
    refused = bank.promote(file)
    assert (refused.exit_code, code_of(refused.stderr)) == (4, "SIGNATURES_MISSING")
    assert ("anna, security" in refused.stderr, "dario" in refused.stderr) == (True, False)
    shown = bank.try_sign(file, "anna").output
    assert "asks for more: permission app.info: new (version 1)" in shown
    assert "asks for more: csp media-src: also 'self'" in shown
    assert bank.promote(file).exit_code == 0


def test_two_releases_that_ask_for_the_same_need_it_once(bank: Bank) -> None:
    wider = {"permissions": "{app.info: 1}"}
    assert bank.release("1.1.0", "anna", "dario", **wider).exit_code == 0
    assert bank.release("1.2.0", "dario", "elena", **wider).exit_code == 0


def test_a_manifest_that_is_left_out_does_not_hide_what_it_asks_for(bank: Bank) -> None:
    file = bank.file_of(bank.waiting("1.1.0", permissions="{app.info: 1}"))
    for path in ("apps/wealth/1.0.0.manifest.json", "apps/wealth/1.1.0.manifest.json"):
        text = json.loads(file.read_bytes())
        del text["documents"][path]
        other = bank.folder / "hidden.json"
        other.write_bytes(rfc8785.dumps(text))
        refused = bank.try_sign(other, "dario")
        assert (refused.exit_code, f"does not carry {path}" in refused.stderr) == (1, True)


def test_no_role_is_ever_removed_and_no_online_key_signs_for_people(bank: Bank) -> None:
    file = bank.propose("renew", "targets")

    def remove(fields: Any) -> None:
        delegations = fields["roles"]["targets"]["signed"]["delegations"]
        gone = next(role for role in delegations["roles"] if role["name"] == "app-wealth")
        delegations["roles"].remove(gone)

    refused = bank.try_sign(altered(file, remove), "anna")
    assert (refused.exit_code, "app-wealth would be removed" in refused.stderr) == (1, True)
    mixed = ("keys", "app-wealth", "--add", str(bank.folder / "online.json"))
    shared = run("propose", *mixed, *bank.repository, "--by", "a", "--why", "b", "--out", str(bank.folder / "x"))
    assert (shared.exit_code, "is an online key too" in shared.stderr) == (1, True)


def test_files_of_two_proposals_are_not_joined(bank: Bank, pending: Path) -> None:
    other = bank.file_of(bank.waiting("1.2.0"))
    with pytest.raises(ProposalError, match="another proposal"):
        join(decode(pending.read_bytes()), decode(other.read_bytes()))


def test_files_that_were_signed_in_parallel_are_joined(bank: Bank, pending: Path) -> None:
    first, second = bank.folder / "first.json", bank.folder / "second.json"
    for name, place in (("dario", first), ("elena", second)):
        shutil.copy(pending, place)
        bank.sign(place, name)
    name = decode(pending.read_bytes()).name
    merged = run("merge", str(first), str(second), *bank.repository)
    assert (merged.exit_code, f"h5bundle promote {name}" in merged.output) == (0, True)
    assert bank.promote(name[:8]).exit_code == 0


def test_what_is_published_twice_waits_once(bank: Bank, pending: Path) -> None:
    assert bank.waiting("1.1.0") == decode(pending.read_bytes()).name


def test_blobs_that_are_not_in_the_store_are_not_promoted(bank: Bank, pending: Path) -> None:
    bank.sign(pending, "dario", "elena")
    digest = decode(pending.read_bytes()).roles["app-wealth"]["signed"]["targets"]["apps/wealth/1.1.0.zip"]["hashes"]
    bank.store.remove(f"targets/apps/wealth/{digest['sha256']}.1.1.0.zip")
    refused = bank.promote(pending)
    assert (refused.exit_code, "is not in the repository" in refused.stderr) == (1, True)


def test_a_promotion_without_signatures_changes_no_byte(bank: Bank, pending: Path) -> None:
    before = bank.store.read("metadata/timestamp.json")
    with pytest.raises(SignaturesMissingError, match="needs 2 more"):
        promote.run(decode(pending.read_bytes()), bank.store, KeyFolder(bank.folder / "machine", SECRET), now=TODAY)
    assert bank.store.read("metadata/timestamp.json") == before


@pytest.mark.parametrize("data", [b"", b"{}", b"[" * 100_000, b"\xff", b'{"format":"tidegate-proposal/2"}'])
def test_what_is_no_proposal_is_told(bank: Bank, data: bytes) -> None:
    file = bank.folder / "rubbish.json"
    file.write_bytes(data)
    refused = bank.try_sign(file, "anna")
    assert (refused.exit_code, code_of(refused.stderr)) == (1, "PROPOSAL_INVALID")
