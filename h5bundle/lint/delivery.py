"""Rules about what a page loads and how: other origins, absolute paths, inline code against the CSP, size, APIs."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from h5bundle.lint.findings import Finding, Severity, Subject, matches
from h5bundle.project import FILE_NAME

_EXTERNAL: Final = re.compile(r"(?i)^(?:[a-z][a-z0-9+.-]*:)?//|^(?:javascript|vbscript|file|blob|filesystem):")
_CSS_ADDRESS: Final = re.compile(r"(?i)url\(\s*['\"]?([^'\")\s]+)|@import\s+['\"]([^'\"]+)")
_SCRIPT_LOAD: Final = re.compile(
    r"""(?:\bfrom|\bimport|\bimport\s*\(|\bfetch\s*\(|\bnew\s+(?:Worker|WebSocket|EventSource|SharedWorker)\s*\(|\bopen\s*\()"""
    r"""\s*["'`]((?:[a-z]+:)?//[^"'`]+)["'`]"""
)
_ABSOLUTE: Final = re.compile(r"^/(?!/)")
_CODE: Final = "code that is made from text escapes every review, and the CSP blocks it"
_NETWORK: Final = "a page reaches the bank through bridge.net.request alone"
_STORAGE: Final = "what is kept here is gone when the customer's app cleans up, and is not bound to the device"


class _Api(NamedTuple):
    """A call that a bundle may not make, and why."""

    pattern: re.Pattern[str]
    name: str
    why: str
    mend: str
    severity: Severity = Severity.ERROR


_FORBIDDEN: Final = (
    _Api(re.compile(r"(?<![\w$.])eval\s*\("), "eval", _CODE, "call a function"),
    _Api(re.compile(r"\bnew\s+Function\s*\("), "new Function", _CODE, "write the function out"),
    _Api(re.compile(r"\bdocument\s*\.\s*write(?:ln)?\s*\("), "document.write", _CODE, "make elements"),
    _Api(re.compile(r"\bimportScripts\s*\("), "importScripts", "workers are blocked", "use modules"),
    _Api(re.compile(r"\bserviceWorker\s*\.\s*register\b"), "a service worker", "the app's own serves it", "remove it"),
    _Api(re.compile(r"\bRTCPeerConnection\b"), "RTCPeerConnection", _NETWORK, "remove it"),
    _Api(re.compile(r"\bnew\s+WebSocket\b"), "WebSocket", _NETWORK, "use bridge.net.request"),
    _Api(re.compile(r"\bnew\s+EventSource\b"), "EventSource", _NETWORK, "use bridge events"),
    _Api(re.compile(r"\bnew\s+XMLHttpRequest\b"), "XMLHttpRequest", _NETWORK, "use bridge.net.request"),
    _Api(re.compile(r"\bsendBeacon\s*\("), "sendBeacon", _NETWORK, "use bridge.log.event"),
    _Api(re.compile(r"\bdocument\s*\.\s*cookie\b"), "document.cookie", "a bundle has no cookies", "use bridge.store"),
    _Api(re.compile(r"(?<![\w$.])fetch\s*\("), "fetch", _NETWORK, "use bridge.net.request", Severity.WARNING),
    _Api(re.compile(r"\b(?:local|session)Storage\b"), "web storage", _STORAGE, "use bridge.store", Severity.WARNING),
    _Api(re.compile(r"\bindexedDB\b"), "indexedDB", _STORAGE, "use bridge.store", Severity.WARNING),
)


def external_origins(subject: Subject) -> Iterator[Finding]:
    """Find addresses of other origins: the page's CSP blocks them, and they would run outside the signature."""
    mend = "put the file into the bundle and name it relatively"
    for name, page in subject.pages.items():
        for reference in page.references:
            if _EXTERNAL.match(reference.address) and not (reference.element == "a" and name.endswith(".svg")):
                what = f"<{reference.element}> names {reference.address[:80]}"
                yield Finding(name, reference.line, "EXTERNAL_ORIGIN", what, mend)
    for name, line, match in matches(_CSS_ADDRESS, subject.styles):
        address = match[1] or match[2]
        if _EXTERNAL.match(address):
            yield Finding(name, line, "EXTERNAL_ORIGIN", f"the style sheet loads {address[:80]}", mend)
    for name, line, match in matches(_SCRIPT_LOAD, subject.scripts):
        yield Finding(name, line, "EXTERNAL_ORIGIN", f"the script loads {match[1][:80]}", mend)


def absolute_paths(subject: Subject) -> Iterator[Finding]:
    """Find addresses that begin at the host: releases live below a path of their own."""
    mend = "write it relatively (./app.js); with Vite: base: './'"
    for name, page in subject.pages.items():
        for reference in page.references:
            if _ABSOLUTE.match(reference.address) and reference.element not in {"a", "form"}:
                yield Finding(name, reference.line, "ABSOLUTE_PATH", f"{reference.address} begins at the host", mend)
    for name, line, match in matches(_CSS_ADDRESS, subject.styles):
        if _ABSOLUTE.match(match[1] or match[2]):
            yield Finding(name, line, "ABSOLUTE_PATH", f"{match[1] or match[2]} begins at the host", mend)


def inline_code(subject: Subject) -> Iterator[Finding]:
    """Find inline scripts and styles that the bundle's own CSP would block."""
    scripts = not _permits(subject.declaration.csp, "script-src")
    styles = not _permits(subject.declaration.csp, "style-src")
    for name, page in subject.pages.items():
        if not name.endswith(".html"):
            continue
        for line in page.inline_scripts if scripts else ():
            yield Finding(name, line, "INLINE_SCRIPT", "the CSP blocks this script", "move it into a file")
        for handler, line in page.handlers if scripts else ():
            yield Finding(name, line, "INLINE_SCRIPT", f"the CSP blocks {handler}", "use addEventListener in a file")
        for line in page.inline_styles if styles else ():
            yield Finding(name, line, "INLINE_STYLE", "the CSP blocks this style", "move it into a style sheet")


def policy(subject: Subject) -> Iterator[Finding]:
    """Find a CSP that gives more than a bundle may have."""
    directives = _directives(subject.declaration.csp)
    if directives.get("default-src") != ["'none'"]:
        what = "the CSP does not begin from default-src 'none'"
        yield subject.declared("CSP_LAX", "csp:", what, "begin with default-src 'none' and add what is needed")
    for directive, sources in directives.items():
        for source in sources:
            if source in {"'unsafe-eval'", "'unsafe-inline'", "*"} or re.match(r"(?i)https?:|wss?:|blob:", source):
                strict = source == "'unsafe-inline'" and directive == "style-src"
                severity = Severity.WARNING if strict else Severity.ERROR
                what = f"{directive} gives {source}"
                yield subject.declared("CSP_LAX", "csp:", what, "remove it; files of the bundle are 'self'", severity)


def size(subject: Subject) -> Iterator[Finding]:
    """Find a bundle that is larger than it said it would be."""
    total = sum(len(data) for data in subject.files.values())
    budget = subject.declaration.size_budget
    if total > budget:
        largest = max(subject.files, key=lambda name: len(subject.files[name]))
        what = f"the files have {total:,} bytes, the budget is {budget:,}; the largest is {largest}"
        yield subject.declared("SIZE_BUDGET", "size_budget", what, "make it smaller, or raise size_budget knowingly")


def forbidden_apis(subject: Subject) -> Iterator[Finding]:
    """Find calls that a bundle may not make."""
    for api in _FORBIDDEN:
        for name, line, _ in matches(api.pattern, subject.scripts):
            yield Finding(name, line, "FORBIDDEN_API", f"{api.name}: {api.why}", api.mend, api.severity)


def entry(subject: Subject) -> Iterator[Finding]:
    """Find an entry page that is not there, and names that lie in the shared bundles' folder."""
    page = subject.declaration.page
    if page is not None and page not in subject.files:
        yield subject.declared("ENTRY_MISSING", "entry:", f"{page} is not among the files", "name the page in entry:")
    for name in subject.files:
        if name.endswith(".map"):
            what = f"{name} gives the sources to everybody"
            yield Finding(FILE_NAME, 1, "SOURCE_MAP", what, "leave source maps out of the bundle", Severity.WARNING)


def _directives(csp: str) -> dict[str, list[str]]:
    """Take a CSP apart."""
    parts = [part.split() for part in csp.split(";") if part.strip()]
    return {part[0].lower(): part[1:] for part in parts}


def _permits(csp: str, directive: str) -> bool:
    """Tell whether a CSP lets inline code run."""
    directives = _directives(csp)
    return "'unsafe-inline'" in directives.get(directive, directives.get("default-src", []))
