"""Decisions explained: what was read and weighed, of the allowed and of the refused, by one INSERT each."""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from bff.db.engine import transaction
from bff.errors import BffError, NotFoundError
from bff.kinds import Context
from bff.products import decisions
from bff.products.errors import ProductChangedError
from tests.bff.accounts import steps
from tests.bff.db.engines import fresh_engine
from tests.bff.products.people import Team, definition
from tests.bff.sweep.bank import SweepBank
from tests.bff.wealth.world import CHEN, LIN, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with fresh_engine("sqlite", tmp_path) as engine:
        yield World(engine)


def explain(world: World, wanted: str) -> list[Mapping[str, Any]]:
    with transaction(world.engine, writing=False) as session:
        return decisions.explain(session, wanted)


def refusal(work: Any) -> BffError:
    with pytest.raises(BffError) as refused:
        work()
    return refused.value


def named(world: World, name: str) -> None:
    """Let every further call carry this request id."""
    made = world.context

    def context(*given: Any, **more: Any) -> Context:
        return replace(made(*given, **more), request_id=name)

    world.context = context  # type: ignore[method-assign]  # as a door names its requests


def test_a_purchase_is_explained_by_its_order_and_by_its_operation(world: World) -> None:
    phone = world.ready()
    order = world.call(phone, "wealth.order.get", {"orderId": world.buy(phone)["result"]["orderId"]})
    prepared, placed = explain(world, order["orderId"])
    assert [prepared, placed] == explain(world, order["operationId"])
    assert (prepared["kind"], placed["kind"]) == ("wealth.prepare", "wealth.place")
    assert {one["outcome"] for one in (prepared, placed)} == {"ALLOWED"}
    assert (prepared["pack"], prepared["version"]) == ("wealth", "wealth-2026.1")
    rule = {"value": 65, "source": "销售管理暂行办法", "remark": "an extra confirmation from this age on"}
    assert prepared["rules"]["age_confirmation"] == rule
    assert set(prepared["rules"]) == {"age_confirmation", "cut_off", "confirm_trading_days"}
    inputs = {"amountFen": 5_000_000, "level": "C5", "risk": "R2", "product": "JMG-WY90", "productVersion": "2026.1"}
    assert inputs.items() <= prepared["inputs"].items()
    assert (placed["subject"], placed["about"]) == (order["orderId"], order["operationId"])
    assert placed["customer"] == phone.customer_id


def test_a_refused_purchase_is_explained_by_its_request(world: World) -> None:
    phone = world.ready()
    named(world, "req_refused_1")
    assert refusal(lambda: world.prepare(phone, fen=20_000_000)).code == "INSUFFICIENT_FUNDS"
    (told,) = explain(world, "req_refused_1")
    assert (told["kind"], told["outcome"], told["subject"]) == ("wealth.prepare", "INSUFFICIENT_FUNDS", "")
    assert told["inputs"]["availableFen"] == 10_000_000
    assert told["inputs"]["amountFen"] == 20_000_000
    assert world.sql("SELECT count(*) FROM rule_decision WHERE outcome = 'INSUFFICIENT_FUNDS'") == [(1,)]


def test_a_refused_signature_is_explained_by_its_operation(world: World) -> None:
    phone = world.ready()
    asked = world.prepare(phone)
    with world.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE product SET state = 'CLOSED' WHERE code = 'JMG-WY90'")
    message = world.message(phone, asked["challengeId"])
    assert refusal(lambda: world.approve(phone, asked["challengeId"], message)).code == "PRODUCT_CLOSED"
    prepared, refused = explain(world, asked["operationId"])
    assert (prepared["outcome"], refused["outcome"]) == ("ALLOWED", "PRODUCT_CLOSED")
    assert refused["inputs"]["productState"] == "CLOSED"


