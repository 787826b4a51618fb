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
_DRAWN: Final = ((" · ", "・"), ("·", "・"), ("\u2212", "-"))
"""What the font lacks, and what is drawn for it; the dot that it has is as wide as one with its spaces."""
_BESIDE: Final = 3
_BLOCK: Final = 14
"""How high a line of facts is, in mm."""


def written(table: Table, now: datetime) -> bytes:
    """Write a table with its sums."""
    registerFont(UnicodeCIDFont(_FONT))
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1, pageCompression=1)
    canvas.setTitle(table.name)
    rows = (*table.rows, *table.foot)
    block = -(-len(table.facts) // _BESIDE) * _BLOCK
    on_first = _PER_PAGE + -block // _STEP
    pages = 1 + max(0, -(-(len(rows) - on_first) // _PER_PAGE))
    for page in range(pages):
        top = _TOP if page else _TOP - block
        _head(canvas, table, now, f"{page + 1} / {pages}", top)
        first = on_first + (page - 1) * _PER_PAGE if page else 0
        last = on_first + page * _PER_PAGE
        for line, row in enumerate(rows[first:last], start=1):
            if first + line == len(table.rows) + 1:
                _rule(canvas, top - line * _STEP + 4)
            _row(canvas, top - line * _STEP, table.columns, row)
        if not page:
            _facts(canvas, table.facts)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _head(canvas: Canvas, table: Table, now: datetime, page: str, top: int) -> None:
    _text(canvas, _LEFT, 280, table.title, 15)
    _text(canvas, _LEFT, 273, f"{table.about} · 币种 人民币 · 生成时间 {moment_text(now)}", 9)
    canvas.drawRightString(_RIGHT * mm, 12 * mm, page)
    _row(canvas, top, table.columns, [column.head for column in table.columns])
    _rule(canvas, top - 2)


def _facts(canvas: Canvas, facts: Sequence[tuple[str, str]]) -> None:
    width = (_RIGHT - _LEFT) // _BESIDE
    for number, (label, value) in enumerate(facts):
        x, y = _LEFT + number % _BESIDE * width, _TOP - number // _BESIDE * _BLOCK
        _text(canvas, x, y, label, _SIZE)
        _text(canvas, x, y - 6, value, 15 if number < _BESIDE else 11)


def _rule(canvas: Canvas, y: int) -> None:
    canvas.line(_LEFT * mm, y * mm, _RIGHT * mm, y * mm)


def _row(canvas: Canvas, y: int, columns: Sequence[Column], texts: Sequence[str]) -> None:
    x = _LEFT
    for column, text in zip(columns, texts, strict=True):
        if not column.width:
            continue
        if column.right:
            canvas.setFont(_FONT, _SIZE)
            canvas.drawRightString((x + column.width) * mm, y * mm, text)
        else:
            _text(canvas, x, y, _shortened(text, (column.width - _GAP) * mm), _SIZE)
        x += column.width


def _text(canvas: Canvas, x: int, y: int, text: str, size: float) -> None:
    for lacking, drawn in _DRAWN:
        text = text.replace(lacking, drawn)
    canvas.setFont(_FONT, size)
    canvas.drawString(x * mm, y * mm, text)


def _shortened(text: str, width: float) -> str:
    """Cut a text that is wider than its column."""
    while stringWidth(text, _FONT, _SIZE) > width:
        text = text[:-2] + "…"
    return text
