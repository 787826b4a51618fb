"""A certification authority of the tests: honest chains and objects, and each of them forged in one place."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from security.attestation.android import ATTESTATION, PROVISIONING, AndroidTrust
from security.attestation.apple import NONCE
from security.attestation.chain import Root
from security.attestation.model import AndroidPolicy, ApplePolicy, RevocationList

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
DAY = timedelta(days=1)
CHALLENGE = hashlib.sha256(b"transcript").digest()
PACKAGE = "cn.lanjiang.tidegate"
SIGNER = hashlib.sha256(b"the bank's signing certificate").digest()
TEAM_APP = "ABCDE12345.cn.lanjiang.tidegate"
LEAF = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Android Keystore Key")])
Key = ec.EllipticCurvePrivateKey


def new_key(curve: ec.EllipticCurve | None = None) -> Key:
    return ec.generate_private_key(curve or ec.SECP256R1())


ROOT_KEY, UPPER_KEY, LOWER_KEY = new_key(ec.SECP384R1()), new_key(), new_key()
ROOTS = (Root("test root", ROOT_KEY.public_key()),)


# ── DER, written by hand so that every byte can be wrong ──
def tlv(tag: bytes, content: bytes) -> bytes:
    if len(content) < 128:
        return tag + bytes([len(content)]) + content
    size = len(content).to_bytes((len(content).bit_length() + 7) // 8)
    return tag + bytes([0x80 | len(size)]) + size + content


def integer(value: int) -> bytes:
    return tlv(b"\x02", value.to_bytes(value.bit_length() // 8 + 1, signed=True))


def enumerated(value: int) -> bytes:
    return b"\x0a\x01" + bytes([value])


def octets(value: bytes) -> bytes:
    return tlv(b"\x04", value)


def sequence(*members: bytes) -> bytes:
    return tlv(b"\x30", b"".join(members))


def set_of(*members: bytes) -> bytes:
    return tlv(b"\x31", b"".join(sorted(members)))


def explicit(number: int, inner: bytes) -> bytes:
    if number < 31:
        return tlv(bytes([0xA0 | number]), inner)
    low = [number >> shift & 0x7F for shift in (14, 7, 0)]
    while low[0] == 0:
        low.pop(0)
    return tlv(bytes([0xBF, *(part | 0x80 for part in low[:-1]), low[-1]]), inner)


NULL = b"\x05\x00"


@dataclass
class Description:
    """An attestation extension; every member may be changed. Extra tags stand as number → encoded value or None."""

    version: int = 300
    attestation_level: int = 1
    key_level: int = 1
    challenge: bytes = CHALLENGE
    packages: tuple[str, ...] = (PACKAGE,)
    signers: tuple[bytes, ...] = (SIGNER,)
    locked: bytes = b"\x01\x01\xff"
    boot_state: int = 0
    patch: int = 202610
    software: dict[int, bytes | None] = field(default_factory=dict)
    hardware: dict[int, bytes | None] = field(default_factory=dict)

    def encode(self) -> bytes:
        return sequence(
            integer(self.version),
            enumerated(self.attestation_level),
            integer(self.version),
            enumerated(self.key_level),
            octets(self.challenge),
            octets(b""),
            self._list(self.software_values()),
            self._list(self.hardware_values()),
        )

    def software_values(self) -> dict[int, bytes | None]:
        packages = set_of(*(sequence(octets(name.encode()), integer(7)) for name in self.packages))
        application = sequence(packages, set_of(*map(octets, self.signers)))
        return {701: integer(1_758_900_680_964), 709: octets(application), **self.software}

    def hardware_values(self) -> dict[int, bytes | None]:
        root = [octets(bytes(32)), self.locked, enumerated(self.boot_state), octets(b"\x07" * 32)]
        return {
            1: set_of(integer(2)),
            2: integer(3),
            3: integer(256),
            5: set_of(integer(4)),
            10: integer(1),
            504: integer(2),
            702: integer(0),
            704: sequence(*(root if self.version >= 3 else root[:3])),
            705: integer(160000),
            706: integer(self.patch),
            **self.hardware,
        }

    @staticmethod
    def _list(values: dict[int, bytes | None]) -> bytes:
        return sequence(*(explicit(tag, value) for tag, value in sorted(values.items()) if value is not None))


def name(**parts: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(getattr(NameOID, part), value) for part, value in parts.items()])


def certificate(
    subject: x509.Name,
    key: Any,
    issuer: x509.Name,
    issuer_key: Any,
    *,
    serial: int = 1,
    ca: bool = True,
    private: dict[str, bytes] | None = None,
    start: datetime = NOW - 30 * DAY,
    end: datetime = NOW + 30 * DAY,
    algorithm: Any = None,
) -> bytes:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key() if hasattr(key, "public_key") else key)
        .serial_number(serial)
        .not_valid_before(start)
        .not_valid_after(end)
    )
    if ca:
        usage = dict.fromkeys(
            ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "crl_sign"),
            False,
        )
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).add_extension(
            x509.KeyUsage(
                digital_signature=False, key_cert_sign=True, encipher_only=False, decipher_only=False, **usage
            ),
            critical=True,
        )
    for oid, value in (private or {}).items():
        builder = builder.add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), value), critical=False)
    return builder.sign(issuer_key, algorithm or hashes.SHA256()).public_bytes(Encoding.DER)


ROOT_NAME = name(SERIAL_NUMBER="f92009e853b6b045")
FACTORY = (name(SERIAL_NUMBER="aa", TITLE="TEE"), name(SERIAL_NUMBER="bb", TITLE="TEE"))
REMOTE = (
    name(COMMON_NAME="Droid CA2", ORGANIZATION_NAME="Google LLC"),
    name(COMMON_NAME="bb", ORGANIZATION_NAME="TEE"),
)
ROOT = certificate(ROOT_NAME, ROOT_KEY, ROOT_NAME, ROOT_KEY, serial=0xD50F)


def chain(
    key: Any,
    description: Description | bytes | None = None,
    *,
    names: tuple[x509.Name, x509.Name] = FACTORY,
    leaf: dict[str, Any] | None = None,
    lower: dict[str, Any] | None = None,
    upper: dict[str, Any] | None = None,
) -> list[bytes]:
    """A chain of four: leaf, lower and upper intermediate, root; the dictionaries change one certificate each."""
    said = description if isinstance(description, bytes) else (description or Description()).encode()
    of_leaf = {
        "private": {ATTESTATION: said},
        "ca": False,
        "start": datetime(1970, 1, 1, tzinfo=UTC),
        "end": datetime(2048, 1, 1, tzinfo=UTC),
        **(leaf or {}),
    }
    remote = {"private": {PROVISIONING: b"\xa1\x01\x01"}} if names == REMOTE else {}
    return [
        certificate(LEAF, key, names[1], LOWER_KEY, **of_leaf),
        certificate(names[1], LOWER_KEY, names[0], UPPER_KEY, **{"serial": 0xBB, **remote, **(lower or {})}),
        certificate(names[0], UPPER_KEY, ROOT_NAME, ROOT_KEY, **{"serial": 0xAA, **(upper or {})}),
        ROOT,
    ]


def signed_again(der: bytes, old: bytes, new: bytes, key: Key) -> bytes:
    """Replace bytes inside a certificate and sign it anew: what no certificate builder would write."""
    body = x509.load_der_x509_certificate(der).tbs_certificate_bytes
    assert body.count(old) == 1
    assert len(old) == len(new)
    body = body.replace(old, new)
    algorithm = sequence(bytes.fromhex("06082a8648ce3d040302"))
    return sequence(body, algorithm, tlv(b"\x03", b"\x00" + key.sign(body, ec.ECDSA(hashes.SHA256()))))


def trust(**changes: Any) -> AndroidTrust:
    policy = {"packages": frozenset({PACKAGE}), "signers": frozenset({SIGNER}), "patch_days": 90}
    given = {
        "policy": AndroidPolicy(**{**policy, "revocation_hours": 24, **changes.pop("policy", {})}),
        "roots": ROOTS,
        "revocations": RevocationList({0xDEAD: "REVOKED"}, NOW - timedelta(hours=1)),
    }
    return AndroidTrust(**{**given, **changes})


# ── App Attest ──
APPLE_CA = name(COMMON_NAME="Apple App Attestation CA 1")
APPLE_ROOT = name(COMMON_NAME="Apple App Attestation Root CA")
APPLE_POLICY = ApplePolicy(app_id=TEAM_APP)
PRODUCTION_AAGUID = b"appattest" + bytes(7)


def point(key: Key) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def key_id(key: Key) -> bytes:
    return hashlib.sha256(point(key)).digest()


def auth_data(
    key: Key, *, app: str = TEAM_APP, counter: int = 0, aaguid: bytes = PRODUCTION_AAGUID, identity: bytes | None = None
) -> bytes:
    x, y = point(key)[1:33], point(key)[33:]
    head = hashlib.sha256(app.encode()).digest() + b"\x40" + counter.to_bytes(4)
    cose = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
    return head + aaguid + b"\x00\x20" + (identity or key_id(key)) + cose


def app_attest(
    key: Key,
    *,
    data: bytes | None = None,
    challenge: bytes = CHALLENGE,
    nonce: bytes | None = None,
    leaf: dict[str, Any] | None = None,
    changes: dict[str, Any] | None = None,
) -> bytes:
    data = data or auth_data(key)
    seal = nonce or sequence(explicit(1, octets(hashlib.sha256(data + challenge).digest())))
    of_leaf = {"private": {NONCE: seal}, "ca": False, "start": NOW - DAY, "end": NOW + 2 * DAY, **(leaf or {})}
    chain_ = [
        certificate(name(COMMON_NAME="app"), key, APPLE_CA, UPPER_KEY, **of_leaf),
        certificate(APPLE_CA, UPPER_KEY, APPLE_ROOT, ROOT_KEY, serial=2),
    ]
    statement = {"x5c": chain_, "receipt": b"receipt"}
    return cbor2.dumps({"fmt": "apple-appattest", "attStmt": statement, "authData": data, **(changes or {})})


def assertion(key: Key, counter: int, challenge: bytes = CHALLENGE, *, app: str = TEAM_APP) -> bytes:
    data = hashlib.sha256(app.encode()).digest() + b"\x40" + counter.to_bytes(4)
    nonce = hashlib.sha256(data + challenge).digest()
    return cbor2.dumps({"signature": key.sign(nonce, ec.ECDSA(hashes.SHA256())), "authenticatorData": data})
