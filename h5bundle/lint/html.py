"""Reading HTML and SVG for the check: elements that load, inline code, and where they stand."""

import re
from collections.abc import Iterator, Mapping, Sequence
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
    ("area", "href"),
    ("input", "src"),
    ("track", "src"),
    ("link", "imagesrcset"),
    ("script", "href"),
    ("script", "xlink:href"),
    ("feimage", "href"),
    ("feimage", "xlink:href"),
    ("body", "background"),
    ("button", "formaction"),
    ("input", "formaction"),
}
_SETS: Final = frozenset({"srcset", "imagesrcset"})
_CANDIDATE: Final = re.compile(r"\s*(data:\S+|[^\s,]\S*?)(?=[\s,]|$)[^,]*(?:,|$)")
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
    elements: list[tuple[str, int]] = field(default_factory=list)
    leaving: list[tuple[str, str, int]] = field(default_factory=list)
    """What leaves the page, how to do it instead, and on which line."""


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
        self.page.elements.append((tag, line))
        self.page.leaving.extend((what, mend, line) for what, mend in _leaving(tag, given))
        for name, value in given.items():
            if (tag, name) in _LOADING and value:
                addresses = _CANDIDATE.findall(value) if name in _SETS else [value.strip()]
                self.page.references.extend(Reference(tag, address, line) for address in addresses)
            if name == "style":
                self.page.inline_styles.append(line)
            if name.startswith("on"):
                self.page.handlers.append((name, line))
        kind = given.get("type", "").lower()
        self._inline = ""
        if tag == "script" and not given.keys() & {"src", "href", "xlink:href"} and kind not in _DATA_SCRIPTS:
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


def _leaving(tag: str, given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Tell how an element would leave the page by a way that the host blocks."""
    if tag == "meta" and given.get("http-equiv", "").strip().lower() == "refresh":
        yield (
            "a refresh by the page's head loads the page again, which ends its session",
            "change the address's fragment",
        )
    if given.get("target", "").lower() not in {"", "_self"} and tag in {"a", "area", "form", "base"}:
        yield f"target={given['target'][:20]}: the frame may open no windows", "use bridge.nav.open"
    if tag in {"a", "area"} and "download" in given:
        yield "the frame may download nothing", "offer the document through the app"
    if tag in {"a", "area"} and "ping" in given:
        yield "ping: a page reaches the bank through bridge.net.request alone", "remove it"
    if tag == "form" and given.get("action"):
        yield "the host's policy has form-action 'none'", "take the submit event and use bridge.net.request"


def read_page(text: str) -> Page:
    """Read one file; HTML never fails to be read."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.page
