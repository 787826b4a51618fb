"""The folder in which a client keeps releases: objects by hash, one slot per release, a small state file per bundle.

A slot is filled beside its place and renamed; the state file is what switches, and it is written in one step. A crash
at any point leaves the state as it was, and at most a scratch folder that the next collection removes. What is read
back is not believed: every file of a slot is hashed before the slot is given out.
"""

import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from h5bundle.client.trials import Slot, Standing
from h5bundle.digests import sha256
from h5bundle.errors import ClientStorageError, ManifestError
from h5bundle.manifest import Manifest, decode
from h5bundle.paths import SHARED
from h5bundle.stores.files import sync_folder, write_atomically

MANIFEST: Final = ".manifest.json"
SCRATCH: Final = ".filling-"
_STATE: Final = ".json"


@contextmanager
def writing(what: str) -> Iterator[None]:
    """Turn what the operating system refuses into an error of ours.

    Raises:
        ClientStorageError: a write failed; what was in place is as before.
    """
    try:
        yield
    except OSError as error:
        raise ClientStorageError(
            detail=f"{what} cannot be written: {error.strerror}",
            remedy="free the disk and try again; what is installed stays as it is",
        ) from error


@dataclass(frozen=True, slots=True)
class Release:
    """A release with the shared bundles that it pins, by their verified manifests.

    Attributes:
        manifest, data: of the release; shared: manifests of the shared bundles by bundle id, as bytes.
    """

    manifest: Manifest
    data: bytes
    shared: Mapping[str, bytes]

    @property
    def slot(self) -> Slot:
        """Name the release."""
        return Slot(self.manifest.version, sha256(self.data))

    @property
    def files(self) -> dict[str, tuple[str, int]]:
        """Give hash and length of every file by its name in the slot."""
        own = {name: (entry.sha256, entry.length) for name, entry in self.manifest.files.items()}
        for bundle, data in self.shared.items():
            for name, entry in decode(data).files.items():
                own[f"{SHARED}/{bundle}/{name}"] = (entry.sha256, entry.length)
        return own


