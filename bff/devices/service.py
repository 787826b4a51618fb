"""Devices: registering two keys, and asking for what a device may do.

Invariants: no key serves two registrations; a device's counter only grows; only ACTIVE devices move money.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert
from sqlalchemy.orm import Session

from bff import audit
from bff.devices import fleet, instances, repository
from bff.devices.attestation import UNATTESTED, Attesting, Sent, Subject
from bff.devices.errors import (
    AttestationRefusedError,
    DeviceKeyKnownError,
    DeviceLimitError,
    DeviceStateError,
    SuiteRefusedError,
    verifying,
)
from bff.devices.models import Device
from bff.devices.repository import ACTIVE, BLOCKED, PENDING, REMOVED, KnownDevice
from bff.devices.rules import cooling_end
from bff.errors import NotFoundError
from bff.kinds import Context, business_date
from bff.products.rulepacks import RulePacks
from bff.sessions import challenges
from security.attestation.model import VerifiedAttestation
from security.devices import VerifiedRegistration, register_transcript, verify_registration
from security.jwk import PublicJwk, parse_jwk
from security.suites import DEFAULT

CHALLENGE: Final = "device.register"
"""Purpose of the challenge that a registration spends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What a device sends to be registered; keys as JWK members, signatures base64url."""

    challenge: str
    app_id: str
    app_version: str
    platform: str
    model: str
    pop_key: dict[str, str]
    tx_key: dict[str, str]
    pop_signature: str
    tx_signature: str
    attestation: Sent


@dataclass(frozen=True, slots=True)
class DayLimit:
    """What a device may move on a business day and what is left of it, in fen; ``cooling_until`` while it is new."""

    most: int
    left: int
    cooling_until: datetime | None


@dataclass(frozen=True, slots=True)
class Devices:
    """The devices of this bank.

    Attributes:
        aud, env: the server's own names, never taken from a request.
        packs: its rules.
        suites: of which suites the keys of a device may be, when it registers and at every approval.
    """

    aud: str
    env: str
    packs: RulePacks
    attesting: Attesting = UNATTESTED
    suites: Collection[str] = DEFAULT

    def challenge(self, session: Session, context: Context) -> challenges.Issued:
        """Give a challenge to register with."""
        return challenges.issue(session, CHALLENGE, "", context.now, context.new_bytes)

    def register(self, session: Session, context: Context, asked: Registration) -> KnownDevice:
        """Register a device, or find the one that has exactly these two keys.

        Raises:
            ChallengeInvalidError: the challenge is not ours, spent or too old.
            SignatureInvalidError, KeyInvalidError, AttestationRefusedError: the proof does not hold.
            SuiteRefusedError: the keys are of a suite that is not accepted.
            DeviceKeyKnownError: one of the keys stands in another registration.
            DeviceStateError: the device was blocked or removed.
        """
        challenges.spend(session, CHALLENGE, "", asked.challenge, context.now)
        verified, attested = self._verify(asked, context.now)
        if fleet.is_blocked(session, asked.model):
            raise AttestationRefusedError(detail=f"devices of the model {asked.model} are not accepted at present")
        device_id = context.new_id("dev")
        if not repository.claim_keys(session, device_id, verified.pop_key, verified.tx_key):
            return _again(session, verified)
        session.execute(insert(Device).values(**_row(device_id, asked, verified, context.now)))
        if attested is not None and attested.public_key:
            instances.keep(session, device_id, attested.public_key, context.now)
        body = _evidence(device_id, asked, verified, attested)
        audit.append(session, kind="device.registered", subject=device_id, body=body, now=context.now)
        return self.get(session, device_id)

    def get(self, session: Session, device_id: str | None) -> KnownDevice:
        """Give a device.

        Raises:
            NotFoundError: there is none of that id.
        """
        device = repository.find(session, device_id) if device_id else None
        if device is None:
            raise NotFoundError(detail="there is no such device")
        return device

    def require_active(self, session: Session, device_id: str | None, customer_id: str | None) -> KnownDevice:
        """Give a device that may approve for that customer.

        Raises:
            DeviceStateError: it is not active, or bound to somebody else.
            SuiteRefusedError: its keys are of a suite that is not accepted any more.
        """
        device = self.get(session, device_id)
        if device.state != ACTIVE or device.customer_id is None or device.customer_id != customer_id:
            raise DeviceStateError(detail=f"the device is {device.state} or not this customer's", state=device.state)
        if device.tx_key.alg not in self.suites:
            raise SuiteRefusedError(detail=f"keys of the suite {device.tx_key.alg} are not accepted here")
        return device

    def require_pending(self, session: Session, device_id: str | None) -> KnownDevice:
        """Give a device that is nobody's yet.

        Raises:
            DeviceStateError: it is in another state.
        """
        device = self.get(session, device_id)
        if device.state != PENDING:
            raise DeviceStateError(detail=f"the device is {device.state}", state=device.state)
        return device

    def advance(self, session: Session, device_id: str, seq: int) -> bool:
        """Let the device's counter grow to ``seq`` by one conditional UPDATE; tell whether it was lower."""
        return repository.advance(session, device_id, seq)

    def check_limit(self, session: Session, device: KnownDevice, amount: int, now: datetime) -> None:
        """Refuse an amount that today's limit does not hold any more.

        Raises:
            DeviceLimitError: it does not fit.
        """
        most, _ = self._day_limit(device, now)
        left = most - repository.used(session, device.device_id, _day(now))
        if amount > left:
            raise DeviceLimitError(detail="the amount passes the device's day", limitFen=most, leftFen=max(left, 0))

    def take_limit(self, session: Session, device: KnownDevice, amount: int, now: datetime) -> None:
        """Count an amount against today's limit by one conditional UPDATE.

        Raises:
            DeviceLimitError: it does not fit.
        """
        most, _ = self._day_limit(device, now)
        if not repository.take(session, device.device_id, _day(now), amount, most):
            self.check_limit(session, device, amount, now)  # which says how much is left
            raise DeviceLimitError(detail="the amount passed the device's day at this moment", limitFen=most)

    def give_back_limit(self, session: Session, device_id: str, amount: int, taken_at: datetime) -> None:
        """Take an amount off the day on which it was counted: the money did not move."""
        repository.give_back(session, device_id, _day(taken_at), amount)

    def block(self, session: Session, context: Context, device_id: str) -> None:
        """Stop a device.

        Raises:
            DeviceStateError: it is neither pending nor active.
        """
        self._move(session, context, device_id, frozenset({PENDING, ACTIVE}), BLOCKED)

    def remove(self, session: Session, context: Context, device_id: str) -> None:
        """Remove a device for ever.

        Raises:
            DeviceStateError: it was removed already.
        """
        self._move(session, context, device_id, frozenset({PENDING, ACTIVE, BLOCKED}), REMOVED)

    @staticmethod
    def _move(session: Session, context: Context, device_id: str, states: frozenset[str], state: str) -> None:
        if not repository.move(session, device_id, states, state):
            raise DeviceStateError(detail=f"the device cannot become {state}")
        body = {"deviceId": device_id, "state": state}
        audit.append(session, kind=f"device.{state.lower()}", subject=device_id, body=body, now=context.now)

    def _verify(self, asked: Registration, now: datetime) -> tuple[VerifiedRegistration, VerifiedAttestation | None]:
        with verifying():
            pop_key, tx_key = parse_jwk(asked.pop_key), parse_jwk(asked.tx_key)
            about: dict[str, Any] = {
                "aud": self.aud,
                "env": self.env,
                "challenge": asked.challenge,
                "app_id": asked.app_id,
                "app_version": asked.app_version,
                "platform": asked.platform,
            }
            transcript = register_transcript(**about, pop_jkt=pop_key.thumbprint, tx_jkt=tx_key.thumbprint)
            challenge = hashlib.sha256(transcript).digest()
            subject = Subject(app_id=asked.app_id, challenge=challenge, pop_key=pop_key, tx_key=tx_key)
            attested = self.attesting.verify(asked.attestation, subject, now)
            about |= {"pop_signature": asked.pop_signature, "tx_signature": asked.tx_signature, "suites": self.suites}
            return verify_registration(**about, pop_key=pop_key, tx_key=tx_key, attested=attested), attested

    def day_limit(self, session: Session, device: KnownDevice, now: datetime) -> DayLimit:
        """Tell what a device may move today, what of it is left, and until when it is so little."""
        most, until = self._day_limit(device, now)
        return DayLimit(most, max(most - repository.used(session, device.device_id, _day(now)), 0), until)

    def _day_limit(self, device: KnownDevice, now: datetime) -> tuple[int, datetime | None]:
        """Give today's limit, and the end of its cooling-off while it lasts."""
        pack = self.packs.at(business_date(now))
        until = cooling_end(device.bound_at, device.cooling_until, pack.integer("new_device_hours"))
        is_new = until is None or now < until
        return pack.integer("new_device_day_fen" if is_new else "device_day_fen"), until if is_new else None


