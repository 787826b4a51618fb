"""Freezing, waking, closing and another bound card: who may, when, and what the evidence says of it."""

import json
from datetime import timedelta
from typing import Any

import pytest

from bff.accounts import freezes
from bff.accounts.errors import (
    AccountStateError,
    BindMismatchError,
    BindNotClassIError,
    CardChangeExpiredError,
    NotBoundError,
    NotEmptyError,
)
from bff.accounts.incoming import Notice
from bff.bus.call import Call
from bff.bus.errors import StepUpRequiredError
from bff.db.engine import transaction
from bff.errors import ConflictError, NotFoundError
from bff.jobs import Turn
from tests.bff.accounts.steps import counters, payee, signed, to_card, to_payee
from tests.bff.wealth.test_evidence import proved
from tests.bff.wealth.world import ACCOUNTS, CHEN, GU, LIN, SU, ZHOU, Phone, World


def frozen(world: World, phone: Phone, **more: Any) -> str:
    order = freezes.Order(by="chen.yu", reason="court order 17", **more)
    with transaction(world.engine) as session:
        freeze_id = freezes.freeze(session, phone.account_id, order, world.now, world.new_id)
    world.relay.run()
    return freeze_id


def evidence(world: World, kind: str) -> list[Any]:
    return [json.loads(body) for (body,) in world.sql("SELECT body FROM evidence_entry WHERE kind = :kind", kind=kind)]


def state(world: World, phone: Phone) -> str:
    ((found,),) = world.sql("SELECT state FROM account WHERE account_id = :who", who=phone.account_id)
    return str(found)


def run(world: World, name: str) -> Any:
    (job,) = [one for one in world.room.jobs(world.engine, lambda: world.now) if one.name == name]
    if name != "accounts.dormancy":
        return job.work.work()
    with transaction(world.engine) as session:
        return job.work.step(session, Turn("2026-11-23", "", 0, world.now))


def test_a_freeze_tells_who_why_and_until_when_here_and_at_the_core(world: World) -> None:
    phone = world.bound(CHEN, 100)
    number = world.sql("SELECT number FROM account")[0][0]
    until = world.now + timedelta(days=30)
    freeze_id = frozen(world, phone, until=until)
    (told,) = evidence(world, "account.frozen")
    assert (told["by"], told["reason"], told["until"]) == ("chen.yu", "court order 17", "2026-12-23T02:00:00.000Z")
    assert (state(world, phone), world.core.states[number]) == ("FROZEN", "FROZEN")
    with pytest.raises(AccountStateError):
        frozen(world, phone)
    with transaction(world.engine) as session:
        assert freezes.thaw(session, phone.account_id, by="lin.cx", reason="lifted", now=world.now) == "OPEN"
    world.relay.run()
    assert (state(world, phone), world.core.states[number]) == ("OPEN", "OPEN")
    assert [one["freezeId"] for one in evidence(world, "account.thawed")] == [freeze_id]
    with pytest.raises(NotFoundError), transaction(world.engine) as session:
        freezes.thaw(session, phone.account_id, by="lin.cx", reason="again", now=world.now)


def test_a_freeze_that_the_core_hears_of_late_does_not_outlive_its_end(world: World) -> None:
    phone = world.bound(CHEN, 100)
    number = world.sql("SELECT number FROM account")[0][0]
    world.core.faults["freeze"] = ["lost"]
    frozen(world, phone)
    assert number not in world.core.states
    with transaction(world.engine) as session:
        freezes.thaw(session, phone.account_id, by="lin.cx", reason="lifted", now=world.now)
    for _ in range(3):
        world.later(minutes=10)
        world.relay.run()
    assert world.core.states[number] == "OPEN"
    assert [one for one in world.core.sent if ".freeze" in one or ".thaw" in one][-1].endswith(".thaw")


def test_a_freeze_ends_by_itself(world: World) -> None:
    phone = world.bound(CHEN, 100)
    frozen(world, phone, until=world.now + timedelta(days=1))
    assert run(world, "accounts.freezes") == "0 freezes ended"
    world.later(days=1)
    assert run(world, "accounts.freezes") == "1 freezes ended"
    assert state(world, phone) == "OPEN"
    assert evidence(world, "account.thawed")[0]["by"] == freezes.THE_CLOCK


