"""Turning the key that finds customers: nobody is lost, nobody is in here twice, and the old key goes in the end."""

import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, update

from bff.customers.models import Customer, CustomerIndex
from bff.customers.moving import Moving
from bff.customers.service import Customers, Person
from bff.customers.vault import Vault
from bff.db.engine import retried, transaction
from bff.house import INDEXING, SEALING, StoredIndex, StoredSealing, moving
from bff.kinds import Caller, Channel, Context
from security.errors import KeyStoreError
from security.keys import KeyStore
from security.sealing import BlindIndex, Sealer
from tests.attacks.racing import race
from tests.bff.db.engines import KINDS, fresh_engine

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
RACERS = 64


def person(number: int) -> Person:
    return Person("方知夏", f"{number:018d}", f"139{number:08d}")


class Ids:
    def __init__(self) -> None:
        self._lock, self._next = threading.Lock(), 0

    def __call__(self, prefix: str) -> str:
        with self._lock:
            self._next += 1
            return f"{prefix}_{self._next:06d}"


NEW_ID = Ids()


def enrol(engine: Engine, customers: Customers, number: int) -> str:
    context = Context(Caller(Channel.APP), NOW, NEW_ID, os.urandom)
    return retried(engine, lambda session: customers.enrol(session, context, person(number)))


def found(engine: Engine, customers: Customers, number: int) -> str | None:
    return retried(engine, lambda session: customers.find(session, person(number).id_number), writing=False)


def count(engine: Engine, model: type[Customer | CustomerIndex]) -> int:
    with transaction(engine, writing=False) as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


@pytest.fixture(params=KINDS)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    with fresh_engine(request.param, tmp_path) as opened:
        yield opened


@pytest.fixture
def keys(tmp_path: Path) -> KeyStore:
    made = KeyStore.open(tmp_path / "keys", "words")
    for purpose in (INDEXING, SEALING):
        made.generate(purpose, NOW)
    return made


@pytest.fixture
def customers(keys: KeyStore) -> Customers:
    return Customers(Vault(StoredSealing(keys, os.urandom), StoredIndex(keys)))


@pytest.fixture
def mover(engine: Engine, keys: KeyStore) -> Moving:
    return moving(engine, keys, os.urandom, lambda: None)


def test_everybody_is_found_before_during_and_after(
    engine: Engine, keys: KeyStore, customers: Customers, mover: Moving
) -> None:
    ids = [enrol(engine, customers, number) for number in range(120)]
    old = keys.active(INDEXING).kid
    keys.rotate(INDEXING, NOW)
    assert [found(engine, customers, number) for number in range(120)] == ids
    assert [enrol(engine, customers, number) for number in (0, 119)] == [ids[0], ids[119]]
    assert mover.uses(old) == 118
    assert (mover.run().moved, mover.run().moved, mover.uses(old)) == (118, 0, 0)
    keys.revoke(old, NOW)
    assert [found(engine, customers, number) for number in range(120)] == ids
    mover.run()
    assert (count(engine, Customer), count(engine, CustomerIndex)) == (120, 120)


def test_a_move_that_is_cut_off_goes_on(
    engine: Engine, keys: KeyStore, customers: Customers, mover: Moving, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(60):
        enrol(engine, customers, number)
    keys.rotate(INDEXING, NOW)
    cut = mover.indexed
    monkeypatch.setattr(type(cut), "_drop", lambda *_: pytest.fail("nothing may be dropped by a move that was cut off"))
    rounds = iter([True])
    stale = type(cut)._stale
    monkeypatch.setattr(
        type(cut), "_stale", lambda self, session, after: stale(self, session, after) if next(rounds) else ()
    )
    with pytest.raises((StopIteration, RuntimeError)):
        mover.run()
    monkeypatch.undo()
    assert mover.run().moved == 10
    assert count(engine, CustomerIndex) == 120


def test_racing_enrolments_under_old_and_new_keys_make_one_customer(engine: Engine) -> None:
    """Instances learn of a new key one after the other: some know one of two keys, some both."""
    sealing = Sealer({"k1": b"k" * 32}, "k1")
    old, new = b"o" * 32, b"n" * 32
    views = (
        BlindIndex({"a": old}, "a"),
        BlindIndex({"a": old, "b": new}, "a"),
        BlindIndex({"a": old, "b": new}, "b"),
    )
    known = [Customers(Vault(sealing, view)) for view in views]
    ids = race([partial(enrol, engine, known[number % 3], 7) for number in range(RACERS)])
    assert len(set(ids)) == 1
    assert (count(engine, Customer), count(engine, CustomerIndex)) == (1, 2)
    after = Customers(Vault(sealing, BlindIndex({"b": new}, "b")))
    late = [partial(enrol, engine, one, 8) for one in (known[2], after)]
    assert len(set(race(late * 32))) == 1
    assert count(engine, Customer) == 2


def test_rows_of_before_keys_had_ids_are_taken_over(
    engine: Engine, keys: KeyStore, customers: Customers, mover: Moving
) -> None:
    enrol(engine, customers, 1)
    with transaction(engine) as session:
        session.execute(update(CustomerIndex).values(kid=""))
    assert (mover.run().moved, mover.run().moved) == (1, 0)
    with transaction(engine, writing=False) as session:
        assert session.scalars(select(CustomerIndex.kid)).all() == [keys.active(INDEXING).kid]


def test_an_id_number_that_does_not_open_is_counted_and_its_hash_is_kept(
    engine: Engine, keys: KeyStore, customers: Customers, mover: Moving
) -> None:
    ids = [enrol(engine, customers, number) for number in range(2)]
    old = keys.active(INDEXING).kid
    keys.rotate(INDEXING, NOW)
    with transaction(engine) as session:
        session.execute(update(Customer).where(Customer.customer_id == ids[0]).values(id_number=b"broken"))
    assert mover.indexed.run().broken == 1
    assert (mover.uses(old), found(engine, customers, 0)) == (1, ids[0])
    with pytest.raises(KeyStoreError, match="verifies until"):
        keys.retire(old, NOW)
