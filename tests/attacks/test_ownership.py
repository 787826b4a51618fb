"""Attacks on ownership: every operation that takes an id is called with another customer's."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from bff.db.engine import transaction
from bff.sweep.models import SweepAgreement, SweepOrder
from bff.wealth.models import WealthRedemption
from tests.attacks.bank import ORDER, Bank, CardSpoils, Customer, anonymous, person, refused
from tests.bff.cards.teller import ANSWERS
from tests.device import Answer, Device, b64

UNKNOWN = "a" * 26
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(32)
SIGNATURE = b64(bytes(64))
PERSON = {"challenge": "A" * 43, "factor": "face", "txSignature": SIGNATURE}
SIGNED = {"message": b64(b"x"), "signature": b64(bytes(64))}


@dataclass
class Spoils:
    """What the attacker has heard of: ids that belong to others."""

    account: str
    order: str
    challenge: str
    application: str
    message: str
    device: str
    session: str
    transfer: str
    recovery: str
    moved: str
    payee: str
    card: CardSpoils
    agreement: str
    sweep_order: str
    redemption: str


@pytest.fixture(scope="module")
def spoils(bank: Bank) -> Spoils:
    victim = bank.customers["carol"]
    approved = victim.approve(victim.prepare()).ok()
    applicant = bank.applicant()
    form = person(20)
    created = applicant.post("/accounts/applications", form, bundle=bank.digests["accounts"]).ok()
    [*_, told] = victim.device.get("/inbox").ok()["messages"]
    order, challenge = approved["result"]["orderId"], victim.prepare()
    session = victim.device.get("/sessions").ok()["sessions"][0]["sessionId"]
    newcomer = bank.applicant()
    transfer = newcomer.post("/devices/transfers").ok()
    victim.device.let_in(transfer, "ADD").ok()
    who = person(21)
    page = bank.digests["accounts"]
    moved = victim.device.post(f"/accounts/{victim.account}/transfers/bound", {"amountFen": 100}, bundle=page).ok()
    moved = victim.approve(moved["challengeId"]).ok()
    kept = victim.device.post("/payees", {"name": "林初夏", "number": "6298020000000088203"}, bundle=page).ok()
    lost = {"name": who["name"], "idNumber": who["idNumber"], "cardNumber": "6298010000000044174"}
    keep_swept(bank, victim)
    keep_redeemed(bank, victim)
    return Spoils(
        account=victim.account,
        order=order,
        challenge=challenge,
        application=created["applicationId"],
        message=told["messageId"],
        device=victim.device.device_id,
        session=session,
        transfer=transfer["transferId"],
        card=bank.card(victim),
        recovery=newcomer.post("/devices/recoveries", lost).ok()["recoveryId"],
        moved=moved["result"]["orderId"],
        payee=kept["payeeId"],
        agreement=f"agr_{'b' * 26}",
        sweep_order=f"ord_{'b' * 26}",
        redemption=f"ord_{'c' * 26}",
    )


def keep_swept(bank: Bank, victim: Customer) -> None:
    """Give the victim an agreement and an order of the sweep."""
    [(customer, number)] = bank.rows("SELECT customer_id, number FROM account WHERE account_id = :a", a=victim.account)
    now = datetime.now(UTC)  # noqa: TID251 — the server's clock
    whose = {"operation_id": "opn_b", "customer_id": customer, "account_id": victim.account, "number": number}
    about = {"product": "LMB", "fund": "LMB-A", "rule_version": "sweep-2026.1"}
    agreed = {"terms": "LMB-2026.1", "floor_fen": 0, "state": "ACTIVE", "live": f"{victim.account}:LMB"}
    ordered = {"device_id": "dev_b", "bundle": "b", "product_version": "2026.1", "kind": "FAST", "amount_fen": 1}
    dates = dict.fromkeys(("day", "trade_date", "confirm_date"), now.date())
    with transaction(bank.engine) as session:
        agreement = {"agreement_id": f"agr_{'b' * 26}", "signed_at": now, "updated_at": now}
        session.execute(insert(SweepAgreement).values(**whose, **about, **agreed, **agreement))
        order = {"order_id": f"ord_{'b' * 26}", "state": "REJECTED", "placed_at": now}
        session.execute(insert(SweepOrder).values(**whose, **about, **ordered, **dates, **order))


def keep_redeemed(bank: Bank, victim: Customer) -> None:
    """Give the victim a redemption that could still be cancelled."""
    [(customer,)] = bank.rows("SELECT customer_id FROM account WHERE account_id = :a", a=victim.account)
    now = datetime.now(UTC)  # noqa: TID251 — the server's clock
    whose = {"operation_id": "opn_c", "customer_id": customer, "account_id": victim.account, "device_id": "dev_c"}
    about = {"product": "JMG-TT01", "product_name": "b", "product_version": "b", "rule_version": "b", "bundle": "b"}
    money = {"payer": "b", "payee": "b", "shares": 1, "kind": "REDEMPTION", "state": "SHARES_HELD"}
    dates = dict.fromkeys(("trade_date", "confirm_date", "pay_date"), now.date())
    times = {"placed_at": now, "cancellable_until": now + timedelta(days=1)}
    with transaction(bank.engine) as session:
        redemption = {"order_id": f"ord_{'c' * 26}", **dates, **times}
        session.execute(insert(WealthRedemption).values(**whose, **about, **money, **redemption))


@dataclass(frozen=True)
class Case:
    """How an operation is called with an id: which of the victim's, its prefix, and the rest of the body."""

    id: Callable[[Spoils], str]
    prefix: str
    body: dict[str, Any] | bytes | None = None
    query: str = ""


