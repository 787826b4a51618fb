"""The catalogue of problems: every refusal that the bff knows, for documents and for the tests that hold them."""

import importlib
import pkgutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import bff
from bff.errors import BffError

HEAD: Final = """# Errors

Every refusal is an `application/problem+json` document (RFC 9457) with a stable `code`. `message` is what a customer
may read, in Chinese and English; `detail` is for developers; `requestId` finds the request in the logs. A code keeps
its meaning for good. This page is made by `python -m bff.web.problems`.

| Code | Status | What it means | What the customer reads |
|---|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Problem:
    """One refusal: its code, HTTP status, both texts, and what it means."""

    code: str
    status: int
    zh: str
    en: str
    meaning: str


class ProblemCatalogue:
    """All refusals whose modules are loaded, by code."""

    def __init__(self) -> None:
        """Collect the error root and its subclasses in the bff."""
        found: dict[str, Problem] = {}
        for kind in (item for item in _kinds(BffError) if item.__module__.startswith("bff.")):
            meaning = (kind.__doc__ or "").strip().splitlines()[0] if kind.__doc__ else ""
            found.setdefault(kind.code, Problem(kind.code, kind.status, kind.zh, kind.en, meaning))
        self._found = found

    def __iter__(self) -> Iterator[Problem]:
        """Go through the problems in the order of their codes."""
        return iter(sorted(self._found.values(), key=lambda problem: problem.code))

    def get(self, code: str) -> Problem | None:
        """Give the problem of that code, or None."""
        return self._found.get(code)

    def markdown(self) -> str:
        """Give docs/errors.md."""
        rows = (
            f"| `{item.code}` | {item.status} | {item.meaning.rstrip('.')} | {item.zh}<br>{item.en} |" for item in self
        )
        return HEAD + "\n".join(rows) + "\n"


def load_everything() -> None:
    """Import every module of the bff, so that each of its refusals is known."""
    for module in pkgutil.walk_packages(bff.__path__, "bff."):
        if ".migrations" not in module.name:
            importlib.import_module(module.name)


def _kinds(root: type[BffError]) -> Iterator[type[BffError]]:
    yield root
    for kind in root.__subclasses__():
        yield from _kinds(kind)


if __name__ == "__main__":
    load_everything()
    sys.stdout.write(ProblemCatalogue().markdown())
