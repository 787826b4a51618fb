"""Rules about HTML and SVG: inline code against the CSP, elements that the host blocks, addresses that lead nowhere."""

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from h5bundle.lint.findings import Finding, Severity, Subject
from h5bundle.lint.policy import permits_inline
from h5bundle.paths import SHARED

_SCHEME: Final = re.compile(r"(?i)^[a-z][a-z0-9+.-]*:|^[/#?]|^$")
_LINKS: Final = frozenset({"a", "form", "area", "base"})
_BLOCKED: Final = {
    "base": ("base-uri 'none'", "write every address relatively"),
    "iframe": ("frame-src 'none'", "open another bundle with bridge.nav.open"),
    "frame": ("frame-src 'none'", "open another bundle with bridge.nav.open"),
    "object": ("object-src 'none'", "show an image or text instead"),
    "embed": ("object-src 'none'", "show an image or text instead"),
    "applet": ("object-src 'none'", "remove it"),
}


def inline_code(subject: Subject) -> Iterator[Finding]:
    """Find inline scripts and styles that the bundle's own CSP would block."""
    scripts = not permits_inline(subject.declaration.csp, "script-src")
    styles = not permits_inline(subject.declaration.csp, "style-src")
    for name, page in subject.pages.items():
        for line in page.inline_scripts if scripts else ():
            yield Finding(name, line, "INLINE_SCRIPT", "the CSP blocks this script", "move it into a file")
        for handler, line in page.handlers if scripts else ():
            yield Finding(name, line, "INLINE_SCRIPT", f"the CSP blocks {handler}", "use addEventListener in a file")
        for line in page.inline_styles if styles and name.endswith(".html") else ():
            yield Finding(name, line, "INLINE_STYLE", "the CSP blocks this style", "move it into a style sheet")


def blocked_markup(subject: Subject) -> Iterator[Finding]:
    """Find elements that the host's own policy or the frame's sandbox blocks, whatever the manifest says."""
    for name, page in subject.pages.items():
        for element, line in page.elements:
            if element in _BLOCKED:
                rule, mend = _BLOCKED[element]
                yield Finding(name, line, "MARKUP_BLOCKED", f"<{element}>: the host's policy has {rule}", mend)
        for what, mend, line in page.leaving:
            yield Finding(name, line, "MARKUP_BLOCKED", what, mend)


def broken_references(subject: Subject) -> Iterator[Finding]:
    """Find relative addresses in pages that name no file of the bundle."""
    served = set(subject.files) | {_own(subject, name) for name in subject.texts}
    for name, page in subject.pages.items():
        folder = posixpath.dirname(_own(subject, name))
        for reference in page.references:
            address = reference.address
            if _SCHEME.match(address) or "{" in address or reference.element in _LINKS:
                continue
            target = posixpath.normpath(posixpath.join(folder, re.split(r"[?#]", address)[0]))
            if target in served or target.split("/")[0] == SHARED:
                continue
            what = f"<{reference.element}> names {address[:80]}, which is not in the bundle"
            yield Finding(
                name, reference.line, "REFERENCE_BROKEN", what, "correct the address, or add the file", Severity.WARNING
            )


def _own(subject: Subject, name: str) -> str:
    """Give a text's name in the bundle: sources stand below their folder."""
    build = subject.declaration.build
    return name if build is None else name.removeprefix(f"{build.source}/")
