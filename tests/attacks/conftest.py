"""One real server a database, started once for all attacks: the embedded defaults, and MariaDB, Redis, two workers."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import create_engine, make_url, text

from tests.attacks.bank import Bank, Customer
from tests.running import Running

ENVIRON = os.environ  # noqa: TID251 — the run's own switches
REDIS_DATABASE = "11"


def embedded(folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    yield f"sqlite:///{folder / 'var' / 'tidegate.db'}", {}


def shared(_folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    server, redis = ENVIRON.get("TIDEGATE_TEST_MARIADB"), ENVIRON.get("TIDEGATE_TEST_REDIS")
    if server is None or redis is None:
        pytest.skip("TIDEGATE_TEST_MARIADB or TIDEGATE_TEST_REDIS names no server")
    name = f"attacks_{os.getpid()}"
    admin = create_engine(server)
    with admin.begin() as connection:
        connection.execute(text(f"CREATE DATABASE {name} CHARACTER SET utf8mb4"))
    url = make_url(server).set(database=name).render_as_string(hide_password=False)
    marks = f"{redis.rpartition('/')[0]}/{REDIS_DATABASE}"
    Redis.from_url(marks).flushdb()
    yield url, {"TIDEGATE_DATABASE_URL": url, "TIDEGATE_REDIS_URL": marks, "TIDEGATE_WORKERS": "2"}
    with admin.begin() as connection:
        connection.execute(text(f"DROP DATABASE {name}"))
    admin.dispose()


@pytest.fixture(scope="session", params=["sqlite", pytest.param("mariadb", marks=pytest.mark.mariadb)])
def bank(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    folder = tmp_path_factory.mktemp(f"attacks-{request.param}")
    places = embedded(folder) if request.param == "sqlite" else shared(folder)
    url, extra = next(places)
    running = Running(var=folder / "var", extra=extra) if extra else Running.on_copy(folder / "var")
    running.start()
    engine = create_engine(url)
    try:
        found = Bank(running, engine, str(request.param))
        found.populate()
        yield found
    finally:
        running.stop()
        engine.dispose()
        next(places, None)


@pytest.fixture
def alice(bank: Bank) -> Customer:
    return bank.customers["alice"]


@pytest.fixture
def bob(bank: Bank) -> Customer:
    return bank.customers["bob"]


@pytest.fixture
def carol(bank: Bank) -> Customer:
    return bank.customers["carol"]


@pytest.fixture
def dave(bank: Bank) -> Customer:
    return bank.customers["dave"]
