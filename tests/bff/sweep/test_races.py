"""Races on SQLite and on MariaDB: the caps of fast redemption, the shares behind them, and one agreement an account."""

from collections import Counter
from functools import partial
from typing import Any

from bff.approvals.decisions import ApprovedOperation
from bff.db.engine import retried
from bff.products.rulepacks import Rule, RulePack, RulePacks
from bff.sweep import history
from bff.sweep.errors import FastCapError, FastPoolError, SharesShortError
from tests.bff.sweep.bank import FUND, SweepBank
from tests.bff.wealth.test_races import RACERS, race
from tests.bff.wealth.world import CHEN, LIN, Phone


def placing(bank: SweepBank, phone: Phone, fen: int, mode: str) -> Any:
    context = bank.context(phone, None, customer=True)
    payload = {"product": "LMB", "accountId": phone.account_id, "number": "1", "fund": FUND, "mode": mode}

    def place(number: int) -> Any:
        ids = (f"opn_{phone.device_id}_{number}", phone.customer_id or "", phone.device_id, "sweep@1.0.0")
        approved = ApprovedOperation(*ids, fen, {"payer": "1", "payee": "2"}, payload)
        return retried(bank.engine, lambda session: bank.sweep.redemptions.place(session, context, approved))

    return place


def counted(got: list[Any]) -> Counter[str]:
    return Counter(one if isinstance(one, str) else "placed" for one in got)


def test_sixty_four_racers_keep_an_investors_cap(any_bank: SweepBank) -> None:
    phone = any_bank.holder(3_000_000)
    got = race(placing(any_bank, phone, 90_000, "FAST"))
    assert counted(got) == {"placed": 11, FastCapError.code: RACERS - 11}
    used = any_bank.sql("SELECT used_fen FROM sweep_fast_day UNION ALL SELECT used_fen FROM sweep_pool")
    assert used == [(990_000,), (990_000,)]
    assert any_bank.position(phone)["lockedFen"] == 990_000


def test_sixty_four_racers_keep_the_banks_pool(any_bank: SweepBank) -> None:
    phones = [any_bank.holder(1_000_000), any_bank.holder(1_000_000, LIN, "2026-11-30")]
    pack = any_bank.sweep.terms.packs.versions[0]
    rules = {**pack.rules, "fast_pool_fen": Rule(1_000_000)}
    small = RulePacks.of([RulePack(pack.pack, pack.version, pack.effective_from, pack.source, rules)])
    object.__setattr__(any_bank.sweep.terms, "packs", small)
    works = [placing(any_bank, phone, 100_000, "FAST") for phone in phones]
    got = race(lambda number: works[number % 2](number))
    assert counted(got) == {"placed": 10, FastPoolError.code: RACERS - 10}
    days = any_bank.sql("SELECT SUM(used_fen) FROM sweep_fast_day")
    assert (int(days[0][0]), any_bank.sql("SELECT used_fen FROM sweep_pool")) == (1_000_000, [(1_000_000,)])


def test_sixty_four_racers_redeem_no_share_twice(any_bank: SweepBank) -> None:
    phone = any_bank.holder(1_000_000)
    free = any_bank.position(phone)["freeFen"]
    got = race(placing(any_bank, phone, 100_000, "NORMAL"))
    assert counted(got) == {"placed": free // 100_000, SharesShortError.code: RACERS - free // 100_000}
    assert any_bank.position(phone)["lockedFen"] == free // 100_000 * 100_000


def test_signing_at_once_makes_one_agreement(any_bank: SweepBank) -> None:
    phone = any_bank.bound(CHEN, 1_000_000)
    body = {"product": "LMB", "accountId": phone.account_id, "floorFen": 0}
    challenges = [any_bank.call(phone, "sweep.agreement.prepare", body)["challengeId"] for _ in range(8)]
    messages = [any_bank.message(phone, challenge) for challenge in challenges]
    got = race(lambda number: any_bank.approve(phone, challenges[number], messages[number]), 8)
    assert any(not isinstance(one, str) for one in got)
    assert len(any_bank.sql("SELECT agreement_id FROM sweep_agreement")) == 1


def test_a_closing_and_an_agreement_at_once_leave_one_of_the_two(any_bank: SweepBank) -> None:
    bank = any_bank
    phone = bank.bound(CHEN)
    context = bank.context(phone, None, customer=True)
    ((number,),) = bank.sql("SELECT number FROM account")
    payload = {"product": "LMB", "accountId": phone.account_id, "number": number, "fund": FUND, "floorFen": 0}
    fields = {"payer": number, "payee": number}

    def work(round_: int, racer: int) -> Any:
        ids = (f"opn_{round_}_{racer}", phone.customer_id or "", phone.device_id, "sweep@1.0.0")
        spender: Any = (bank.room.closings, bank.sweep.agreements)[racer]
        approved = ApprovedOperation(*ids, 0, fields, payload)
        return retried(bank.engine, lambda session: spender.place(session, context, approved))

    for round_ in range(6):
        got = race(partial(work, round_), 2)
        ((state,),) = bank.sql("SELECT state FROM account")
        live = len(bank.sql("SELECT agreement_id FROM sweep_agreement WHERE live IS NOT NULL"))
        assert (state, live, [one for one in got if isinstance(one, str)]) in (
            ("CLOSING", 0, ["ACCOUNT_FROZEN"]),
            ("OPEN", 1, ["ACCOUNT_NOT_EMPTY"]),
        )
        with bank.engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM sweep_agreement")
            connection.exec_driver_sql("UPDATE account SET state = 'OPEN'")


def test_orders_accrual_and_settlement_at_once_leave_a_sound_register(any_bank: SweepBank) -> None:
    bank = any_bank
    phone = bank.holder(3_000_000, day="2026-11-26")
    take = placing(bank, phone, 50_000, "FAST")
    normal = placing(bank, phone, 40_000, "NORMAL")
    bank.at("2026-11-27", "09:30")
    bank.run("sweep.income")

    def work(number: int) -> Any:
        if number == 0:
            return bank.worker.turn(bank.job("sweep.accrual"))
        if number == 1:
            return bank.worker.turn(bank.job("sweep.settle"))
        return (take if number % 2 else normal)(number)

    race(work, 24)
    while bank.worker.turn(bank.job("sweep.accrual")):
        pass
    bank.relay.run()
    placed = bank.sql("SELECT DISTINCT kind FROM sweep_order WHERE kind IN ('FAST', 'NORMAL') ORDER BY kind")
    assert placed == [("FAST",), ("NORMAL",)]
    assert bank.sql("SELECT state FROM sweep_day WHERE day = '2026-11-26' AND fund = 'LMB-A'") == [("DONE",)]
    assert retried(bank.engine, history.contradictions, writing=False) == []
