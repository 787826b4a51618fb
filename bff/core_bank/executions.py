"""Exactly once: what each consumer sequence number did, remembered in the same transaction that did it."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import rfc8785
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from bff.core_bank.models import CoreExecutionRow
from bff.core_bank.port import CoreQuery, CoreReceipt, CoreRefusedError, CoreStatus, Left, Posting
from bff.db.base import table_of
from bff.db.prepared import Prepared
from bff.db.statements import insert_new

_table = table_of(CoreExecutionRow)
_wanted = _table.c.sequence == bindparam("wanted")
_RECALL = Prepared(select(_table).where(_wanted))
_REMEMBER = Prepared(update(_table).where(_wanted), ("status", "reason", "receipt"))


@dataclass(frozen=True, slots=True)
class Done:
    """What a verb did: the core's reference and the postings."""

    reference: str
    postings: tuple[Posting, ...] = ()
    at: datetime | None = None
    """When money moved, if it did."""
    left: tuple[Left, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """A verb with its sequence number and content: the same number may come again with the same content only."""

    sequence: str
    verb: str
    content: Mapping[str, str | int]


def claim(session: Session, order: Order, now: datetime) -> CoreQuery | None:
    """Take an order's number for this transaction; another one with the same number waits here until this one ends.

    Returns:
        What the number did before: S with the receipt, or F with the reason; None when the number is ours to execute.

    Raises:
        CoreRefusedError: SEQUENCE_REUSED, the number came with another content; this is not remembered.
    """
    content_hash = hashlib.sha256(rfc8785.dumps({"verb": order.verb, **order.content})).hexdigest()
    values = {"verb": order.verb, "content_hash": content_hash, "reason": "", "receipt": "", "at": now}
    if insert_new(session, CoreExecutionRow, sequence=order.sequence, status=CoreStatus.UNKNOWN.value, **values):
        return None
    return _remembered(session, order.sequence, content_hash)


def carry_out(session: Session, order: Order, now: datetime, work: Callable[[], Done]) -> CoreQuery:
    """Execute an order whose number was claimed.

    Args:
        session: of the transaction that claimed it.
        order: the order.
        now: the core's clock.
        work: does it; raises CoreRefusedError before it has written anything.

    Returns:
        What it did: S with the receipt, or F with the reason.
    """
    try:
        done = work()
    except CoreRefusedError as error:
        return _remember(session, order.sequence, CoreQuery(CoreStatus.FAILED, reason=error.reason))
    receipt = CoreReceipt(order.sequence, order.verb, done.reference, done.postings, done.at or now, done.left)
    return _remember(session, order.sequence, CoreQuery(CoreStatus.SUCCESS, receipt))


def recall(session: Session, sequence: str) -> CoreQuery:
    """Tell what became of a sequence number."""
    row = _RECALL.first(session, {"wanted": sequence})
    return CoreQuery(CoreStatus.ABSENT) if row is None else _answer(row)


def _remembered(session: Session, sequence: str, content_hash: str) -> CoreQuery:
    row = _RECALL.one(session, {"wanted": sequence})
    if row.content_hash != content_hash:
        raise CoreRefusedError(reason="SEQUENCE_REUSED")
    return _answer(row)


def _remember(session: Session, sequence: str, answer: CoreQuery) -> CoreQuery:
    receipt = msgspec.json.encode(answer.receipt).decode() if answer.receipt else ""
    values = {"wanted": sequence, "status": answer.status.value, "reason": answer.reason, "receipt": receipt}
    _REMEMBER.changed(session, values)
    return answer


def _answer(row: Any) -> CoreQuery:
    receipt = msgspec.json.decode(row.receipt, type=CoreReceipt) if row.receipt else None
    return CoreQuery(CoreStatus(row.status), receipt, row.reason)
