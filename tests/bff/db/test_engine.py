import gc
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from bff.db.engine import ATTEMPTS, open_engine, ping, retried, transaction
from bff.db.errors import DatabaseBusyError
from bff.db.statements import insert_new
from bff.sessions.challenges import Challenge

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


def row(challenge: str) -> dict[str, object]:
    return {"challenge": challenge, "purpose": "p", "subject": "", "expires_at": NOW}


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'a.db'}")
    yield engine
    engine.dispose()


@pytest.mark.parametrize(
    ("pragma", "expected"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 10000)]
)
def test_sqlite_is_durable_and_checks_foreign_keys(sqlite: Engine, pragma: str, expected: object) -> None:
    with transaction(sqlite) as session:
        assert expected == session.execute(text(f"PRAGMA {pragma}")).scalar()


def test_a_block_that_raises_leaves_nothing(engine: Engine) -> None:
    def work(session: Session) -> float:
        session.execute(insert(Challenge).values(**row("a")))
        return 1 / 0

    with pytest.raises(ZeroDivisionError):
        retried(engine, work)
    with transaction(engine, writing=False) as session:
        assert session.scalars(select(Challenge.challenge)).all() == []


def test_a_transaction_that_was_forgotten_is_undone(engine: Engine) -> None:
    forgotten = Session(engine)
    forgotten.execute(insert(Challenge).values(**row("a")))
    del forgotten
    gc.collect()
    with transaction(engine) as session:
        assert session.scalars(select(Challenge.challenge)).all() == []
        session.execute(insert(Challenge).values(**row("b")))
    with transaction(engine, writing=False) as session:
        assert session.scalars(select(Challenge.challenge)).all() == ["b"]


def test_an_instant_comes_back_with_its_microseconds_in_utc(engine: Engine) -> None:
    exact = NOW.replace(microsecond=123456)
    with transaction(engine) as session:
        session.execute(insert(Challenge).values(**{**row("a"), "expires_at": exact}))
        assert exact == session.scalar(select(Challenge.expires_at))


def test_ids_that_differ_in_case_are_different_ids(engine: Engine) -> None:
    with transaction(engine) as session:
        session.execute(insert(Challenge).values(**row("aB")))
        assert insert_new(session, Challenge, **row("Ab"))
        assert session.scalar(select(Challenge.challenge).where(Challenge.challenge == "AB")) is None


def test_an_id_with_a_space_behind_it_is_another_id(engine: Engine) -> None:
    with transaction(engine) as session:
        session.execute(insert(Challenge).values(**row("ab")))
        assert session.scalar(select(Challenge.challenge).where(Challenge.challenge == "ab ")) is None
        assert insert_new(session, Challenge, **row("ab "))


def test_insert_new_says_whose_row_it_is(engine: Engine) -> None:
    with transaction(engine) as session:
        assert insert_new(session, Challenge, **row("a"))
        assert not insert_new(session, Challenge, **row("a"))


def test_a_reader_does_not_wait_for_a_writer(sqlite: Engine) -> None:
    with transaction(sqlite) as session:
        session.execute(text("CREATE TABLE t (x INTEGER)"))
    with transaction(sqlite) as writer, transaction(sqlite, writing=False) as reader:
        writer.execute(text("INSERT INTO t VALUES (1)"))
        assert reader.execute(text("SELECT count(*) FROM t")).scalar() == 0


def test_writers_queue_and_none_is_lost(engine: Engine) -> None:
    def work(number: int) -> None:
        for step in range(4):
            wanted = insert(Challenge).values(**row(f"{number}-{step}"))
            retried(engine, lambda session, wanted=wanted: session.execute(wanted))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with transaction(engine, writing=False) as session:
        assert len(session.scalars(select(Challenge.challenge)).all()) == 128


class Deadlock(Exception):  # noqa: N818 — stands for the driver's
    pass


def deadlock() -> OperationalError:
    return OperationalError("UPDATE", {}, Deadlock(1213, "Deadlock found"))


def test_a_deadlocks_victim_tries_again(engine: Engine) -> None:
    attempts: list[int] = []

    def work(_session: object) -> str:
        attempts.append(1)
        if len(attempts) < 3:
            raise deadlock()
        return "done"

    assert retried(engine, work, pause=lambda _seconds: None) == "done"
    assert len(attempts) == 3


def test_trying_again_has_an_end(engine: Engine) -> None:
    pauses: list[float] = []

    def work(_session: object) -> None:
        raise deadlock()

    with pytest.raises(DatabaseBusyError):
        retried(engine, work, pause=pauses.append)
    assert len(pauses) == ATTEMPTS


def test_a_mistake_is_not_tried_again(engine: Engine) -> None:
    attempts: list[int] = []

    def work(_session: object) -> None:
        attempts.append(1)
        statement = "INSERT"
        raise IntegrityError(statement, {}, Deadlock(1062, "Duplicate"))

    with pytest.raises(IntegrityError):
        retried(engine, work)
    assert attempts == [1]


def test_a_database_that_is_there_gives_a_sign_of_life(engine: Engine) -> None:
    ping(engine)


def test_a_database_that_is_away_gives_none() -> None:
    with pytest.raises(OperationalError):
        ping(open_engine("mysql+pymysql://nobody@127.0.0.1:1/nothing"))


def test_an_error_does_not_quote_the_values_of_its_statement(engine: Engine) -> None:
    with pytest.raises(DBAPIError) as caught, transaction(engine) as session:
        session.execute(text("SELECT missing FROM challenge WHERE challenge = :card"), {"card": "6222021234567890123"})
    assert "missing" in str(caught.value)
    assert "6222021234567890123" not in str(caught.value)


def test_a_server_that_falls_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.listen()
        port = silent.getsockname()[1]
        monkeypatch.setattr("bff.db.engine.LOCK_SECONDS", 1)
        silenced = open_engine(f"mysql+pymysql://nobody:x@127.0.0.1:{port}/none", answer_seconds=1)
        started = time.monotonic()
        with pytest.raises(OperationalError):
            ping(silenced)
        assert time.monotonic() - started < 5
