"""What the check finds: where, what, and how to mend it; and what a rule may look at."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Final

from h5bundle.errors import BuildError
from h5bundle.javascript import Kind, tokens
from h5bundle.lint.html import Page, read_page
from h5bundle.project import FILE_NAME, Declaration, Project

_LEXED: Final = 300_000
"""Characters up to which a script's comments are left out of the search; larger files are minified and have none."""
_NO_BREAK: Final = re.compile(r"[^\n\r\u2028\u2029]")


class Severity(StrEnum):
    """Whether a finding keeps the bundle from being published."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One finding.

    Attributes:
        path, line: where; lines count from 1.
        code: stable name of the rule, as ``allow:`` knows it.
        what: what is wrong there.
        mend: how to mend it.
        severity: whether it stops a publication.
        allowed: the reason given in ``allow:``, empty when it was not allowed.
        column: where in the line, from 1; what a person looks for in a minified file.
    """

    path: str
    line: int
    code: str
    what: str
    mend: str
    severity: Severity = Severity.ERROR
    allowed: str = ""
    column: int = 1

    @property
    def stops(self) -> bool:
        """Tell whether the bundle may not be published because of it."""
        return self.severity is Severity.ERROR and not self.allowed


@dataclass(frozen=True, kw_only=True, slots=True)
class Knowledge:
    """What the rules know of the world: the bridge's contract, and the bank's operations.

    Attributes:
        contract: its version.
        methods: name → newest version.
        events: names.
        ops: codes of the catalogue, or None when no catalogue was given.
    """

    contract: str
    methods: Mapping[str, int]
    events: frozenset[str]
    ops: frozenset[str] | None = None


@dataclass(frozen=True)
class Subject:
    """A bundle under the check.

    Attributes:
        project: the declaration with its lines.
        texts: text files as the team wrote them, by the name that findings show.
        files: every file as it will be served.
        shared: texts of required shared bundles, or None when they are not at hand.
        knowledge: what the rules know.
    """

    project: Project
    texts: Mapping[str, str]
    files: Mapping[str, bytes]
    knowledge: Knowledge
    shared: tuple[str, ...] | None = None

    @property
    def declaration(self) -> Declaration:
        """Give the content of ``bundle.yaml``."""
        return self.project.declaration

    @cached_property
    def scripts(self) -> dict[str, str]:
        """Give the script files."""
        return {name: text for name, text in self.texts.items() if name.endswith((".js", ".mjs"))}

    @cached_property
    def code(self) -> dict[str, str]:
        """Give the script files with blanks in the place of comments, where that is certain."""
        return {name: without_comments(text) for name, text in self.scripts.items()}

    @cached_property
    def styles(self) -> dict[str, str]:
        """Give the style sheets."""
        return {name: text for name, text in self.texts.items() if name.endswith(".css")}

    @cached_property
    def pages(self) -> dict[str, Page]:
        """Give the HTML and SVG files, read."""
        return {name: read_page(text) for name, text in self.texts.items() if name.endswith((".html", ".svg"))}

    def declared(self, code: str, key: str, what: str, mend: str, severity: Severity = Severity.ERROR) -> Finding:
        """Make a finding at a line of ``bundle.yaml``."""
        return Finding(FILE_NAME, self.project.line_of(key), code, what, mend, severity)


def without_comments(script: str) -> str:
    """Put blanks in the place of comments, so that places stay; an unreadable script stays as it is."""
    if len(script) > _LEXED or ("//" not in script and "/*" not in script):
        return script
    try:
        return "".join(
            _NO_BREAK.sub(" ", token.text) if token.kind is Kind.COMMENT else token.text for token in tokens(script)
        )
    except BuildError:
        return script


def column_at(text: str, position: int) -> int:
    """Give the column of a character, from 1."""
    return position - text.rfind("\n", 0, position)


def line_at(text: str, position: int) -> int:
    """Give the line of a character."""
    return text.count("\n", 0, position) + 1


def matches(pattern: re.Pattern[str], texts: Mapping[str, str]) -> Iterator[tuple[str, int, re.Match[str]]]:
    """Go through what a pattern finds: file, line, match."""
    for name, text in texts.items():
        line, counted = 1, 0
        for match in pattern.finditer(text):  # lines are counted on from match to match: a file is read once
            line += text.count("\n", counted, match.start())
            counted = match.start()
            yield name, line, match


def is_allowed(declaration: Declaration, finding: Finding) -> str:
    """Give the reason for which a finding is allowed, or nothing."""
    for allowance in declaration.allow:
        if allowance.code == finding.code and fnmatchcase(finding.path, allowance.path):
            return allowance.reason
    return ""
