"""Bytes of unfinished uploads: a port, and a folder that any number of processes may share.

Invariants: one writer at a time has an upload's bytes; what ``write`` returned from is on the disk. How many of them
count is said by the database alone, so bytes that a crash left behind are written over or never read.
"""

import errno
import fcntl
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from bff.bundles.upload_errors import StorageFullError, UploadBusyError

WAIT_SECONDS: Final = 2.0
"""How long a request waits for another one that holds the same upload."""
_STEP: Final = 0.01
_SUFFIX: Final = ".part"
_NAME: Final = re.compile(r"[a-z0-9_]{1,40}")
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Part(Protocol):
    """The bytes of one upload, held."""

    def size(self) -> int:
        """Give how many there are."""
        ...

    def write(self, offset: int, data: bytes) -> None:
        """Put bytes at an offset, which then are the last ones; they are on the disk when this returns.

        Raises:
            StorageFullError: there is no room; the bytes before ``offset`` are as they were.
        """
        ...

    def read(self, length: int) -> bytes:
        """Give the first bytes."""
        ...


class Partials(Protocol):
    """The port to where the bytes are kept."""

    def hold(self, upload: str) -> AbstractContextManager[Part]:
        """Hold an upload's bytes against everybody else.

        Raises:
            UploadBusyError: somebody else has held them for too long.
            StorageFullError: there is no room for any.
        """
        ...

    def remove(self, upload: str) -> None:
        """Remove an upload's bytes; removing what is gone changes nothing."""
        ...

    def uploads(self) -> tuple[str, ...]:
        """Give the uploads that have bytes here."""
        ...


@dataclass(frozen=True, slots=True)
class FilePart:
    """An open file of bytes."""

    descriptor: int

    def size(self) -> int:
        """Give the file's size."""
        return os.fstat(self.descriptor).st_size

    def write(self, offset: int, data: bytes) -> None:
        """Write and bring to the disk; after a failure cut the file to what it was."""
        try:
            os.ftruncate(self.descriptor, offset)
            done = 0
            while done < len(data):
                done += os.pwrite(self.descriptor, data[done:], offset + done)
            os.fsync(self.descriptor)
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(self.descriptor, offset)
            raise _refusal(error) from error

    def read(self, length: int) -> bytes:
        """Read from the beginning."""
        pieces, at = [], 0
        while at < length and (piece := os.pread(self.descriptor, length - at, at)):
            pieces.append(piece)
            at += len(piece)
        return b"".join(pieces)


@dataclass(frozen=True, slots=True)
class FolderPartials:
    """A folder with a file for each upload; the operating system releases a lock when its holder dies.

    Attributes:
        folder: made on first use, readable by its owner only.
        monotonic, pause: seconds of a clock that never goes back, and how to let some pass.
    """

    folder: Path
    monotonic: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep

    @contextmanager
    def hold(self, upload: str) -> Iterator[Part]:
        """Open and lock the file."""
        descriptor = self._open(self._place(upload))
        try:
            self._lock(descriptor)
            yield FilePart(descriptor)
        finally:
            os.close(descriptor)

    def remove(self, upload: str) -> None:
        """Unlink the file."""
        self._place(upload).unlink(missing_ok=True)

    def uploads(self) -> tuple[str, ...]:
        """List the files."""
        return tuple(sorted(path.name.removesuffix(_SUFFIX) for path in self.folder.glob(f"*{_SUFFIX}")))

    def _open(self, place: Path) -> int:
        try:
            new = not place.exists()
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(place, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            if new:
                self._sync()
        except OSError as error:
            raise _refusal(error) from error
        return descriptor

    def _sync(self) -> None:
        """Bring the folder's entries to the disk."""
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _lock(self, descriptor: int) -> None:
        end = self.monotonic() + WAIT_SECONDS
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if self.monotonic() >= end:
                    message = "other bytes of this upload are being written"
                    raise UploadBusyError(detail=message, retryAfter=1) from error
                self.pause(_STEP)
            else:
                return

    def _place(self, upload: str) -> Path:
        if _NAME.fullmatch(upload) is None:
            message = f"{upload!r} is no upload's name"
            raise ValueError(message)
        return self.folder / f"{upload}{_SUFFIX}"


def _refusal(error: OSError) -> Exception:
    """Say that the disk is full; any other error of the file system stays what it is."""
    if error.errno in _FULL:
        return StorageFullError(detail="the disk that holds unfinished uploads is full", retryAfter=60)
    return error
