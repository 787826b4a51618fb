"""Lines, days of cycles, minimum payments, the order of repayments and interest, as arithmetic."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bff.cards import interest, rules
from bff.cards.interest import Bill, Layer, Paid
from bff.cards.products import FAMILY
from bff.cards.rules import BUCKETS, Bureau, Owed
from bff.cards.terms import FULL, REMAINING
from bff.products.errors import ProductDataError
from tests.bff.wealth.world import packs

TERMS = FAMILY.shipped()[0].figures
PACK = packs("cards").at(date(2026, 11, 23))
CLEAN = Bureau(0, 0)
DAYS = st.dates(date(2018, 1, 1), date(2040, 12, 31))
FENS = st.integers(0, 10_000_000)


@pytest.mark.parametrize(
    ("age", "annual", "bureau", "line", "reason"),
    [
        (32, 24_000_000, CLEAN, 5_000_000, ""),
        (32, 12_050_000, CLEAN, 3_000_000, ""),
        (17, 24_000_000, CLEAN, 0, "AGE"),
        (66, 24_000_000, CLEAN, 0, "AGE"),
        (32, 1_900_000, CLEAN, 0, "INCOME"),
        (32, 24_000_000, Bureau(4, 0), 0, "CREDIT_REPORT"),
        (32, 24_000_000, Bureau(3, 200_000), 3_600_000, ""),
        (32, 24_000_000, Bureau(0, 500_000), 0, "INCOME"),
    ],
)
def test_lines_by_the_rules(age: int, annual: int, bureau: Bureau, line: int, reason: str) -> None:
    found = rules.propose(TERMS, PACK, age=age, annual_fen=annual, bureau=bureau)
    assert (found.line_fen, found.reason) == (line, reason)


@pytest.mark.parametrize(
    ("day", "billing_day", "closing"),
    [
        ("2026-11-23", 8, "2026-12-08"),
        ("2026-12-08", 8, "2027-01-08"),
        ("2026-12-31", 31, "2027-01-31"),
        ("2027-01-31", 31, "2027-02-28"),
        ("2028-01-31", 31, "2028-02-29"),
        ("2027-02-28", 31, "2027-03-31"),
        ("2026-12-30", 31, "2026-12-31"),
    ],
)
def test_closing_days(day: str, billing_day: int, closing: str) -> None:
    assert rules.closing_after(date.fromisoformat(day), billing_day).isoformat() == closing


@settings(deadline=None)
@given(day=DAYS, billing_day=st.integers(1, 31))
def test_every_cycle_is_a_month_and_none_is_left_out(day: date, billing_day: int) -> None:
    first = rules.closing_after(day, billing_day)
    second = rules.closing_after(first, billing_day)
    assert day < first < second
    assert 28 <= (second - first).days <= 31
    assert (second.year * 12 + second.month) - (first.year * 12 + first.month) == 1
    assert first.day == billing_day or (first + timedelta(days=1)).day == 1
    assert rules.last_day(rules.due_on(first, TERMS), TERMS) < second


def test_an_anniversary_of_a_leap_day_is_the_28th() -> None:
    assert rules.anniversary(date(2028, 2, 29), 1) == date(2029, 2, 28)
    assert rules.anniversary(date(2028, 2, 29), 4) == date(2032, 2, 29)


@settings(deadline=None)
@given(st.builds(Owed, FENS, FENS, FENS, st.integers(-1_000_000, 10_000_000)))
def test_the_minimum_covers_fees_and_interest_and_never_passes_the_total(owed: Owed) -> None:
    least = rules.minimum(owed, TERMS)
    assert 0 <= least <= max(owed.total, 0)
    if owed.principal >= 0 and owed.total > 0:
        assert least >= min(owed.fee + owed.interest, owed.total)
        assert least >= min(TERMS.minimum_least_fen, owed.total)


@settings(deadline=None)
@given(st.builds(Owed, FENS, FENS, FENS, FENS), st.integers(1, 50_000_000), st.booleans())
def test_a_repayment_is_allocated_whole_and_in_order(owed: Owed, amount: int, overdue: bool) -> None:  # noqa: FBT001 — Hypothesis gives it
    since = date(2026, 1, 1) if overdue else None
    order = rules.order_of(PACK, since, date(2026, 11, 23))
    moved = rules.allocate(owed, amount, order)
    left = owed + moved
    assert moved.total == -amount
    touched = [name for name in order if getattr(left, name) > 0]
    for name in order[order.index(touched[0]) + 1 :] if touched else ():
        assert getattr(moved, name) == 0
    assert all(getattr(left, name) >= 0 for name in BUCKETS if name != "principal")


def test_long_overdue_accounts_repay_what_was_spent_first() -> None:
    day = date(2026, 11, 23)
    assert rules.order_of(PACK, day - timedelta(days=90), day)[0] == "fee"
    assert rules.order_of(PACK, day - timedelta(days=91), day) == ("cash", "principal", "interest", "fee")


def test_an_order_that_forgets_a_bucket_is_refused() -> None:
    rule = PACK.rules["allocation"]
    broken = type(PACK)(PACK.pack, PACK.version, PACK.effective_from, "", {"allocation": type(rule)("fee,cash")})
    with pytest.raises(ProductDataError):
        rules.order_of(broken, None, date(2026, 11, 23))
    with pytest.raises(ProductDataError):
        PACK.text("cooling_days")


@pytest.mark.parametrize(("unpaid", "fee"), [(0, 0), (-5, 0), (100, 1_000), (100_000, 5_000), (9_000_000, 50_000)])
def test_late_fees(unpaid: int, fee: int) -> None:
    assert rules.late_fee(unpaid, TERMS) == fee


# ── interest ──
CLOSED, IN_TIME, UNTIL = date(2026, 12, 8), date(2026, 12, 31), date(2027, 1, 8)
ALL = [Paid(date(2026, 12, 28), 100_000)]


def bill(repaid: int, total: int = 100_000) -> Bill:
    return Bill(CLOSED, total, repaid, 0, (Layer(date(2026, 11, 25), total),))


def days(one: Bill, paid: list[Paid], method: str) -> int:
    return interest.on_purchases(one, paid, in_time=IN_TIME, until=UNTIL, method=method, tolerance=1_000)


@pytest.mark.parametrize("method", [FULL, REMAINING])
def test_a_bill_repaid_in_time_bears_no_interest(method: str) -> None:
    assert days(bill(100_000), ALL, method) == 0
    assert days(bill(99_000), [Paid(date(2026, 12, 28), 99_000)], method) == 0


def test_full_interest_runs_on_the_whole_purchase_until_it_is_repaid() -> None:
    paid = [Paid(date(2026, 12, 28), 60_000)]
    assert days(bill(60_000), paid, FULL) == 100_000 * 44 - 60_000 * 11
    assert interest.charge(100_000 * 44 - 60_000 * 11, 500) == 1870


def test_remaining_interest_runs_on_what_was_left() -> None:
    paid = [Paid(date(2026, 12, 28), 60_000), Paid(date(2027, 1, 2), 10_000)]
    assert days(bill(60_000), paid, REMAINING) == 40_000 * 44 - 10_000 * 6


def test_what_was_carried_goes_on_from_the_closing_day() -> None:
    carried = Bill(CLOSED, 100_000, 0, 100_000, ())
    assert days(carried, [], FULL) == 100_000 * 31


LAYERS = st.lists(
    st.builds(Layer, st.dates(date(2026, 11, 9), CLOSED), st.integers(1, 1_000_000)), min_size=1, max_size=6
)
PAYMENTS = st.lists(st.builds(Paid, st.dates(date(2026, 12, 9), UNTIL), st.integers(1, 2_000_000)), max_size=6)


@settings(deadline=None)
@given(layers=LAYERS, paid=PAYMENTS)
def test_fen_days_are_those_of_the_balance_day_by_day(layers: list[Layer], paid: list[Paid]) -> None:
    total, day = 0, date(2026, 11, 9)
    while day < UNTIL:
        spent = sum(layer.fen for layer in layers if layer.since <= day)
        total += max(spent - sum(one.fen for one in paid if one.on <= day), 0)
        day += timedelta(days=1)
    assert interest.fen_days(layers, paid, UNTIL) == total


@settings(deadline=None)
@given(layers=LAYERS, paid=PAYMENTS)
def test_remaining_never_costs_more_than_full(layers: list[Layer], paid: list[Paid]) -> None:
    total = sum(layer.fen for layer in layers)
    repaid = sum(one.fen for one in paid if one.on <= IN_TIME)
    one = Bill(CLOSED, total, repaid, 0, tuple(layers))
    full, remaining = days(one, paid, FULL), days(one, paid, REMAINING)
    assert 0 <= remaining <= full
    if repaid + 1_000 >= total:
        assert full == 0


@settings(deadline=None)
@given(st.integers(0, 10**15), st.integers(1, 10_000))
def test_interest_is_rounded_half_up_once(fen_days: int, rate: int) -> None:
    charged = interest.charge(fen_days, rate)
    assert abs(charged * 1_000_000 - fen_days * rate) <= 500_000
