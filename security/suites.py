"""Signature algorithms as named suites, a registry that is open to more: ES256, and SM2-SM3 where its library is.

Invariant: a key belongs to one suite, which its curve names, and no suite takes another's key. Every signature is raw
r‖s with one canonical form: ES256 refuses the high-S twin, SM2 has none. No cache may ever be keyed by signatures.
"""

from typing import Any, Final, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from security.errors import JwkError, SignatureError
from security.keyforms import Suite, join, split
from security.sm2 import Sm2PrivateKey, Sm2PublicKey, Sm2Sm3

PublicKey: TypeAlias = ec.EllipticCurvePublicKey | Sm2PublicKey
PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey | Sm2PrivateKey

P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_HALF_ORDER: Final = P256_ORDER >> 1


class Es256:
    """ECDSA on P-256 with SHA-256 (RFC 7518 §3.4), low-S only."""

    alg = "ES256"
    curve = "P-256"

    def require(self) -> None:
        """Do nothing: it is always there."""

    def verify(self, public_key: object, message: bytes, signature: bytes) -> None:
        """Accept 64 raw bytes r‖s.

        Raises:
            SignatureError: ALG_MISMATCH, the key is another suite's; SIG_NONCANONICAL when s lies in the upper half;
                SIG_INVALID for everything else.
        """
        if not isinstance(public_key, ec.EllipticCurvePublicKey) or not isinstance(public_key.curve, ec.SECP256R1):
            raise SignatureError(detail="an ES256 signature needs a P-256 key", code="ALG_MISMATCH")
        r, s = split(signature, P256_ORDER)
        if s > _HALF_ORDER:
            raise SignatureError(detail="s lies in the upper half", code="SIG_NONCANONICAL")
        try:
            public_key.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature as error:
            raise SignatureError(detail="the signature does not fit the message and the key") from error

    def sign(self, private_key: object, message: bytes) -> bytes:
        """Give 64 raw bytes r‖s with s in the lower half.

        Raises:
            SignatureError: ALG_MISMATCH, the key is another suite's.
        """
        if not isinstance(private_key, ec.EllipticCurvePrivateKey) or not isinstance(private_key.curve, ec.SECP256R1):
            raise SignatureError(detail="an ES256 signature needs a P-256 key", code="ALG_MISMATCH")
        r, s = decode_dss_signature(private_key.sign(message, ec.ECDSA(hashes.SHA256())))
        return join(r, min(s, P256_ORDER - s))

    def generate(self) -> ec.EllipticCurvePrivateKey:
        """Make a new P-256 key with the operating system's randomness."""
        return ec.generate_private_key(ec.SECP256R1())

    def point(self, x: int, y: int) -> ec.EllipticCurvePublicKey:
        """Give the public key of a point.

        Raises:
            ValueError: it is not on the curve.
        """
        return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()

    def coordinates(self, public_key: ec.EllipticCurvePublicKey) -> tuple[int, int]:
        """Give the point of a public key."""
        numbers = public_key.public_numbers()
        return numbers.x, numbers.y


ES256: Final = Es256()
SM2_SM3: Final = Sm2Sm3()
AnySuite: TypeAlias = Suite[Any, Any]
_SUITES: Final[dict[str, AnySuite]] = {ES256.alg: ES256, SM2_SM3.alg: SM2_SM3}
_BY_CURVE: Final[dict[str, AnySuite]] = {known.curve: known for known in _SUITES.values()}
SUITES: Final = tuple(_SUITES)
"""The names of all suites, the default first."""
DEFAULT: Final = frozenset({ES256.alg})
"""The suites that are accepted where nobody says which."""


def suite(alg: str) -> AnySuite:
    """Give the suite of an algorithm's name.

    Raises:
        SignatureError: the name is not known; ``none`` and symmetric algorithms never are.
    """
    try:
        return _SUITES[alg]
    except KeyError as error:
        raise SignatureError(detail="the algorithm is not supported", code="ALG_UNSUPPORTED") from error


def suite_of_curve(curve: str) -> AnySuite:
    """Give the suite whose keys lie on a curve of that name.

    Raises:
        JwkError: there is none.
    """
    try:
        return _BY_CURVE[curve]
    except KeyError as error:
        raise JwkError(detail=f"only keys of crv {' or '.join(_BY_CURVE)} are accepted") from error


def suite_of_key(key: PublicKey | PrivateKey) -> AnySuite:
    """Give the suite that a key belongs to.

    Raises:
        JwkError: there is none for its curve.
    """
    if isinstance(key, Sm2PublicKey | Sm2PrivateKey):
        return SM2_SM3
    if isinstance(key.curve, ec.SECP256R1):
        return ES256
    raise JwkError(detail=f"only keys of crv {' or '.join(_BY_CURVE)} are accepted")
