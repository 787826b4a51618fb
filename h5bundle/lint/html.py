"""Reading HTML and SVG for the check: elements that load, inline code, and where they stand."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

_LOADING: Final = {
    ("script", "src"),
    ("link", "href"),
    ("img", "src"),
    ("img", "srcset"),
    ("source", "src"),
    ("source", "srcset"),
    ("video", "src"),
    ("video", "poster"),
    ("audio", "src"),
    ("iframe", "src"),
    ("object", "data"),
    ("embed", "src"),
    ("use", "href"),
    ("use", "xlink:href"),
    ("image", "href"),
    ("image", "xlink:href"),
    ("form", "action"),
    ("base", "href"),
    ("a", "href"),
}
_DATA_SCRIPTS: Final = {"application/json", "application/ld+json", "importmap", "text/plain"}


@dataclass(frozen=True, slots=True)
class Reference:
    """An address in an element."""

    element: str
    address: str
    line: int


@dataclass(slots=True)
class Page:
    """What an HTML or SVG file holds that the rules look at."""

    references: list[Reference] = field(default_factory=list)
    inline_scripts: list[int] = field(default_factory=list)
    inline_styles: list[int] = field(default_factory=list)
    handlers: list[tuple[str, int]] = field(default_factory=list)


class _Reader(HTMLParser):
    """Walks a file and fills a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self._inline = ""

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        """Take an element's addresses and inline code."""
        line = self.getpos()[0]
        given = {name: value or "" for name, value in attrs}
        for name, value in given.items():
            if (tag, name) in _LOADING and value:
                self.page.references.append(Reference(tag, value.strip(), line))
            if name == "style":
                self.page.inline_styles.append(line)
            if name.startswith("on"):
                self.page.handlers.append((name, line))
        kind = given.get("type", "").lower()
        self._inline = ""
        if tag == "script" and "src" not in given and kind not in _DATA_SCRIPTS:
            self._inline = "script"
        if tag == "style":
            self._inline = "style"

    def handle_data(self, data: str) -> None:
        """Take inline code that is not blank."""
        if not data.strip() or not self._inline:
            return
        found = self.page.inline_scripts if self._inline == "script" else self.page.inline_styles
        found.append(self.getpos()[0])
        self._inline = ""

    def handle_endtag(self, tag: str) -> None:
        """Leave inline code."""
        if tag in {"script", "style"}:
            self._inline = ""


def read_page(text: str) -> Page:
    """Read one file; HTML never fails to be read."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.page
