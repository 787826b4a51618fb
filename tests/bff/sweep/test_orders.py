"""The sweep over the real bus: signing, money in and out, what the core says, and what becomes of shares and caps."""

import pytest

from bff.accounts.errors import AccountStateError, NotEmptyError
from bff.errors import NotFoundError
from bff.products.errors import CalendarExhaustedError
from bff.sweep.errors import (
    AgreementHoldsError,
    AgreementRequiredError,
    AgreementStateError,
    FastCapError,
    FastPoolError,
    FloorInvalidError,
    SharesShortError,
    SweepAmountError,
    SweepFundsError,
)
from tests.bff.sweep.bank import ACCOUNTS, FUND, SweepBank
from tests.bff.wealth.world import CHEN, LIN


def test_a_signed_purchase_waits_for_its_confirmation_and_earns_from_that_day_on(bank: SweepBank) -> None:
    phone = bank.saver()
    done = bank.put(phone, 1_000_000)
    order = bank.order(phone, done)
    assert (done["status"], order["state"]) == ("DONE", "ACCEPTED")
    assert (order["tradeDate"], order["confirmDate"]) == ("2026-11-23", "2026-11-24")
    held = bank.position(phone)
    assert (held["totalFen"], held["freeFen"], held["pendingFen"]) == (1_000_000, 0, 1_000_000)
    bank.at("2026-11-24", "09:00")
    bank.run("sweep.settle")
    assert bank.order(phone, done)["state"] == "CONFIRMED"
    assert bank.position(phone)["freeFen"] == 1_000_000
    bank.at("2026-11-25", "06:00")
    bank.run("sweep.income")
    bank.run("sweep.accrual")
    (rate,) = bank.sql("SELECT income_e4 FROM sweep_income WHERE fund = :f AND day = '2026-11-24'", f=FUND)[0]
    held = bank.position(phone)
    earned = 1_000_000 * rate // 10**8
    assert (held["incomeFen"], held["newestIncomeFen"], held["newestDate"]) == (earned, earned, "2026-11-24")
    assert held["totalFen"] == 1_000_000 + earned
    bank.sound()


@pytest.mark.parametrize(("clock", "trade"), [("14:59:59.999", "2026-11-23"), ("15:00", "2026-11-24")])
def test_the_cut_off_decides_the_trade_date(bank: SweepBank, clock: str, trade: str) -> None:
    phone = bank.saver()
    bank.at("2026-11-23", clock)
    assert bank.order(phone, bank.put(phone, 1_000))["tradeDate"] == trade


def test_a_weekend_waits_for_monday_and_for_tuesdays_confirmation(bank: SweepBank) -> None:
    bank.at("2026-11-27", "15:00")
    phone = bank.saver()
    order = bank.order(phone, bank.put(phone, 1_000))
    assert (order["tradeDate"], order["confirmDate"]) == ("2026-11-30", "2026-12-01")


def test_beyond_the_calendar_orders_fail_closed(bank: SweepBank) -> None:
    phone = bank.saver()
    bank.at("2026-12-31", "10:00")
    with pytest.raises(CalendarExhaustedError):
        bank.put(phone, 1_000)
    shown = bank.call(phone, "sweep.product.get", {"code": "LMB"})
    assert (shown["purchase"], shown["redemption"]) == (None, None)


def test_a_purchase_needs_an_agreement_money_and_a_fitting_amount(bank: SweepBank) -> None:
    phone = bank.bound(CHEN, 100_000)
    with pytest.raises(AgreementRequiredError):
        bank.put(phone, 1_000)
    bank.sign(phone)
    with pytest.raises(SweepAmountError):
        bank.put(phone, 99)
    with pytest.raises(SweepFundsError):
        bank.put(phone, 100_001)
    assert bank.call(phone, "sweep.order.list")["orders"] == []


def test_a_purchase_that_the_core_refuses_leaves_nothing(bank: SweepBank) -> None:
    phone = bank.saver()
    bank.core.faults["hold"] = ["refuse:INSUFFICIENT_FUNDS"]
    done = bank.put(phone, 1_000)
    assert (done["status"], bank.order(phone, done)["state"]) == ("FAILED", "REJECTED")
    assert bank.position(phone)["totalFen"] == 0
    assert bank.sql("SELECT used_fen FROM device_day") == [(0,)]


