"""Cards in their owner's hands: activation with its contract, freezing, loss, replacement, closing."""

from typing import Any

import pytest

from bff.bus.call import Call
from bff.bus.errors import StepUpRequiredError
from bff.cards.errors import CardBalanceError, CardLockedError, CardStateError, CardTailWrongError
from bff.cards.ports import ProducerState
from bff.core_bank.port import CoreRefusedError, CoreUnknownError
from bff.errors import NotFoundError
from tests.bff.cards.teller import GOLD, Teller, at
from tests.bff.wealth.world import BUNDLES, LIN


def wrong(teller: Teller) -> str:
    return f"{(int(teller.tail()) + 1) % 10_000:04d}"


def test_the_digits_of_the_mailed_card_open_the_contract(teller: Teller) -> None:
    teller.mailed()
    for left in (4, 3):
        with pytest.raises(CardTailWrongError) as refused:
            teller.activate(wrong(teller))
        assert refused.value.extra["left"] == left
    assert teller.activate()["status"] == "DONE"
    assert teller.world.sql("SELECT tries FROM credit_card") == [(0,)]
    with pytest.raises(CardStateError):
        teller.activate()


def test_five_wrong_digits_lock_the_card_and_a_replacement_opens_anew(teller: Teller) -> None:
    teller.mailed()
    for _ in range(5):
        with pytest.raises(CardTailWrongError):
            teller.activate(wrong(teller))
    with pytest.raises(CardLockedError):
        teller.activate()
    locked = teller.card
    teller.card = teller.call("replace", cardId=locked)["cardId"]
    teller.mail()
    teller.activate()
    states = dict(teller.world.sql("SELECT card_id, state FROM credit_card"))
    assert states == {locked: "CLOSED", teller.card: "ACTIVATED"}


def test_before_activation_nothing_is_told_spent_or_charged(teller: Teller) -> None:
    teller.mailed()
    card = teller.call("get", cardId=teller.card)
    assert (card["state"], card["tail"], card["sandboxLetter"]) == ("MAILED", None, teller.tail())
    with pytest.raises(CardStateError):
        teller.spend(100)
    teller.until("2027-05-01", step=20)
    assert teller.world.sql("SELECT count(*) FROM card_entry") == [(0,)]
    assert teller.world.sql("SELECT count(*) FROM card_statement") == [(0,)]
    assert teller.world.sql("SELECT principal_fen + cash_fen + interest_fen + fee_fen FROM card_account") == [(0,)]


def test_activating_needs_a_fresh_verification(teller: Teller) -> None:
    teller.mailed()
    context = teller.world.context(teller.phone, BUNDLES["cards"], customer=True)
    stale = context.caller.__class__(
        **{name: getattr(context.caller, name) for name in context.caller.__slots__} | {"verified_at": at("2026-11-22")}
    )
    context = context.__class__(**{name: getattr(context, name) for name in context.__slots__} | {"caller": stale})
    body = {"cardId": teller.card, "lastFour": teller.tail()}
    for code, asked in (("contract.prepare", body), ("freeze", {"cardId": teller.card})):
        with pytest.raises(StepUpRequiredError):
            teller.world.bus.call(Call(f"cards.{code}", asked, context, f"key_{code}"))


def test_a_frozen_card_spends_nothing_until_it_is_unfrozen(teller: Teller) -> None:
    teller.ready()
    assert teller.call("freeze", cardId=teller.card)["state"] == "FROZEN"
    with pytest.raises(CardStateError):
        teller.spend(100)
    assert teller.call("unfreeze", cardId=teller.card)["state"] == "ACTIVATED"
    teller.spend(100)
    with pytest.raises(CardStateError):
        teller.call("unfreeze", cardId=teller.card)


def test_a_lost_card_is_stopped_and_replaced_once_on_the_same_account(teller: Teller) -> None:
    teller.ready()
    teller.spend(5_000)
    lost, account = teller.card, teller.account
    assert teller.call("report_lost", cardId=lost)["state"] == "LOST"
    with pytest.raises(CardStateError):
        teller.spend(100)
    with pytest.raises(CardStateError):
        teller.call("unfreeze", cardId=lost)
    teller.card = teller.call("replace", cardId=lost)["cardId"]
    with pytest.raises(CardStateError):
        teller.call("replace", cardId=lost)
    teller.mail()
    teller.activate()
    assert teller.account == account
    teller.spend(100)
    assert teller.seen()["owedFen"] == 5_100
    assert teller.call("get", cardId=lost)["state"] == "CLOSED"


def test_the_digits_of_a_card_in_the_mail_are_told_nowhere(teller: Teller) -> None:
    """They activate it: a sign sheet and an entry name the newest card that was activated."""
    teller.ready()
    teller.spend(5_000)
    old = teller.tail()
    teller.call("report_lost", cardId=teller.card)
    teller.card = teller.call("replace", cardId=teller.card)["cardId"]
    teller.world.relay.run()
    teller.mail()
    new = teller.tail()
    asked = teller.prepare(1_000)
    message = teller.world.message(teller.phone, asked["challengeId"])
    teller.world.approve(teller.phone, asked["challengeId"], message)
    assert (old in str(message), new in str(message)) == (True, False)
    listed = teller.call("entry.list", accountId=teller.account, limit=100)["entries"]
    assert {entry["cardTail"] for entry in listed} == {old}


