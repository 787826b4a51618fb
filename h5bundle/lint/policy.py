"""Rules about the bundle's own Content-Security-Policy: what it gives beyond the files of the bundle."""

import re
from collections.abc import Iterator
from typing import Final

from h5bundle.lint.findings import Finding, Severity, Subject

_SAFE: Final = re.compile(r"'none'|'self'|'report-sample'|'wasm-unsafe-eval'|'sha(?:256|384|512)-[A-Za-z0-9+/=_-]+'")
_DATA: Final = frozenset({"img-src", "font-src", "media-src"})
"""Where ``data:`` brings a picture, a face or a sound, but no code."""


def policy(subject: Subject) -> Iterator[Finding]:
    """Find a CSP that gives more than a bundle may have."""
    directives = read_policy(subject.declaration.csp)
    if directives.get("default-src") != ["'none'"]:
        what = "the CSP does not begin from default-src 'none'"
        yield subject.declared("CSP_LAX", "csp:", what, "begin with default-src 'none' and add what is needed")
    for directive, sources in directives.items():
        if not directive.endswith(("-src", "-src-elem", "-src-attr")):
            continue
        for source in sources:
            if _SAFE.fullmatch(source) or (source == "data:" and directive in _DATA):
                continue
            strict = source == "'unsafe-inline'" and directive.startswith("style-src")
            severity = Severity.WARNING if strict else Severity.ERROR
            what = f"{directive} gives {source}"
            yield subject.declared("CSP_LAX", "csp:", what, "remove it; files of the bundle are 'self'", severity)


def read_policy(csp: str) -> dict[str, list[str]]:
    """Take a CSP apart; of a directive that stands twice, browsers take the first."""
    directives: dict[str, list[str]] = {}
    for part in csp.split(";"):
        words = part.split()
        if words:
            directives.setdefault(words[0].lower(), words[1:])
    return directives


def permits_inline(csp: str, directive: str) -> bool:
    """Tell whether a CSP lets inline code run."""
    directives = read_policy(csp)
    return "'unsafe-inline'" in directives.get(directive, directives.get("default-src", []))
