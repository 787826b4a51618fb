"""A text as a QR code: half blocks for a terminal, PNG and SVG for everything else."""

from io import BytesIO
from typing import Final

import segno

_QUIET: Final = 4
_SCALE: Final = 8
_HALVES: Final = {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}


def half_blocks(text: str) -> tuple[str, ...]:
    """Give the lines of a code, two rows of modules each, to be shown dark on light."""
    rows = [[int(module) for module in row] for row in _code(text).matrix_iter(border=_QUIET)]
    rows += [[0] * len(rows[0])] if len(rows) % 2 else []
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return tuple("".join(_HALVES[both] for both in zip(above, below, strict=True)) for above, below in pairs)


def picture(text: str, kind: str) -> bytes:
    """Give a code as a picture.

    Args:
        text: what it says.
        kind: ``png`` or ``svg``.
    """
    out = BytesIO()
    _code(text).save(out, kind=kind, scale=_SCALE, border=_QUIET)
    return out.getvalue()


def _code(text: str) -> segno.QRCode:
    """Make the code at level M, which a scratched or shining screen still shows."""
    return segno.make_qr(text, error="m")
