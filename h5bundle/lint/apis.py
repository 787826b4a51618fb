"""Rules about what scripts call: code made from text, other ways into the network, what the host blocks or forgets."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from h5bundle.lint.findings import Finding, Severity, Subject, column_at, line_at, matches

_CODE: Final = "code that is made from text escapes every review, and the CSP blocks it"
_NETWORK: Final = "a page reaches the bank through bridge.net.request alone"
_STORAGE: Final = "what is kept here is gone when the customer's app cleans up, and is not bound to the device"
_WORKERS: Final = "the host's policy has worker-src 'none'"
_SENSORS: Final = "the host's Permissions-Policy refuses it"
_DIALOGS: Final = "the frame may open no dialogs: the call returns at once and shows nothing"


class _Api(NamedTuple):
    """A call that a bundle may not make, and why."""

    pattern: re.Pattern[str]
    name: str
    why: str
    mend: str
    severity: Severity = Severity.ERROR


def _api(pattern: str, name: str, why: str, mend: str, severity: Severity = Severity.ERROR) -> _Api:
    """Make a row."""
    return _Api(re.compile(pattern), name, why, mend, severity)


_WARN: Final = Severity.WARNING
_FORBIDDEN: Final = (
    _api(r"(?<![\w$.])eval\s*\(", "eval", _CODE, "call a function"),
    _api(r"\bnew\s+Function\s*\(", "new Function", _CODE, "write the function out"),
    _api(r"\bset(?:Timeout|Interval)\s*\(\s*[\"'`]", "a timer with text", _CODE, "give it a function"),
    _api(r"\bdocument\s*\.\s*write(?:ln)?\s*\(", "document.write", _CODE, "make elements"),
    _api(r"\bdocument\s*\.\s*domain\s*=", "document.domain", "an origin is not widened", "remove it"),
    _api(r"\bdocument\s*\.\s*cookie\b", "document.cookie", "a bundle has no cookies", "use bridge.store"),
    _api(r"\bimportScripts\s*\(", "importScripts", _WORKERS, "use modules"),
    _api(r"\bnew\s+(?:Shared)?Worker\s*\(", "a worker", _WORKERS, "do the work in pieces on the page"),
    _api(r"\bserviceWorker\s*\.\s*register\b", "a service worker", "the app's own serves the page", "remove it"),
    _api(r"\bRTCPeerConnection\b", "RTCPeerConnection", _NETWORK, "remove it"),
    _api(r"\bnew\s+WebSocket\b", "WebSocket", _NETWORK, "use bridge.net.request"),
    _api(r"\bnew\s+WebTransport\b", "WebTransport", _NETWORK, "use bridge.net.request"),
    _api(r"\bnew\s+EventSource\b", "EventSource", _NETWORK, "use bridge events"),
    _api(r"\bnew\s+XMLHttpRequest\b", "XMLHttpRequest", _NETWORK, "use bridge.net.request"),
    _api(r"\bsendBeacon\s*\(", "sendBeacon", _NETWORK, "use bridge.log.event"),
    _api(r"(?<![\w$.])fetch\s*\(", "fetch", _NETWORK, "use bridge.net.request", _WARN),
    _api(r"\b(?:local|session)Storage\b", "web storage", _STORAGE, "use bridge.store", _WARN),
    _api(r"\bindexedDB\b", "indexedDB", _STORAGE, "use bridge.store", _WARN),
    _api(r"(?<![\w$.])caches\s*\.\s*(?:open|delete|keys|match)\s*\(", "Cache Storage", _STORAGE, "use bridge.store"),
    _api(r"\bgetUserMedia\b", "camera and microphone", _SENSORS, "use a method of the bridge", _WARN),
    _api(r"\bnavigator\s*\.\s*geolocation\b", "geolocation", _SENSORS, "use a method of the bridge", _WARN),
    _api(r"\bwindow\s*\.\s*(?:alert|confirm|prompt)\s*\(", "a browser dialog", _DIALOGS, "draw it in the page", _WARN),
)
_LEAVING: Final = (
    (re.compile(r"\bwindow\s*\.\s*open\s*\("), "window.open: the frame may open no windows", "use bridge.nav.open"),
    (
        re.compile(r"(?:\b(?:window|self|globalThis)\s*\.\s*|(?<![\w$.]))(?:top|parent)\s*\.\s*location\b"),
        "the page reaches for the app's own address, and the sandbox refuses it",
        "use bridge.nav.open or bridge.nav.close",
    ),
    (
        re.compile(
            r"\blocation(?:\s*\.\s*href)?\s*=\s*[\"'`](?:[a-z]+:)?//|"
            r"\blocation\s*\.\s*(?:assign|replace)\s*\(\s*[\"'`](?:[a-z]+:)?//"
        ),
        "the page goes to another origin, which ends its session",
        "use bridge.nav.open",
    ),
)
_MAP: Final = re.compile(r"(?m)^\s*(?://|/\*)[#@]\s*sourceMappingURL=(data:)?")


def forbidden_apis(subject: Subject) -> Iterator[Finding]:
    """Find calls that a bundle may not make."""
    for api in _FORBIDDEN:
        for name, line, match in matches(api.pattern, subject.code):
            place = column_at(match.string, match.start())
            what = f"{api.name}: {api.why}"
            yield Finding(name, line, "FORBIDDEN_API", what, api.mend, api.severity, column=place)


def navigation(subject: Subject) -> Iterator[Finding]:
    """Find scripts that leave the page by another way than the bridge."""
    for pattern, what, mend in _LEAVING:
        for name, line, match in matches(pattern, subject.code):
            yield Finding(name, line, "NAVIGATION", what, mend, column=column_at(match.string, match.start()))


def source_maps(subject: Subject) -> Iterator[Finding]:
    """Find source maps, which give the sources to everybody: as files, and inside of scripts and style sheets."""
    mend = "leave source maps out of the bundle: keep them for your own error reports"
    for name in subject.files:
        if name.endswith(".map"):
            yield Finding(name, 1, "SOURCE_MAP", f"{name} gives the sources to everybody", mend, Severity.WARNING)
    for name, text in {**subject.scripts, **subject.styles}.items():
        for match in _MAP.finditer(text):
            if match[1]:
                line = line_at(text, match.start())
                what = "the file carries its source map"
                yield Finding(name, line, "SOURCE_MAP", what, mend, Severity.WARNING)
