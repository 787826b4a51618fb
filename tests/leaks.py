"""The watch over every log line of a run: no personal data and no secret may be logged, masked afterwards or not.

What is looked at is what the code said, before the mask of ``config.logging`` hides anything: the mask is a second net.
"""

import json
import logging
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stdnum import luhn

SANDBOX = Path(__file__).parents[1] / "bff/core_bank/data/sandbox.json"
PEOPLE = json.loads(SANDBOX.read_text(encoding="utf-8"))["people"]
NAMES = frozenset(person["name"] for person in PEOPLE) | {"方知夏"}
NUMBERS = frozenset(person[name] for person in PEOPLE for name in ("idNumber", "mobile", "card"))
FORMS = {
    "an ID number": re.compile(r"(?<![0-9A-Za-z])\d{6}(?:19|20)\d{9}[\dX](?![0-9A-Za-z])"),
    "a mobile number": re.compile(r"(?<![0-9A-Za-z.])1[3-9]\d{9}(?![0-9A-Za-z])"),
    "a token or a proof": re.compile(r"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\."),
    "a private key": re.compile(r"BEGIN [A-Z ]*PRIVATE KEY"),
    "a verification code": re.compile(r"(?i)\b(?:sandbox_?code|code)['\"]?\s*[:=]\s*['\"]?\d{6}\b"),
}
CARD = re.compile(r"(?<![0-9A-Za-z.])\d{16,19}(?![0-9A-Za-z])")


def find_leaks(text: str) -> Iterator[str]:
    """Give what of a text is a person's or a secret, by its kind; never the thing itself."""
    if any(name in text for name in NAMES):
        yield "a person's name"
    if any(number in text for number in NUMBERS):
        yield "a person's number"
    for kind, form in FORMS.items():
        if form.search(text):
            yield kind
    if any(luhn.is_valid(number) for number in CARD.findall(text)):
        yield "a card or account number"


OWN = frozenset(vars(logging.makeLogRecord({})))


def said_by(record: logging.LogRecord) -> str:
    """Give all that a record says: its message, what was given as ``extra``, and the chain of exceptions."""
    extra = [str(value) for name, value in vars(record).items() if name not in OWN]
    chain, error = [], record.exc_info[1] if record.exc_info else None
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or error.__context__
    return " ".join([record.getMessage(), *extra, *map(str, chain)])


class Watch:
    """Looks at every record of this process from ``begin`` to ``end``; handlers and levels cannot get round it."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.seen = 0
        self._lock = threading.Lock()
        self._make = logging.Logger.makeRecord

    def begin(self) -> None:
        watch = self

        def make(logger: logging.Logger, *args: Any, **kwargs: Any) -> logging.LogRecord:
            return watch.look(watch._make(logger, *args, **kwargs))

        logging.Logger.makeRecord = make  # type: ignore[method-assign] # what is given as extra is not in a factory's record yet

    def end(self) -> None:
        logging.Logger.makeRecord = self._make  # type: ignore[method-assign] # as it was

    def look(self, record: logging.LogRecord) -> logging.LogRecord:
        said = said_by(record)
        leaks = list(find_leaks(said))
        with self._lock:
            self.seen += 1
            self.found += [f"{record.name} ({record.pathname}:{record.lineno}) logged {leak}" for leak in leaks]
        return record

    def take(self) -> list[str]:
        """Give what was found since the last time."""
        with self._lock:
            found, self.found = self.found, []
        return found


def check_file(path: Path) -> None:
    """Hold a server's log to the same; its lines are masked, so a name is what could be left."""
    if not path.exists():
        return
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        leaks = list(find_leaks(line))
        assert not leaks, f"line {number} of a server's log holds {', '.join(leaks)}"
