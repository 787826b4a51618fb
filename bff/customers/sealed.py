"""Which columns are sealed, under the id of which record and the name of which field: each room declares its own."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement

from bff.db.base import Base, table_of


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """One sealed column.

    Attributes:
        model, name: table and column.
        record: column with the id of the record that a value is sealed under.
        field: gives the name of the field from a row that holds the primary key.
    """

    model: type[Base]
    name: str
    record: str
    field: Callable[[Any], str]

    @property
    def column(self) -> ColumnElement[Any]:
        """Give the column."""
        return table_of(self.model).c[self.name]

    @property
    def key(self) -> list[ColumnElement[Any]]:
        """Give the columns of the primary key."""
        return list(table_of(self.model).primary_key)


def columns(model: type[Base], record: str, names: Iterable[str]) -> tuple[SealedColumn, ...]:
    """Give sealed columns whose fields have the columns' names."""
    return tuple(SealedColumn(model, name, record, _always(name)) for name in names)


def _always(name: str) -> Callable[[Any], str]:
    return lambda _row: name
