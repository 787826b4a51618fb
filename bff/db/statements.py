"""Statements that every room needs and that engines spell differently."""

from typing import Any

from sqlalchemy import CursorResult, Delete, Update
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.orm import Session


def changed(session: Session, statement: Update | Delete) -> int:
    """Execute a conditional UPDATE or DELETE and tell how many rows it met: 0 means that somebody was faster."""
    result = session.execute(statement)
    return result.rowcount if isinstance(result, CursorResult) else 0


def insert_new(session: Session, model: type[Any], **values: Any) -> bool:
    """Insert a row unless one with its key is there already, without failing the transaction.

    Returns:
        Whether the row is ours; False when it was there.
    """
    if session.get_bind().dialect.name == "sqlite":
        result = session.execute(sqlite.insert(model).values(**values).on_conflict_do_nothing())
    else:
        result = session.execute(mysql.insert(model).values(**values).prefix_with("IGNORE"))
    return isinstance(result, CursorResult) and result.rowcount == 1
