"""Rules that keep the bank's own face for the host: native colour names, and colours that look like them."""

import re
from collections.abc import Iterator
from typing import Final, TypeAlias

from h5bundle.lint.findings import Finding, Subject, matches

Lab: TypeAlias = tuple[float, float, float]

BRASS: Final = "#E8BE68"
ABYSS: Final = "#07242A"
DEEP: Final = "#0D333A"
NEAREST: Final = ((BRASS, "brass", 8.0), (ABYSS, "abyss", 4.0), (DEEP, "deep", 4.0))
"""Reserved colour, its name, and how near (CIE76 ΔE) a page may come to it."""

_NAME: Final = re.compile(r"--native-[a-z0-9-]+")
_HEX: Final = re.compile(r"(?<![\w&/#-])#([0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})(?![\w-])")
_RGB: Final = re.compile(r"(?i)\brgba?\(\s*(\d{1,3})\s*[, ]\s*(\d{1,3})\s*[, ]\s*(\d{1,3})")
_SHORT: Final = 4


def native_names(subject: Subject) -> Iterator[Finding]:
    """Find the names of native tokens."""
    for name, line, match in matches(_NAME, subject.texts):
        what = f"{match[0]} belongs to what the host draws"
        yield Finding(name, line, "NATIVE_NAME", what, "use a token of tokens.css")


def native_colours(subject: Subject) -> Iterator[Finding]:
    """Find colours that a customer could take for the bank's own."""
    painted = {
        name: text for name, text in subject.texts.items() if name.endswith((".css", ".html", ".svg", ".js", ".mjs"))
    }
    for pattern in (_HEX, _RGB):
        for name, line, match in matches(pattern, painted):
            near = nearest(_colour(match))
            if near is not None:
                what = f"{match[0]} looks like the host's {near}"
                yield Finding(name, line, "NATIVE_COLOUR", what, "use a colour of tokens.css")


def nearest(colour: str) -> str | None:
    """Give the reserved colour that a colour comes too near to, or None."""
    own = lab(colour)
    for reserved, name, limit in NEAREST:
        if difference(own, lab(reserved)) < limit:
            return name
    return None


def lab(colour: str) -> Lab:
    """Turn ``#rrggbb`` into CIE L*a*b* (D65)."""
    red, green, blue = (_linear(int(colour[place : place + 2], 16) / 255) for place in (1, 3, 5))
    x = _cube((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047)
    y = _cube(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    z = _cube((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def difference(first: Lab, second: Lab) -> float:
    """Give ΔE (CIE76)."""
    return float(sum((one - other) ** 2 for one, other in zip(first, second, strict=True)) ** 0.5)


def _linear(channel: float) -> float:
    """Undo the gamma of sRGB."""
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004 - sRGB


def _cube(value: float) -> float:
    """Apply the cube root of CIE L*a*b*."""
    return float(value ** (1 / 3)) if value > 0.008856 else 7.787 * value + 16 / 116  # noqa: PLR2004 - CIE


def _colour(match: re.Match[str]) -> str:
    """Give a match as ``#rrggbb``."""
    if match.re is _RGB:
        return "#" + "".join(f"{min(int(part), 255):02x}" for part in match.groups())
    digits = match[1]
    if len(digits) <= _SHORT:
        digits = "".join(digit * 2 for digit in digits)
    return f"#{digits[:6]}"
