"""Reading a project's files: plain files only, whole, within limits, and not while somebody writes them.

The limits are far above what a bundle may be on a phone; they keep a mistake (a video, a folder of packages, a disk
image, a pipe) from filling the memory or waiting for ever.
"""

import os
import stat
from pathlib import Path
from typing import Final

from h5bundle.errors import BuildError

MAX_FILE: Final = 64 * 1024 * 1024
MAX_TOTAL: Final = 256 * 1024 * 1024
MAX_FILES: Final = 20_000
MAX_DEPTH: Final = 64


def read_plain(path: Path, *, name: str, most: int = MAX_FILE) -> bytes:
    """Read one file.

    Args:
        path: where it lies.
        name: what to call it in an error.
        most: how many bytes it may have.

    Raises:
        BuildError: it is no plain file, is too large, or changed while it was read.
        OSError: it cannot be opened.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb", buffering=0) as file:  # noqa: PTH123 - a descriptor, not a path
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise BuildError(detail=f"{name} is no plain file", remedy="remove it from the project")
        if before.st_size > most:
            raise BuildError(
                detail=f"{name} has {before.st_size:,} bytes, and a file may have {most:,}",
                remedy="leave it out of the bundle; large media belong on a server",
            )
        data = file.read(before.st_size + 1)
        after = os.fstat(descriptor)
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(data) != before.st_size:
        raise BuildError(detail=f"{name} changed while it was read", remedy="wait for the build to end and try again")
    return data


def read_tree(folder: Path) -> dict[str, bytes]:
    """Read all files below a folder by their relative names; names that begin with a dot are left out.

    Raises:
        BuildError: there is no such folder; something in it is a link, a device, too much, or not readable.
    """
    if not folder.is_dir():
        raise BuildError(detail=f"there is no folder {folder.name}", remedy="build the front-end first")
    return _Tree(folder).read()


class _Tree:
    """One walk over a folder."""

    def __init__(self, folder: Path) -> None:
        """Begin at a folder."""
        self._folder = folder
        self._files: dict[str, bytes] = {}
        self._total = 0

    def read(self) -> dict[str, bytes]:
        """Walk and read, in the order of the names."""
        self._walk(self._folder, "", 0)
        return dict(sorted(self._files.items()))

    def _walk(self, folder: Path, prefix: str, depth: int) -> None:
        """Go through one folder."""
        if depth > MAX_DEPTH:
            raise BuildError(detail=f"{prefix[:80]!r} lies more than {MAX_DEPTH} folders deep", remedy="flatten it")
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if not entry.name.startswith("."):
                        self._take(entry, f"{prefix}{entry.name}", depth)
        except OSError as error:
            raise BuildError(
                detail=f"{prefix + (error.filename or '')!r} cannot be read: {error.strerror}",
                remedy="look at its permissions",
            ) from error

    def _take(self, entry: os.DirEntry[str], name: str, depth: int) -> None:
        """Take one entry: a file is read, a folder walked, all else refused."""
        shown = name if name.isprintable() else ascii(name)
        if not _is_text(name):
            raise BuildError(detail=f"{shown} is no name in UTF-8", remedy="rename the file")
        if entry.is_symlink():
            raise BuildError(detail=f"{shown} is a link, not a file", remedy="copy what it points to")
        if entry.is_dir(follow_symlinks=False):
            self._walk(Path(entry.path), f"{name}/", depth + 1)
            return
        if not entry.is_file(follow_symlinks=False):
            raise BuildError(detail=f"{shown} is a pipe or a device, not a file", remedy="remove it from the project")
        if len(self._files) >= MAX_FILES:
            raise BuildError(
                detail=f"{self._folder.name} has more than {MAX_FILES:,} files",
                remedy="name the folder of the finished build, not the one of the sources and packages",
            )
        self._files[name] = self._content(Path(entry.path), shown)

    def _content(self, path: Path, shown: str) -> bytes:
        """Read one file and keep the sum."""
        try:
            data = read_plain(path, name=shown)
        except OSError as error:
            raise BuildError(
                detail=f"{shown} cannot be read: {error.strerror}", remedy="look at its permissions"
            ) from error
        self._total += len(data)
        if self._total > MAX_TOTAL:
            raise BuildError(
                detail=f"the files have more than {MAX_TOTAL:,} bytes", remedy="leave large media out of the bundle"
            )
        return data


def _is_text(name: str) -> bool:
    """Tell whether a name of the file system is text: what is none comes as lone surrogates."""
    return not any("\ud800" <= letter <= "\udfff" for letter in name)
