"""The operations by which one device follows another: transfers and recoveries; only the native shell calls them."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from bff.catalogue.operation import Empty, Idempotency, Operation
from bff.customers.service import Customers, Person
from bff.devices.handover_schemas import (
    ApproveRequest,
    RecoveryAnswer,
    RecoveryCodeRequest,
    RecoveryConfirmRequest,
    RecoveryRequest,
    TransferAnswer,
    TransferConfirmRequest,
    TransferRequest,
)
from bff.devices.recoveries import Begun, Recoveries
from bff.devices.repository import KnownDevice
from bff.devices.schemas import BoundAnswer, CustomerAnswer
from bff.devices.transfers import Asked, Transfers
from bff.kinds import Context, Scope, instant

_SIGNED = ("BIND_EXPIRED", "SIG_INVALID", "SIG_NONCANONICAL", "ENCODING_INVALID")


@dataclass(frozen=True, slots=True)
class _Handlers:
    transfers: Transfers
    recoveries: Recoveries
    customers: Customers

    def ask(self, session: Session, context: Context, request: Empty) -> TransferAnswer:
        del request
        return self._transfer(session, self.transfers.ask(session, context))

    def own(self, session: Session, context: Context, request: TransferRequest) -> TransferAnswer:
        return self._transfer(session, self.transfers.own(session, context, request.transfer_id))

    def offer(self, session: Session, context: Context, request: TransferRequest) -> TransferAnswer:
        return self._transfer(session, self.transfers.seen(session, context, request.transfer_id))

    def approve(self, session: Session, context: Context, request: ApproveRequest) -> TransferAnswer:
        asked = self.transfers.approve(session, context, request.transfer_id, request.mode, request.signature)
        return self._transfer(session, asked)

    def transferred(self, session: Session, context: Context, request: TransferConfirmRequest) -> BoundAnswer:
        return _bound(context, self.transfers.confirm(session, context, request.transfer_id, request.signature))

    def begin(self, session: Session, context: Context, request: RecoveryRequest) -> RecoveryAnswer:
        given = Person(request.name, request.id_number, "")
        return self._recovery(session, self.recoveries.begin(session, context, given, request.card_number))

    def send_code(self, session: Session, context: Context, request: RecoveryCodeRequest) -> RecoveryAnswer:
        return self._recovery(session, self.recoveries.send_code(session, context, request.recovery_id))

    def settle_code(
        self, session: Session, context: Context, request: RecoveryCodeRequest, first: RecoveryAnswer
    ) -> RecoveryAnswer:
        del context
        first.sandbox_code = self.recoveries.shown(session, request.recovery_id)
        return first

    def recovered(self, session: Session, context: Context, request: RecoveryConfirmRequest) -> BoundAnswer:
        ids = (request.recovery_id, request.code, request.signature)
        return _bound(context, self.recoveries.confirm(session, context, *ids))

    def _transfer(self, session: Session, asked: Asked) -> TransferAnswer:
        device, devices = asked.newcomer, self.transfers.devices
        customer = None
        if asked.customer_id is not None:
            name = self.customers.person(session, asked.customer_id).masked.name
            customer = CustomerAnswer(customer_id=asked.customer_id, name=name)
        return TransferAnswer(
            transfer_id=asked.transfer_id,
            state=asked.state,
            digits=asked.digits,
            device_id=device.device_id,
            model=device.model,
            platform=device.platform,
            level=device.level,
            pop_jkt=device.pop_key.thumbprint,
            tx_jkt=device.tx_key.thumbprint,
            aud=devices.aud,
            env=devices.env,
            expires=asked.expires,
            expires_at=_instant(asked.expires),
            mode=asked.mode or None,
            customer=customer,
        )

    def _recovery(self, session: Session, begun: Begun) -> RecoveryAnswer:
        del session
        devices = self.recoveries.devices
        return RecoveryAnswer(
            recovery_id=begun.recovery_id,
            device_id=begun.device_id,
            aud=devices.aud,
            env=devices.env,
            expires=begun.expires,
            expires_at=_instant(begun.expires),
        )


def _bound(context: Context, device: KnownDevice) -> BoundAnswer:
    bound_at = instant(device.bound_at or context.now)
    return BoundAnswer(device_id=device.device_id, state=device.state, bound_at=bound_at)


def _instant(seconds: int) -> str:
    return instant(datetime.fromtimestamp(seconds, UTC))


def operations(transfers: Transfers, recoveries: Recoveries, customers: Customers) -> tuple[Operation, ...]:
    """Declare the operations of transfers and recoveries."""
    handlers = _Handlers(transfers, recoveries, customers)
    return (*_transfers(handlers), *_recoveries(handlers))


def _transfers(handlers: _Handlers) -> tuple[Operation, ...]:
    return (
        Operation(
            code="device.transfer.ask",
            summary="Ask, on a new device, to be let in by one that the customer has.",
            method="POST",
            path="/devices/transfers",
            request=Empty,
            response=TransferAnswer,
            handler=handlers.ask,
            idempotency=Idempotency.KEY,
            scope=Scope.ONBOARDING,
            from_shell=True,
            limit="20/minute",
            errors=("DEVICE_STATE",),
        ),
        Operation(
            code="device.transfer.get",
            summary="Tell the new device how its transfer stands, and to whom it would be bound.",
            method="GET",
            path="/devices/transfers/{transfer_id}",
            request=TransferRequest,
            response=TransferAnswer,
            handler=handlers.own,
            idempotency=Idempotency.NONE,
            scope=Scope.ONBOARDING,
            from_shell=True,
            errors=("NOT_FOUND",),
        ),
        Operation(
            code="device.transfer.offer",
            summary="Show a device of the customer's which new device asks, by the id that its owner brought over.",
            method="GET",
            path="/devices/transfers/{transfer_id}/offer",
            request=TransferRequest,
            response=TransferAnswer,
            handler=handlers.offer,
            idempotency=Idempotency.NONE,
            from_shell=True,
            limit="30/minute",
            errors=("NOT_FOUND",),
        ),
        Operation(
            code="device.transfer.approve",
            summary="Let a new device in by the calling device's transaction key, in its place or beside it.",
            method="POST",
            path="/devices/transfers/{transfer_id}/approve",
            request=ApproveRequest,
            response=TransferAnswer,
            handler=handlers.approve,
            idempotency=Idempotency.NATURAL,
            from_shell=True,
            limit="20/minute",
            errors=("NOT_FOUND", "DEVICE_STATE", "TRANSFER_INVALID", *_SIGNED),
        ),
        Operation(
            code="device.transfer.confirm",
            summary="Bind the new device by its own transaction key; after a move the other one is removed.",
            method="POST",
            path="/devices/transfers/{transfer_id}/confirm",
            request=TransferConfirmRequest,
            response=BoundAnswer,
            handler=handlers.transferred,
            idempotency=Idempotency.NATURAL,
            scope=Scope.ONBOARDING,
            from_shell=True,
            limit="20/minute",
            errors=("NOT_FOUND", "DEVICE_STATE", "DEVICE_CAP", "TRANSFER_INVALID", *_SIGNED),
        ),
    )


def _recoveries(handlers: _Handlers) -> tuple[Operation, ...]:
    return (
        Operation(
            code="device.recovery.begin",
            summary="Begin, on a new device, to come back when all others are lost: name, ID number, a card.",
            method="POST",
            path="/devices/recoveries",
            request=RecoveryRequest,
            response=RecoveryAnswer,
            handler=handlers.begin,
            idempotency=Idempotency.KEY,
            scope=Scope.ONBOARDING,
            from_shell=True,
            limit="10/minute",
            errors=("NAME_INVALID", "ID_CHECKSUM", "DEVICE_STATE", "RECOVERY_TOO_MANY"),
        ),
        Operation(
            code="device.recovery.code",
            summary="Send a code to the mobile that the bank knows, if the person is who he says.",
            method="POST",
            path="/devices/recoveries/{recovery_id}/code",
            request=RecoveryCodeRequest,
            response=RecoveryAnswer,
            handler=handlers.send_code,
            settle=handlers.settle_code,
            idempotency=Idempotency.KEY,
            scope=Scope.ONBOARDING,
            from_shell=True,
            limit="10/minute",
            errors=("NOT_FOUND", "CODE_TOO_SOON"),
        ),
        Operation(
            code="device.recovery.confirm",
            summary="Bind the new device in the place of all that the customer had; those are blocked.",
            method="POST",
            path="/devices/recoveries/{recovery_id}/confirm",
            request=RecoveryConfirmRequest,
            response=BoundAnswer,
            handler=handlers.recovered,
            idempotency=Idempotency.NATURAL,
            scope=Scope.ONBOARDING,
            from_shell=True,
            limit="10/minute",
            errors=("NOT_FOUND", "DEVICE_STATE", "RECOVERY_REFUSED"),
        ),
    )
