"""The retention schedule: for each class of record how long it is kept, from when on, why, and what happens then.

Invariant: the schedule is dated data; a version counts from its day on, and an erasure names the version it followed.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final, Literal

import msgspec

from bff.products.errors import ProductDataError, RulePackMissingError

DATA: Final = Path(__file__).parent / "data"


class RecordClass(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One class of record.

    Attributes:
        place: where the records are; whoever collects the logs keeps and erases those.
        kept_days, clock: how long, counted from what.
        then: whether the job erases what is due; what says ``keep`` no job touches.
        source, remark: where the figure comes from; ``(check)`` where a bank must confirm it.
    """

    place: Literal["database", "logs"]
    kept_days: int
    clock: str
    then: Literal["erase", "keep"]
    source: str
    remark: str = ""

    def before(self, now: datetime) -> datetime:
        """Give the instant before which a record's clock must have started for it to be due."""
        return now - timedelta(days=self.kept_days)


class Schedule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One version of the schedule."""

    version: str
    effective_from: date
    source: str
    classes: Mapping[str, RecordClass]

    @property
    def erased(self) -> Mapping[str, RecordClass]:
        """Give the classes that the job erases, in the schedule's order."""
        return {name: one for name, one in self.classes.items() if one.then == "erase"}


def schedule_at(day: date, folder: Path = DATA) -> Schedule:
    """Give the version in force on a business date.

    Raises:
        ProductDataError: a file is malformed, or holds a class that the job cannot erase.
        RulePackMissingError: none is in force yet.
    """
    versions = [_read(path) for path in sorted(folder.glob("schedule-*.yaml"))]
    begun = [one for one in versions if one.effective_from <= day]
    if not begun:
        raise RulePackMissingError(detail=f"no version of the retention schedule is in force on {day}")
    return max(begun, key=lambda one: one.effective_from)


def _read(path: Path) -> Schedule:
    try:
        made = msgspec.yaml.decode(path.read_bytes(), type=Schedule)
    except (OSError, msgspec.MsgspecError) as error:
        raise ProductDataError(detail=f"{path.name}: {error}") from error
    for name, one in made.classes.items():
        if one.kept_days < 1 or (one.then == "erase" and one.place != "database"):
            raise ProductDataError(
                detail=f"{path.name}: {name} is kept for a day at least, and logs are not erased here"
            )
    return made
