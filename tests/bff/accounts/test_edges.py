"""Edges between a signature and what happened since: a freeze, a closing, another card, money on its way back."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row
from sqlalchemy.orm import Session

from bff.accounts import freezes, repository
from bff.accounts.counters import Counted, Counters
from bff.accounts.errors import AccountStateError, NotBoundError, NotEmptyError
from bff.approvals.decisions import ApprovedOperation
from bff.db.engine import transaction
from tests.bff.accounts.steps import payee, signed, to_card, to_payee
from tests.bff.cards.teller import Teller
from tests.bff.db.engines import fresh_engine
from tests.bff.sweep.bank import SweepBank
from tests.bff.wealth.world import CHEN, Phone, World

(SECOND,) = CHEN.also


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[SweepBank]:
    with fresh_engine("sqlite", tmp_path) as engine:
        yield SweepBank(engine)


def freeze_unheard(world: World, phone: Phone) -> None:
    """Freeze an account while the core does not hear of it."""
    world.core.faults["freeze"] = ["lost"] * 10**4
    with transaction(world.engine) as session:
        freezes.freeze(session, phone.account_id, freezes.Order(by="chen.yu", reason="court"), world.now, world.new_id)


def balances(world: World) -> dict[str, int]:
    return {number: fen for number, fen in world.core.balances.items() if fen}


def test_what_was_prepared_before_a_freeze_is_not_placed_after_it(bank: SweepBank) -> None:
    phone = bank.ready(CHEN, 10_000_000)
    bank.sign(phone)
    body = {"accountId": phone.account_id, "amountFen": 100_000}
    floor = {"accountId": phone.account_id, "product": "LMB", "floorFen": 1}
    prepared = [
        bank.prepare(phone),
        bank.call(phone, "sweep.purchase.prepare", {**body, "product": "LMB"}),
        bank.call(phone, "sweep.agreement.prepare", floor),
        bank.call(phone, "accounts.transfer.bound", body),
    ]
    before = balances(bank)
    freeze_unheard(bank, phone)
    for asked in prepared:
        with pytest.raises(AccountStateError):
            signed(bank, phone, asked)
    assert bank.quota()[1] == 0
    bank.at("2026-11-23", "21:00")
    bank.run("sweep.collect")
    assert balances(bank) == before


def test_a_card_is_neither_repaid_from_a_frozen_account_nor_is_that_agreed_to(tmp_path: Path) -> None:
    with fresh_engine("sqlite", tmp_path) as engine:
        teller = Teller(World(engine)).ready()
        teller.spend(50_000)
        agreement = {"accountId": teller.account, "payerAccountId": teller.phone.account_id, "share": "FULL"}
        prepared = [teller.prepare(50_000), teller.call("autopay.prepare", **agreement)]
        before = balances(teller.world)
        freeze_unheard(teller.world, teller.phone)
        for asked in prepared:
            with pytest.raises(AccountStateError):
                teller.sign(asked)
        assert balances(teller.world) == before
        assert teller.world.sql("SELECT count(*) FROM card_autopay") == [(0,)]


def test_no_agreement_is_signed_for_an_account_that_was_closed_meanwhile(bank: SweepBank) -> None:
    phone = bank.bound(CHEN)
    agreed = bank.call(
        phone, "sweep.agreement.prepare", {"product": "LMB", "accountId": phone.account_id, "floorFen": 0}
    )
    signed(bank, phone, bank.call(phone, "accounts.close", {"accountId": phone.account_id}))
    assert bank.sql("SELECT state FROM account") == [("CLOSED",)]
    with pytest.raises(AccountStateError):
        signed(bank, phone, agreed)
    assert bank.sql("SELECT count(*) FROM sweep_agreement") == [(0,)]


def test_an_account_is_not_closed_while_money_is_on_its_way_back(bank: SweepBank) -> None:
    phone = bank.bound(CHEN, 10_000)
    number = bank.sql("SELECT number FROM account")[0][0]
    to_payee(bank, phone, 9_000, payee(bank, phone))
    to_card(bank, phone, 1_000)
    closing = bank.call(phone, "accounts.close", {"accountId": phone.account_id})
    ((journal,),) = bank.sql("SELECT reference FROM account_transfer WHERE movement = 'unbound_out'")
    bank.core.faults["reverse"] = ["lost"]
    with transaction(bank.engine) as session:
        bank.room.returns.order(session, journal, "ret_1", by="chen.yu", reason="refused", now=bank.now)
    for attempt in (
        lambda: signed(bank, phone, closing),
        lambda: bank.call(phone, "accounts.close", {"accountId": phone.account_id}),
    ):
        with pytest.raises(NotEmptyError) as refused:
            attempt()
        assert refused.value.extra == {"holds": "movement"}
    for _ in range(2):
        bank.later(minutes=10)
        bank.relay.run()
    assert (bank.core.balances[number], bank.sql("SELECT balance_fen FROM account")) == (9_000, [(9_000,)])


def test_a_frozen_account_repays_no_bill_and_its_owner_is_told(tmp_path: Path) -> None:
    with fresh_engine("sqlite", tmp_path) as engine:
        teller = Teller(World(engine)).ready()
        teller.spend(50_000)
        teller.autopay()
        freeze_unheard(teller.world, teller.phone)
        before = balances(teller.world)
        teller.until("2026-12-29")
        assert balances(teller.world) == before
        assert teller.world.sql("SELECT state, reason FROM card_repayment") == [("REJECTED", "ACCOUNT_FROZEN")]
        told = {one["kind"] for one in teller.world.call(teller.phone, "inbox.list")["messages"]}
        assert {"account.frozen", "card.autopay_failed"} <= told


@dataclass(frozen=True, slots=True)
class Meanwhile(Counters):
    """Counters before which another card is bound, as by another commit between reading and locking the account."""

    card: dict[str, Any]

    def begin(self, session: Session, account: Row[Any], *rest: Any) -> Counted:
        """Bind the other card, then count."""
        assert repository.rebind(session, account.account_id, **self.card)
        return super(Meanwhile, self).begin(session, account, *rest)


@pytest.fixture
def rebound(bank: SweepBank) -> tuple[Phone, Meanwhile]:
    """An account to which a second card will be bound at the worst moment."""
    phone = bank.bound(CHEN, 10_000)
    vault = bank.room.vault
    sealed = {name: vault.seal(phone.account_id, name, SECOND.card) for name in ("card", "bound_number")}
    return phone, Meanwhile(bank.room.packs, {**sealed, "card_tail": SECOND.card[-4:]})


def test_money_comes_from_the_card_that_is_bound_when_the_account_is_locked(
    bank: SweepBank, rebound: tuple[Phone, Meanwhile]
) -> None:
    phone, counters = rebound
    before = bank.core.balances[CHEN.card]
    fundings = replace(bank.room.fundings, counters=counters)
    with transaction(bank.engine) as session:
        fundings.fund(session, bank.context(phone, None, customer=True), phone.account_id, 500)
    bank.relay.run()
    assert (bank.core.balances[CHEN.card], bank.core.balances[SECOND.card]) == (before, SECOND.opening_fen - 500)


def test_money_goes_to_no_card_that_is_not_bound_when_the_account_is_locked(
    bank: SweepBank, rebound: tuple[Phone, Meanwhile]
) -> None:
    phone, counters = rebound
    transfers = replace(bank.room.transfers, counters=counters)
    payload = {"accountId": phone.account_id, "kind": "accounts.transfer.bound", "tail": CHEN.card[-4:]}
    fields = {"payer": "x", "payee": CHEN.card, "payee_name": CHEN.name}
    ids = ("opn_1", phone.customer_id or "", phone.device_id, "accounts@1.0.0")
    approved = ApprovedOperation(*ids, 500, fields, payload)
    with pytest.raises(NotBoundError), transaction(bank.engine) as session:
        transfers.place(session, bank.context(phone, None, customer=True), approved)
    assert bank.sql("SELECT count(*) FROM account_transfer") == [(0,)]
