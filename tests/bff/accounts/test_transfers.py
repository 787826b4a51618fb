"""Transfers out over the real bus: signed, counted, executed once, given back when they are undone."""

import pytest

from bff.accounts import freezes
from bff.accounts.errors import (
    AccountStateError,
    BoundPendingError,
    LimitDayError,
    LimitYearError,
    NotBoundError,
    PayeesFullError,
    PayeeUnknownError,
)
from bff.approvals.errors import InsufficientFundsError, PurposeNotInManifestError
from bff.db.engine import transaction
from bff.errors import NotFoundError
from tests.bff.accounts.steps import counters, payee, prepared_out, signed, to_card, to_payee
from tests.bff.wealth.world import CHEN, LIN, WEALTH, World


def test_money_goes_back_to_the_bound_card_and_fills_no_counter(world: World) -> None:
    phone = world.bound(CHEN, 20_000_000)
    done = to_card(world, phone, 15_000_000)
    transfer = world.call(phone, "accounts.transfer.get", {"transferId": done["result"]["orderId"]})
    assert (done["status"], transfer["state"], transfer["to"]) == ("DONE", "DONE", "bound")
    assert (transfer["payeeTail"], transfer["amountFen"]) == (CHEN.card[-4:], 15_000_000)
    assert world.core.balances[CHEN.card] == CHEN.opening_fen - 5_000_000
    assert {name for name, _ in counters(world)} == {"bound_in"}
    assert world.sql("SELECT balance_fen, moving FROM account") == [(5_000_000, 0)]


def test_money_goes_to_a_payee_and_fills_the_day_and_the_year(world: World) -> None:
    phone = world.bound(CHEN, 2_000_000)
    to = payee(world, phone)
    done = to_payee(world, phone, 600_000, to)
    assert done["status"] == "DONE"
    assert world.core.balances[LIN.card] == LIN.opening_fen + 600_000
    out = {key: used for key, used in counters(world).items() if key[0] == "unbound_out"}
    assert out == {("unbound_out", "2026-11-23"): 600_000, ("unbound_out", "2026"): 600_000}
    (listed,) = world.call(phone, "accounts.transfer.list", {"accountId": phone.account_id})["transfers"]
    assert (listed["payeeName"], listed["payeeTail"], listed["to"]) == (LIN.name, LIN.card[-4:], "payee")


def test_payees_are_masked_and_sealed_and_can_be_forgotten(world: World) -> None:
    phone = world.bound(CHEN, 100)
    to = payee(world, phone)
    (listed,) = world.call(phone, "accounts.payee.list")["payees"]
    assert listed == {"payeeId": to, "state": "KNOWN", "name": "林**", "tail": LIN.card[-4:]}
    everything = str(world.sql("SELECT * FROM account_payee")) + str(world.sql("SELECT payload FROM outbox_message"))
    assert LIN.card not in everything
    assert LIN.name not in everything
    world.call(phone, "accounts.payee.remove", {"payeeId": to})
    assert world.call(phone, "accounts.payee.list")["payees"] == []


def test_who_the_core_does_not_know_is_not_paid(world: World) -> None:
    phone = world.bound(CHEN, 100_000)
    world.core.faults["enquire"] = ["refuse:ACCOUNT_UNKNOWN"]
    to = payee(world, phone, "6222021234567890128")
    with pytest.raises(PayeeUnknownError):
        prepared_out(world, phone, 100, to)
    with pytest.raises(PayeeUnknownError):
        payee(world, phone, "12-34")


def test_a_customer_has_so_many_payees(world: World) -> None:
    phone = world.bound(CHEN)
    rows = ", ".join(f"('pye_{n}', '{phone.customer_id}', 'KNOWN', 'x', 'x', '1234', '2026-11-23')" for n in range(50))
    columns = "payee_id, customer_id, state, name, number, tail, created_at"
    world.sql(f"INSERT INTO account_payee ({columns}) VALUES {rows}")  # noqa: S608 values of this test
    with pytest.raises(PayeesFullError):
        payee(world, phone)


def test_the_day_has_a_cap_at_prepare_and_at_the_signature(world: World) -> None:
    phone = world.bound(CHEN, 5_000_000)
    to = payee(world, phone)
    two = [prepared_out(world, phone, 600_000, to) for _ in range(2)]
    assert signed(world, phone, two[0])["status"] == "DONE"
    with pytest.raises(LimitDayError):
        signed(world, phone, two[1])
    with pytest.raises(LimitDayError):
        prepared_out(world, phone, 400_001, to)
    assert to_payee(world, phone, 400_000, to)["status"] == "DONE"
    assert counters(world)["unbound_out", "2026-11-23"] == 1_000_000
    assert world.sql("SELECT moving FROM account") == [(0,)]


