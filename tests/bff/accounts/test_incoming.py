"""Incoming transfers: kept or returned by the rules, judged once, counted while they stand."""

from datetime import datetime, timedelta

import pytest

from bff.accounts.incoming import CASH, TRANSFER, Notice
from bff.db.engine import transaction
from bff.errors import NotFoundError
from tests.bff.accounts.steps import counters, payee, to_payee
from tests.bff.wealth.world import CHEN, LIN, Phone, World


def number_of(world: World, phone: Phone) -> str:
    ((number,),) = world.sql("SELECT number FROM account WHERE account_id = :who", who=phone.account_id)
    return str(number)


def arrives(
    world: World, phone: Phone, fen: int, payer: str = LIN.card, how: str = TRANSFER, at: datetime | None = None
) -> str:
    """Let the core book money from elsewhere, now or then, and tell of it now; give the journal."""
    number = number_of(world, phone)
    world.core.balances.setdefault(payer, 10**9)
    world.core.transfer(
        sequence=world.new_id("ext"), payer=payer, payee=number, amount=fen, currency="CNY", memo="转入"
    )
    journal = f"jnl_{len(world.core.journals)}"
    tell(world, Notice(journal=journal, payee=number, payer=payer, amount_fen=fen, how=how, booked_at=at or world.now))
    world.relay.run()
    return journal


def tell(world: World, notice: Notice) -> str:
    with transaction(world.engine) as session:
        return world.room.incoming.told(session, notice, world.now)


def state(world: World, journal: str) -> tuple[str, str | None]:
    ((found, reason),) = world.sql("SELECT state, reason FROM account_incoming WHERE journal = :j", j=journal)
    return found, reason


def checked(world: World, phone: Phone) -> None:
    world.sql("UPDATE account SET face_checked = 1 WHERE account_id = :who", who=phone.account_id)


def test_an_account_opened_online_returns_money_that_is_not_from_its_card(world: World) -> None:
    phone = world.bound(CHEN, 100)
    journal = arrives(world, phone, 5_000)
    assert state(world, journal) == ("RETURNED", "NOT_BOUND")
    assert world.core.balances[LIN.card] == LIN.opening_fen
    assert world.sql("SELECT balance_fen FROM account") == [(100,)]
    assert ("unbound_in", "2026") not in counters(world)


def test_money_from_the_bound_card_is_kept_and_cash_is_not(world: World) -> None:
    phone = world.bound(CHEN, 100)
    assert state(world, arrives(world, phone, 2_000_000, CHEN.card)) == ("KEPT", None)
    assert world.sql("SELECT balance_fen, available_fen FROM account") == [(2_000_100, 2_000_100)]
    assert state(world, arrives(world, phone, 50, CHEN.card, CASH)) == ("RETURNED", "NOT_BOUND")
    assert counters(world) == {("bound_in", "2026-11-23"): 100}


def test_after_a_check_face_to_face_inflow_is_counted_and_what_passes_a_cap_returned(world: World) -> None:
    phone = world.bound(CHEN)
    checked(world, phone)
    assert state(world, arrives(world, phone, 600_000)) == ("KEPT", None)
    assert state(world, arrives(world, phone, 400_001)) == ("RETURNED", "LIMIT_DAY")
    assert state(world, arrives(world, phone, 400_000)) == ("KEPT", None)
    world.later(days=1)
    world.sql("UPDATE account_counter SET used_fen = 19999999 WHERE period = '2026'")
    assert state(world, arrives(world, phone, 2)) == ("RETURNED", "LIMIT_YEAR")
    assert counters(world).get(("unbound_in", "2026-11-24"), 0) == 0


