"""The operations on devices; only the native shell calls them."""

from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
from sqlalchemy.orm import Session

from bff.catalogue.operation import Empty, Idempotency, Operation
from bff.customers.service import Customers
from bff.devices.attestation import Sent
from bff.devices.binding import Binder
from bff.devices.owned import depart
from bff.devices.repository import REMOVED
from bff.devices.schemas import (
    Attestation,
    BindingAnswer,
    BoundAnswer,
    ChallengeAnswer,
    ConfirmRequest,
    CustomerAnswer,
    DeviceAnswer,
    RegisteredAnswer,
    RegisterRequest,
    StateAnswer,
)
from bff.devices.service import Devices, Registration
from bff.kinds import Context, Scope, instant
from bff.sessions.schemas import PersonRequest
from bff.sessions.verification import UNBIND, Verification


@dataclass(frozen=True, slots=True)
class _Handlers:
    devices: Devices
    binder: Binder
    customers: Customers
    verification: Verification

    def challenge(self, session: Session, context: Context, request: Empty) -> ChallengeAnswer:
        del request
        issued = self.devices.challenge(session, context)
        return ChallengeAnswer(challenge=issued.challenge, expires_at=instant(issued.expires_at))

    def register(self, session: Session, context: Context, request: RegisterRequest) -> RegisteredAnswer:
        asked = Registration(
            challenge=request.challenge,
            app_id=request.app_id,
            app_version=request.app_version,
            platform=request.platform,
            model=request.model,
            pop_key=msgspec.structs.asdict(request.pop_key),
            tx_key=msgspec.structs.asdict(request.tx_key),
            pop_signature=request.pop_signature,
            tx_signature=request.tx_signature,
            attestation=_sent(request.attestation),
        )
        device = self.devices.register(session, context, asked)
        return RegisteredAnswer(device_id=device.device_id, level=device.level, state=device.state)

    def get(self, session: Session, context: Context, request: Empty) -> DeviceAnswer:
        del request
        device = self.devices.get(session, context.caller.device_id)
        limit = self.devices.day_limit(session, device, context.now)
        return DeviceAnswer(
            device_id=device.device_id,
            state=device.state,
            level=device.level,
            model=device.model,
            bound_at=instant(device.bound_at) if device.bound_at else None,
            customer=self._customer(session, device.customer_id),
            last_seq=device.last_seq,
            cooling_until=instant(limit.cooling_until) if limit.cooling_until else None,
            day_limit_fen=limit.most,
            day_left_fen=limit.left,
        )

    def prepare(self, session: Session, context: Context, request: Empty) -> BindingAnswer:
        del request
        return self._prepared(session, context, self.binder.prepare(session, context))

    def settle(self, session: Session, context: Context, request: Empty, first: BindingAnswer) -> BindingAnswer:
        del request
        return self._prepared(session, context, first.event_id)

    def confirm(self, session: Session, context: Context, request: ConfirmRequest) -> BoundAnswer:
        device = self.binder.confirm(session, context, request.event_id, request.code, request.signature)
        bound_at = instant(device.bound_at or context.now)
        return BoundAnswer(device_id=device.device_id, state=device.state, bound_at=bound_at)

    def unbind(self, session: Session, context: Context, request: PersonRequest) -> StateAnswer:
        self.verification.confirm(session, context, UNBIND, request)
        device = self.devices.get(session, context.caller.device_id)
        depart(session, context, self.devices, device, "UNBOUND")
        return StateAnswer(device_id=device.device_id, state=REMOVED)

    def _prepared(self, session: Session, context: Context, event_id: str) -> BindingAnswer:
        binding = self.binder.prepared(session, context, event_id)
        return BindingAnswer(
            event_id=binding.event_id,
            customer_id=binding.customer_id,
            customer_name=binding.person.masked.name,
            mobile=binding.person.masked.mobile,
            aud=self.devices.aud,
            env=self.devices.env,
            expires=binding.expires,
            expires_at=instant(datetime.fromtimestamp(binding.expires, UTC)),
            sandbox_code=binding.sandbox_code,
        )

    def _customer(self, session: Session, customer_id: str | None) -> CustomerAnswer | None:
        if customer_id is None:
            return None
        name = self.customers.person(session, customer_id).masked.name
        return CustomerAnswer(customer_id=customer_id, name=name)


