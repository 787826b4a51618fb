"""``h5bundle copy``: bring a whole repository from one store into another.

It is verified first. Everything is copied, proposals and old versions too, but what an interrupted publication left.
Files go before metadata and the timestamp goes last, so a copy that is cut off has changed nothing that anybody reads;
copying again goes on. Copying later brings over what came since.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from h5bundle.commands import verify
from h5bundle.errors import PublishError
from h5bundle.keys import ROOT, TARGETS
from h5bundle.proposals import FOLDER as PROPOSALS
from h5bundle.reading import FIRST_ROOT, is_repository, load_for_reading
from h5bundle.stores.batch import put_blobs
from h5bundle.stores.port import Store
from h5bundle.trust import TIMESTAMP, TrustedState, load

Progress: TypeAlias = Callable[[str, int, int], None]
_METADATA: Final = "metadata/"
_VERSIONED: Final = re.compile(r"metadata/([1-9][0-9]*)\.([a-z0-9-]+)\.json")
_BATCH_BYTES: Final = 16_000_000
_BATCH: Final = 64


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy did.

    Attributes:
        objects, bytes: how many files by hash and documents were looked at, and their length together.
        metadata: how many versions of metadata.
        timestamp: the version that both stores show now.
        changed: False when the target showed it already.
    """

    objects: int
    bytes: int
    metadata: int
    timestamp: int
    changed: bool


def run(
    source: Store, target: Store, *, now: datetime, trusted_root: bytes | None = None, progress: Progress
) -> Copied:
    """Copy a repository; both stores are held against publishers meanwhile.

    Args:
        source: the repository.
        target: an empty store, or an older copy of the same repository.
        now: the present instant.
        trusted_root: root metadata from elsewhere, to verify against.
        progress: told what is being done, and how much of how much is done.

    Raises:
        TrustError: the source is not whole, and nothing was written; or the target does not give what was written.
        PublishError: the target holds another repository, or a newer state of this one.
        StoreError: a store fails, or a publisher is at work.
    """
    with source.lock(), target.lock():
        verify.run(source, now=now, trusted_root=trusted_root, progress=progress)
        stamp, state = source.read(TIMESTAMP), load_for_reading(source)
        seen = _seen(source, target, state)
        objects = [path for path in source.paths("") if not path.startswith(_METADATA)]
        length = _copy_objects(source, target, objects, progress)
        versions = _versions(source, state)
        for done, path in enumerate(versions, start=1):
            _copy_version(source, target, path)
            progress("metadata", done, len(versions))
        if stamp != seen:
            _require_whole(target, stamp, now)
            target.swap(TIMESTAMP, stamp, previous=seen)
    verify.run(target, now=now, progress=lambda what, done, total: progress(f"{what} of the copy", done, total))
    return Copied(len(objects), length, len(versions), state.timestamp.signed.version, stamp != seen)


def _seen(source: Store, target: Store, state: TrustedState) -> bytes | None:
    """Give the timestamp that the target shows; it must be of this repository, and no newer.

    Raises:
        PublishError: it is not.
    """
    if not is_repository(target):
        return None
    if target.read(FIRST_ROOT) != source.read(FIRST_ROOT):
        raise PublishError(
            detail="the target holds another repository", remedy="copy into an empty folder, database or prefix"
        )
    shown = load_for_reading(target).timestamp.signed.version
    if shown > state.timestamp.signed.version:
        raise PublishError(
            detail=f"the target is newer: its timestamp is {shown}, and the source's {state.timestamp.signed.version}",
            remedy="was it published there meanwhile? then copy the other way",
        )
    return target.read(TIMESTAMP)


def _copy_objects(source: Store, target: Store, paths: list[str], progress: Progress) -> int:
    """Copy files by hash in batches, and documents one by one; give the length of all."""
    total, done = 0, 0
    for batch in _batches(source, paths):
        documents = {path: data for path, data in batch.items() if path.startswith(PROPOSALS)}
        put_blobs(target, {path: data for path, data in batch.items() if path not in documents})
        for path, data in documents.items():
            target.put_metadata(path, data)
        done += len(batch)
        total += sum(map(len, batch.values()))
        progress("files", done, len(paths))
    return total


def _batches(source: Store, paths: list[str]) -> Iterator[dict[str, bytes]]:
    """Read objects, so many at a time as fit into memory easily."""
    batch: dict[str, bytes] = {}
    for path in paths:
        batch[path] = source.read(path)
        if len(batch) >= _BATCH or sum(map(len, batch.values())) >= _BATCH_BYTES:
            yield batch
            batch = {}
    if batch:
        yield batch


def _versions(source: Store, state: TrustedState) -> list[str]:
    """Give the versions of metadata up to those that stand, the roots last: they are seen without a timestamp."""
    standing = {role: held.metadata.signed.version for role, held in state.roles.items()}
    standing |= {TARGETS: state.targets.signed.version, "snapshot": state.snapshot.signed.version}
    standing[ROOT] = state.root.signed.version
    found: list[tuple[bool, int, str]] = []
    for path in source.paths(_METADATA):
        match = _VERSIONED.fullmatch(path)
        if match is not None and int(match[1]) <= standing.get(match[2], 0):
            found.append((match[2] == ROOT, int(match[1]), path))
    return [path for _, _, path in sorted(found)]


def _copy_version(source: Store, target: Store, path: str) -> None:
    """Copy a version of metadata, if the target lacks it."""
    data = source.read(path)
    if not target.exists(path) or target.read(path) != data:
        target.put_metadata(path, data)


def _require_whole(target: Store, stamp: bytes, now: datetime) -> None:
    """Verify the target's metadata as it will be read with the new timestamp."""
    load(lambda path: stamp if path == TIMESTAMP else target.read(path), trusted_root=target.read(FIRST_ROOT), now=now)
