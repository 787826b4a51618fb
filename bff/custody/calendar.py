"""The calendar's work: staging, rotating and retiring what is due, from any number of processes at once.

A change names the state that it was planned on, so of several processes one makes it and the others are refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from security.errors import KeyStoreError
from security.keys import CalendarEntry, KeyState, KeyStore
from security.keys.changes import Action, Change, Guard, perform
from security.keys.remote import is_remote


@dataclass(frozen=True, slots=True)
class Kept:
    """What one round did, and what a person has to look at."""

    done: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(slots=True)
class KeyCalendar:
    """Keeps the calendar of a store; ``told`` has each warning once a day."""

    store: KeyStore
    guard: Guard
    acting: bool
    told: set[tuple[str, str, date]] = field(default_factory=set)

    def keep(self, now: datetime) -> Kept:
        """Do what is due; warn of what is near and will not do itself, and of what could not be done."""
        done: list[str] = []
        warnings: list[str] = []
        for entry in self.store.calendar(now):
            words = f"{entry.action} {entry.purpose} {entry.kid}, due {entry.due:%Y-%m-%d}"
            by_hand = self._by_hand(entry)
            if now < entry.due or by_hand:
                warnings += self._warn(entry, f"{words}{by_hand}", now) if entry.urgent else ()
                continue
            try:
                record = perform(self.store, _change(entry), now, self.guard)
                done.append(f"{words}: {record.kid} is {record.state}")
            except KeyStoreError as error:
                if error.code not in {"KEY_CHANGED", "KEY_STATE"}:  # another process did it
                    warnings += self._warn(entry, f"{words}: {error.detail}", now)
        return Kept(tuple(done), tuple(warnings))

    def _by_hand(self, entry: CalendarEntry) -> str:
        """Say why a person has to do it, or nothing."""
        if not self.acting:
            return "; TIDEGATE_KEY_CALENDAR is off"
        mine = [record for record in self.store.records() if record.purpose == entry.purpose]
        is_staged = any(record.state is KeyState.STAGED for record in mine)
        outside = any(record.kid == entry.kid and is_remote(record.uri) for record in mine)
        if outside and not is_staged and entry.action != Action.RETIRE:
            return "; its key lies outside the folder: make the next one there and `tidegate keys stage … --uri`"
        return ""

    def _warn(self, entry: CalendarEntry, words: str, now: datetime) -> Iterator[str]:
        mark = (entry.kid, entry.action, now.date())
        if mark not in self.told:
            self.told.add(mark)
            yield words


def _change(entry: CalendarEntry) -> Change:
    if entry.action == Action.RETIRE:
        return Change(Action.RETIRE, entry.kid, KeyState.VERIFY_ONLY.value)
    return Change(Action(entry.action), entry.purpose, entry.kid)
