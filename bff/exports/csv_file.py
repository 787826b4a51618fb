"""A table as CSV to keep: UTF-8 with a mark for spreadsheets, RFC 4180, no cell that one takes for a formula."""

import csv
import io
from typing import Final

from bff.exports.table import Table

MEDIA_TYPE: Final = "text/csv; charset=utf-8"
_BOM: Final = "\ufeff"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")


def written(table: Table) -> bytes:
    """Write a table with its head."""
    out = io.StringIO()
    out.write(_BOM)
    lines = csv.writer(out, lineterminator="\r\n")
    lines.writerow([column.head for column in table.columns])
    for row in table.rows:
        lines.writerow([_plain(cell) for cell in row])
    return out.getvalue().encode()


def _plain(cell: str) -> str:
    """Give a cell that no spreadsheet calculates: one that would begin a formula begins with an apostrophe."""
    return f"'{cell}" if cell.lstrip(" \u3000").startswith(_FORMULA) or cell.startswith(("\t", "\r")) else cell
