"""SM2 with SM3 (GB/T 32918.2, .5) as a suite, on ``tongsuopy``, which only those install who need it.

Invariant: one message and one key have at most one accepted signature for each nonce. SM2 puts r into the point that
verification makes, so ``n - s`` does not verify and no half of the group is to be preferred: in range is canonical.
The library hashes Z before the message, with the user id that GM/T 0009 fixes where nobody names another.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from security.errors import SignatureError, SuiteUnavailableError
from security.keyforms import join, split

try:
    from tongsuopy.crypto import exceptions, hashes
    from tongsuopy.crypto.asymciphers import ec
except ImportError:
    _INSTALLED = False
else:
    _INSTALLED = True

SM2_ORDER: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
_FIELD: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF


@dataclass(frozen=True, slots=True)
class Sm2PublicKey:
    """A point of the curve of GB/T 32918.5; made by ``Sm2Sm3.point``, which checks that it is one."""

    x: int
    y: int
    handle: Any = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Sm2PrivateKey:
    """A private key: a number between 1 and n - 2."""

    number: int = field(repr=False)
    handle: Any = field(repr=False, compare=False)

    def public_key(self) -> Sm2PublicKey:
        """Give the public key."""
        handle = self.handle.public_key()
        numbers = handle.public_numbers()
        return Sm2PublicKey(numbers.x, numbers.y, handle)


class Sm2Sm3:
    """SM2 signatures with SM3 and the user id ``1234567812345678``."""

    alg = "SM2-SM3"
    curve = "SM2"

    def require(self) -> None:
        """Do nothing when the library is installed.

        Raises:
            SuiteUnavailableError: it is not.
        """
        if not _INSTALLED:
            raise SuiteUnavailableError(
                detail="SM2-SM3 needs the package tongsuopy, which is not installed: pip install tongsuopy==1.0.1"
            )

    def verify(self, public_key: object, message: bytes, signature: bytes) -> None:
        """Accept 64 raw bytes r‖s.

        Raises:
            SignatureError: ALG_MISMATCH, the key is another suite's; SIG_INVALID for everything else.
        """
        if not isinstance(public_key, Sm2PublicKey):
            raise SignatureError(detail="an SM2-SM3 signature needs an SM2 key", code="ALG_MISMATCH")
        encoded = encode_dss_signature(*split(signature, SM2_ORDER))
        try:
            public_key.handle.verify(encoded, message, ec.ECDSA(hashes.SM3()))
        except (exceptions.InvalidSignature, exceptions.InternalError, ValueError) as error:
            raise SignatureError(detail="the signature does not fit the message and the key") from error

    def sign(self, private_key: object, message: bytes) -> bytes:
        """Give 64 raw bytes r‖s.

        Raises:
            SignatureError: ALG_MISMATCH, the key is another suite's.
        """
        if not isinstance(private_key, Sm2PrivateKey):
            raise SignatureError(detail="an SM2-SM3 signature needs an SM2 key", code="ALG_MISMATCH")
        return join(*decode_dss_signature(private_key.handle.sign(message, ec.ECDSA(hashes.SM3()))))

    def generate(self) -> Sm2PrivateKey:
        """Make a new SM2 key with the library's generator, which the operating system seeds.

        Raises:
            SuiteUnavailableError: the library is not installed.
        """
        self.require()
        handle = ec.generate_private_key(ec.SM2())
        return Sm2PrivateKey(handle.private_numbers().private_value, handle)

    def derive(self, number: int) -> Sm2PrivateKey:
        """Give the private key of a number.

        Raises:
            SuiteUnavailableError: the library is not installed.
            ValueError: the number is not between 1 and n - 2.
        """
        self.require()
        if not 0 < number < SM2_ORDER - 1:
            message = "an SM2 private key lies between 1 and n - 2"
            raise ValueError(message)
        return Sm2PrivateKey(number, ec.derive_private_key(number, ec.SM2()))

    def point(self, x: int, y: int) -> Sm2PublicKey:
        """Give the public key of a point.

        Raises:
            SuiteUnavailableError: the library is not installed.
            ValueError: it is not on the curve, or a coordinate is not below the field's prime.
        """
        self.require()
        if not (x < _FIELD and y < _FIELD):
            message = "a coordinate is out of range"
            raise ValueError(message)
        return Sm2PublicKey(x, y, ec.EllipticCurvePublicNumbers(x, y, ec.SM2()).public_key())

    def coordinates(self, public_key: Sm2PublicKey) -> tuple[int, int]:
        """Give the point of a public key."""
        return public_key.x, public_key.y
