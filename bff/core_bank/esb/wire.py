"""The port to a wire format, and the choice between the two."""

from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol

from bff.core_bank.esb.envelope import Envelope
from bff.core_bank.esb.iso20022 import Iso20022
from bff.core_bank.esb.messages import Answer, Call

CONSUMER: Final = "TIDEGATE"


class Wire(Protocol):
    """Writes and reads messages; what is not of the form raises MessageError."""

    @property
    def media_type(self) -> str:
        """Give the media type of its messages."""
        ...

    def write_call(self, call: Call) -> bytes:
        """Give a call's bytes."""
        ...

    def read_call(self, data: bytes) -> Call:
        """Give the call that was written."""
        ...

    def write_answer(self, answer: Answer) -> bytes:
        """Give an answer's bytes."""
        ...

    def read_answer(self, data: bytes) -> Answer:
        """Give the answer that was written."""
        ...


def wire_of(name: str, clock: Callable[[], datetime]) -> Wire:
    """Give the wire format ``esb`` or ``iso20022``."""
    envelope = Envelope(CONSUMER, clock)
    return Iso20022(envelope, clock) if name == "iso20022" else envelope
