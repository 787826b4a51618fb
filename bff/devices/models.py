"""Tables of devices: their keys, bindings, PINs and days, and how one follows another."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from bff.db.base import BLOB, CODE, FEN, ID, Base


class Device(Base):
    """One registered device."""

    __tablename__ = "device"

    device_id: Mapped[str] = mapped_column(ID, primary_key=True)
    state: Mapped[str] = mapped_column(CODE)
    level: Mapped[str] = mapped_column(CODE)
    platform: Mapped[str] = mapped_column(CODE)
    model_name: Mapped[str] = mapped_column(String(80))
    app_id: Mapped[str] = mapped_column(String(80))
    app_version: Mapped[str] = mapped_column(CODE)
    pop_jkt: Mapped[str] = mapped_column(CODE, unique=True)
    tx_jkt: Mapped[str] = mapped_column(CODE, unique=True)
    pop_x: Mapped[str] = mapped_column(CODE)
    pop_y: Mapped[str] = mapped_column(CODE)
    tx_x: Mapped[str] = mapped_column(CODE)
    tx_y: Mapped[str] = mapped_column(CODE)
    suite: Mapped[str] = mapped_column(CODE, server_default="ES256")
    customer_id: Mapped[str | None] = mapped_column(ID, ForeignKey("customer.customer_id"), index=True)
    last_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    registered_at: Mapped[datetime]
    bound_at: Mapped[datetime | None]
    nickname: Mapped[str] = mapped_column(String(40), default="", server_default="")
    cooling_until: Mapped[datetime | None]


class DeviceKey(Base):
    """One key of one device: a thumbprint stands here once, in whichever role."""

    __tablename__ = "device_key"

    jkt: Mapped[str] = mapped_column(CODE, primary_key=True)
    device_id: Mapped[str] = mapped_column(ID)


class DeviceModelBlock(Base):
    """A model whose devices may not register."""

    __tablename__ = "device_model_block"

    model_name: Mapped[str] = mapped_column(String(80), primary_key=True)
    by: Mapped[str] = mapped_column(String(500))
    reason: Mapped[str] = mapped_column(String(500))
    blocked_at: Mapped[datetime]


class DeviceBinding(Base):
    """One attempt to bind a device to a customer."""

    __tablename__ = "device_binding"

    event_id: Mapped[str] = mapped_column(ID, primary_key=True)
    device_id: Mapped[str] = mapped_column(ID, ForeignKey("device.device_id"), index=True)
    customer_id: Mapped[str] = mapped_column(ID, ForeignKey("customer.customer_id"))
    expires: Mapped[int] = mapped_column(BigInteger)
    used_at: Mapped[datetime | None]


class DeviceDay(Base):
    """How much a device has moved on one business day."""

    __tablename__ = "device_day"

    device_id: Mapped[str] = mapped_column(ID, primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    used_fen: Mapped[int] = mapped_column(FEN, default=0)


class DevicePin(Base):
    """The transaction PIN of one device, as ``security.pins`` keeps it; ``kid`` names the key of the keyed hash."""

    __tablename__ = "device_pin"

    device_id: Mapped[str] = mapped_column(ID, ForeignKey("device.device_id"), primary_key=True)
    salt: Mapped[str] = mapped_column(CODE)
    hash: Mapped[str] = mapped_column(CODE)
    kid: Mapped[str] = mapped_column(CODE)
    set_at: Mapped[datetime]


class AppInstance(Base):
    """The key of an app instance that Apple attested, SubjectPublicKeyInfo in DER, and its last assertion's counter."""

    __tablename__ = "app_instance"

    device_id: Mapped[str] = mapped_column(ID, ForeignKey("device.device_id"), primary_key=True)
    public_key: Mapped[bytes] = mapped_column(BLOB)
    counter: Mapped[int] = mapped_column(BigInteger)
    kept_at: Mapped[datetime]


class TryCounter(Base):
    """How often something was tried in a window of time, by whom or from where; until when no try is taken."""

    __tablename__ = "try_counter"

    kind: Mapped[str] = mapped_column(CODE, primary_key=True)
    name: Mapped[str] = mapped_column(CODE, primary_key=True)
    tries: Mapped[int] = mapped_column(Integer, default=0)
    since: Mapped[datetime]
    paused_until: Mapped[datetime | None]


class DeviceTransfer(Base):
    """A new device that asks to be let in, and what a device of the customer's said to it."""

    __tablename__ = "device_transfer"

    transfer_id: Mapped[str] = mapped_column(ID, primary_key=True)
    device_id: Mapped[str] = mapped_column(ID, ForeignKey("device.device_id"), index=True)
    expires: Mapped[int] = mapped_column(BigInteger)
    mode: Mapped[str] = mapped_column(CODE, default="")
    approved_by: Mapped[str | None] = mapped_column(ID, ForeignKey("device.device_id"))
    customer_id: Mapped[str | None] = mapped_column(ID, ForeignKey("customer.customer_id"))
    approved_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]


class DeviceRecovery(Base):
    """An attempt to come back with a new device when all others are lost; whose it is may be unknown."""

    __tablename__ = "device_recovery"

    recovery_id: Mapped[str] = mapped_column(ID, primary_key=True)
    device_id: Mapped[str] = mapped_column(ID, ForeignKey("device.device_id"), index=True)
    customer_id: Mapped[str | None] = mapped_column(ID, ForeignKey("customer.customer_id"))
    state: Mapped[str] = mapped_column(CODE)
    expires: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
