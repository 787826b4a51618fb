"""Orders of shares, confirmed purchases and refunds in the evidence: what holds, and that every lie breaks its link."""

from collections.abc import Callable
from typing import Any

import pytest

from security.approvals import memo_encode
from security.errors import EvidenceError
from security.evidence import verify_export
from tests.security.golden import MEMO
from tests.security.orders import ORDER, PAYEE, PAYER, Case, instant

Body = tuple[str, str, float, dict[str, Any]]
SHARES = Case(state="PAID", fields={"amt": "0.00", "memo": memo_encode(MEMO | {"shares": "20000.00"})})
BOUGHT = Case()
CONFIRMED = {"orderId": ORDER, "nav": "1.0171", "navDate": "2026-11-23", "shares": "20000.00", "step": "0.01"}
FEN = 2_034_200


def postings(payer: str, payee: str, amount: int) -> list[dict[str, Any]]:
    return [
        {"account": payer, "amountFen": -amount, "currency": "CNY"},
        {"account": payee, "amountFen": amount, "currency": "CNY"},
    ]


def executed(payer: str, payee: str, amount: int, **changes: Any) -> dict[str, Any]:
    body = BOUGHT.bodies()[8][3] | {"postings": postings(payer, payee, amount), "executedAt": instant(50)}
    return body | {"reference": "jnl_2", "sequence": f"{ORDER}.refund"} | changes


def with_bodies(case: Case, change: Callable[[list[Body]], list[Body]]) -> bytes:
    return case.export(lambda bodies: change(list(bodies)))


def redeemed(
    *, confirmed: dict[str, Any] | None = None, paid: int = FEN, placed: str = "20000.00", late: bool = False
) -> bytes:
    """Give a redemption: placed, confirmed at 1.0171, paid."""

    def change(bodies: list[Body]) -> list[Body]:
        kind, subject, second, body = bodies[7]
        order = (kind, subject, second, body | {"amountFen": 0, "shares": placed})
        known = ("order.confirmed", ORDER, 45.0, CONFIRMED | {"amountFen": FEN} | (confirmed or {}))
        money = ("core.executed", ORDER, 46.0, executed(PAYER, PAYEE, paid))
        ended = ("order.settled", ORDER, 46.0, {"orderId": ORDER, "state": "PAID"})
        return [*bodies[:7], order, *([money, known] if late else [known, money]), ended]

    return with_bodies(SHARES, change)


def broken(data: bytes) -> str:
    with pytest.raises(EvidenceError) as caught:
        verify_export(data)
    return caught.value.link


def test_a_redemption_is_proved_from_the_signed_shares_to_the_fen() -> None:
    money, outcome = verify_export(redeemed()).links[-2:]
    assert "exactly CNY 20342.00, what 20000.00 shares were worth" in money.sentence
    assert " ended PAID at " in outcome.sentence


@pytest.mark.parametrize(
    "lie",
    [
        redeemed(paid=FEN + 1),
        redeemed(paid=FEN + 1, confirmed={"amountFen": FEN + 1}),
        redeemed(paid=FEN - 1, confirmed={"amountFen": FEN - 1}),
        redeemed(confirmed={"nav": "1.0172"}),
        redeemed(confirmed={"shares": "20000.01"}),
        redeemed(confirmed={"orderId": "ord_2"}),
        redeemed(confirmed={"nav": "NaN"}),
        redeemed(confirmed={"nav": "-1.0171", "amountFen": -FEN}),
        redeemed(confirmed={"nav": "1e400000000"}),
        redeemed(placed="30000.00"),
        redeemed(late=True),
    ],
)
def test_another_amount_value_or_number_of_shares_breaks_the_money(lie: bytes) -> None:
    assert broken(lie) == "money"


def test_a_redemption_that_failed_moved_nothing() -> None:
    def change(bodies: list[Body]) -> list[Body]:
        kind, subject, second, body = bodies[7]
        order = (kind, subject, second, body | {"amountFen": 0, "shares": "20000.00"})
        return [*bodies[:7], order, ("order.settled", ORDER, 46.0, {"orderId": ORDER, "state": "FAILED"})]

    money, outcome = verify_export(with_bodies(SHARES, change)).links[-2:]
    assert money.sentence.startswith("No money moved")
    assert " ended FAILED at " in outcome.sentence


def test_shares_that_nobody_signed_for_break_the_money() -> None:
    assert broken(BOUGHT.lying("order.placed", shares="20000.00")) == "money"


def confirmed_purchase(**changes: Any) -> bytes:
    body = {"orderId": ORDER, "nav": "1.0144", "navDate": "2026-11-23", "shares": "49290.22", "step": "0.01"}
    entry = ("order.confirmed", ORDER, 50.0, body | {"amountFen": 5_000_000} | changes)
    return with_bodies(BOUGHT, lambda bodies: [*bodies, entry])


def test_a_confirmed_purchase_is_proved_to_the_share() -> None:
    outcome = verify_export(confirmed_purchase()).links[-1]
    assert outcome.sentence.endswith("It was confirmed at the net value 1.0144 of 2026-11-23 as 49290.22 shares.")


@pytest.mark.parametrize(
    "changes",
    [
        {"shares": "49290.21"},
        {"shares": "49290.23"},
        {"nav": "1.0145"},
        {"amountFen": 4_999_999},
        {"step": "0.00"},
        {"step": "1.00"},
        {"orderId": "ord_2"},
        {"shares": "x"},
    ],
)
def test_a_purchase_confirmed_as_something_else_breaks_the_outcome(changes: dict[str, Any]) -> None:
    assert broken(confirmed_purchase(**changes)) == "outcome"


def refunded(*money: dict[str, Any], told: dict[str, Any] | None = None) -> bytes:
    entries = [("core.executed", ORDER, 50.0, body) for body in money]
    reason = {"orderId": ORDER, "state": "REFUNDED", "reason": "CANCELLED_BY_CUSTOMER"} | (told or {})
    return with_bodies(BOUGHT, lambda bodies: [*bodies, *entries, ("order.refunded", ORDER, 50.0, reason)])


def test_debit_and_refund_cancel_each_other() -> None:
    money, outcome = verify_export(refunded(executed(PAYEE, PAYER, 5_000_000))).links[-2:]
    assert "was debited" in money.sentence
    assert money.sentence.endswith("so debit and refund cancel each other.")
    assert outcome.sentence.endswith("Afterwards it was REFUNDED (CANCELLED_BY_CUSTOMER).")


@pytest.mark.parametrize(
    "lie",
    [
        refunded(),
        refunded(executed(PAYEE, PAYER, 4_999_999)),
        refunded(executed(PAYER, PAYEE, 5_000_000)),
        refunded(executed(PAYEE, "6299001111111111111", 5_000_000)),
        refunded(executed(PAYEE, PAYER, 5_000_000), executed(PAYEE, PAYER, 5_000_000)),
        refunded(executed(PAYEE, PAYER, 5_000_000), told={"orderId": "ord_2"}),
        refunded(executed(PAYEE, PAYER, 5_000_000, orderId="ord_2")),
        with_bodies(
            BOUGHT, lambda bodies: [*bodies, ("core.executed", ORDER, 50.0, executed(PAYEE, PAYER, 5_000_000))]
        ),
    ],
)
def test_a_refund_that_is_none_breaks_the_money(lie: bytes) -> None:
    assert broken(lie) == "money"