def test_funding_tells_the_counters_before_and_after(world: World) -> None:
    phone = world.bound(CHEN, 1_000_000)
    done = world.call(phone, "accounts.fund", {"accountId": phone.account_id, "amountFen": 500_000})
    told = explain(world, done["fundingId"])[-1]
    counter = "bound_in.2026-11-23"
    assert (told["inputs"][f"{counter}.beforeFen"], told["inputs"][f"{counter}.afterFen"]) == (1_000_000, 1_500_000)
    assert told["rules"]["class_ii_bound_in_day_fen"]["value"] == 50_000_000
    named(world, "req_too_much")
    body = {"accountId": phone.account_id, "amountFen": 49_000_000}
    assert refusal(lambda: world.call(phone, "accounts.fund", body)).code == "LIMIT_DAY"
    (refused,) = explain(world, "req_too_much")
    assert (refused["outcome"], refused["inputs"][f"{counter}.beforeFen"]) == ("LIMIT_DAY", 1_500_000)
    assert refused["inputs"][f"{counter}.afterFen"] == 1_500_000


def test_opening_and_suitability_are_explained(world: World) -> None:
    phone = world.ready()
    ((application,),) = world.sql("SELECT application_id FROM account_application")
    assert [one["kind"] for one in explain(world, application)] == ["accounts.apply", "accounts.open"]
    assert explain(world, phone.account_id or "")[0]["kind"] == "accounts.apply"
    world.assess(phone)
    named(world, "req_third")
    assert refusal(lambda: world.assess(phone)).code == "ASSESSMENT_LIMIT"
    (told,) = explain(world, "req_third")
    assert (told["inputs"]["leftToday"], told["rules"]["assessments_per_day"]["value"]) == (0, 2)


def test_nothing_personal_stands_in_the_records(world: World) -> None:
    phone = world.ready()
    world.buy(phone)
    refusal(lambda: world.prepare(phone, fen=1))
    kept = " ".join(str(row) for row in world.sql("SELECT * FROM rule_decision"))
    assert "wealth.place" in kept
    assert [one for one in (CHEN.name, CHEN.id_number, CHEN.mobile, CHEN.card) if one in kept] == []


