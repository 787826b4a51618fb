"""A repository in a folder, to be served as static files.

Writes go to the disk before they return; a reader never sees half an object. A lock file keeps publishers apart: the
operating system releases it when its holder dies.
"""

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from h5bundle.errors import LockedError, ObjectMissingError, StoreError
from h5bundle.paths import check_path
from h5bundle.stores.files import sync_folder, write_atomically, write_whole

_LOCK: Final = ".lock"
_AT_ONCE: Final = 8
"""Files written at once: a disk takes several on one turn of its journal."""


@dataclass(frozen=True, slots=True)
class LocalStore:
    """A folder with ``metadata/``, ``targets/`` and ``objects/``."""

    folder: Path

    def read(self, path: str) -> bytes:
        """Read a file."""
        try:
            return self._place(path).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise ObjectMissingError(detail=f"{path} is not in the repository") from error
        except OSError as error:
            raise StoreError(detail=f"{path} cannot be read: {error.strerror}") from error

    def exists(self, path: str) -> bool:
        """Tell whether there is a file."""
        return self._place(path).is_file()

    def put_blob(self, path: str, data: bytes) -> None:
        """Write a file unless the same bytes are there already."""
        if not self._holds(path, data):
            self.put_metadata(path, data)

    def put_blobs(self, blobs: Mapping[str, bytes], done: Callable[[int], object]) -> None:
        """Write many files that are not there already: several at once, and each folder is brought to the disk once.

        When it returns all are durable; before, each is whole or absent.
        """
        absent = {path: data for path, data in blobs.items() if not self._holds(path, data)}
        finished = len(blobs) - len(absent)
        done(finished)
        try:
            folders = {self._place(path).parent for path in absent}
            for folder in folders:
                self._make_folder(folder)
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                for _ in pool.map(lambda path: write_whole(self._place(path), absent[path]), absent):
                    finished += 1
                    done(finished)
                list(pool.map(sync_folder, folders))
        except OSError as error:
            raise StoreError(
                detail=f"files cannot be written: {error.strerror}", remedy="free the disk and publish again"
            ) from error

    def put_metadata(self, path: str, data: bytes) -> None:
        """Write a file over what was there."""
        place = self._place(path)
        try:
            self._make_folder(place.parent)
            write_atomically(place, data)
        except OSError as error:
            raise StoreError(
                detail=f"{path} cannot be written: {error.strerror}", remedy="free the disk and publish again"
            ) from error

    def swap(self, path: str, data: bytes, *, previous: bytes | None) -> None:
        """Write a file over what was seen; the lock, which the caller holds, keeps others from coming between."""
        present = self.read(path) if self.exists(path) else None
        if present != previous:
            raise LockedError(detail=f"{path} was changed meanwhile", remedy="look at what is there and try again")
        self.put_metadata(path, data)

    def paths(self, prefix: str) -> tuple[str, ...]:
        """List the files below a folder."""
        folder = self._place(prefix.rstrip("/")) if prefix else self.folder
        found = (path.relative_to(self.folder) for path in folder.rglob("*") if path.is_file())
        return tuple(sorted(path.as_posix() for path in found if not path.name.startswith(".")))

    def remove(self, path: str) -> None:
        """Remove a file."""
        try:
            self._place(path).unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(detail=f"{path} cannot be removed: {error.strerror}") from error

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the lock file."""
        try:
            self._make_folder(self.folder)
            descriptor = os.open(self.folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise StoreError(detail=f"the repository cannot be written: {error.strerror}") from error
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise LockedError(
                    detail="another publisher holds the repository", remedy="wait until it is done and try again"
                ) from error
            yield
        finally:
            os.close(descriptor)

    def _holds(self, path: str, data: bytes) -> bool:
        """Tell whether exactly these bytes are there; a file that cannot be read or was altered is written again."""
        place = self._place(path)
        try:
            return place.is_file() and place.stat().st_size == len(data) and place.read_bytes() == data
        except OSError:
            return False

    def _place(self, path: str) -> Path:
        """Give the file of a path, which cannot lie outside the folder."""
        return self.folder / PurePosixPath(check_path(path))

    def _make_folder(self, folder: Path) -> None:
        """Make a folder and bring its entry to the disk."""
        if folder.is_dir():
            return
        self._make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)
