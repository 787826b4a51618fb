"""Empty databases for the foundation's tests: SQLite in a folder, MariaDB where the run has one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url, text

from bff.db.base import Base
from bff.db.engine import open_engine

KINDS = ("sqlite", pytest.param("mariadb", marks=pytest.mark.mariadb))
_numbers = count(1)


@contextmanager
def empty_url(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'bank.db'}"
        return
    server = os.environ.get("TIDEGATE_TEST_MARIADB")  # noqa: TID251 — the run's own switch
    if server is None:
        pytest.skip("TIDEGATE_TEST_MARIADB names no server")
    name = f"foundation_{os.getpid()}_{next(_numbers)}"
    admin = open_engine(server)
    try:
        with admin.begin() as connection:
            connection.execute(text(f"CREATE DATABASE {name} CHARACTER SET utf8mb4"))
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.begin() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name}"))
        admin.dispose()


@contextmanager
def fresh_engine(kind: str, folder: Path) -> Iterator[Engine]:
    with empty_url(kind, folder) as url:
        engine = open_engine(url)
        Base.metadata.create_all(engine)
        yield engine
        engine.dispose()
