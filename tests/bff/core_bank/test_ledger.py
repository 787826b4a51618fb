from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from bff.core_bank.models import CoreAccountRow
from bff.core_bank.port import CoreStatus, Posting
from bff.core_bank.registry import luhn_digit
from bff.db.engine import transaction
from tests.bff.core_bank.conftest import NOW, Bank


def balances(bank: Bank, number: str) -> tuple[int, int]:
    account = bank.core.enquire(number)
    return account.balance, account.available


def test_the_sandbox_starts_with_balanced_books(bank: Bank) -> None:
    assert balances(bank, bank.card) == (20_000_000, 20_000_000)
    assert bank.core.enquire(bank.card).kind == "CLASS_I"
    bank.ledger.seed(bank.sandbox)
    assert balances(bank, bank.card) == (20_000_000, 20_000_000)
    assert bank.core.enquire(bank.raising).number.endswith("0019")
    bank.check_books()


def test_an_account_is_opened_once_per_sequence(bank: Bank) -> None:
    first = bank.core.open_account(sequence="s", kind="CLASS_II", holder="cus_1", currency="CNY")
    assert bank.core.open_account(sequence="s", kind="CLASS_II", holder="cus_1", currency="CNY") == first
    other = bank.core.open_account(sequence="t", kind="CLASS_II", holder="cus_1", currency="CNY")
    assert other.reference != first.reference
    assert luhn_digit(first.reference[:-1]) == first.reference[-1]
    assert balances(bank, first.reference) == (0, 0)


def test_money_comes_from_the_card_and_goes_by_hold_and_post(bank: Bank) -> None:
    number = bank.account("cus_1", 6_000_000)
    hold = bank.core.hold(sequence="h", account=number, amount=5_000_000, currency="CNY")
    assert balances(bank, number) == (6_000_000, 1_000_000)
    receipt = bank.core.post(sequence="p", hold=hold.reference, payee=bank.raising, memo="购买")
    assert receipt.postings == (Posting(number, -5_000_000, "CNY"), Posting(bank.raising, 5_000_000, "CNY"))
    assert balances(bank, number) == (1_000_000, 1_000_000)
    assert balances(bank, bank.raising)[0] == 5_000_000
    bank.check_books()


def test_postings_never_carry_the_card(bank: Bank) -> None:
    number = bank.account("cus_1")
    receipt = bank.core.transfer(sequence="t", payer=bank.card, payee=number, amount=1, currency="CNY", memo="")
    assert bank.card not in {posting.account for posting in receipt.postings}
    assert bank.card not in repr(bank.sandbox)


def test_a_hold_is_spent_once(bank: Bank) -> None:
    number = bank.account("cus_1", 100)
    hold = bank.core.hold(sequence="h", account=number, amount=100, currency="CNY").reference
    bank.core.void(sequence="v", hold=hold)
    assert balances(bank, number) == (100, 100)
    assert bank.reason(lambda: bank.core.void(sequence="v2", hold=hold)) == "HOLD_SPENT"
    assert bank.reason(lambda: bank.core.post(sequence="p", hold=hold, payee=bank.raising, memo="")) == "HOLD_SPENT"
    bank.check_books()


def test_a_journal_is_reversed_once(bank: Bank) -> None:
    number = bank.account("cus_1", 100)
    done = bank.core.transfer(sequence="t", payer=number, payee=bank.raising, amount=60, currency="CNY", memo="")
    back = bank.core.reverse(sequence="r", journal=done.reference, memo="退款")
    assert back.postings == (Posting(number, 60, "CNY"), Posting(bank.raising, -60, "CNY"))
    assert balances(bank, number) == (100, 100)
    assert bank.reason(lambda: bank.core.reverse(sequence="r2", journal=done.reference, memo="")) == "JOURNAL_REVERSED"
    assert bank.reason(lambda: bank.core.reverse(sequence="r3", journal=back.reference, memo="")) == "JOURNAL_REVERSED"
    bank.check_books()


def test_money_that_was_spent_cannot_be_taken_back(bank: Bank) -> None:
    number = bank.account("cus_1")
    funding = bank.core.transfer(sequence="f", payer=bank.card, payee=number, amount=100, currency="CNY", memo="")
    bank.core.hold(sequence="h", account=number, amount=1, currency="CNY")
    assert (
        bank.reason(lambda: bank.core.reverse(sequence="r", journal=funding.reference, memo="")) == "INSUFFICIENT_FUNDS"
    )


