"""What was done to the database is found and named; on every engine."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select, update

from bff.audit import checkpoint, export_order
from bff.audit.examination import examine
from bff.audit.kept import Kept, read_kept
from bff.audit.models import EvidenceCheckpoint, EvidenceEntry, EvidenceHead, EvidenceNode
from bff.db.engine import steady, transaction
from security.errors import EvidenceError
from security.evidence import Checkpoint, sign_checkpoint
from security.evidence.statements import write_checkpoint
from security.suites import ES256
from tests.bff.audit.attacks import NOW, Bank, Row, hashed, rewritten
from tests.security.orders import AuditKey


@pytest.fixture
def bank(engine: Engine) -> Bank:
    made = Bank(engine)
    made.grown(4, 3, 5)
    return made


def test_an_honest_chain_has_nothing_to_find(bank: Bank) -> None:
    bank.say(2)
    found = bank.examine()
    assert (found.entries, found.checkpoints, found.findings) == (14, 3, ())


def test_an_empty_chain_has_nothing_to_find(engine: Engine) -> None:
    assert Bank(engine).examine().findings == ()


def test_a_chain_of_several_subtrees_has_nothing_to_find(engine: Engine) -> None:
    made = Bank(engine)
    made.grown(255, 2, 600)
    assert made.found() == []
    with transaction(engine) as session:
        session.execute(update(EvidenceNode).where(EvidenceNode.position == 1).values(hash="0" * 64))
    assert made.found() == [(512, "tree")]


def changed(bank: Bank, place: int, **values: Any) -> None:
    rows = bank.rows()
    rows[place - 1] |= values
    bank.put(rows)


@pytest.mark.parametrize("seq", [1, 4, 6, 12])
def test_a_deleted_row_is_named(bank: Bank, seq: int) -> None:
    bank.put([row for row in bank.rows() if row["seq"] != seq], head=False)
    assert (seq, "missing") in bank.found()
    assert all(place >= seq for place, _ in bank.found())


def test_a_deleted_row_after_which_all_are_numbered_anew_is_named(bank: Bank) -> None:
    rows = [row for row in bank.rows() if row["seq"] != 6]
    bank.put([{**row, "seq": seq} for seq, row in enumerate(rows, 1)])
    first, *rest = bank.examine().findings
    assert (first.seq, first.wrong, first.detail) == (6, "moved", "here stands the entry that was written as 7")
    assert {12} == {one.seq for one in rest if one.wrong == "cut"}


@pytest.mark.parametrize("seq", [1, 6, 11])
def test_two_rows_in_each_others_place_are_both_named(bank: Bank, seq: int) -> None:
    rows = bank.rows()
    rows[seq - 1], rows[seq] = {**rows[seq], "seq": seq}, {**rows[seq - 1], "seq": seq + 1}
    bank.put(rows)
    assert {(seq, "moved"), (seq + 1, "moved")} <= set(bank.found())


def test_rows_far_apart_in_each_others_place_are_named(bank: Bank) -> None:
    rows = bank.rows()
    rows[2], rows[8] = {**rows[8], "seq": 3}, {**rows[2], "seq": 9}
    bank.put(rows)
    told = {one.seq: one.detail for one in bank.examine().findings if one.wrong == "moved"}
    assert told == {3: "here stands the entry that was written as 9", 9: "here stands the entry that was written as 3"}


def test_an_inserted_row_is_named(bank: Bank) -> None:
    rows = bank.rows()
    new = hashed({**rows[5], "body": '{"n":99}', "prev": rows[4]["hash"]})
    bank.put([*rows[:5], new, *({**row, "seq": row["seq"] + 1} for row in rows[5:])])
    assert (6, "inserted") in bank.found()
    assert (7, "moved") in bank.found()


def test_a_row_behind_the_end_is_named(bank: Bank) -> None:
    rows = bank.rows()
    bank.put([*rows, hashed({**rows[-1], "seq": 13, "prev": rows[-1]["hash"]})], head=False)
    assert bank.found() == [(13, "beyond")]


@pytest.mark.parametrize(
    "values",
    [
        {"body": '{"n":98}'},
        {"kind": "other"},
        {"subject": "a9"},
        {"at": "2026-11-23T09:00:00.000Z"},
        {"prev": "0" * 64},
        {"hash": "0" * 64},
        {"hash": "not a hash"},
        {"body_hash": "0" * 64},
    ],
)
@pytest.mark.parametrize("seq", [1, 6, 12])
def test_an_edited_row_is_named(bank: Bank, seq: int, values: Row) -> None:
    if bank.rows()[seq - 1] | values == bank.rows()[seq - 1]:
        values = {"prev": "1" * 64}
    changed(bank, seq, **values)
    assert (seq, "edited") in bank.found()
    assert "moved" not in {wrong for _, wrong in bank.found()}


@pytest.mark.parametrize("seq", [1, 6, 11])
def test_a_row_whose_hash_was_written_anew_is_named(bank: Bank, seq: int) -> None:
    changed(bank, seq, **hashed({**bank.rows()[seq - 1], "body": '{"n":98}'}))
    assert (seq, "edited") in bank.found()


def forge(bank: Bank, seq: int) -> None:
    """Edit an entry and write everything behind it anew: hashes, head, tree; the old signatures cannot be."""
    bank.put(rewritten(bank.rows(), lambda rows: rows[seq - 1].update(body='{"n":98}')))
    bank.plant(12)


@pytest.mark.parametrize(("seq", "caught"), [(2, {4, 7, 12}), (6, {7, 12}), (12, {12})])
def test_a_chain_that_was_written_anew_is_caught_by_the_checkpoints_signed_before(
    bank: Bank, seq: int, caught: set[int]
) -> None:
    forge(bank, seq)
    found = bank.examine().findings
    assert {(place, "rewritten") for place in caught} == {(one.seq, one.wrong) for one in found}
    first = 1 if seq < 5 else (5 if seq < 8 else 8)
    assert found[0].detail.startswith(f"an entry from {first} to {found[0].seq} is not what was signed")


def test_it_is_caught_from_outside_when_the_stored_checkpoints_are_gone(bank: Bank) -> None:
    before = bank.rows()
    forge(bank, 6)
    bank.forget()
    assert bank.found() == []
    mark = mark_of(bank, before, 12)
    assert bank.found(Kept((mark,))) == [(12, "rewritten")]
    exported = {row["seq"]: row["hash"] for row in before}
    assert bank.found(Kept(entries=exported))[0] == (6, "rewritten")


def mark_of(bank: Bank, rows: list[Row], seq: int) -> Checkpoint:
    return sign_checkpoint(
        env=bank.env, seq=seq, head=rows[seq - 1]["hash"], at="2026-11-23T08:00:00.000Z", signer=bank.key
    )


def test_nothing_is_signed_or_exported_over_a_chain_that_was_written_anew(bank: Bank) -> None:
    forge(bank, 6)
    bank.say(1)
    with transaction(bank.engine) as session, pytest.raises(EvidenceError, match="run: evidence check"):
        checkpoint(session, bank.key, NOW, env=bank.env)
    with transaction(bank.engine) as session, pytest.raises(EvidenceError, match="run: evidence check"):
        export_order(session, order_id="a1", env=bank.env, aud="bank", keys={}, signer=bank.key, now=NOW)


def test_a_chain_that_was_cut_off_is_named(bank: Bank) -> None:
    bank.put(bank.rows()[:9])
    assert bank.found() == [(12, "cut")]
    bank.say(5)
    assert bank.found() == [(12, "rewritten")]


def test_a_chain_that_was_cut_off_with_its_checkpoints_is_named_by_what_was_kept(bank: Bank) -> None:
    before = bank.rows()
    bank.put(before[:7])
    bank.forget(above=7)
    assert bank.found() == []
    assert bank.found(Kept((mark_of(bank, before, 12),))) == [(12, "cut")]
    assert bank.found(Kept(entries={9: before[8]["hash"]})) == [(9, "cut")]
    bank.put([])
    assert (7, "cut") in bank.found()


def test_a_forged_checkpoint_is_named(bank: Bank) -> None:
    stranger = AuditKey(ES256.generate())
    with transaction(bank.engine) as session:
        session.execute(update(EvidenceCheckpoint).where(EvidenceCheckpoint.seq == 7).values(root="0" * 64))
        session.execute(update(EvidenceCheckpoint).where(EvidenceCheckpoint.seq == 12).values(kid=stranger.kid))
    assert bank.found() == [(7, "forged"), (12, "forged")]


def test_a_checkpoint_without_its_root_is_a_forged_one(bank: Bank) -> None:
    with transaction(bank.engine) as session:
        session.execute(update(EvidenceCheckpoint).where(EvidenceCheckpoint.seq == 7).values(root=None))
    assert bank.found() == [(7, "forged")]


def test_two_signed_histories_are_named(bank: Bank) -> None:
    """The bank's own key signed another history for somebody: the stored and the kept checkpoint tell."""
    other = rewritten(bank.rows(), lambda rows: rows[2].update(body='{"n":98}'))
    shown = mark_of(bank, other, 7)
    assert (7, "split") in bank.found(Kept((shown,)))
    assert bank.found(Kept((mark_of(bank, bank.rows(), 7),))) == []


