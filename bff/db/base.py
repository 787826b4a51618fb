"""The one declarative base, and the column types that every domain uses."""

from datetime import UTC, datetime
from typing import Any, ClassVar, cast

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, LargeBinary, MetaData, String, Table, Text, event
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator, TypeEngine


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant in UTC with microseconds, on engines that only store naive ones."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Give MariaDB its fractional seconds."""
        if dialect.name in {"mysql", "mariadb"}:
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store as naive UTC; refuse a naive value, which could mean any instant."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            message = "a naive datetime cannot be stored: give it a timezone"
            raise ValueError(message)
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Read back as aware UTC."""
        del dialect
        return None if value is None else value.replace(tzinfo=UTC)


ID = String(40)
"""Our own ids: ``ord_…``."""
CODE = String(64)
"""Codes, states, kinds: short ASCII."""
DIGEST = String(64)
"""Lower-case hex SHA-256."""
FEN = BigInteger()
"""Money in integer fen."""
SEQUENCE = BigInteger().with_variant(Integer(), "sqlite")
"""An auto-incremented row number (SQLite only increments INTEGER)."""
BLOB = LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")
"""Bytes of any length."""
JSON_TEXT = Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")
"""JSON kept as the exact text that was written."""


class Base(DeclarativeBase):
    """The base of every model; the conventions give constraints the same names on every engine."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcDateTime()}


@event.listens_for(Table, "after_parent_attach")
def _compare_by_bytes(table: Table, parent: object) -> None:
    """Make MariaDB compare texts byte by byte, trailing spaces included, as SQLite does: ids and keys are no words."""
    if parent is Base.metadata:
        table.kwargs.update({"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_nopad_bin"})


def table_of(model: type[Base]) -> Table:
    """Give a model's table, for statements that are made once and run with parameters."""
    return cast("Table", model.__table__)