@pytest.mark.parametrize("fault", ["lost", "silent"])
def test_a_purchase_that_nobody_knows_of_is_asked_for_and_made_once(bank: SweepBank, fault: str) -> None:
    phone = bank.saver()
    bank.core.faults["post"] = [fault]
    done = bank.put(phone, 1_000)
    assert bank.order(phone, done)["state"] == "UNKNOWN"
    bank.later(seconds=30)
    bank.relay.run()
    assert bank.order(phone, done)["state"] == "ACCEPTED"
    assert bank.core.balances[ACCOUNTS["fund"]] == bank.register() == 1_000


def test_what_the_core_tells_after_the_confirmation_is_confirmed_at_once_and_counts_from_an_open_day(
    bank: SweepBank,
) -> None:
    phone = bank.saver(floor=5_000_000)
    bank.core.faults["post"] = ["silent"]
    done = bank.put(phone, 1_000_000)
    bank.core.faults["query"] = ["unknown"] * 100
    for clock, job in (("01:00", "repay"), ("09:00", "settle")):
        bank.at("2026-11-24", clock)
        bank.run(f"sweep.{job}")
    bank.at("2026-11-25", "06:00")
    bank.run("sweep.income")
    bank.run("sweep.accrual")
    bank.core.faults.clear()
    bank.later(hours=1)
    bank.relay.run()
    assert bank.order(phone, done)["state"] == "CONFIRMED"
    assert [str(day) for (day,) in bank.sql("SELECT day FROM sweep_movement")] == ["2026-11-25"]
    bank.sound()


def test_a_fast_redemption_is_paid_at_once_from_the_advance_and_repaid_by_the_fund(bank: SweepBank) -> None:
    phone = bank.holder(2_000_000)
    before = bank.position(phone)["totalFen"]
    done = bank.take(phone, 600_000)
    assert (done["status"], bank.order(phone, done)["state"]) == ("DONE", "PAID")
    assert bank.position(phone)["totalFen"] == before - 600_000
    assert bank.core.balances[ACCOUNTS["advance"]] == 10**12 - 600_000
    fast = bank.call(phone, "sweep.product.get", {"code": "LMB"})["fast"]
    assert (fast["capFen"], fast["leftFen"], fast["poolOpen"]) == (1_000_000, 400_000, True)
    with pytest.raises(FastCapError):
        bank.take(phone, 400_001)
    bank.days("2026-11-26")
    assert bank.core.balances[ACCOUNTS["advance"]] == 10**12
    assert bank.sql("SELECT used_fen FROM sweep_pool") == [(0,)]
    bank.sound()


def test_the_cap_is_of_the_natural_day_and_of_all_share_classes(bank: SweepBank) -> None:
    phone = bank.bound(CHEN, 5_000_000)
    bank.sign(phone, 5_000_000)
    bank.put(phone, 900_000)
    bank.sign(phone, 5_000_000, fund="LMB-B")
    bank.put(phone, 2_000_000)
    bank.days("2026-11-25")
    bank.at("2026-11-25", "23:59:59.999")
    bank.take(phone, 900_000)
    with pytest.raises(FastCapError):
        bank.take(phone, 1_000_000)
    bank.take(phone, 100_000)
    assert {row[0] for row in bank.sql("SELECT fund FROM sweep_order WHERE kind = 'FAST'")} == {"LMB-A", "LMB-B"}
    bank.at("2026-11-26", "00:00")
    assert bank.take(phone, 1_000_000)["status"] == "DONE"


def test_an_exhausted_pool_stops_only_the_fast_redemption(bank: SweepBank) -> None:
    phone = bank.holder(2_000_000)
    bank.sql("INSERT INTO sweep_pool (pool, used_fen) VALUES ('bank', 19999500000)")
    with pytest.raises(FastPoolError):
        bank.take(phone, 500_001)
    assert bank.take(phone, 500_000)["status"] == "DONE"
    assert bank.call(phone, "sweep.product.get", {"code": "LMB"})["fast"]["poolOpen"] is False
    assert bank.take(phone, 600_000, "normal")["status"] == "EXECUTING"


