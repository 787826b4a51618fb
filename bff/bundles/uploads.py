"""Uploads as rows: their states, every change of state by one conditional UPDATE, and the evidence of each.

RECEIVING → CHECKING → REFUSED | WAITING_SECURITY | ACCEPTED; WAITING_SECURITY → ACCEPTED | REFUSED;
ACCEPTED → PUBLISHED, or back to WAITING_SECURITY when what is on offer has changed meanwhile; each of the open ones →
WITHDRAWN | EXPIRED.
Every function is a step: it takes a session and never opens one.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bff import audit
from bff.bundles.signers import Signer
from bff.bundles.upload_errors import UploadUnknownError
from bff.bundles.upload_models import ReleaseUpload
from bff.db.statements import changed
from security.encoding import digest, lp

CHECK_SECONDS: Final = 30
"""How long a check may hold an upload; then another request may take it over: its process is dead."""
DECIDING: Final = timedelta(days=30)
"""How long a checked upload waits for people."""
LISTED: Final = 200


class State(StrEnum):
    """Where an upload stands."""

    RECEIVING = "RECEIVING"
    CHECKING = "CHECKING"
    WAITING_SECURITY = "WAITING_SECURITY"
    ACCEPTED = "ACCEPTED"
    PUBLISHED = "PUBLISHED"
    REFUSED = "REFUSED"
    EXPIRED = "EXPIRED"
    WITHDRAWN = "WITHDRAWN"


OPEN: Final = (State.RECEIVING, State.CHECKING, State.WAITING_SECURITY, State.ACCEPTED)
"""States from which an upload can still become a release; its bytes are kept."""
UNFINISHED: Final = (State.RECEIVING, State.CHECKING)


def live_name(jkt: str, bundle: str, version: str, manifest: str, archive: str, declaration: str) -> str:
    """Name an upload by its content: the same content by the same key is one upload while it lives."""
    return digest(lp(jkt, bundle, version, manifest, archive, digest(declaration.encode())))


def find(session: Session, upload_id: str) -> ReleaseUpload:
    """Give an upload.

    Raises:
        UploadUnknownError: there is none.
    """
    row = session.get(ReleaseUpload, upload_id, populate_existing=True)
    if row is None:
        raise UploadUnknownError(detail="no upload of yours has that id")
    return row


def find_live(session: Session, live: str) -> ReleaseUpload | None:
    """Give the living upload of a content, if there is one."""
    return session.scalars(select(ReleaseUpload).where(ReleaseUpload.live == live)).one_or_none()


def listed(session: Session, *, jkt: str | None, state: str | None) -> tuple[ReleaseUpload, ...]:
    """Give the newest uploads, of one key or of all."""
    statement = select(ReleaseUpload).order_by(ReleaseUpload.created_at.desc(), ReleaseUpload.upload_id).limit(LISTED)
    if jkt is not None:
        statement = statement.where(ReleaseUpload.jkt == jkt)
    if state is not None:
        statement = statement.where(ReleaseUpload.state == state)
    return tuple(session.scalars(statement))


def in_state(session: Session, state: State) -> tuple[str, ...]:
    """Give the ids of the uploads in a state, the oldest first."""
    rows = select(ReleaseUpload.upload_id).where(ReleaseUpload.state == state).order_by(ReleaseUpload.created_at)
    return tuple(session.scalars(rows))


def unfinished(session: Session, jkt: str, now: datetime) -> int:
    """Count the uploads of a key that are not received and checked yet."""
    rows = select(func.count()).where(
        ReleaseUpload.jkt == jkt, ReleaseUpload.state.in_(UNFINISHED), ReleaseUpload.expires_at > now
    )
    return session.scalar(rows) or 0


def open_upload(session: Session, row: ReleaseUpload, signer: Signer, now: datetime) -> None:
    """Begin an upload."""
    session.add(row)
    said = {"length": row.length, "signature": row.signature, "person": signer.person, "team": signer.team}
    _testify(session, row, "opened", now, {**said, "declaration": digest(row.declaration.encode())})


def receive(session: Session, row: ReleaseUpload, *, received: int) -> bool:
    """Count bytes that are on the disk; tell whether the upload still stood where they were written."""
    statement = (
        update(ReleaseUpload)
        .where(
            ReleaseUpload.upload_id == row.upload_id,
            ReleaseUpload.state == State.RECEIVING,
            ReleaseUpload.received == row.received,
        )
        .values(received=received)
    )
    return changed(session, statement) == 1


def move(
    session: Session,
    row: ReleaseUpload,
    to: State,
    now: datetime,
    *,
    said: Mapping[str, Any] | None = None,
    **values: Any,
) -> bool:
    """Change an upload's state, and put it into the evidence.

    Args:
        session: of a writing transaction.
        row: the upload as the caller has seen it.
        to: the new state.
        now: the present instant.
        said: what the evidence says besides.
        values: columns that change with it.

    Returns:
        Whether it still stood as the caller had seen it; otherwise nothing has changed.
    """
    if to not in {*OPEN, State.PUBLISHED}:
        values["live"] = None
    if to in {State.WAITING_SECURITY, State.ACCEPTED}:
        values["expires_at"] = now + DECIDING
    statement = (
        update(ReleaseUpload)
        .where(
            ReleaseUpload.upload_id == row.upload_id,
            ReleaseUpload.state == row.state,
            ReleaseUpload.changed_at == row.changed_at,
        )
        .values(state=to, changed_at=now, **values)
    )
    if not changed(session, statement):
        return False
    _testify(session, row, to.lower(), now, said or {})
    return True


def is_held(row: ReleaseUpload, now: datetime) -> bool:
    """Tell whether a living process may still be checking an upload."""
    return row.state == State.CHECKING and now < row.changed_at + timedelta(seconds=CHECK_SECONDS)


def last_declaration(session: Session, bundle: str) -> str:
    """Give the declaration with which a bundle's last upload was published; empty when there was none."""
    rows = (
        select(ReleaseUpload.declaration)
        .where(ReleaseUpload.bundle == bundle, ReleaseUpload.state == State.PUBLISHED)
        .order_by(ReleaseUpload.changed_at.desc())
        .limit(1)
    )
    return session.scalar(rows) or ""


