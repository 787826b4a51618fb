"""Keys of every kind, thresholds, and roots that hand trust on, by both clients."""

import json
from collections.abc import Callable, Sequence

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from securesystemslib.formats import encode_canonical
from securesystemslib.signer import CryptoSigner, Key

from tests.interop.clients import Client
from tests.interop.repository import Repository


def curve(kind: ec.EllipticCurve) -> CryptoSigner:
    return CryptoSigner(ec.generate_private_key(kind))


def rsa(scheme: str) -> CryptoSigner:
    return CryptoSigner.generate_rsa(scheme=scheme, size=2048)


KINDS: dict[str, Callable[[], CryptoSigner]] = {
    "ecdsa-sha2-nistp256": lambda: curve(ec.SECP256R1()),
    "ecdsa-sha2-nistp384": lambda: curve(ec.SECP384R1()),
    "ecdsa-sha2-nistp521": lambda: curve(ec.SECP521R1()),
    "ed25519": CryptoSigner.generate_ed25519,
    **{
        scheme: lambda scheme=scheme: rsa(scheme)
        for bits in (256, 384, 512)
        for scheme in (f"rsassa-pss-sha{bits}", f"rsa-pkcs1v15-sha{bits}")
    },
}


@pytest.mark.parametrize("scheme", KINDS)
def test_a_scheme_of_the_format_signs_and_only_its_own_bytes(
    client: Client, repository: Repository, scheme: str
) -> None:
    signer = KINDS[scheme]()
    assert signer.public_key.scheme == scheme
    repository.root.add_key(signer.public_key, "timestamp")
    repository.root.roles["timestamp"].threshold = 2
    repository.signers["timestamp"].append(signer)
    repository.publish("root", "timestamp")
    assert client.refresh() == 0
    forged = json.loads(repository.files["metadata/timestamp.json"])
    repository.publish("timestamp")
    newer = json.loads(repository.files["metadata/timestamp.json"])
    stale = {entry["keyid"]: entry["sig"] for entry in forged["signatures"]}[signer.public_key.keyid]
    for entry in newer["signatures"]:
        if entry["keyid"] == signer.public_key.keyid:
            entry["sig"] = stale
    repository.files["metadata/timestamp.json"] = json.dumps(newer).encode()
    assert client.refresh() == 1
    assert client.trusted()["timestamp"] == 2


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets"])
def test_fewer_signatures_than_the_threshold_are_none(client: Client, repository: Repository, role: str) -> None:
    more = [CryptoSigner.generate_ecdsa() for _ in range(2)]
    for signer in more:
        repository.root.add_key(signer.public_key, role)
    repository.root.roles[role].threshold = 3
    repository.signers[role] += more
    repository.publish("root", "targets", "snapshot", "timestamp")
    assert client.refresh() == 0
    repository.signers[role].pop()
    repository.publish()
    assert client.refresh() == 1
    assert client.trusted()[role] == 2


def test_a_threshold_above_the_number_of_keys_is_never_met(client: Client, repository: Repository) -> None:
    repository.root.roles["snapshot"].threshold = 2
    repository.publish("root", "targets", "snapshot", "timestamp")
    assert client.refresh() == 1
    assert client.trusted() == {"root": 2, "timestamp": 2}


def test_two_signatures_under_one_key_id_are_refused(client: Client, repository: Repository) -> None:
    twice = json.loads(repository.files["metadata/1.snapshot.json"])
    twice["signatures"] *= 2
    repository.files["metadata/1.snapshot.json"] = json.dumps(twice).encode()
    assert client.refresh() == 1
    assert "snapshot" not in client.trusted()


def test_a_key_id_that_a_role_names_twice_counts_once(client: Client, repository: Repository) -> None:
    repository.root.version = 2
    root = json.loads(repository.sign("root"))["signed"]
    root["roles"]["snapshot"] = {"keyids": root["roles"]["snapshot"]["keyids"] * 2, "threshold": 2}
    signature = repository.signers["root"][0].sign(encode_canonical(root).encode())
    envelope = {"signed": root, "signatures": [{"keyid": signature.keyid, "sig": signature.signature}]}
    repository.files["metadata/2.root.json"] = json.dumps(envelope).encode()
    assert client.refresh() == 1
    assert "snapshot" not in client.trusted()


