"""Checkpoints: signing where the chain ends, so that nobody can rewrite it unnoticed afterwards."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bff.audit.chain import link
from bff.audit.models import EvidenceCheckpoint, EvidenceHead
from bff.db.statements import insert_new
from bff.kinds import instant
from security.evidence import Checkpoint, sign_checkpoint
from security.evidence.chain import Signer


def checkpoint(session: Session, signer: Signer, now: datetime, *, env: str) -> Checkpoint | None:
    """Sign the chain's present end, this transaction's own entries included, unless it is signed already.

    Args:
        session: of a writing transaction.
        signer: the active key of purpose ``audit-checkpoint``.
        now: present instant.
        env: the environment, which the signature covers.

    Returns:
        The new checkpoint; None when the chain is empty or its end is signed.
    """
    link(session)
    head = session.execute(select(EvidenceHead.seq, EvidenceHead.hash)).one_or_none()
    if head is None or head.seq == 0 or session.get(EvidenceCheckpoint, head.seq) is not None:
        return None
    made = sign_checkpoint(env=env, seq=head.seq, head=head.hash, at=instant(now), signer=signer)
    row = {"seq": made.seq, "hash": made.hash, "at": made.at, "kid": made.kid, "sig": made.signature}
    return made if insert_new(session, EvidenceCheckpoint, **row) else None
