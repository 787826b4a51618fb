"""A table as PDF, in the Adobe font for simplified Chinese that every viewer has or replaces: none is embedded.

Invariant: the same table and the same instant give the same bytes.
"""

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth
from reportlab.pdfgen.canvas import Canvas

from bff.exports.table import Column, Table, moment_text

MEDIA_TYPE: Final = "application/pdf"
_FONT: Final = "STSong-Light"
_SIZE: Final = 8.5
_LEFT: Final = 15
_RIGHT: Final = 195
_GAP: Final = 2
"""Free mm between a text and the column after it."""
_TOP: Final = 262
_STEP: Final = 6
_PER_PAGE: Final = 40


def written(table: Table, now: datetime) -> bytes:
    """Write a table with its sums."""
    registerFont(UnicodeCIDFont(_FONT))
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1, pageCompression=1)
    canvas.setTitle(table.name)
    rows = (*table.rows, *table.foot)
    pages = max(1, -(-len(rows) // _PER_PAGE))
    for page in range(pages):
        _head(canvas, table, now, f"{page + 1} / {pages}")
        first = page * _PER_PAGE
        for line, row in enumerate(rows[first : first + _PER_PAGE], start=1):
            if first + line == len(table.rows) + 1:
                _rule(canvas, _TOP - line * _STEP + 4)
            _row(canvas, _TOP - line * _STEP, table.columns, row)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _head(canvas: Canvas, table: Table, now: datetime, page: str) -> None:
    canvas.setFont(_FONT, 15)
    canvas.drawString(_LEFT * mm, 280 * mm, table.title)
    canvas.setFont(_FONT, 9)
    canvas.drawString(_LEFT * mm, 273 * mm, f"{table.about} · 币种 人民币 · 生成时间 {moment_text(now)}")
    canvas.drawRightString(_RIGHT * mm, 12 * mm, page)
    _row(canvas, _TOP, table.columns, [column.head for column in table.columns])
    _rule(canvas, _TOP - 2)


def _rule(canvas: Canvas, y: int) -> None:
    canvas.line(_LEFT * mm, y * mm, _RIGHT * mm, y * mm)


def _row(canvas: Canvas, y: int, columns: Sequence[Column], texts: Sequence[str]) -> None:
    canvas.setFont(_FONT, _SIZE)
    x = _LEFT
    for column, text in zip(columns, texts, strict=True):
        if not column.width:
            continue
        if column.right:
            canvas.drawRightString((x + column.width) * mm, y * mm, text)
        else:
            canvas.drawString(x * mm, y * mm, _shortened(text, (column.width - _GAP) * mm))
        x += column.width


def _shortened(text: str, width: float) -> str:
    """Cut a text that is wider than its column."""
    while stringWidth(text, _FONT, _SIZE) > width:
        text = text[:-2] + "…"
    return text
