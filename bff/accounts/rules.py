"""Rules of class II accounts that need no database: card numbers, the five elements, the counters of a movement."""

import re
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


class Movement(StrEnum):
    """How money moves on a class II account."""

    BOUND_IN = "bound_in"
    """From the bound account: exempt from the public caps; the bank sets its own."""
    UNBOUND_IN = "unbound_in"
    UNBOUND_OUT = "unbound_out"
    EXEMPT = "exempt"
    """To the bound account, or a purchase of the bank's own wealth products."""


@dataclass(frozen=True, slots=True)
class Cap:
    """One counter: the period in which it counts, and the most that it may reach in fen."""

    counter: str
    period: str
    most_fen: int
    yearly: bool


def caps(movement: Movement, rules: RulePack, day: date) -> tuple[Cap, ...]:
    """Give the counters that a movement of that business day fills."""
    if movement is Movement.EXEMPT:
        return ()
    daily = f"class_ii_{movement.value}_day_fen"
    counters = [Cap(movement.value, day.isoformat(), rules.integer(daily), yearly=False)]
    if movement is not Movement.BOUND_IN:
        yearly = rules.integer(f"class_ii_{movement.value}_year_fen")
        counters.append(Cap(movement.value, str(day.year), yearly, yearly=True))
    return tuple(counters)


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
