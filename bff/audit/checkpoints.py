"""Checkpoints: signing where the chain and its tree end, so that nobody can rewrite them unnoticed afterwards.

Invariant: a checkpoint is signed only over a tree in which the one before it still holds; a history that was changed
behind a signature is not signed again.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from bff.audit.chain import append, link
from bff.audit.models import EvidenceCheckpoint, EvidenceEntry, EvidenceHead
from bff.audit.tree import StoredTree, grow
from bff.db.statements import insert_new
from bff.kinds import instant
from security.errors import EvidenceError
from security.evidence import Checkpoint, sign_checkpoint
from security.evidence.chain import Signer

_END: Final = select(EvidenceHead.seq, EvidenceHead.hash)


def checkpoint(session: Session, signer: Signer, now: datetime, *, env: str) -> Checkpoint | None:
    """Sign the chain's present end, this transaction's own entries included, unless it is signed already.

    Where the end was signed before there was a tree, one entry is appended that says so, and signed with the tree.

    Args:
        session: of a writing transaction.
        signer: the active key of purpose ``audit-checkpoint``.
        now: present instant.
        env: the environment, which the signature covers.

    Returns:
        The new checkpoint; None when the chain is empty or its end is signed, with its tree.

    Raises:
        EvidenceError: the chain no longer is what the last checkpoint signed; nothing is signed.
    """
    link(session)
    head = session.execute(_END).one_or_none()
    if head is None or head.seq == 0:
        return None
    last = latest(session)
    if last is not None and last.seq == head.seq:
        if last.root is not None:
            return None
        append(session, kind="evidence.tree", subject=env, body={"size": last.seq + 1}, now=now)
        link(session)
        head = session.execute(_END).one()
    grow(session, head.seq)
    tree = StoredTree(session)
    if last is not None:
        _hold(session, tree, last, head.seq)
    root = tree.subtree(0, head.seq).hex()
    made = sign_checkpoint(env=env, seq=head.seq, head=head.hash, at=instant(now), signer=signer, root=root)
    row = made.as_dict()
    return made if insert_new(session, EvidenceCheckpoint, **row) else None


def catch_up(session: Session, *, limit: int) -> bool:
    """Let the tree grow towards the chain's end by so many rows at most, before a checkpoint holds everybody up.

    Returns:
        Whether it has caught up.
    """
    head = session.execute(_END).one_or_none()
    return head is None or grow(session, head.seq, limit=limit)


def latest(session: Session) -> Checkpoint | None:
    """Give the last checkpoint that the database has."""
    row = session.scalars(select(EvidenceCheckpoint).order_by(EvidenceCheckpoint.seq.desc()).limit(1)).one_or_none()
    return None if row is None else checkpoint_of(row)


def checkpoint_of(row: Any) -> Checkpoint:
    """Give a row as a checkpoint."""
    return Checkpoint(row.seq, row.hash, row.at, row.kid, row.sig, row.root)


def _hold(session: Session, tree: StoredTree, last: Checkpoint, end: int) -> None:
    """Hold the chain against the last checkpoint, at a cost that does not grow with what was appended since."""
    own = session.scalar(select(EvidenceEntry.hash).where(EvidenceEntry.seq == last.seq))
    held = last.root is None or tree.subtree(0, min(last.seq, end)).hex() == last.root
    if end < last.seq or own != last.hash or not held:
        detail = f"the chain is not the one that the checkpoint of entry {last.seq} signed; run: evidence check"
        raise EvidenceError(link="checkpoint", detail=detail)
