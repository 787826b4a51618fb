"""Keys outside the folder: in a SoftHSM token, and with a key service behind the signer interface of securesystemslib.

The key service is a fake of that interface only: it gets the same URI and public key and gives the same signature
object as the library's own signers. No cloud was asked.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import jwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from securesystemslib.signer import (  # type: ignore[attr-defined]  # documented names
    SIGNER_FOR_URI_SCHEME,
    Signature,
    Signer,
    SSlibKey,
)

from security import hsm
from security.errors import KeyStoreError
from security.keys import KeyState, KeyStore
from security.suites import ES256
from tests.softhsm import MODULE, soft_token

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
needs_softhsm = pytest.mark.skipif(not Path(MODULE).exists(), reason="needs SoftHSM")


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    return KeyStore.open(tmp_path / "keys", "words")


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    names = [("first", "secp256r1"), ("second", "secp256r1"), ("big", "secp384r1")]
    with soft_token(tmp_path_factory.mktemp("server-hsm"), "server", names) as folder:
        (folder / "pin").write_text("4321\n")
        hsm.sessions().refused.clear()
        yield folder


def in_token(token: Path, name: str) -> str:
    return f"hsm:token=server;object={name}?module-path={MODULE}&pin-source={token / 'pin'}"


@needs_softhsm
def test_a_key_of_a_token_goes_through_the_states_and_signs_tokens(store: KeyStore, token: Path) -> None:
    old = store.generate("access-token", NOW)
    staged = store.stage("access-token", NOW, uri=in_token(token, "first"))
    assert staged.kid in {line["kid"] for line in store.jwks("access-token")["keys"]}
    key = store.rotate("access-token", NOW)
    assert (key.kid, key.state) == (staged.kid, KeyState.ACTIVE)
    ES256.verify(key.jwk.public_key, b"m", key.sign(b"m"))
    signed = jwt.encode({"sub": "x"}, key.signing_key, "ES256", headers={"kid": key.kid})
    assert jwt.decode(signed, key.jwk.public_key, ["ES256"]) == {"sub": "x"}
    assert store.check() == ()
    assert {record.kid: record.state for record in store.records()}[old.kid] is KeyState.VERIFY_ONLY


@needs_softhsm
def test_another_instance_and_a_forked_child_sign_with_it(store: KeyStore, token: Path, tmp_path: Path) -> None:
    store.stage("audit-checkpoint", NOW, uri=in_token(token, "second"))
    key = store.rotate("audit-checkpoint", NOW)
    other = KeyStore.open(tmp_path / "keys", "words").active("audit-checkpoint")
    ES256.verify(key.jwk.public_key, b"m", other.sign(b"m"))
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, key.sign(b"child"))
        os._exit(0)
    os.waitpid(child, 0)
    ES256.verify(key.jwk.public_key, b"child", os.read(reading, 100))


@needs_softhsm
@pytest.mark.parametrize(
    ("purpose", "name", "words"),
    [
        ("access-token", "big", "is no ECDSA P-256 key"),
        ("access-token", "absent", "has no key absent"),
        ("sealing-kek", "first", "are secrets and lie in files"),
    ],
)
def test_what_a_token_does_not_give_is_not_staged(
    store: KeyStore, token: Path, purpose: str, name: str, words: str
) -> None:
    with pytest.raises(KeyStoreError, match=words):
        store.stage(purpose, NOW, uri=in_token(token, name))
    assert store.records() == ()


@needs_softhsm
def test_a_key_of_a_token_is_never_exported(store: KeyStore, token: Path) -> None:
    key = store.stage("access-token", NOW, uri=in_token(token, "first")).signing_key
    for give in (key.private_numbers, lambda: key.private_bytes(None, None, None)):  # type: ignore[arg-type]  # refused before they are read
        with pytest.raises(KeyStoreError, match="cannot be exported"):
            give()
    with pytest.raises(KeyStoreError, match="SHA-256 only"):
        key.sign(b"m", ec.ECDSA(hashes.SHA384()))


class FakeService(Signer):
    """A key service behind securesystemslib's interface; ``held`` are its keys by URI."""

    held: ClassVar[dict[str, ec.EllipticCurvePrivateKey]] = {}

    def __init__(self, private: ec.EllipticCurvePrivateKey, public: SSlibKey) -> None:
        self._private, self._public = private, public

    @property
    def public_key(self) -> SSlibKey:
        return self._public

    @classmethod
    def from_priv_key_uri(cls, priv_key_uri: str, public_key: Any, secrets_handler: Any = None) -> "FakeService":
        assert (public_key.keytype, public_key.scheme, secrets_handler) == ("ecdsa", "ecdsa-sha2-nistp256", None)
        return cls(cls.held[priv_key_uri], public_key)

    def sign(self, payload: bytes) -> Signature:
        return Signature(self._public.keyid, self._private.sign(payload, ec.ECDSA(hashes.SHA256())).hex())


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> dict[str, ec.EllipticCurvePrivateKey]:
    monkeypatch.setitem(SIGNER_FOR_URI_SCHEME, "awskms", FakeService)
    monkeypatch.setattr(FakeService, "held", {"awskms:at": ES256.generate()})
    return FakeService.held


def test_a_key_of_a_key_service_signs(store: KeyStore, service: dict[str, ec.EllipticCurvePrivateKey]) -> None:
    public = service["awskms:at"].public_key()
    store.stage("access-token", NOW, uri="awskms:at", public=public)
    key = store.rotate("access-token", NOW)
    ES256.verify(public, b"m", key.sign(b"m"))
    assert [(record.uri, record.state) for record in store.records()] == [("awskms:at", KeyState.ACTIVE)]
    service["awskms:at"] = ES256.generate()
    assert KeyStore.open(store.folder, "words").check() == (
        f"access-token {key.kid}: the key signs, but not as the public key on record",
    )


def test_a_key_service_that_fails_or_has_another_key_is_told(
    store: KeyStore, service: dict[str, ec.EllipticCurvePrivateKey]
) -> None:
    assert service
    with pytest.raises(KeyStoreError, match="not as the public key on record"):
        store.stage("access-token", NOW, uri="awskms:at", public=ES256.generate().public_key())
    with pytest.raises(KeyStoreError, match="awskms:gone does not open: KeyError"):
        store.stage("access-token", NOW, uri="awskms:gone", public=service["awskms:at"].public_key())
    with pytest.raises(KeyStoreError, match="needs its public key"):
        store.stage("access-token", NOW, uri="awskms:at")
    with pytest.raises(KeyStoreError, match="is no key's URI"):
        store.stage("access-token", NOW, uri="ftp:at", public=service["awskms:at"].public_key())
    assert store.records() == ()
