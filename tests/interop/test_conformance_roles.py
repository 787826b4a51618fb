"""Versions, expiry, hashes and what is kept when one role is wrong, by both clients."""

import json
import time

import pytest
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import DelegatedRole, MetaFile

from tests.interop.clients import Client
from tests.interop.repository import LATER, PAST, TODAY, TOP, Repository

UP_TO = {
    "root": {"root": 1},
    "timestamp": {"root": 2},
    "snapshot": {"root": 2, "timestamp": 2},
    "targets": {"root": 2, "snapshot": 2, "timestamp": 2},
}


@pytest.mark.parametrize("role", TOP)
def test_an_unsigned_role_stops_the_refresh_there(client: Client, repository: Repository, role: str) -> None:
    repository.signers[role] = []
    repository.publish("root", "targets", "snapshot", "timestamp")
    assert client.refresh() == 1
    assert client.trusted() == UP_TO[role]


@pytest.mark.parametrize("role", ["root", "snapshot", "targets"])
def test_a_version_other_than_the_announced_one_stops_there(client: Client, repository: Repository, role: str) -> None:
    repository.publish("root", "targets", "snapshot", "timestamp")
    repository.signed[role].version = 3
    repository.files[f"metadata/2.{role}.json"] = repository.sign(role)
    assert client.refresh() == 1
    assert client.trusted() == UP_TO[role]


@pytest.mark.parametrize("role", TOP)
def test_a_role_that_is_of_another_type_is_refused(client: Client, repository: Repository, role: str) -> None:
    """All keys sign all roles, so that only the type tells them apart."""
    everybody = [signers[0] for signers in repository.signers.values()]
    for name in TOP:
        for signer in everybody:
            repository.root.add_key(signer.public_key, name)
        repository.signers[name] = everybody
    repository.publish("root", "targets", "snapshot", "timestamp")
    other = "targets" if role != "targets" else "snapshot"
    repository.files[repository.place(role)] = repository.files[repository.place(other)]
    assert client.refresh() == 1
    assert role not in client.trusted() or client.trusted()[role] == 1


@pytest.mark.parametrize("role", TOP)
def test_an_expired_role_is_not_taken(client: Client, repository: Repository, role: str) -> None:
    assert client.refresh() == 0
    repository.signed[role].expires = PAST
    repository.publish("root", "targets", "snapshot", "timestamp")
    assert client.refresh() == 1
    assert client.trusted()[role] == (2 if role == "root" else 1)


@pytest.mark.parametrize("role", ["timestamp", "targets"])
def test_what_expires_while_kept_is_renewed_from_the_repository(
    client: Client, repository: Repository, role: str
) -> None:
    """Expired metadata of a kept role is no reason to refuse the next version."""
    soon = TODAY.fromtimestamp(int(time.time()) + 2, TODAY.tzinfo)  # noqa: TID251 - the clients read the machine's clock
    repository.signed[role].expires = soon
    repository.publish("root", "targets", "snapshot", "timestamp")
    assert client.refresh() == 0
    time.sleep(max(0.0, soon.timestamp() - time.time() + 0.1))  # noqa: TID251 - the same
    assert client.refresh() == 1
    repository.signed[role].expires = LATER
    repository.publish("root", "targets", "snapshot", "timestamp")
    assert client.refresh() == 0
    assert client.trusted()[role] == 3


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets"])
def test_a_missing_role_stops_there_and_keeps_what_was(client: Client, repository: Repository, role: str) -> None:
    assert client.refresh() == 0
    repository.publish()
    del repository.files[repository.place(role)]
    assert client.refresh() == 1
    assert client.trusted()[role] == 1


def test_a_timestamp_of_the_same_version_is_left_aside(client: Client, repository: Repository) -> None:
    assert client.refresh() == 0
    kept = (client.metadata / "timestamp.json").read_bytes()
    repository.timestamp.snapshot_meta = MetaFile(99)
    repository.write("timestamp")
    assert client.refresh() == 0
    assert (client.metadata / "timestamp.json").read_bytes() == kept


@pytest.mark.parametrize("announce", [False, True])
@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets"])
def test_no_role_goes_back(client: Client, repository: Repository, role: str, announce: bool) -> None:  # noqa: FBT001 - a table
    repository.announce = announce
    repository.publish()
    assert client.refresh() == 0
    repository.signed[role].version = 0
    repository.publish(*("targets", "snapshot", "timestamp")[("targets", "snapshot", "timestamp").index(role) :])
    assert client.refresh() == 1
    assert client.trusted()[role] == 2


def test_a_role_does_not_vanish_from_the_snapshot(client: Client, repository: Repository) -> None:
    repository.delegate(DelegatedRole("app", [], 1, terminating=False, paths=["*"]))
    repository.publish("app", "targets", "snapshot", "timestamp")
    assert client.refresh() == 0
    del repository.snapshot.meta["app.json"]
    repository.publish("snapshot", "timestamp")
    assert client.refresh() == 1


@pytest.mark.parametrize("roles", [("timestamp",), ("snapshot", "timestamp"), ("snapshot",)])
def test_new_keys_recover_from_a_fast_forward(client: Client, repository: Repository, roles: tuple[str, ...]) -> None:
    pushed = "targets" if roles == ("snapshot",) else roles[0]
    repository.signed[pushed].version = 10_000
    repository.publish()
    assert client.refresh() == 0
    assert client.trusted()[pushed] == 10_001
    for role in roles:
        repository.replace_key(role)
    repository.signed[pushed].version = 4
    repository.publish("root", "targets", "snapshot", "timestamp")
    assert client.refresh() == 0
    assert client.trusted()[pushed] == 5


@pytest.mark.parametrize("wrong", ["hash", "length", "no known hash"])
@pytest.mark.parametrize("role", ["snapshot", "targets"])
def test_announced_lengths_and_hashes_bind(client: Client, repository: Repository, role: str, wrong: str) -> None:
    repository.announce = True
    repository.publish()
    assert client.refresh() == 0
    repository.publish(*(["targets", "snapshot"] if role == "targets" else ["snapshot"]))
    meta = repository.snapshot.meta["targets.json"] if role == "targets" else repository.timestamp.snapshot_meta
    assert meta.hashes is not None
    if wrong == "hash":
        meta.hashes["sha256"] = "0" * 64
    elif wrong == "length":
        meta.length = (meta.length or 0) - 1
    else:
        meta.hashes = {"crc": "00"}
    repository.publish(*(["snapshot"] if role == "targets" else []), "timestamp")
    assert client.refresh() == 1
    assert client.trusted()[role] == 2


def test_fields_that_nobody_knows_are_signed_and_kept(client: Client, repository: Repository) -> None:
    for role in TOP:
        repository.signed[role].unrecognized_fields["x-note"] = {"deep": ["\u00e9", '"\\', {"n": -1}]}
    repository.root.roles["root"].unrecognized_fields["x-owner"] = "somebody"
    repository.publish("root", "targets", "snapshot", "timestamp")
    assert client.refresh() == 0
    altered = json.loads(repository.files["metadata/timestamp.json"])
    altered["signed"]["x-note"]["deep"][2]["n"] = 1
    altered["signed"]["version"] = 3
    repository.files["metadata/timestamp.json"] = json.dumps(altered).encode()
    assert client.refresh() == 1


def test_a_timestamp_by_a_stranger_is_refused(client: Client, repository: Repository) -> None:
    repository.signers["timestamp"] = [CryptoSigner.generate_ecdsa()]
    repository.publish("timestamp")
    assert client.refresh() == 1
    assert client.trusted() == {"root": 1}
