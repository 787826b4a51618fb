import threading
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

from bff.audit import append, checkpoint, keep_blob, link
from bff.audit.models import EvidenceBlob, EvidenceCheckpoint, EvidenceEntry
from bff.db.engine import retried, transaction
from security.encoding import b64url_decode, canonical_json, digest
from security.evidence import GENESIS, checkpoint_message, entry_hash
from security.suites import ES256

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


class Signer:
    kid = "k1"

    def __init__(self) -> None:
        self.private = ES256.generate()

    def sign(self, message: bytes) -> bytes:
        return ES256.sign(self.private, message)


def say(session: Session, *subjects: str) -> None:
    for subject in subjects:
        append(session, kind="test", subject=subject, body={"s": subject}, now=NOW)


def write(engine: Engine, *subjects: str) -> None:
    retried(engine, lambda session: say(session, *subjects))


def entries(engine: Engine) -> list[EvidenceEntry]:
    with transaction(engine, writing=False) as session:
        return list(session.scalars(select(EvidenceEntry).order_by(EvidenceEntry.seq)))


def test_the_first_entry_follows_the_genesis_and_hashes_what_it_says(engine: Engine) -> None:
    write(engine, "ord_1")
    (entry,) = entries(engine)
    assert entry.prev == GENESIS
    assert canonical_json({"s": "ord_1"}).decode() == entry.body
    expected = entry_hash(
        seq=1, prev=GENESIS, kind="test", subject="ord_1", at="2026-11-23T08:00:00.000Z", body_hash=entry.body_hash
    )
    assert expected == entry.hash


def test_64_writers_leave_no_gap_and_no_fork(engine: Engine) -> None:
    start = threading.Barrier(64)
    failures: list[Exception] = []

    def work(number: int) -> None:
        start.wait()
        try:
            for step in range(2):
                write(engine, f"{number}-{step}-a", f"{number}-{step}-b")
        except Exception as error:  # noqa: BLE001 — collected for the assertion
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    chain = entries(engine)
    assert list(range(1, 257)) == [entry.seq for entry in chain]
    assert all(after.prev == before.hash for before, after in pairwise(chain))
    firsts, seconds = ([entry.subject for entry in chain[start::2]] for start in (0, 1))
    assert [subject.removesuffix("a") for subject in firsts] == [subject.removesuffix("b") for subject in seconds]


def test_an_entry_of_a_transaction_that_failed_never_was(engine: Engine) -> None:
    def work(session: Session) -> float:
        say(session, "lost")
        link(session)
        say(session, "lost too")
        return 1 / 0

    with pytest.raises(ZeroDivisionError):
        retried(engine, work)
    write(engine, "kept")
    assert [(entry.seq, entry.subject) for entry in entries(engine)] == [(1, "kept")]


def test_a_session_that_goes_on_after_a_rollback_brings_nothing_along(engine: Engine) -> None:
    with Session(engine) as session:
        say(session, "lost")
        session.rollback()
        say(session, "first")
        session.commit()
        session.commit()
        say(session, "second")
        session.commit()
        say(session, "never committed")
    assert [(entry.seq, entry.subject) for entry in entries(engine)] == [(1, "first"), (2, "second")]


def test_a_savepoint_that_is_rolled_back_takes_its_own_entries_along(engine: Engine) -> None:
    with transaction(engine) as session:
        say(session, "before")
        with session.begin_nested() as lost:
            say(session, "lost")
            lost.rollback()
        with session.begin_nested() as outer:
            with session.begin_nested():
                say(session, "lost with the outer one")
            outer.rollback()
        with session.begin_nested():
            say(session, "released")
        say(session, "after")
    chain = entries(engine)
    assert [entry.subject for entry in chain] == ["released", "before", "after"]
    assert [entry.seq for entry in chain] == [1, 2, 3]
    assert all(after.prev == before.hash for before, after in pairwise(chain))


def test_linking_early_gives_the_end_and_links_nothing_twice(engine: Engine) -> None:
    with transaction(engine) as session:
        assert link(session) == 0
        say(session, "a", "b")
        assert link(session) == link(session) == 2
        say(session, "c")
    assert [entry.subject for entry in entries(engine)] == ["a", "b", "c"]


def test_the_head_is_locked_after_everything_else_and_once(engine: Engine) -> None:
    statements: list[str] = []
    write(engine, "starts the chain")

    def seen(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", seen)
    with transaction(engine) as session:
        say(session, "a")
        keep_blob(session, b"manifest")
        say(session, "b")
    tables = [statement.split("evidence_")[1].split()[0].strip("`") for statement in statements if "evid" in statement]
    assert [table.partition(".")[0] for table in tables] == ["blob", "head", "entry", "head"]


def test_a_blob_is_kept_once(engine: Engine) -> None:
    with transaction(engine) as session:
        assert digest(b"manifest") == keep_blob(session, b"manifest") == keep_blob(session, b"manifest")
        assert session.scalars(select(EvidenceBlob.data)).all() == [b"manifest"]


def test_a_checkpoint_signs_the_end_once(engine: Engine) -> None:
    signer = Signer()
    with transaction(engine) as session:
        assert checkpoint(session, signer, NOW, env="sandbox") is None
    write(engine, "a")
    write(engine, "b")
    with transaction(engine) as session:
        made = checkpoint(session, signer, NOW, env="sandbox")
        assert checkpoint(session, signer, NOW, env="sandbox") is None
    assert made is not None
    message = checkpoint_message(env="sandbox", seq=2, head=entries(engine)[-1].hash, at=made.at, root=made.root)
    ES256.verify(signer.private.public_key(), message, b64url_decode(made.signature))
    with transaction(engine, writing=False) as session:
        assert session.scalars(select(EvidenceCheckpoint.seq)).all() == [2]
