"""Statements that every room needs and that engines spell differently."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import CursorResult, Delete, Update
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.orm import Session


def changed(session: Session, statement: Update | Delete, values: Mapping[str, Any] | None = None) -> int:
    """Execute a conditional UPDATE or DELETE and tell how many rows it met: 0 means that somebody was faster."""
    result = session.execute(statement, values)
    return result.rowcount if isinstance(result, CursorResult) else 0


def insert_new(session: Session, model: type[Any], **values: Any) -> bool:
    """Insert a row unless one with its key is there already, without failing the transaction.

    Returns:
        Whether the row is ours; False when it was there.
    """
    result = session.execute(_insert_new(model.__table__, session.get_bind().dialect.name), values)
    return isinstance(result, CursorResult) and result.rowcount == 1


@cache
def _insert_new(table: Any, dialect: str) -> Any:
    """Build the statement once for each table."""
    if dialect == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return mysql.insert(table).prefix_with("IGNORE")
