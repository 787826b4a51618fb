"""The kinds of messages as data: how long each stands, which facts it takes, and its words in Chinese and English.

Invariant: every fact of a kind stands in its texts' braces by name, and no text asks for another.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, Final

import msgspec

FILE: Final = Path(__file__).parent / "data" / "messages.yaml"
LANGUAGES: Final = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Words:
    """What a customer reads."""

    title: str
    text: str


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of message.

    Attributes:
        days: how long it stands in the inbox.
        facts: names of what the sender gives.
        title, text: words by language.
    """

    days: int
    facts: tuple[str, ...]
    title: dict[str, str]
    text: dict[str, str]

    def words(self, language: str, body: Mapping[str, str]) -> Words:
        """Give the words of one message; a fact may be empty, and leaves no gap."""
        title, text = (words[language].format_map(body).replace("  ", " ") for words in (self.title, self.text))
        return Words(title, text)


@cache
def kinds() -> Mapping[str, Kind]:
    """Read every kind.

    Raises:
        ValueError: a kind's facts and the braces of its texts differ, or a language is missing.
    """
    read = msgspec.yaml.decode(FILE.read_bytes(), type=dict[str, Kind])
    for name, kind in read.items():
        _check(name, kind)
    return read


def _check(name: str, kind: Kind) -> None:
    texts: list[Any] = [words.get(language) for words in (kind.title, kind.text) for language in LANGUAGES]
    asked = {field for text in texts if text for _, field, _, _ in Formatter().parse(text) if field}
    if not all(texts) or asked != set(kind.facts):
        message = f"{FILE.name}: {name} lacks words in a language, or its texts and its facts differ"
        raise ValueError(message)
