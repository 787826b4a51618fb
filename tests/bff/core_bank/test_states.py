"""Frozen, closed and bounded accounts."""

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from bff.core_bank.models import CoreAccountRow
from bff.core_bank.port import BatchTransfer, CoreStatus
from bff.db.engine import transaction
from tests.bff.core_bank.conftest import Bank
from tests.bff.core_bank.test_concurrency import RACERS, race

CEILING = 200_000
"""Fen of a class III account at most."""


def gives(bank: Bank, number: str) -> str:
    """Tell what becomes of a debit: its verb, or the reason against it."""
    return outcome(bank, "give", number, bank.raising)


def takes(bank: Bank, number: str) -> str:
    return outcome(bank, "take", bank.card, number)


def outcome(bank: Bank, name: str, payer: str, payee: str) -> str:
    sequence = f"{name}.{bank.core.enquire(bank.card).balance}.{bank.core.enquire(bank.raising).balance}"
    before = bank.core.query(sequence)
    assert before.status is CoreStatus.ABSENT
    bank.ledger.transfer_many([transfer(sequence, payer, payee, 1)])
    after = bank.core.query(sequence)
    return after.reason or "done"


def transfer(sequence: str, payer: str, payee: str, fen: int) -> BatchTransfer:
    return BatchTransfer(sequence, payer, payee, fen, "CNY", "")


@pytest.mark.parametrize(("level", "taken"), [("FROZEN_DEBIT", "done"), ("FROZEN", "ACCOUNT_FROZEN")])
def test_a_frozen_account_gives_nothing_and_takes_by_its_level(bank: Bank, level: str, taken: str) -> None:
    number = bank.account("cus_1", 100)
    hold = bank.core.hold(sequence="h0", account=number, amount=10, currency="CNY").reference
    receipt = bank.core.freeze(sequence="f", account=number, level=level)
    assert (receipt.reference, receipt.postings, bank.core.enquire(number).state) == (number, (), level)
    assert gives(bank, number) == "ACCOUNT_FROZEN"
    assert takes(bank, number) == taken
    assert (
        bank.reason(lambda: bank.core.hold(sequence="h", account=number, amount=1, currency="CNY")) == "ACCOUNT_FROZEN"
    )
    assert bank.reason(lambda: bank.core.post(sequence="p", hold=hold, payee=bank.raising, memo="")) == "ACCOUNT_FROZEN"
    assert bank.core.void(sequence="v", hold=hold).reference == hold
    bank.core.unfreeze(sequence="u", account=number)
    assert bank.core.enquire(number).state == "OPEN"
    bank.check_books()


def test_what_came_in_cannot_be_taken_back_from_a_frozen_account_and_comes_back_to_it(bank: Bank) -> None:
    number = bank.account("cus_1", 100)
    came, went = bank.pay("c", bank.card, number, 5), bank.pay("w", number, bank.raising, 7)
    bank.core.freeze(sequence="f", account=number, level="FROZEN_DEBIT")
    assert bank.reason(lambda: bank.core.reverse(sequence="r1", journal=came.reference, memo="")) == "ACCOUNT_FROZEN"
    bank.core.reverse(sequence="r2", journal=went.reference, memo="")
    assert bank.core.enquire(number).balance == 105
    bank.check_books()


def test_a_freeze_is_done_once_and_never_weakened_by_another(bank: Bank) -> None:
    number = bank.account("cus_1")
    first = bank.core.freeze(sequence="f1", account=number, level="FROZEN_DEBIT")
    assert bank.core.freeze(sequence="f1", account=number, level="FROZEN_DEBIT") == first
    assert bank.reason(lambda: bank.core.freeze(sequence="f1", account=number, level="FROZEN")) == "SEQUENCE_REUSED"
    bank.core.freeze(sequence="f2", account=number, level="FROZEN")
    weaker = bank.reason(lambda: bank.core.freeze(sequence="f3", account=number, level="FROZEN_DEBIT"))
    assert (weaker, bank.core.enquire(number).state) == ("ACCOUNT_FROZEN", "FROZEN")
    assert bank.reason(lambda: bank.core.freeze(sequence="f4", account=number, level="OPEN")) == "CONTENT_INVALID"
    assert bank.reason(lambda: bank.core.freeze(sequence="f5", account="absent", level="FROZEN")) == "ACCOUNT_UNKNOWN"