CASES = {
    "accounts.get": Case(lambda s: s.account, "acc"),
    "accounts.entries": Case(lambda s: s.account, "acc"),
    "accounts.fund": Case(lambda s: s.account, "acc", {"amountFen": 100}),
    "accounts.limits": Case(lambda s: s.account, "acc"),
    "accounts.transfer.bound": Case(lambda s: s.account, "acc", {"amountFen": 100}),
    "accounts.transfer.out": Case(lambda s: s.account, "acc", {"amountFen": 100, "payeeId": "pye_none"}),
    "accounts.transfer.list": Case(lambda s: s.account, "acc"),
    "accounts.transfer.get": Case(lambda s: s.moved, "mov"),
    "accounts.payee.remove": Case(lambda s: s.payee, "pye", {}),
    "accounts.card.check": Case(lambda s: s.account, "acc", {"cardNumber": "6298010000000044174"}),
    "accounts.card.change": Case(lambda s: s.account, "acc", {"changeId": "chg_none"}),
    "accounts.close": Case(lambda s: s.account, "acc", {}),
    "accounts.wake": Case(lambda s: s.account, "acc", {}),
    "accounts.statement.csv": Case(lambda s: s.account, "acc", query="?since=2026-11-01&until=2026-11-30"),
    "accounts.statement.pdf": Case(lambda s: s.account, "acc", query="?since=2026-11-01&until=2026-11-30"),
    "accounts.statements": Case(lambda s: s.account, "acc"),
    "accounts.application.resend_code": Case(lambda s: s.application, "app", {}),
    "accounts.application.verify_code": Case(lambda s: s.application, "app", {"code": "000000"}),
    "accounts.application.bind_card": Case(lambda s: s.application, "app", {"cardNumber": "6298010000000044174"}),
    "accounts.application.declare_tax": Case(
        lambda s: s.application, "app", {"residency": "CN_ONLY", "declared": True}
    ),
    "accounts.application.document": Case(lambda s: s.application, "app", PICTURE),
    "approval.get": Case(lambda s: s.challenge, "chl"),
    "approval.approve": Case(lambda s: s.challenge, "chl", SIGNED),
    "approval.reject": Case(lambda s: s.challenge, "chl", {"reason": "NOT_ME"}),
    "approval.offline.answer": Case(lambda s: s.challenge, "chl", {"code": "TGR1.AAAA"}),
    "approval.cancel": Case(lambda s: s.challenge, "chl", {}),
    "cards.account.close": Case(lambda s: s.card.account, "cac", {}),
    "cards.account.get": Case(lambda s: s.card.account, "cac"),
    "cards.contract.prepare": Case(lambda s: s.card.card, "crd", {"lastFour": "0000"}),
    "cards.application.consent": Case(
        lambda s: s.card.application, "cap", {"kind": "terms", "version": "v", "sha256": "0" * 64}
    ),
    "cards.application.document": Case(lambda s: s.card.application, "cap", PICTURE),
    "cards.application.get": Case(lambda s: s.card.application, "cap"),
    "cards.application.resubmit": Case(lambda s: s.card.application, "cap", {}),
    "cards.application.save": Case(lambda s: s.card.application, "cap", {"answers": ANSWERS["income"]}),
    "cards.application.submit": Case(lambda s: s.card.application, "cap", {}),
    "cards.application.withdraw": Case(lambda s: s.card.application, "cap", {}),
    "cards.autopay.end": Case(lambda s: s.card.account, "cac", {}),
    "cards.autopay.prepare": Case(lambda s: s.card.account, "cac", {"payerAccountId": "acc", "share": "FULL"}),
    "cards.bill.csv": Case(lambda s: s.card.account, "cac"),
    "cards.bill.get": Case(lambda s: s.card.account, "cac"),
    "cards.bill.list": Case(lambda s: s.card.account, "cac"),
    "cards.bill.pdf": Case(lambda s: s.card.account, "cac"),
    "cards.entry.csv": Case(lambda s: s.card.account, "cac"),
    "cards.entry.pdf": Case(lambda s: s.card.account, "cac"),
    "cards.entry.list": Case(lambda s: s.card.account, "cac"),
    "cards.freeze": Case(lambda s: s.card.card, "crd", {}),
    "cards.get": Case(lambda s: s.card.card, "crd"),
    "cards.repay.prepare": Case(lambda s: s.card.account, "cac", {"payerAccountId": "acc", "amountFen": 100}),
    "cards.repayment.get": Case(lambda s: s.card.repayment, "rep"),
    "cards.repayment.list": Case(lambda s: s.card.account, "cac"),
    "cards.replace": Case(lambda s: s.card.card, "crd", {}),
    "cards.report_lost": Case(lambda s: s.card.card, "crd", {}),
    "cards.unfreeze": Case(lambda s: s.card.card, "crd", {}),
    "inbox.read": Case(lambda s: s.message, "msg", {}),
    "device.recovery.code": Case(lambda s: s.recovery, "rec", {}),
    "device.recovery.confirm": Case(lambda s: s.recovery, "rec", {"code": "000000", "signature": SIGNATURE}),
    "device.remove": Case(lambda s: s.device, "dev", PERSON),
    "device.rename": Case(lambda s: s.device, "dev", {"name": "mine"}),
    "device.transfer.approve": Case(lambda s: s.transfer, "trf", {"mode": "MOVE", "signature": SIGNATURE}),
    "device.transfer.confirm": Case(lambda s: s.transfer, "trf", {"signature": SIGNATURE}),
    "device.transfer.get": Case(lambda s: s.transfer, "trf"),
    "device.transfer.offer": Case(lambda s: s.transfer, "trf"),
    "session.end": Case(lambda s: s.session, "ses", {}),
    "sweep.agreement.pause": Case(lambda s: s.agreement, "agr", {}),
    "sweep.agreement.resume": Case(lambda s: s.agreement, "agr", {}),
    "sweep.agreement.end": Case(lambda s: s.agreement, "agr", {}),
    "sweep.order.get": Case(lambda s: s.sweep_order, "ord"),
    **{f"sweep.{name}": Case(lambda _: "LMB", "") for name in ("product.get", "position.get", "agreement.get")},
    "sweep.income.list": Case(lambda _: "LMB", ""),
    "sweep.yield.list": Case(lambda _: "LMB", ""),
    **{f"sweep.statement.{kind}": Case(lambda _: "LMB", "") for kind in ("csv", "pdf")},
    "wealth.order.cancel": Case(lambda s: s.order, "ord", {}),
    "wealth.order.get": Case(lambda s: s.order, "ord"),
    "wealth.product.get": Case(lambda _: "JMG-TT01", ""),
    "wealth.redemption.cancel": Case(lambda s: s.redemption, "ord", {}),
    "wealth.redemption.get": Case(lambda s: s.redemption, "ord"),
}
PUBLIC = {code for code, case in CASES.items() if not case.prefix}
"""Their ids name products, which belong to everybody."""


