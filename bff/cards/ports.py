"""The ports of the cards room: the credit bureau that is asked, and the producer who embosses and mails cards."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bff.cards.rules import Bureau


class CreditBureau(Protocol):
    """Port to the credit bureau; asking changes nothing, so it may be asked again."""

    def report(self, *, name: str, id_number: str, consent: str) -> Bureau:
        """Give what the person's report comes to; ``consent`` is the hash of the text that was agreed to."""
        ...


class ProducerState(StrEnum):
    """How far the producer is with an order."""

    ABSENT = "ABSENT"
    EMBOSSING = "EMBOSSING"
    MAILED = "MAILED"


@dataclass(frozen=True, slots=True)
class Production:
    """What the producer says of an order; ``letter``: the last digits on the card, told by a sandbox alone."""

    state: ProducerState
    mailed_at: datetime | None = None
    letter: str | None = None


class CardProducer(Protocol):
    """Port to the producer of cards. An order of one sequence number is made once, however often it is given."""

    def order(self, *, sequence: str, pan: str, name: str, address: str, product: str) -> Production:
        """Have a card embossed and mailed; raises CoreUnknownError when nobody knows whether it was taken."""
        ...

    def status(self, sequence: str) -> Production:
        """Tell how far an order is; raises CoreUnknownError when the producer does not answer."""
        ...