@pytest.mark.parametrize("other", ["", "00", "a foreign one"])
def test_a_useless_signature_beside_enough_good_ones_does_no_harm(
    client: Client, repository: Repository, other: str
) -> None:
    spare = CryptoSigner.generate_ecdsa()
    repository.root.add_key(spare.public_key, "timestamp")
    repository.publish("root", "timestamp")
    mixed = json.loads(repository.files["metadata/timestamp.json"])
    useless = mixed["signatures"][0]["sig"] if other.startswith("a") else other
    mixed["signatures"].insert(0, {"keyid": spare.public_key.keyid, "sig": useless})
    repository.files["metadata/timestamp.json"] = json.dumps(mixed).encode()
    assert client.refresh() == 0


def test_a_key_id_need_not_be_the_hash_of_its_key(client: Client, repository: Repository) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    renamed = Key.from_dict("any name", {**CryptoSigner(private).public_key.to_dict(), "x-note": {"a": 1}})
    replaced = repository.replace_key("timestamp")
    repository.root.revoke_key(replaced.public_key.keyid, "timestamp")
    repository.root.add_key(renamed, "timestamp")
    repository.signers["timestamp"] = [CryptoSigner(private, renamed)]
    repository.publish("root", "timestamp")
    assert client.refresh() == 0


def test_a_long_chain_of_roots_is_walked_one_by_one(client: Client, repository: Repository) -> None:
    for _ in range(40):
        previous = repository.signers["root"][0]
        repository.replace_key("root")
        repository.signers["root"].append(previous)
        repository.publish("root")
        repository.signers["root"].pop()
    assert client.refresh() == 0
    assert client.trusted()["root"] == 41
    assert repository.asked()[:41] == [f"{version}.root.json" for version in range(2, 43)]


SIGNED_BY: dict[str, tuple[Sequence[int], bool]] = {
    "both": ((0, 1, 3, 4), True),
    "enough that stay": ((0, 2, 3), True),
    "old only": ((0, 1, 2), False),
    "new only": ((3, 4), False),
    "one old": ((0, 3, 4), False),
    "one new": ((0, 1, 3), False),
}


@pytest.mark.parametrize(("signed_by", "good"), SIGNED_BY.values(), ids=SIGNED_BY)
def test_a_root_is_signed_by_the_thresholds_of_the_old_one_and_of_itself(
    fresh: Client,
    repository: Repository,
    signed_by: Sequence[int],
    good: bool,  # noqa: FBT001 - a table
) -> None:
    """Old keys 0, 1, 2 and new keys 2, 3, 4 (two of them each): key 2 is in both."""
    signers = [CryptoSigner.generate_ecdsa() for _ in range(5)]
    root = repository.root
    root.revoke_key(root.roles["root"].keyids[0], "root")
    for signer in signers[:3]:
        root.add_key(signer.public_key, "root")
    root.roles["root"].threshold = 2
    repository.write("root", repository.sign("root", signers[:3]))
    assert fresh.init(repository.files["metadata/1.root.json"]) == 0
    for signer in signers[:2]:
        root.revoke_key(signer.public_key.keyid, "root")
    for signer in signers[3:]:
        root.add_key(signer.public_key, "root")
    root.version = 2
    repository.write("root", repository.sign("root", [signers[index] for index in signed_by]))
    assert fresh.refresh() == (0 if good else 1)
    assert fresh.trusted()["root"] == (2 if good else 1)


@pytest.mark.parametrize(("before", "after"), [(1, 2), (2, 1)])
@pytest.mark.parametrize("signatures", [1, 2])
def test_a_threshold_goes_up_or_down_when_both_are_met(
    fresh: Client, repository: Repository, before: int, after: int, signatures: int
) -> None:
    signers = [*repository.signers["root"], CryptoSigner.generate_ecdsa()]
    repository.root.add_key(signers[1].public_key, "root")
    repository.root.roles["root"].threshold = before
    repository.write("root", repository.sign("root", signers))
    assert fresh.init(repository.files["metadata/1.root.json"]) == 0
    repository.root.roles["root"].threshold = after
    repository.root.version = 2
    repository.write("root", repository.sign("root", signers[:signatures]))
    assert fresh.refresh() == (0 if signatures == 2 else 1)


def test_roots_before_a_broken_one_stay_trusted(client: Client, repository: Repository) -> None:
    repository.publish("root")
    repository.publish("root")
    broken = json.loads(repository.files["metadata/3.root.json"])
    broken["signed"]["x-note"] = "added by a stranger"
    repository.files["metadata/3.root.json"] = json.dumps(broken).encode()
    assert client.refresh() == 1
    assert client.trusted() == {"root": 2}
