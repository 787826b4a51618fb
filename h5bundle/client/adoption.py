"""What a client counts for the release team: how far each release came, on how many installations, no more.

An event is a bundle, a digest, a platform and one of six words. Each is sent once per installation and release. There
is no id of the installation, the customer or the device in it: the number of a batch is drawn anew for each batch, so
that the server can tell a repeated delivery and nothing more. Counting never stops what it counts.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from h5bundle.client.slots import writing
from h5bundle.stores.files import write_atomically

CHECKED: Final = "checked"
DOWNLOADED: Final = "downloaded"
VERIFIED: Final = "verified"
LAUNCHED: Final = "launched"
READY: Final = "ready"
ROLLED_BACK: Final = "rolledback"
EVENTS: Final = (CHECKED, DOWNLOADED, VERIFIED, LAUNCHED, READY, ROLLED_BACK)
LARGEST_BATCH: Final = 32
LONGEST_QUEUE: Final = 256
REMEMBERED: Final = 2_048


class Event(msgspec.Struct, frozen=True):
    """One thing that happened here to one release."""

    bundle: str
    digest: str
    platform: str
    event: str


class Batch(msgspec.Struct, frozen=True):
    """What is sent at once; ``batch`` is drawn for this batch alone and repeated with it until it has arrived."""

    batch: str
    events: tuple[Event, ...]


class Ledger(msgspec.Struct, frozen=True):
    """What was counted here, what waits, and what is on its way."""

    counted: tuple[Event, ...] = ()
    waiting: tuple[Event, ...] = ()
    sending: Batch | None = None


Post: TypeAlias = Callable[[bytes], bool]
"""Sends one batch's JSON; tells whether it has arrived, or will never be taken."""


class Adoption:
    """The counters of one client folder."""

    def __init__(self, folder: Path) -> None:
        """Name the file; nothing is read yet."""
        self._path = folder / "adoption.json"

    def count(self, event: Event) -> None:
        """Count an event unless it was counted before; when too many wait, the oldest is dropped."""
        ledger = self.ledger()
        if event in ledger.counted:
            return
        counted = (*ledger.counted, event)[-REMEMBERED:]
        waiting = (*ledger.waiting, event)[-LONGEST_QUEUE:]
        self._write(msgspec.structs.replace(ledger, counted=counted, waiting=waiting))

    def send(self, post: Post, new_batch: Callable[[], str]) -> int:
        """Send what waits, batch by batch, until one does not arrive.

        Args:
            post: sends one batch.
            new_batch: draws the number of a batch.

        Returns:
            How many events arrived.
        """
        arrived = 0
        ledger = self.ledger()
        while ledger.sending is not None or ledger.waiting:
            if ledger.sending is None:
                batch = Batch(new_batch(), ledger.waiting[:LARGEST_BATCH])
                ledger = msgspec.structs.replace(ledger, waiting=ledger.waiting[LARGEST_BATCH:], sending=batch)
                self._write(ledger)
            sending = ledger.sending
            if sending is None or not post(msgspec.json.encode(sending)):
                return arrived
            arrived += len(sending.events)
            ledger = msgspec.structs.replace(ledger, sending=None)
            self._write(ledger)
        return arrived

    def ledger(self) -> Ledger:
        """Give what was counted; a file that cannot be read counts as none."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Ledger)
        except (FileNotFoundError, msgspec.DecodeError, UnicodeDecodeError):
            return Ledger()

    def _write(self, ledger: Ledger) -> None:
        with writing("the adoption counters"):
            write_atomically(self._path, msgspec.json.encode(ledger))