def test_money_that_is_told_late_counts_in_the_day_and_year_of_its_booking(world: World) -> None:
    phone = world.bound(CHEN)
    checked(world, phone)
    world.now = world.now.replace(month=12, day=31, hour=16)  # midnight in Shanghai: the new year has begun
    eve = world.now - timedelta(microseconds=1)
    assert state(world, arrives(world, phone, 1_000_000, at=eve)) == ("KEPT", None)
    assert state(world, arrives(world, phone, 1_000_000)) == ("KEPT", None)
    assert state(world, arrives(world, phone, 1, at=eve)) == ("RETURNED", "LIMIT_DAY")
    assert {key: used for key, used in counters(world).items() if used} == {
        ("unbound_in", period): 1_000_000 for period in ("2026-12-31", "2026", "2027-01-01", "2027")
    }


def test_a_kept_transfer_that_the_bank_takes_back_gives_its_counters_back(world: World) -> None:
    phone = world.bound(CHEN)
    checked(world, phone)
    journal = arrives(world, phone, 600_000)
    with transaction(world.engine) as session:
        world.room.returns.order(
            session, journal, world.new_id("ret"), by="chen.yu", reason="sent by mistake", now=world.now
        )
    world.relay.run()
    assert state(world, journal) == ("RETURNED", None)
    assert {used for (name, _), used in counters(world).items() if name == "unbound_in"} == {0}
    assert world.sql("SELECT balance_fen FROM account") == [(0,)]


def test_a_journal_is_judged_once_however_often_it_is_told(world: World) -> None:
    phone = world.bound(CHEN)
    checked(world, phone)
    journal = arrives(world, phone, 600_000)
    again = Notice(
        journal=journal, payee=number_of(world, phone), payer=LIN.card, amount_fen=600_000, booked_at=world.now
    )
    assert [tell(world, again) for _ in range(3)] == ["KEPT"] * 3
    assert counters(world)["unbound_in", "2026"] == 600_000


def test_what_is_spent_already_cannot_be_returned_and_stays_for_a_person(world: World) -> None:
    phone = world.bound(CHEN)
    number = number_of(world, phone)
    world.core.faults["reverse"] = ["refuse:INSUFFICIENT_FUNDS"]
    journal = arrives(world, phone, 5_000)
    assert state(world, journal) == ("STUCK", "NOT_BOUND")
    with transaction(world.engine) as session:
        world.room.returns.order(session, journal, world.new_id("ret"), by="chen.yu", reason="again", now=world.now)
    assert world.core.balances[number] == 5_000


@pytest.mark.parametrize("turned", ["FROZEN", "DORMANT", "CLOSED"])
def test_an_account_that_is_not_open_keeps_nothing(world: World, turned: str) -> None:
    phone = world.bound(CHEN)
    world.sql("UPDATE account SET state = :turned", turned=turned)
    assert state(world, arrives(world, phone, 100, CHEN.card))[1] == "ACCOUNT_FROZEN"


def test_money_for_nobody_here_is_no_business_of_this_room(world: World) -> None:
    with pytest.raises(NotFoundError):
        tell(
            world, Notice(journal="jnl_9", payee="6299000000000000", payer=LIN.card, amount_fen=1, booked_at=world.now)
        )


def test_between_two_of_our_customers_both_rooms_rules_hold(world: World) -> None:
    chen, lin = world.bound(CHEN, 1_000_000), world.bound(LIN, 100)
    to = payee(world, chen, number_of(world, lin))
    done = to_payee(world, chen, 700_000, to)
    moved = world.call(chen, "accounts.transfer.get", {"transferId": done["result"]["orderId"]})
    assert moved["state"] == "RETURNED"
    assert world.call(chen, "accounts.list")["accounts"][0]["balanceFen"] == 1_000_000
    assert counters(world)["unbound_out", "2026"] == 0
    checked(world, lin)
    assert to_payee(world, chen, 700_000, to)["status"] == "DONE"
    balances = dict(world.sql("SELECT account_id, balance_fen FROM account"))
    assert balances == {chen.account_id: 300_000, lin.account_id: 700_100}
    rows = world.sql("SELECT counter, used_fen FROM account_counter WHERE period = '2026' ORDER BY counter")
    assert rows == [("unbound_in", 700_000), ("unbound_out", 700_000)]
