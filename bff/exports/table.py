"""A table that leaves the bank: what stands over it, its columns and rows, and what stands under it on paper.

Invariant: every cell is text already, and every row has a cell for each column.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bff.kinds import SHANGHAI


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Attributes:
        head: its name.
        width: how wide it is on paper, in mm; all of a table's are 180 at most. 0: it stands in the CSV alone.
        right: whether its cells end at the right edge, as amounts do.
    """

    head: str
    width: int = 0
    right: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its words.

    Attributes:
        name: of the file, without its ending: ASCII letters, digits, ``-`` and ``_``, no personal data.
        title: what stands on top of each page; about: the line below it, ``期间 2026-11-01 至 2026-11-30``.
        columns, rows: the table itself.
        facts: label and value of what stands above the table, three beside each other; on paper only.
        foot: rows of sums under the last one; on paper only, for a spreadsheet adds by itself.
    """

    name: str
    title: str
    about: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    foot: Sequence[Sequence[str]] = ()
    facts: Sequence[tuple[str, str]] = ()


def moment_text(at: datetime) -> str:
    """Give ``2026-11-23 10:00:00`` in the bank's time."""
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
