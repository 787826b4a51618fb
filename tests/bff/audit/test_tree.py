import pytest
from sqlalchemy import Engine, delete, select, update
from sqlalchemy.orm import Session

from bff.audit import catch_up, checkpoint, latest
from bff.audit.models import EvidenceCheckpoint, EvidenceEntry, EvidenceNode
from bff.audit.tree import WIDTH, StoredTree, grow
from bff.db.engine import transaction
from security.errors import EvidenceError
from security.evidence.chain import leaf_of
from security.evidence.merkle import consistency_path, fold, inclusion_path, peaks_of
from tests.bff.audit.attacks import NOW, Bank

COUNT = 2 * WIDTH + 70


@pytest.fixture
def bank(engine: Engine) -> Bank:
    made = Bank(engine)
    made.say(COUNT)
    return made


def leaves(session: Session) -> list[bytes]:
    return [leaf_of(own) for own in session.scalars(select(EvidenceEntry.hash).order_by(EvidenceEntry.seq))]


def stored(session: Session) -> list[tuple[int, int]]:
    wanted = select(EvidenceNode.level, EvidenceNode.position).order_by(EvidenceNode.level, EvidenceNode.position)
    return [(row.level, row.position) for row in session.execute(wanted)]


def test_every_proof_from_the_stored_tree_is_that_of_the_leaves(bank: Bank) -> None:
    with transaction(bank.engine) as session:
        assert grow(session, COUNT)
        assert stored(session) == [(1, 0), (1, 1)]
        own, tree = leaves(session), StoredTree(session)
        for size in (1, 2, 255, 256, 257, 511, 512, 513, COUNT):
            plain = lambda start, end: fold(own[start:end])  # noqa: E731 — the reference in one line
            assert fold(own[:size]) == tree.subtree(0, size)
            assert peaks_of(size, plain) == peaks_of(size, tree.subtree)
            for place in {0, size // 2, size - 1}:
                paths = [inclusion_path(index=place, size=size, subtree=each) for each in (plain, tree.subtree)]
                assert paths[0] == paths[1]
                paths = [consistency_path(old=place + 1, size=size, subtree=each) for each in (plain, tree.subtree)]
                assert paths[0] == paths[1]


def test_a_proof_reads_no_more_rows_than_the_levels_hold(bank: Bank) -> None:
    with transaction(bank.engine) as session:
        grow(session, COUNT)
        tree = StoredTree(session)
        read: list[int] = []

        def subtree(start: int, end: int) -> bytes:
            read.append(min(end - start, (end - start) // WIDTH + (end - start) % WIDTH))
            return tree.subtree(start, end)

        inclusion_path(index=3, size=COUNT, subtree=subtree)
        assert sum(read) <= 2 * WIDTH


def test_the_tree_catches_up_in_steps_and_twice_is_once(bank: Bank) -> None:
    steps = []
    for _ in range(4):
        with transaction(bank.engine) as session:
            steps.append(catch_up(session, limit=1))
    assert steps == [False, True, True, True]
    with transaction(bank.engine) as session:
        assert stored(session) == [(1, 0), (1, 1)]


def test_a_third_level_stands_on_the_second(bank: Bank) -> None:
    """A subtree of 65,536 entries, from rows of the level below: what it says is their fold."""
    nodes = [leaf_of(f"{number:064x}") for number in range(WIDTH)]
    with transaction(bank.engine) as session:
        for position, own in enumerate(nodes):
            session.add(EvidenceNode(level=1, position=position, hash=own.hex()))
        session.flush()
        assert grow(session, WIDTH * WIDTH)
        assert fold(nodes) == StoredTree(session).subtree(0, WIDTH * WIDTH)
        assert stored(session)[-1] == (2, 0)
        session.rollback()


def test_a_tree_that_lost_a_row_or_has_no_hash_in_one_is_not_believed(bank: Bank) -> None:
    with transaction(bank.engine) as session:
        grow(session, COUNT)
        session.execute(delete(EvidenceNode).where(EvidenceNode.position == 0))
        with pytest.raises(EvidenceError, match="1 stored subtrees of level 1 are missing"):
            StoredTree(session).subtree(0, COUNT)
        session.execute(update(EvidenceNode).values(hash="x"))
        with pytest.raises(EvidenceError, match="a stored hash is not 64 lower-case hex digits"):
            StoredTree(session).subtree(WIDTH, 2 * WIDTH)


def test_a_checkpoint_signs_the_root_of_the_tree(bank: Bank) -> None:
    mark = bank.sign()
    with transaction(bank.engine) as session:
        assert fold(leaves(session)).hex() == mark.root
        assert latest(session) == mark


def test_a_chain_from_before_the_tree_gets_one_with_one_entry_that_says_so(bank: Bank) -> None:
    with transaction(bank.engine) as session:
        head = session.scalars(select(EvidenceEntry.hash).where(EvidenceEntry.seq == COUNT)).one()
        session.add(EvidenceCheckpoint(seq=COUNT, hash=head, at="2026-11-23T08:00:00.000Z", kid="k", sig="s"))
    with transaction(bank.engine) as session:
        made = checkpoint(session, bank.key, NOW, env=bank.env)
        assert made is not None
        entry = session.get_one(EvidenceEntry, COUNT + 1)
        assert (made.seq, entry.kind, entry.body) == (COUNT + 1, "evidence.tree", f'{{"size":{COUNT + 1}}}')
        assert fold(leaves(session)).hex() == made.root
        assert checkpoint(session, bank.key, NOW, env=bank.env) is None


def test_a_tree_that_was_emptied_grows_anew_to_the_same_root(bank: Bank) -> None:
    mark = bank.sign()
    with transaction(bank.engine) as session:
        session.execute(delete(EvidenceNode))
    bank.grown(1)
    with transaction(bank.engine) as session:
        assert StoredTree(session).subtree(0, COUNT).hex() == mark.root
