"""The lease by which one publisher at a time works on an object store, and how a dead one's is taken over.

The lease is an object that is only ever written under the condition that it is what its writer saw. Its age is told by
the object store's clock alone. A lease keeps publishers from working in vain; that they break nothing does not rest
on it, for its holder may sleep past its end: see ``h5bundle.stores.object``.
"""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import msgspec

from h5bundle.errors import LockedError, StoreError
from h5bundle.stores.bucket import Bucket, Condition, ConditionError

LOCK: Final = ".lock"
_KIND: Final = "application/json"
_KEPT: Final = "no-store"
_PAUSE: Final = 0.25


class LeaseNote(msgspec.Struct, frozen=True):
    """What the lock object says.

    Attributes:
        owner: chance bytes of its holder.
        beat: how often it was prolonged: no two writes of it are alike.
        seconds: how long it holds after it was written.
        free: whether its holder has given it back.
    """

    owner: str
    beat: int
    seconds: int
    free: bool = False


@dataclass(slots=True)
class Lease:
    """A lease that is held, or was."""

    bucket: Bucket
    note: LeaseNote
    etag: str
    written: float

    def prolong(self, *, now: bool = False) -> None:
        """Write it anew when a third of its time is over, or now.

        Raises:
            LockedError: another publisher has taken it over.
        """
        if not now and time.monotonic() - self.written < self.note.seconds / 3:
            return
        note = msgspec.structs.replace(self.note, beat=self.note.beat + 1)
        begun = time.monotonic()
        try:
            self.etag = _write(self.bucket, note, Condition(self.etag))
        except ConditionError as error:
            raise lost() from error
        self.note, self.written = note, begun

    def give_back(self) -> None:
        """Let others have it; if that fails, it runs out by itself."""
        note = msgspec.structs.replace(self.note, beat=self.note.beat + 1, free=True)
        try:
            _write(self.bucket, note, Condition(self.etag))
        except (ConditionError, StoreError):
            return


def lost() -> LockedError:
    """Make the error of a publisher that was overtaken."""
    return LockedError(
        detail="another publisher has taken the repository over, because this one was silent for too long",
        remedy="publish again",
    )


def take(bucket: Bucket, owner: str, *, seconds: int, wait: float) -> Lease:
    """Take the lease.

    Args:
        bucket: where.
        owner: bytes that nobody else uses.
        seconds: how long it holds unless it is prolonged.
        wait: how long to wait for another holder, in seconds.

    Raises:
        LockedError: another publisher holds it.
    """
    end = time.monotonic() + wait
    while True:
        begun = time.monotonic()
        try:
            return _try(bucket, LeaseNote(owner, 0, seconds), begun)
        except ConditionError:
            if time.monotonic() >= end:
                break
            time.sleep(_PAUSE)
    raise LockedError(detail="another publisher holds the repository", remedy="wait until it is done and try again")


def probe(lease: Lease) -> None:
    """Hold that this object store enforces conditions: a write that must be refused is refused.

    Raises:
        StoreError: it is not.
    """
    note = msgspec.structs.replace(lease.note, beat=-1, free=True)
    for condition in (Condition(None), Condition('"00000000000000000000000000000000"')):
        try:
            _write(lease.bucket, note, condition)
        except ConditionError:
            continue
        raise StoreError(
            detail="this object store ignores the conditions of a write, so publishers could overwrite each other",
            remedy="use a store that enforces If-Match and If-None-Match; docs/stores.md says which do",
        )


def _try(bucket: Bucket, note: LeaseNote, begun: float) -> Lease:
    """Write the lock object if it is absent, free or too old."""
    seen = bucket.see(LOCK)
    held = None if seen is None else _read(seen.data, note.seconds)
    if seen and held and not held.free and seen.now - seen.modified <= timedelta(seconds=held.seconds):
        raise ConditionError(LOCK)
    etag = _write(bucket, note, Condition(None if seen is None else seen.etag))
    return Lease(bucket, note, etag, begun)


def _write(bucket: Bucket, note: LeaseNote, condition: Condition) -> str:
    """Write the lock object."""
    return bucket.put(LOCK, msgspec.json.encode(note), kind=_KIND, kept=_KEPT, condition=condition)


def _read(data: bytes, seconds: int) -> LeaseNote:
    """Read the lock object; what is none of ours holds as long as ours would."""
    try:
        return msgspec.json.decode(data, type=LeaseNote)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return LeaseNote("", 0, seconds)
