"""``h5bundle upload`` and ``uploads``: bring a packed release to a server, and decide on one.

An upload that was cut off goes on where the server stands, at once or at the next call: the same release by the same
key is the same upload.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from h5bundle.commands.package import Received
from h5bundle.digests import sha256
from h5bundle.errors import H5BundleError, TrainError
from h5bundle.remote import Remote, RemoteError, UnreachableError, Upload
from security import release
from security.release import DecisionStatement, UploadStatement

Progress: TypeAlias = Callable[[str, int, int], None]
Pause: TypeAlias = Callable[[float], None]

RECEIVING: Final = "RECEIVING"
DECIDED: Final = frozenset({"ACCEPTED", "PUBLISHED", "REFUSED", "WITHDRAWN", "EXPIRED"})
FAILED: Final = frozenset({"REFUSED", "WITHDRAWN", "EXPIRED"})
_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 8.0
_POLL: Final = 2.0


class UndecidedError(H5BundleError):
    """The time to wait is over, and nobody has decided."""

    code = "UPLOAD_UNDECIDED"
    exit_status = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class UploadOptions:
    """How to upload.

    Attributes:
        attempts: how often in a row a call may fail without any bytes getting through.
        wait: seconds to wait for a decision; 0 does not wait.
    """

    attempts: int = 8
    wait: float = 0.0


def run(options: UploadOptions, received: Received, remote: Remote, *, pause: Pause, progress: Progress) -> Upload:
    """Upload a release, have it checked, and wait for the decision if asked to.

    Args:
        options: how.
        received: the release with its declaration.
        remote: the server.
        pause: lets seconds pass.
        progress: told how many bytes are there.

    Raises:
        RemoteError: the server refused.
        UnreachableError: it did not answer often enough; call again and it goes on.
        UndecidedError: ``wait`` is over.
    """
    return _Course(options, received, remote, pause, progress).run()


@dataclass(frozen=True, slots=True)
class _Course:
    """One upload on its way."""

    options: UploadOptions
    received: Received
    remote: Remote
    pause: Pause
    progress: Progress

    def run(self) -> Upload:
        """Open, send, complete, wait."""
        upload = self._again(self._open)
        for _ in range(self.options.attempts):
            while upload.state == RECEIVING and upload.offset < upload.length:
                upload = self._send(upload)
            if upload.state not in {RECEIVING, "CHECKING"}:
                break
            upload = self._finish(upload)
        return self._await(upload)

    def _finish(self, upload: Upload) -> Upload:
        """Have the upload checked; a server that has lost bytes is asked which."""
        try:
            return self._again(lambda: self._complete(upload.upload_id))
        except RemoteError as error:
            if error.problem != "UPLOAD_INCOMPLETE":
                raise
            return self._stands(upload)

    def _open(self) -> Upload:
        package, text = self.received.package, self.received.project.text
        statement = UploadStatement(
            server=self.remote.server,
            bundle=package.manifest.bundle,
            version=package.manifest.version,
            manifest=package.digest,
            archive=sha256(package.archive),
            declaration=sha256(text.encode()),
        )
        body = {
            "bundle": statement.bundle,
            "version": statement.version,
            "length": len(package.archive),
            "archive": statement.archive,
            "manifest": statement.manifest,
            "declaration": text,
            "signature": release.sign(self.remote.key, statement),
        }
        return self.remote.one("POST", "", body)

    def _send(self, upload: Upload) -> Upload:
        """Send the next piece; when its fate is unknown, ask where the server stands."""
        self.progress("bytes", upload.offset, upload.length)
        piece = self.received.package.archive[upload.offset : upload.offset + upload.piece]
        try:
            after = self.remote.append(upload, piece)
        except RemoteError as error:
            if error.problem != "UPLOAD_OFFSET" and not error.passes:
                raise
            after = self._stands(upload)
        except UnreachableError:
            after = self._stands(upload)
        self.progress("bytes", after.offset, after.length)
        return after

    def _stands(self, upload: Upload) -> Upload:
        """Ask where the server stands, patiently."""
        self.pause(_FIRST_PAUSE)
        return self._again(lambda: self.remote.one("GET", f"/{upload.upload_id}"))

    def _again(self, ask: Callable[[], Upload]) -> Upload:
        """Ask until an answer comes; each question may be asked twice without harm."""
        pause = _FIRST_PAUSE
        for _ in range(self.options.attempts - 1):
            try:
                return ask()
            except UnreachableError:
                self.pause(pause)
            except RemoteError as error:
                if not error.passes:
                    raise
                self.pause(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        return ask()

    def _await(self, upload: Upload) -> Upload:
        """Wait for the check, and for people as long as asked."""
        waited, upload_id = 0.0, upload.upload_id
        while upload.state == "CHECKING" or (self.options.wait and upload.state not in DECIDED):
            if waited >= max(self.options.wait, 120.0 if upload.state == "CHECKING" else 0.0):
                raise UndecidedError(
                    detail=f"{upload.upload_id} is {upload.state} after {waited:.0f} s",
                    remedy=f"look again: h5bundle uploads show {upload.upload_id}",
                )
            self.pause(_POLL)
            waited += _POLL
            if upload.state == "CHECKING":  # asked again, the server takes over a check whose process died
                upload = self._again(lambda: self._complete(upload_id))
            else:
                upload = self._again(lambda: self.remote.one("GET", f"/{upload_id}"))
        return upload

    def _complete(self, upload_id: str) -> Upload:
        return _told(f"/{upload_id}", "complete", {}, self.remote)


def decide(upload: Upload, decision: str, reason: str, remote: Remote) -> Upload:
    """Approve or reject an upload as it was shown.

    Args:
        upload: as it was shown to the person who decides.
        decision: ``approve`` or ``reject``.
        reason: why.
        remote: the server, under a key of the security team.
    """
    statement = DecisionStatement(
        server=remote.server,
        upload=upload.upload_id,
        manifest=upload.manifest,
        widening=release.widening_digest(upload.widening),
        decision=decision,
        reason=reason,
    )
    body = {
        "manifest": statement.manifest,
        "widening": statement.widening,
        "reason": reason,
        "signature": release.sign(remote.key, statement),
    }
    return _told(f"/{upload.upload_id}", decision, body, remote)


def _told(place: str, what: str, body: dict[str, str], remote: Remote) -> Upload:
    """Have something done to an upload; one that a release train refuses is given with all that was found in it."""
    try:
        return remote.one("POST", f"{place}/{what}", body)
    except RemoteError as error:
        if error.problem != TrainError.code:
            raise
        return remote.one("GET", place)


def withdraw(upload_id: str, reason: str, remote: Remote) -> Upload:
    """Take an upload back."""
    return remote.one("POST", f"/{upload_id}/withdraw", {"reason": reason})


def fetch(upload_id: str, remote: Remote) -> tuple[Upload, bytes]:
    """Give a checked upload with its zip, which is what its developer signed.

    Raises:
        UnreachableError: other bytes came.
    """
    upload = remote.one("GET", f"/{upload_id}")
    data = remote.call("GET", f"/{upload_id}/package").body
    if sha256(data) != upload.archive:
        raise UnreachableError(detail="the package that came is not the one that was signed", remedy="fetch it again")
    return upload, data
