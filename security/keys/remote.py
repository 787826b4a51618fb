"""Private keys that stay where they are: in a token (``hsm:``) or with a cloud's key service, used by URI.

Such a key looks like any P-256 private key to whoever signs with it, so tokens, checkpoints and replies need not know.
It is opened at its first signature, in the process that signs; it is never exported.
"""

import hashlib
import threading
from collections.abc import Callable
from typing import Any, Final, NoReturn

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.signer import Signature, Signer, SSlibKey  # type: ignore[attr-defined]  # documented names

from security.errors import KeyStoreError, SignatureError
from security.hsm import PREFIX, SCHEME, open_hsm, parse_hsm
from security.suites import PrivateKey, PublicKey, suite_of_key

CLOUDS: Final = ("awskms:", "gcpkms:", "azurekms:", "hv:")
"""URI schemes of key services that securesystemslib signs with; each needs the service's own client library."""
SCHEMES: Final = (PREFIX, *CLOUDS)
_PROBE: Final = b"TIDEGATE-KEY-PROBE/v1"


class RemotePrivateKey(ec.EllipticCurvePrivateKey):
    """A P-256 private key of which this process has the use only."""

    def __init__(self, uri: str, public: ec.EllipticCurvePublicKey, opener: Callable[[], Signer]) -> None:
        """Take where it is, its public half, and how its signer is opened."""
        self._uri = uri
        self._public = public
        self._opener = opener
        self._signer: Signer | None = None
        self._lock = threading.Lock()

    def sign(self, data: Any, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        """Give a DER signature of SHA-256.

        Raises:
            KeyStoreError: another algorithm, or the key cannot be used at present.
        """
        hashed = signature_algorithm.algorithm
        if not isinstance(signature_algorithm, ec.ECDSA) or isinstance(hashed, Prehashed):
            raise KeyStoreError(detail=f"{self._uri} signs messages with ECDSA only")
        if not isinstance(hashed, hashes.SHA256):
            raise KeyStoreError(detail=f"{self._uri} signs with SHA-256 only")
        try:
            signed: Signature = self._opened().sign(bytes(data))
        except KeyStoreError:
            raise
        except Exception as error:  # each cloud's client has errors of its own
            raise KeyStoreError(detail=f"{self._uri} does not sign: {type(error).__name__} {error}"[:300]) from error
        return bytes.fromhex(signed.signature)

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """Give the public half."""
        return self._public

    @property
    def curve(self) -> ec.EllipticCurve:
        """Give P-256."""
        return self._public.curve

    @property
    def key_size(self) -> int:
        """Give 256."""
        return self._public.curve.key_size

    def exchange(self, algorithm: ec.ECDH, peer_public_key: ec.EllipticCurvePublicKey) -> NoReturn:
        """Refuse: these keys sign."""
        del algorithm, peer_public_key
        raise KeyStoreError(detail=f"{self._uri} only signs")

    def private_numbers(self) -> NoReturn:
        """Refuse: the private part stays where it is."""
        raise KeyStoreError(detail=f"{self._uri} cannot be exported")

    def private_bytes(self, encoding: Any, format: Any, encryption_algorithm: Any) -> NoReturn:  # noqa: A002 — the base's names
        """Refuse: the private part stays where it is."""
        del encoding, format, encryption_algorithm
        raise KeyStoreError(detail=f"{self._uri} cannot be exported")

    def __copy__(self) -> "RemotePrivateKey":
        """Give itself: there is one key."""
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> "RemotePrivateKey":
        """Give itself: there is one key."""
        return self

    def _opened(self) -> Signer:
        with self._lock:
            if self._signer is None:
                self._signer = self._opener()
            return self._signer


def is_remote(uri: str) -> bool:
    """Tell whether a URI names a key outside the store's folder."""
    return uri.startswith(SCHEMES)


def public_of(uri: str) -> ec.EllipticCurvePublicKey:
    """Ask a token for the public half of its key.

    Raises:
        KeyStoreError: it does not open, or the key is with a cloud, which is given its public half instead.
    """
    if not uri.startswith(PREFIX):
        raise KeyStoreError(detail=f"{uri} needs its public key beside it (--public)", code="KEY_PUBLIC_MISSING")
    return public_half(open_hsm(uri, b""))


def public_half(signer: Signer) -> ec.EllipticCurvePublicKey:
    """Give the public key of a signer.

    Raises:
        KeyStoreError: it is none of P-256.
    """
    public = load_pem_public_key(signer.public_key.keyval["public"].encode())
    if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(public.curve, ec.SECP256R1):
        raise KeyStoreError(detail="the key is no P-256 key")
    return public


def open_remote(uri: str, public: PublicKey) -> RemotePrivateKey:
    """Give the key of a URI; nothing is contacted before it signs.

    Raises:
        KeyStoreError: the URI has no scheme that is known, or the key is none of P-256.
    """
    if not is_remote(uri):
        raise KeyStoreError(detail=f"{uri!r} is no key's URI: it begins with {', '.join(SCHEMES)}", code="KEY_URI")
    if not isinstance(public, ec.EllipticCurvePublicKey):
        raise KeyStoreError(detail=f"{uri} can only be a P-256 key", code="KEY_URI")
    if uri.startswith(PREFIX):
        parse_hsm(uri)
    return RemotePrivateKey(uri, public, lambda: _signer(uri, public))


def prove(key: PrivateKey) -> None:
    """Let a key sign a probe, and verify it with the public half that is on record.

    Raises:
        KeyStoreError: it does not sign, or signs with another key.
    """
    probe = hashlib.sha256(_PROBE).digest()
    try:
        owner = suite_of_key(key)
        owner.verify(key.public_key(), probe, owner.sign(key, probe))
    except (SignatureError, ValueError) as error:
        raise KeyStoreError(detail="the key signs, but not as the public key on record", code="KEY_FOREIGN") from error


def _signer(uri: str, public: ec.EllipticCurvePublicKey) -> Signer:
    if uri.startswith(PREFIX):
        opened: Signer = open_hsm(uri, b"")
        if public_half(opened) != public:
            raise KeyStoreError(detail=f"{uri} is not the key on record", code="KEY_FOREIGN")
        return opened
    try:
        return Signer.from_priv_key_uri(uri, SSlibKey.from_crypto(public, scheme=SCHEME))
    except Exception as error:  # a missing client library, missing rights, no network: all in the client's own words
        message = f"{uri} does not open: {type(error).__name__} {error}"[:300]
        raise KeyStoreError(detail=message) from error