def _sent(given: Attestation) -> Sent:
    return Sent(
        format=given.format,
        pop_chain=tuple(given.pop_chain or ()),
        tx_chain=tuple(given.tx_chain or ()),
        key_id=given.key_id or "",
        object=given.object or "",
    )


def operations(
    devices: Devices, binder: Binder, customers: Customers, verification: Verification
) -> tuple[Operation, ...]:
    """Give the operations of this room."""
    handlers = _Handlers(devices, binder, customers, verification)
    return (*_registering(handlers), *_binding(handlers))


def _registering(handlers: _Handlers) -> tuple[Operation, ...]:
    return (
        Operation(
            code="device.challenge",
            summary="Give a challenge to register a device with.",
            method="POST",
            path="/devices/challenge",
            request=Empty,
            response=ChallengeAnswer,
            handler=handlers.challenge,
            idempotency=Idempotency.NATURAL,
            scope=None,
            from_shell=True,
            limit="30/minute",
        ),
        Operation(
            code="device.register",
            summary="Register a device by its two keys and what its platform attests of them.",
            method="POST",
            path="/devices",
            request=RegisterRequest,
            response=RegisteredAnswer,
            handler=handlers.register,
            idempotency=Idempotency.NATURAL,
            scope=None,
            from_shell=True,
            limit="30/minute",
            errors=(
                "CHALLENGE_INVALID",
                "SIG_INVALID",
                "SIG_NONCANONICAL",
                "ENCODING_INVALID",
                "KEY_INVALID",
                "ATTESTATION_REFUSED",
                "DEVICE_KEY_KNOWN",
                "DEVICE_STATE",
            ),
        ),
        Operation(
            code="device.get",
            summary="Give the calling device's state, owner and counter.",
            method="GET",
            path="/devices/current",
            request=Empty,
            response=DeviceAnswer,
            handler=handlers.get,
            idempotency=Idempotency.NONE,
            scope=Scope.ONBOARDING,
            from_shell=True,
        ),
    )


def _binding(handlers: _Handlers) -> tuple[Operation, ...]:
    return (
        Operation(
            code="device.bind.prepare",
            summary="Freeze the binding of this device to the customer whose account was opened on it; send a code.",
            method="POST",
            path="/devices/bind/prepare",
            request=Empty,
            response=BindingAnswer,
            handler=handlers.prepare,
            settle=handlers.settle,
            idempotency=Idempotency.KEY,
            scope=Scope.ONBOARDING,
            from_shell=True,
            limit="20/minute",
            errors=("BIND_NO_APPLICATION", "DEVICE_STATE", "CODE_TOO_SOON"),
        ),
        Operation(
            code="device.bind.confirm",
            summary="Bind this device by the code from the phone and a signature of its transaction key.",
            method="POST",
            path="/devices/bind/confirm",
            request=ConfirmRequest,
            response=BoundAnswer,
            handler=handlers.confirm,
            idempotency=Idempotency.KEY,
            scope=Scope.ONBOARDING,
            from_shell=True,
            limit="20/minute",
            errors=(
                "NOT_FOUND",
                "BIND_EXPIRED",
                "CODE_WRONG",
                "CODE_LOCKED",
                "CODE_EXPIRED",
                "SIG_INVALID",
                "SIG_NONCANONICAL",
                "ENCODING_INVALID",
                "DEVICE_STATE",
                "DEVICE_CAP",
            ),
        ),
        Operation(
            code="device.unbind",
            summary="Take the calling device away from its customer for ever; its sessions end.",
            method="POST",
            path="/devices/current/unbind",
            request=PersonRequest,
            response=StateAnswer,
            handler=handlers.unbind,
            idempotency=Idempotency.NATURAL,
            from_shell=True,
            limit="20/minute",
            errors=("CHALLENGE_INVALID", "VERIFICATION_REFUSED", "ATTESTATION_REFUSED", "DEVICE_STATE"),
        ),
    )
