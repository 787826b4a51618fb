"""Rules about code of others: it is named in ``third_party:``, and its licence travels with it."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Final

from h5bundle.lint.findings import Finding, Subject, line_at
from h5bundle.project import ThirdParty

_BANNER: Final = re.compile(
    r"(?i)@licen[cs]e|\bcopyright\s+(?:\(c\)|©|\d{4})|\blicensed under\b|\b(?:MIT|Apache|BSD) licen[cs]e"
)


def third_party(subject: Subject) -> Iterator[Finding]:
    """Find code of others without a name or without its licence."""
    parts = subject.declaration.third_party
    for part in parts:
        yield from _declared(subject, part)
    for name, text in subject.texts.items():
        match = _BANNER.search(text)
        if match is None or not name.endswith((".js", ".mjs", ".css", ".html", ".svg")) or _covered(name, parts):
            continue
        what = f"{match[0].strip()!r} says that this is code of others"
        mend = "name it under third_party: with licence and licence_file"
        yield Finding(name, line_at(text, match.start()), "LICENCE_MISSING", what, mend)


def _declared(subject: Subject, part: ThirdParty) -> Iterator[Finding]:
    """Hold that a declared part is there with its licence."""
    if part.licence_file not in subject.files:
        what = f"the licence of {part.name}, {part.licence_file}, is not in the bundle"
        yield subject.declared("LICENCE_MISSING", part.name, what, "put the licence's text into the bundle")
    names = (*subject.files, *subject.texts)
    for pattern in part.files:
        if not any(fnmatchcase(name, pattern) for name in names):
            what = f"{part.name} names {pattern}, and no file is called so"
            yield subject.declared("LICENCE_MISSING", part.name, what, "correct the names of its files")


def _covered(name: str, parts: tuple[ThirdParty, ...]) -> bool:
    """Tell whether a file belongs to a declared part."""
    return any(fnmatchcase(name, pattern) for part in parts for pattern in part.files)
