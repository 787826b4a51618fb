"""Colours of the design tokens: read from CSS, compared by WCAG 2.2 contrast and by distance in CIE L*a*b*."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from native_bridge.errors import BridgeError

LIGHT: Final = ":root{"
DARK: Final = "[data-theme=dark]{"
_TOKEN: Final = re.compile(r"--([\w-]+)\s*:\s*(#[0-9A-Fa-f]{6})\b")
_BEND: Final = 0.04045  # of the sRGB curve
_CUBE: Final = 0.008856  # where L*a*b* turns from a line to a root
_WHITE: Final = (0.95047, 1.0, 1.08883)
_TO_XYZ: Final = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))

Theme = Mapping[str, str]


class ColourError(BridgeError):
    """A stylesheet has no such theme, or a token is missing."""

    def __init__(self, *, detail: str) -> None:
        """Carry what is missing."""
        super().__init__(detail)
        self.detail = detail


def read_theme(sheets: Iterable[str], selector: str) -> dict[str, str]:
    """Give the colour tokens that the blocks of one selector set, later blocks over earlier ones."""
    found: dict[str, str] = {}
    for sheet in sheets:
        for block in sheet.split(selector)[1:]:
            found.update(_TOKEN.findall(block.partition("}")[0]))
    if not found:
        raise ColourError(detail=f"no colour stands under {selector}")
    return found


def _linear(colour: str) -> tuple[float, float, float]:
    """Undo the sRGB curve."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= _BEND else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return red, green, blue


def _luminance(colour: str) -> float:
    """Give the relative luminance of WCAG."""
    return sum(weight * part for weight, part in zip(_TO_XYZ[1], _linear(colour), strict=True))


def contrast(one: str, other: str) -> float:
    """Give the contrast of two colours, from 1 to 21."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _lab(colour: str) -> tuple[float, float, float]:
    """Give a colour in CIE L*a*b* under D65."""
    linear = _linear(colour)
    xyz = [sum(weight * part for weight, part in zip(row, linear, strict=True)) for row in _TO_XYZ]
    relative = [part / white for part, white in zip(xyz, _WHITE, strict=True)]
    x, y, z = (part ** (1 / 3) if part > _CUBE else 7.787 * part + 16 / 116 for part in relative)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def distance(one: str, other: str) -> float:
    """Give how different two colours look (CIE76)."""
    return float(sum((a - b) ** 2 for a, b in zip(_lab(one), _lab(other), strict=True)) ** 0.5)
