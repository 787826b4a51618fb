"""Purchases over the real bus: what is checked, what the core says, and what becomes of quota and money."""

import pytest

from bff.approvals.errors import InsufficientFundsError, PurposeNotInManifestError
from bff.devices.errors import DeviceLimitError
from bff.errors import NotFoundError
from bff.products.errors import CalendarExhaustedError, ProductClosedError, QuotaGoneError
from bff.wealth.errors import (
    AgeConfirmationRequiredError,
    AmountMinimumError,
    AmountStepError,
    RiskMismatchError,
    SuitabilityRequiredError,
)
from tests.bff.wealth.world import ACCOUNTS, CHEN, GU, LIN, WEALTH, World

TOTAL = 50_000_000_000


def test_a_signed_purchase_moves_the_money_once_and_is_accepted(world: World) -> None:
    phone = world.ready()
    done = world.buy(phone)
    order = world.call(phone, "wealth.order.get", {"orderId": done["result"]["orderId"]})
    account = world.call(phone, "accounts.get", {"accountId": phone.account_id})
    assert done["status"] == "DONE"
    assert done["result"]["state"] == order["state"] == "ACCEPTED"
    assert (account["balanceFen"], account["availableFen"]) == (5_000_000, 5_000_000)
    assert world.quota() == (TOTAL, 0, 5_000_000)
    assert order["bundle"] == str(WEALTH)
    assert (order["tradeDate"], order["confirmDate"]) == ("2026-11-23", "2026-11-24")
    assert (order["redeemableFrom"], order["redeemableProvisional"]) == ("2027-02-22", True)
    kinds = [kind for (kind,) in world.sql("SELECT kind FROM evidence_entry ORDER BY seq")]
    assert kinds[-5:] == ["operation.frozen", "operation.approved", "order.placed", "core.executed", "order.settled"]


def test_after_the_cut_off_the_next_trading_day_counts(world: World) -> None:
    phone = world.ready()
    world.later(hours=5)  # 15:00 in Shanghai
    order_id = world.buy(phone)["result"]["orderId"]
    assert world.call(phone, "wealth.order.get", {"orderId": order_id})["tradeDate"] == "2026-11-24"


def test_refused_by_the_core_gives_quota_and_limit_back_and_moves_nothing(world: World) -> None:
    phone = world.ready()
    world.core.faults["transfer"] = ["refuse:INSUFFICIENT_FUNDS"]
    done = world.buy(phone)
    order = world.call(phone, "wealth.order.get", {"orderId": done["result"]["orderId"]})
    assert (done["status"], order["state"]) == ("FAILED", "REJECTED")
    assert order["reason"]["code"] == "INSUFFICIENT_FUNDS"
    assert world.quota() == (TOTAL, 0, 0)
    assert world.sql("SELECT used_fen FROM device_day") == [(0,)]
    assert world.call(phone, "accounts.get", {"accountId": phone.account_id})["balanceFen"] == 10_000_000


@pytest.mark.parametrize("fault", ["refuse:ACCOUNT_UNKNOWN", "silent"])
def test_a_balance_that_the_core_will_not_tell_undoes_no_purchase(world: World, fault: str) -> None:
    phone = world.ready()
    world.core.faults["enquire"] = [fault]
    assert world.buy(phone)["status"] == "DONE"
    assert len(world.core.journals) == 2
    assert world.quota() == (TOTAL, 0, 5_000_000)


@pytest.mark.parametrize("fault", ["lost", "silent"])
def test_unknown_keeps_the_quota_until_the_core_is_asked_again_and_executes_once(world: World, fault: str) -> None:
    phone = world.ready()
    world.core.faults["transfer"] = [fault]
    done = world.buy(phone)
    order_id = done["result"]["orderId"]
    assert (done["status"], done["result"]["state"]) == ("UNKNOWN", "UNKNOWN")
    assert world.quota() == (TOTAL, 5_000_000, 0)
    world.core.faults["query"] = ["unknown"]
    world.later(seconds=5)
    world.relay.run()
    assert world.call(phone, "wealth.order.get", {"orderId": order_id})["state"] == "UNKNOWN"
    world.later(seconds=30)
    world.relay.run()
    assert world.call(phone, "wealth.order.get", {"orderId": order_id})["state"] == "ACCEPTED"
    assert [sent for sent in world.core.sent if sent.startswith(order_id)] == [f"{order_id}.buy"]
    assert world.quota() == (TOTAL, 0, 5_000_000)


def test_amount_rules(world: World) -> None:
    phone = world.ready()
    with pytest.raises(AmountMinimumError):
        world.prepare(phone, 999_900)
    with pytest.raises(AmountStepError):
        world.prepare(phone, 1_000_050)
    with pytest.raises(InsufficientFundsError):
        world.prepare(phone, 10_000_100)


