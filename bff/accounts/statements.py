"""Statements: an account's entries by page, period and direction, and the whole of a period for a document.

Read from the core page by page, only in handlers that read. Invariants: a period has a year at most and, read whole,
so many lines at most; a page that filters looks at a bounded number of lines and says where to go on.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Row

from bff.accounts.errors import CoreUnreachableError
from bff.core_bank.port import MAX_LINES, CoreBank, CoreError, CoreRefusedError, StatementLine
from bff.exports.errors import PeriodInvalidError, StatementTooLongError
from bff.exports.period import Period

MOST_LINES: Final = 20_000
"""Lines of a period that are summed or written: a month of 645 a day; a document's bytes end sooner."""
LOOKS: Final = 5
"""Pages of the core that one filtered page looks at."""


class Direction(StrEnum):
    """Which entries."""

    ALL = "all"
    IN = "in"
    OUT = "out"

    def shows(self, line: StatementLine) -> bool:
        """Tell whether an entry is one of them."""
        return self is Direction.ALL or (line.amount > 0) is (self is Direction.IN)


@dataclass(frozen=True, slots=True)
class Entries:
    """A page of entries, newest first; ``next`` is the cursor of the page after, None at the end."""

    lines: tuple[StatementLine, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Statements:
    """Reads statements from the core."""

    core: CoreBank

    def page(self, account: Row[Any], period: Period, direction: Direction, before: str | None, limit: int) -> Entries:
        """Give one page.

        Args:
            account: whose.
            period: which days.
            direction: which entries; a page of some may be short although more follow.
            before: cursor of the page before.
            limit: entries at most.

        Raises:
            PeriodInvalidError: the cursor is none.
            CoreUnreachableError: the core does not answer.
        """
        found: list[StatementLine] = []
        cursor = before
        for _ in range(LOOKS):
            lines, cursor = self._ask(account, period, cursor, limit - len(found))
            found += [line for line in lines if direction.shows(line)]
            if cursor is None or len(found) == limit:
                break
        return Entries(tuple(found), cursor)

    def whole(self, account: Row[Any], period: Period) -> Iterator[StatementLine]:
        """Give every line of a period, newest first.

        Raises:
            StatementTooLongError: there are more than are read at once.
            CoreUnreachableError: the core does not answer.
        """
        cursor: str | None = None
        count = 0
        while True:
            lines, cursor = self._ask(account, period, cursor, MAX_LINES)
            count += len(lines)
            if count > MOST_LINES:
                raise StatementTooLongError(most=MOST_LINES)
            yield from lines
            if cursor is None:
                return

    def balance_at(self, account: Row[Any], day: date) -> int:
        """Give the balance at the end of a day.

        Raises:
            CoreUnreachableError: the core does not answer.
        """
        lines, _ = self._ask(account, Period(None, day), None, 1)
        return lines[0].balance if lines else 0

    def _ask(
        self, account: Row[Any], period: Period, before: str | None, limit: int
    ) -> tuple[tuple[StatementLine, ...], str | None]:
        days = {"since": period.since, "until": period.until}
        try:
            page = self.core.statement(account.number, **days, before=before, limit=limit)
        except CoreRefusedError as error:
            if error.reason in {"CURSOR_INVALID", "CONTENT_INVALID"}:
                raise PeriodInvalidError(detail=str(error)) from error
            raise CoreUnreachableError(detail=str(error)) from error
        except CoreError as error:
            raise CoreUnreachableError(detail=str(error)) from error
        return page.lines, page.next
