"""A core that loses questions and answers: in front of the real ledger, as a network and an ESB would."""

from collections import deque
from collections.abc import Callable
from typing import Any, Final

from bff.core_bank.ledger import EmbeddedCore
from bff.core_bank.port import CoreQuery, CoreRefusedError, CoreStatus, CoreUnknownError

CHANGING: Final = frozenset(
    {"open_account", "hold", "post", "void", "transfer", "transfer_many", "reverse", "freeze", "unfreeze", "close"}
)
BEFORE: Final = "before"
"""The question is lost: nothing was executed."""
AFTER: Final = "after"
"""The answer is lost: it was executed."""
TWICE: Final = "twice"
"""The question arrives twice."""
MUTE: Final = "mute"
"""The next query by sequence number gets U for an answer."""


class Flaky:
    """The port of the core over a ledger, with faults that the next calls run into."""

    def __init__(self, ledger: EmbeddedCore) -> None:
        self.ledger = ledger
        self.faults: deque[str] = deque()
        self.mute = 0
        self.against: set[str] = set()
        self.refused: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        verb = getattr(self.ledger, name)
        return self._troubled(verb) if name in CHANGING else verb

    def query(self, sequence: str) -> CoreQuery:
        if self.mute:
            self.mute -= 1
            return CoreQuery(CoreStatus.UNKNOWN)
        if sequence in self.refused:
            return CoreQuery(CoreStatus.FAILED, None, "CORE_REFUSED")
        return self.ledger.query(sequence)

    def break_next(self, fault: str) -> None:
        if fault == MUTE:
            self.mute += 1
        else:
            self.faults.append(fault)

    def refuse_next(self, ending: str) -> None:
        """Refuse, for good, the next transfer whose sequence number ends so."""
        self.against.add(ending)

    def heal(self) -> None:
        self.faults.clear()
        self.against.clear()
        self.mute = 0

    def _refuse(self, sequence: str) -> None:
        ending = next((one for one in self.against if sequence.endswith(one)), None)
        if ending is not None and self.ledger.query(sequence).status is CoreStatus.ABSENT:
            self.against.discard(ending)
            self.refused.add(sequence)
        if sequence in self.refused:
            raise CoreRefusedError(reason="CORE_REFUSED")

    def _troubled(self, verb: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            self._refuse(str(named.get("sequence", "")))
            fault = self.faults.popleft() if self.faults else ""
            if fault == BEFORE:
                raise CoreUnknownError(fault)
            answer = verb(*arguments, **named)
            if fault == AFTER:
                raise CoreUnknownError(fault)
            return verb(*arguments, **named) if fault == TWICE else answer

        return call