def test_a_level_is_required_and_blocks_what_is_above_it(world: World) -> None:
    phone = world.bound(CHEN, 10_000_000)
    with pytest.raises(SuitabilityRequiredError):
        world.prepare(phone)
    assert world.assess(phone, 1)["level"] == "C2"
    with pytest.raises(RiskMismatchError) as refused:
        world.prepare(phone, product="JMG-JX180")  # the issuer says R2, the bank R3: the higher counts
    assert "R3" in refused.value.zh
    assert refused.value.extra == {"risk": "R3", "level": "C2"}
    assert world.prepare(phone)["challengeId"]


def test_a_level_lapses_after_a_year(world: World) -> None:
    phone = world.ready()
    world.later(days=365)
    assert world.call(phone, "wealth.suitability.get")["level"] is None
    with pytest.raises(SuitabilityRequiredError):
        world.prepare(phone)


def test_from_sixty_five_on_one_more_confirmation_is_needed(world: World) -> None:
    phone = world.ready(GU)
    with pytest.raises(AgeConfirmationRequiredError):
        world.prepare(phone)
    assert world.prepare(phone, ageConfirmed=True)["challengeId"]


def test_a_new_device_has_a_lower_day(world: World) -> None:
    phone = world.ready(fund=20_000_000)
    world.buy(phone, 6_000_000)
    with pytest.raises(DeviceLimitError) as refused:
        world.prepare(phone, 4_000_100)
    assert refused.value.extra["leftFen"] == 4_000_000
    world.later(hours=73)
    assert world.prepare(phone, 4_000_100)["challengeId"]


def test_two_challenges_cannot_pass_the_limit_together(world: World) -> None:
    phone = world.ready(fund=20_000_000)
    first, second = (world.prepare(phone, 6_000_000)["challengeId"] for _ in range(2))
    assert world.approve(phone, first, world.message(phone, first))["status"] == "DONE"
    with pytest.raises(DeviceLimitError):
        world.approve(phone, second, world.message(phone, second))
    assert world.quota()[2] == 6_000_000


def test_closed_sold_out_and_unknown_products(world: World) -> None:
    phone = world.ready(fund=20_000_000)
    world.sql("UPDATE product SET state = 'CLOSED' WHERE code = 'JMG-TT01'")
    with pytest.raises(ProductClosedError):
        world.prepare(phone, product="JMG-TT01")
    world.sql("UPDATE product_quota SET held_fen = 9000000 WHERE code = 'JMG-XL30'")
    with pytest.raises(QuotaGoneError):
        world.prepare(phone, 1_000_100, "JMG-XL30")
    with pytest.raises(NotFoundError):
        world.prepare(phone, product="JMG-NONE")


def test_beyond_the_calendar_orders_fail_closed_and_the_page_shows_no_dates(world: World) -> None:
    phone = world.ready()
    world.now = world.now.replace(month=12, day=31)
    with pytest.raises(CalendarExhaustedError):
        world.prepare(phone)
    assert world.call(phone, "wealth.product.get", {"code": "JMG-WY90"})["dates"] is None


def test_a_page_whose_manifest_lacks_the_purpose_cannot_ask(world: World) -> None:
    phone = world.ready()
    body = {"product": "JMG-WY90", "accountId": phone.account_id, "amountFen": 5_000_000}
    with pytest.raises(PurposeNotInManifestError):
        world.call(phone, "wealth.order.prepare", body, page=ACCOUNTS)


def test_somebody_elses_account_and_order_look_like_none(world: World) -> None:
    chen, lin = world.ready(), world.ready(LIN)
    order_id = world.buy(chen)["result"]["orderId"]
    lin_answers = []
    for given in (order_id, "ord_none"):
        with pytest.raises(NotFoundError) as refused:
            world.call(lin, "wealth.order.get", {"orderId": given})
        lin_answers.append((refused.value.code, refused.value.detail, refused.value.extra))
    assert lin_answers[0] == lin_answers[1]
    assert world.call(lin, "wealth.transaction.list")["transactions"] == []
    lin.account_id = chen.account_id
    with pytest.raises(NotFoundError):
        world.prepare(lin)


def test_product_pages_carry_level_dates_and_quota(world: World) -> None:
    phone = world.ready()
    page = world.call(phone, "wealth.product.get", {"code": "JMG-WY90"})
    codes = [product["code"] for product in world.call(phone, "wealth.product.list")["products"]]
    assert codes[0] == "JMG-TT01"
    assert {"JMG-WY90", "JMG-JX180", "JMG-YQ360"} <= set(codes)
    assert (page["risk"], page["benchmarkLow"], page["benchmarkHigh"]) == ("R2", "2.35", "2.85")
    assert page["dates"]["purchaseBefore"] == "2026-11-23T07:00:00.000Z"
    assert page["suitability"]["matches"] is True
    assert page["nav"][-1] == {"date": "2026-11-20", "value": "1.0143"}
