"""A product's life: raised, established or failed, matured, settled; and who is paid what."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from bff.products.errors import ProductClosedError
from bff.wealth.products import WealthDefinition
from tests.bff.wealth.shelf import BASE, RAISED, shelve
from tests.bff.wealth.world import CHEN, LIN, World

CODE = "JMG-TEST"


def state(world: World) -> str:
    return str(world.sql("SELECT state FROM product WHERE code = :code", code=CODE)[0][0])


def live(world: World) -> None:
    world.life.run()
    world.relay.run()


def test_orders_of_a_raising_count_by_the_day_it_begins(world: World, tmp_path: Path) -> None:
    shelve(world, tmp_path, **RAISED)
    phone = world.ready()
    order_id = world.buy(phone, 5_000_000, CODE)["result"]["orderId"]
    order = world.call(phone, "wealth.order.get", {"orderId": order_id})
    assert (order["tradeDate"], order["confirmDate"]) == ("2026-11-27", "2026-11-27")
    assert order["cancellableUntil"] == "2026-11-25T07:00:00.000Z"
    page = world.call(phone, "wealth.product.get", {"code": CODE})
    assert (page["state"], page["maturesOn"]) == ("RAISING", "2026-12-28")
    assert page["dates"]["purchaseBefore"] == "2026-11-25T07:00:00.000Z"


def test_after_the_raising_no_order_is_taken(world: World, tmp_path: Path) -> None:
    shelve(world, tmp_path, **RAISED)
    phone = world.ready()
    world.now = world.now.replace(day=25, hour=6, minute=59, second=59)
    challenge = world.prepare(phone, 5_000_000, CODE)["challengeId"]
    world.later(seconds=1)
    with pytest.raises(ProductClosedError):
        world.prepare(phone, 5_000_000, CODE)
    with pytest.raises(ProductClosedError):
        world.approve(phone, challenge, world.message(phone, challenge))
    assert world.quota(CODE)[1:] == (0, 0)
    assert world.call(phone, "wealth.product.get", {"code": CODE})["dates"] is None


def test_what_raised_enough_begins_at_par_matures_and_pays_everybody_once(world: World, tmp_path: Path) -> None:
    shelve(world, tmp_path, **RAISED)
    phones = [world.ready(CHEN), world.ready(LIN)]
    orders = [world.buy(phone, 3_000_000, CODE)["result"]["orderId"] for phone in phones]
    world.later(days=4)  # Friday
    live(world)
    assert state(world) == "CLOSED"
    assert world.confirm().startswith("2 confirmed")
    told = world.call(phones[0], "wealth.order.get", {"orderId": orders[0]})
    assert (told["state"], told["nav"], told["shares"], told["restFen"]) == ("CONFIRMED", "1.0000", "30000.00", 0)
    live(world)
    assert state(world) == "CLOSED"
    world.now = world.now.replace(month=12, day=28)
    world.publish("1.0203", "2026-12-28", CODE)
    world.core.balances["6299009000070019"] += 1_000_000
    for _ in range(3):  # again does nothing again
        live(world)
    assert state(world) == "SETTLED"
    for phone in phones:
        assert world.call(phone, "accounts.get", {"accountId": phone.account_id})["availableFen"] == 10_060_900
        assert world.call(phone, "wealth.holding.list")["holdings"] == []
        newest = world.call(phone, "wealth.transaction.list")["transactions"][0]
        assert (newest["kind"], newest["state"], newest["amountFen"]) == ("MATURITY", "PAID", 3_060_900)
        paid = world.call(phone, "wealth.redemption.get", {"orderId": newest["orderId"]})
        assert (paid["nav"], paid["navDate"]) == ("1.0203", "2026-12-28")
    assert len([sent for sent in world.core.sent if sent.endswith(".pay")]) == 2
    moves = [
        msgspec.json.decode(body)
        for (body,) in world.sql("SELECT body FROM evidence_entry WHERE kind = 'product.state'")
    ]
    assert [move["to"] for move in moves] == ["ESTABLISHED", "CLOSED", "MATURED", "SETTLED"]


def test_a_maturity_that_the_core_refuses_is_paid_later_and_the_product_waits(world: World, tmp_path: Path) -> None:
    shelve(world, tmp_path, **RAISED)
    phone = world.ready()
    world.buy(phone, 5_000_000, CODE)
    world.later(days=4)
    live(world)
    world.confirm()
    world.now = world.now.replace(month=12, day=28)
    world.core.faults["transfer"] = ["refuse:ACCOUNT_FROZEN"]
    live(world)
    live(world)
    assert (state(world), world.sql("SELECT held FROM wealth_position")) == ("MATURED", [(0,)])
    live(world)
    live(world)
    assert (state(world), world.sql("SELECT shares, held, cost_fen FROM wealth_position")) == ("SETTLED", [(0, 0, 0)])
    assert world.call(phone, "accounts.get", {"accountId": phone.account_id})["availableFen"] == 10_000_000


def test_what_did_not_raise_enough_fails_and_refunds_every_order_in_full(world: World, tmp_path: Path) -> None:
    shelve(world, tmp_path, **RAISED)
    world.life = type(world.life)(**{name: getattr(world.life, name) for name in world.life.__slots__} | {"batch": 1})
    phones = [world.ready(CHEN), world.ready(LIN)]
    orders = [world.buy(phone, 2_000_000, CODE)["result"]["orderId"] for phone in phones]
    world.later(days=4)
    live(world)
    assert (state(world), world.quota(CODE)[1:]) == ("FAILED", (0, 0))
    for phone, order_id in zip(phones, orders, strict=True):
        told = world.call(phone, "wealth.order.get", {"orderId": order_id})
        assert (told["state"], told["reason"]["code"]) == ("REFUNDED", "PRODUCT_FAILED")
        assert world.call(phone, "accounts.get", {"accountId": phone.account_id})["availableFen"] == 10_000_000
    live(world)
    assert len([sent for sent in world.core.sent if ".refund" in sent]) == 2


def test_while_a_debit_is_unknown_nothing_is_decided(world: World, tmp_path: Path) -> None:
    shelve(world, tmp_path, **RAISED)
    phone = world.ready()
    world.core.faults["transfer"] = ["silent"]
    world.core.faults["query"] = ["", "", "unknown"]
    world.buy(phone, 5_000_000, CODE)
    world.later(days=4)
    world.life.run()
    assert state(world) == "RAISING"
    world.relay.run()
    live(world)
    assert state(world) in {"CLOSED", "RAISING"}
    world.later(days=1)
    world.relay.run()
    live(world)
    assert state(world) == "CLOSED"


def test_an_order_that_waits_for_its_value_holds_the_maturity_up(world: World, tmp_path: Path) -> None:
    shelve(world, tmp_path, matures_on="2026-11-24")
    phone = world.ready()
    world.buy(phone, 5_000_000, CODE)
    world.later(days=1)
    live(world)
    assert state(world) == "OPEN"
    world.publish("1.0000", "2026-11-23", CODE)
    world.confirm()
    live(world)
    live(world)
    assert state(world) == "SETTLED"


def test_an_open_product_that_was_raised_opens(world: World, tmp_path: Path) -> None:
    shelve(world, tmp_path, **RAISED | {"matures_on": None})
    world.buy(world.ready(), 5_000_000, CODE)
    world.later(days=4)
    live(world)
    assert state(world) == "OPEN"


@pytest.mark.parametrize(
    "wrong",
    [
        {"raising_until": None},
        {"state": "OPEN"},
        {"established_on": "2026-11-24"},
        {"matures_on": "2026-11-27"},
    ],
)
def test_days_that_contradict_each_other_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError, match="what is raised"):
        msgspec.convert(msgspec.to_builtins(BASE) | RAISED | wrong, type=WealthDefinition)