def listing(bank: Bank) -> list[dict[str, Any]]:
    return list(bank.wire("GET", "/app/v1/catalogue").body)


def page_of(bank: Bank, row: dict[str, Any]) -> str | None:
    """Give the page that may call an operation, or None for the shell's."""
    if row["fromShell"]:
        return None
    return bank.digests["wealth" if row["code"].startswith("wealth") else "accounts@1.0.1"]


def _filled(path: str) -> str:
    """Give a path in which what names no record stands already."""
    for name, value in {"side": "FRONT", "section": "income", "kind": "other", "cycle": "1"}.items():
        path = path.replace(f"{{{name}}}", value)
    return path


def call(bank: Bank, device: Device, row: dict[str, Any], value: str, body: Any, query: str = "") -> Answer:
    path = re.sub(r"\{[a-z_]+\}", value, _filled(row["path"])) + query
    key = "k" * 8 + value if row["idempotency"] == "key" else None
    return device.call(row["method"], path, body, bundle=page_of(bank, row), key=key)


def test_every_operation_with_an_id_is_attacked_here(bank: Bank) -> None:
    """Holds the test below: a new operation that takes an id must come with its attack."""
    found = {row["code"] for row in listing(bank) if "{" in row["path"]}
    assert found == set(CASES)


@pytest.mark.parametrize("code", sorted(set(CASES) - PUBLIC))
def test_anothers_id_looks_like_none(bank: Bank, bob: Customer, spoils: Spoils, code: str) -> None:
    """Defence: everything is looked up with the calling customer or device; the refusal betrays nothing."""
    row = next(row for row in listing(bank) if row["code"] == code)
    case = CASES[code]
    theirs = call(bank, bob.device, row, case.id(spoils), case.body, case.query)
    nobodys = call(bank, bob.device, row, f"{case.prefix}_{UNKNOWN}", case.body, case.query)
    refused(theirs, 404, "NOT_FOUND")
    assert anonymous(theirs) == anonymous(nobodys)


