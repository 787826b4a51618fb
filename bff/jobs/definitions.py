"""What a job is: a name, a schedule and its work; a domain declares its jobs beside its operations.

A schedule cuts time into slots, each named by a text that sorts by time. Schedules are pure: the present instant and
the slot before are arguments.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, TypeAlias

from sqlalchemy.orm import Session

from bff.kinds import SHANGHAI, business_date

LEASE: Final = timedelta(seconds=60)
"""How long a worker holds a slot without a sign of life."""
BACK: Final = 366
"""How many days back the last slot of a job that never ran is looked for."""


def every_day(day: date) -> bool:
    """Let a daily job run on every calendar day."""
    del day
    return True


@dataclass(frozen=True, slots=True)
class Every:
    """A slot every so many seconds, named by its first instant; what was missed is not made up for."""

    seconds: int

    def due(self, last: str | None, now: datetime) -> str | None:
        """Give the present slot unless ``last`` is it."""
        slot = self._start(now).strftime("%Y-%m-%dT%H:%M:%SZ")
        return None if last is not None and slot <= last else slot

    def look_again(self, now: datetime) -> datetime:
        """Give the beginning of the next slot."""
        return self._start(now) + timedelta(seconds=self.seconds)

    def _start(self, now: datetime) -> datetime:
        return datetime.fromtimestamp(now.timestamp() // self.seconds * self.seconds, UTC)


@dataclass(frozen=True, slots=True)
class Daily:
    """A slot a day, named by its business date, from ``at`` on that day on the bank's clock; missed ones are caught up.

    Attributes:
        at: when the slot is due.
        counts: tells which days have one; what it raises keeps the job from running.
    """

    at: time
    counts: Callable[[date], bool] = every_day

    def due(self, last: str | None, now: datetime) -> str | None:
        """Give the first slot after ``last`` that is due; without a last one the newest that is."""
        today = business_date(now)
        end = today if now.astimezone(SHANGHAI).time() >= self.at else today - timedelta(days=1)
        if last is None:
            days = (end - timedelta(days=back) for back in range(BACK))
        else:
            first = date.fromisoformat(last) + timedelta(days=1)
            days = (first + timedelta(days=on) for on in range((end - first).days + 1))
        return next((day.isoformat() for day in days if self.counts(day)), None)

    def look_again(self, now: datetime) -> datetime:
        """Give the next midnight: no slot is named before."""
        return datetime.combine(business_date(now) + timedelta(days=1), time(), SHANGHAI)


@dataclass(frozen=True, slots=True)
class Turn:
    """What one batch may know: its slot, where the batch before it ended, how much is done, and the instant."""

    slot: str
    cursor: str
    done: int
    now: datetime

    @property
    def business_date(self) -> date:
        """Give the date of a daily slot."""
        return date.fromisoformat(self.slot)


@dataclass(frozen=True, slots=True)
class Batch:
    """What one batch did.

    Attributes:
        cursor: where the next one goes on; any text that the step understands, 200 characters at most.
        done: how many things it did; they are added up.
        total: how many there are in all, where that is known.
        finished: whether nothing is left in this slot.
        outcome: one sentence on the run, without personal data; the last one stands.
    """

    cursor: str
    done: int
    finished: bool
    total: int | None = None
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Batches:
    """Work in steps: each runs in the transaction that writes its cursor down, so it counts exactly once."""

    step: Callable[[Session, Turn], Batch]


@dataclass(frozen=True, slots=True)
class Whole:
    """Work in one go that opens its own transactions and may be done again; a text that it gives is its outcome."""

    work: Callable[[], object]


Schedule: TypeAlias = Every | Daily


@dataclass(frozen=True, slots=True)
class Job:
    """One recurring piece of work.

    Attributes:
        name: ``wealth.confirmation``: the room, then what is done.
        schedule: when.
        work: what.
        lane: jobs of one lane take turns in one thread of a worker; what may take long has a lane of its own.
    """

    name: str
    schedule: Schedule
    work: Batches | Whole
    lane: str = "main"
