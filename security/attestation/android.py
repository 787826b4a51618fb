"""Android Key Attestation: what must hold of a chain, of the key that it is about and of the phone that keeps it.

What the hardware enforces counts; what the phone's software says is believed for the app's name and signer only.
"""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from security.attestation import extension
from security.attestation.chain import Chain, Root, build_chain, chain_digest, check_times, extensions_of
from security.attestation.extension import Authorizations, KeyDescription, read_extension
from security.attestation.model import (
    ANDROID,
    STRONGBOX,
    TEE,
    AndroidPolicy,
    RevocationList,
    VerifiedAndroidKey,
    VerifiedAttestation,
)
from security.attestation.revocation import check_revocation
from security.attestation.rules import Rule, refuse
from security.errors import JwkError
from security.jwk import PublicJwk, jwk_of

ATTESTATION: Final = "1.3.6.1.4.1.11129.2.1.17"
PROVISIONING: Final = "1.3.6.1.4.1.11129.2.1.30"
"""Stands in the certificates that Google's provisioning server gives out."""
_LEVELS: Final = {0: "software", 1: TEE, 2: STRONGBOX}
_SIGN, _EC, _P256, _GENERATED, _VERIFIED = 2, 3, 1, 0, 0
_PASSWORD_OR_BIOMETRIC: Final = 3
_YEAR_MONTH: Final = 6
_MONTHS: Final = 12
_FACTORY_NAMES: Final = (
    {NameOID.SERIAL_NUMBER},
    {NameOID.SERIAL_NUMBER, NameOID.TITLE},
)
"""What the subjects of a factory's intermediate certificates are made of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AndroidTrust:
    """Against what chains are checked."""

    policy: AndroidPolicy
    roots: Sequence[Root]
    revocations: RevocationList | None


def verify_android_device(
    *,
    pop_chain: Sequence[bytes],
    tx_chain: Sequence[bytes],
    challenge: bytes,
    pop_key: PublicJwk,
    tx_key: PublicJwk,
    trust: AndroidTrust,
    now: datetime,
) -> VerifiedAttestation:
    """Accept the attestation of a device's two keys; ``tx`` must ask for its owner at each use.

    Args:
        pop_chain: certificates in DER of the key that answers every request, the leaf first.
        tx_chain: those of the key that a person's approval uses.
        challenge: what both must have been made for, the SHA-256 of the registration's transcript.
        pop_key: the key that is being registered for requests.
        tx_key: that for approvals.
        trust: policy, roots and revocation list.
        now: the present instant.

    Raises:
        AttestationError: its code is the rule that does not hold.
    """
    pop = verify_android_key(
        certificates=pop_chain, challenge=challenge, key=pop_key, per_use=False, trust=trust, now=now
    )
    tx = verify_android_key(certificates=tx_chain, challenge=challenge, key=tx_key, per_use=True, trust=trust, now=now)
    level = TEE if TEE in {pop.level, tx.level} else STRONGBOX
    digest = chain_digest([*pop_chain, *tx_chain])
    return VerifiedAttestation(ANDROID, level, challenge.hex(), pop.jkt, tx.jkt, digest)


def verify_android_key(
    *,
    certificates: Sequence[bytes],
    challenge: bytes,
    key: PublicJwk,
    per_use: bool,
    trust: AndroidTrust,
    now: datetime,
) -> VerifiedAndroidKey:
    """Accept the attestation of one key.

    Args:
        certificates: DER, the leaf first.
        challenge: what the key must have been made for.
        key: the key that the leaf must be about.
        per_use: whether the phone must ask for its owner at each use.
        trust: policy, roots and revocation list.
        now: the present instant.

    Raises:
        AttestationError: its code is the rule that does not hold.
    """
    chain = build_chain(certificates=certificates, roots=trust.roots)
    value = _attestation(chain)
    if not is_factory_provisioned(chain):
        check_times(chain, now)
    check_revocation(certificates=chain.presented, revocations=trust.revocations, policy=trust.policy, now=now)
    said = read_extension(value)
    if said.challenge != challenge:
        refuse(Rule.CHALLENGE_MISMATCH, "the key was not made for this registration")
    _check_key(chain.leaf, said.hardware, key)
    _check_app(said, trust.policy)
    level = _check_level(said, trust.policy)
    _check_boot(said.hardware)
    if per_use:
        _check_per_use(said)
    patch = _check_patch(said.hardware, trust.policy, now)
    return VerifiedAndroidKey(level, key.thumbprint, patch, chain.root.name, chain.digest)


def is_factory_provisioned(chain: Chain) -> bool:
    """Tell whether the chain was put into the phone when it was made; every other one expires.

    A factory's intermediates are named by a serial number, newer ones by a title as well, and by nothing else.
    """
    above = chain.certificates[1:]
    if any(PROVISIONING in extensions_of(one) for one in above):
        return False
    return bool(above) and all(_name(one) in _FACTORY_NAMES for one in above)


def _name(certificate: x509.Certificate) -> set[x509.ObjectIdentifier]:
    return {part.oid for part in certificate.subject}


def _attestation(chain: Chain) -> bytes:
    """Give the extension of the leaf; a second one further up would be somebody's who extended an attested chain."""
    if any(ATTESTATION in extensions_of(one) for one in chain.presented[1:]):
        refuse(Rule.EXTENSION_MISPLACED, "a certificate above the leaf carries the attestation extension")
    value = extensions_of(chain.leaf).get(ATTESTATION)
    if value is None:
        refuse(Rule.EXTENSION_MISSING, "the leaf carries no attestation extension")
    return value


