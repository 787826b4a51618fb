from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine

from bff.audit import append, checkpoint, periods
from bff.audit.kept import read_kept
from bff.audit.periods import export_between, newest, prove
from bff.db.engine import transaction
from bff.errors import ConflictError, NotFoundError
from security.errors import EvidenceError
from security.evidence import Checkpoint, verifier
from security.evidence.statements import write_checkpoint
from tests.bff.audit.attacks import Bank, rewritten

START = datetime(2026, 11, 23, tzinfo=UTC)


def hour(number: int) -> datetime:
    return START + timedelta(hours=number)


@pytest.fixture
def bank(engine: Engine) -> Bank:
    """A checkpoint at each of the hours 1 to 4, after 3, 5, 2 and 300 entries."""
    made = Bank(engine)
    for number, count in enumerate((3, 5, 2, 300), 1):
        made.say(count)
        with transaction(engine) as session:
            checkpoint(session, made.key, hour(number), env=made.env)
    return made


def period(bank: Bank, since: datetime | None = None, until: datetime | None = None, **more: Any) -> bytes:
    keys = {bank.key.kid: bank.key.jwk}
    with transaction(bank.engine) as session:
        return export_between(
            session, since=since, until=until, env=bank.env, keys=keys, signer=bank.key, now=hour(9), **more
        )


def numbers(data: bytes) -> tuple[int, int, list[int]]:
    said = msgspec.json.decode(data)
    return said["entries"][0]["seq"], said["entries"][-1]["seq"], [mark["seq"] for mark in said["checkpoints"]]


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (None, None, (1, 310, [3, 8, 10, 310])),
        (hour(1), hour(2), (4, 8, [3, 8])),
        (hour(2) + timedelta(minutes=1), hour(3), (9, 10, [8, 10])),
        (hour(1) - timedelta(minutes=1), hour(1), (1, 3, [3])),
        (hour(3), None, (11, 310, [10, 310])),
        (hour(2), hour(3) + timedelta(minutes=1), (9, 310, [8, 10, 310])),
    ],
)
def test_a_period_reaches_from_checkpoint_to_checkpoint(
    bank: Bank, since: datetime | None, until: datetime | None, expected: tuple[int, int, list[int]]
) -> None:
    data = period(bank, since, until)
    assert expected == numbers(data)
    verifier.verify(data, [bank.key.jwk.as_dict()])


def test_periods_follow_each_other_and_what_was_kept(bank: Bank) -> None:
    with transaction(bank.engine) as session:
        mark = write_checkpoint(newest(session, bank.key, hour(5), env=bank.env), env=bank.env)
    report = verifier.verify(period(bank, hour(3)), [bank.key.jwk.as_dict()], [mark])
    assert ("kept", "The kept checkpoint of entry 310 agrees with this file.") in report.sentences


def test_bodies_are_withheld_unless_they_are_asked_for(bank: Bank) -> None:
    assert b'"body"' not in period(bank)
    assert period(bank, bodies=True).count(b'"body"') == 310


def test_the_end_that_is_not_signed_yet_is_signed_with_the_export(bank: Bank) -> None:
    bank.say(2)
    assert numbers(period(bank, hour(4))) == (311, 312, [310, 312])


def test_a_period_without_entries_or_with_too_many_is_refused(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotFoundError):
        period(bank, hour(5))
    monkeypatch.setattr(periods, "MOST", 300)
    with pytest.raises(ConflictError, match="take a shorter one"):
        period(bank)
    assert numbers(period(bank, hour(3))) == (11, 310, [10, 310])


def test_an_empty_chain_has_no_checkpoint_and_no_period(engine: Engine) -> None:
    empty = Bank(engine)
    with transaction(engine) as session, pytest.raises(NotFoundError, match="the chain is empty"):
        newest(session, empty.key, hour(1), env=empty.env)
    with pytest.raises(NotFoundError):
        period(empty)


def test_a_proof_between_any_two_checkpoints_holds_for_an_outsider(bank: Bank) -> None:
    marks = list(read_kept([period(bank)], {bank.key.kid: bank.key.jwk}).checkpoints)
    anchors = [bank.key.jwk.as_dict()]
    for at, old in enumerate(marks):
        for new in marks[at:]:
            with transaction(bank.engine, writing=False) as session:
                proof = prove(session, old, new)
            verifier.verify_consistency(*(write_checkpoint(mark, env=bank.env) for mark in (old, new)), proof, anchors)


def test_there_is_no_proof_for_a_rewritten_or_cut_chain(bank: Bank) -> None:
    marks = list(read_kept([period(bank)], {bank.key.kid: bank.key.jwk}).checkpoints)
    rows = bank.rows()
    bank.put(rewritten(rows, lambda copy: copy[4].update(body="{}")))
    bank.plant(310)
    with transaction(bank.engine, writing=False) as session, pytest.raises(EvidenceError, match="different histories"):
        prove(session, marks[1], marks[3])
    bank.put(rows[:10])
    bank.forget(above=10)
    with transaction(bank.engine, writing=False) as session, pytest.raises(EvidenceError, match="cut off"):
        prove(session, marks[1], marks[3])


def test_a_proof_is_small(bank: Bank) -> None:
    marks = list(read_kept([period(bank)], {bank.key.kid: bank.key.jwk}).checkpoints)
    with transaction(bank.engine, writing=False) as session:
        path = msgspec.json.decode(prove(session, marks[0], marks[3]))["path"]
    assert len(path) <= (310).bit_length() + 1


def test_checkpoints_of_another_chain_prove_nothing(bank: Bank) -> None:
    with transaction(bank.engine) as session:
        append(session, kind="test", subject="x", body={}, now=hour(5))
        mark = newest(session, bank.key, hour(5), env=bank.env)
        stranger = Checkpoint(3, "0" * 64, mark.at, mark.kid, mark.signature, "0" * 64)
        with pytest.raises(EvidenceError, match="different histories"):
            prove(session, stranger, mark)


@pytest.mark.parametrize(("place", "values"), [(4, {"body": "{}"}), (4, {"prev": "1" * 64}), (309, {"kind": "other"})])
def test_a_period_over_changed_rows_is_not_sealed(bank: Bank, place: int, values: dict[str, str]) -> None:
    rows = bank.rows()
    rows[place] |= values
    bank.put(rows)
    with pytest.raises(EvidenceError, match=r"does not follow|not what was signed"):
        period(bank)
