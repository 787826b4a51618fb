"""Reading frozen operations, and changing their state by conditional UPDATEs alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Row, bindparam, delete, select, update
from sqlalchemy.orm import Session

from bff.approvals.models import ApprovalHold, ApprovalOperation
from bff.approvals.rules import BEFORE, CANCELLED, CHALLENGED, DONE, EXECUTING, EXPIRED, REJECTED
from bff.db.base import table_of
from bff.db.prepared import Prepared
from bff.db.statements import changed, insert_new

_table: Final = table_of(ApprovalOperation)
_FIND: Final = Prepared(select(_table).where(_table.c.challenge_id == bindparam("wanted")))
_OUTCOME: Final = Prepared(
    select(*(_table.c[name] for name in ("operation_id", "customer_id", "device_id", "state", "result"))).where(
        _table.c.challenge_id == bindparam("wanted")
    )
)
_TOLD: Final = Prepared(
    select(*(_table.c[name] for name in ("customer_id", "device_id", "amount_fen", "template", "decided_at"))).where(
        _table.c.operation_id == bindparam("wanted")
    )
)
_hold: Final = table_of(ApprovalHold)
_HELD: Final = Prepared(select(_hold.c.placed_at).where(_hold.c.customer_id == bindparam("wanted")))
_KEEP: Final = Prepared(
    update(_table).where(_table.c.operation_id == bindparam("wanted")).values(result=bindparam("text"))
)
_SPEND: Final = Prepared(
    update(_table)
    .where(
        _table.c.operation_id == bindparam("wanted"),
        _table.c.state.in_(BEFORE[EXECUTING]),
        _table.c.expires_at > bindparam("at"),
    )
    .values(state=EXECUTING, message_hash=bindparam("hash"), decided_at=bindparam("at"))
)
_CONCLUDE: Final = Prepared(
    update(_table)
    .where(_table.c.operation_id == bindparam("wanted"), _table.c.state.in_(BEFORE[DONE]))
    .values(state=bindparam("to"), result=bindparam("text"))
)


@dataclass(frozen=True, slots=True)
class Frozen:
    """An operation as it stands in the table."""

    operation_id: str
    challenge_id: str
    type: str
    state: str
    customer_id: str
    device_id: str
    bundle_digest: str
    amount_fen: int
    fields: Mapping[str, str]
    template: Mapping[str, Any]
    payload: Mapping[str, Any]
    message_hash: str | None
    result: Mapping[str, Any]
    reason: str
    expires_at: datetime
    decided_at: datetime | None

    def status(self, now: datetime) -> str:
        """Give the state, EXPIRED included before the sweep has written it."""
        return EXPIRED if self.state == CHALLENGED and now >= self.expires_at else self.state


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an operation, and whose it is."""

    operation_id: str
    customer_id: str
    device_id: str
    state: str
    result: Mapping[str, Any]


def find(session: Session, challenge_id: str) -> Frozen | None:
    """Give the operation of a challenge, or None; always as committed, never from a cache."""
    row = _FIND.first(session, {"wanted": challenge_id})
    return None if row is None else _frozen(row)


def outcome(session: Session, challenge_id: str) -> Outcome | None:
    """Give what became of the operation of a challenge, or None; as ``find``, without what was frozen."""
    row = _OUTCOME.first(session, {"wanted": challenge_id})
    if row is None:
        return None
    return Outcome(row.operation_id, row.customer_id, row.device_id, row.state, _read(row.result))


def spend(session: Session, operation_id: str, message_hash: str, now: datetime) -> bool:
    """Mark the challenge used by that message; tell whether it was open and in time."""
    return _SPEND.changed(session, {"wanted": operation_id, "at": now, "hash": message_hash}) == 1


def reject(session: Session, operation_id: str, reason: str, now: datetime) -> bool:
    """Close an open challenge by the customer's no; tell whether it was open."""
    row = update(_table).where(_table.c.operation_id == operation_id, _table.c.state.in_(BEFORE[REJECTED]))
    return changed(session, row.values(state=REJECTED, reason=reason, decided_at=now)) == 1


