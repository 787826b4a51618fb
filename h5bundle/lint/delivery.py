"""Rules about what a bundle carries and loads: other origins, absolute paths, its size, its entry page, its version."""

import re
from collections.abc import Iterator
from typing import Final

from h5bundle.lint.findings import Finding, Subject, column_at, matches
from h5bundle.versions import DEVELOPMENT, is_development

_EXTERNAL: Final = re.compile(r"(?i)^(?:[a-z][a-z0-9+.-]*:)?//|^(?:javascript|vbscript|file|blob|filesystem):")
_CSS_ADDRESS: Final = re.compile(r"(?i)(?:url\(\s*['\"]?|@import\s+['\"]|image-set\(\s*['\"])([^'\")\s]+)")
_SCRIPT_LOAD: Final = re.compile(
    r"""(?:\bfrom|\bimport|\bimport\s*\(|\bfetch\s*\(|\bnew\s+(?:Worker|WebSocket|EventSource|SharedWorker)\s*\(|\bopen\s*\()"""
    r"""\s*["'`]((?:[a-z]+:)?//[^"'`]+)["'`]"""
)
_ABSOLUTE: Final = re.compile(r"^/(?!/)")


def external_origins(subject: Subject) -> Iterator[Finding]:
    """Find addresses of other origins: the page's CSP blocks them, and they would run outside the signature."""
    mend = "put the file into the bundle and name it relatively"
    for name, page in subject.pages.items():
        for reference in page.references:
            if _EXTERNAL.match(reference.address) and not (reference.element == "a" and name.endswith(".svg")):
                what = f"<{reference.element}> names {reference.address[:80]}"
                yield Finding(name, reference.line, "EXTERNAL_ORIGIN", what, mend)
    for name, line, match in matches(_CSS_ADDRESS, subject.styles):
        address = match[1]
        if _EXTERNAL.match(address):
            yield Finding(name, line, "EXTERNAL_ORIGIN", f"the style sheet loads {address[:80]}", mend)
    for name, line, match in matches(_SCRIPT_LOAD, subject.code):
        place = column_at(match.string, match.start())
        yield Finding(name, line, "EXTERNAL_ORIGIN", f"the script loads {match[1][:80]}", mend, column=place)


def absolute_paths(subject: Subject) -> Iterator[Finding]:
    """Find addresses that begin at the host: releases live below a path of their own."""
    mend = "write it relatively (./app.js); with Vite: base: './'"
    for name, page in subject.pages.items():
        for reference in page.references:
            if _ABSOLUTE.match(reference.address) and reference.element not in {"a", "form"}:
                yield Finding(name, reference.line, "ABSOLUTE_PATH", f"{reference.address} begins at the host", mend)
    for name, line, match in matches(_CSS_ADDRESS, subject.styles):
        if _ABSOLUTE.match(match[1]):
            yield Finding(name, line, "ABSOLUTE_PATH", f"{match[1]} begins at the host", mend)


def size(subject: Subject) -> Iterator[Finding]:
    """Find a bundle that is larger than it said it would be."""
    total = sum(len(data) for data in subject.files.values())
    budget = subject.declaration.size_budget
    if total > budget:
        largest = max(subject.files, key=lambda name: len(subject.files[name]))
        what = f"the files have {total:,} bytes, the budget is {budget:,}; the largest is {largest}"
        yield subject.declared("SIZE_BUDGET", "size_budget", what, "make it smaller, or raise size_budget knowingly")


def entry(subject: Subject) -> Iterator[Finding]:
    """Find an entry page that is not there."""
    page = subject.declaration.page
    if page is not None and page not in subject.files:
        yield subject.declared("ENTRY_MISSING", "entry:", f"{page} is not among the files", "name the page in entry:")


def version(subject: Subject) -> Iterator[Finding]:
    """Find a version that only ``h5bundle dev`` makes."""
    given = subject.declaration.version
    if is_development(given):
        what = f"{given} has a patch number of the releases that h5bundle dev makes"
        yield subject.declared("VERSION_RESERVED", "version:", what, f"use a patch number below {DEVELOPMENT}")