class Slots:
    """The client's releases on the disk."""

    def __init__(self, folder: Path) -> None:
        """Open the folder; it is made when it is not there."""
        self._slots = folder / "slots"
        self._objects = folder / "objects"
        self._states = folder / "state"
        self._lock = folder / ".lock"
        with writing(str(folder)):
            for place in (self._slots, self._objects, self._states):
                place.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other processes of the same folder waiting; the operating system lets go when the holder dies."""
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def standing(self, bundle: str) -> Standing:
        """Give what stands for a bundle; a state that cannot be read counts as none."""
        try:
            return msgspec.json.decode((self._states / f"{bundle}{_STATE}").read_bytes(), type=Standing)
        except (FileNotFoundError, msgspec.DecodeError, UnicodeDecodeError):
            return Standing()

    def switch(self, bundle: str, standing: Standing) -> None:
        """Write what stands now: the one step by which a release comes into force."""
        with writing(f"the state of {bundle}"):
            write_atomically(self._states / f"{bundle}{_STATE}", msgspec.json.encode(standing))

    def bundles(self) -> tuple[str, ...]:
        """Give the bundles of which something stands here."""
        return tuple(sorted(path.name.removesuffix(_STATE) for path in self._states.glob(f"[!.]*{_STATE}")))

    def folder(self, bundle: str, slot: Slot) -> Path:
        """Give the folder of a release."""
        return self._slots / bundle / slot.digest

    def cached(self, digest: str) -> bytes | None:
        """Give an object that is here and whole."""
        try:
            data = (self._objects / digest).read_bytes()
        except FileNotFoundError:
            return None
        return data if sha256(data) == digest else None

    def keep(self, digest: str, data: bytes) -> None:
        """Put an object into the cache."""
        with writing(f"objects/{digest}"):
            write_atomically(self._objects / digest, data)

    def fill(self, release: Release, files: Mapping[str, bytes]) -> Path:
        """Put a release into its slot, whole or not at all.

        Args:
            release: what is put there.
            files: bytes by hash, all of them.
        """
        place = self.folder(release.manifest.bundle, release.slot)
        scratch = place.with_name(f"{SCRATCH}{place.name}")
        with writing(f"the slot of {release.manifest.name}"):
            shutil.rmtree(scratch, ignore_errors=True)
            for name, (digest, _) in release.files.items():
                _write(scratch / name, files[digest])
            _write(scratch / MANIFEST, release.data)
            for bundle, data in release.shared.items():
                _write(scratch / _shared_manifest(bundle), data)
            shutil.rmtree(_aside(place), ignore_errors=True)
            if place.exists():
                place.rename(_aside(place))
            scratch.rename(place)
            sync_folder(place.parent)
            shutil.rmtree(_aside(place), ignore_errors=True)
        return place

    def mend(self, release: Release, bad: Iterable[str], files: Mapping[str, bytes]) -> None:
        """Put files of a slot right where they are, one by one; what does not belong there goes."""
        place = self.folder(release.manifest.bundle, release.slot)
        with writing(f"the slot of {release.manifest.name}"):
            for name in bad:
                if name in release.files:
                    _write(place / name, files[release.files[name][0]])
                else:
                    (place / name).unlink()

    def read(self, bundle: str, slot: Slot) -> Release | None:
        """Give the release of a slot by its verified manifests; None when they are absent or altered."""
        place = self.folder(bundle, slot)
        data = _bytes(place / MANIFEST)
        if data is None or sha256(data) != slot.digest:
            return None
        try:
            manifest = decode(data)
        except ManifestError:
            return None
        shared: dict[str, bytes] = {}
        for name, requirement in manifest.requires.items():
            found = _bytes(place / _shared_manifest(name))
            if found is None or sha256(found) != requirement.digest:
                return None
            shared[name] = found
        return Release(manifest, data, shared)

    def damaged(self, release: Release) -> tuple[str, ...]:
        """Hash every file of a slot; give the names of those that are absent, altered, or not the release's."""
        place = self.folder(release.manifest.bundle, release.slot)
        expected = {name: digest for name, (digest, _) in release.files.items()}
        expected[MANIFEST] = release.slot.digest
        expected |= {_shared_manifest(bundle): sha256(data) for bundle, data in release.shared.items()}
        present = {path.relative_to(place).as_posix() for path in place.rglob("*") if not path.is_dir()}
        links = {path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_symlink()}
        bad = {name for name, digest in expected.items() if sha256(_bytes(place / name) or b"") != digest}
        bad |= {name for name in expected if name not in present}
        return tuple(sorted(bad | links | (present - set(expected))))

    def collect(self) -> int:
        """Remove slots and objects that no bundle keeps, and what crashes left; give how many were removed."""
        kept = {(bundle, slot.digest) for bundle in self.bundles() for slot in self.standing(bundle).kept}
        needed: set[str] = set()
        removed = 0
        for place in [path for path in self._slots.glob("*/*") if path.is_dir()]:
            if (place.parent.name, place.name) not in kept:
                shutil.rmtree(place, ignore_errors=True)
                removed += 1
        for bundle, digest in kept:
            release = self.read(bundle, Slot("", digest))
            if release is not None:
                needed |= {found for found, _ in release.files.values()}
        for path in self._objects.iterdir():
            if path.name not in needed:
                path.unlink(missing_ok=True)
                removed += 1
        return removed


def _write(path: Path, data: bytes) -> None:
    """Write one file of a slot that nobody reads yet, to the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, data)


def _bytes(path: Path) -> bytes | None:
    """Read a file that may not be there."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def _shared_manifest(bundle: str) -> str:
    """Give the place of a shared bundle's manifest in a slot."""
    return f".shared/{bundle}{_STATE}"


def _aside(place: Path) -> Path:
    """Give where a damaged slot waits for its removal."""
    return place.with_name(f".old-{place.name}")
