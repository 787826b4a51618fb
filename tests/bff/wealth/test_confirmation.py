"""Confirmation: what becomes of accepted orders at the net value of their trade date, and when it does not."""

from datetime import UTC, datetime

import pytest

from bff.jobs import Batches, Every
from bff.products.calendar import TradingCalendar
from bff.wealth.confirmation import Confirmation
from bff.wealth.errors import NotCancellableError
from bff.wealth.jobs import jobs
from tests.bff.wealth.world import Phone, World, packs

SHARES = 5_000_000 * 10_000 // 10_144  # hundredths at 1.0144


def bought(world: World, phone: Phone | None = None) -> tuple[Phone, str]:
    phone = world.ready() if phone is None else phone
    return phone, world.buy(phone)["result"]["orderId"]


def next_day(world: World) -> None:
    world.later(days=1)


def test_an_order_is_confirmed_on_the_next_trading_day_at_the_net_value_of_its_trade_date(world: World) -> None:
    phone, order_id = bought(world)
    world.publish("1.0144")
    assert world.confirm() == "0 confirmed, 0 wait for the net value of their trade date"
    next_day(world)
    assert world.confirm() == "1 confirmed, 0 wait for the net value of their trade date"
    order = world.call(phone, "wealth.order.get", {"orderId": order_id})
    assert (order["state"], order["nav"], order["shares"]) == (
        "CONFIRMED",
        "1.0144",
        f"{SHARES // 100}.{SHARES % 100:02}",
    )
    assert order["restFen"] == 5_000_000 - -(-SHARES * 10_144 // 10_000)
    assert [step["state"] for step in order["steps"]] == ["CREATED", "QUOTA_HELD", "DEBITED", "ACCEPTED", "CONFIRMED"]
    (holding,) = world.call(phone, "wealth.holding.list")["holdings"]
    assert (holding["shares"], holding["costFen"], holding["held"]) == (order["shares"], 5_000_000, "0.00")
    assert (holding["valueFen"], holding["incomeFen"]) == (
        SHARES * 10_144 // 10_000,
        SHARES * 10_144 // 10_000 - 5_000_000,
    )
    assert world.quota()[1:] == (0, 5_000_000)
    told = [message["kind"] for message in world.call(phone, "inbox.list")["messages"]]
    assert told[0] == "wealth.confirmed"


def test_without_its_net_value_an_order_waits_and_says_so(world: World) -> None:
    phone, order_id = bought(world)
    next_day(world)
    world.publish("1.0150", "2026-11-24")  # of another day
    assert world.confirm() == "0 confirmed, 1 wait for the net value of their trade date"
    assert world.call(phone, "wealth.order.get", {"orderId": order_id})["state"] == "ACCEPTED"
    world.publish("1.0144")
    assert world.confirm().startswith("1 confirmed, 0 wait")


def test_again_confirms_nothing_twice(world: World) -> None:
    phone, _ = bought(world)
    bought(world, phone)
    world.publish("1.0144")
    next_day(world)
    world.confirm()
    before = world.sql("SELECT * FROM wealth_position ORDER BY order_id")
    assert world.confirm().startswith("0 confirmed")
    assert world.sql("SELECT * FROM wealth_position ORDER BY order_id") == before
    assert world.sql("SELECT count(*) FROM evidence_entry WHERE kind = 'order.confirmed'") == [(2,)]


@pytest.mark.parametrize("batch", [1, 2, 3, 50])
def test_batches_of_any_size_confirm_all(world: World, batch: int) -> None:
    world.confirmation = Confirmation(packs("wealth"), batch)
    phone = world.ready()
    for _ in range(3):
        world.buy(phone, 1_000_000)
    world.publish("1.0144")
    next_day(world)
    assert world.confirm().startswith("3 confirmed")
    assert world.sql("SELECT count(*), sum(cost_fen) FROM wealth_position") == [(3, 3_000_000)]


def test_a_purchase_whose_debit_is_unknown_is_not_confirmed(world: World) -> None:
    phone = world.ready()
    world.core.faults["transfer"] = ["lost"]
    world.core.faults["query"] = [""] * 9
    order_id = world.buy(phone)["result"]["orderId"]
    world.publish("1.0144")
    next_day(world)
    assert world.confirm().startswith("0 confirmed")
    assert world.call(phone, "wealth.order.get", {"orderId": order_id})["state"] == "UNKNOWN"


def test_a_confirmed_order_cannot_be_cancelled(world: World) -> None:
    phone, order_id = bought(world)
    world.publish("1.0144")
    next_day(world)
    world.confirm()
    with pytest.raises(NotCancellableError):
        world.call(phone, "wealth.order.cancel", {"orderId": order_id})


def test_after_the_cut_off_the_next_days_value_counts(world: World) -> None:
    phone = world.ready()
    world.now = world.now.replace(hour=7, minute=0)  # 15:00 in Shanghai
    order_id = world.buy(phone)["result"]["orderId"]
    world.publish("1.0144")
    world.publish("1.0150", "2026-11-24")
    world.later(days=1)
    assert world.confirm().startswith("0 confirmed")
    world.later(days=1)
    world.confirm()
    assert world.call(phone, "wealth.order.get", {"orderId": order_id})["nav"] == "1.0150"


def test_a_value_that_comes_late_is_taken_up_on_a_trading_day_after_nine(world: World) -> None:
    phone, order_id = bought(world)
    made = jobs(TradingCalendar.load(), world.confirmation, world.life, world.ratings)
    late = next(job for job in made if job.name == "wealth.confirmation.late")
    assert late.schedule == Every(900)
    assert isinstance(late.work, Batches)
    step = late.work.step

    def run(local: str) -> str:
        world.now = datetime.fromisoformat(f"{local}:00+08:00").astimezone(UTC)
        return world.confirm(step)

    assert run("2026-11-24T09:00") == "0 confirmed, 1 wait for the net value of their trade date"
    world.publish("1.0144")
    not_now = "it is not the time of confirmations"
    assert [run("2026-11-25T08:59"), run("2026-11-28T12:00")] == [not_now, not_now]
    world.now = datetime(2026, 11, 24, 1, 14, tzinfo=UTC)
    assert world.call(phone, "wealth.order.get", {"orderId": order_id})["state"] == "ACCEPTED"
    assert run("2026-11-24T09:15") == "1 confirmed, 0 wait for the net value of their trade date"
    assert run("2026-11-24T09:30").startswith("0 confirmed, 0 wait")
