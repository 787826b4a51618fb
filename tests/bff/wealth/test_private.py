"""Private products: qualified investors alone, counted, and a day to think again."""

from datetime import date
from pathlib import Path

import pytest

from bff.db.engine import transaction
from bff.errors import NotFoundError
from bff.wealth import investors
from bff.wealth.errors import HeadcountFullError, NotCancellableError, QualificationRequiredError
from tests.bff.wealth.shelf import shelve
from tests.bff.wealth.world import CHEN, LIN, Phone, World


def qualify(world: World, phone: Phone, until: date = date(2027, 11, 23)) -> None:
    with transaction(world.engine) as session:
        customer = phone.customer_id or ""
        investors.qualify(session, customer, evidence="file-2026-118", by="chen.yu", until=until, now=world.now)


def buy(world: World, phone: Phone, code: str) -> str:
    challenge = world.prepare(phone, 1_000_000, code, qualified=True)["challengeId"]
    return str(world.approve(phone, challenge, world.message(phone, challenge))["result"]["orderId"])


def test_both_the_declaration_and_the_record_are_needed(world: World, tmp_path: Path) -> None:
    code, phone = shelve(world, tmp_path, private=True), world.ready()
    with pytest.raises(QualificationRequiredError):
        world.prepare(phone, 1_000_000, code, qualified=True)
    qualify(world, phone)
    with pytest.raises(QualificationRequiredError):
        world.prepare(phone, 1_000_000, code)
    assert buy(world, phone, code)


def test_a_record_that_lapsed_between_asking_and_signing_counts_no_more(world: World, tmp_path: Path) -> None:
    code, phone = shelve(world, tmp_path, private=True), world.ready()
    qualify(world, phone, date(2026, 11, 23))
    world.now = world.now.replace(hour=15, minute=59, second=30)  # 23:59:30 in Shanghai
    challenge = world.prepare(phone, 1_000_000, code, qualified=True)["challengeId"]
    world.later(seconds=31)
    with pytest.raises(QualificationRequiredError):
        world.approve(phone, challenge, world.message(phone, challenge))


def test_an_investor_is_counted_once_and_leaves_with_his_last_order(world: World, tmp_path: Path) -> None:
    code, phone = shelve(world, tmp_path, private=True), world.ready()
    qualify(world, phone)
    orders = [buy(world, phone, code) for _ in range(2)]
    assert world.sql("SELECT investors FROM wealth_headcount") == [(1,)]
    world.call(phone, "wealth.order.cancel", {"orderId": orders[0]})
    assert world.sql("SELECT investors FROM wealth_headcount") == [(1,)]
    world.call(phone, "wealth.order.cancel", {"orderId": orders[1]})
    assert world.sql("SELECT investors FROM wealth_headcount") == [(0,)]


def test_a_refused_debit_gives_the_place_back(world: World, tmp_path: Path) -> None:
    code, phone = shelve(world, tmp_path, private=True), world.ready()
    qualify(world, phone)
    world.core.faults["transfer"] = ["refuse:INSUFFICIENT_FUNDS"]
    buy(world, phone, code)
    assert world.sql("SELECT investors FROM wealth_headcount") == [(0,)]


def test_the_last_place_is_given_once(world: World, tmp_path: Path) -> None:
    code = shelve(world, tmp_path, private=True)
    chen, lin = world.ready(CHEN), world.ready(LIN)
    for phone in (chen, lin):
        qualify(world, phone)
    buy(world, chen, code)
    world.sql("UPDATE wealth_headcount SET investors = 200")
    with pytest.raises(HeadcountFullError):
        buy(world, lin, code)
    assert world.quota(code)[1:] == (0, 1_000_000)  # and the quota that was held for him is free
    assert buy(world, chen, code)  # he is counted already


def test_an_order_can_be_cancelled_for_a_day_and_is_confirmed_after_it(world: World, tmp_path: Path) -> None:
    code, phone = shelve(world, tmp_path, private=True), world.ready()
    qualify(world, phone)
    first, second = (buy(world, phone, code) for _ in range(2))
    world.publish("1.0000", "2026-11-23", code)
    world.later(hours=23, minutes=59)
    assert world.confirm().startswith("0 confirmed")
    assert world.call(phone, "wealth.order.cancel", {"orderId": first})["state"] == "REFUNDED"
    world.later(minutes=1)
    with pytest.raises(NotCancellableError):
        world.call(phone, "wealth.order.cancel", {"orderId": second})
    assert world.confirm().startswith("1 confirmed")


def test_a_record_is_of_a_customer_and_the_newer_one_counts(world: World) -> None:
    phone = world.ready()
    with pytest.raises(NotFoundError), transaction(world.engine) as session:
        investors.qualify(session, "cus_none", evidence="x", by="y", until=date(2027, 1, 1), now=world.now)
    for until in (date(2026, 12, 31), date(2027, 12, 31)):
        qualify(world, phone, until)
    with transaction(world.engine, writing=False) as session:
        (record,) = investors.qualifications(session)
    assert (record.valid_until, record.entered_by) == (date(2027, 12, 31), "chen.yu")
