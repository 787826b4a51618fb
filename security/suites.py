"""Signature algorithms as named suites, chosen per key by ``alg``; ES256 is the first, the registry is open to more.

Invariant: one message and one key have at most one accepted signature for each nonce. A raw signature is r‖s with both
in range and s in the lower half of the group; its high-S twin is refused, so no cache may ever be keyed by signatures.
"""

from typing import Final, Protocol, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from security.errors import SignatureError

PublicKey: TypeAlias = ec.EllipticCurvePublicKey
PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey

P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_HALF_ORDER: Final = P256_ORDER >> 1
_PART: Final = 32


class Suite(Protocol):
    """A signature algorithm with a raw, canonical signature."""

    @property
    def alg(self) -> str:
        """Give the name, as JWS and approvals carry it."""
        ...

    def verify(self, public_key: PublicKey, message: bytes, signature: bytes) -> None:
        """Accept the signature, or raise SignatureError."""
        ...

    def sign(self, private_key: PrivateKey, message: bytes) -> bytes:
        """Give the raw canonical signature."""
        ...

    def generate(self) -> PrivateKey:
        """Make a new private key."""
        ...


class Es256:
    """ECDSA on P-256 with SHA-256 (RFC 7518 §3.4), low-S only."""

    alg = "ES256"

    def verify(self, public_key: PublicKey, message: bytes, signature: bytes) -> None:
        """Accept 64 raw bytes r‖s.

        Raises:
            SignatureError: SIG_NONCANONICAL when s lies in the upper half; SIG_INVALID for everything else.
        """
        r, s = _parts(signature)
        try:
            public_key.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature as error:
            raise SignatureError(detail="the signature does not fit the message and the key") from error

    def sign(self, private_key: PrivateKey, message: bytes) -> bytes:
        """Give 64 raw bytes r‖s with s in the lower half."""
        r, s = decode_dss_signature(private_key.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(_PART) + min(s, P256_ORDER - s).to_bytes(_PART)

    def generate(self) -> PrivateKey:
        """Make a new P-256 key with the operating system's randomness."""
        return ec.generate_private_key(ec.SECP256R1())


def _parts(signature: bytes) -> tuple[int, int]:
    if len(signature) != 2 * _PART:
        raise SignatureError(detail="a raw ES256 signature has 64 bytes")
    r, s = int.from_bytes(signature[:_PART]), int.from_bytes(signature[_PART:])
    if not (0 < r < P256_ORDER and 0 < s < P256_ORDER):
        raise SignatureError(detail="r or s is out of range")
    if s > _HALF_ORDER:
        raise SignatureError(detail="s lies in the upper half", code="SIG_NONCANONICAL")
    return r, s


ES256: Final = Es256()
_SUITES: Final[dict[str, Suite]] = {ES256.alg: ES256}


def suite(alg: str) -> Suite:
    """Give the suite of an algorithm's name.

    Raises:
        SignatureError: the name is not known; ``none`` and symmetric algorithms never are.
    """
    try:
        return _SUITES[alg]
    except KeyError as error:
        raise SignatureError(detail="the algorithm is not supported", code="ALG_UNSUPPORTED") from error
