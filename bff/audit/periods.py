"""What the bank gives outsiders of its whole chain: a period, the newest checkpoint, proofs between checkpoints."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bff.audit.checkpoints import checkpoint, checkpoint_of, latest
from bff.audit.models import EvidenceCheckpoint
from bff.audit.orders import read_entries
from bff.audit.tree import StoredTree
from bff.errors import ConflictError, NotFoundError
from bff.kinds import instant
from security.errors import EvidenceError
from security.evidence import Checkpoint
from security.evidence.chain import Signer
from security.evidence.merkle import consistency_path, peaks_of
from security.evidence.period import export_period
from security.evidence.statements import write_consistency
from security.jwk import PublicJwk

MOST: Final = 500_000
"""How many entries one file may hold: it is read and written whole."""


def export_between(
    session: Session,
    *,
    since: datetime | None,
    until: datetime | None,
    env: str,
    keys: Mapping[str, PublicJwk],
    signer: Signer,
    now: datetime,
    bodies: bool = False,
) -> bytes:
    """Write a period, from one checkpoint to another; the chain's end is signed first where it is not.

    Args:
        session: of a writing transaction.
        since: begin after the last checkpoint that was signed by then; None for the chain's first entry.
        until: end with the first checkpoint that was signed from then on; None for the chain's end.
        env: environment of this server.
        keys: public keys of purpose ``audit-checkpoint`` by id, the withdrawn ones included.
        signer: the active key of that purpose.
        now: present instant.
        bodies: whether the bodies are shown.

    Raises:
        NotFoundError: there is no entry in the period.
        ConflictError: there are more than one file may hold.
        EvidenceError: the chain is not what was signed.
    """
    checkpoint(session, signer, now, env=env)
    first, last = _bounds(session, since, until)
    if last - first > MOST:
        raise ConflictError(
            detail=f"the period has {last - first:,} entries, a file holds {MOST:,}: take a shorter one"
        )
    marked = select(EvidenceCheckpoint).where(EvidenceCheckpoint.seq.between(first, last))
    marks = [checkpoint_of(row) for row in session.scalars(marked.order_by(EvidenceCheckpoint.seq))]
    used = {mark.kid for mark in marks} | {signer.kid}
    return export_period(
        env=env,
        exported_at=instant(now),
        entries=read_entries(session, first + 1, last),
        peaks=peaks_of(first, StoredTree(session).subtree),
        checkpoints=marks,
        keys={kid: jwk for kid, jwk in keys.items() if kid in used},
        signer=signer,
        bodies=bodies,
    )


def newest(session: Session, signer: Signer, now: datetime, *, env: str) -> Checkpoint:
    """Give the checkpoint of the chain's end, signing it where it is not.

    Raises:
        NotFoundError: the chain is empty.
        EvidenceError: the chain is not what was signed.
    """
    checkpoint(session, signer, now, env=env)
    mark = latest(session)
    if mark is None:
        raise NotFoundError(detail="the chain is empty")
    return mark


def prove(session: Session, old: Checkpoint, new: Checkpoint) -> bytes:
    """Write the proof that the history behind ``new`` begins with the one behind ``old``.

    Raises:
        EvidenceError: this chain is not the one behind both, or ends before them.
    """
    mark = latest(session)
    if mark is None or new.seq > mark.seq:
        detail = f"the checkpoint of entry {new.seq} lies behind this chain's end: its end was cut off"
        raise EvidenceError(link="checkpoint", detail=detail)
    path = consistency_path(old=old.seq, size=new.seq, subtree=StoredTree(session).subtree)
    return write_consistency(old=old, new=new, path=path)


def _bounds(session: Session, since: datetime | None, until: datetime | None) -> tuple[int, int]:
    """Give the last entry before the period and the last one of it."""
    before = select(func.max(EvidenceCheckpoint.seq))
    first = 0 if since is None else session.scalar(before.where(EvidenceCheckpoint.at <= instant(since))) or 0
    after = select(func.min(EvidenceCheckpoint.seq)).where(EvidenceCheckpoint.seq > first)
    last = None if until is None else session.scalar(after.where(EvidenceCheckpoint.at >= instant(until)))
    mark = latest(session)
    end = last if last is not None else (0 if mark is None else mark.seq)
    if end <= first:
        raise NotFoundError(detail="the chain has no entry in this period")
    return first, end
