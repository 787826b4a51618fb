"""The bank's questions and texts as data, and the holding of answers to them.

Invariant: what is kept of a section answers exactly the questions that its own answers make visible.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from bff.cards.errors import CardAnswersInvalidError, CardTextChangedError
from bff.customers.errors import MobileInvalidError
from bff.customers.rules import clean_mobile
from bff.errors import NotFoundError
from bff.products.definitions import Words
from bff.products.errors import ProductDataError
from security.encoding import canonical_json, clean_text, digest
from security.errors import EncodingError

DATA: Final = Path(__file__).parent / "data"
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,14}")
_POSTCODE: Final = re.compile(r"[0-9]{6}")
_KINDS: Final = frozenset({"choice", "text", "number", "money", "postcode", "mobile"})


class Option(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One answer to choose."""

    id: str
    text: Words


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One question.

    Attributes:
        kind: choice, text, number, money (fen), postcode or mobile.
        most: longest text, or greatest number.
        when: answers to earlier questions of the section that make it visible; always when empty.
    """

    id: str
    kind: str
    text: Words
    most: int = 0
    options: tuple[Option, ...] = ()
    when: dict[str, tuple[str, ...]] = {}

    def asked(self, answers: Mapping[str, str]) -> bool:
        """Tell whether the answers make it visible."""
        return all(answers.get(name) in wanted for name, wanted in self.when.items())


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Questions that are saved together."""

    id: str
    title: Words
    questions: tuple[Question, ...]


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All sections of one version."""

    version: str
    sections: tuple[Section, ...]

    def __post_init__(self) -> None:
        """Refuse unknown kinds, and conditions on what is not asked before."""
        for section in self.sections:
            before: set[str] = set()
            for question in section.questions:
                if question.kind not in _KINDS or not set(question.when) <= before or question.id in before:
                    message = f"{section.id}.{question.id} cannot be asked"
                    raise ValueError(message)
                before.add(question.id)

    def section(self, name: str) -> Section:
        """Give a section.

        Raises:
            NotFoundError: there is none of that name.
        """
        for section in self.sections:
            if section.id == name:
                return section
        raise NotFoundError(detail="there is no such section")


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text that is agreed to: its kind (``bureau``, ``terms``), version, title and words."""

    kind: str
    version: str
    title: Words
    text: Words

    @property
    def digest(self) -> str:
        """Give the hex SHA-256 of the canonical JSON of all that is read."""
        return digest(canonical_json(msgspec.to_builtins(self)))


def check_consent(texts: tuple[Text, ...], kind: str, version: str, seen: str) -> Text:
    """Give the text that was agreed to.

    Raises:
        NotFoundError: there is none of that kind.
        CardTextChangedError: the version or the hash is not that of the text in force.
    """
    for text in texts:
        if text.kind == kind:
            if (text.version, text.digest) != (version, seen):
                raise CardTextChangedError(detail=f"{kind} is {text.version} now", version=text.version)
            return text
    raise NotFoundError(detail="there is no such text")


def check_section(section: Section, answers: Mapping[str, str]) -> dict[str, str]:
    """Give the answers of a section in their clean form.

    Raises:
        CardAnswersInvalidError: one is missing, is not asked for, or is not of its form.
    """
    clean: dict[str, str] = {}
    for question in section.questions:
        if question.asked(clean):
            clean[question.id] = _clean(question, answers.get(question.id, ""))
    unasked = set(answers) - set(clean)
    if unasked:
        raise CardAnswersInvalidError(element=min(unasked), detail="it is not asked for")
    return clean


def _clean(question: Question, given: str) -> str:
    text = given.strip()
    try:
        if question.kind == "mobile":
            return clean_mobile(text)
        fits = _fits(question, text)
    except (MobileInvalidError, EncodingError) as error:
        raise CardAnswersInvalidError(element=question.id) from error
    if not fits:
        raise CardAnswersInvalidError(element=question.id)
    return text


def _fits(question: Question, text: str) -> bool:
    if question.kind == "choice":
        return text in {option.id for option in question.options}
    if question.kind == "postcode":
        return _POSTCODE.fullmatch(text) is not None
    if question.kind == "text":
        clean_text(text)
        return 0 < len(text) <= question.most
    return _NUMBER.fullmatch(text) is not None and int(text) <= question.most


def load_form(path: Path = DATA / "form-2026-01.yaml") -> Form:
    """Read the questions in force."""
    form: Form = _read(path, Form)
    return form


def load_texts(path: Path = DATA / "texts-2026-01.yaml") -> tuple[Text, ...]:
    """Read the texts in force."""
    texts: tuple[Text, ...] = _read(path, tuple[Text, ...])
    return texts


def _read(path: Path, kind: Any) -> Any:
    try:
        return msgspec.yaml.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.MsgspecError) as error:
        raise ProductDataError(detail=f"{path.name}: {error}") from error