def test_an_account_closes_when_nothing_is_open_and_may_be_applied_for_again(teller: Teller) -> None:
    teller.ready()
    reference = teller.spend(5_000)
    teller.authorise(100, "held_1")
    with pytest.raises(CardBalanceError):
        teller.call("account.close", accountId=teller.account)
    teller.do(lambda session: teller.world.cards.acquiring.reverse(session, "held_1"))
    teller.refund(reference, 5_000)
    teller.call("account.close", accountId=teller.account)
    with pytest.raises(CardStateError):
        teller.call("account.close", accountId=teller.account)
    with pytest.raises(CardStateError):
        teller.spend(100)
    assert teller.draft(GOLD)


def test_nobody_sees_or_moves_anothers_card(teller: Teller) -> None:
    teller.ready()
    teller.spend(5_000)
    teller.until("2026-12-10")
    teller.repay(1_000)
    other = Teller(teller.world, teller.world.bound(LIN, 1_000_000))
    repayment = teller.world.sql("SELECT repayment_id FROM card_repayment")[0][0]
    of_account: dict[str, dict[str, Any]] = {
        "account.get": {},
        "account.close": {},
        "bill.list": {},
        "bill.get": {"cycle": 1},
        "entry.list": {},
        **{f"bill.{kind}": {"cycle": 1} for kind in ("csv", "pdf")},
        **{f"entry.{kind}": {} for kind in ("csv", "pdf")},
        "repay.prepare": {"payerAccountId": other.phone.account_id, "amountFen": 100},
        "autopay.prepare": {"payerAccountId": other.phone.account_id, "share": "FULL"},
        "autopay.end": {},
    }
    of_card = {"get": {}, "contract.prepare": {"lastFour": "0000"}, "freeze": {}, "unfreeze": {}}
    of_card |= {"report_lost": {}, "replace": {}}
    asked = [(code, "accountId", teller.account, body) for code, body in of_account.items()]
    asked += [(code, "cardId", teller.card, body) for code, body in of_card.items()]
    asked += [("repayment.get", "repaymentId", repayment, {})]
    for code, name, value, body in asked:
        seen = []
        for wanted in (value, "xyz_never"):
            with pytest.raises(NotFoundError) as refused:
                other.call(code, **{name: wanted}, **body)
            seen.append((refused.value.code, refused.value.detail, refused.value.extra))
        assert seen[0] == seen[1], code
    assert other.call("list")["cards"] == []


def test_anothers_account_repays_nothing(teller: Teller) -> None:
    teller.ready()
    teller.spend(5_000)
    other = teller.world.bound(LIN, 1_000_000)
    body = {"accountId": teller.account, "payerAccountId": other.account_id}
    with pytest.raises(NotFoundError):
        teller.call("repay.prepare", **body, amountFen=100)
    with pytest.raises(NotFoundError):
        teller.call("autopay.prepare", **body, share="FULL")


# ── the producer ──
class Moody:
    """A producer that answers once in a while."""

    def __init__(self, inner: Any, faults: list[str]) -> None:
        self.inner, self.faults, self.orders = inner, faults, 0

    def order(self, **asked: str) -> Any:
        self.orders += 1
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "lost":
            raise CoreUnknownError(asked["sequence"])
        if fault == "refuse":
            raise CoreRefusedError(fault)
        made = self.inner.order(**asked)
        if fault == "silent":
            raise CoreUnknownError(asked["sequence"])
        return made

    def status(self, sequence: str) -> Any:
        return self.inner.status(sequence)


@pytest.mark.parametrize(("fault", "orders"), [("lost", 2), ("silent", 1)])
def test_a_card_is_made_once_whatever_the_producer_answers(teller: Teller, fault: str, orders: int) -> None:
    producing = teller.world.cards.producing
    moody = Moody(producing.producer, [fault])
    object.__setattr__(producing, "producer", moody)
    teller.applied()
    teller.approve()
    teller.world.relay.run()
    assert teller.state() == "APPROVED"
    teller.world.later(seconds=60)
    teller.world.relay.run()
    assert teller.state() == "EMBOSSING"
    assert moody.orders == orders
    assert teller.world.sql("SELECT count(*) FROM card_production") == [(1,)]


def test_a_card_that_the_producer_refuses_is_ordered_anew(teller: Teller) -> None:
    producing = teller.world.cards.producing
    inner = producing.producer
    object.__setattr__(producing, "producer", Moody(inner, ["refuse"]))
    teller.applied()
    refused = teller.approve()
    teller.world.relay.run()
    assert teller.state() == "UNMADE"
    teller.card = teller.call("replace", cardId=refused)["cardId"]
    teller.mail()
    teller.activate()
    assert teller.call("get", cardId=refused)["state"] == "CLOSED"


def test_the_producer_refuses_another_card_under_the_same_number(teller: Teller) -> None:
    producer = teller.world.cards.producing.producer
    asked = {"sequence": "s1", "pan": "6229980000000017", "name": "a", "address": "b", "product": "p"}
    assert producer.order(**asked).state is ProducerState.EMBOSSING
    assert producer.order(**asked).state is ProducerState.EMBOSSING
    with pytest.raises(CoreRefusedError):
        producer.order(**{**asked, "pan": "6229980000000025"})
    assert producer.status("s2").state is ProducerState.ABSENT
