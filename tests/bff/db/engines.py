"""Empty databases for the foundation's tests: SQLite in a folder, MariaDB where the run has one.

Making the tables takes longer than most tests: SQLite's are copied from a file that was made once, and a database of
MariaDB is emptied and used again within one process.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url, text

from bff.db.base import Base
from bff.db.engine import open_engine
from bff.db.migrations import load_models

KINDS = ("sqlite", pytest.param("mariadb", marks=pytest.mark.mariadb))
_numbers = count(1)
_idle: list[str] = []
_first: dict[str, Engine] = {}


@contextmanager
def empty_url(kind: str, folder: Path) -> Iterator[str]:
    """Give the address of a database without tables."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'bank.db'}"
        return
    name = _new_database()
    try:
        yield _url(name)
    finally:
        _drop(name)


@contextmanager
def fresh_engine(kind: str, folder: Path) -> Iterator[Engine]:
    """Give an engine on every table of the bff, all of them empty."""
    if kind == "sqlite":
        shutil.copyfile(_sqlite_tables(), folder / "bank.db")
        engine = _compiled_before(open_engine(f"sqlite:///{folder / 'bank.db'}"))
        yield engine
        engine.dispose()
        return
    name = _idle.pop() if _idle else _new_database(tables=True)
    engine = _compiled_before(open_engine(_url(name)))
    try:
        yield engine
    except BaseException:
        engine.dispose()
        _drop(name)
        raise
    engine.dispose()
    if _empty(name):
        _idle.append(name)
    else:
        _drop(name)


def _compiled_before(engine: Engine) -> Engine:
    """Let an engine take over what the first one of its kind has compiled: a third of what a test's statements cost."""
    kind = engine.dialect.name
    if kind not in _first:
        engine.connect().close()  # which tells the dialect what server it speaks to
        _first[kind] = engine
    engine.dialect, engine._compiled_cache = _first[kind].dialect, _first[kind]._compiled_cache
    return engine


@cache
def _sqlite_tables() -> Path:
    """Make every table once a process."""
    folder = Path(tempfile.mkdtemp(prefix="tidegate-tables-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    engine = open_engine(f"sqlite:///{folder / 'bank.db'}")
    _make_tables(engine)
    with engine.connect() as connection:
        connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr] # sqlite3's
    engine.dispose()
    return folder / "bank.db"


def _server() -> str:
    server = os.environ.get("TIDEGATE_TEST_MARIADB")  # noqa: TID251 — the run's own switch
    if server is None:
        pytest.skip("TIDEGATE_TEST_MARIADB names no server")
    return server


def _url(name: str) -> str:
    return make_url(_server()).set(database=name).render_as_string(hide_password=False)


def _new_database(*, tables: bool = False) -> str:
    name = f"foundation_{os.getpid()}_{next(_numbers)}"
    _administer(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    if tables:
        engine = open_engine(_url(name))
        _make_tables(engine)
        engine.dispose()
    return name


def _make_tables(engine: Engine) -> None:
    load_models()  # all of them, whichever rooms this process has imported by now
    Base.metadata.create_all(engine)


def _drop(name: str) -> None:
    _administer(f"DROP DATABASE IF EXISTS {name}")


def _administer(statement: str) -> None:
    admin = open_engine(_server())
    try:
        with admin.begin() as connection:
            connection.execute(text(statement))
    finally:
        admin.dispose()


def _empty(name: str) -> bool:
    """Empty every table; tell whether the tables are those of the models still."""
    own = {table.name for table in Base.metadata.sorted_tables}
    engine = open_engine(_url(name))
    try:
        with engine.begin() as connection:
            found = {row[0] for row in connection.execute(text("SHOW TABLES"))}
            if found != own:
                return False
            looks = (f"SELECT '{table}', EXISTS (SELECT 1 FROM `{table}`)" for table in sorted(own))  # noqa: S608 — names of our own tables
            asked = " UNION ALL ".join(looks)
            connection.execute(text("SET FOREIGN_KEY_CHECKS = 0"))
            for table, filled in connection.execute(text(asked)).all():
                if filled:
                    connection.execute(text(f"TRUNCATE TABLE `{table}`"))
            connection.execute(text("SET FOREIGN_KEY_CHECKS = 1"))
    finally:
        engine.dispose()
    return True
