"""Pictures of the applicant's identity card: sealed like the number itself, one a side, replaceable until submitted.

Invariants: only the device that made the application may add to it, and only while it is half finished; the bytes are
what their type says; the evidence holds their hash, never the picture.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ForeignKey, Integer, delete, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from bff import audit
from bff.accounts.applications import Applications
from bff.accounts.errors import ApplicationExpiredError, DocumentInvalidError
from bff.accounts.repository import HALF_FINISHED
from bff.catalogue import Upload
from bff.db.base import BLOB, CODE, DIGEST, ID, Base
from bff.errors import ConflictError
from bff.kinds import Context

FRONT: Final = "FRONT"
BACK: Final = "BACK"
MOST_BYTES: Final = 5 * 1024 * 1024
_BEGINS: Final = {"image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n\x1a\n"}
TAKEN: Final = Upload(frozenset(_BEGINS), MOST_BYTES)


class ApplicationDocument(Base):
    """One side of an identity card, sealed."""

    __tablename__ = "application_document"

    application_id: Mapped[str] = mapped_column(ID, ForeignKey("account_application.application_id"), primary_key=True)
    side: Mapped[str] = mapped_column(CODE, primary_key=True)
    media_type: Mapped[str] = mapped_column(CODE)
    size: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(DIGEST)
    content: Mapped[bytes] = mapped_column(BLOB)
    created_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Documents:
    """Takes pictures for applications."""

    applications: Applications

    def add(
        self, session: Session, context: Context, application_id: str, side: str, *, media_type: str, content: bytes
    ) -> str:
        """Keep a side of the card in place of an earlier picture of it; give the hex SHA-256.

        Raises:
            NotFoundError: the application was made on another device.
            ApplicationExpiredError, ConflictError: it takes nothing any more.
            DocumentInvalidError: the bytes are not of their type.
        """
        row = self.applications.get(session, context, application_id)
        if row.state not in HALF_FINISHED:
            raise ConflictError(detail=f"the application is {row.state}", state=row.state)
        if context.now >= row.expires_at:
            raise ApplicationExpiredError
        if not content.startswith(_BEGINS.get(media_type, b"\0")):
            raise DocumentInvalidError(detail=f"the file is no {media_type}")
        digest = hashlib.sha256(content).hexdigest()
        sealed = self.applications.vault.sealing.seal(
            plaintext=content, record_id=application_id, field=f"document.{side}"
        )
        key = {"application_id": application_id, "side": side}
        session.execute(delete(ApplicationDocument).filter_by(**key))
        facts = {"media_type": media_type, "size": len(content), "sha256": digest, "created_at": context.now}
        session.execute(insert(ApplicationDocument).values(**key, **facts, content=sealed))
        body = {"applicationId": application_id, "side": side, "mediaType": media_type, "sha256": digest}
        audit.append(session, kind="application.document", subject=application_id, body=body, now=context.now)
        return digest
