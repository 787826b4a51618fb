"""Product definitions: the declarative form in which a product is written down, versioned and checked.

A domain declares one ``Family`` for its products; nothing here knows a domain. A definition is kept as the text that
was checked, and read again years later: a member that a family adds afterwards needs a default, and a rule that it
tightens afterwards holds for files alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar

import msgspec

from bff.products.errors import ProductDataError

Code = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
State = Annotated[str, msgspec.Meta(pattern=r"^[A-Z][A-Z_]{0,63}$")]


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text in both languages."""

    zh: str
    en: str


class Definition(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One version of one product: what every family has.

    Attributes:
        valid_from: the business date from which on this version is in force.
        name: the registered name, as contracts and sign sheets show it; a name is not translated.
        state: the state of sale in which the product starts on the first day of its first version.
    """

    code: Code
    version: Code
    valid_from: date
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    state: State

    @property
    def quota_fen(self) -> int | None:
        """Give how many fen of this product may be sold; None for a family without quotas."""
        return None


Kind = TypeVar("Kind", bound=Definition)
Made = TypeVar("Made", bound=msgspec.Struct)


@dataclass(frozen=True, kw_only=True, slots=True)
class Family(Generic[Kind]):
    """What a domain says of its products.

    Attributes:
        name: of the family, ``wealth``.
        definition: the type of its definitions.
        folder: where the definitions stand that ship with the bank, one ``*.yaml`` each.
        starts: states of sale in which a product may start.
        moves: from each state to those that may follow; a state that is missing is final.
        taking: states in which orders are taken.
        stopped: states in which the sale is stopped: one person may bring a product there, into any other two do.
    """

    name: str
    definition: type[Kind]
    folder: Path
    starts: frozenset[str]
    moves: Mapping[str, frozenset[str]]
    taking: frozenset[str]
    stopped: frozenset[str] = frozenset()

    def read(self, text: str | bytes) -> Kind:
        """Read a stored definition.

        Raises:
            ProductDataError: the text does not fit the family; the detail names the member.
        """
        return read_definition(self.definition, self.name, text)

    def load(self, path: Path) -> Kind:
        """Read a definition's file.

        Raises:
            ProductDataError: it cannot be read or does not fit the family; the detail names the member.
        """
        try:
            return self.parse(path.read_bytes(), path.name)
        except OSError as error:
            raise ProductDataError(detail=f"{path.name}: {error}") from error

    def parse(self, raw: bytes, name: str) -> Kind:
        """Read a new definition as a person wrote it; ``name`` is its file's.

        Raises:
            ProductDataError: it does not fit the family; the detail names the member.
        """
        definition = from_yaml(raw, self.definition, name)
        if definition.state not in self.starts:
            may = ", ".join(sorted(self.starts))
            raise ProductDataError(detail=f"{name}: state is {definition.state}; a product starts as {may}")
        return definition

    def shipped(self) -> tuple[Kind, ...]:
        """Read every definition that ships with the bank.

        Raises:
            ProductDataError: a file is malformed, or a version of a product is given twice.
        """
        found = tuple(self.load(path) for path in sorted(self.folder.glob("*.yaml")))
        if len({(one.code, one.version) for one in found}) != len(found):
            raise ProductDataError(detail=f"{self.name}: two files define the same version of a product")
        return found


def read_definition(kind: type[Kind], family: str, text: str | bytes) -> Kind:
    """Read a stored definition of a family's type.

    Raises:
        ProductDataError: the text does not fit it; the detail names the member.
    """
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.MsgspecError as error:
        raise ProductDataError(detail=f"{family}: {error}") from error


def from_yaml(raw: bytes, kind: type[Made], name: str) -> Made:
    """Read a person's file, YAML or the JSON that is shown of a version; ``name`` is the file's.

    Raises:
        ProductDataError: it does not fit; the detail names the member.
    """
    try:
        made: Made = _converted(raw, kind)
    except msgspec.MsgspecError as error:
        said = " ".join(str(error).split())  # the parser of YAML writes several lines
        raise ProductDataError(detail=f"{name}: {said}") from error
    return made


@lru_cache(maxsize=256)
def _converted(raw: bytes, kind: type[Any]) -> Any:
    """Read the same bytes once: parsing YAML is dear, and what comes out is frozen, so callers may share it."""
    return msgspec.convert(msgspec.to_builtins(msgspec.yaml.decode(raw)), type=kind)


def text_of(made: msgspec.Struct) -> str:
    """Give the text of a definition, a rule pack or a calendar as it is kept, hashed and checked."""
    return msgspec.json.encode(made).decode()
