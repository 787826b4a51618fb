import threading
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from bff.audit import append, checkpoint, keep_blob
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


def write(engine: Engine, subject: str) -> int:
    return retried(engine, lambda session: append(session, kind="test", subject=subject, body={"s": subject}, now=NOW))


def entries(engine: Engine) -> list[EvidenceEntry]:
    with transaction(engine, writing=False) as session:
        return list(session.scalars(select(EvidenceEntry).order_by(EvidenceEntry.seq)))


def test_the_first_entry_follows_the_genesis_and_hashes_what_it_says(engine: Engine) -> None:
    assert write(engine, "ord_1") == 1
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
                write(engine, f"{number}-{step}")
        except Exception as error:  # noqa: BLE001 — collected for the assertion
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    chain = entries(engine)
    assert list(range(1, 129)) == [entry.seq for entry in chain]
    assert all(after.prev == before.hash for before, after in pairwise(chain))


def test_an_entry_of_a_transaction_that_failed_never_was(engine: Engine) -> None:
    def work(session: Session) -> float:
        return append(session, kind="test", subject="lost", body={}, now=NOW) / 0

    with pytest.raises(ZeroDivisionError):
        retried(engine, work)
    assert write(engine, "kept") == 1
    assert [entry.subject for entry in entries(engine)] == ["kept"]


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
    message = checkpoint_message(env="sandbox", seq=2, head=entries(engine)[-1].hash, at=made.at)
    ES256.verify(signer.private.public_key(), message, b64url_decode(made.signature))
    with transaction(engine, writing=False) as session:
        assert session.scalars(select(EvidenceCheckpoint.seq)).all() == [2]