def _day(now: datetime) -> str:
    return business_date(now).isoformat()


def _again(session: Session, verified: VerifiedRegistration) -> KnownDevice:
    known = repository.find_by_keys(session, verified.pop_key, verified.tx_key)
    if known is None:
        raise DeviceKeyKnownError(detail="the keys were registered at this moment")
    if known.state not in {PENDING, ACTIVE}:
        raise DeviceStateError(detail=f"the device is {known.state}", state=known.state)
    return known


def _row(device_id: str, asked: Registration, verified: VerifiedRegistration, now: datetime) -> dict[str, Any]:
    about = {
        "platform": asked.platform,
        "model_name": asked.model,
        "app_id": asked.app_id,
        "suite": verified.tx_key.alg,
    }
    state = {"state": PENDING, "level": verified.level, "last_seq": 0, "registered_at": now}
    keys = {**_columns("pop", verified.pop_key), **_columns("tx", verified.tx_key)}
    return {"device_id": device_id, "app_version": asked.app_version, **about, **state, **keys}


def _columns(name: str, key: PublicJwk) -> dict[str, str]:
    return {f"{name}_jkt": key.thumbprint, f"{name}_x": key.x, f"{name}_y": key.y}


def _evidence(
    device_id: str, asked: Registration, verified: VerifiedRegistration, attested: VerifiedAttestation | None
) -> dict[str, Any]:
    body: dict[str, Any] = {
        "deviceId": device_id,
        "level": verified.level,
        "platform": asked.platform,
        "appId": asked.app_id,
        "appVersion": asked.app_version,
        "challenge": asked.challenge,
        "popKey": verified.pop_key.as_dict(),
        "txKey": verified.tx_key.as_dict(),
        "popSignature": asked.pop_signature,
        "txSignature": asked.tx_signature,
    }
    if attested is not None:
        body["attestation"] = {"format": attested.format, "digest": attested.digest}
    return body
