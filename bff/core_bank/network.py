"""The sandbox's world outside the bank: invented people with their cards, the card network and the SMS provider.

Invariant: nothing here writes a log line, and representations leave out numbers of people and cards.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import msgspec

from bff.core_bank.port import CardCheck

DATA: Final = Path(__file__).parent / "data" / "sandbox.json"
WEALTH_RAISING: Final = "wealth.raising"
CLEARING: Final = "clearing"
CARDS_COLLECTING: Final = "cards.collecting"
OPENING: Final = "opening"
_UNKNOWN: Final = CardCheck(
    known=False, name=False, id_number=False, mobile=False, account_class="", bank_zh="", bank_en=""
)


class _Text(msgspec.Struct, frozen=True):
    zh: str
    en: str


class _Internal(msgspec.Struct, frozen=True):
    role: str
    number: str
    name: _Text


class _Card(msgspec.Struct, rename="camel", frozen=True, kw_only=True):
    card: str
    card_class: str
    bank: _Text
    opening_fen: int


class _Person(_Card, rename="camel", frozen=True, kw_only=True):
    name: str
    id_number: str
    mobile: str
    note: _Text
    also: tuple[_Card, ...] = ()


class _File(msgspec.Struct, frozen=True):
    note: str
    internal: tuple[_Internal, ...]
    people: tuple[_Person, ...]


@dataclass(frozen=True, slots=True)
class InternalAccount:
    """One of the bank's own accounts."""

    role: str
    number: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class SamplePerson:
    """An invented person with a card at an invented bank; ``also`` is the person with each further card."""

    name: str = field(repr=False)
    id_number: str = field(repr=False)
    mobile: str = field(repr=False)
    card: str = field(repr=False)
    card_class: str
    bank_zh: str
    bank_en: str
    opening_fen: int
    note_zh: str
    note_en: str
    also: tuple["SamplePerson", ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class SandboxBank:
    """What the sandbox starts with."""

    internal: tuple[InternalAccount, ...]
    people: tuple[SamplePerson, ...]

    @property
    def cards(self) -> Iterator[SamplePerson]:
        """Give every card with its holder."""
        for person in self.people:
            yield person
            yield from person.also

    def internal_account(self, role: str) -> InternalAccount:
        """Give the bank's own account of a role, ``wealth.raising``."""
        return next(account for account in self.internal if account.role == role)

    @property
    def opening(self) -> str:
        """Give the number of the account against which opening balances are booked."""
        return self.internal_account(OPENING).number


def load_sandbox(path: Path = DATA) -> SandboxBank:
    """Read the sandbox's people and accounts."""
    file = msgspec.json.decode(path.read_bytes(), type=_File)
    return SandboxBank(
        tuple(InternalAccount(item.role, item.number, item.name.zh, item.name.en) for item in file.internal),
        tuple(_person(item) for item in file.people),
    )


def _person(item: _Person) -> SamplePerson:
    first = SamplePerson(
        name=item.name,
        id_number=item.id_number,
        mobile=item.mobile,
        note_zh=item.note.zh,
        note_en=item.note.en,
        **_card(item),
    )
    return replace(first, also=tuple(replace(first, **_card(card)) for card in item.also))


def _card(item: _Card) -> dict[str, Any]:
    banks = {"bank_zh": item.bank.zh, "bank_en": item.bank.en}
    return {"card": item.card, "card_class": item.card_class, "opening_fen": item.opening_fen, **banks}


class SandboxCardNetwork:
    """Implements ``CardNetwork`` over the sample people."""

    def __init__(self, bank: SandboxBank) -> None:
        """Take the people whose cards are known."""
        self._by_card: Mapping[str, SamplePerson] = {one.card: one for one in bank.cards}

    def check(self, *, card: str, name: str, id_number: str, mobile: str) -> CardCheck:
        """Compare the elements with what the card's bank holds."""
        person = self._by_card.get(card)
        if person is None:
            return _UNKNOWN
        return CardCheck(
            known=True,
            name=name == person.name,
            id_number=id_number.upper() == person.id_number,
            mobile=mobile == person.mobile,
            account_class=person.card_class,
            bank_zh=person.bank_zh,
            bank_en=person.bank_en,
        )


class SandboxCodeSender:
    """Implements ``CodeSender`` without sending anything: the code itself is the answer, for the screen to show."""

    def send(self, *, mobile: str, code: str, purpose: str) -> str | None:
        """Give the code back."""
        del mobile, purpose
        return code
