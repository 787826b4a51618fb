"""The days of a statement: a year of them at most, both ends included."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Self

from bff.exports.errors import PeriodInvalidError

LONGEST: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Period:
    """The days of a statement, both included; a missing one is open."""

    since: date | None = None
    until: date | None = None

    def __post_init__(self) -> None:
        """Refuse days in the wrong order, and more than a year.

        Raises:
            PeriodInvalidError: as said.
        """
        if self.since is None or self.until is None:
            return
        if not timedelta(0) <= self.until - self.since < LONGEST:
            raise PeriodInvalidError(detail="the days are in the wrong order, or more than a year")

    @classmethod
    def read(cls, since: str | None, until: str | None) -> Self:
        """Read the days as a request gives them, ``2026-11-01``.

        Raises:
            PeriodInvalidError: no calendar has such a day, or as for a period of them.
        """
        try:
            days = [None if text is None else date.fromisoformat(text) for text in (since, until)]
        except ValueError as error:
            raise PeriodInvalidError(detail="no calendar has such a day") from error
        return cls(*days)
