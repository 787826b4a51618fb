"""Postings that were written before statements had pages get the balance that they left, and nothing else changes."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from bff.db.engine import open_engine
from bff.db.migrations import VERSIONS, migrate
from tests.bff.db.engines import KINDS, empty_url

STEP = "0015_statements.py"
ROWS = """
INSERT INTO core_account (number, kind, holder, currency, balance, held, state, opened_at) VALUES
  ('a', 'INTERNAL', 'x', 'CNY', -25, 0, 'OPEN', '2026-01-01'),
  ('b', 'CLASS_II', 'y', 'CNY', 25, 0, 'OPEN', '2026-01-01'),
  ('c', 'CLASS_II', 'z', 'CNY', 0, 0, 'OPEN', '2026-01-01');
INSERT INTO core_journal (id, memo, at) VALUES
  ('j1', '', '2026-02-02 00:00:00.000001'),
  ('j2', '', '2026-02-01 00:00:00.000000'),
  ('j3', '', '2026-03-01 00:00:00.000000');
INSERT INTO core_posting (journal, account, amount, currency) VALUES
  ('j1', 'a', -10, 'CNY'), ('j1', 'b', 10, 'CNY'),
  ('j2', 'a', -20, 'CNY'), ('j2', 'b', 20, 'CNY'),
  ('j3', 'b', -5, 'CNY'), ('j3', 'a', 5, 'CNY')
"""


def filled(engine: Engine) -> None:
    with engine.begin() as connection:
        for statement in ROWS.split(";"):
            connection.execute(text(statement))


def before(folder: Path) -> Path:
    """Give a folder with the versions up to the one before this step."""
    versions = folder / "versions"
    versions.mkdir()
    for file in VERSIONS.glob("0*.py"):
        if file.name < STEP:
            shutil.copy(file, versions)
    return versions


@pytest.mark.parametrize("kind", KINDS)
def test_old_postings_get_the_balances_that_they_left(kind: str, tmp_path: Path) -> None:
    with empty_url(kind, tmp_path) as url:
        migrate(url, before(tmp_path))
        engine = open_engine(url)
        filled(engine)
        engine.dispose()
        migrate(url)
        wanted = "SELECT account, amount, balance_after, at FROM core_posting ORDER BY account, id"
        with engine.connect() as connection:
            rows = [(*row[:3], str(row[3])[:10]) for row in connection.execute(text(wanted))]
            moved = connection.execute(text("SELECT number, moved_at FROM core_account ORDER BY number")).all()
        assert rows == [
            ("a", -10, -10, "2026-02-02"),
            ("a", -20, -30, "2026-02-02"),
            ("a", 5, -25, "2026-03-01"),
            ("b", 10, 10, "2026-02-02"),
            ("b", 20, 30, "2026-02-02"),
            ("b", -5, 25, "2026-03-01"),
        ]
        assert [(row[0], str(row[1])[:10]) for row in moved] == [
            ("a", "2026-03-01"),
            ("b", "2026-03-01"),
            ("c", "None"),
        ]
        for statement in ("UPDATE core_posting SET amount = amount", "DELETE FROM core_posting"):
            with pytest.raises(DBAPIError, match="written once"), engine.begin() as connection:
                connection.execute(text(statement))
        for wrong in ("state = 'CLOSED'", "max_balance = 24"):
            with pytest.raises(DBAPIError), engine.begin() as connection:
                connection.execute(text(f"UPDATE core_account SET {wrong} WHERE number = 'b'"))  # noqa: S608 — the two above
        indexes = {index["name"] for index in inspect(engine).get_indexes("core_posting")}
        assert {"ix_core_posting_account_at", "ix_core_posting_journal"} <= indexes
        assert "ix_core_posting_account_id" not in indexes
        engine.dispose()