def of_manifest(session: Session, digest: str) -> tuple[str, ...]:
    """Give the ids of the uploads of a release, the newest first."""
    rows = select(ReleaseUpload.upload_id).where(ReleaseUpload.manifest == digest)
    return tuple(session.scalars(rows.order_by(ReleaseUpload.created_at.desc())))


def propose(session: Session, row: ReleaseUpload, proposal: str, waiting: Iterable[str], now: datetime) -> None:
    """Put into the evidence that an upload waits for signatures as a proposal."""
    _testify(session, row, "proposed", now, {"proposal": proposal, "waiting": list(waiting)})


def withdraw_all(session: Session, jkt: str, *, reason: str, now: datetime) -> int:
    """Withdraw every open upload of a key that was revoked; tell how many there were."""
    rows = session.scalars(
        select(ReleaseUpload).where(ReleaseUpload.jkt == jkt, ReleaseUpload.state.in_(OPEN)).with_for_update()
    )
    return sum(_end(session, row, State.WITHDRAWN, reason, now) for row in rows.all())


def expire(session: Session, now: datetime) -> int:
    """End what was left alone for too long; tell how many there were."""
    due = select(ReleaseUpload).where(ReleaseUpload.state.in_(OPEN), ReleaseUpload.expires_at <= now)
    rows: Iterable[ReleaseUpload] = session.scalars(due.with_for_update()).all()
    return sum(
        _end(session, row, State.EXPIRED, "left alone for too long", now) for row in rows if not is_held(row, now)
    )


def ended(session: Session, uploads: Iterable[str]) -> tuple[str, ...]:
    """Give those of some uploads whose bytes nobody needs any more."""
    names = tuple(uploads)
    kept = select(ReleaseUpload.upload_id).where(ReleaseUpload.upload_id.in_(names), ReleaseUpload.state.in_(OPEN))
    needed = set(session.scalars(kept))
    return tuple(name for name in names if name not in needed)


def findings_of(row: ReleaseUpload) -> list[dict[str, Any]]:
    """Give the findings as they were written."""
    return list(json.loads(row.findings))


def _end(session: Session, row: ReleaseUpload, to: State, reason: str, now: datetime) -> bool:
    return move(session, row, to, now, said={"reason": reason}, reason=reason)


def _testify(session: Session, row: ReleaseUpload, what: str, now: datetime, said: Mapping[str, Any]) -> None:
    """Put what happened to an upload into the evidence."""
    release = {"bundle": row.bundle, "version": row.version, "digest": row.manifest, "archive": row.archive}
    body = {"uploadId": row.upload_id, "jkt": row.jkt, **release, **said}
    audit.append(session, kind=f"release.{what}", subject=row.upload_id, body=body, now=now)
