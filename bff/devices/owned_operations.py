"""The operations by which a customer looks after his devices and their PINs; only the native shell calls them."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from bff.catalogue.operation import Empty, Idempotency, Operation
from bff.devices.owned import Owned, OwnedDevices
from bff.devices.owned_schemas import (
    OwnedDevice,
    OwnedDevicesAnswer,
    PinAnswer,
    PinChangeRequest,
    PinRequest,
    PinSetRequest,
    RemoveRequest,
    RenamedAnswer,
    RenameRequest,
)
from bff.devices.pins import Pins
from bff.devices.repository import REMOVED
from bff.devices.schemas import StateAnswer
from bff.kinds import Context, business_date, instant
from bff.sessions.schemas import VerifiedAnswer
from bff.sessions.verification import PIN, UNBIND, Verification

_TRIED = ("PIN_WRONG", "PIN_PAUSED", "PIN_LOCKED", "DEVICE_STATE")


@dataclass(frozen=True, slots=True)
class _Handlers:
    owned: OwnedDevices
    pins: Pins
    verification: Verification

    def list(self, session: Session, context: Context, request: Empty) -> OwnedDevicesAnswer:
        del request
        most = self.owned.devices.packs.at(business_date(context.now)).integer("most_devices")
        rows = [_shown(one, context) for one in self.owned.list(session, context)]
        return OwnedDevicesAnswer(devices=rows, most=most)

    def rename(self, session: Session, context: Context, request: RenameRequest) -> RenamedAnswer:
        name = self.owned.rename(session, context, request.device_id, request.name)
        return RenamedAnswer(device_id=request.device_id, name=name)

    def remove(self, session: Session, context: Context, request: RemoveRequest) -> StateAnswer:
        self.owned.require(session, context, request.device_id)
        self.verification.confirm(session, context, f"{UNBIND}:{request.device_id}", request)
        self.owned.remove(session, context, request.device_id)
        return StateAnswer(device_id=request.device_id, state=REMOVED)

    def pin(self, session: Session, context: Context, request: Empty) -> PinAnswer:
        del request
        return self._standing(session, context)

    def pin_set(self, session: Session, context: Context, request: PinSetRequest) -> PinAnswer:
        self.verification.confirm(session, context, PIN, request)
        self.pins.set(session, context, request.pin)
        return self._standing(session, context)

    def pin_change(self, session: Session, context: Context, request: PinChangeRequest) -> PinAnswer:
        self.pins.change(session, context, request.pin, request.new_pin)
        return self._standing(session, context)

    def pin_verify(self, session: Session, context: Context, request: PinRequest) -> VerifiedAnswer:
        self.pins.verify(session, context, request.pin)
        return self.verification.fresh(session, context, "pin")

    def _standing(self, session: Session, context: Context) -> PinAnswer:
        set_at, left = self.pins.standing(session, context)
        paused = instant(left.until) if left.left and left.until is not None else None
        told = None if set_at is None else instant(set_at)
        return PinAnswer(
            is_set=set_at is not None, set_at=told, left=left.left, locked=not left.left, paused_until=paused
        )


def _shown(one: Owned, context: Context) -> OwnedDevice:
    device, limit = one.device, one.limit
    return OwnedDevice(
        device_id=device.device_id,
        name=device.nickname or device.model,
        model=device.model,
        platform=device.platform,
        level=device.level,
        bound_at=instant(device.bound_at or context.now),
        last_used_at=None if one.last_used_at is None else instant(one.last_used_at),
        cooling_until=None if limit.cooling_until is None else instant(limit.cooling_until),
        day_limit_fen=limit.most,
        day_left_fen=limit.left,
        current=device.device_id == context.caller.device_id,
    )


def operations(owned: OwnedDevices, pins: Pins, verification: Verification) -> tuple[Operation, ...]:
    """Declare the operations on a customer's devices and on PINs."""
    handlers = _Handlers(owned, pins, verification)
    return (*_devices(handlers), *_pins(handlers))


def _devices(handlers: _Handlers) -> tuple[Operation, ...]:
    return (
        Operation(
            code="device.list",
            summary="List the customer's devices: names, last use, what each may still move today, cooling-off.",
            method="GET",
            path="/devices",
            request=Empty,
            response=OwnedDevicesAnswer,
            handler=handlers.list,
            idempotency=Idempotency.NONE,
            from_shell=True,
        ),
        Operation(
            code="device.rename",
            summary="Give one of the customer's devices a name.",
            method="POST",
            path="/devices/{device_id}/rename",
            request=RenameRequest,
            response=RenamedAnswer,
            handler=handlers.rename,
            idempotency=Idempotency.NATURAL,
            from_shell=True,
            limit="30/minute",
            errors=("NOT_FOUND",),
        ),
        Operation(
            code="device.remove",
            summary="Take another device of the customer's away for ever; its sessions end and its PIN is deleted.",
            method="POST",
            path="/devices/{device_id}/remove",
            request=RemoveRequest,
            response=StateAnswer,
            handler=handlers.remove,
            idempotency=Idempotency.NATURAL,
            from_shell=True,
            limit="20/minute",
            errors=("NOT_FOUND", "CHALLENGE_INVALID", "VERIFICATION_REFUSED", "ATTESTATION_REFUSED", "DEVICE_STATE"),
        ),
    )


def _pins(handlers: _Handlers) -> tuple[Operation, ...]:
    return (
        Operation(
            code="device.pin.get",
            summary="Tell whether the calling device has a transaction PIN, and how many tries are left.",
            method="GET",
            path="/devices/current/pin",
            request=Empty,
            response=PinAnswer,
            handler=handlers.pin,
            idempotency=Idempotency.NONE,
            from_shell=True,
            errors=("DEVICE_STATE",),
        ),
        Operation(
            code="device.pin.set",
            summary="Set the calling device's transaction PIN by its transaction key; a locked one opens.",
            method="POST",
            path="/devices/current/pin",
            request=PinSetRequest,
            response=PinAnswer,
            handler=handlers.pin_set,
            idempotency=Idempotency.NATURAL,
            from_shell=True,
            limit="20/minute",
            errors=("CHALLENGE_INVALID", "VERIFICATION_REFUSED", "ATTESTATION_REFUSED", "PIN_WEAK", "DEVICE_STATE"),
        ),
        Operation(
            code="device.pin.change",
            summary="Put a new transaction PIN in the place of the old one.",
            method="POST",
            path="/devices/current/pin/change",
            request=PinChangeRequest,
            response=PinAnswer,
            handler=handlers.pin_change,
            idempotency=Idempotency.NATURAL,
            from_shell=True,
            limit="30/minute",
            errors=("PIN_WEAK", *_TRIED),
        ),
        Operation(
            code="device.pin.verify",
            summary="Verify the person by the transaction PIN; the session counts as freshly verified from now on.",
            method="POST",
            path="/devices/current/pin/verify",
            request=PinRequest,
            response=VerifiedAnswer,
            handler=handlers.pin_verify,
            idempotency=Idempotency.NATURAL,
            from_shell=True,
            limit="30/minute",
            errors=_TRIED,
        ),
    )
