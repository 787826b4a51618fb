"""Net values, shares and amounts: rounded down, nothing made and nothing lost, and the same as the evidence reckons."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bff.wealth import pricing
from security.evidence.bodies import Confirmed
from security.evidence.shares import check_bought

FEN = st.integers(min_value=1, max_value=10**14)
NAV = st.integers(min_value=1, max_value=10**8)
STEP = st.sampled_from((1, 10, 100))
SHARES = st.integers(min_value=1, max_value=10**14)


@given(FEN, NAV, STEP)
def test_an_amount_buys_the_most_shares_and_the_rest_is_stated(amount: int, nav: int, step: int) -> None:
    bought = pricing.bought(amount, nav, step)
    exact = Decimal(bought.shares) * nav / 10_000
    assert bought.shares % step == 0
    assert exact <= amount < exact + Decimal(step) * nav / 10_000
    assert bought.rest_fen == int(amount - exact)
    assert pricing.worth(bought.shares, nav) + bought.rest_fen in {amount, amount - 1}


@given(FEN, NAV, STEP)
def test_the_evidence_reckons_as_the_bank_does(amount: int, nav: int, step: int) -> None:
    bought = pricing.bought(amount, nav, step)
    if not bought.shares:
        return
    texts = (pricing.nav_text(nav), "2026-11-23", pricing.shares_text(bought.shares), pricing.shares_text(step))
    check_bought(Confirmed("ord_1", *texts, amount), amount, "outcome")


@given(SHARES, NAV)
def test_shares_are_worth_the_floor(shares: int, nav: int) -> None:
    assert pricing.worth(shares, nav) == int(Decimal(shares) * nav / 10_000)


@given(SHARES, NAV, st.data())
def test_parts_are_never_worth_more_than_the_whole(shares: int, nav: int, data: st.DataObject) -> None:
    part = data.draw(st.integers(min_value=0, max_value=shares))
    assert pricing.worth(part, nav) + pricing.worth(shares - part, nav) <= pricing.worth(shares, nav)


@given(st.integers(min_value=0, max_value=10**13), SHARES, st.data())
def test_the_cost_of_a_position_is_spent_whole(cost: int, shares: int, data: st.DataObject) -> None:
    part = data.draw(st.integers(min_value=1, max_value=shares))
    spent = pricing.cost_of(cost, shares, part)
    left = shares - part
    assert 0 <= spent <= cost
    assert spent + (pricing.cost_of(cost - spent, left, left) if left else 0) == cost


@given(SHARES, NAV)
def test_texts_are_read_back(shares: int, nav: int) -> None:
    assert pricing.read_shares(pricing.shares_text(shares % 10**14)) == shares % 10**14
    assert pricing.read_nav(pricing.nav_text(nav)) == nav


@pytest.mark.parametrize("text", ["", "1", "1.014", "-1.0000", "0.0000", "1.01434", "１.0000", "1.0000\n", "NaN"])
def test_what_is_no_net_value_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no net value"):
        pricing.read_nav(text)


@pytest.mark.parametrize("text", ["", "1", "1.0", "01.00", "-1.00", "1,000.00", "1.001", "1e3"])
def test_what_is_no_number_of_shares_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no number of shares"):
        pricing.read_shares(text)
