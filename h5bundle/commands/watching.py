"""Seeing that a project's files changed: their times, lengths and numbers, asked for again and again.

Only what goes into the bundle is looked at (``bundle.yaml`` and the folder of ``build:`` or ``dist:``), so a folder of
packages beside it costs nothing.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from h5bundle.errors import H5BundleError
from h5bundle.project import FILE_NAME, read_project

Marks: TypeAlias = Mapping[str, tuple[int, int, int]]
"""File → when it was changed, its length, its number on the disk."""

QUIET: Final = 0.02
"""Seconds without a further change after which a save counts as finished: editors and builds write several files."""
LONGEST: Final = 0.5
REST: Final = 1.0
"""Seconds after which nobody waits for the screen any more."""


def marks(folder: Path, sources: tuple[str, ...]) -> dict[str, tuple[int, int, int]]:
    """Look at the files that go into a bundle.

    Args:
        folder: the project.
        sources: folders below it.
    """
    found: dict[str, tuple[int, int, int]] = {}
    for path in (folder / FILE_NAME, *(entry for name in sources for entry in _below(folder / name))):
        try:
            seen = Path(path).stat()
        except OSError:
            continue  # removed between listing and looking: the next round sees it gone
        found[os.path.relpath(path, folder)] = (seen.st_mtime_ns, seen.st_size, seen.st_ino)
    return found


def changes(before: Marks, after: Marks) -> tuple[str, ...]:
    """Give the files that were added, removed or written."""
    return tuple(sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name)))


@dataclass(slots=True)
class Watch:
    """One project under watch.

    Attributes:
        folder: the project.
        sleep, monotonic: waiting and its clock.
        every: seconds between two looks.
    """

    folder: Path
    sleep: Callable[[float], object]
    monotonic: Callable[[], float]
    every: float = 0.02
    _seen: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    _sources: tuple[str, ...] = ()

    def start(self) -> None:
        """Take what is there now as seen."""
        self._sources = self._folders()
        self._seen = marks(self.folder, self._sources)

    def wait(self, idle: Callable[[], object] = lambda: None) -> tuple[tuple[str, ...], float]:
        """Wait for a save to be finished.

        Args:
            idle: done once when nothing has changed for a while: work that must not slow the screen down.

        Returns:
            The files that changed, and when (by the clock) the first change was seen.
        """
        began, rested = self.monotonic(), False
        while True:
            now = marks(self.folder, self._sources)
            if now != self._seen:
                return self._settled(now, self.monotonic())
            if not rested and self.monotonic() - began >= REST:
                rested = True
                idle()
            self.sleep(self.every)

    def _settled(self, now: dict[str, tuple[int, int, int]], begun: float) -> tuple[tuple[str, ...], float]:
        """Wait until nothing changes any more, but not for ever."""
        while self.monotonic() - begun < LONGEST:
            self.sleep(QUIET)
            later = marks(self.folder, self._sources)
            if later == now:
                break
            now = later
        changed = changes(self._seen, now)
        self._seen = now
        if FILE_NAME in changed:
            self._sources = self._folders()
            self._seen = marks(self.folder, self._sources)
        return changed, begun

    def _folders(self) -> tuple[str, ...]:
        """Give the folders that the declaration names; those known before while it cannot be read."""
        try:
            declaration = read_project(self.folder).declaration
        except H5BundleError:
            return self._sources
        return (
            (declaration.dist,)
            if declaration.dist is not None
            else (declaration.build.source,)
            if declaration.build
            else ()
        )


def _below(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Go through the files below a folder, hidden ones left out."""
    try:
        with os.scandir(folder) as entries:
            found = [entry for entry in entries if not entry.name.startswith(".")]
    except OSError:
        return
    for entry in found:
        if entry.is_dir(follow_symlinks=False):
            yield from _below(Path(entry.path))
        else:
            yield entry
