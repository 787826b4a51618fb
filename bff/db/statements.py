"""Statements that every room needs and that engines spell differently."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, Delete, Update, and_, or_
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.orm import Session

from bff.db.prepared import Prepared


def changed(session: Session, statement: Update | Delete, values: Mapping[str, Any] | None = None) -> int:
    """Execute a conditional UPDATE or DELETE and tell how many rows it met: 0 means that somebody was faster."""
    result = session.execute(statement, values)
    return result.rowcount if isinstance(result, CursorResult) else 0


def behind(at: ColumnElement[datetime], key: ColumnElement[Any], place: tuple[datetime, Any]) -> ColumnElement[bool]:
    """Hold that a row of a list, the newest first and then the highest key, comes after ``place``.

    Args:
        at: column of the instant.
        key: column that tells rows of one instant apart.
        place: instant and key of the row that ended the page before.
    """
    # the first part says nothing new: it bounds the walk along an index that begins with the instant
    return and_(at <= place[0], or_(at < place[0], key < place[1]))


def insert_new(session: Session, model: type[Any], **values: Any) -> bool:
    """Insert a row unless one with its key is there already, without failing the transaction.

    Returns:
        Whether the row is ours; False when it was there.
    """
    statement = _insert_new(model.__table__, session.get_bind().dialect.name, tuple(values))
    return statement.changed(session, values) == 1


@cache
def _insert_new(table: Any, dialect: str, columns: tuple[str, ...]) -> Prepared:
    """Prepare the statement once for each table and choice of columns."""
    if dialect == "sqlite":
        return Prepared(sqlite.insert(table).on_conflict_do_nothing(), columns)
    return Prepared(mysql.insert(table).prefix_with("IGNORE"), columns)


def add_counts(session: Session, model: type[Any], rows: Sequence[Mapping[str, Any]], *, column: str) -> None:
    """Add to counters by one statement, making those that are not there: no count is lost to another transaction.

    Args:
        session: of a writing transaction.
        model: whose primary key names a counter.
        rows: key and amount of each counter, every key once and in the same order everywhere.
        column: the counter.
    """
    table = model.__table__
    if session.get_bind().dialect.name == "sqlite":
        new = sqlite.insert(table).values(list(rows))
        session.execute(
            new.on_conflict_do_update(
                index_elements=list(table.primary_key), set_={column: table.c[column] + new.excluded[column]}
            )
        )
        return
    made = mysql.insert(table).values(list(rows))
    session.execute(made.on_duplicate_key_update({column: table.c[column] + made.inserted[column]}))
