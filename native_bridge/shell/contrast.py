"""``python -m native_bridge.shell.contrast``: can every text be read, and do pages stay away from the bank's colours?

Holds each text on each ground of both themes to WCAG 2.2 (4.5, and 3 for edges of controls), the tokens that pages get
to a distance from the reserved ones, the pages' copy of the tokens to the shell's, and pages' stylesheets to using no
reserved name.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from native_bridge.shell.colours import DARK, LIGHT, Theme, contrast, distance, read_theme

SHELL: Final = Path(__file__).parent / "css"
PAGES: Final = Path(__file__).parents[2] / "h5bundle" / "apps" / "common" / "src"
TEXT: Final = 4.5
EDGE: Final = 3.0
RESERVED: Final = {"native-brass": 8.0, "native-abyss": 4.0, "native-deep": 4.0}
"""Reserved colour → how far (CIE76) every colour of a page must stay from it."""

_GROUNDS: Final = ("canvas", "surface", "sunken", "raised", "fill")
_INKS: Final = ("ink", "ink-2", "ink-3", "tide", "tide-strong", "success", "warn", "danger", "info", "up", "down")
_SOFT: Final = ("tide", "success", "warn", "danger", "info", "r1", "r2", "r3", "r4", "r5")
_NOTES: Final = ("tide", "warn", "danger", "info")


@dataclass(frozen=True, slots=True)
class Pair:
    """A colour on a ground, and how much contrast it needs."""

    front: str
    ground: str
    least: float


def page_pairs() -> Iterator[Pair]:
    """Give the pairs that pages and panels show."""
    yield from (Pair(ink, ground, TEXT) for ink in _INKS for ground in _GROUNDS)
    yield from (Pair(name, f"{name}-soft", TEXT) for name in _SOFT)
    yield from (Pair("ink", f"{name}-soft", TEXT) for name in (*_NOTES, "success"))
    yield from (Pair("ink-2", f"{name}-soft", TEXT) for name in _NOTES)
    yield from (Pair("on-tide", ground, TEXT) for ground in ("tide", "tide-strong"))
    yield from (Pair(front, "hero", TEXT) for front in ("on-hero", "on-hero-2"))
    yield from (Pair("line-strong", ground, EDGE) for ground in _GROUNDS)


def native_pairs() -> Iterator[Pair]:
    """Give the pairs of the bank's own sheet."""
    for ground in ("native-abyss", "native-deep"):
        yield from (Pair(front, ground, TEXT) for front in ("native-ink", "native-ink-2", "native-brass"))
    yield Pair("native-on-brass", "native-brass", TEXT)
    yield from (Pair(f"native-paper-{front}", "native-paper", TEXT) for front in ("ink", "ink-2", "warn"))


def unreadable(name: str, theme: Theme, pairs: Iterator[Pair]) -> Iterator[str]:
    """Give a sentence for each pair that lacks contrast."""
    for pair in pairs:
        if missing := [token for token in (pair.front, pair.ground) if token not in theme]:
            yield f"{name}: --{missing[0]} is missing"
            continue
        reached = contrast(theme[pair.front], theme[pair.ground])
        if reached < pair.least:
            yield f"{name}: {pair.front} on {pair.ground} reaches {reached:.2f}, needs {pair.least}"


def too_near(name: str, page: Theme, native: Theme) -> Iterator[str]:
    """Give a sentence for each page colour that could be taken for the bank's."""
    for reserved, least in RESERVED.items():
        for token, colour in page.items():
            apart = distance(colour, native[reserved])
            if apart < least:
                yield f"{name}: {token} {colour} is {apart:.1f} from {reserved}, needs {least}"


def borrowed(sheets: dict[str, str]) -> Iterator[str]:
    """Give a sentence for each page stylesheet that uses a reserved name."""
    for file, sheet in sheets.items():
        if re.search(r"--native-", sheet):
            yield f"{file}: pages may not name the bank's own colours"


def findings(shell: Path = SHELL, pages: Path = PAGES) -> list[str]:
    """Check the stylesheets of the shell and of the pages; an empty list is a pass."""
    own = [(shell / name).read_text(encoding="utf-8") for name in ("tokens.css", "native.css")]
    sheets = {path.name: path.read_text(encoding="utf-8") for path in sorted(pages.glob("*.css"))}
    given = [sheets.get("tokens.css", "")]
    result = list(borrowed(sheets))
    light, page_light = read_theme(own, LIGHT), read_theme(given, LIGHT)
    themes = {
        "light": (light, page_light),
        "dark": (light | read_theme(own, DARK), page_light | read_theme(given, DARK)),
    }
    for name, (full, page) in themes.items():
        result += unreadable(f"shell {name}", full, iter([*page_pairs(), *native_pairs()]))
        result += unreadable(f"pages {name}", page, page_pairs())
        result += too_near(f"shell {name}", {k: v for k, v in full.items() if not k.startswith("native-")}, full)
        result += too_near(f"pages {name}", page, full)
    return result


def main() -> int:
    """Print what is wrong; give the exit status."""
    found = findings()
    count = 2 * (2 * len(list(page_pairs())) + len(list(native_pairs())))
    sys.stdout.write("".join(f"{line}\n" for line in found) + f"{count} pairs of colours, {len(found)} findings\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
