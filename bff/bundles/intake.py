"""Taking uploads in: opened under a signed statement, received in pieces, checked when all bytes are there."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from bff.bundles import signers, uploads
from bff.bundles.clearing import Clearing
from bff.bundles.rights import held_by_no_train, own, require_active, see, verify
from bff.bundles.signers import Role, Signer
from bff.bundles.upload_errors import (
    SignerNotAllowedError,
    UploadBusyError,
    UploadExpiredError,
    UploadIncompleteError,
    UploadOffsetError,
    UploadsOpenError,
    UploadStateError,
    UploadTooLargeError,
)
from bff.bundles.upload_models import ReleaseUpload
from bff.bundles.uploads import State
from bff.db.engine import retried
from bff.kinds import NewId
from security import release
from security.encoding import digest
from security.release import UploadStatement

CHECKS: Final = 2
"""How many uploads a process checks at once: a check holds a release several times in memory."""
CHECK_WAIT: Final = 20.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """How much may be uploaded.

    Attributes:
        bytes: of one release.
        lifetime: how long an unfinished upload is kept.
        unfinished: how many of them a key may have.
    """

    bytes: int
    lifetime: timedelta
    unfinished: int = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Opening:
    """What a developer wants to upload, with his signature over ``UploadStatement``."""

    bundle: str
    version: str
    length: int
    archive: str
    manifest: str
    declaration: str
    signature: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Intake:
    """Where uploads come in.

    Attributes:
        clearing: examines and publishes, and knows the database and the bytes of open uploads.
        server: public address, which statements name.
        limits: how much may be uploaded.
        new_id: maker of ids.
    """

    clearing: Clearing
    server: str
    limits: Limits
    new_id: NewId
    _checks: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(CHECKS))

    def open(self, signer: Signer, asked: Opening, now: datetime) -> tuple[ReleaseUpload, bool]:
        """Begin an upload, or give the living one of the same content.

        Returns:
            The upload, and whether it is new.

        Raises:
            SignerNotAllowedError: the key may not upload that bundle.
            StatementInvalidError: the signature is not over this statement.
            UploadTooLargeError, UploadsOpenError: more than may be.
        """
        if signer.role is not Role.DEVELOPER or asked.bundle not in signer.bundles:
            raise SignerNotAllowedError(detail=f"this key may not upload the bundle {asked.bundle[:24]}")
        if asked.length > self.limits.bytes:
            message = f"a release has at most {self.limits.bytes:,} bytes, not {asked.length:,}"
            raise UploadTooLargeError(detail=message, limit=self.limits.bytes)
        statement = UploadStatement(
            server=self.server,
            bundle=asked.bundle,
            version=asked.version,
            manifest=asked.manifest,
            archive=asked.archive,
            declaration=digest(asked.declaration.encode()),
        )
        verify(signer, statement, asked.signature)
        return retried(self.clearing.engine, lambda session: self._open(session, signer, asked, now))

    def _open(self, session: Session, signer: Signer, asked: Opening, now: datetime) -> tuple[ReleaseUpload, bool]:
        """Look and write while nobody else opens an upload under this key."""
        require_active(signers.find(session, signer.jkt, locking=True))
        live = uploads.live_name(
            signer.jkt, asked.bundle, asked.version, asked.manifest, asked.archive, asked.declaration
        )
        known = uploads.find_live(session, live)
        if known is not None and not self._lapse(session, known, now):
            return known, False
        if uploads.unfinished(session, signer.jkt, now) >= self.limits.unfinished:
            message = f"{self.limits.unfinished} uploads of this key are unfinished: finish or withdraw one"
            raise UploadsOpenError(detail=message)
        row = ReleaseUpload(
            upload_id=self.new_id("upl"),
            jkt=signer.jkt,
            bundle=asked.bundle,
            version=asked.version,
            length=asked.length,
            received=0,
            archive=asked.archive,
            manifest=asked.manifest,
            declaration=asked.declaration,
            signature=asked.signature,
            live=live,
            state=State.RECEIVING,
            findings="[]",
            widening="[]",
            widening_digest=release.widening_digest(()),
            created_at=now,
            changed_at=now,
            expires_at=now + self.limits.lifetime,
        )
        uploads.open_upload(session, row, signer, now)
        return row, True

    def _lapse(self, session: Session, row: ReleaseUpload, now: datetime) -> bool:
        """End a living upload that is past its time and was not swept yet; tell whether it was one."""
        if row.state not in uploads.OPEN or row.expires_at > now:
            return False
        said = {"reason": "left alone for too long"}
        return uploads.move(session, row, State.EXPIRED, now, said=said, reason=said["reason"])

    def append(self, signer: Signer, upload_id: str, offset: int, data: bytes, now: datetime) -> ReleaseUpload:
        """Take bytes in; they are on the disk and counted when this returns.

        Raises:
            UploadOffsetError: they do not continue where the upload stands.
            UploadTooLargeError: they would be more than was said.
            UploadStateError, UploadExpiredError: the upload takes no bytes any more.
            StorageFullError: there is no room.
        """
        _receiving(own(self.clearing, signer, upload_id), now)
        with self.clearing.partials.hold(upload_id) as part:
            row = _receiving(see(self.clearing, signer, upload_id), now)
            there = part.size()
            if there < row.received:  # kept on another machine, or lost with its disk: go on from what is here
                retried(self.clearing.engine, lambda session: uploads.receive(session, row, received=there))
                raise UploadOffsetError(detail=f"only {there:,} bytes are here", offset=there)
            if offset != row.received:
                raise UploadOffsetError(detail=f"the upload stands at {row.received:,}", offset=row.received)
            if offset + len(data) > row.length:
                message = f"{offset + len(data):,} bytes are more than the {row.length:,} that were announced"
                raise UploadTooLargeError(detail=message)
            part.write(offset, data)
            counted = retried(
                self.clearing.engine, lambda session: uploads.receive(session, row, received=offset + len(data))
            )
        present = see(self.clearing, signer, upload_id)
        if not counted:
            _receiving(present, now)
            raise UploadOffsetError(detail=f"the upload stands at {present.received:,}", offset=present.received)
        return present

    def complete(self, signer: Signer, upload_id: str, now: datetime, clock: Callable[[], datetime]) -> ReleaseUpload:
        """Check an upload whose bytes are all there; a decided one stays as it is.

        Raises:
            UploadIncompleteError: bytes are missing.
            UploadBusyError: as many uploads are being checked as this process checks at once.
            RepositoryUnavailableError: the repository cannot be read; ask again.
            TrainBrokenError: it is refused, because a release on offer would lack what it needs.
        """
        return held_by_no_train(self._complete(signer, upload_id, now, clock))

    def _complete(self, signer: Signer, upload_id: str, now: datetime, clock: Callable[[], datetime]) -> ReleaseUpload:
        row = own(self.clearing, signer, upload_id)
        if row.state not in uploads.UNFINISHED or uploads.is_held(row, now):
            return row
        if row.state == State.RECEIVING:
            _receiving(row, now)
            row = self._recount(row)
        if row.received != row.length:
            message = f"{row.received:,} of {row.length:,} bytes are here"
            raise UploadIncompleteError(detail=message, offset=row.received)
        if not self._checks.acquire(timeout=CHECK_WAIT):
            raise UploadBusyError(detail="other uploads are being checked", retryAfter=5)
        try:
            began = clock()
            if not self.clearing.move(row, State.CHECKING, began):
                return see(self.clearing, signer, upload_id)
            return self.clearing.check(see(self.clearing, signer, upload_id), clock)
        finally:
            self._checks.release()

    def _recount(self, row: ReleaseUpload) -> ReleaseUpload:
        """Count the bytes of an upload anew when fewer are here than were counted: they are asked for again."""
        with self.clearing.partials.hold(row.upload_id) as part:
            there = part.size()
            if there >= row.received:
                return row
            retried(self.clearing.engine, lambda session: uploads.receive(session, row, received=there))
        return self.clearing.present(row.upload_id)


def _receiving(row: ReleaseUpload, now: datetime) -> ReleaseUpload:
    """Hold that an upload takes bytes."""
    if row.state == State.EXPIRED or (row.state == State.RECEIVING and row.expires_at <= now):
        raise UploadExpiredError(detail="the upload was left alone for too long: begin anew")
    if row.state != State.RECEIVING:
        raise UploadStateError(detail=f"the upload is {row.state} and takes no bytes", state=row.state)
    return row
