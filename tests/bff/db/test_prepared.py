"""Prepared statements: the same rows, the same stored values and the same errors as through SQLAlchemy's own layers."""

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    event,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError, IntegrityError, NoResultFound, OperationalError, StatementError
from sqlalchemy.orm import Session

from bff.audit.models import EvidenceBlob
from bff.db.base import JSON_TEXT, SEQUENCE, UtcDateTime, table_of
from bff.db.engine import open_engine, transaction
from bff.db.prepared import Prepared
from bff.db.statements import insert_new
from tests.bff.db.engines import KINDS, empty_url

_meta = MetaData()
THING = Table(
    "prepared_thing",
    _meta,
    Column("id", SEQUENCE, primary_key=True),
    Column("name", String(40), unique=True, nullable=False),
    Column("fen", BigInteger, nullable=False, default=7),
    Column("good", Boolean),
    Column("day", Date),
    Column("at", UtcDateTime()),
    Column("body", JSON_TEXT, default="{}"),
    Column("made", Integer, default=lambda: 5),
)
AT = datetime(2026, 11, 27, 12, 0, 0, 120, tzinfo=UTC)
FULL = {"name": "望潮 100%", "fen": 1, "good": True, "day": date(2026, 11, 27), "at": AT, "body": '{"a":1}', "made": 3}
_ADD = Prepared(insert(THING))
_FIND = Prepared(select(THING).where(THING.c.name == bindparam("wanted")))
_TURN = Prepared(
    update(THING)
    .where(THING.c.name == bindparam("wanted"), THING.c.good.in_((True, None)), THING.c.at <= bindparam("by"))
    .values(fen=THING.c.fen + bindparam("more"), good=False)
)


@pytest.fixture(params=KINDS)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    with empty_url(request.param, tmp_path) as url:
        engine = open_engine(url)
        _meta.create_all(engine)
        yield engine
        engine.dispose()


def test_values_are_stored_and_read_as_sqlalchemy_does(engine: Engine) -> None:
    with transaction(engine) as session:
        number = _ADD.inserted(session, FULL)
        session.execute(insert(THING).values(**{**FULL, "name": "other"}))
    with transaction(engine) as session:
        ours = _FIND.one(session, {"wanted": FULL["name"]})
        assert ours == session.execute(select(THING).where(THING.c.id == number)).one()
        assert {name: getattr(ours, name) for name in FULL} == FULL
        stored = session.execute(text("SELECT fen, good, day, at, body FROM prepared_thing ORDER BY id")).all()
        assert stored[0] == stored[1]


def test_a_column_with_a_default_may_be_left_out_and_a_calculated_one_may_not(engine: Engine) -> None:
    with transaction(engine) as session:
        assert _ADD.changed(session, {"name": "a", "made": 1}) == 1
        row = _FIND.one(session, {"wanted": "a"})
        assert (row.fen, row.good, row.at, row.body) == (7, None, None, "{}")
        with pytest.raises(KeyError):
            _ADD.changed(session, {"name": "b"})


def test_a_conditional_update_tells_what_it_met(engine: Engine) -> None:
    with transaction(engine) as session:
        _ADD.many(session, [{**FULL, "name": name} for name in ("a", "b")])
        turn = {"wanted": "a", "by": AT, "more": 4}
        assert [_TURN.changed(session, turn) for _ in range(2)] == [1, 0]
        assert (_FIND.one(session, {"wanted": "a"}).fen, _FIND.one(session, {"wanted": "b"}).fen) == (5, 1)
        every = Prepared(select(THING.c.name).order_by(THING.c.name))
        assert [row.name for row in every.all(session, {})] == ["a", "b"]


def test_what_is_not_there_is_none(engine: Engine) -> None:
    with transaction(engine) as session:
        assert _FIND.first(session, {"wanted": "x"}) is None
        with pytest.raises(NoResultFound):
            _FIND.one(session, {"wanted": "x"})


def test_the_drivers_errors_are_sqlalchemys_and_name_no_values(engine: Engine) -> None:
    with transaction(engine) as session:
        _ADD.changed(session, FULL)
    with pytest.raises(IntegrityError) as caught, transaction(engine) as session:
        _ADD.changed(session, FULL)
    assert "2026" not in str(caught.value).split("[SQL")[1]
    with pytest.raises(DBAPIError), transaction(engine) as session:
        Prepared(select(THING.c.name).where(text("no_such_column = 1"))).all(session, {})


def test_a_transaction_that_fails_leaves_nothing(engine: Engine) -> None:
    def fail() -> None:
        with transaction(engine) as session:
            _ADD.changed(session, FULL)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with transaction(engine) as session:
        assert _FIND.first(session, {"wanted": FULL["name"]}) is None