def test_a_fast_redemption_that_the_core_refuses_gives_shares_and_both_caps_back(bank: SweepBank) -> None:
    phone = bank.holder(1_000_000)
    before = bank.position(phone)
    bank.core.faults["transfer"] = ["refuse:ACCOUNT_FROZEN"]
    done = bank.take(phone, 700_000)
    order = bank.order(phone, done)
    assert (done["status"], order["state"], order["reason"]["code"]) == ("FAILED", "REJECTED", "ACCOUNT_FROZEN")
    assert bank.position(phone) == before
    assert bank.sql("SELECT used_fen FROM sweep_fast_day UNION ALL SELECT used_fen FROM sweep_pool") == [(0,), (0,)]


def test_a_normal_redemption_locks_its_shares_and_is_paid_on_the_next_trading_day(bank: SweepBank) -> None:
    phone = bank.holder(2_000_000)
    available = bank.call(phone, "accounts.get", {"accountId": phone.account_id})["availableFen"]
    done = bank.take(phone, 1_500_000, "normal")
    held = bank.position(phone)
    assert (held["lockedFen"], bank.order(phone, done)["confirmDate"]) == (1_500_000, "2026-11-26")
    with pytest.raises(SharesShortError):
        bank.take(phone, held["freeFen"] + 1, "normal")
    bank.days("2026-11-26")
    assert bank.order(phone, done)["state"] == "PAID"
    account = bank.call(phone, "accounts.get", {"accountId": phone.account_id})
    assert account["availableFen"] == available + 1_500_000
    bank.days("2026-11-27")
    bank.sound()
    shares = bank.sql("SELECT day, shares_fen FROM sweep_accrual WHERE fund = :f ORDER BY day", f=FUND)
    assert [row[1] > 2_000_000 for row in shares] == [False, True, False], "it earns up to the day before payment"


def test_a_normal_redemption_that_the_core_refuses_restores_the_position(bank: SweepBank) -> None:
    phone = bank.holder(2_000_000)
    done = bank.take(phone, 1_500_000, "normal")
    bank.core.faults["transfer"] = ["refuse:ACCOUNT_FROZEN"]
    bank.at("2026-11-26", "09:00")
    bank.run("sweep.settle")
    assert bank.order(phone, done)["state"] == "REJECTED"
    held = bank.position(phone)
    assert (held["lockedFen"], held["freeFen"]) == (0, held["totalFen"])


def test_the_evening_sweeps_what_is_above_the_floor_once_a_day(bank: SweepBank) -> None:
    phone = bank.saver(fund=3_000_000, floor=1_000_000)
    bank.at("2026-11-23", "20:00")
    bank.run("sweep.collect")
    (order,) = bank.call(phone, "sweep.order.list")["orders"]
    assert (order["kind"], order["amountFen"], order["state"]) == ("COLLECT", 2_000_000, "ACCEPTED")
    assert (order["tradeDate"], order["confirmDate"]) == ("2026-11-24", "2026-11-25")
    assert bank.call(phone, "accounts.get", {"accountId": phone.account_id})["availableFen"] == 1_000_000
    bank.sql(
        "UPDATE job_run SET state = 'FAILED', available_at = started_at, cursor = ''".replace("cursor =", "`cursor` =")
    )
    bank.run("sweep.collect")
    assert len(bank.call(phone, "sweep.order.list")["orders"]) == 1
    bank.sound()


def test_a_paused_agreement_sweeps_nothing_and_a_new_floor_needs_a_signature(bank: SweepBank) -> None:
    phone = bank.saver(fund=3_000_000, floor=1_000_000)
    (agreement,) = bank.call(phone, "sweep.agreement.get", {"code": "LMB"})["agreements"]
    ids = {"agreementId": agreement["agreementId"]}
    assert bank.call(phone, "sweep.agreement.pause", ids)["state"] == "PAUSED"
    with pytest.raises(AgreementStateError):
        bank.call(phone, "sweep.agreement.pause", ids)
    bank.at("2026-11-23", "20:00")
    bank.run("sweep.collect")
    assert bank.register() == 0
    bank.call(phone, "sweep.agreement.resume", ids)
    with pytest.raises(FloorInvalidError):
        bank.sign(phone, 10_000_000_001)
    bank.sign(phone, 2_500_000)
    (after,) = bank.call(phone, "sweep.agreement.get", {"code": "LMB"})["agreements"]
    assert (after["agreementId"], after["floorFen"]) == (agreement["agreementId"], 2_500_000)
    bank.at("2026-11-24", "20:00")
    bank.run("sweep.collect")
    assert bank.register() == 500_000


