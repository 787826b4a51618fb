"""Appending to the evidence chain: what a transaction appends is linked once, at its end, just before its commit.

Invariants: sequence numbers start at 1 and have no gap; each entry's ``prev`` is the hash of the one before it, the
first's is 64 zeros; an entry exists exactly when the transaction that wrote it was committed. Whoever links holds the
head row until his commit, and locks nothing after it: all writers need this row, so it is held last and briefly.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import event, insert, select, update
from sqlalchemy.orm import Session, SessionTransaction

from bff.audit.models import EvidenceBlob, EvidenceEntry, EvidenceHead
from bff.db.base import table_of
from bff.db.prepared import Prepared
from bff.db.statements import insert_new
from bff.kinds import instant
from security.encoding import canonical_json, digest
from security.evidence import GENESIS, entry_hash

_HEAD: Final = 1
_head: Final = table_of(EvidenceHead)
_END: Final = Prepared(select(_head.c.seq, _head.c.hash).where(_head.c.id == _HEAD).with_for_update())
_MOVE: Final = Prepared(update(_head).where(_head.c.id == _HEAD), ("seq", "hash"))
_LINK: Final = Prepared(insert(table_of(EvidenceEntry)))
_QUEUE: Final = "tidegate.evidence"


@dataclass(frozen=True, slots=True)
class _Queue:
    """What one transaction of a session has appended so far; a session may live longer than its transaction."""

    transaction: SessionTransaction
    entries: list[dict[str, str]] = field(default_factory=list)


def append(
    session: Session,
    *,
    kind: str,
    subject: str,
    body: Mapping[str, Any],
    now: datetime,
    blobs: Iterable[bytes] = (),
) -> None:
    """Append one entry to the chain, inside the caller's transaction; it is linked when that commits.

    Args:
        session: of a writing transaction.
        kind: what happened, ``order.placed``.
        subject: id of the thing that it happened to.
        body: JSON members; what the entry states.
        now: when it happened.
        blobs: raw bytes to which the body points by their hex SHA-256.
    """
    canonical = canonical_json(dict(body))
    said = {"kind": kind, "subject": subject, "at": instant(now), "body_hash": digest(canonical)}
    entry = {**said, "body": canonical.decode()}
    if session.in_nested_transaction():
        _write(session, [entry])  # a savepoint that is rolled back takes its entries along, and no others
    else:
        _queue(session).entries.append(entry)
    for blob in blobs:
        keep_blob(session, blob)


def link(session: Session) -> int:
    """Link now what this transaction appended so far, for whoever must read it before the commit.

    Returns:
        The sequence number of the chain's end.
    """
    waiting = _queue(session).entries
    last = _write(session, waiting)
    waiting.clear()
    return last


@event.listens_for(Session, "before_commit")
def _link_at_the_end(session: Session) -> None:
    """Link what the ending transaction appended; releasing a savepoint ends none."""
    queue = session.info.get(_QUEUE)
    if queue is None or session.in_nested_transaction() or queue.transaction is not session.get_transaction():
        return
    if queue.entries:
        link(session)


def _queue(session: Session) -> _Queue:
    transaction = session.get_transaction() or session.begin()
    queue = session.info.get(_QUEUE)
    if queue is None or queue.transaction is not transaction:
        queue = session.info[_QUEUE] = _Queue(transaction)
    return queue


def _write(session: Session, entries: Iterable[Mapping[str, str]]) -> int:
    """Write entries behind the chain's end, which stays locked; give the new end's number."""
    seq, prev = _lock_head(session)
    rows = []
    for entry in entries:
        seq += 1
        said = {name: entry[name] for name in ("kind", "subject", "at", "body_hash")}
        own = entry_hash(seq=seq, prev=prev, **said)
        rows.append({**entry, "seq": seq, "prev": prev, "hash": own})
        prev = own
    if rows:
        _LINK.many(session, rows)
        _MOVE.changed(session, {"seq": seq, "hash": prev})
    return seq


def _lock_head(session: Session) -> tuple[int, str]:
    """Give the chain's last number and hash, holding the row; start the chain when there is none."""
    row = _END.first(session, {})
    if row is None:
        insert_new(session, EvidenceHead, id=_HEAD, seq=0, hash=GENESIS)
        row = _END.one(session, {})
    return row.seq, row.hash


def keep_blob(session: Session, blob: bytes) -> str:
    """Keep bytes once, whoever brings them; give their hex SHA-256."""
    sha256 = digest(blob)
    insert_new(session, EvidenceBlob, sha256=sha256, data=blob)
    return sha256
