"""The bytes that a device's two keys sign to register, to be bound, to log in and to verify a person, and their checks.

``pop`` answers every request, ``tx`` only what a person approved. Each message starts with its own domain string, so a
signature of one kind can never be presented as another. Each key signs in its own suite; both are of the same one.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from security.attestation.model import APP_ATTEST, STRONGBOX, TEE, VerifiedAttestation
from security.encoding import b64url_decode, lp
from security.errors import AttestationRefusedError, DeviceError
from security.jwk import PublicJwk
from security.suites import DEFAULT

SIMULATED: Final = "sim"
"""Attestation level of a device without a secure element; a sandbox takes it, nobody else."""
SANDBOX: Final = "sandbox"
LEVELS: Final = frozenset({SIMULATED, TEE, STRONGBOX, APP_ATTEST})
"""Every level that a device can be registered with."""
_REGISTER: Final = "BANK-DEVBIND/v1/DEV-REGISTER"
_BIND: Final = "BANK-DEVBIND/v1/DEV-BIND"
_LOGIN: Final = "BANK-DEVBIND/v1/LOGIN"
_VERIFY: Final = "BANK-DEVBIND/v1/VERIFY"
FACTORS: Final = frozenset({"pin", "fingerprint", "face"})
"""What opens ``tx`` on a device."""


@dataclass(frozen=True, slots=True)
class VerifiedRegistration:
    """A device whose two keys both answered the challenge."""

    pop_key: PublicJwk
    tx_key: PublicJwk
    level: str
    transcript_hash: str


@dataclass(frozen=True, slots=True)
class VerifiedBinding:
    """A device whose ``tx`` key said to whom it belongs."""

    event_id: str
    device_id: str
    customer_id: str


@dataclass(frozen=True, slots=True)
class VerifiedLogin:
    """A device that answered a log-in challenge with its ``tx`` key."""

    device_id: str
    challenge: str


@dataclass(frozen=True, slots=True)
class VerifiedPerson:
    """A customer who opened the ``tx`` key of the device just now, for one purpose."""

    purpose: str
    device_id: str
    customer_id: str
    factor: str


def register_transcript(
    *, aud: str, env: str, challenge: str, app_id: str, app_version: str, platform: str, pop_jkt: str, tx_jkt: str
) -> bytes:
    """Give what both keys sign at registration; its SHA-256 is the attestation challenge."""
    return lp(_REGISTER, aud, env, challenge, app_id, app_version, platform, pop_jkt, tx_jkt)


def bind_message(
    *, aud: str, env: str, event_id: str, device_id: str, customer_id: str, pop_jkt: str, tx_jkt: str, expires: int
) -> bytes:
    """Give what ``tx`` signs to bind the device to one customer; ``expires`` in epoch seconds."""
    return lp(_BIND, aud, env, event_id, device_id, customer_id, pop_jkt, tx_jkt, str(expires))


def login_message(*, aud: str, env: str, device_id: str, challenge: str, pop_jkt: str) -> bytes:
    """Give what ``tx`` signs to log in."""
    return lp(_LOGIN, aud, env, device_id, challenge, pop_jkt)


def verification_message(
    *, aud: str, env: str, purpose: str, device_id: str, customer_id: str, challenge: str, pop_jkt: str, factor: str
) -> bytes:
    """Give what ``tx`` signs to show that its owner is there, for one purpose and by one factor."""
    return lp(_VERIFY, aud, env, purpose, device_id, customer_id, challenge, pop_jkt, factor)


def verify_registration(  # noqa: PLR0913 — the transcript's parts, one by one
    *,
    aud: str,
    env: str,
    challenge: str,
    app_id: str,
    app_version: str,
    platform: str,
    pop_key: PublicJwk,
    tx_key: PublicJwk,
    pop_signature: str,
    tx_signature: str,
    attested: VerifiedAttestation | None = None,
    suites: Collection[str] = DEFAULT,
) -> VerifiedRegistration:
    """Accept a registration.

    Args:
        aud: the server's own name, never taken from the request.
        env: the server's own environment, never taken from the request.
        challenge: the challenge that the server gave, base64url.
        app_id: the app, as the request says; the signatures cover it.
        app_version: its version, covered likewise.
        platform: its platform, covered likewise.
        pop_key: the key that answers every request.
        tx_key: the key that a person's approval uses.
        pop_signature: base64url of ``pop_key``'s raw signature over ``register_transcript``, in its own suite.
        tx_signature: that of ``tx_key`` over the same bytes.
        attested: what the platform attested; without it the level is ``sim``, which is taken in the sandbox only.
        suites: names of the suites whose keys are accepted.

    Raises:
        AttestationRefusedError: nothing is attested and this is no sandbox, or another registration is.
        DeviceError: both keys are the same or of two suites; SUITE_REFUSED, their suite is not accepted.
        SignatureError: a signature does not hold.
        EncodingError: a signature is not canonical base64url.
    """
    level = SIMULATED if attested is None else attested.level
    check_level(level=level, env=env)
    transcript_hash = verify_registered_keys(
        aud=aud,
        env=env,
        challenge=challenge,
        app_id=app_id,
        app_version=app_version,
        platform=platform,
        pop_key=pop_key,
        tx_key=tx_key,
        pop_signature=pop_signature,
        tx_signature=tx_signature,
        suites=suites,
    )
    keys = (pop_key.thumbprint, tx_key.thumbprint)
    if attested and (attested.challenge, attested.pop_jkt, attested.tx_jkt) != (transcript_hash, *keys):
        raise AttestationRefusedError(detail="the attestation is of another registration")
    return VerifiedRegistration(pop_key, tx_key, level, transcript_hash)


def check_level(*, level: str, env: str) -> None:
    """Hold that a device of that level may be registered here: a simulator in the sandbox only.

    Raises:
        AttestationRefusedError: it may not.
    """
    if level not in LEVELS or (level == SIMULATED and env != SANDBOX):
        raise AttestationRefusedError(detail=f"attestation level {level!r} is not accepted in {env}")


def verify_registered_keys(  # noqa: PLR0913 — the transcript's parts, one by one
    *,
    aud: str,
    env: str,
    challenge: str,
    app_id: str,
    app_version: str,
    platform: str,
    pop_key: PublicJwk,
    tx_key: PublicJwk,
    pop_signature: str,
    tx_signature: str,
    suites: Collection[str] = DEFAULT,
) -> str:
    """Hold that two different keys both signed the registration; give the SHA-256 of its transcript, hex.

    Raises:
        DeviceError: both keys are the same or of two suites; SUITE_REFUSED, their suite is not accepted.
        SignatureError: a signature does not hold.
        EncodingError: a signature is not canonical base64url.
    """
    if pop_key.thumbprint == tx_key.thumbprint:
        raise DeviceError(detail="the device's two keys must differ")
    if pop_key.alg != tx_key.alg:
        raise DeviceError(detail="the device's two keys must be of one suite")
    if pop_key.alg not in suites:
        raise DeviceError(detail=f"keys of the suite {pop_key.alg} are not accepted here", code="SUITE_REFUSED")
    transcript = register_transcript(
        aud=aud,
        env=env,
        challenge=challenge,
        app_id=app_id,
        app_version=app_version,
        platform=platform,
        pop_jkt=pop_key.thumbprint,
        tx_jkt=tx_key.thumbprint,
    )
    pop_key.verify(transcript, b64url_decode(pop_signature))
    tx_key.verify(transcript, b64url_decode(tx_signature))
    return hashlib.sha256(transcript).hexdigest()


def verify_binding(  # noqa: PLR0913 — the message's parts, one by one
    *,
    aud: str,
    env: str,
    event_id: str,
    device_id: str,
    customer_id: str,
    pop_jkt: str,
    tx_key: PublicJwk,
    expires: int,
    signature: str,
    now: datetime,
) -> VerifiedBinding:
    """Accept a binding.

    Raises:
        DeviceError: BIND_EXPIRED, it came at or after ``expires`` (epoch seconds).
        SignatureError: it is not ``tx_key``'s over this very binding.
        EncodingError: the signature is not canonical base64url.
    """
    if now.timestamp() >= expires:
        raise DeviceError(detail="the binding has expired", code="BIND_EXPIRED")
    message = bind_message(
        aud=aud,
        env=env,
        event_id=event_id,
        device_id=device_id,
        customer_id=customer_id,
        pop_jkt=pop_jkt,
        tx_jkt=tx_key.thumbprint,
        expires=expires,
    )
    tx_key.verify(message, b64url_decode(signature))
    return VerifiedBinding(event_id, device_id, customer_id)


def verify_login(
    *, aud: str, env: str, device_id: str, challenge: str, pop_jkt: str, tx_key: PublicJwk, signature: str
) -> VerifiedLogin:
    """Accept a log-in.

    Raises:
        SignatureError: it is not ``tx_key``'s over this very challenge, device and ``pop`` key.
        EncodingError: the signature is not canonical base64url.
    """
    message = login_message(aud=aud, env=env, device_id=device_id, challenge=challenge, pop_jkt=pop_jkt)
    tx_key.verify(message, b64url_decode(signature))
    return VerifiedLogin(device_id, challenge)


def verify_person(  # noqa: PLR0913 — the message's parts, one by one
    *,
    aud: str,
    env: str,
    purpose: str,
    device_id: str,
    customer_id: str,
    challenge: str,
    pop_jkt: str,
    factor: str,
    tx_key: PublicJwk,
    signature: str,
) -> VerifiedPerson:
    """Accept a verification of the person.

    Raises:
        DeviceError: FACTOR_UNKNOWN, no device is opened by that.
        SignatureError: it is not ``tx_key``'s over this very purpose, device, customer, challenge and factor.
        EncodingError: the signature is not canonical base64url.
    """
    if factor not in FACTORS:
        raise DeviceError(detail=f"no factor is called {factor!r}", code="FACTOR_UNKNOWN")
    message = verification_message(
        aud=aud,
        env=env,
        purpose=purpose,
        device_id=device_id,
        customer_id=customer_id,
        challenge=challenge,
        pop_jkt=pop_jkt,
        factor=factor,
    )
    tx_key.verify(message, b64url_decode(signature))
    return VerifiedPerson(purpose, device_id, customer_id, factor)
