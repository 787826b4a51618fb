"""Appending to the evidence chain: whoever appends holds the head row until his transaction ends.

Invariants: sequence numbers start at 1 and have no gap; each entry's ``prev`` is the hash of the one before it, the
first's is 64 zeros; an entry exists exactly when the transaction that wrote it was committed.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from bff.audit.models import EvidenceBlob, EvidenceEntry, EvidenceHead
from bff.db.statements import insert_new
from bff.kinds import instant
from security.encoding import canonical_json, digest
from security.evidence import GENESIS, entry_hash

_HEAD: Final = 1


def append(
    session: Session,
    *,
    kind: str,
    subject: str,
    body: Mapping[str, Any],
    now: datetime,
    blobs: Iterable[bytes] = (),
) -> int:
    """Append one entry to the chain, inside the caller's transaction.

    Args:
        session: of a writing transaction.
        kind: what happened, ``order.placed``.
        subject: id of the thing that it happened to.
        body: JSON members; what the entry states.
        now: when it happened.
        blobs: raw bytes to which the body points by their hex SHA-256.

    Returns:
        The entry's sequence number.
    """
    seq, prev = _lock_head(session)
    seq += 1
    canonical = canonical_json(dict(body))
    body_hash, at = digest(canonical), instant(now)
    own = entry_hash(seq=seq, prev=prev, kind=kind, subject=subject, at=at, body_hash=body_hash)
    row = {"seq": seq, "prev": prev, "kind": kind, "subject": subject, "at": at, "body_hash": body_hash}
    session.execute(insert(EvidenceEntry).values(**row, body=canonical.decode(), hash=own))
    session.execute(update(EvidenceHead).where(EvidenceHead.id == _HEAD).values(seq=seq, hash=own))
    for blob in blobs:
        keep_blob(session, blob)
    return seq


def _lock_head(session: Session) -> tuple[int, str]:
    """Give the chain's last number and hash, holding the row; start the chain when there is none."""
    wanted = select(EvidenceHead.seq, EvidenceHead.hash).where(EvidenceHead.id == _HEAD).with_for_update()
    row = session.execute(wanted).one_or_none()
    if row is None:
        insert_new(session, EvidenceHead, id=_HEAD, seq=0, hash=GENESIS)
        row = session.execute(wanted).one()
    return row.seq, row.hash


def keep_blob(session: Session, blob: bytes) -> str:
    """Keep bytes once, whoever brings them; give their hex SHA-256."""
    sha256 = digest(blob)
    insert_new(session, EvidenceBlob, sha256=sha256, data=blob)
    return sha256