def test_midnight_in_shanghai_opens_the_day_and_new_year_the_year(world: World) -> None:
    phone = world.bound(CHEN, 5_000_000)
    to = payee(world, phone)
    world.sql("INSERT INTO account_counter VALUES (:who, 'unbound_out', '2026', 19500000)", who=phone.account_id)
    with pytest.raises(LimitYearError):
        prepared_out(world, phone, 500_001, to)
    world.now = world.now.replace(month=12, day=31, hour=15, minute=59)
    to_payee(world, phone, 500_000, to)
    world.later(minutes=2)
    to_payee(world, phone, 1_000_000, to)
    found = counters(world)
    assert (found["unbound_out", "2026"], found["unbound_out", "2027"]) == (20_000_000, 1_000_000)
    assert (found["unbound_out", "2026-12-31"], found["unbound_out", "2027-01-01"]) == (500_000, 1_000_000)


def test_what_the_core_refuses_gives_the_counters_back(world: World) -> None:
    phone = world.bound(CHEN, 1_000_000)
    to = payee(world, phone)
    world.core.faults["transfer"] = ["refuse:INSUFFICIENT_FUNDS"]
    done = to_payee(world, phone, 700_000, to)
    assert (done["status"], done["result"]["reason"]) == ("FAILED", "INSUFFICIENT_FUNDS")
    assert counters(world)["unbound_out", "2026"] == 0
    assert to_payee(world, phone, 1_000_000, to)["status"] == "DONE"


@pytest.mark.parametrize("fault", ["lost", "silent"])
def test_an_unknown_transfer_stays_counted_and_is_made_once(world: World, fault: str) -> None:
    phone = world.bound(CHEN, 1_000_000)
    to = payee(world, phone)
    world.core.faults["transfer"] = [fault]
    assert to_payee(world, phone, 700_000, to)["status"] == "UNKNOWN"
    assert counters(world)["unbound_out", "2026"] == 700_000
    world.later(seconds=5)
    world.relay.run()
    assert world.sql("SELECT state FROM account_transfer") == [("DONE",)]
    assert world.core.balances[LIN.card] == LIN.opening_fen + 700_000
    assert world.sql("SELECT moving FROM account") == [(0,)]


def test_a_returned_transfer_gives_money_and_counters_back_once(world: World) -> None:
    phone = world.bound(CHEN, 1_000_000)
    to_payee(world, phone, 700_000, payee(world, phone))
    ((journal,),) = world.sql("SELECT reference FROM account_transfer")
    for _ in range(2):
        with transaction(world.engine) as session:
            if world.sql("SELECT state FROM account_transfer") == [("DONE",)]:
                world.room.returns.order(
                    session, journal, world.new_id("ret"), by="chen.yu", reason="refused there", now=world.now
                )
        world.relay.run()
    assert world.sql("SELECT state FROM account_transfer") == [("RETURNED",)]
    assert world.core.balances[LIN.card] == LIN.opening_fen
    assert {used for (name, _), used in counters(world).items() if name == "unbound_out"} == {0}
    assert world.sql("SELECT balance_fen FROM account") == [(1_000_000,)]
    with pytest.raises(NotFoundError), transaction(world.engine) as session:
        world.room.returns.order(session, journal, world.new_id("ret"), by="chen.yu", reason="again", now=world.now)
    kinds = {message["kind"] for message in world.call(phone, "inbox.list")["messages"]}
    assert "account.returned" in kinds


def test_a_return_that_the_core_refuses_leaves_the_transfer_done(world: World) -> None:
    phone = world.bound(CHEN, 1_000_000)
    to_payee(world, phone, 700_000, payee(world, phone))
    ((journal,),) = world.sql("SELECT reference FROM account_transfer")
    world.core.balances[LIN.card] = 0
    with transaction(world.engine) as session:
        world.room.returns.order(session, journal, world.new_id("ret"), by="chen.yu", reason="mistake", now=world.now)
    world.relay.run()
    assert world.sql("SELECT state FROM account_transfer") == [("DONE",)]
    assert counters(world)["unbound_out", "2026"] == 700_000


