"""Faults that the ESB front injects: scripts that name them call by call, and chance with a seed.

A script is words with commas between: ``hold:silent-after,transfer:garbage,*:unknown-before``. Each word is spent on
the first call of its verb (``*``: any), in the order of the script.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bff.core_bank.esb.messages import SERVICES

ANY: Final = "*"


class Fault(StrEnum):
    """What goes wrong with one call."""

    NONE = "none"
    SILENT_BEFORE = "silent-before"
    """Time-out before the commit: nothing is executed and nothing answered."""
    SILENT_AFTER = "silent-after"
    """Time-out after the commit: executed, not answered."""
    TWICE = "twice"
    """Delivered to the core twice."""
    LATE = "late"
    """Not answered, and executed only after the next call."""
    REORDERED = "reordered"
    """Executed, and answered with the answer to the call before."""
    WRONG_SEQUENCE = "wrong-sequence"
    """Executed, and the answer names another sequence number."""
    WRONG_AMOUNT = "wrong-amount"
    """Executed, and the answer names another amount."""
    SLOW = "slow"
    """Executed and answered, slowly but in time."""
    DOWN = "down"
    """Answered with HTTP 503; nothing is executed."""
    GARBAGE = "garbage"
    """Executed, and the answer is no message."""
    UNKNOWN_BEFORE = "unknown-before"
    """Answered with U; nothing is executed."""
    UNKNOWN_AFTER = "unknown-after"
    """Executed, and answered with U."""


FAULTS: Final = tuple(fault for fault in Fault if fault is not Fault.NONE)


class ScriptError(Exception):
    """A script names a verb or a fault that there is not."""


@dataclass(frozen=True, slots=True)
class Step:
    """One fault, for the first call of a verb, or of any."""

    verb: str
    fault: Fault


class Script:
    """Faults in their order; without any left, nothing goes wrong."""

    def __init__(self, steps: Sequence[Step] = ()) -> None:
        """Take the faults."""
        self._left = list(steps)
        self._lock = threading.Lock()

    def __call__(self, verb: str) -> Fault:
        """Give the fault of a call, and spend it."""
        with self._lock:
            for index, step in enumerate(self._left):
                if step.verb in {verb, ANY}:
                    return self._left.pop(index).fault
        return Fault.NONE


class Chance:
    """Faults by chance: so many of a hundred calls meet one."""

    def __init__(self, percent: int, pick: Callable[[int], int]) -> None:
        """Take the share and what picks a whole number below another, such as a seeded ``randrange``."""
        self._percent = percent
        self._pick = pick
        self._lock = threading.Lock()

    def __call__(self, _verb: str) -> Fault:
        """Give the fault of a call."""
        with self._lock:
            met = self._pick(100) < self._percent
            return FAULTS[self._pick(len(FAULTS))] if met else Fault.NONE


def parse_script(text: str) -> tuple[Step, ...]:
    """Read a script.

    Raises:
        ScriptError: it names a verb or a fault that there is not.
    """
    return tuple(_step(word.strip()) for word in text.split(",") if word.strip())


def _step(word: str) -> Step:
    verb, _, name = word.partition(":")
    if verb not in {*SERVICES, ANY}:
        message = f"{word}: {verb} is no verb; there are {', '.join(SERVICES)} and *"
        raise ScriptError(message)
    if name not in set(Fault):
        message = f"{word}: {name or 'nothing'} is no fault; there are {', '.join(FAULTS)}"
        raise ScriptError(message)
    return Step(verb, Fault(name))
