"""Decisions on cards explained: by whom, under which rules and product, what was weighed, and nothing personal."""

import json

import pytest

from bff.cards.errors import CardStateError, CardTailWrongError, CoolingError, CreditGoneError, RepayTooMuchError
from bff.cards.repository import CASH
from bff.cards.rules import Bureau
from tests.bff.cards.teller import ANSWERS, PLATINUM, Teller
from tests.bff.products.test_decisions import explain, named
from tests.bff.wealth.world import CHEN

LINE = 600_000


@pytest.fixture
def held(teller: Teller) -> Teller:
    return teller.ready(line_fen=LINE)


def test_an_application_is_explained_from_its_draft_to_the_reviewer(teller: Teller) -> None:
    teller.applied()
    teller.do(
        lambda session: teller.world.cards.reviewing.ask_more(
            session, teller.application, "chen.yu", "payslip", ["income_proof"], teller.settlement
        )
    )
    teller.world.sql("UPDATE card_application SET state = 'IN_REVIEW'")
    card = teller.approve(line_fen=700_000)
    told = explain(teller.world, teller.application)
    assert [(one["kind"], one["outcome"]) for one in told] == [
        ("cards.apply", "ALLOWED"),
        ("cards.decide", "IN_REVIEW"),
        ("cards.review", "SUPPLEMENT"),
        ("cards.review", "APPROVED"),
    ]
    _, decided, _, reviewed = told
    assert {"by": "rules", "heldCard": False, "reported": True, "proposedLineFen": 5_000_000}.items() <= decided[
        "inputs"
    ].items()
    assert {"least_age", "overdue_months_most", "line_months", "product.line_most_fen"} <= set(decided["rules"])
    assert decided["rules"]["line_months"] == {"value": 3, "source": "own rule", "remark": "(check)"}
    weighed = {"by": "chen.yu", "why": "papers hold", "lineFen": 700_000, "productVersion": "2026.1"}
    assert weighed.items() <= reviewed["inputs"].items()
    assert (reviewed["version"], reviewed["customer"]) == ("cards-2026.1", teller.phone.customer_id)
    assert explain(teller.world, card) == [reviewed]


def test_a_decline_by_the_rules_names_the_rules_that_were_read_and_no_figure_of_the_person(teller: Teller) -> None:
    teller.applied(income={**ANSWERS["income"], "annual_fen": "1000000"})
    poor = explain(teller.world, teller.application)[-1]
    assert (poor["outcome"], poor["inputs"]["reason"]) == ("DECLINED", "INCOME")
    assert {"least_age", "most_age", "overdue_months_most", "line_months", "line_step_fen"} <= set(poor["rules"])
    named(teller.world, "req_cooling")
    with pytest.raises(CoolingError):
        teller.draft()
    (refused,) = explain(teller.world, "req_cooling")
    assert (refused["outcome"], refused["rules"]["cooling_days"]["value"]) == ("CARD_COOLING", 90)
    teller.draft(PLATINUM)
    teller.fill()
    teller.world.sql("UPDATE card_application SET state = 'SUBMITTED' WHERE state = 'DRAFT'")
    report = (teller.application, Bureau(9, 123_456), teller.settlement)
    teller.do(lambda session: teller.world.cards.reviewing.reported(session, *report))
    owing = explain(teller.world, teller.application)[-1]
    assert (owing["outcome"], owing["inputs"]["reason"]) == ("DECLINED", "CREDIT_REPORT")
    assert "line_months" not in owing["rules"]
    assert not {"1000000", "123456"} & set(str([poor["inputs"], owing["inputs"]]).replace(",", " ").split())


def test_whoever_holds_a_card_is_approved_by_the_rules(held: Teller) -> None:
    held.applied(PLATINUM)
    told = explain(held.world, held.application)[-1]
    assert (told["kind"], told["outcome"], told["inputs"]["by"]) == ("cards.decide", "APPROVED", "rules")
    assert told["inputs"]["heldCard"] is True


def test_activation_is_explained_refused_and_done(teller: Teller) -> None:
    teller.mailed()
    wrong = f"{(int(teller.tail()) + 1) % 10_000:04}"
    with pytest.raises(CardTailWrongError):
        teller.activate(wrong)
    contract = teller.activate()["result"]["orderId"]
    refused, prepared = explain(teller.world, teller.card)[-2:]
    assert (refused["outcome"], refused["inputs"]["triesBefore"]) == ("CARD_TAIL_WRONG", 0)
    assert refused["rules"]["activation_tries"]["value"] == 5
    assert (prepared["outcome"], prepared["inputs"]["triesBefore"]) == ("ALLOWED", 1)
    assert [one["kind"] for one in explain(teller.world, contract)] == ["cards.activate.prepare", "cards.activate"]
    assert wrong not in json.dumps(explain(teller.world, teller.card))


