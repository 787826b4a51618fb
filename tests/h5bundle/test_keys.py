import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from h5bundle.errors import ProjectError, RoleKeyError
from h5bundle.keys import HOLDER, TEAM, KeyFolder, name_key, open_key, read_public, write_key, write_public


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    write_key(tmp_path / "anna.pem", b"tide")
    return tmp_path / "anna.pem"


def test_a_key_is_opened_by_its_uri_and_its_passphrase(pem: Path) -> None:
    signer = open_key("file:anna.pem", b"tide", folder=pem.parent)
    signer.public_key.verify_signature(signer.sign(b"x"), b"x")
    assert pem.stat().st_mode & 0o777 == 0o600
    assert b"ENCRYPTED" in pem.read_bytes()


@pytest.mark.parametrize(
    ("uri", "secret", "words"),
    [
        ("file:anna.pem", b"ebb", "the passphrase does not open anna.pem"),
        ("file:boris.pem", b"tide", "there is no key"),
        ("file:rsa.pem", b"", "is no ECDSA P-256 key"),
        ("file:big.pem", b"", "is no ECDSA P-256 key"),
        ("kms:anna", b"tide", "is no key's URI"),
    ],
)
def test_what_does_not_open_is_told(pem: Path, uri: str, secret: bytes, words: str) -> None:
    for name, key in (("rsa", rsa.generate_private_key(65537, 2048)), ("big", ec.generate_private_key(ec.SECP384R1()))):
        plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (pem.parent / f"{name}.pem").write_bytes(plain)
    with pytest.raises(RoleKeyError, match=words):
        open_key(uri, secret, folder=pem.parent)


def test_a_key_is_never_written_over_nor_without_a_passphrase(pem: Path) -> None:
    before = pem.read_bytes()
    with pytest.raises(RoleKeyError, match="is there already"):
        write_key(pem, b"tide")
    with pytest.raises(RoleKeyError, match="without a passphrase"):
        write_key(pem.parent / "new.pem", b"")
    assert (pem.read_bytes(), (pem.parent / "new.pem").exists()) == (before, False)


def test_a_public_key_carries_holder_and_team_which_are_no_part_of_its_id(pem: Path) -> None:
    bare = open_key(f"file:{pem}", b"tide").public_key
    key = read_public(write_public(bare, team="security", holder="anna"), name="anna.json")
    assert (key.keyid, key.keyval) == (bare.keyid, bare.keyval)
    assert key.unrecognized_fields == {TEAM: "security", HOLDER: "anna"}
    assert (name_key(key), name_key(bare)) == (f"{key.keyid[:8]} (anna, security)", key.keyid[:8])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"keyid": "0" * 64}, "is not that of its key"),
        ({TEAM: "guests"}, "names a team that is none"),
        ({HOLDER: "anna, security"}, "holder that is no name"),
        ({HOLDER: "\x1b[2J"}, "holder that is no name"),
        ({"keyval": {"public": "none"}}, "holds no public key"),
        ({"keytype": "none"}, "is no public key of h5bundle"),
    ],
)
def test_a_public_key_that_is_not_what_it_says_is_refused(pem: Path, change: dict[str, object], words: str) -> None:
    data = json.loads(write_public(open_key(f"file:{pem}", b"tide").public_key)) | change
    with pytest.raises(RoleKeyError, match=words):
        read_public(json.dumps(data).encode(), name="anna.json")


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"\xff\xfe", b'{"keyid": 1}'])
def test_rubbish_is_no_public_key(data: bytes) -> None:
    with pytest.raises(RoleKeyError, match="is no public key"):
        read_public(data, name="x")


def test_a_list_of_keys_stands_beside_the_files(pem: Path) -> None:
    folder = KeyFolder(pem.parent, b"tide")
    folder.generate("root")
    (pem.parent / "keys.yaml").write_text("root: [file:anna.pem]\ntargets: [file:anna.pem]\n", encoding="utf-8")
    assert [len(folder.signers(role)) for role in ("root", "targets")] == [2, 1]


@pytest.mark.parametrize("text", ["- a", "root: file:anna.pem", "root: [1]", "root: {a: b}"])
def test_a_list_that_gives_no_uris_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "keys.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(RoleKeyError, match="list of URIs"):
        KeyFolder(tmp_path, b"tide").signers("root")


def test_a_list_with_a_role_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keys.yaml").write_text("root: [a]\nroot: [b]\n", encoding="utf-8")
    with pytest.raises(ProjectError, match="twice"):
        KeyFolder(tmp_path, b"tide").has("root")
