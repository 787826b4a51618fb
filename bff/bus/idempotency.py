"""Remembering what was answered under an Idempotency-Key.

Invariants: the record is claimed in the transaction that does the work, so it exists exactly when the work was
committed; a replay gets the very bytes of the first answer. An operation that must hear from the core first is
RUNNING under a lease until its final bytes are stored; whoever finds the lease run out finishes it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import String, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from bff.bus.errors import IdempotencyKeyRequiredError, IdempotencyMismatchError, IdempotencyRunningError
from bff.catalogue import Operation
from bff.db.base import CODE, DIGEST, JSON_TEXT, Base
from bff.db.statements import changed, insert_new
from bff.errors import RequestInvalidError
from bff.kinds import Context

LEASE: Final = timedelta(seconds=30)
KEPT: Final = timedelta(days=7)
"""How long an answer can be asked for again."""
LONGEST_KEY: Final = 80
RUNNING: Final = "RUNNING"
DONE: Final = "DONE"


class IdempotencyRecord(Base):
    """One key of one subject for one operation, and what it was answered."""

    __tablename__ = "idempotency_record"

    subject: Mapped[str] = mapped_column(CODE, primary_key=True)
    operation: Mapped[str] = mapped_column(CODE, primary_key=True)
    key: Mapped[str] = mapped_column(String(LONGEST_KEY), primary_key=True)
    request_hash: Mapped[str] = mapped_column(DIGEST)
    state: Mapped[str] = mapped_column(CODE)
    answer: Mapped[str] = mapped_column(JSON_TEXT, default="")
    outbox_keys: Mapped[str] = mapped_column(JSON_TEXT, default="[]")
    leased_until: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(index=True)


@dataclass(frozen=True, slots=True)
class Claim:
    """A record that this call claimed, or found.

    Attributes:
        fresh: the key was new: do the work. Otherwise ``answer`` is what the first delivery left.
        final: the answer may go out; False when the first delivery never finished and this call must.
    """

    subject: str
    operation: str
    key: str
    fresh: bool
    final: bool = False
    answer: bytes = b""
    outbox_keys: tuple[str, ...] = ()


def checked_key(key: str | None) -> str:
    """Give the header's value if it can be a key.

    Raises:
        IdempotencyKeyRequiredError: there is none.
        RequestInvalidError: it is too long or not printable ASCII.
    """
    if not key:
        raise IdempotencyKeyRequiredError
    if len(key) > LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise RequestInvalidError(
            detail=f"Idempotency-Key must be 1 to {LONGEST_KEY} printable ASCII characters", field="Idempotency-Key"
        )
    return key


def canonical(payload: Mapping[str, Any]) -> str:
    """Write a request's payload so that the order of its members makes no difference."""
    return msgspec.json.encode(dict(payload), order="deterministic").decode()


def claim(session: Session, context: Context, operation: Operation, key: str, hashes: Sequence[str]) -> Claim:
    """Claim the key for this call, or find what the first delivery answered.

    Args:
        session: of the call's transaction.
        context: whose call.
        operation: what is called.
        key: a ``checked_key``.
        hashes: keyed hashes of ``canonical`` under every key that counts, the present one first; plain ones would let
            whoever reads the table find a card number.

    Raises:
        IdempotencyMismatchError: the key belongs to another request.
        IdempotencyRunningError: the first delivery has not finished and its lease runs.
    """
    name = {"subject": context.caller.subject, "operation": operation.code, "key": key}
    lease = context.now + LEASE
    columns = {"request_hash": hashes[0], "state": RUNNING, "leased_until": lease, "created_at": context.now}
    if insert_new(session, IdempotencyRecord, **name, **columns, answer="", outbox_keys="[]"):
        return Claim(context.caller.subject, operation.code, key, fresh=True)
    found = session.execute(select(*IdempotencyRecord.__table__.columns).filter_by(**name)).one()
    if found.request_hash not in hashes:
        raise IdempotencyMismatchError(detail="the Idempotency-Key was used with another request")
    if found.state != DONE:
        _take_over(session, name, found.leased_until, context.now)
    keys = tuple(msgspec.json.decode(found.outbox_keys, type=list[str]))
    return Claim(
        context.caller.subject,
        operation.code,
        key,
        fresh=False,
        final=found.state == DONE,
        answer=found.answer.encode(),
        outbox_keys=keys,
    )


def _take_over(session: Session, name: Mapping[str, str], leased_until: datetime, now: datetime) -> None:
    """Lease a record whose holder died; of several one wins."""
    wanted = update(IdempotencyRecord).filter_by(**name, state=RUNNING, leased_until=leased_until)
    if leased_until > now or changed(session, wanted.values(leased_until=now + LEASE)) != 1:
        raise IdempotencyRunningError(detail="the first delivery of this request is being carried out", retryAfter=1)


def store(session: Session, claimed: Claim, answer: bytes, *, final: bool, outbox_keys: tuple[str, ...] = ()) -> None:
    """Write the answer down: the final bytes, or the first answer of an operation that has yet to settle."""
    keys = msgspec.json.encode(outbox_keys).decode()
    values = {"answer": answer.decode(), "state": DONE if final else RUNNING, "outbox_keys": keys}
    session.execute(update(IdempotencyRecord).filter_by(**_name(claimed)).values(**values))


def give_up(session: Session, claimed: Claim, now: datetime) -> None:
    """End the lease, so that the next delivery settles at once."""
    session.execute(update(IdempotencyRecord).filter_by(**_name(claimed)).values(leased_until=now))


def forget(session: Session, claimed: Claim) -> None:
    """Drop the claim of a call that was refused though its transaction is kept."""
    session.execute(delete(IdempotencyRecord).filter_by(**_name(claimed)))


def sweep(session: Session, now: datetime) -> int:
    """Delete answers that nobody will ask for again, those that never became final too; give how many."""
    return changed(session, delete(IdempotencyRecord).where(IdempotencyRecord.created_at < now - KEPT))


def _name(claimed: Claim) -> dict[str, str]:
    return {"subject": claimed.subject, "operation": claimed.operation, "key": claimed.key}
