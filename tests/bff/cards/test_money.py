"""What is spent, billed and repaid: holds, bills, interest, fees, the order of repayments, agreements."""

from typing import Any

import pytest

from bff.accounts.errors import NotEmptyError
from bff.approvals.errors import InsufficientFundsError
from bff.cards.errors import (
    AutopayExistsError,
    CardTransactionError,
    CreditGoneError,
    RepayTooMuchError,
)
from bff.errors import NotFoundError
from tests.bff.accounts.steps import to_card
from tests.bff.cards.teller import PLATINUM, Teller, at

LINE = 600_000


@pytest.fixture
def held(teller: Teller) -> Teller:
    return teller.ready(line_fen=LINE)


# ── the feed ──
def test_an_authorisation_holds_and_a_posting_uses_what_was_held(held: Teller) -> None:
    held.authorise(500_000, "a1")
    assert (held.seen()["heldFen"], held.seen()["availableFen"]) == (500_000, 100_000)
    with pytest.raises(CreditGoneError):
        held.authorise(100_001, "a2")
    held.post("a1", 400_000)
    assert (held.seen()["heldFen"], held.seen()["availableFen"], held.seen()["owedFen"]) == (0, 200_000, 400_000)
    assert held.holds()


def test_messages_of_one_reference_count_once(held: Teller) -> None:
    for _ in range(2):
        held.authorise(1_000, "a1")
    for _ in range(2):
        held.post("a1")
    for _ in range(2):
        held.refund("a1", 400, "r1")
    assert held.entries() == [("PURCHASE", 1_000), ("REFUND", -400)]
    with pytest.raises(CardTransactionError):
        held.authorise(1_001, "a1")
    with pytest.raises(CardTransactionError):
        held.post("a1", 999)
    with pytest.raises(CardTransactionError):
        held.refund("a1", 401, "r1")
    assert held.holds()


def test_no_more_is_posted_or_refunded_than_there_was(held: Teller) -> None:
    held.authorise(1_000, "a1")
    with pytest.raises(CardTransactionError):
        held.post("a1", 1_001)
    with pytest.raises(CardTransactionError):
        held.refund("a1", 1, "r1")
    held.post("a1")
    held.refund("a1", 600, "r1")
    with pytest.raises(CardTransactionError):
        held.refund("a1", 401, "r2")
    held.refund("a1", 400, "r2")
    for unknown in (lambda: held.post("a9"), lambda: held.refund("a9", 1, "r9")):
        with pytest.raises(NotFoundError):
            unknown()


def test_reversed_and_lapsed_holds_are_given_back_once(held: Teller) -> None:
    acquiring = held.world.cards.acquiring
    held.authorise(1_000, "a1")
    held.authorise(2_000, "a2")
    for _ in range(2):
        held.do(lambda session: acquiring.reverse(session, "a1"))
    assert held.seen()["heldFen"] == 2_000
    held.world.later(days=30)
    held.world.cards.work().expire()
    assert held.seen()["heldFen"] == 0
    for reference in ("a1", "a2"):
        with pytest.raises(CardTransactionError):
            held.post(reference)
    held.spend(100, "a3")
    with pytest.raises(CardTransactionError):
        held.do(lambda session: acquiring.reverse(session, "a3"))


def test_cash_has_its_share_its_day_and_its_fee(held: Teller) -> None:
    with pytest.raises(CreditGoneError):
        held.authorise(300_001, "c1", "CASH")
    held.spend(200_000, "c2", "CASH")
    with pytest.raises(CreditGoneError):
        held.authorise(100_001, "c3", "CASH")
    assert held.entries() == [("CASH", 200_000), ("FEE", 2_000)]
    rich = Teller(held.world, held.phone)
    rich.card = rich.applied(PLATINUM)["cardId"]
    rich.mail()
    rich.activate()
    rich.spend(900_000, "d1", "CASH")
    with pytest.raises(CreditGoneError):
        rich.authorise(100_001, "d2", "CASH")
    rich.world.later(days=1)
    rich.authorise(100_001, "d3", "CASH")