def test_an_account_falls_asleep_and_its_verified_owner_wakes_it(world: World) -> None:
    phone = world.bound(CHEN, 100)
    assert run(world, "accounts.dormancy").done == 0
    world.later(days=1095, seconds=1)
    assert run(world, "accounts.dormancy").done == 1
    assert run(world, "accounts.dormancy").done == 0
    assert state(world, phone) == "DORMANT"
    with pytest.raises(AccountStateError):
        to_card(world, phone, 1)
    woken = world.call(phone, "accounts.wake", {"accountId": phone.account_id})
    assert woken == {"accountId": phone.account_id, "state": "OPEN"}
    assert run(world, "accounts.dormancy").done == 0
    assert [one["customerId"] for one in evidence(world, "account.woken")] == [phone.customer_id]


def test_waking_needs_a_fresh_verification_and_ends_no_freeze(world: World) -> None:
    phone = world.bound(CHEN, 100)
    context = world.context(phone, ACCOUNTS, customer=True)
    stale = context.caller.__class__(
        **{name: getattr(context.caller, name) for name in context.caller.__slots__ if name != "verified_at"},
        verified_at=world.now - timedelta(hours=1),
    )
    body = {"accountId": phone.account_id}
    other = {name: getattr(context, name) for name in context.__slots__ if name != "caller"}
    with pytest.raises(StepUpRequiredError):
        world.bus.call(Call("accounts.wake", body, context.__class__(caller=stale, **other), "key_wake_1"))
    frozen(world, phone)
    with pytest.raises(AccountStateError):
        world.call(phone, "accounts.wake", body)


def close(world: World, phone: Phone) -> Any:
    return signed(world, phone, world.call(phone, "accounts.close", {"accountId": phone.account_id}))


def test_an_empty_account_is_closed_and_another_may_be_opened(world: World) -> None:
    phone = world.bound(CHEN, 5_000)
    with pytest.raises(NotEmptyError) as refused:
        close(world, phone)
    assert refused.value.extra == {"holds": "money"}
    to_card(world, phone, 5_000)
    number = world.sql("SELECT number FROM account")[0][0]
    assert close(world, phone)["status"] == "DONE"
    assert (state(world, phone), world.core.states[number]) == ("CLOSED", "CLOSED")
    with pytest.raises(AccountStateError):
        world.call(phone, "accounts.fund", {"accountId": phone.account_id, "amountFen": 1})
    again = world.opened(phone, CHEN)
    assert again["state"] == "OPEN"
    assert again["account"]["accountId"] != phone.account_id


def test_an_account_that_holds_products_is_not_closed(world: World) -> None:
    phone = world.ready(CHEN, 5_000_000)
    world.buy(phone, 5_000_000)
    with pytest.raises(NotEmptyError) as refused:
        close(world, phone)
    assert refused.value.extra == {"holds": "wealth"}


def test_money_that_came_between_keeps_the_account_open(world: World) -> None:
    phone = world.bound(CHEN)
    number = world.sql("SELECT number FROM account")[0][0]
    world.core.faults["close"] = ["refuse:ACCOUNT_NOT_EMPTY"]
    done = close(world, phone)
    assert (done["status"], done["result"]["reason"]) == ("FAILED", "ACCOUNT_NOT_EMPTY")
    assert state(world, phone) == "OPEN"
    assert number not in world.core.states


def test_money_between_preparing_and_signing_keeps_the_account_open(world: World) -> None:
    phone = world.bound(CHEN)
    asked = world.call(phone, "accounts.close", {"accountId": phone.account_id})
    world.call(phone, "accounts.fund", {"accountId": phone.account_id, "amountFen": 1})
    with pytest.raises(NotEmptyError):
        signed(world, phone, asked)
    assert state(world, phone) == "OPEN"


(SECOND,) = CHEN.also
"""Another card of class I of the same person."""


def other_card(world: World, phone: Phone, card: str) -> Any:
    body = {"accountId": phone.account_id, "cardNumber": card}
    return world.call(phone, "accounts.card.check", body)


def change_card(world: World, phone: Phone, card: str) -> Any:
    """Have a card checked and sign for it."""
    change = other_card(world, phone, card)["changeId"]
    return world.sign(phone, "accounts.card.change", accountId=phone.account_id, changeId=change)


def bound_tail(world: World, phone: Phone) -> Any:
    return world.call(phone, "accounts.list")["accounts"][0]["boundCard"]["tail"]


