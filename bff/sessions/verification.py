"""Verifying that the customer is in front of the device: one challenge, one purpose, one signature of K_tx.

Invariants: a challenge belongs to one device and one purpose and is spent once; the signature covers both, the customer
and the factor, so it stands for nothing else. What was verified is written into the evidence chain with its signature.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from sqlalchemy.orm import Session

from bff import audit
from bff.errors import BffError
from bff.kinds import Context, instant
from bff.sessions import challenges, repository
from bff.sessions.directory import DeviceDirectory, DeviceRecord
from bff.sessions.errors import TokenInvalidError
from bff.sessions.schemas import PersonChallengeAnswer, PersonChallengeRequest, PersonRequest, VerifiedAnswer
from security.devices import verification_message, verify_person
from security.errors import SecurityError
from security.jwk import parse_jwk

USER: Final = "user"
"""Nothing but that the person is there."""
STEP_UP: Final = "step-up"
"""The session counts as freshly verified from now on."""
UNBIND: Final = "unbind"
"""The device leaves the customer; followed by ``:`` and an id it is another one."""
PIN: Final = "pin"
"""The device gets a new transaction PIN."""
FRESH: Final = timedelta(minutes=15)
"""How long a verification counts for what needs a fresh one."""
_PREFIX: Final = "verify."


class VerificationRefusedError(BffError):
    """The person was not verified: the signature does not hold, or the device may not sign for this customer."""

    code = "VERIFICATION_REFUSED"
    status = 403
    zh = "没有通过本人验证，什么都没有改变，钱没有动。请重新验证。"
    en = "It could not be confirmed that it is you. Nothing was changed and no money has moved. Please verify again."


class AppInstances(Protocol):
    """The port to what platforms assert of a running app."""

    def check(self, session: Session, device_id: str, message: bytes, assertion: str | None) -> None:
        """Refuse when the device's app does not stand behind a message as its policy asks."""
        ...


@dataclass(frozen=True, slots=True)
class Verification:
    """The verification of a person.

    Attributes:
        directory: where devices are looked up.
        aud, env: the server's own name and environment, which the signature covers.
        instances: checks what a device's platform asserts of its app; None where no platform does.
    """

    directory: DeviceDirectory
    aud: str
    env: str
    instances: AppInstances | None = None

    def challenge(self, session: Session, context: Context, request: PersonChallengeRequest) -> PersonChallengeAnswer:
        """Give a challenge for one purpose to the calling device."""
        device_id, customer_id = calling(context)
        purpose = f"{request.purpose}:{request.about}" if request.about else request.purpose
        issued = challenges.issue(session, _PREFIX + purpose, device_id, context.now, context.new_bytes)
        return PersonChallengeAnswer(
            purpose=purpose,
            challenge=issued.challenge,
            expires_at=instant(issued.expires_at),
            aud=self.aud,
            env=self.env,
            customer_id=customer_id,
        )

    def user(self, session: Session, context: Context, request: PersonRequest) -> VerifiedAnswer:
        """Verify the person and change nothing.

        Raises:
            ChallengeInvalidError, VerificationRefusedError: as ``confirm``.
        """
        self.confirm(session, context, USER, request)
        return VerifiedAnswer(factor=request.factor, verified_at=instant(context.now), until=None)

    def step_up(self, session: Session, context: Context, request: PersonRequest) -> VerifiedAnswer:
        """Verify the person for the session.

        Raises:
            ChallengeInvalidError, VerificationRefusedError: as ``confirm``.
        """
        self.confirm(session, context, STEP_UP, request)
        return self.fresh(session, context, request.factor)

    @staticmethod
    def fresh(session: Session, context: Context, factor: str) -> VerifiedAnswer:
        """Let the session count as freshly verified, by a factor that the caller has verified."""
        if context.caller.session_id is not None:
            repository.set_verified(session, context.caller.session_id, context.now)
        until: datetime = context.now + FRESH
        return VerifiedAnswer(factor=factor, verified_at=instant(context.now), until=instant(until))

    def confirm(self, session: Session, context: Context, purpose: str, request: PersonRequest) -> None:
        """Spend the challenge and verify the signature.

        Raises:
            ChallengeInvalidError: the challenge does not hold.
            VerificationRefusedError: the signature does not, or the device is not active for this customer.
            AttestationRefusedError: the device's app does not stand behind it.
        """
        device_id, customer_id = calling(context)
        challenges.spend(session, _PREFIX + purpose, device_id, request.challenge, context.now)
        device = self.directory.device(session, device_id)
        if device is None or device.state != "ACTIVE" or device.customer_id != customer_id:
            raise VerificationRefusedError(detail="the device is not active for this customer")
        about = self._about(device, customer_id, purpose, request)
        _verify(about, device, request)
        if self.instances is not None:
            self.instances.check(session, device_id, verification_message(**about), request.assertion)
        body = {
            "deviceId": device_id,
            "customerId": customer_id,
            "purpose": purpose,
            "challenge": request.challenge,
            "popJkt": device.pop_jkt,
            "factor": request.factor,
            "signature": request.tx_signature,
        }
        audit.append(session, kind="person.verified", subject=device_id, body=body, now=context.now)

    def _about(self, device: DeviceRecord, customer_id: str, purpose: str, request: PersonRequest) -> dict[str, str]:
        """Give the parts of the message that is signed."""
        return {
            "aud": self.aud,
            "env": self.env,
            "purpose": purpose,
            "device_id": device.device_id,
            "customer_id": customer_id,
            "challenge": request.challenge,
            "pop_jkt": device.pop_jkt,
            "factor": request.factor,
        }


def _verify(about: dict[str, str], device: DeviceRecord, request: PersonRequest) -> None:
    try:
        verify_person(**about, tx_key=parse_jwk(device.tx_key), signature=request.tx_signature)
    except SecurityError as error:
        raise VerificationRefusedError(detail=error.detail) from error


def calling(context: Context) -> tuple[str, str]:
    """Give device and customer of the call.

    Raises:
        TokenInvalidError: nobody is logged in.
    """
    caller = context.caller
    if caller.device_id is None or caller.customer_id is None:
        raise TokenInvalidError(detail="nobody is logged in on this device")
    return caller.device_id, caller.customer_id
