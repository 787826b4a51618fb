"""Tables of people and of the codes sent to them; whatever names a person is sealed or a keyed hash."""

from datetime import datetime

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from bff.customers.sealed import SealedColumn, columns
from bff.db.base import BLOB, CODE, DIGEST, ID, Base


class Customer(Base):
    """One person; found, and kept from being in here twice, by ``CustomerIndex``."""

    __tablename__ = "customer"

    customer_id: Mapped[str] = mapped_column(ID, primary_key=True)
    name: Mapped[bytes] = mapped_column(BLOB)
    id_number: Mapped[bytes] = mapped_column(BLOB)
    mobile: Mapped[bytes] = mapped_column(BLOB)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class CustomerIndex(Base):
    """The keyed hash of a person's ID number under one key; while keys turn a person has one under each.

    ``kid`` is empty for a hash of before keys had ids in here.
    """

    __tablename__ = "customer_index"

    id_index: Mapped[str] = mapped_column(DIGEST, primary_key=True)
    customer_id: Mapped[str] = mapped_column(ID, index=True)
    kid: Mapped[str] = mapped_column(CODE)


class VerificationCode(Base):
    """The code pending for one holder (an application, a binding) and one purpose."""

    __tablename__ = "verification_code"

    holder: Mapped[str] = mapped_column(ID, primary_key=True)
    purpose: Mapped[str] = mapped_column(CODE, primary_key=True)
    code_id: Mapped[str] = mapped_column(ID, unique=True)
    code_hash: Mapped[str] = mapped_column(DIGEST)
    sandbox_code: Mapped[str | None] = mapped_column(String(6))
    tries: Mapped[int] = mapped_column(Integer, default=0)
    sends: Mapped[int] = mapped_column(Integer, default=1)
    sent_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class MobileDay(Base):
    """How many codes went to one mobile on one business day."""

    __tablename__ = "mobile_day"

    mobile_index: Mapped[str] = mapped_column(DIGEST, primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    sends: Mapped[int] = mapped_column(Integer, default=0)


def sealed() -> tuple[SealedColumn, ...]:
    """Give the sealed columns of people."""
    return columns(Customer, "customer_id", ("name", "id_number", "mobile"))