REFUSALS: list[tuple[str, dict[str, Any], str]] = [
    ("hold", {"account": "own", "amount": 101, "currency": "CNY"}, "INSUFFICIENT_FUNDS"),
    ("hold", {"account": "own", "amount": 0, "currency": "CNY"}, "AMOUNT_INVALID"),
    ("hold", {"account": "own", "amount": -5, "currency": "CNY"}, "AMOUNT_INVALID"),
    ("hold", {"account": "own", "amount": 10**15, "currency": "CNY"}, "AMOUNT_INVALID"),
    ("hold", {"account": "own", "amount": 1, "currency": "USD"}, "AMOUNT_INVALID"),
    ("hold", {"account": "absent", "amount": 1, "currency": "CNY"}, "ACCOUNT_UNKNOWN"),
    ("post", {"hold": "absent", "payee": "raising", "memo": ""}, "HOLD_UNKNOWN"),
    ("void", {"hold": "absent"}, "HOLD_UNKNOWN"),
    ("reverse", {"journal": "absent", "memo": ""}, "JOURNAL_UNKNOWN"),
    ("transfer", {"payer": "own", "payee": "own", "amount": 1, "currency": "CNY", "memo": ""}, "AMOUNT_INVALID"),
    ("transfer", {"payer": "own", "payee": "absent", "amount": 1, "currency": "CNY", "memo": ""}, "ACCOUNT_UNKNOWN"),
    (
        "transfer",
        {"payer": "own", "payee": "raising", "amount": 101, "currency": "CNY", "memo": ""},
        "INSUFFICIENT_FUNDS",
    ),
    ("open_account", {"kind": "CLASS_I", "holder": "x", "currency": "CNY"}, "KIND_UNKNOWN"),
]


@pytest.mark.parametrize(("verb", "arguments", "reason"), REFUSALS)
def test_a_refusal_moves_nothing_and_is_remembered(
    bank: Bank, verb: str, arguments: dict[str, Any], reason: str
) -> None:
    number = bank.account("cus_1", 100)
    named = {"own": number, "raising": bank.raising}
    given = {name: named.get(value, value) for name, value in arguments.items()}
    call: Callable[[], object] = lambda: getattr(bank.core, verb)(sequence="s", **given)  # noqa: E731 — called twice
    assert (bank.reason(call), balances(bank, number)) == (reason, (100, 100))
    answer = bank.core.query("s")
    assert (answer.status, answer.receipt, answer.reason) == (CoreStatus.FAILED, None, reason)
    bank.account("cus_2", 1000)
    assert bank.reason(call) == reason
    bank.check_books()


def test_a_remembered_refusal_stays_even_when_it_would_succeed_now(bank: Bank) -> None:
    number = bank.account("cus_1", 100)

    def call() -> object:
        return bank.core.hold(sequence="s", account=number, amount=200, currency="CNY")

    assert bank.reason(call) == "INSUFFICIENT_FUNDS"
    bank.core.transfer(sequence="more", payer=bank.card, payee=number, amount=900, currency="CNY", memo="")
    assert bank.reason(call) == "INSUFFICIENT_FUNDS"


def test_a_replay_gives_the_same_receipt_and_moves_nothing(bank: Bank) -> None:
    number = bank.account("cus_1", 100)

    def call() -> Any:
        return bank.core.transfer(sequence="t", payer=number, payee=bank.raising, amount=60, currency="CNY", memo="m")

    first = call()
    assert [call() for _ in range(3)] == [first] * 3
    assert (bank.core.query("t").receipt, first.executed_at) == (first, NOW)
    assert balances(bank, number) == (40, 40)


@pytest.mark.parametrize("change", [{"amount": 61}, {"payee": "card"}, {"memo": "x"}])
def test_a_sequence_with_another_content_is_refused_and_changes_nothing(bank: Bank, change: dict[str, Any]) -> None:
    number = bank.account("cus_1", 100)
    content = {"payer": number, "payee": bank.raising, "amount": 60, "currency": "CNY", "memo": "m"}
    first = bank.core.transfer(sequence="t", **content)
    other = content | change | ({"payee": bank.card} if "payee" in change else {})
    assert bank.reason(lambda: bank.core.transfer(sequence="t", **other)) == "SEQUENCE_REUSED"
    assert bank.reason(lambda: bank.core.void(sequence="t", hold="x")) == "SEQUENCE_REUSED"
    assert (bank.core.query("t").receipt, balances(bank, number)) == (first, (40, 40))


@pytest.mark.parametrize("sequence", ["", "x" * 129])
def test_a_sequence_has_a_length(bank: Bank, sequence: str) -> None:
    assert bank.reason(lambda: bank.core.void(sequence=sequence, hold="x")) == "SEQUENCE_INVALID"


def test_an_unknown_sequence_is_absent(bank: Bank) -> None:
    assert bank.core.query("never").status is CoreStatus.ABSENT


@pytest.mark.parametrize("table", ["core_posting", "core_journal"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_the_database_itself_refuses_to_rewrite_history(bank: Bank, table: str, statement: str) -> None:
    bank.account("cus_1", 100)
    with pytest.raises(DBAPIError, match="written once"), transaction(bank.engine) as session:
        session.execute(text(statement.format(table)))
    bank.check_books()


def test_the_database_itself_refuses_an_overdraft(bank: Bank) -> None:
    number = bank.account("cus_1", 100)
    with pytest.raises(DBAPIError), transaction(bank.engine) as session:
        session.execute(update(CoreAccountRow).where(CoreAccountRow.number == number).values(balance=-1))