def test_an_authorisation_is_explained_whatever_the_answer(held: Teller) -> None:
    held.spend(200_000, "c1", CASH)
    for reference, fen, kind in (("c2", 100_001, CASH), ("p1", 600_000, "PURCHASE")):
        with pytest.raises(CreditGoneError):
            held.authorise(fen, reference, kind)
    told = {one["subject"]: one for one in explain(held.world, held.card) if one["kind"] == "cards.authorise"}
    assert {name: one["outcome"] for name, one in told.items()} == {
        "c1": "ALLOWED",
        "c2": "CARD_CREDIT_GONE",
        "p1": "CARD_CREDIT_GONE",
    }
    cash = {"cashOwedWithFen": 300_001, "cashShareFen": 300_000, "cashTodayWithFen": 300_001}
    assert cash.items() <= told["c2"]["inputs"].items()
    assert (told["c2"]["rules"]["cash_day_fen"]["value"], "hold_days" in told["c2"]["rules"]) == (1_000_000, False)
    assert told["c2"]["rules"]["product.cash_share_percent"]["value"] == 50
    line = {"lineFen": LINE, "owedFen": 202_000, "heldFen": 0, "amountFen": 600_000, "cardState": "ACTIVATED"}
    assert line.items() <= told["p1"]["inputs"].items()
    held.call("freeze", cardId=held.card)
    with pytest.raises(CardStateError):
        held.authorise(1, "p2")
    (frozen,) = explain(held.world, "p2")
    assert (frozen["outcome"], frozen["inputs"]["cardState"]) == ("CARD_STATE", "FROZEN")
    authorised, fee = explain(held.world, "c1")
    assert (authorised["subject"], fee["kind"], fee["inputs"]["feeFen"]) == ("c1", "cards.cash_fee", 2_000)


def test_a_repayment_is_explained_refused_placed_and_allocated(held: Teller) -> None:
    held.spend(100_000)
    named(held.world, "req_repay_1")
    with pytest.raises(RepayTooMuchError):
        held.prepare(600_001)
    (refused,) = explain(held.world, "req_repay_1")
    assert (refused["outcome"], refused["about"]) == ("CARD_REPAY_TOO_MUCH", held.account)
    assert (refused["inputs"]["owedFen"], refused["rules"]["overpayment_fen"]["value"]) == (100_000, 500_000)
    repayment = held.repay(40_000)["result"]["orderId"]
    told = explain(held.world, repayment)
    assert [one["kind"] for one in told] == ["cards.repay.prepare", "cards.repay", "cards.allocate"]
    assert told[-1]["rules"]["allocation"]["value"] == "fee,interest,cash,principal"
    assert told[-1]["inputs"]["principal.repaidFen"] == 40_000
    assert refused in explain(held.world, held.account)


def test_an_agreement_and_what_it_repays_are_explained(held: Teller) -> None:
    agreement = held.autopay()["result"]["orderId"]
    held.spend(100_000)
    held.until("2026-12-29")
    ((repayment,),) = held.world.sql("SELECT repayment_id FROM card_repayment")
    told = explain(held.world, repayment)
    assert [one["kind"] for one in told] == ["cards.autopay.sign", "cards.autopay", "cards.allocate"]
    assert (told[0]["subject"], told[1]["about"]) == (agreement, agreement)
    weighed = {"bill": f"{held.account}.1", "share": "FULL", "totalFen": 100_000, "dueOn": "2026-12-28"}
    assert weighed.items() <= told[1]["inputs"].items()


def test_a_bill_is_explained_with_its_interest_and_its_late_fee(held: Teller) -> None:
    held.until("2026-11-25", step=30)
    held.spend(100_000)
    held.until("2027-01-09", step=30)
    first = explain(held.world, f"{held.account}.1")
    assert [one["kind"] for one in first] == ["cards.bill", "cards.late_fee"]
    assert (first[1]["inputs"]["feeFen"], first[1]["inputs"]["repaidFen"]) == (1_000, 0)
    assert first[1]["rules"]["product.late_fee_least_fen"]["value"] == 1_000
    (second,) = explain(held.world, f"{held.account}.2")
    bill = next(one for one in held.bills() if one["cycle"] == 2)
    weighed = second["inputs"]
    assert (weighed["interestFen"], weighed["totalFen"]) == (bill["interestFen"], bill["totalFen"])
    rate = second["rules"]["product.daily_rate_ppm"]["value"]
    assert (weighed["fenDaysOfPurchases"] * rate + 500_000) // 1_000_000 == bill["interestFen"]
    assert (second["version"], weighed["productVersion"]) == (bill["ruleVersion"], bill["productVersion"])
    assert (weighed["billBeforeFen"], weighed["billBeforeRepaidFen"]) == (100_000, 0)
    assert second["rules"]["tolerance_fen"]["value"] == 1_000


def test_nothing_personal_stands_in_the_records(held: Teller) -> None:
    held.spend(1_000)
    kept = str(held.world.sql("SELECT * FROM rule_decision"))
    assert "cards.authorise" in kept
    answers = [value for section in ANSWERS.values() for value in section.values() if len(value) > 4]
    private = [CHEN.name, CHEN.id_number, CHEN.mobile, CHEN.card, "书店", *answers]
    assert [one for one in private if one in kept] == []