def test_the_same_ids_serve_their_owner(bank: Bank, carol: Customer, spoils: Spoils) -> None:
    """Holds the test above: the ids were alive, so only ownership refused them."""
    rows = {row["code"]: row for row in listing(bank)}
    cards = ("cards.account.get", "cards.application.get", "cards.get", "cards.repayment.get", "cards.entry.list")
    for code in (
        "accounts.get",
        "approval.get",
        "device.transfer.offer",
        "sweep.order.get",
        "wealth.order.get",
        "wealth.redemption.get",
        *cards,
    ):
        assert call(bank, carol.device, rows[code], CASES[code].id(spoils), None).status == 200


def test_buying_from_anothers_account_is_refused(bank: Bank, bob: Customer, carol: Customer) -> None:
    """Defence: the paying account is looked up with the calling customer."""
    before = carol.balance()
    page = bank.digests["wealth"]
    answers = [
        bob.device.post(
            "/wealth/orders/prepare", {"product": "JMG-TT01", "accountId": account, "amountFen": ORDER}, bundle=page
        )
        for account in (carol.account, f"acc_{UNKNOWN}")
    ]
    for answer in answers:
        refused(answer, 404, "NOT_FOUND")
    assert anonymous(answers[0]) == anonymous(answers[1])
    assert carol.balance() == before


def test_lists_show_the_callers_own(bank: Bank, bob: Customer, carol: Customer, spoils: Spoils) -> None:
    """Defence: lists are filtered by the calling customer."""
    mine = bob.device.get("/accounts", bundle=bank.digests["accounts"]).ok()["accounts"]
    assert [account["accountId"] for account in mine] == [bob.account]
    assert spoils.order not in {order["orderId"] for order in bob.orders()}
    assert spoils.order in {order["orderId"] for order in carol.orders()}


@pytest.fixture(scope="module")
def newcomer(bank: Bank) -> Device:
    return bank.applicant()


def test_an_onboarding_session_calls_no_customer_operation(bank: Bank, newcomer: Device, spoils: Spoils) -> None:
    """Defence: the session's scope is checked for every operation before anything else of it."""
    rows = [row for row in listing(bank) if row["scope"] == "customer"]
    assert len(rows) > 10
    for row in rows:
        case = CASES.get(row["code"])
        value = case.id(spoils) if case else ""
        body = PICTURE if row["upload"] else {} if row["method"] == "POST" else None
        answer = call(bank, newcomer, row, value, body)
        refused(answer, 403, "SCOPE_MISSING")


def test_without_a_session_only_the_public_operations_answer(bank: Bank, spoils: Spoils) -> None:
    """Defence: an operation with a scope needs a token."""
    stranger = bank.device()
    for row in listing(bank):
        if row["scope"] is None:
            continue
        case = CASES.get(row["code"])
        body = PICTURE if row["upload"] else {} if row["method"] == "POST" else None
        refused(call(bank, stranger, row, case.id(spoils) if case else "", body), 401, "TOKEN_INVALID")


def test_the_public_operations_are_the_few_that_come_before_a_session(bank: Bank) -> None:
    """Holds the two above: nobody adds a public operation by forgetting its scope."""
    assert {row["code"] for row in listing(bank) if row["scope"] is None} == {
        "bundles.adoption.read",
        "bundles.adoption.report",
        "device.challenge",
        "device.register",
        "session.challenge",
        "session.create",
        "session.refresh",
        "session.revoke",
    }
