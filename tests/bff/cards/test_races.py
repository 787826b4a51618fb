"""Races on SQLite and on MariaDB: the line, repayments, activation, decisions and bills hold under 64 at once."""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bff.approvals.decisions import ApprovedOperation
from bff.jobs import Turn
from tests.bff.cards.teller import GOLD, Teller
from tests.bff.db.engines import KINDS, fresh_engine
from tests.bff.wealth.test_races import RACERS, race
from tests.bff.wealth.world import World

LINE = 600_000


@pytest.fixture(params=KINDS)
def teller(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Teller]:
    with fresh_engine(request.param, tmp_path) as engine:
        yield Teller(World(engine), fund=20_000_000)


def test_what_is_owed_and_held_never_passes_the_line(teller: Teller) -> None:
    teller.ready(line_fen=LINE)
    teller.spend(100_000)
    got = race(lambda number: teller.authorise(25_000, f"a{number}") or "held")
    assert Counter(got) == {"held": 20, "CARD_CREDIT_GONE": RACERS - 20}
    assert (teller.seen()["heldFen"], teller.seen()["availableFen"]) == (500_000, 0)
    held = [f"a{number}" for number, one in enumerate(got) if one == "held"]

    def settle(number: int) -> str:
        reference = held[number % len(held)]
        if number % 3:
            teller.post(reference)
        else:
            teller.do(lambda session: teller.world.cards.acquiring.reverse(session, reference))
        return "done"

    race(settle)
    assert teller.seen()["heldFen"] == 0
    assert teller.holds()


def test_one_message_of_an_acquirer_counts_once(teller: Teller) -> None:
    teller.ready(line_fen=LINE)
    assert Counter(race(lambda _: teller.authorise(1_000, "a1") or "held")) == {"held": RACERS}
    assert Counter(race(lambda _: teller.post("a1") or "posted")) == {"posted": RACERS}
    refunds = Counter(race(lambda number: teller.refund("a1", 300, f"r{number}") or "refunded"))
    assert refunds == {"refunded": 3, "CARD_TRANSACTION": RACERS - 3}
    assert teller.seen()["owedFen"] == 100
    assert teller.holds()


def test_repayments_at_once_never_repay_more_than_may_be(teller: Teller) -> None:
    teller.ready(line_fen=LINE)
    teller.spend(100_000)
    context = teller.world.context(teller.phone, None, customer=True)
    payload = {"accountId": teller.account, "payerId": teller.phone.account_id}
    payer = teller.world.sql("SELECT number FROM account")[0][0]
    fields = {"payer": payer, "payee": "2", "bundle": "cards@1.0.0"}

    def place(number: int) -> Any:
        ids = (f"opn_race_{number}", teller.phone.customer_id or "", teller.phone.device_id, "cards@1.0.0")
        approved = ApprovedOperation(*ids, 60_000, fields, payload)
        teller.do(lambda session: teller.world.cards.repaying.place(session, context, approved))
        return "placed"

    assert Counter(race(place)) == {"placed": 10, "CARD_REPAY_TOO_MUCH": RACERS - 10}
    assert teller.seen()["repayingFen"] == 600_000


def test_a_signed_repayment_counts_once_under_faults_and_relays(teller: Teller) -> None:
    teller.ready(line_fen=LINE)
    teller.spend(100_000)
    challenge = teller.prepare(100_000)["challengeId"]
    message = teller.world.message(teller.phone, challenge)
    teller.world.core.faults["transfer"] = ["silent", "lost"]
    race(lambda _: teller.world.approve(teller.phone, challenge, message))
    for _ in range(4):
        teller.world.later(seconds=90)
        race(lambda _: teller.world.relay.run(), 8)
    assert teller.entries() == [("PURCHASE", 100_000), ("REPAYMENT", -100_000)]
    assert (teller.seen()["owedFen"], teller.seen()["repayingFen"]) == (0, 0)
    assert [memo for *_, memo in teller.world.core.journals].count("信用卡还款") == 1
    assert teller.holds()


