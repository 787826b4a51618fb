"""Reading frozen operations, and changing their state by conditional UPDATEs alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.orm import Session

from bff.approvals.models import ApprovalOperation
from bff.db.base import table_of
from bff.db.statements import changed

CHALLENGED: Final = "CHALLENGED"
EXECUTING: Final = "EXECUTING"
DONE: Final = "DONE"
FAILED: Final = "FAILED"
UNKNOWN: Final = "UNKNOWN"
REJECTED: Final = "REJECTED"
EXPIRED: Final = "EXPIRED"


_table: Final = table_of(ApprovalOperation)
_FIND: Final = select(_table).where(_table.c.challenge_id == bindparam("wanted"))
_KEEP: Final = update(_table).where(_table.c.operation_id == bindparam("wanted")).values(result=bindparam("text"))
_SPEND: Final = (
    update(_table)
    .where(
        _table.c.operation_id == bindparam("wanted"),
        _table.c.state == CHALLENGED,
        _table.c.expires_at > bindparam("at"),
    )
    .values(state=EXECUTING, message_hash=bindparam("hash"), decided_at=bindparam("at"))
)
_CONCLUDE: Final = (
    update(_table)
    .where(_table.c.operation_id == bindparam("wanted"), _table.c.state.in_((EXECUTING, UNKNOWN)))
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
    expires_at: datetime
    decided_at: datetime | None

    def status(self, now: datetime) -> str:
        """Give the state, EXPIRED included before the sweep has written it."""
        return EXPIRED if self.state == CHALLENGED and now >= self.expires_at else self.state


def find(session: Session, challenge_id: str) -> Frozen | None:
    """Give the operation of a challenge, or None; always as committed, never from a cache."""
    row = session.execute(_FIND, {"wanted": challenge_id}).first()
    return None if row is None else _frozen(row)


def spend(session: Session, operation_id: str, message_hash: str, now: datetime) -> bool:
    """Mark the challenge used by that message; tell whether it was open and in time."""
    return changed(session, _SPEND, {"wanted": operation_id, "at": now, "hash": message_hash}) == 1


def reject(session: Session, operation_id: str, now: datetime) -> bool:
    """Close an open challenge by the customer's no; tell whether it was open."""
    row = update(ApprovalOperation).where(ApprovalOperation.operation_id == operation_id)
    return changed(session, row.filter_by(state=CHALLENGED).values(state=REJECTED, decided_at=now)) == 1


def keep_result(session: Session, operation_id: str, result: Mapping[str, Any]) -> None:
    """Keep what the domain answered when the operation was placed."""
    session.execute(_KEEP, {"wanted": operation_id, "text": _text(result)})


def conclude(session: Session, operation_id: str, state: str, result: Mapping[str, Any]) -> bool:
    """Write how an executing operation ended, or that nobody knows yet; tell whether it was still going on."""
    values = {"wanted": operation_id, "to": state, "text": _text(result)}
    return changed(session, _CONCLUDE, values) == 1


def expire(session: Session, now: datetime) -> int:
    """Mark every open challenge whose time is over; tell how many."""
    row = update(ApprovalOperation).where(ApprovalOperation.state == CHALLENGED, ApprovalOperation.expires_at <= now)
    return changed(session, row.values(state=EXPIRED))


def placed(session: Session, operation_id: str) -> Row[Any]:
    """Give an operation by its own id."""
    columns = table_of(ApprovalOperation).columns
    return session.execute(select(*columns).where(columns.operation_id == operation_id)).one()


def _text(result: Mapping[str, Any]) -> str:
    return msgspec.json.encode(dict(result)).decode()


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
        result=msgspec.json.decode(row.result) if row.result else {},
        expires_at=row.expires_at,
        decided_at=row.decided_at,
    )
