"""The key calendar: what is to be done with which key, when, and whether it is near or past. Pure values."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from security.keys.model import KeyRecord, KeyState, find, term

WARNING: Final = timedelta(days=14)
"""How long before its date the calendar warns, and the next key is staged."""
STAGE: Final = "stage"
ROTATE: Final = "rotate"
RETIRE: Final = "retire"


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """One date of the key calendar.

    Attributes:
        purpose, kid: of the key that it is about.
        action: ``stage`` the next key beside it, ``rotate`` it or ``retire`` it.
        due: from when.
        urgent: whether the date is past, or a rotation or retirement nearer than ``WARNING``.
    """

    purpose: str
    kid: str
    action: str
    due: datetime
    urgent: bool


def entries(records: Iterable[KeyRecord], now: datetime) -> tuple[CalendarEntry, ...]:
    """Give the calendar, the nearest date first."""
    lines = {record.kid: record for record in records}
    found = []
    for record in lines.values():
        if record.state is KeyState.ACTIVE:
            ends = record.changed + term(record.purpose).active
            found.append((ends, ROTATE, record))
            if find(lines, record.purpose, KeyState.STAGED) is None:
                found.append((ends - WARNING, STAGE, record))
        elif record.state is KeyState.VERIFY_ONLY:
            found.append((record.verifies_until, RETIRE, record))
    made = (CalendarEntry(key.purpose, key.kid, action, due, now >= _warned(due, action)) for due, action, key in found)
    return tuple(sorted(made, key=lambda entry: (entry.due, entry.action)))


def _warned(due: datetime, action: str) -> datetime:
    return due if action == STAGE else due - WARNING
