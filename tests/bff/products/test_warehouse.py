"""The warehouse over several families: versions in force by date, states of sale, quotas, and what tampering gets."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine, text

from bff.db.engine import retried, transaction
from bff.errors import NotFoundError
from bff.kinds import business_date
from bff.products.definitions import Definition, Family, Words
from bff.products.errors import ProductClosedError, ProductDataError, ProductStateError, QuotaGoneError
from bff.products.warehouse import Warehouse
from tests.bff.db.engines import KINDS, fresh_engine
from tests.bff.wealth.test_races import RACERS, race

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TODAY = business_date(NOW)


class Bond(Definition, frozen=True, kw_only=True):
    """A product with a quota."""

    issuer: Words
    quota_total_fen: int

    @property
    def quota_fen(self) -> int:
        return self.quota_total_fen


class Plan(Definition, frozen=True, kw_only=True):
    """A product without one."""

    floor_fen: int = 0


@pytest.fixture
def bonds(tmp_path: Path) -> Family[Bond]:
    moves = {"RAISING": frozenset({"OPEN", "FAILED"}), "OPEN": frozenset({"CLOSED"})}
    (tmp_path / "bonds").mkdir()
    names: dict[str, Any] = {"starts": frozenset({"RAISING"}), "moves": moves, "taking": frozenset({"RAISING", "OPEN"})}
    return Family(name="bond", definition=Bond, folder=tmp_path / "bonds", **names)


@pytest.fixture
def plans(tmp_path: Path) -> Family[Plan]:
    (tmp_path / "plans").mkdir()
    names: dict[str, Any] = {"starts": frozenset({"OPEN"}), "moves": {}, "taking": frozenset({"OPEN"})}
    return Family(name="plan", definition=Plan, folder=tmp_path / "plans", **names)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with fresh_engine("sqlite", tmp_path) as engine:
        yield engine


def write(family: Family[Any], version: str = "1", valid_from: str = "2026-11-20", **more: Any) -> None:
    code = more.pop("code", "B-1")
    body = {"code": code, "version": version, "valid_from": date.fromisoformat(valid_from), "name": "一号", **more}
    if family.name == "bond":
        shared = {"state": "RAISING", "issuer": {"zh": "甲", "en": "A"}, "quota_total_fen": 1000}
        body = {**shared, **body}
    else:
        body = {"state": "OPEN", **body}
    (family.folder / f"{code}-{version}.yaml").write_bytes(msgspec.yaml.encode(body))


def stocked(engine: Engine, *families: Family[Any], now: datetime = NOW) -> Warehouse:
    warehouse = Warehouse(families)
    with transaction(engine) as session:
        warehouse.synchronise(session, now)
    return warehouse


def sql(engine: Engine, statement: str) -> Any:
    with engine.begin() as connection:
        result = connection.execute(text(statement))
        return [tuple(row) for row in result] if result.returns_rows else []


def test_families_keep_apart_and_one_without_quota_has_none(
    engine: Engine, bonds: Family[Bond], plans: Family[Plan]
) -> None:
    write(bonds)
    write(plans, code="P-1", floor_fen=5)
    warehouse = stocked(engine, bonds, plans)
    with transaction(engine) as session:
        bond, plan = warehouse.get(session, bonds, "B-1", TODAY), warehouse.get(session, plans, "P-1", TODAY)
        assert (bond.definition.issuer.en, bond.quota_total_fen, bond.quota_left_fen) == ("A", 1000, 1000)
        assert (plan.definition.floor_fen, plan.quota_total_fen, plan.state) == (5, 0, "OPEN")
        assert [one.definition.code for one in warehouse.on_sale(session, plans, TODAY)] == ["P-1"]
        with pytest.raises(NotFoundError):
            warehouse.get(session, plans, "B-1", TODAY)
        with pytest.raises(NotFoundError):
            warehouse.version(session, plans, "B-1", "1")
        with pytest.raises(NotFoundError):
            warehouse.move(session, plans, "B-1", {"RAISING"}, "OPEN", by="x", now=NOW)
        with pytest.raises(QuotaGoneError):
            warehouse.hold(session, plan, 1)
    write(plans, code="B-1", version="9")
    with pytest.raises(ProductDataError, match="another family"):
        stocked(engine, bonds, plans)


def test_a_version_is_in_force_from_midnight_in_shanghai_and_the_older_one_stays_readable(
    engine: Engine, bonds: Family[Bond]
) -> None:
    write(bonds, "1", "2026-11-20")
    write(bonds, "2", "2026-11-24", issuer={"zh": "乙", "en": "B"}, quota_total_fen=700)
    write(bonds, "1", "2026-11-25", code="B-0")
    warehouse = stocked(engine, bonds)
    before = business_date(datetime(2026, 11, 23, 15, 59, 59, 999_999, tzinfo=UTC))
    after = business_date(datetime(2026, 11, 23, 16, 0, tzinfo=UTC))
    with transaction(engine) as session:
        old, new = (warehouse.get(session, bonds, "B-1", day) for day in (before, after))
        assert (old.definition.version, old.definition.issuer.en) == ("1", "A")
        assert (new.definition.version, new.definition.issuer.en, new.quota_left_fen) == ("2", "B", 700)
        assert [one.definition.version for one in warehouse.on_sale(session, bonds, after)] == ["2"]
        assert warehouse.on_sale(session, bonds, date(2026, 11, 19)) == ()
        later = warehouse.on_sale(session, bonds, date(2026, 11, 25))
        assert [(one.definition.code, one.definition.version) for one in later] == [("B-0", "1"), ("B-1", "2")]
        with pytest.raises(NotFoundError):
            warehouse.get(session, bonds, "B-1", date(2026, 11, 19))
        assert warehouse.version(session, bonds, "B-1", "1") == old.definition
        with pytest.raises(NotFoundError):
            warehouse.version(session, bonds, "B-1", "3")


def test_what_was_sold_counts_against_the_quota_of_the_version_in_force(engine: Engine, bonds: Family[Bond]) -> None:
    write(bonds, "1", "2026-11-20", quota_total_fen=1000)
    write(bonds, "2", "2026-11-24", quota_total_fen=700)
    write(bonds, "3", "2026-11-25", quota_total_fen=500)
    warehouse = stocked(engine, bonds)
    first, second, third = (date(2026, 11, day) for day in (23, 24, 25))
    with transaction(engine) as session:
        warehouse.hold(session, warehouse.get(session, bonds, "B-1", first), 600)
        warehouse.confirm(session, "B-1", 600)
        assert [warehouse.get(session, bonds, "B-1", day).quota_left_fen for day in (first, second, third)] == [
            400,
            100,
            0,
        ]
        with pytest.raises(QuotaGoneError):
            warehouse.hold(session, warehouse.get(session, bonds, "B-1", second), 101)
        warehouse.hold(session, warehouse.get(session, bonds, "B-1", second), 100)
        with pytest.raises(QuotaGoneError):
            warehouse.hold(session, warehouse.get(session, bonds, "B-1", third), 1)
        warehouse.release(session, "B-1", 100)
        with pytest.raises(ProductDataError):
            warehouse.release(session, "B-1", 1)
    assert sql(engine, "SELECT total_fen, held_fen, confirmed_fen FROM product_quota") == [(700, 0, 600)]


def test_synchronising_twice_changes_nothing_and_a_version_never_changes(engine: Engine, bonds: Family[Bond]) -> None:
    write(bonds)
    warehouse = stocked(engine, bonds)
    with transaction(engine) as session:
        assert warehouse.synchronise(session, NOW) == 0
    write(bonds, quota_total_fen=999)
    with pytest.raises(ProductDataError, match="version of its own"):
        stocked(engine, bonds)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"state": "CLOSED"}, "starts as RAISING"),
        ({"quota_total_fen": "many"}, "quota_total_fen"),
        ({"isuer": 1}, "isuer"),
        ({"code": "B 1"}, "code"),
        ({"name": ""}, "name"),
    ],
)
def test_a_definition_that_does_not_fit_its_family_is_refused_by_member(
    bonds: Family[Bond], change: dict[str, Any], said: str
) -> None:
    write(bonds, **change)
    with pytest.raises(ProductDataError) as refused:
        bonds.shipped()
    assert said in refused.value.detail


def test_two_files_of_one_version_are_refused(bonds: Family[Bond]) -> None:
    write(bonds)
    (bonds.folder / "again.yaml").write_bytes((bonds.folder / "B-1-1.yaml").read_bytes())
    with pytest.raises(ProductDataError, match="same version"):
        bonds.shipped()


def test_a_definition_that_was_tampered_with_is_not_sold(engine: Engine, bonds: Family[Bond]) -> None:
    write(bonds)
    warehouse = stocked(engine, bonds)
    sql(engine, "UPDATE product_version SET definition = replace(definition, '1000', '9999')")
    with transaction(engine) as session:
        for reading in (
            lambda: warehouse.get(session, bonds, "B-1", TODAY),
            lambda: warehouse.on_sale(session, bonds, TODAY),
            lambda: warehouse.version(session, bonds, "B-1", "1"),
        ):
            with pytest.raises(ProductDataError, match="not the one that was checked"):
                reading()


def test_a_version_that_nobody_checked_is_not_sold(engine: Engine, bonds: Family[Bond]) -> None:
    write(bonds)
    warehouse = stocked(engine, bonds)
    sql(engine, "UPDATE product_version SET state = 'PROPOSED'")
    with transaction(engine) as session:
        assert warehouse.on_sale(session, bonds, TODAY) == ()
        with pytest.raises(NotFoundError):
            warehouse.get(session, bonds, "B-1", TODAY)
        with pytest.raises(NotFoundError):
            warehouse.version(session, bonds, "B-1", "1")


def test_a_product_moves_only_along_its_familys_states_and_leaves_evidence(engine: Engine, bonds: Family[Bond]) -> None:
    write(bonds)
    warehouse = stocked(engine, bonds)
    with transaction(engine) as session:
        with pytest.raises(ProductStateError):
            warehouse.move(session, bonds, "B-1", {"RAISING"}, "CLOSED", by="op", now=NOW)
        with pytest.raises(ProductStateError):
            warehouse.move(session, bonds, "B-1", {"OPEN"}, "CLOSED", by="op", now=NOW)
        warehouse.move(session, bonds, "B-1", {"RAISING"}, "OPEN", by="op", now=NOW)
        warehouse.get(session, bonds, "B-1", TODAY).require_open()
        warehouse.move(session, bonds, "B-1", {"OPEN", "RAISING"}, "CLOSED", by="op", now=NOW)
        with pytest.raises(ProductClosedError):
            warehouse.get(session, bonds, "B-1", TODAY).require_open()
        with pytest.raises(ProductStateError):
            warehouse.move(session, bonds, "B-1", {"CLOSED"}, "OPEN", by="op", now=NOW)
    told = [msgspec.json.decode(body) for (body,) in sql(engine, "SELECT body FROM evidence_entry ORDER BY seq")]
    assert [(one["product"], one["from"], one["to"], one["by"]) for one in told] == [
        ("B-1", "RAISING", "OPEN", "op"),
        ("B-1", "OPEN", "CLOSED", "op"),
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_of_sixty_four_movers_one_moves(kind: str, tmp_path: Path, bonds: Family[Bond]) -> None:
    write(bonds)
    with fresh_engine(kind, tmp_path) as engine:
        warehouse = stocked(engine, bonds)

        def move(number: int) -> str:
            to = "OPEN" if number % 2 else "FAILED"
            retried(engine, lambda session: warehouse.move(session, bonds, "B-1", {"RAISING"}, to, by="op", now=NOW))
            return to

        got = Counter(race(move))
        (state,) = sql(engine, "SELECT state FROM product")[0]
        assert got == {state: 1, "PRODUCT_STATE": RACERS - 1}
        assert sql(engine, "SELECT count(*) FROM evidence_entry WHERE kind = 'product.state'") == [(1,)]


@pytest.mark.parametrize("kind", KINDS)
def test_the_version_in_force_and_its_quota_hold_on_every_engine(
    kind: str, tmp_path: Path, bonds: Family[Bond]
) -> None:
    write(bonds, "1", "2026-11-20", quota_total_fen=50)
    write(bonds, "2", "2026-11-23", quota_total_fen=30)
    with fresh_engine(kind, tmp_path) as engine:
        warehouse = stocked(engine, replace(bonds))

        def hold(number: int) -> str:
            day = date(2026, 11, 22 + number % 2)  # at midnight two instances hold under two versions
            retried(engine, lambda s: warehouse.hold(s, warehouse.get(s, bonds, "B-1", day), 1))
            return "held"

        held = Counter(race(hold))["held"]
        ((total, counted),) = sql(engine, "SELECT total_fen, held_fen FROM product_quota")
        assert held == counted
        assert 30 <= counted <= 50
        assert counted <= total
        with transaction(engine) as session:
            assert [one.definition.version for one in warehouse.on_sale(session, bonds, TODAY)] == ["2"]
