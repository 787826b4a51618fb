"""The widening rule: what a release asks for that the bundle's previous release did not.

Whatever is named here needs the security team. The rule for a CSP is strict and simple: sources are compared as texts;
a source that was not there is looser, and so is a restriction that is gone. That ``https://a.example`` is less than
``https:`` is not worked out: a person of the security team looks at it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from h5bundle.manifest import DEFAULT_CSP, Manifest

_FALLBACK: Final[Mapping[str, tuple[str, ...]]] = {
    "default-src": (),
    "child-src": ("default-src",),
    "connect-src": ("default-src",),
    "font-src": ("default-src",),
    "frame-src": ("child-src", "default-src"),
    "img-src": ("default-src",),
    "manifest-src": ("default-src",),
    "media-src": ("default-src",),
    "object-src": ("default-src",),
    "prefetch-src": ("default-src",),
    "script-src": ("default-src",),
    "script-src-attr": ("script-src", "default-src"),
    "script-src-elem": ("script-src", "default-src"),
    "style-src": ("default-src",),
    "style-src-attr": ("style-src", "default-src"),
    "style-src-elem": ("style-src", "default-src"),
    "worker-src": ("child-src", "script-src", "default-src"),
}
"""Directives that say what may be fetched, and which speak for them where they are silent (CSP Level 3)."""
_ALLOWING: Final = frozenset({"base-uri", "form-action", "frame-ancestors", "sandbox", "trusted-types"})
"""Directives whose values allow something, and that allow everything when they are not there."""
_DEMANDING: Final = frozenset({"block-all-mixed-content", "require-trusted-types-for", "upgrade-insecure-requests"})
"""Directives that only ever restrict: what stands there may not go."""
_NAMING: Final = frozenset({"report-to", "report-uri"})
"""Directives that name where something is sent to: nowhere when they are not there."""
_NARROWING: Final = re.compile(r"'(nonce-|sha(256|384|512)-|strict-dynamic')", re.IGNORECASE)
"""Sources beside which ``'unsafe-inline'`` or hosts count for nothing: without them those come to life."""
_BLANK: Final = re.compile(r"[\t\n\f\r ]+")
"""What browsers take for white space in a policy; Python's own idea of it is wider."""

_Csp = Mapping[str, frozenset[str]]


def widening(old: Manifest | None, new: Manifest) -> tuple[str, ...]:
    """Name what a release asks for beyond the previous one.

    Args:
        old: the bundle's previous release. None when there is none: it is compared with a release that asks for nothing
            and has the default CSP.
        new: the release.

    Returns:
        One text for each thing that is more, sorted within its kind; nothing when the release asks for no more.
    """
    permissions = {} if old is None else old.permissions
    return (
        *_permissions(permissions, new.permissions),
        *_added("purpose", () if old is None else old.purposes, new.purposes),
        *_added("event", () if old is None else old.events, new.events),
        *_added("op", () if old is None else old.ops, new.ops),
        *looser(DEFAULT_CSP if old is None else old.csp, new.csp),
    )


def looser(old: str, new: str) -> tuple[str, ...]:
    """Name the directives of a CSP that allow something which the old CSP did not.

    Args:
        old: one policy as in the header.
        new: the same.
    """
    before, after = _parse(old), _parse(new)
    found = list(_fetching(before, after))
    for name in sorted((before.keys() | after.keys()) - _FALLBACK.keys()):
        found += [f"csp {name}: {what}" for what in _other(name, before.get(name), after.get(name))]
    return tuple(found)


def _permissions(old: Mapping[str, int], new: Mapping[str, int]) -> Iterator[str]:
    """Name permissions that are new or of a higher version."""
    for method, version in sorted(new.items()):
        if method not in old:
            yield f"permission {method}: new (version {version})"
        elif version > old[method]:
            yield f"permission {method}: version {version} instead of {old[method]}"


def _added(kind: str, old: Iterable[str], new: Iterable[str]) -> Iterator[str]:
    """Name what is new in a list."""
    return (f"{kind} {name}: new" for name in sorted(set(new) - set(old)))


def _parse(policy: str) -> dict[str, frozenset[str]]:
    """Read a policy as browsers do: of a directive that stands twice, the first counts."""
    directives: dict[str, frozenset[str]] = {}
    for part in policy.split(";"):
        name, *values = [word for word in _BLANK.split(part) if word] or [""]
        if name:
            directives.setdefault(name.lower(), frozenset(values) - {"'none'"})
    return directives


def _fetching(old: _Csp, new: _Csp) -> Iterator[str]:
    """Compare what every directive lets be fetched, itself or through the one that speaks for it.

    Of directives for which the same one speaks, only the first is named.
    """
    seen: set[tuple[frozenset[str] | None, frozenset[str] | None]] = set()
    for name in _FALLBACK:
        pair = (_speaking(name, old), _speaking(name, new))
        if pair not in seen:
            seen.add(pair)
            yield from (f"csp {name}: {what}" for what in _allowing(*pair))


def _speaking(name: str, policy: _Csp) -> frozenset[str] | None:
    """Give the sources that hold for a directive; None when nothing restricts it."""
    return next((policy[each] for each in (name, *_FALLBACK[name]) if each in policy), None)


def _allowing(old: frozenset[str] | None, new: frozenset[str] | None) -> Iterator[str]:
    """Compare two lists that allow; a list that is not there allows everything."""
    if old is None:
        return
    if new is None:
        yield "no longer restricted"
        return
    if new - old:
        yield f"also {' '.join(sorted(new - old))}"
    gone = sorted(source for source in old - new if _NARROWING.match(source))
    if gone and new:
        yield f"without {' '.join(gone)}"


def _other(name: str, old: frozenset[str] | None, new: frozenset[str] | None) -> Iterator[str]:
    """Compare a directive that is not about fetching; of one that is not known, every change is looser."""
    if name in _ALLOWING:
        yield from _allowing(old, new)
    elif name in _DEMANDING:
        if old is not None and (new is None or old - new):
            yield "no longer demanded"
    elif name in _NAMING:
        if (new or frozenset()) - (old or frozenset()):
            yield f"also {' '.join(sorted((new or frozenset()) - (old or frozenset())))}"
    elif old != new:
        yield "changed, and not known to this rule"