# ── bills ──
def test_a_bill_repaid_in_time_bears_no_interest_and_one_that_is_not_bears_it_from_posting(held: Teller) -> None:
    held.until("2026-11-25")
    held.spend(100_000)
    held.until("2026-12-28")
    held.repay(60_000)
    held.until("2027-01-09")
    assert held.entries() == [("PURCHASE", 100_000), ("REPAYMENT", -60_000), ("INTEREST", 1_870)]
    second, first = held.bills()
    assert (first["totalFen"], first["closedOn"], first["dueOn"]) == (100_000, "2026-12-08", "2026-12-28")
    assert (second["previousFen"], second["totalFen"], second["minimumFen"]) == (100_000, 41_870, 5_870)
    held.repay(41_870)
    held.until("2027-02-09")
    third = held.bills()[0]
    assert (third["totalFen"], third["interestFen"]) == (0, 0)
    assert held.holds()


def test_the_remaining_method_charges_what_was_left(teller: Teller) -> None:
    teller.ready(PLATINUM)
    teller.spend(100_000)
    teller.until("2027-01-07")  # due, as the bill of 18 December says
    teller.repay(60_000)
    teller.until("2027-01-19")
    assert teller.entries()[-1] == ("INTEREST", -(-40_000 * 56 * 500 // 1_000_000))
    assert teller.holds()


def test_within_tolerance_and_grace_counts_as_in_time(held: Teller) -> None:
    held.spend(100_000)
    held.until("2026-12-31")
    held.repay(99_000)
    held.until("2027-01-09")
    assert ("INTEREST", 0) not in held.entries()
    assert [kind for kind, _ in held.entries()] == ["PURCHASE", "REPAYMENT"]
    assert held.bills()[0]["totalFen"] == 1_000


def test_a_missed_minimum_costs_the_late_fee_once_and_the_account_is_overdue_until_it_is_made(held: Teller) -> None:
    held.spend(400_000)
    held.until("2027-01-01")
    assert held.entries()[-1] == ("LATE", 2_000)
    assert held.seen()["overdueSince"] == "2026-12-28"
    for _ in range(2):
        held.run("cards.due", "2027-01-01")
    assert [kind for kind, _ in held.entries()].count("LATE") == 1
    held.repay(40_000)
    assert held.seen()["overdueSince"] is None
    assert held.holds()
    kinds = [message["kind"] for message in held.world.call(held.phone, "inbox.list")["messages"]]
    assert {"card.bill", "card.late"} <= set(kinds)


def test_the_order_of_a_repayment_is_fees_interest_cash_purchases(held: Teller) -> None:
    held.spend(50_000, kind="CASH")
    held.spend(100_000)
    held.repay(51_500)
    (cash, principal, fee) = held.world.sql("SELECT cash_fen, principal_fen, fee_fen FROM card_account")[0]
    assert (fee, cash, principal) == (0, 0, 99_500)
    assert held.holds()


def test_cash_bears_interest_from_its_first_day(held: Teller) -> None:
    held.until("2026-12-01")
    held.spend(100_000, kind="CASH")
    held.until("2026-12-09")
    assert held.entries() == [("CASH", 100_000), ("FEE", 1_000), ("INTEREST", 350)]


def test_the_annual_fee_is_free_in_the_first_year_and_waived_by_purchases(held: Teller) -> None:
    held.until("2027-12-09", step=31)
    assert [kind for kind, _ in held.entries()].count("FEE") == 1
    assert held.entries()[-1] == ("FEE", 20_000)
    held.repay(20_000)
    for _ in range(5):
        held.spend(100)
    held.repay(500)
    held.until("2028-12-09", step=31)
    assert [kind for kind, _ in held.entries()].count("FEE") == 1


def test_bills_are_made_once_however_often_a_slot_is_run(held: Teller) -> None:
    held.spend(100_000)
    held.world.now = at("2026-12-09")
    first = held.run("cards.statements", "2026-12-09")
    before = (held.world.sql("SELECT * FROM card_statement"), held.world.sql("SELECT * FROM card_account"))
    again = held.run("cards.statements", "2026-12-09")
    assert ([batch.done for batch in first], [batch.done for batch in again]) == ([1, 0], [0])
    assert (held.world.sql("SELECT * FROM card_statement"), held.world.sql("SELECT * FROM card_account")) == before


def test_a_worker_that_slept_for_months_makes_every_bill(held: Teller) -> None:
    held.spend(100_000)
    held.world.now = at("2027-03-09")
    batches = held.run("cards.statements", "2027-03-09")
    assert sum(batch.done for batch in batches) == 4
    assert [bill["closedOn"] for bill in held.bills()] == ["2027-03-08", "2027-02-08", "2027-01-08", "2026-12-08"]
    assert held.holds()


def test_what_is_spent_on_a_closing_day_is_billed_and_after_midnight_it_is_not(held: Teller) -> None:
    held.world.now = at("2026-12-08", "23:59:59.999")
    held.spend(100, "before")
    held.world.now = at("2026-12-09", "00:00")
    held.spend(200, "after")
    held.run("cards.statements", "2026-12-09")
    (bill,) = held.bills()
    assert bill["totalFen"] == 100
    unbilled = held.call("entry.list", accountId=held.account, unbilled=True)["entries"]
    assert [(entry["amountFen"], entry["cycle"]) for entry in unbilled] == [(200, 2)]
    assert held.seen()["unbilledFen"] == 200


def test_histories_come_in_pages(held: Teller) -> None:
    for number in range(5):
        held.spend(100 + number)
    seen: list[int] = []
    page: dict[str, Any] = {"nextCursor": None}
    while not seen or page["nextCursor"] is not None:
        more = {} if page["nextCursor"] is None else {"cursor": page["nextCursor"]}
        page = held.call("entry.list", accountId=held.account, limit=2, **more)
        seen += [entry["amountFen"] for entry in page["entries"]]
    assert seen == [104, 103, 102, 101, 100]
    held.until("2027-03-09")
    first = held.call("bill.list", accountId=held.account, limit=3)
    rest = held.call("bill.list", accountId=held.account, limit=3, cursor=first["nextCursor"])
    assert [bill["cycle"] for bill in first["bills"] + rest["bills"]] == [4, 3, 2, 1]
    assert rest["nextCursor"] is None


# ── repaying ──
def test_a_repayment_is_limited_by_what_is_owed_and_what_the_payer_has(held: Teller) -> None:
    held.spend(100_000)
    with pytest.raises(RepayTooMuchError) as refused:
        held.repay(600_001)
    assert refused.value.extra["mostFen"] == 600_000
    held.world.sql("UPDATE account SET available_fen = 1000")
    with pytest.raises(InsufficientFundsError):
        held.repay(1_001)


def test_an_overpayment_is_spent_before_the_line(held: Teller) -> None:
    held.repay(500_000)
    assert (held.seen()["owedFen"], held.seen()["availableFen"]) == (-500_000, LINE + 500_000)
    held.spend(LINE + 500_000)
    assert held.seen()["availableFen"] == 0
    assert held.holds()


@pytest.mark.parametrize("fault", ["lost", "silent"])
def test_a_repayment_that_nobody_knows_of_is_asked_about_and_counts_once(held: Teller, fault: str) -> None:
    held.spend(100_000)
    held.world.core.faults["transfer"] = [fault]
    done = held.repay(100_000)
    assert (done["status"], held.seen()["owedFen"], held.seen()["repayingFen"]) == ("UNKNOWN", 100_000, 100_000)
    with pytest.raises(RepayTooMuchError):
        held.prepare(500_001)
    held.world.later(seconds=60)
    held.world.relay.run()
    repayment = held.call("repayment.get", repaymentId=done["result"]["orderId"])
    assert (repayment["state"], repayment["automatic"]) == ("DONE", False)
    assert (held.seen()["owedFen"], held.seen()["repayingFen"]) == (0, 0)
    assert held.entries() == [("PURCHASE", 100_000), ("REPAYMENT", -100_000)]


def test_a_repayment_that_the_core_refuses_counts_nothing(held: Teller) -> None:
    held.spend(100_000)
    held.world.core.faults["transfer"] = ["refuse:INSUFFICIENT_FUNDS"]
    done = held.repay(100_000)
    repayment = held.call("repayment.get", repaymentId=done["result"]["orderId"])
    assert (done["status"], repayment["state"], repayment["reason"]["code"]) == (
        "FAILED",
        "REJECTED",
        "INSUFFICIENT_FUNDS",
    )
    assert (held.seen()["owedFen"], held.seen()["repayingFen"]) == (100_000, 0)


# ── agreements ──
def test_an_agreement_repays_each_bill_once_on_its_due_date(held: Teller) -> None:
    held.spend(100_000)
    held.autopay()
    with pytest.raises(AutopayExistsError):
        held.autopay("MINIMUM")
    held.until("2026-12-27")
    assert held.seen()["owedFen"] == 100_000
    held.until("2026-12-28")
    assert held.seen()["owedFen"] == 0
    for _ in range(2):
        held.run("cards.autopay", "2026-12-28")
        held.world.relay.run()
    assert held.entries() == [("PURCHASE", 100_000), ("REPAYMENT", -100_000)]
    assert held.seen()["autopay"]["share"] == "FULL"
    kinds = "SELECT kind FROM evidence_entry WHERE subject = (SELECT repayment_id FROM card_repayment) ORDER BY seq"
    assert held.world.sql(kinds) == [("agreement.used",), ("core.executed",)]
    held.call("autopay.end", accountId=held.account)
    assert held.seen()["autopay"] is None
    with pytest.raises(NotFoundError):
        held.call("autopay.end", accountId=held.account)


def test_the_account_that_repays_a_card_is_closed_once_the_agreement_has_ended(held: Teller) -> None:
    payer = {"accountId": held.phone.account_id}
    to_card(held.world, held.phone, held.world.call(held.phone, "accounts.get", payer)["availableFen"])
    asked = held.world.call(held.phone, "accounts.close", payer)
    held.autopay()
    for attempt in (
        lambda: held.sign(asked),
        lambda: held.world.call(held.phone, "accounts.close", payer),
    ):
        with pytest.raises(NotEmptyError) as refused:
            attempt()
        assert refused.value.extra == {"holds": "cards"}
    held.call("autopay.end", accountId=held.account)
    assert held.sign(held.world.call(held.phone, "accounts.close", payer))["status"] == "DONE"


def test_an_agreement_on_the_minimum_counts_what_was_repaid_by_hand(held: Teller) -> None:
    held.spend(100_000)
    held.autopay("MINIMUM")
    held.until("2026-12-20")
    held.repay(4_000)
    held.until("2026-12-29")
    assert held.entries() == [("PURCHASE", 100_000), ("REPAYMENT", -4_000), ("REPAYMENT", -6_000)]


def test_an_agreement_that_finds_no_money_says_so(held: Teller) -> None:
    held.spend(100_000)
    held.autopay()
    held.world.core.faults["transfer"] = ["refuse:INSUFFICIENT_FUNDS"]
    held.until("2026-12-29")
    assert held.seen()["owedFen"] == 100_000
    inbox = held.world.call(held.phone, "inbox.list")["messages"]
    assert "card.autopay_failed" in {message["kind"] for message in inbox}