def test_a_savepoint_takes_what_is_its_own_along(engine: Engine) -> None:
    with transaction(engine) as session:
        _ADD.changed(session, {**FULL, "name": "kept"})
        with session.begin_nested() as nested:
            _ADD.changed(session, {**FULL, "name": "lost"})
            nested.rollback()
        _ADD.changed(session, {**FULL, "name": "after"})
    with transaction(engine) as session:
        found = {name for name in ("kept", "lost", "after") if _FIND.first(session, {"wanted": name})}
    assert found == {"kept", "after"}


def test_a_session_that_goes_on_after_its_commit_begins_anew(engine: Engine) -> None:
    with Session(engine) as session:
        _ADD.changed(session, {**FULL, "name": "first"})
        session.commit()
        _ADD.changed(session, {**FULL, "name": "second"})
        session.rollback()
        assert _FIND.first(session, {"wanted": "first"}) is not None
        assert _FIND.first(session, {"wanted": "second"}) is None


def test_what_a_session_has_yet_to_write_is_written_before(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'one.db'}")
    table = table_of(EvidenceBlob)
    table.create(engine)
    with transaction(engine) as session:
        session.add(EvidenceBlob(sha256="a", data=b"x"))
        assert Prepared(select(table.c.data)).one(session, {}).data == b"x"
        assert not insert_new(session, EvidenceBlob, sha256="a", data=b"y")
    engine.dispose()


def test_whoever_listens_hears_of_it_and_may_fail_it(engine: Engine) -> None:
    heard: list[tuple[str, bool]] = []

    def hear(*told: Any) -> None:
        heard.append((told[2].split()[0], told[5]))
        if told[2].startswith("UPDATE"):
            raise OperationalError(told[2], None, Exception("busy"))

    event.listen(engine, "before_cursor_execute", hear)
    with transaction(engine) as session:
        _ADD.many(session, [FULL])
    with pytest.raises(OperationalError), transaction(engine) as session:
        _TURN.changed(session, {"wanted": "a", "by": AT, "more": 4})
    assert [one for one in heard if one[0] != "BEGIN"] == [("INSERT", True), ("UPDATE", False)]


@pytest.mark.mariadb
def test_a_connection_that_broke_is_told_and_replaced(tmp_path: Path) -> None:
    with empty_url("mariadb", tmp_path) as url:
        engine, other = open_engine(url), open_engine(url)
        _meta.create_all(engine)

        def go_on_without_the_server() -> None:
            with transaction(engine) as session:
                _ADD.changed(session, FULL)
                number = session.execute(text("SELECT CONNECTION_ID()")).scalar_one()
                with transaction(other) as killing:
                    killing.execute(text(f"KILL {int(number)}"))
                _FIND.first(session, {"wanted": "x"})

        with pytest.raises(DBAPIError) as caught:
            go_on_without_the_server()
        assert caught.value.connection_invalidated
        with transaction(engine) as session:
            assert _FIND.first(session, {"wanted": FULL["name"]}) is None
        engine.dispose()
        other.dispose()


@pytest.mark.mariadb
def test_a_connection_that_died_while_it_lay_is_replaced_unseen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bff.db.engine.IDLE_SECONDS", 0.0)
    with empty_url("mariadb", tmp_path) as url:
        engine, other = open_engine(url), open_engine(url)
        with transaction(engine) as session:
            number = session.execute(text("SELECT CONNECTION_ID()")).scalar_one()
        with transaction(other) as session:
            session.execute(text(f"KILL {int(number)}"))
        with transaction(engine) as session:
            assert session.execute(text("SELECT CONNECTION_ID()")).scalar_one() != number
        engine.dispose()
        other.dispose()


@pytest.mark.mariadb
def test_what_was_rolled_back_is_not_carried_into_the_next_transaction(tmp_path: Path) -> None:
    with empty_url("mariadb", tmp_path) as url:
        engine = open_engine(url)
        _meta.create_all(engine)
        with engine.connect() as connection:
            connection.execute(insert(THING).values(**FULL))  # never committed
        with transaction(engine) as session:
            assert _FIND.first(session, {"wanted": FULL["name"]}) is None
        engine.dispose()


def test_a_naive_instant_is_refused_on_its_way_in(engine: Engine) -> None:
    with pytest.raises((ValueError, StatementError), match="naive"), transaction(engine) as session:
        _ADD.changed(session, {**FULL, "at": datetime(2026, 11, 27)})


def test_threads_may_share_one_that_nobody_has_made_yet(engine: Engine) -> None:
    shared, failed = Prepared(insert(THING)), []

    def add(name: str) -> None:
        try:
            with transaction(engine) as session:
                shared.changed(session, {**FULL, "name": name})
        except Exception as error:  # noqa: BLE001 whatever a thread meets is the test's
            failed.append(error)

    threads = [threading.Thread(target=add, args=(str(number),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