def cancel(session: Session, operation_id: str, now: datetime) -> bool:
    """Close an open challenge because nobody wants it any more; tell whether it was open."""
    row = update(_table).where(_table.c.operation_id == operation_id, _table.c.state.in_(BEFORE[CANCELLED]))
    return changed(session, row.values(state=CANCELLED, decided_at=now)) == 1


def cancel_all(session: Session, customer_id: str, reason: str, now: datetime) -> int:
    """Close every open challenge of a customer; give how many."""
    rows = update(_table).where(_table.c.customer_id == customer_id, _table.c.state.in_(BEFORE[CANCELLED]))
    return changed(session, rows.values(state=CANCELLED, reason=reason, decided_at=now))


def waiting(session: Session, customer_id: str, device_id: str | None, now: datetime, most: int) -> Sequence[Frozen]:
    """Give what waits for the decision of a customer's device (None: of any of them), the newest first."""
    own = [_table.c.customer_id == customer_id]
    if device_id is not None:
        own.append(_table.c.device_id == device_id)
    wanted = select(_table).where(*own, _table.c.state == CHALLENGED, _table.c.expires_at > now)
    rows = session.execute(wanted.order_by(_table.c.created_at.desc(), _table.c.operation_id).limit(most))
    return [_frozen(row) for row in rows]


def hold(session: Session, customer_id: str, operation_id: str, now: datetime) -> bool:
    """Hold a customer's approvals; tell whether they were not held yet."""
    return insert_new(session, ApprovalHold, customer_id=customer_id, operation_id=operation_id, placed_at=now)


def held_since(session: Session, customer_id: str) -> datetime | None:
    """Tell since when a customer's approvals are held, or None; always as committed."""
    row = _HELD.first(session, {"wanted": customer_id})
    return None if row is None else row.placed_at


def holds(session: Session) -> Sequence[Row[Any]]:
    """Give every hold, the oldest first."""
    columns = table_of(ApprovalHold).columns
    return session.execute(select(*columns).order_by(columns.placed_at, columns.customer_id)).all()


def lift(session: Session, customer_id: str) -> bool:
    """Lift a customer's hold; tell whether there was one."""
    return changed(session, delete(ApprovalHold).where(ApprovalHold.customer_id == customer_id)) == 1


def keep_result(session: Session, operation_id: str, result: Mapping[str, Any]) -> None:
    """Keep what the domain answered when the operation was placed."""
    _KEEP.changed(session, {"wanted": operation_id, "text": _text(result)})


def conclude(session: Session, operation_id: str, state: str, result: Mapping[str, Any]) -> bool:
    """Write how an executing operation ended, or that nobody knows yet; tell whether it was still going on."""
    values = {"wanted": operation_id, "to": state, "text": _text(result)}
    return _CONCLUDE.changed(session, values) == 1


def expire(session: Session, now: datetime) -> int:
    """Mark every open challenge whose time is over; tell how many."""
    row = update(_table).where(_table.c.state.in_(BEFORE[EXPIRED]), _table.c.expires_at <= now)
    return changed(session, row.values(state=EXPIRED))


def told(session: Session, operation_id: str) -> Row[Any]:
    """Give what a message to an operation's customer needs, and what giving its limit back needs."""
    return _TOLD.one(session, {"wanted": operation_id})


def _text(result: Mapping[str, Any]) -> str:
    return msgspec.json.encode(dict(result)).decode()


def _read(result: str | None) -> Mapping[str, Any]:
    found: Mapping[str, Any] = msgspec.json.decode(result) if result else {}
    return found


def _frozen(row: Row[Any]) -> Frozen:
    return Frozen(
        operation_id=row.operation_id,
        challenge_id=row.challenge_id,
        type=row.type,
        state=row.state,
        customer_id=row.customer_id,
        device_id=row.device_id,
        bundle_digest=row.bundle_digest,
        amount_fen=row.amount_fen,
        fields=msgspec.json.decode(row.fields),
        template=msgspec.json.decode(row.template),
        payload=msgspec.json.decode(row.payload),
        message_hash=row.message_hash,
        result=_read(row.result),
        reason=row.reason,
        expires_at=row.expires_at,
        decided_at=row.decided_at,
    )
