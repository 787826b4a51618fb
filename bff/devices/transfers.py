"""Letting a new device in by one that the customer has: it is added, or it comes in the other's place.

Invariants: the old device signs, by its transaction key, who comes and whether it goes itself; the new one signs to
whom it is bound; both happen before the transfer ends, once; what the old one moved today counts for the new one, and
a cooling-off that has begun does not end early.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.orm import Session

from bff import audit
from bff.db.statements import changed
from bff.devices import notices, repository
from bff.devices.binding import check_binding, tell_bound
from bff.devices.errors import DeviceStateError, TransferInvalidError, verifying
from bff.devices.models import DeviceTransfer
from bff.devices.owned import check_cap, replace, tell_removed
from bff.devices.repository import REMOVED, KnownDevice
from bff.devices.service import Devices
from bff.errors import NotFoundError
from bff.kinds import Context, business_date
from security.handover import MOVE, Newcomer, transfer_digits, verify_transfer


@dataclass(frozen=True, slots=True)
class Asked:
    """A transfer as both devices see it."""

    transfer_id: str
    state: str
    newcomer: KnownDevice
    digits: str
    expires: int
    mode: str
    customer_id: str | None


@dataclass(frozen=True, slots=True)
class Transfers:
    """The transfers of this bank's devices."""

    devices: Devices

    def ask(self, session: Session, context: Context) -> Asked:
        """Let the calling device, which is nobody's yet, ask to be let in.

        Raises:
            DeviceStateError: it is not pending.
        """
        device = self.devices.require_pending(session, context.caller.device_id)
        minutes = self.devices.packs.at(business_date(context.now)).integer("transfer_minutes")
        expires = int((context.now + timedelta(minutes=minutes)).timestamp())
        transfer_id = context.new_id("trf")
        row = {"transfer_id": transfer_id, "device_id": device.device_id, "expires": expires, "mode": ""}
        session.execute(insert(DeviceTransfer).values(**row))
        return self._asked(session, _found(session, transfer_id))

    def own(self, session: Session, context: Context, transfer_id: str) -> Asked:
        """Give a transfer to the device that asked for it.

        Raises:
            NotFoundError: it is not the calling device's.
        """
        return self._asked(session, _own(session, context, transfer_id))

    def seen(self, session: Session, context: Context, transfer_id: str) -> Asked:
        """Give a transfer, whose id a person brought from the new device, to a device of some customer.

        Raises:
            NotFoundError: there is none, it is over, or another customer approved it.
        """
        row = _found(session, transfer_id)
        theirs = row.customer_id is not None and row.customer_id != context.caller.customer_id
        if theirs or row.used_at is not None or context.now.timestamp() >= row.expires:
            raise NotFoundError(detail="there is no such transfer")
        return self._asked(session, row)

    def approve(self, session: Session, context: Context, transfer_id: str, mode: str, signature: str) -> Asked:
        """Let the new device in by the calling one's transaction key.

        Raises:
            NotFoundError: there is no such transfer.
            DeviceStateError: the calling device may not approve.
            BindExpiredError, SignatureInvalidError, SignatureNoncanonicalError: it came late, or does not verify.
            TransferInvalidError: it was approved already.
        """
        asked = self.seen(session, context, transfer_id)
        old = self.devices.require_active(session, context.caller.device_id, context.caller.customer_id)
        self._verify_approval(context, asked, old, mode, signature)
        unanswered = update(DeviceTransfer).where(
            DeviceTransfer.transfer_id == transfer_id, DeviceTransfer.approved_by.is_(None)
        )
        values = {"mode": mode, "approved_by": old.device_id, "customer_id": old.customer_id}
        if not changed(session, unanswered.values(approved_at=context.now, **values)):
            raise TransferInvalidError(detail="it was approved already")
        body = _evidence(asked, old, mode) | {"expires": asked.expires, "signature": signature}
        audit.append(session, kind="device.transfer_approved", subject=old.device_id, body=body, now=context.now)
        return self._asked(session, _found(session, transfer_id))

    def confirm(self, session: Session, context: Context, transfer_id: str, signature: str) -> KnownDevice:
        """Bind the calling device to the customer whose device let it in; a move takes that one away.

        Raises:
            NotFoundError: it is not the calling device's.
            DeviceStateError: it is not pending any more.
            TransferInvalidError: not approved, used, or the approving device may not any more.
            BindExpiredError, SignatureInvalidError, SignatureNoncanonicalError: it came late, or does not verify.
            DeviceCapError: the customer has too many devices.
        """
        row = _own(session, context, transfer_id)
        device = self.devices.require_pending(session, context.caller.device_id)
        if row.approved_by is None or row.customer_id is None:
            raise TransferInvalidError(detail="no device has approved it")
        about: dict[str, Any] = {"event_id": row.transfer_id, "customer_id": row.customer_id}
        check_binding(self.devices, device, **about, expires=row.expires, signature=signature, now=context.now)
        unused = update(DeviceTransfer).where(
            DeviceTransfer.transfer_id == row.transfer_id, DeviceTransfer.used_at.is_(None)
        )
        if not changed(session, unused.values(used_at=context.now)):
            raise TransferInvalidError(detail="it was used already")
        self._bind(session, context, device, row)
        tell_bound(session, device, **about, expires=row.expires, signature=signature, now=context.now)
        body = {"transferId": row.transfer_id, "customerId": row.customer_id, "mode": row.mode, "signature": signature}
        body |= {"deviceId": device.device_id, "approvedBy": row.approved_by, "expires": row.expires}
        audit.append(session, kind="device.transferred", subject=device.device_id, body=body, now=context.now)
        return self.devices.get(session, device.device_id)

    def _bind(self, session: Session, context: Context, device: KnownDevice, row: Row[Any]) -> None:
        """Change the devices, all in this transaction; the old one is looked at past other commits."""
        if row.approved_by not in repository.lock_active(session, row.customer_id):
            raise TransferInvalidError(detail="the approving device may not any more")
        old = self.devices.get(session, row.approved_by)
        if row.mode == MOVE:
            if not replace(session, context, (old.device_id,), REMOVED, "DEVICE_MOVED"):
                raise TransferInvalidError(detail="the approving device may not any more")
            tell_removed(session, old, context.now)
            repository.copy_day(session, old.device_id, device.device_id, business_date(context.now).isoformat())
        until = self._cooling(session, context, old)
        if not repository.bind(session, device.device_id, row.customer_id, context.now, until):
            raise DeviceStateError(detail="the device was bound or stopped meanwhile")
        check_cap(session, self.devices, row.customer_id, context.now)
        notices.tell(session, notices.BOUND, device, row.customer_id, context.now)

    def _cooling(self, session: Session, context: Context, old: KnownDevice) -> datetime:
        hours = self.devices.packs.at(business_date(context.now)).integer("transfer_cooling_hours")
        until = context.now + timedelta(hours=hours)
        begun = self.devices.day_limit(session, old, context.now).cooling_until
        return until if begun is None else max(until, begun)

    def _asked(self, session: Session, row: Row[Any]) -> Asked:
        device = self.devices.get(session, row.device_id)
        digits = transfer_digits(transfer_id=row.transfer_id, newcomer=newcomer(device))
        state = "DONE" if row.used_at is not None else "ASKED" if row.approved_by is None else "APPROVED"
        return Asked(row.transfer_id, state, device, digits, row.expires, row.mode, row.customer_id)

    def _verify_approval(self, context: Context, asked: Asked, old: KnownDevice, mode: str, signature: str) -> None:
        with verifying():
            verify_transfer(
                aud=self.devices.aud,
                env=self.devices.env,
                transfer_id=asked.transfer_id,
                mode=mode,
                customer_id=old.customer_id or "",
                old_device_id=old.device_id,
                old_tx_key=old.tx_key,
                newcomer=newcomer(asked.newcomer),
                expires=asked.expires,
                signature=signature,
                now=context.now,
            )


def newcomer(device: KnownDevice) -> Newcomer:
    """Give what signatures name of a new device."""
    keys = {"pop_jkt": device.pop_key.thumbprint, "tx_jkt": device.tx_key.thumbprint}
    return Newcomer(device_id=device.device_id, **keys)


def _evidence(asked: Asked, old: KnownDevice, mode: str) -> dict[str, Any]:
    keys = newcomer(asked.newcomer)
    names = {"transferId": asked.transfer_id, "mode": mode, "customerId": old.customer_id, "oldDeviceId": old.device_id}
    return {**names, "deviceId": keys.device_id, "popJkt": keys.pop_jkt, "txJkt": keys.tx_jkt}


def _found(session: Session, transfer_id: str) -> Row[Any]:
    columns = DeviceTransfer.__table__.columns
    row = session.execute(select(*columns).where(columns.transfer_id == transfer_id)).first()
    if row is None:
        raise NotFoundError(detail="there is no such transfer")
    return row


def _own(session: Session, context: Context, transfer_id: str) -> Row[Any]:
    row = _found(session, transfer_id)
    if row.device_id != context.caller.device_id:
        raise NotFoundError(detail="there is no such transfer")
    return row
