"""A careful lexer for JavaScript: enough to drop comments and blanks, and to find strings, without ever guessing.

A ``/`` begins a regular expression or divides, and which it is depends on the grammar. Where the tokens before it do
not tell for sure (after a closing brace or ``++``), the lexer says so by ``AmbiguousSlashError`` and the caller leaves
the source as it is. Template literals nest: ``${`` inside one goes back to code.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from h5bundle.errors import BuildError


class AmbiguousSlashError(BuildError):
    """A slash could be a division or a regular expression."""

    code = "JS_AMBIGUOUS"


class UnfinishedError(BuildError):
    """A string, a template, a comment or a regular expression does not end."""

    code = "JS_UNFINISHED"


class Kind(Enum):
    """What a token is."""

    BLANK = auto()
    COMMENT = auto()
    WORD = auto()
    STRING = auto()
    TEMPLATE = auto()
    REGEX = auto()
    PUNCTUATOR = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """One token with its place."""

    kind: Kind
    text: str
    start: int


_BLANK: Final = re.compile(r"[\s\ufeff]+")
_LINE_COMMENT: Final = re.compile(r"//[^\n\r\u2028\u2029]*|#![^\n]*")
_BLOCK_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_WORD: Final = re.compile(r"(?:[\w$#\u00aa-\U0010ffff]|\\u(?:[0-9a-fA-F]{4}|\{[0-9a-fA-F]+\})|(?<=\d)\.(?=\d|\b))+")
_STRING: Final = re.compile(r"\"(?:[^\"\\\n\r]|\\(?:\r\n|.))*\"|'(?:[^'\\\n\r]|\\(?:\r\n|.))*'", re.DOTALL)
_REGEX: Final = re.compile(r"/(?![*/])(?:[^\\/\[\n\r]|\\[^\n\r]|\[(?:[^\]\\\n\r]|\\[^\n\r])*\])+/[\w$]*")
_TEMPLATE_PART: Final = re.compile(r"(?:[^`\\$]|\\.|\$(?!\{))*(`|\$\{)", re.DOTALL)
_BEFORE_REGEX: Final = frozenset(
    {"return", "typeof", "instanceof", "in", "new", "delete", "void", "throw"} | {"case", "do", "else", "default"}
)
_UNSURE: Final = frozenset({"}", "++", "--", "of", "yield", "await"})
_CONTROL: Final = frozenset({"if", "while", "for", "with"})


@dataclass(slots=True)
class _Lexer:
    """The state of one pass: what stood before, and which brackets are open."""

    source: str
    position: int = 0
    last: str = ""
    member: bool = False
    open: list[str] = field(default_factory=list)
    closed_control: bool = False

    def tokens(self) -> Iterator[Token]:
        """Go through the source."""
        while self.position < len(self.source):
            token = self._next()
            self.position = token.start + len(token.text)
            yield token
            if token.kind not in {Kind.BLANK, Kind.COMMENT}:
                self.member = self.last in {".", "?."}
                self.last = token.text

    def _next(self) -> Token:
        """Read one token."""
        source, position = self.source, self.position
        character = source[position]
        literal = self._literal(character)
        if literal is not None:
            return literal
        if character == "`" or (character == "}" and self.open[-1:] == ["${"]):
            return self._template()
        if (match := _BLANK.match(source, position)) is not None:
            return self._token(Kind.BLANK, match)
        if (match := _WORD.match(source, position)) is not None:
            return self._token(Kind.WORD, match)
        return self._punctuator(character)

    def _literal(self, character: str) -> Token | None:
        """Read a comment, a string or a regular expression, if one begins here."""
        source, position = self.source, self.position
        if source.startswith("/*", position):
            return self._token(Kind.COMMENT, _BLOCK_COMMENT.match(source, position))
        if source.startswith("//", position) or (position == 0 and source.startswith("#!")):
            return self._token(Kind.COMMENT, _LINE_COMMENT.match(source, position))
        if character in "\"'":
            return self._token(Kind.STRING, _STRING.match(source, position))
        if character == "/" and self._regex_may_begin():
            return self._token(Kind.REGEX, _REGEX.match(source, position))
        return None

    def _token(self, kind: Kind, match: re.Match[str] | None) -> Token:
        """Make a token of what matched."""
        if match is None:
            raise UnfinishedError(detail=f"{kind.name.lower()} at character {self.position} does not end")
        return Token(kind, match[0], self.position)

    def _template(self) -> Token:
        """Read one literal part of a template, up to its end or to the next ``${``."""
        if self.source[self.position] == "}":
            self.open.pop()
        match = _TEMPLATE_PART.match(self.source, self.position + 1)
        if match is None:
            raise UnfinishedError(detail=f"the template at character {self.position} does not end")
        if match[1] == "${":
            self.open.append("${")
        return Token(Kind.TEMPLATE, self.source[self.position : match.end()], self.position)

    def _punctuator(self, character: str) -> Token:
        """Read one mark, keeping count of brackets."""
        if character in "([{":
            self.open.append("control" if character == "(" and self.last in _CONTROL and not self.member else character)
        elif character in ")]}":
            opened = self.open.pop() if self.open else ""
            self.closed_control = opened == "control"
        double = self.source[self.position : self.position + 2]
        return Token(Kind.PUNCTUATOR, double if double in {"++", "--", "=>", "?."} else character, self.position)

    def _regex_may_begin(self) -> bool:
        """Tell whether a slash here begins a regular expression.

        Raises:
            AmbiguousSlashError: the tokens before do not tell.
        """
        last = self.last
        if self.member and last[0].isalpha():
            return False
        if last in _UNSURE:
            raise AmbiguousSlashError(detail=f"the slash at character {self.position} may divide or begin a pattern")
        if last == ")":
            return self.closed_control
        if not last or last in _BEFORE_REGEX or (last.endswith("${") and last[0] in "`}"):
            return True
        return not (last == "]" or last[-1] in "\"'`/_$" or last[-1].isalnum() or not last[-1].isascii())


def tokens(source: str) -> Iterator[Token]:
    """Go through the tokens of a script or module; joined, their texts are the source.

    Raises:
        AmbiguousSlashError: a slash cannot be told apart.
        UnfinishedError: a literal or a comment does not end.
    """
    return _Lexer(source).tokens()


def minify(source: str) -> str:
    """Drop comments and needless blanks; keep line ends, licence comments and every literal byte for byte.

    A source in which a slash cannot be told apart is given back unchanged.

    Raises:
        UnfinishedError: a literal or a comment does not end.
    """
    try:
        parts = list(tokens(source))
    except AmbiguousSlashError:
        return source
    written: list[str] = []
    gap = ""
    for token in parts:
        if token.kind is Kind.BLANK:
            gap = _widest(gap, "\n" if any(mark in token.text for mark in "\n\r\u2028\u2029") else " ")
        elif token.kind is Kind.COMMENT and not _is_licence(token.text):
            gap = _widest(gap, "\n" if "\n" in token.text else " ")
        else:
            written.append(_kept_gap(written, gap, token))
            written.append(token.text)
            gap = "\n" if token.kind is Kind.COMMENT else ""
    return "".join(written) + ("\n" if written else "")


_TIGHT: Final = frozenset("{}()[];,=<>?:&|!%^~")


def _kept_gap(written: list[str], gap: str, token: Token) -> str:
    """Tell what must stand between the last written token and this one."""
    if not gap or not written:
        return ""
    if gap == "\n":
        before = written[-1]
        return "" if before in {"{", "(", "[", ",", ";", "=>"} else "\n"
    return "" if written[-1][-1] in _TIGHT or token.text[0] in _TIGHT else " "


def _widest(first: str, second: str) -> str:
    """Join two gaps: a line end is the wider one."""
    return "\n" if "\n" in (first, second) else " "


def _is_licence(comment: str) -> bool:
    """Tell whether a comment must travel with the code."""
    return comment.startswith("/*!") or "@license" in comment or "@preserve" in comment or "@licence" in comment
