"""Apple App Attest: an attestation of the app's instance once, and assertions by the same instance later.

Apple attests no key of the Secure Enclave but its own, so the device's two thumbprints stand in the client data whose
hash is attested: the genuine app says that they are its keys.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from security.attestation.chain import Chain, Root, build_chain, check_times, extensions_of
from security.attestation.der import read_one
from security.attestation.model import (
    APP_ATTEST,
    APPLE,
    DEVELOPMENT,
    PRODUCTION,
    ApplePolicy,
    VerifiedAppAttest,
    VerifiedAssertion,
    VerifiedAttestation,
)
from security.attestation.rules import Rule, refuse
from security.errors import EncodingError
from security.jwk import PublicJwk

NONCE: Final = "1.2.840.113635.100.8.2"
_FORMAT: Final = "apple-appattest"
_AAGUIDS: Final = {DEVELOPMENT: b"appattestdevelop", PRODUCTION: b"appattest" + bytes(7)}
_MOST_BYTES: Final = 32_768
_HASH: Final = 32
_ATTESTED: Final = 0x40
_FLAGS_AT, _COUNTER_AT, _AAGUID_AT, _SIZE_AT, _ID_AT = 32, 33, 37, 53, 55
_KEY_AT: Final = _ID_AT + _HASH
_NONCE_TAG: Final = 1


@dataclass(frozen=True, slots=True)
class _AuthData:
    app_hash: bytes
    flags: int
    counter: int
    rest: bytes


def verify_apple_device(
    *,
    attestation: bytes,
    key_id: bytes,
    challenge: bytes,
    pop_key: PublicJwk,
    tx_key: PublicJwk,
    policy: ApplePolicy,
    roots: Sequence[Root],
    now: datetime,
) -> VerifiedAttestation:
    """Accept the attestation of the app on a device.

    Args:
        attestation: what ``attestKey`` gave.
        key_id: Apple's name of the attested key, 32 bytes.
        challenge: the client data's hash, the SHA-256 of the registration's transcript; both thumbprints stand there.
        pop_key: the key that is being registered for requests.
        tx_key: that for approvals.
        policy: what the app asks for.
        roots: Apple's root.
        now: the present instant; the leaf lives three days.

    Raises:
        AttestationError: its code is the rule that does not hold.
    """
    done = verify_app_attest(
        attestation=attestation, key_id=key_id, client_data_hash=challenge, policy=policy, roots=roots, now=now
    )
    keys = (pop_key.thumbprint, tx_key.thumbprint)
    return VerifiedAttestation(APPLE, APP_ATTEST, challenge.hex(), *keys, done.digest, done.public_key)


def verify_app_attest(
    *,
    attestation: bytes,
    key_id: bytes,
    client_data_hash: bytes,
    policy: ApplePolicy,
    roots: Sequence[Root],
    now: datetime,
) -> VerifiedAppAttest:
    """Accept an attestation object of App Attest.

    Raises:
        AttestationError: its code is the rule that does not hold.
    """
    found = _decode(attestation, {"fmt": str, "attStmt": dict, "authData": bytes})
    raw, chain = found["authData"], _chain(found, roots)
    check_times(chain, now)
    if _nonce(chain) != hashlib.sha256(raw + client_data_hash).digest():
        refuse(Rule.NONCE_MISMATCH, "the attestation was not made for this registration")
    public_key = chain.leaf.public_key()
    if not isinstance(public_key, ec.EllipticCurvePublicKey) or not isinstance(public_key.curve, ec.SECP256R1):
        refuse(Rule.KEY_MISMATCH, "the attested key is not on P-256")
    point = public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    if hashlib.sha256(point).digest() != key_id:
        refuse(Rule.KEY_ID_MISMATCH, "the attested key has another id")
    data = _auth_data(raw)
    _check_app(data, policy)
    if data.counter:
        refuse(Rule.COUNTER_NOT_ZERO, "the attested key was used before")
    _check_attested(raw, data, key_id, point, policy)
    spki = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return VerifiedAppAttest(key_id, spki, hashlib.sha256(attestation).hexdigest())


def verify_assertion(
    *, assertion: bytes, client_data_hash: bytes, public_key: bytes, last_counter: int, policy: ApplePolicy
) -> VerifiedAssertion:
    """Accept a later assertion by the attested key.

    Args:
        assertion: what ``generateAssertion`` gave.
        client_data_hash: SHA-256 of what the app asserts.
        public_key: the attested key, SubjectPublicKeyInfo in DER.
        last_counter: the counter of the last assertion, 0 after the attestation.
        policy: what the app asks for.

    Raises:
        AttestationError: OBJECT_MALFORMED, APP_MISMATCH, COUNTER_NOT_GROWN or ASSERTION_INVALID.
    """
    found = _decode(assertion, {"signature": bytes, "authenticatorData": bytes})
    data = _auth_data(found["authenticatorData"])
    key = load_der_public_key(public_key)
    if data.rest or not isinstance(key, ec.EllipticCurvePublicKey):
        refuse(Rule.OBJECT_MALFORMED, "the authenticator data of an assertion has 37 bytes")
    _check_app(data, policy)
    nonce = hashlib.sha256(found["authenticatorData"] + client_data_hash).digest()
    try:
        key.verify(found["signature"], nonce, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        refuse(Rule.ASSERTION_INVALID, "the assertion is not the attested key's over this content", error)
    if data.counter <= last_counter:
        refuse(Rule.COUNTER_NOT_GROWN, f"the counter is {data.counter} and was {last_counter}")
    return VerifiedAssertion(data.counter)


def _decode(data: bytes, members: dict[str, type]) -> dict[str, Any]:
    """Read a CBOR map of exactly these members, in the one encoding that deterministic CBOR has for it."""
    if len(data) > _MOST_BYTES:
        refuse(Rule.OBJECT_MALFORMED, "the object is too large")
    found = _plain(data)
    if not isinstance(found, dict) or set(found) != set(members):
        refuse(Rule.OBJECT_MALFORMED, f"the object is not a map of {', '.join(members)}")
    if any(not isinstance(found[name], kind) for name, kind in members.items()):
        refuse(Rule.OBJECT_MALFORMED, "a member of the object has another type")
    return found


def _plain(data: bytes) -> Any:
    """Read CBOR that encodes back to the same bytes: no longer length, doubled key or byte behind the end."""
    try:
        found = cbor2.loads(data)
        again = cbor2.dumps(found)
    except (cbor2.CBORError, ValueError, TypeError, OverflowError, RecursionError) as error:
        refuse(Rule.OBJECT_MALFORMED, "the object is not CBOR", error)
    if again != data:
        refuse(Rule.OBJECT_MALFORMED, "the object is not in the shortest CBOR")
    return found


def _chain(found: dict[str, Any], roots: Sequence[Root]) -> Chain:
    statement = found["attStmt"]
    certificates = statement.get("x5c")
    if found["fmt"] != _FORMAT or set(statement) != {"x5c", "receipt"} or not isinstance(certificates, list):
        refuse(Rule.OBJECT_MALFORMED, "the statement is not of App Attest")
    if not all(isinstance(one, bytes) for one in certificates):
        refuse(Rule.OBJECT_MALFORMED, "a certificate is no byte string")
    return build_chain(certificates=certificates, roots=roots)


def _nonce(chain: Chain) -> bytes:
    if any(NONCE in extensions_of(one) for one in chain.presented[1:]):
        refuse(Rule.EXTENSION_MISPLACED, "a certificate above the leaf carries the nonce extension")
    value = extensions_of(chain.leaf).get(NONCE)
    if value is None:
        refuse(Rule.EXTENSION_MISSING, "the leaf carries no nonce extension")
    try:
        members = read_one(value).sequence()
        nonces = {one.number: one.explicit().octets() for one in members}
    except EncodingError as error:
        refuse(Rule.EXTENSION_MALFORMED, f"the nonce extension is malformed: {error.detail}", error)
    if len(members) != 1 or _NONCE_TAG not in nonces:
        refuse(Rule.EXTENSION_MALFORMED, "the nonce extension has other members than the nonce")
    return nonces[_NONCE_TAG]


def _auth_data(raw: bytes) -> _AuthData:
    if len(raw) < _AAGUID_AT:
        refuse(Rule.OBJECT_MALFORMED, "the authenticator data is cut short")
    counter = int.from_bytes(raw[_COUNTER_AT:_AAGUID_AT])
    return _AuthData(raw[:_FLAGS_AT], raw[_FLAGS_AT], counter, raw[_AAGUID_AT:])


def _check_app(data: _AuthData, policy: ApplePolicy) -> None:
    if data.app_hash != hashlib.sha256(policy.app_id.encode()).digest():
        refuse(Rule.APP_MISMATCH, "the key belongs to another app")


def _check_attested(raw: bytes, data: _AuthData, key_id: bytes, point: bytes, policy: ApplePolicy) -> None:
    if data.flags != _ATTESTED or len(raw) <= _KEY_AT or int.from_bytes(raw[_SIZE_AT:_ID_AT]) != _HASH:
        refuse(Rule.OBJECT_MALFORMED, "the authenticator data holds no attested key")
    if raw[_AAGUID_AT:_SIZE_AT] != _AAGUIDS[policy.environment]:
        refuse(Rule.ENVIRONMENT_MISMATCH, f"the key is not of Apple's {policy.environment} environment")
    if raw[_ID_AT:_KEY_AT] != key_id:
        refuse(Rule.KEY_ID_MISMATCH, "the authenticator data names another key")
    if _plain(raw[_KEY_AT:]) != {1: 2, 3: -7, -1: 1, -2: point[1 : 1 + _HASH], -3: point[1 + _HASH :]}:
        refuse(Rule.KEY_MISMATCH, "the authenticator data holds another key than the leaf")
