"""What must be true of a database whatever was killed when: money conserved, every order once, quota counted right."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from bff.db.engine import open_engine


def rows(database: Path | str, query: str) -> list[Any]:
    """Ask a file of SQLite, or the database of an address."""
    if isinstance(database, Path):
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            return connection.execute(query).fetchall()
    engine = open_engine(database)
    try:
        with engine.connect() as connected:
            return [tuple(row) for row in connected.exec_driver_sql(query.replace("%", "%%"))]
    finally:
        engine.dispose()


def assert_books_hold(database: Path | str) -> None:
    assert (
        rows(database, "SELECT journal, SUM(amount) FROM core_posting GROUP BY journal HAVING SUM(amount) <> 0") == []
    )
    recomputed = """
        SELECT a.number FROM core_account a LEFT JOIN core_posting p ON p.account = a.number
        GROUP BY a.number, a.balance HAVING a.balance <> COALESCE(SUM(p.amount), 0)"""
    assert rows(database, recomputed) == []
    paid_without_order = """
        SELECT e.sequence FROM core_execution e WHERE e.sequence LIKE 'ord/_%.buy' ESCAPE '/' AND e.status = 'S' AND
        substr(e.sequence, 1, length(e.sequence) - 4) NOT IN
        (SELECT order_id FROM wealth_order WHERE state NOT IN ('QUOTA_HELD', 'UNKNOWN', 'REJECTED'))"""
    accepted_without_payment = """
        SELECT o.order_id FROM wealth_order o WHERE o.state = 'ACCEPTED' AND o.order_id NOT IN
        (SELECT substr(e.sequence, 1, length(e.sequence) - 4) FROM core_execution e
         WHERE e.sequence LIKE '%.buy' AND e.status = 'S')"""
    assert rows(database, paid_without_order) == []
    assert rows(database, accepted_without_payment) == []
    assert rows(database, "SELECT number FROM core_account WHERE held <> 0") == []
    counted = """
        SELECT q.code FROM product_quota q WHERE q.held_fen + q.confirmed_fen <>
        (SELECT COALESCE(SUM(o.amount_fen), 0) FROM wealth_order o
         WHERE o.product = q.code AND o.state NOT IN ('REJECTED', 'REFUNDING', 'REFUND_FAILED', 'REFUNDED'))"""
    assert rows(database, counted) == []