def test_a_decision_costs_one_insert_and_a_read_none(world: World) -> None:
    phone = world.ready()
    statements: list[str] = []
    event.listen(world.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    world.prepare(phone)
    assert len([one for one in statements if "rule_decision" in one]) == 1
    assert len([one for one in statements if "product_version" in one]) == 1
    statements.clear()
    world.call(phone, "wealth.product.list")
    assert [one for one in statements if "rule_decision" in one] == []


def test_an_attempt_that_the_database_undid_leaves_no_findings(world: World) -> None:
    """A transaction that is tried again decides again: nothing of the first attempt is kept."""
    phone, made, contexts, failed = world.ready(), world.context, list[Context](), list[str]()

    def context(*given: Any, **more: Any) -> Context:
        contexts.append(replace(made(*given, **more), request_id="req_again_1"))
        return contexts[-1]

    def fail_once(*given: Any) -> None:
        if "FROM account" in given[2].replace("\n", " ") and not failed:
            failed.append(given[2])
            raise OperationalError(given[2], {}, sqlite3.OperationalError("database is locked"))

    world.context = context  # type: ignore[method-assign]  # as a door names its requests
    event.listen(world.engine, "before_cursor_execute", fail_once)
    assert refusal(lambda: world.prepare(phone, fen=1)).code == "AMOUNT_MINIMUM"
    assert (len(failed), len(contexts[-1].findings)) == (1, 1)
    assert [one["outcome"] for one in explain(world, "req_again_1")] == ["AMOUNT_MINIMUM"]


def test_a_call_without_a_decision_is_refused_as_before(world: World) -> None:
    phone = world.bound(LIN)
    named(world, "req_plain_1")
    assert refusal(lambda: world.call(phone, "device.bind.confirm", {})).code == "REQUEST_INVALID"
    with pytest.raises(NotFoundError, match="no decision is known"):
        explain(world, "req_plain_1")


def team_of(world: World) -> Team:
    return Team(world.engine, world.warehouse, {"wealth": world.orders.packs}, world.orders.calendar)


def test_an_order_shown_under_one_version_and_signed_under_another_is_refused(world: World) -> None:
    phone = world.ready()
    asked = world.prepare(phone)
    message = world.message(phone, asked["challengeId"])
    team_of(world).bring("product", definition("2026.2", "2026-11-23", benchmark_high="2.50"), world.now)
    world.later(seconds=1)
    refused = refusal(lambda: world.approve(phone, asked["challengeId"], message))
    assert (refused.code, world.quota()[1:]) == (ProductChangedError.code, (0, 0))
    told = explain(world, asked["operationId"])[-1]
    assert (told["inputs"]["shownVersion"], told["inputs"]["productVersion"]) == ("2026.1", "2026.2")
    order = world.buy(phone)["result"]["orderId"]
    assert world.sql("SELECT product_version FROM wealth_order WHERE order_id = :order", order=order) == [("2026.2",)]


def test_midnight_between_showing_and_signing_refuses_too(world: World) -> None:
    phone = world.ready()
    team_of(world).bring("product", definition("2026.2", "2026-11-24"), world.now)
    world.now = world.now.replace(hour=15, minute=59, second=59, microsecond=999_000)
    asked = world.prepare(phone)
    message = world.message(phone, asked["challengeId"])
    world.later(microseconds=1_000)
    refused = refusal(lambda: world.approve(phone, asked["challengeId"], message))
    assert refused.code == ProductChangedError.code
    assert world.buy(phone)["result"]["state"] == "ACCEPTED"


def test_what_was_frozen_before_versions_were_is_taken(world: World) -> None:
    phone = world.ready()
    asked = world.prepare(phone)
    with world.engine.begin() as connection:
        cut = 'UPDATE approval_operation SET payload = replace(payload, \'"version":"2026.1"\', \'"older":1\')'
        assert connection.exec_driver_sql(cut).rowcount == 1
    assert world.sql("SELECT count(*) FROM approval_operation WHERE payload LIKE '%older%'") == [(1,)]
    done = world.approve(phone, asked["challengeId"], world.message(phone, asked["challengeId"]))
    assert done["result"]["state"] == "ACCEPTED"


def test_a_transfer_tells_its_counters_when_it_is_shown_signed_and_refused(world: World) -> None:
    phone = world.bound(CHEN, 3_000_000)
    payee = steps.payee(world, phone)
    done = steps.to_payee(world, phone, 900_000, payee)
    shown, placed = explain(world, done["result"]["orderId"])
    assert (shown["kind"], placed["kind"]) == ("accounts.transfer.out.prepare", "accounts.transfer.out.place")
    assert shown["inputs"]["unbound_out.2026-11-23.beforeFen"] == 0
    after = [placed["inputs"][f"unbound_out.{period}.afterFen"] for period in ("2026-11-23", "2026")]
    assert after == [900_000, 900_000]
    assert placed["rules"]["class_ii_unbound_out_day_fen"]["value"] == 1_000_000
    named(world, "req_more_1")
    assert refusal(lambda: steps.prepared_out(world, phone, 100_001, payee)).code == "LIMIT_DAY"
    (refused,) = explain(world, "req_more_1")
    assert (refused["outcome"], refused["inputs"]["unbound_out.2026-11-23.beforeFen"]) == ("LIMIT_DAY", 900_000)


def test_the_sweeps_agreements_and_purchases_tell_what_they_weighed(tmp_path: Path) -> None:
    with fresh_engine("sqlite", tmp_path) as engine:
        bank = SweepBank(engine)
        phone = bank.bound(CHEN, 500_000)
        named(bank, "req_floor_1")
        assert refusal(lambda: bank.sign(phone, 10_000_000_001)).code == "FLOOR_INVALID"
        (refused,) = explain(bank, "req_floor_1")
        assert (refused["kind"], refused["outcome"]) == ("sweep.agreement.prepare", "FLOOR_INVALID")
        assert refused["inputs"] == {"product": "LMB", "accountId": phone.account_id, "floorFen": 10_000_000_001}
        assert refused["rules"]["floor_most_fen"]["value"] < 10_000_000_001
        named(bank, "req_signed_1")
        signed = bank.sign(phone, 100_000)["result"]["orderId"]
        shown, placed = explain(bank, signed)
        assert [one["kind"] for one in (shown, placed)] == ["sweep.agreement.prepare", "sweep.agreement.place"]
        assert (placed["outcome"], placed["pack"], placed["inputs"]["floorFen"]) == ("ALLOWED", "sweep", 100_000)
        agreement = placed["inputs"]["agreementId"]
        order = bank.put(phone, 300_000)["result"]["orderId"]
        shown, placed = explain(bank, order)
        assert [one["kind"] for one in (shown, placed)] == ["sweep.purchase.prepare", "sweep.purchase.place"]
        weighed = {"amountFen": 300_000, "availableFen": 500_000, "agreementId": agreement, "minimumFen": 100}
        assert weighed.items() <= shown["inputs"].items()
        assert {"cut_off", "confirm_trading_days"} <= set(placed["rules"])
        named(bank, "req_put_1")
        assert refusal(lambda: bank.put(phone, 200_001)).code == "SWEEP_FUNDS"
        (refused,) = explain(bank, "req_put_1")
        assert (refused["outcome"], refused["inputs"]["availableFen"]) == ("SWEEP_FUNDS", 200_000)
        named(bank, "req_end_1")
        ending = {"agreementId": agreement}
        assert refusal(lambda: bank.call(phone, "sweep.agreement.end", ending)).code == "AGREEMENT_HOLDS"
        (refused,) = explain(bank, "req_end_1")
        assert (refused["inputs"]["leftFen"], refused["inputs"]["ordersOnTheirWay"]) == (300_000, 1)


def test_a_purchase_signed_after_its_agreement_ended_is_explained_by_its_operation(tmp_path: Path) -> None:
    with fresh_engine("sqlite", tmp_path) as engine:
        bank = SweepBank(engine)
        phone = bank.saver()
        body = {"product": "LMB", "accountId": phone.account_id, "amountFen": 100_000}
        asked = bank.call(phone, "sweep.purchase.prepare", body)
        ((agreement,),) = bank.sql("SELECT agreement_id FROM sweep_agreement")
        bank.call(phone, "sweep.agreement.end", {"agreementId": agreement})
        message = bank.message(phone, asked["challengeId"])
        assert refusal(lambda: bank.approve(phone, asked["challengeId"], message)).code == "AGREEMENT_REQUIRED"
        shown, refused = explain(bank, asked["operationId"])
        assert (shown["outcome"], refused["outcome"]) == ("ALLOWED", "AGREEMENT_REQUIRED")
        assert (shown["inputs"]["agreementId"], refused["inputs"]["agreementId"]) == (agreement, None)
        assert [one["kind"] for one in explain(bank, agreement)][-1] == "sweep.agreement.end"


def test_a_fast_redemption_tells_what_was_left_of_both_caps(tmp_path: Path) -> None:
    with fresh_engine("sqlite", tmp_path) as engine:
        bank = SweepBank(engine)
        phone = bank.holder(1_200_000)
        order = bank.take(phone, 400_000)["result"]["orderId"]
        shown, placed = explain(bank, order)
        assert (shown["inputs"]["ownLeftFen"], placed["kind"]) == (1_000_000, "sweep.redeem.place")
        assert {"fast_day_fen", "fast_pool_fen"} <= set(placed["rules"])
        named(bank, "req_fast_1")
        assert refusal(lambda: bank.take(phone, 600_001)).code == "FAST_CAP"
        (refused,) = explain(bank, "req_fast_1")
        assert (refused["outcome"], refused["inputs"]["ownLeftFen"]) == ("FAST_CAP", 600_000)


def test_a_refused_redemption_tells_what_could_be_redeemed(world: World) -> None:
    phone = world.ready()
    named(world, "req_shares_1")
    body = {"product": "JMG-WY90", "accountId": phone.account_id, "shares": "100.00"}
    assert refusal(lambda: world.call(phone, "wealth.redeem.prepare", body)).code == "SHARES_GONE"
    (refused,) = explain(world, "req_shares_1")
    assert (refused["kind"], refused["outcome"]) == ("wealth.redeem.prepare", "SHARES_GONE")
    assert (refused["inputs"]["redeemable"], refused["inputs"]["shares"]) == ("0.00", "100.00")
