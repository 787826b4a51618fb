"""A statement as PDF, in the Adobe font for simplified Chinese that every viewer has or replaces: none is embedded.

Invariant: the same lines and the same instant give the same bytes.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth
from reportlab.pdfgen.canvas import Canvas

from bff.accounts.csv_file import HEAD, cells
from bff.accounts.sheets import class_name
from bff.core_bank.port import StatementLine
from bff.kinds import SHANGHAI

MEDIA_TYPE: Final = "application/pdf"
_FONT: Final = "STSong-Light"
_COLUMNS: Final = ((15, 32, "l"), (49, 46, "l"), (97, 20, "l"), (140, 0, "r"), (163, 0, "r"), (195, 0, "r"))
"""Left edge, width (0: none) and alignment of each column in mm; the journal's number stands in the CSV alone."""
_TOP: Final = 262
_STEP: Final = 6
_BOTTOM: Final = 22


@dataclass(frozen=True, slots=True)
class About:
    """Whose statement it is, and of which days; the number's last digits."""

    account_class: str
    tail: str
    since: str
    until: str


def written(about: About, lines: Sequence[StatementLine], now: datetime) -> bytes:
    """Write a statement, newest first."""
    registerFont(UnicodeCIDFont(_FONT))
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1, pageCompression=1)
    canvas.setTitle(f"Statement {about.since} {about.until}")
    per_page = (_TOP - _BOTTOM) // _STEP
    pages = max(1, -(-len(lines) // per_page))
    for page in range(pages):
        _head(canvas, about, now, f"{page + 1} / {pages}")
        for row, line in enumerate(lines[page * per_page : (page + 1) * per_page]):
            _row(canvas, _TOP - (row + 1) * _STEP, cells(line)[: len(_COLUMNS)])
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _head(canvas: Canvas, about: About, now: datetime, page: str) -> None:
    canvas.setFont(_FONT, 15)
    canvas.drawString(15 * mm, 280 * mm, f"账户明细 · {class_name(about.account_class)}（尾号 {about.tail}）")
    canvas.setFont(_FONT, 9)
    made = now.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
    canvas.drawString(15 * mm, 273 * mm, f"期间 {about.since} 至 {about.until} · 币种 人民币 · 生成时间 {made}")
    canvas.drawRightString(195 * mm, 12 * mm, page)
    _row(canvas, _TOP, HEAD[: len(_COLUMNS)])
    canvas.line(15 * mm, (_TOP - 2) * mm, 195 * mm, (_TOP - 2) * mm)


def _row(canvas: Canvas, y: int, texts: Sequence[str]) -> None:
    canvas.setFont(_FONT, 8.5)
    for (x, width, side), text in zip(_COLUMNS, texts, strict=True):
        shown = _shortened(text, width * mm) if width else text
        draw = canvas.drawString if side == "l" else canvas.drawRightString
        draw(x * mm, y * mm, shown)


def _shortened(text: str, width: float) -> str:
    """Cut a text that is wider than its column."""
    while stringWidth(text, _FONT, 8.5) > width:
        text = text[:-2] + "…"
    return text