def test_an_account_is_closed_when_it_is_empty_and_for_good(bank: Bank) -> None:
    number = bank.account("cus_1", 100)

    def close(sequence: str) -> str:
        return bank.reason(lambda: bank.core.close(sequence=sequence, account=number))

    assert close("c1") == "ACCOUNT_NOT_EMPTY"
    bank.pay("out", number, bank.raising, 100)
    bank.core.freeze(sequence="f", account=number, level="FROZEN_DEBIT")
    assert close("c2") == "ACCOUNT_FROZEN"
    bank.core.unfreeze(sequence="u", account=number)
    bank.core.close(sequence="c3", account=number)
    assert bank.core.enquire(number).state == "CLOSED"
    assert (gives(bank, number), takes(bank, number), close("c4")) == ("ACCOUNT_CLOSED",) * 3
    assert bank.reason(lambda: bank.core.unfreeze(sequence="u2", account=number)) == "ACCOUNT_CLOSED"
    assert bank.reason(lambda: bank.core.freeze(sequence="f2", account=number, level="FROZEN")) == "ACCOUNT_CLOSED"
    bank.check_books()


def test_an_account_with_a_hold_is_not_closed(bank: Bank) -> None:
    number = bank.account("cus_1", 100)
    hold = bank.core.hold(sequence="h", account=number, amount=100, currency="CNY").reference
    assert bank.reason(lambda: bank.core.close(sequence="c1", account=number)) == "ACCOUNT_NOT_EMPTY"
    bank.core.post(sequence="p", hold=hold, payee=bank.raising, memo="")
    assert bank.core.close(sequence="c2", account=number).reference == number


def test_a_class_iii_account_takes_up_to_its_maximum_and_no_fen_more(bank: Bank) -> None:
    number = bank.account("cus_1", CEILING - 1, kind="CLASS_III", max_balance=CEILING)
    assert bank.reason(lambda: bank.pay("t1", bank.card, number, 2)) == "BALANCE_LIMIT"
    bank.pay("t2", bank.card, number, 1)
    out = bank.pay("t3", number, bank.raising, 5)
    bank.pay("t4", bank.card, number, 5)
    assert bank.reason(lambda: bank.core.reverse(sequence="r", journal=out.reference, memo="")) == "BALANCE_LIMIT"
    assert (bank.core.enquire(number).kind, bank.core.enquire(number).balance) == ("CLASS_III", CEILING)
    bank.check_books()


def test_a_hold_is_posted_to_a_bounded_account_within_its_maximum_only(bank: Bank) -> None:
    number, bounded = bank.account("cus_1", 100), bank.account("cus_2", kind="CLASS_III", max_balance=50)
    hold = bank.core.hold(sequence="h", account=number, amount=51, currency="CNY").reference
    assert bank.reason(lambda: bank.core.post(sequence="p", hold=hold, payee=bounded, memo="")) == "BALANCE_LIMIT"
    assert bank.core.void(sequence="v", hold=hold).reference == hold
    bank.check_books()


def test_64_payments_never_fill_an_account_beyond_its_maximum(bank: Bank) -> None:
    number = bank.account("cus_1", kind="CLASS_III", max_balance=1000)
    done = race(lambda index: bank.pay(f"t.{index}", bank.card, number, 30).verb)
    assert done == {"transfer": 33, "BALANCE_LIMIT": RACERS - 33}
    bank.check_books()


def test_a_close_and_64_payments_lose_nothing(bank: Bank) -> None:
    number = bank.account("cus_1")

    def act(index: int) -> str:
        if index % 8:
            return bank.pay(f"t.{index}", bank.card, number, 1).verb
        return bank.core.close(sequence=f"c.{index}", account=number).verb

    done = race(act)
    assert done.total() == RACERS
    state = bank.core.enquire(number)
    assert (state.balance == 0) if state.state == "CLOSED" else (done["close"] == 0)
    assert state.balance == done["transfer"]
    bank.check_books()


@pytest.mark.parametrize(
    ("kind", "max_balance", "reason"),
    [("CLASS_III", None, "AMOUNT_INVALID"), ("CLASS_III", 0, "AMOUNT_INVALID"), ("CLASS_IV", 1, "KIND_UNKNOWN")],
)
def test_an_account_that_nobody_should_open_is_refused(
    bank: Bank, kind: str, max_balance: int | None, reason: str
) -> None:
    assert bank.reason(lambda: bank.account("cus_1", kind=kind, max_balance=max_balance)) == reason


def test_an_internal_account_has_the_same_number_whenever_it_is_asked_for_and_may_fall_below_zero(bank: Bank) -> None:
    income = bank.account("sweep.income", kind="INTERNAL")
    assert bank.account("sweep.income", kind="INTERNAL") == income
    bank.pay("t", income, bank.raising, 70)
    assert bank.core.enquire(income).balance == -70
    bank.check_books()


@pytest.mark.parametrize("wrong", [{"balance": CEILING + 1}, {"state": "CLOSED"}])
def test_the_database_itself_keeps_maximum_and_emptiness(bank: Bank, wrong: dict[str, object]) -> None:
    number = bank.account("cus_1", 100, kind="CLASS_III", max_balance=CEILING)
    with pytest.raises(DBAPIError), transaction(bank.engine) as session:
        session.execute(update(CoreAccountRow).where(CoreAccountRow.number == number).values(**wrong))
