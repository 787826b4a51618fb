"""Certificate chains from a leaf up to a root that we know: form, order, signatures, time.

Which chains expire and what a leaf must say is for the platforms to decide.
"""

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from security.attestation.rules import Rule, refuse

RootKey: TypeAlias = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
MOST_CERTIFICATES: Final = 8
MOST_BYTES: Final = 16_384
"""Of one certificate."""
_HASHES: Final = (hashes.SHA256, hashes.SHA384, hashes.SHA512)
_LEAST_RSA: Final = 2048
_UNREADABLE: Final = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""What ``cryptography`` raises for bytes that are no certificate, or one that it does not know."""


@dataclass(frozen=True, slots=True)
class Root:
    """A key at which chains end, and its name for people."""

    name: str
    key: RootKey

    @property
    def spki(self) -> bytes:
        """Give the key as SubjectPublicKeyInfo."""
        return _spki(self.key)


@dataclass(frozen=True, slots=True)
class Chain:
    """Certificates whose signatures hold up to ``root``, the leaf first; the root's own certificate is not among them.

    ``presented`` are all that came, the root's own included.
    """

    certificates: tuple[x509.Certificate, ...]
    presented: tuple[x509.Certificate, ...]
    root: Root

    @property
    def leaf(self) -> x509.Certificate:
        """Give the certificate that the chain is about."""
        return self.certificates[0]

    @property
    def digest(self) -> str:
        """Give the SHA-256 over all certificates that came, each as u32 length and DER, hex."""
        return chain_digest([certificate.public_bytes(Encoding.DER) for certificate in self.presented])


def chain_digest(certificates: Sequence[bytes]) -> str:
    """Give the SHA-256 over certificates, each as its length (u32, big-endian) and its DER, as hex."""
    return hashlib.sha256(b"".join(struct.pack(">I", len(one)) + one for one in certificates)).hexdigest()


def build_chain(*, certificates: Sequence[bytes], roots: Sequence[Root]) -> Chain:
    """Hold that each certificate is signed by the next one, which may sign, and the last by a root.

    Args:
        certificates: DER, the leaf first; the root's own certificate may stand at the end.
        roots: the keys at which a chain may end.

    Raises:
        AttestationError: CHAIN_MALFORMED, CHAIN_BROKEN, EXTENSION_DOUBLED or ROOT_UNKNOWN.
    """
    if not 2 <= len(certificates) <= MOST_CERTIFICATES:  # noqa: PLR2004 — a leaf and who signed it
        refuse(Rule.CHAIN_MALFORMED, f"a chain has 2 to {MOST_CERTIFICATES} certificates, not {len(certificates)}")
    presented = tuple(_load(one) for one in certificates)
    known = {root.spki: root for root in roots}
    last = known.get(_spki_of(presented[-1]))
    below = presented[:-1] if last else presented
    for subject, issuer in zip(below, presented[1:], strict=False):
        _check_link(subject, issuer)
    root = last or next((one for one in roots if _is_signed(below[-1], one.key)), None)
    if root is None:
        refuse(Rule.ROOT_UNKNOWN, "the chain does not end at a root of this platform")
    return Chain(below, presented, root)


def check_times(chain: Chain, now: datetime) -> None:
    """Hold that every certificate below the root is valid now.

    Raises:
        AttestationError: CHAIN_EXPIRED.
    """
    for at, one in enumerate(chain.certificates):
        if not one.not_valid_before_utc <= now <= one.not_valid_after_utc:
            window = f"{one.not_valid_before_utc:%Y-%m-%d} to {one.not_valid_after_utc:%Y-%m-%d}"
            refuse(Rule.CHAIN_EXPIRED, f"certificate {at} of the chain is valid from {window}")


def extensions_of(certificate: x509.Certificate) -> dict[str, bytes]:
    """Give the private extensions of a certificate, by OID; they are bytes that ``cryptography`` does not read."""
    return {
        one.oid.dotted_string: one.value.value
        for one in certificate.extensions
        if isinstance(one.value, x509.UnrecognizedExtension)
    }


def _load(data: bytes) -> x509.Certificate:
    if len(data) > MOST_BYTES:
        refuse(Rule.CHAIN_MALFORMED, "a certificate is too large")
    try:
        certificate = x509.load_der_x509_certificate(data)
        _ = certificate.extensions, certificate.subject, certificate.issuer, certificate.public_key()
    except x509.DuplicateExtension as error:
        refuse(Rule.EXTENSION_DOUBLED, "a certificate carries one extension twice", error)
    except _UNREADABLE as error:
        refuse(Rule.CHAIN_MALFORMED, "a certificate is not DER, or not of a kind that is accepted", error)
    return certificate


def _check_link(subject: x509.Certificate, issuer: x509.Certificate) -> None:
    if subject.issuer != issuer.subject:
        refuse(Rule.CHAIN_BROKEN, "a certificate does not name the next one as its issuer")
    if not _may_sign(issuer):
        refuse(Rule.CHAIN_BROKEN, "a certificate of the chain was issued by one that may not issue any")
    if not _is_signed(subject, issuer.public_key()):
        refuse(Rule.CHAIN_BROKEN, "a certificate is not signed by the next one")


def _may_sign(issuer: x509.Certificate) -> bool:
    try:
        is_ca = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        usage = issuer.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return is_ca and usage.key_cert_sign


def _is_signed(certificate: x509.Certificate, key: object) -> bool:
    """Tell whether a key signed a certificate, by ECDSA or RSA PKCS#1 v1.5 over SHA-2."""
    signature, signed = certificate.signature, certificate.tbs_certificate_bytes
    try:
        algorithm, parameters = certificate.signature_hash_algorithm, certificate.signature_algorithm_parameters
        if not isinstance(algorithm, _HASHES):
            return False
        if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(parameters, ec.ECDSA):
            key.verify(signature, signed, ec.ECDSA(algorithm))
            return True
        if isinstance(key, rsa.RSAPublicKey) and isinstance(parameters, padding.PKCS1v15):
            key.verify(signature, signed, padding.PKCS1v15(), algorithm)
            return key.key_size >= _LEAST_RSA
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return False


def _spki(key: RootKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _spki_of(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
