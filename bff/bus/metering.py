"""Counting the calls that a partner pays for: one row per call, in the call's own transaction."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from bff.catalogue import Operation
from bff.db.base import CODE, SEQUENCE, Base
from bff.kinds import Context


class MeteringRecord(Base):
    """One paid call; ``fee`` in fen as it was at that instant."""

    __tablename__ = "metering_record"
    __table_args__ = (Index("ix_metering_record_subject", "subject", "at"),)

    id: Mapped[int] = mapped_column(SEQUENCE, primary_key=True, autoincrement=True)
    channel: Mapped[str] = mapped_column(CODE)
    subject: Mapped[str] = mapped_column(CODE)
    operation: Mapped[str] = mapped_column(CODE)
    fee: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]


def meter(session: Session, context: Context, operation: Operation) -> None:
    """Count the call if it costs anything."""
    if operation.fee > 0:
        caller = context.caller
        row = {"channel": caller.channel.value, "subject": caller.subject, "operation": operation.code}
        session.execute(insert(MeteringRecord).values(**row, fee=operation.fee, at=context.now))