def test_a_funding_that_the_bank_takes_back_gives_its_counter_back(world: World) -> None:
    phone = world.bound(CHEN, 1_000_000)
    with transaction(world.engine) as session:
        world.room.returns.order(session, "jnl_1", "ret_1", by="chen.yu", reason="card stolen", now=world.now)
    world.relay.run()
    assert world.sql("SELECT state FROM account_funding") == [("RETURNED",)]
    assert counters(world)["bound_in", "2026-11-23"] == 0
    assert world.call(phone, "accounts.list")["accounts"][0]["balanceFen"] == 0


def test_more_than_there_is_is_refused_before_anything_is_signed(world: World) -> None:
    phone = world.bound(CHEN, 1_000)
    with pytest.raises(InsufficientFundsError):
        to_card(world, phone, 1_001)


def test_a_frozen_account_prepares_and_places_nothing(world: World) -> None:
    phone = world.bound(CHEN, 1_000_000)
    to = payee(world, phone)
    asked = prepared_out(world, phone, 100, to)
    with transaction(world.engine) as session:
        order = freezes.Order(by="chen.yu", reason="court order 17")
        freezes.freeze(session, phone.account_id, order, world.now, world.new_id)
    with pytest.raises(AccountStateError):
        signed(world, phone, asked)
    with pytest.raises(AccountStateError):
        to_card(world, phone, 100)
    assert world.sql("SELECT * FROM account_transfer") == []


def test_a_card_that_was_changed_before_the_signature_gets_nothing(world: World) -> None:
    phone = world.bound(CHEN, 1_000_000)
    asked = world.call(phone, "accounts.transfer.bound", {"accountId": phone.account_id, "amountFen": 100})
    sealed = world.room.bound.sealed(phone.account_id, "6298010000000099999")
    world.sql("UPDATE account SET bound_number = :sealed", sealed=sealed)
    with pytest.raises(NotBoundError):
        signed(world, phone, asked)


def test_a_bound_card_that_the_core_has_not_named_is_asked_about_first(world: World) -> None:
    phone = world.bound(CHEN, 1_000_000)
    world.sql("UPDATE account SET bound_number = NULL")
    with pytest.raises(BoundPendingError):
        to_card(world, phone, 100)
    world.relay.run()
    assert to_card(world, phone, 100)["status"] == "DONE"


def test_somebody_elses_transfers_and_payees_look_like_none(world: World) -> None:
    chen, lin = world.bound(CHEN, 1_000_000), world.bound(LIN, 1_000)
    to = payee(world, chen)
    moved = to_payee(world, chen, 100, to)["result"]["orderId"]
    pairs = (
        ("accounts.transfer.get", "transferId", moved, {}),
        ("accounts.payee.remove", "payeeId", to, {}),
        ("accounts.transfer.list", "accountId", chen.account_id, {}),
        ("accounts.transfer.bound", "accountId", chen.account_id, {"amountFen": 1}),
        ("accounts.transfer.out", "payeeId", to, {"accountId": lin.account_id, "amountFen": 1}),
        ("accounts.limits", "accountId", chen.account_id, {}),
    )
    for code, field, value, more in pairs:
        seen = []
        for wanted in (value, "none_of_that"):
            with pytest.raises(NotFoundError) as refused:
                world.call(lin, code, {field: wanted, **more})
            seen.append(refused.value.detail)
        assert seen[0] == seen[1]


def test_another_bundle_may_not_ask_for_transfers(world: World) -> None:
    phone = world.bound(CHEN, 1_000)
    with pytest.raises(PurposeNotInManifestError):
        world.call(phone, "accounts.transfer.bound", {"accountId": phone.account_id, "amountFen": 1}, page=WEALTH)


def test_the_limits_are_told_as_they_stand(world: World) -> None:
    phone = world.bound(CHEN, 1_000_000)
    to_payee(world, phone, 300_000, payee(world, phone))
    told = world.call(phone, "accounts.limits", {"accountId": phone.account_id})
    found = {(one["counter"], one["period"]): (one["usedFen"], one["mostFen"]) for one in told["limits"]}
    assert found == {
        ("bound_in", "day"): (1_000_000, 50_000_000),
        ("unbound_in", "day"): (0, 1_000_000),
        ("unbound_in", "year"): (0, 20_000_000),
        ("unbound_out", "day"): (300_000, 1_000_000),
        ("unbound_out", "year"): (300_000, 20_000_000),
    }
    assert told["mostBalanceFen"] is None