def _check_key(leaf: x509.Certificate, hardware: Authorizations, key: PublicJwk) -> None:
    public_key = leaf.public_key()
    try:
        attested = jwk_of(public_key) if isinstance(public_key, ec.EllipticCurvePublicKey) else None
    except JwkError as error:
        refuse(Rule.KEY_MISMATCH, "the attested key is not on P-256", error)
    if attested != key:
        refuse(Rule.KEY_MISMATCH, "the attested key is not the one that is being registered")
    if (hardware.number(extension.ALGORITHM), hardware.number(extension.CURVE)) != (_EC, _P256):
        refuse(Rule.KEY_MISMATCH, "the hardware does not hold a P-256 key")
    if _SIGN not in hardware.numbers(extension.PURPOSE):
        refuse(Rule.KEY_PURPOSE, "the hardware does not let the key sign")
    if hardware.number(extension.ORIGIN) != _GENERATED:
        refuse(Rule.ORIGIN_NOT_GENERATED, "the key was not made inside the hardware")


def _check_app(said: KeyDescription, policy: AndroidPolicy) -> None:
    if any(one.has(extension.ALL_APPLICATIONS) for one in (said.software, said.hardware)):
        refuse(Rule.APP_MISMATCH, "every app of the phone may use the key")
    application = said.software.application
    if application is None or not application.packages or not policy.packages.issuperset(application.packages):
        refuse(Rule.APP_MISMATCH, "the key belongs to another app")
    if not application.signers or not policy.signers.issuperset(application.signers):
        refuse(Rule.SIGNER_MISMATCH, "the app is signed by somebody else")


def _check_level(said: KeyDescription, policy: AndroidPolicy) -> str:
    names = {_LEVELS.get(said.attestation_level), _LEVELS.get(said.key_level)}
    if not names <= {TEE, STRONGBOX}:
        refuse(Rule.LEVEL_TOO_LOW, "the key or its attestation is kept by software")
    level = TEE if TEE in names else STRONGBOX
    if level not in policy.levels:
        refuse(Rule.LEVEL_TOO_LOW, f"the level is {level}, which this app does not accept")
    return level


def _check_boot(hardware: Authorizations) -> None:
    root = hardware.root_of_trust
    if root is None:
        refuse(Rule.BOOT_NOT_VERIFIED, "the hardware does not say what was booted")
    if not root.locked:
        refuse(Rule.BOOT_UNLOCKED, "the phone's boot loader is unlocked")
    if root.boot_state != _VERIFIED:
        refuse(Rule.BOOT_NOT_VERIFIED, "the phone did not boot its maker's own system")


def _check_per_use(said: KeyDescription) -> None:
    hardware = said.hardware
    if any(one.has(extension.NO_AUTH) for one in (said.software, hardware)):
        refuse(Rule.AUTH_NOT_PER_USE, "the key works without its owner")
    kinds = hardware.number(extension.AUTH_TYPE)
    if kinds is None or not kinds & _PASSWORD_OR_BIOMETRIC:
        refuse(Rule.AUTH_NOT_PER_USE, "the hardware asks for neither a password nor a biometric feature")
    if any(one.number(extension.AUTH_TIMEOUT) for one in (said.software, hardware)):
        refuse(Rule.AUTH_NOT_PER_USE, "the key stays open for a time once its owner was there")


def _check_patch(hardware: Authorizations, policy: AndroidPolicy, now: datetime) -> int:
    patch = hardware.number(extension.PATCH_LEVEL) or 0
    year, month = divmod(int(str(patch)[:_YEAR_MONTH]), 100)
    if year < 1 or not 1 <= month <= _MONTHS:
        refuse(Rule.PATCH_TOO_OLD, "the hardware names no month of its security patches")
    end = datetime(year, month, calendar.monthrange(year, month)[1], tzinfo=UTC) + timedelta(days=1)
    if now - end > timedelta(days=policy.patch_days):
        refuse(Rule.PATCH_TOO_OLD, f"the security patches are of {year}-{month:02}")
    return patch
