"""Rules of accounts that need no database: card numbers, the five elements, the counters of a movement."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from stdnum import luhn

from bff.accounts.errors import CardLuhnError
from bff.core_bank.port import CardCheck
from bff.products.rulepacks import RulePack

_CARD: Final = re.compile(r"[1-9][0-9]{14,19}")
CLASS_I: Final = "I"
CLASS_II: Final = "II"
CLASS_III: Final = "III"
KINDS: Final = {CLASS_II: "CLASS_II", CLASS_III: "CLASS_III"}
"""What the core calls each class that is opened here."""


class Movement(StrEnum):
    """How money moves on an account."""

    BOUND_IN = "bound_in"
    """From the bound account: exempt from the public caps; the bank sets its own."""
    UNBOUND_IN = "unbound_in"
    UNBOUND_OUT = "unbound_out"
    """Consumption, payments, and transfers to accounts that are not bound."""
    BOUND_OUT = "bound_out"
    """To the bound account: exempt in class II."""


@dataclass(frozen=True, slots=True)
class Cap:
    """One counter: the period in which it counts, and the most that it may reach in fen."""

    counter: str
    period: str
    most_fen: int
    yearly: bool


_DAY_AND_YEAR: Final = (False, True)
_COUNTED: Final[Mapping[tuple[str, Movement], tuple[str, tuple[bool, ...]]]] = {
    (CLASS_II, Movement.BOUND_IN): ("bound_in", _DAY_AND_YEAR[:1]),
    (CLASS_II, Movement.UNBOUND_IN): ("unbound_in", _DAY_AND_YEAR),
    (CLASS_II, Movement.UNBOUND_OUT): ("unbound_out", _DAY_AND_YEAR),
    (CLASS_III, Movement.UNBOUND_IN): ("unbound_in", _DAY_AND_YEAR),
    (CLASS_III, Movement.UNBOUND_OUT): ("out", _DAY_AND_YEAR),
    (CLASS_III, Movement.BOUND_OUT): ("out", _DAY_AND_YEAR),
}
"""Which counter each movement fills, by class, and whether by the year too; what is not here is exempt."""


def caps(account_class: str, movement: Movement, rules: RulePack, day: date) -> tuple[Cap, ...]:
    """Give the counters that a movement of that business day fills."""
    counter, periods = _COUNTED.get((account_class, movement), ("", ()))
    prefix = f"class_{account_class.lower()}_{counter}"
    return tuple(
        Cap(counter, str(day.year), rules.integer(f"{prefix}_year_fen"), yearly=True)
        if yearly
        else Cap(counter, day.isoformat(), rules.integer(f"{prefix}_day_fen"), yearly=False)
        for yearly in periods
    )


def most_balance(account_class: str, rules: RulePack) -> int | None:
    """Give the balance in fen that an account of the class never passes, or None."""
    return rules.integer("class_iii_balance_fen") if account_class == CLASS_III else None


def clean_card(text: str) -> str:
    """Give the digits of a card number.

    Raises:
        CardLuhnError: it has not 15 to 20 digits, or its check digit is wrong.
    """
    card = text.replace(" ", "")
    if not _CARD.fullmatch(card) or not luhn.is_valid(card):
        raise CardLuhnError(element="card")
    return card


def objection(check: CardCheck) -> str:
    """Give what is wrong with a card by the network's answer: an element's name, CLASS, or nothing."""
    elements = {"card": check.known, "name": check.name, "idNumber": check.id_number, "mobile": check.mobile}
    wrong = [element for element, fits in elements.items() if not fits]
    if wrong:
        return wrong[0]
    return "" if check.account_class == CLASS_I else "CLASS"


def tail(number: str) -> str:
    """Give the last four digits."""
    return number[-4:]