def test_an_agreement_ends_when_nothing_is_left(bank: SweepBank) -> None:
    phone = bank.holder(500_000)
    (agreement,) = bank.call(phone, "sweep.agreement.get", {"code": "LMB"})["agreements"]
    ids = {"agreementId": agreement["agreementId"]}
    with pytest.raises(AgreementHoldsError):
        bank.call(phone, "sweep.agreement.end", ids)
    bank.take(phone, bank.position(phone)["freeFen"])
    assert bank.call(phone, "sweep.agreement.end", ids)["state"] == "ENDED"
    assert bank.call(phone, "sweep.agreement.get", {"code": "LMB"})["agreements"] == []
    with pytest.raises(AgreementRequiredError):
        bank.put(phone, 1_000)
    assert bank.sign(phone)["status"] == "DONE"


def test_others_are_as_unknown_as_what_never_was(bank: SweepBank) -> None:
    phone = bank.holder(500_000)
    order = bank.call(phone, "sweep.order.list")["orders"][0]["orderId"]
    agreement = bank.call(phone, "sweep.agreement.get", {"code": "LMB"})["agreements"][0]["agreementId"]
    other = bank.bound(LIN, 100_000)
    body = {"product": "LMB", "accountId": phone.account_id}
    tried = [
        ("sweep.order.get", {"orderId": order}, {"orderId": "ord_x"}),
        ("sweep.order.list", {"cursor": order}, {"cursor": "ord_x"}),
        *(
            (f"sweep.agreement.{verb}", {"agreementId": agreement}, {"agreementId": "agr_x"})
            for verb in ("pause", "resume", "end")
        ),
        ("sweep.purchase.prepare", {**body, "amountFen": 100}, {**body, "accountId": "acc_x", "amountFen": 100}),
        ("sweep.agreement.prepare", {**body, "floorFen": 0}, {**body, "accountId": "acc_x", "floorFen": 0}),
        *(
            (
                "sweep.redeem.prepare",
                {**whose, "amountFen": 100, "mode": mode},
                {**whose, "amountFen": 100, "mode": mode, "accountId": "acc_x"},
            )
            for mode in ("fast", "normal")
            for whose in (body,)
        ),
    ]
    for code, theirs, never in tried:
        said = []
        for payload in (theirs, never):
            with pytest.raises(NotFoundError) as refused:
                bank.call(other, code, payload)
            said.append((refused.value.code, refused.value.detail, refused.value.extra))
        assert said[0] == said[1], code
    assert bank.position(other)["positions"] == []
    assert bank.call(other, "sweep.agreement.get", {"code": "LMB"})["agreements"] == []


def test_an_account_that_the_sweep_holds_something_for_is_not_closed(bank: SweepBank) -> None:
    phone = bank.saver(fund=100_000, floor=0)
    bank.put(phone, 100_000)
    with pytest.raises(NotEmptyError) as refused:
        bank.call(phone, "accounts.close", {"accountId": phone.account_id})
    assert refused.value.extra == {"holds": "sweep"}


def test_what_is_signed_after_the_account_closed_is_refused(bank: SweepBank) -> None:
    phone = bank.bound(CHEN)
    body = {"product": "LMB", "accountId": phone.account_id, "floorFen": 0}
    asked = bank.call(phone, "sweep.agreement.prepare", body)
    bank.signed(phone, "accounts.close", {"accountId": phone.account_id})
    with pytest.raises(AccountStateError):
        bank.approve(phone, asked["challengeId"], bank.message(phone, asked["challengeId"]))
    assert bank.sql("SELECT agreement_id FROM sweep_agreement") == []
    told = bank.sql("SELECT kind, outcome FROM rule_decision WHERE about = :operation", operation=asked["operationId"])
    assert told[-1] == ("sweep.agreement.place", "ACCOUNT_FROZEN")


def test_a_purchase_that_is_signed_while_the_account_is_being_closed_is_refused(bank: SweepBank) -> None:
    phone = bank.saver()
    body = {"product": "LMB", "accountId": phone.account_id, "amountFen": 100_000}
    asked = bank.call(phone, "sweep.purchase.prepare", body)
    with bank.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE account SET state = 'CLOSING'")
    with pytest.raises(AccountStateError):
        bank.approve(phone, asked["challengeId"], bank.message(phone, asked["challengeId"]))
    assert bank.sql("SELECT order_id FROM sweep_order WHERE kind = 'PURCHASE'") == []