def test_another_card_is_bound_after_five_elements_and_a_signature(world: World) -> None:
    phone = world.bound(CHEN, 10_000)
    ready = other_card(world, phone, SECOND.card)
    assert (ready["state"], ready["tail"], ready["bankZh"]) == ("READY", SECOND.card[-4:], SECOND.bank_zh)
    ids = {"accountId": phone.account_id, "changeId": ready["changeId"]}
    asked = world.call(phone, "accounts.card.change", ids)
    assert bound_tail(world, phone) == CHEN.card[-4:]
    assert signed(world, phone, asked)["status"] == "DONE"
    assert bound_tail(world, phone) == SECOND.card[-4:]
    with pytest.raises(ConflictError):
        world.call(phone, "accounts.card.change", ids)


def test_the_new_card_gives_and_takes_and_the_old_one_is_a_strangers(world: World) -> None:
    phone = world.bound(CHEN, 10_000)
    ((number,),) = world.sql("SELECT number FROM account")
    before = dict(world.core.balances)
    late = world.call(phone, "accounts.transfer.bound", {"accountId": phone.account_id, "amountFen": 1_000})
    change_card(world, phone, SECOND.card)
    with pytest.raises(NotBoundError):
        signed(world, phone, late)
    assert world.call(phone, "accounts.fund", {"accountId": phone.account_id, "amountFen": 5_000})["state"] == "DONE"
    to_card(world, phone, 12_000)
    assert world.core.balances == {**before, number: 3_000, SECOND.card: before[SECOND.card] + 7_000}
    kept = {}
    for card in (CHEN.card, SECOND.card):
        notice = Notice(journal=f"jnl_of_{card}", payee=number, payer=card, amount_fen=700, booked_at=world.now)
        with transaction(world.engine) as session:
            kept[card] = world.room.incoming.told(session, notice, world.now)
    assert kept == {CHEN.card: "RETURNING", SECOND.card: "KEPT"}
    assert to_payee(world, phone, 100, payee(world, phone, CHEN.card, CHEN.name))["status"] == "DONE"
    assert counters(world)["unbound_out", "2026-11-23"] == 100


def test_a_change_of_card_is_proved_from_its_export_alone(world: World) -> None:
    phone = world.bound(CHEN)
    order_id = change_card(world, phone, SECOND.card)["result"]["orderId"]
    money, outcome = proved(world, order_id)
    assert money.startswith("No money moved")
    assert "for accounts.card.change, under rules accounts-2026.1, ended DONE" in outcome


def test_a_card_that_is_not_the_customers_own_or_of_class_ii_is_not_bound(world: World) -> None:
    phone = world.bound(CHEN)
    for card in (LIN.card, SU.card):
        with pytest.raises(BindMismatchError) as refused:
            other_card(world, phone, card)
        assert refused.value.extra["element"] == "name"
    world.bound(LIN)
    with pytest.raises(BindMismatchError):
        other_card(world, phone, ZHOU.card)


def test_a_class_ii_card_of_the_customer_is_not_bound(world: World) -> None:
    phone = world.bound(GU)
    with pytest.raises(BindNotClassIError):
        other_card(world, phone, GU.also[0].card)


def test_a_checked_card_has_to_be_signed_for_in_time(world: World) -> None:
    phone = world.bound(CHEN)
    ready = other_card(world, phone, SECOND.card)
    world.later(minutes=30)
    with pytest.raises(CardChangeExpiredError):
        world.call(phone, "accounts.card.change", {"accountId": phone.account_id, "changeId": ready["changeId"]})


def test_somebody_elses_card_change_and_account_look_like_none(world: World) -> None:
    chen, lin = world.bound(CHEN), world.bound(LIN)
    change = other_card(world, chen, SECOND.card)["changeId"]
    for code, more in (
        ("accounts.close", {}),
        ("accounts.wake", {}),
        ("accounts.card.check", {"cardNumber": CHEN.card}),
        ("accounts.card.change", {"changeId": change}),
    ):
        for account in (chen.account_id, "acc_none"):
            with pytest.raises(NotFoundError):
                world.call(lin, code, {"accountId": account, **more})
    with pytest.raises(NotFoundError):
        world.call(lin, "accounts.card.change", {"accountId": lin.account_id, "changeId": change})