def test_one_decision_one_account_one_card(teller: Teller) -> None:
    assert Counter(race(lambda _: teller.draft(GOLD) and "made", 16)) == {"made": 1, "CARD_APPLICATION_LIVE": 15}
    teller.application = teller.world.sql("SELECT application_id FROM card_application")[0][0]
    teller.fill()
    teller.agree()
    teller.submit()
    reviewing = teller.world.cards.reviewing

    def decide(number: int) -> str:
        step = reviewing.decline if number % 2 else lambda *asked: reviewing.approve(*asked[:-1], None, asked[-1])
        teller.do(lambda session: step(session, teller.application, "chen.yu", "why", teller.settlement))
        return "decided"

    assert Counter(race(decide, 16)) == {"decided": 1, "STATE_CONFLICT": 15}
    assert len(teller.world.sql("SELECT seq FROM card_review")) == 1
    assert len(teller.world.sql("SELECT card_id FROM credit_card")) in {0, 1}
    assert len(teller.world.sql("SELECT body FROM evidence_entry WHERE kind = 'card.decided'")) == 1


def test_guesses_at_a_cards_digits_are_five_at_most(teller: Teller) -> None:
    teller.mailed()
    tail = int(teller.tail())

    def guess(number: int) -> Any:
        return teller.call("contract.prepare", cardId=teller.card, lastFour=f"{(tail + number + 1) % 10_000:04d}")

    assert Counter(race(guess, 32)) == {"CARD_TAIL_WRONG": 5, "CARD_LOCKED": 27}


def test_schedulers_that_bill_at_once_make_one_bill_between_purchases(teller: Teller) -> None:
    teller.ready(line_fen=LINE)
    teller.spend(100_000)
    teller.until("2026-12-08")
    teller.world.later(days=1)
    billing = teller.world.cards.billing

    def turn(number: int) -> str:
        if number % 2:
            teller.spend(100, f"p{number}")
        else:
            slot = Turn("2026-12-09", "", 0, teller.world.now)
            teller.do(lambda session: billing.close(session, slot))
        return "done"

    assert Counter(race(turn, 16)) == {"done": 16}
    (bill,) = teller.bills()
    assert bill["totalFen"] == 100_000
    assert teller.seen()["unbilledFen"] == 800
    assert teller.holds()


def test_agreements_run_at_once_repay_a_bill_once(teller: Teller) -> None:
    teller.ready(line_fen=LINE)
    teller.spend(100_000)
    teller.autopay()
    teller.until("2026-12-27", step=4)
    teller.world.later(days=1)
    race(lambda _: teller.run("cards.autopay", "2026-12-28") and "run", 8)
    race(lambda _: teller.world.relay.run(), 8)
    assert teller.entries() == [("PURCHASE", 100_000), ("REPAYMENT", -100_000)]
    assert teller.seen()["owedFen"] == 0


def test_a_payers_closing_and_an_agreement_at_once_leave_one_of_the_two(teller: Teller) -> None:
    teller.ready(line_fen=LINE)
    world, phone = teller.world, teller.phone
    context = world.context(phone, None, customer=True)
    ((number,),) = world.sql("SELECT number FROM account")
    payloads = (
        {"accountId": phone.account_id},
        {"accountId": teller.account, "payerId": phone.account_id, "share": "FULL"},
    )

    def work(round_: int, racer: int) -> Any:
        ids = (f"opn_{round_}_{racer}", phone.customer_id or "", phone.device_id, "cards@1.0.0")
        spender: Any = (world.room.closings, world.cards.autopay)[racer]
        approved = ApprovedOperation(*ids, 0, {"payer": number, "payee": number}, payloads[racer])
        return teller.do(lambda session: spender.place(session, context, approved))

    for round_ in range(4):
        with world.engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM card_autopay")
            connection.exec_driver_sql("UPDATE account SET state = 'OPEN', balance_fen = 0, available_fen = 0")
        got = race(partial(work, round_), 2)
        ((state,),) = world.sql("SELECT state FROM account")
        live = len(world.sql("SELECT agreement_id FROM card_autopay WHERE live_key IS NOT NULL"))
        assert (state, live, [one for one in got if isinstance(one, str)]) in (
            ("CLOSING", 0, ["ACCOUNT_FROZEN"]),
            ("OPEN", 1, ["ACCOUNT_NOT_EMPTY"]),
        )