def test_a_head_that_says_something_else_is_named(bank: Bank) -> None:
    with transaction(bank.engine) as session:
        session.execute(update(EvidenceHead).values(hash="0" * 64))
    assert bank.found() == [(12, "head")]


def test_what_was_kept_is_read_from_files_that_hold_by_themselves(bank: Bank) -> None:
    mark = bank.grown(1)[0]
    data = write_checkpoint(mark, env=bank.env)
    keys = {bank.key.kid: bank.key.jwk}
    assert read_kept([data], keys) == Kept((mark,), {})
    assert bank.found(read_kept([data], keys)) == []
    with pytest.raises(EvidenceError, match="a kept file does not hold"):
        read_kept([data.replace(b"sandbox", b"sandbax")], keys)


def test_many_wrong_rows_are_told_up_to_a_limit(engine: Engine) -> None:
    made = Bank(engine)
    made.grown(150)
    with transaction(engine) as session:
        session.execute(update(EvidenceEntry).values(body="{}"))
    assert [(seq, "edited") for seq in range(1, 101)] == made.found()


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_single_change_of_any_byte_of_any_row_is_found_and_named(bank: Bank, data: st.DataObject) -> None:
    honest = bank.rows()
    seq = data.draw(st.integers(1, 12))
    column = data.draw(st.sampled_from(["prev", "kind", "subject", "at", "body", "body_hash", "hash"]))
    text = honest[seq - 1][column]
    at = data.draw(st.integers(0, len(text) - 1))
    put = data.draw(st.sampled_from([letter for letter in "0Aaz~é" if letter != text[at]]))
    changed(bank, seq, **{column: text[:at] + put + text[at + 1 :]})
    assert (seq, "edited") in bank.found()
    bank.put(honest)
    assert bank.found() == []


def test_a_chain_that_grows_while_it_is_examined_is_examined_as_it_was(bank: Bank) -> None:
    with transaction(steady(bank.engine), writing=False) as session:
        assert session.scalar(select(func.count()).select_from(EvidenceEntry)) == 12
        bank.grown(3)
        found = examine(session, env=bank.env, keys={bank.key.kid: bank.key.jwk})
    assert (found.entries, found.checkpoints, found.findings) == (12, 3, ())
    assert bank.examine().entries == 15
