"""Tables of devices, of their bindings and of what each has moved in a day."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from bff.db.base import CODE, FEN, ID, Base


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
