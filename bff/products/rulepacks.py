"""Rule packs: limits, ages and periods as effective-dated data, with the source of each figure.

Every room keeps its own files (``<room>/data/rules-*.yaml``); versions that were checked meanwhile come from the book
of papers. A decision records the ``version`` that it used.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Self

import msgspec

from bff.products.definitions import from_yaml
from bff.products.errors import ProductDataError, RulePackMissingError


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One figure: its value, where it comes from, and a remark such as ``(check)``."""

    value: int | str
    source: str = ""
    remark: str = ""


class RulePack(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One version of a room's rules."""

    pack: str
    version: str
    effective_from: date
    source: str
    rules: dict[str, Rule]

    def integer(self, name: str) -> int:
        """Give a whole number: fen, days, years, a count."""
        value = self._value(name)
        if not isinstance(value, int):
            raise ProductDataError(detail=f"{self.version}: {name} is no whole number")
        return value

    def text(self, name: str) -> str:
        """Give a text: a word of a method, names in an order."""
        value = self._value(name)
        if not isinstance(value, str):
            raise ProductDataError(detail=f"{self.version}: {name} is no text")
        return value

    def clock(self, name: str) -> time:
        """Give a time of day on the bank's wall, written ``"15:00"``."""
        try:
            return time.fromisoformat(str(self._value(name)))
        except ValueError as error:
            raise ProductDataError(detail=f"{self.version}: {name} is no time of day") from error

    def _value(self, name: str) -> int | str:
        try:
            return self.rules[name].value
        except KeyError:
            raise ProductDataError(detail=f"{self.version} has no rule called {name}") from None


def _none() -> Sequence["RulePack"]:
    """Give the versions of a pack of which none was checked since."""
    return ()


@dataclass(frozen=True, slots=True)
class RulePacks:
    """All versions of one pack, newest first.

    Attributes:
        versions: those that ship with the bank.
        added: gives those that a second person checked, the one that counts first where two start on one day.
    """

    versions: tuple[RulePack, ...]
    added: Callable[[], Sequence[RulePack]] = _none

    @property
    def name(self) -> str:
        """Give the pack's name."""
        return self.versions[0].pack

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read every ``rules-*.yaml`` of a folder.

        Raises:
            ProductDataError: a file is malformed, or two versions start on one day.
        """
        return cls.of(_read(path) for path in sorted(folder.glob("rules-*.yaml")))

    @classmethod
    def of(cls, packs: Iterable[RulePack]) -> Self:
        """Order versions; refuse two of one day or of different packs."""
        versions = tuple(sorted(packs, key=lambda pack: pack.effective_from, reverse=True))
        if not versions or len({pack.effective_from for pack in versions}) != len(versions):
            raise ProductDataError(detail="a rule pack needs at least one version, each with a day of its own")
        if len({pack.pack for pack in versions}) != 1:
            raise ProductDataError(detail="one folder holds the versions of one pack")
        return cls(versions=versions)

    def at(self, day: date) -> RulePack:
        """Give the version in force on a business date: of two of one day, the checked one before the shipped one.

        Raises:
            RulePackMissingError: none is in force yet.
        """
        begun = (_begun(versions, day) for versions in (self.added(), self.versions))
        found = [pack for pack in begun if pack is not None]
        if not found:
            raise RulePackMissingError(detail=f"no version of {self.name} is in force on {day}")
        return max(found, key=lambda pack: pack.effective_from)


def read_pack(raw: bytes, name: str) -> RulePack:
    """Read a rule pack's file.

    Raises:
        ProductDataError: it is malformed; the detail names the member.
    """
    return from_yaml(raw, RulePack, name)


def _begun(versions: Sequence[RulePack], day: date) -> RulePack | None:
    return next((pack for pack in versions if pack.effective_from <= day), None)


def _read(path: Path) -> RulePack:
    try:
        return read_pack(path.read_bytes(), path.name)
    except OSError as error:
        raise ProductDataError(detail=f"{path.name}: {error}") from error
