"""Sealed values move to the present key while they are used; every sealed column takes part."""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, LargeBinary, insert, select, update

from bff import outbox
from bff.customers.models import Customer
from bff.customers.rewrapping import BATCH, Moved
from bff.db.base import Base
from bff.db.engine import transaction
from bff.db.migrations import load_models
from bff.house import SEALED, SEALING, StoredSealing, moving
from security.keys import KeyStore
from tests.bff.db.engines import fresh_engine

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
UNSEALED = {("evidence_blob", "data"), ("app_instance", "public_key")}
"""Columns of bytes that hold no personal data."""


def new_bytes(count: int) -> bytes:
    new_bytes.number += 1  # type: ignore[attr-defined]  # a counter is chance enough here
    return new_bytes.number.to_bytes(count)  # type: ignore[attr-defined]  # the same


new_bytes.number = 0  # type: ignore[attr-defined]  # the same


@pytest.fixture
def keys(tmp_path: Path) -> KeyStore:
    store = KeyStore.open(tmp_path / "keys", "words")
    store.generate(SEALING, NOW)
    return store


@pytest.fixture(params=["sqlite", pytest.param("mariadb", marks=pytest.mark.mariadb)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    with fresh_engine(request.param, tmp_path) as opened:
        yield opened


def enrol(engine: Engine, keys: KeyStore, count: int) -> None:
    sealing = StoredSealing(keys, new_bytes)
    rows = []
    for number in range(count):
        name = f"cus_{number:03d}"
        fields = ("name", "id_number", "mobile")
        sealed = {
            field: sealing.seal(plaintext=f"{field} {number}".encode(), record_id=name, field=field) for field in fields
        }
        rows.append({"customer_id": name, "created_at": NOW, "updated_at": NOW, **sealed})
    with transaction(engine) as session:
        session.execute(insert(Customer), rows)


def names(engine: Engine) -> dict[str, bytes]:
    with transaction(engine, writing=False) as session:
        rows = session.execute(select(Customer.customer_id, Customer.name))
        return {row.customer_id: row.name for row in rows}


def test_every_value_moves_and_still_opens(engine: Engine, keys: KeyStore) -> None:
    count = BATCH + 3
    enrol(engine, keys, count)
    old, rewrap = keys.active(SEALING).kid, moving(engine, keys, new_bytes, lambda: None).sealed
    assert (rewrap.run(), rewrap.uses(old)) == (Moved(0, 0), 3 * count)
    new = keys.rotate(SEALING, NOW).kid
    assert rewrap.run() == Moved(3 * count, 0)
    assert (rewrap.uses(old), rewrap.uses(new), rewrap.run()) == (0, 3 * count, Moved(0, 0))
    sealing = StoredSealing(keys, new_bytes)
    opened = {
        record: sealing.open(envelope=envelope, record_id=record, field="name")
        for record, envelope in names(engine).items()
    }
    assert opened == {f"cus_{number:03d}": f"name {number}".encode() for number in range(count)}


def test_a_value_that_does_not_open_stays_and_is_counted(engine: Engine, keys: KeyStore) -> None:
    enrol(engine, keys, 2)
    foreign = names(engine)["cus_000"]
    with transaction(engine) as session:
        session.execute(update(Customer).where(Customer.customer_id == "cus_001").values(name=foreign))
    old = keys.active(SEALING).kid
    keys.rotate(SEALING, NOW)
    rewrap = moving(engine, keys, new_bytes, lambda: None).sealed
    assert (rewrap.run(), rewrap.uses(old), names(engine)["cus_001"]) == (Moved(5, 1), 1, foreign)


@dataclass
class Overtaken:
    """Seals as the store does; before it moves the first name, the customer changes it in another transaction."""

    engine: Engine
    inner: StoredSealing
    is_done: bool = False

    def seal(self, *, plaintext: bytes, record_id: str, field: str) -> bytes:
        return self.inner.seal(plaintext=plaintext, record_id=record_id, field=field)

    def open(self, *, envelope: bytes, record_id: str, field: str) -> bytes:
        return self.inner.open(envelope=envelope, record_id=record_id, field=field)

    def rewrap(self, *, envelope: bytes, record_id: str, field: str) -> bytes:
        if field == "name" and not self.is_done:
            self.is_done = True
            fresh = self.seal(plaintext=b"changed", record_id=record_id, field=field)
            with transaction(self.engine) as session:
                session.execute(update(Customer).values(name=fresh))
        return self.inner.rewrap(envelope=envelope, record_id=record_id, field=field)


@pytest.mark.parametrize("engine", [pytest.param("mariadb", marks=pytest.mark.mariadb)], indirect=True)
def test_a_value_that_changes_meanwhile_wins(engine: Engine, keys: KeyStore) -> None:
    """On SQLite nobody can: the round holds the one writer's lock."""
    enrol(engine, keys, 1)
    keys.rotate(SEALING, NOW)
    overtaken = Overtaken(engine, StoredSealing(keys, new_bytes))
    assert replace(moving(engine, keys, new_bytes, lambda: None).sealed, sealing=overtaken).run() == Moved(2, 0)
    assert overtaken.open(envelope=names(engine)["cus_000"], record_id="cus_000", field="name") == b"changed"


def test_a_message_that_still_holds_a_sealed_value_is_counted(engine: Engine, keys: KeyStore) -> None:
    old = keys.active(SEALING).kid
    sealed = StoredSealing(keys, new_bytes).seal(plaintext=b"card", record_id="fnd_1", field="card")
    with transaction(engine) as session:
        payload = {"fundingId": "fnd_1", "sealed": b64encode(sealed).decode()}
        outbox.put(session, topic="card.debit", key="fnd_1", payload=payload, now=NOW)
    keys.rotate(SEALING, NOW)
    rewrap = moving(engine, keys, new_bytes, lambda: None).sealed
    rewrap.run()
    assert (rewrap.uses(old), rewrap.uses(keys.active(SEALING).kid)) == (1, 0)


def test_every_column_of_bytes_is_moved_or_known_to_hold_no_personal_data() -> None:
    load_models()
    found = {
        (table.name, column.name)
        for table in Base.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    assert found - UNSEALED == {(str(one.model.__tablename__), one.name) for one in SEALED}
