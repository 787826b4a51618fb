"""Cancelling: within its time an order is refunded once and in full, and its quota is free."""

from datetime import UTC, datetime, timedelta

import pytest

from bff.errors import NotFoundError
from bff.wealth.errors import NotCancellableError
from tests.bff.wealth.world import CHEN, LIN, World

TOTAL = 50_000_000_000


def money(world: World, phone: object) -> int:
    return int(world.call(phone, "accounts.get", {"accountId": phone.account_id})["availableFen"])  # type: ignore[attr-defined, arg-type]  # a Phone


def test_a_cancelled_order_is_refunded_and_its_quota_is_free(world: World) -> None:
    phone = world.ready()
    order_id = world.buy(phone)["result"]["orderId"]
    assert (money(world, phone), world.quota()) == (5_000_000, (TOTAL, 0, 5_000_000))
    cancelled = world.call(phone, "wealth.order.cancel", {"orderId": order_id})
    assert cancelled["state"] == "REFUNDED"
    assert cancelled["reason"]["en"] == "You cancelled this order. The money goes back to its account in full."
    assert [step["state"] for step in cancelled["steps"]][-3:] == ["ACCEPTED", "REFUNDING", "REFUNDED"]
    assert (money(world, phone), world.quota()) == (10_000_000, (TOTAL, 0, 0))
    kinds = [kind for (kind,) in world.sql("SELECT kind FROM evidence_entry ORDER BY seq")]
    assert kinds[-3:] == ["order.cancelled", "core.executed", "order.refunded"]
    assert world.call(phone, "inbox.list")["messages"][0]["kind"] == "wealth.refunded"


def test_once_cancelled_is_cancelled(world: World) -> None:
    phone = world.ready()
    order_id = world.buy(phone)["result"]["orderId"]
    world.call(phone, "wealth.order.cancel", {"orderId": order_id})
    with pytest.raises(NotCancellableError):
        world.call(phone, "wealth.order.cancel", {"orderId": order_id})
    assert money(world, phone) == 10_000_000


@pytest.mark.parametrize(("second", "open_still"), [(59.999, True), (60, False)])
def test_the_cut_off_of_the_trade_date_ends_it(world: World, second: float, *, open_still: bool) -> None:
    phone = world.ready()
    order_id = world.buy(phone)["result"]["orderId"]
    world.now = datetime(2026, 11, 23, 6, 59, tzinfo=UTC) + timedelta(seconds=second)
    if open_still:
        assert world.call(phone, "wealth.order.cancel", {"orderId": order_id})["state"] == "REFUNDED"
        return
    with pytest.raises(NotCancellableError):
        world.call(phone, "wealth.order.cancel", {"orderId": order_id})
    assert (
        world.call(phone, "wealth.order.get", {"orderId": order_id})["cancellableUntil"] == "2026-11-23T07:00:00.000Z"
    )


@pytest.mark.parametrize("fault", ["lost", "silent"])
def test_a_refund_that_nobody_knows_of_is_asked_for_and_moves_once(world: World, fault: str) -> None:
    phone = world.ready()
    order_id = world.buy(phone)["result"]["orderId"]
    world.core.faults["transfer"] = [fault]
    assert world.call(phone, "wealth.order.cancel", {"orderId": order_id})["state"] == "REFUNDING"
    assert world.quota() == (TOTAL, 0, 0)
    world.later(seconds=10)
    world.relay.run()
    assert world.call(phone, "wealth.order.get", {"orderId": order_id})["state"] == "REFUNDED"
    assert money(world, phone) == 10_000_000
    assert [sent for sent in world.core.sent if ".refund" in sent] == [f"{order_id}.refund"]


def test_a_refund_that_the_core_refuses_is_owed_and_tried_again(world: World) -> None:
    phone = world.ready()
    order_id = world.buy(phone)["result"]["orderId"]
    world.core.faults["transfer"] = ["refuse:ACCOUNT_FROZEN"]
    assert world.call(phone, "wealth.order.cancel", {"orderId": order_id})["state"] == "REFUND_FAILED"
    assert money(world, phone) == 5_000_000
    world.later(days=1)
    world.life.run()
    world.relay.run()
    assert world.call(phone, "wealth.order.get", {"orderId": order_id})["state"] == "REFUNDED"
    assert money(world, phone) == 10_000_000


def test_what_is_not_accepted_cannot_be_cancelled(world: World) -> None:
    phone = world.ready()
    world.core.faults["transfer"] = ["refuse:INSUFFICIENT_FUNDS"]
    order_id = world.buy(phone)["result"]["orderId"]
    with pytest.raises(NotCancellableError):
        world.call(phone, "wealth.order.cancel", {"orderId": order_id})


def test_somebody_elses_order_looks_like_none(world: World) -> None:
    chen, lin = world.ready(CHEN), world.ready(LIN)
    order_id = world.buy(chen)["result"]["orderId"]
    seen = []
    for given in (order_id, "ord_none"):
        with pytest.raises(NotFoundError) as refused:
            world.call(lin, "wealth.order.cancel", {"orderId": given})
        seen.append((refused.value.code, refused.value.detail, refused.value.extra))
    assert seen[0] == seen[1]
    assert world.call(chen, "wealth.order.get", {"orderId": order_id})["state"] == "ACCEPTED"
