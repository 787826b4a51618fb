"""Rules of accounts: counters of class II, cards, and what a card check objects to."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bff.accounts import rules
from bff.accounts.errors import CardLuhnError
from bff.accounts.rules import Movement
from bff.core_bank.port import CardCheck
from bff.products.rulepacks import RulePacks

PACK = RulePacks.load(Path(rules.__file__).parent / "data").at(date(2026, 11, 23))
GOOD = {"known": True, "name": True, "id_number": True, "mobile": True}
BANK = {"bank_zh": "望潮银行", "bank_en": "Wangchao Bank"}


@pytest.mark.parametrize("movement", [Movement.UNBOUND_IN, Movement.UNBOUND_OUT])
def test_movements_with_others_fill_a_day_and_a_year(movement: Movement) -> None:
    day, year = rules.caps("II", movement, PACK, date(2026, 12, 31))
    assert (day.period, day.most_fen, day.yearly) == ("2026-12-31", 1_000_000, False)
    assert (year.period, year.most_fen, year.yearly) == ("2026", 20_000_000, True)


def test_the_bound_card_is_exempt_in_class_ii_but_for_the_banks_own_cap() -> None:
    assert rules.caps("II", Movement.BOUND_OUT, PACK, date(2026, 1, 1)) == ()
    assert [cap.most_fen for cap in rules.caps("II", Movement.BOUND_IN, PACK, date(2026, 1, 1))] == [50_000_000]


@pytest.mark.parametrize("movement", [Movement.BOUND_OUT, Movement.UNBOUND_OUT])
def test_whatever_leaves_class_iii_fills_one_counter(movement: Movement) -> None:
    caps = rules.caps("III", movement, PACK, date(2026, 12, 31))
    assert [(cap.counter, cap.period, cap.most_fen) for cap in caps] == [
        ("out", "2026-12-31", 200_000),
        ("out", "2026", 5_000_000),
    ]
    assert (rules.most_balance("II", PACK), rules.most_balance("III", PACK)) == (None, 200_000)


@pytest.mark.parametrize(
    ("changes", "account_class", "said"),
    [
        ({}, "I", ""),
        ({}, "II", "CLASS"),
        ({"known": False, "name": False}, "", "card"),
        ({"name": False, "mobile": False}, "I", "name"),
        ({"id_number": False}, "II", "idNumber"),
        ({"mobile": False}, "I", "mobile"),
    ],
)
def test_the_first_wrong_element_is_named(changes: dict[str, bool], account_class: str, said: str) -> None:
    assert rules.objection(CardCheck(**{**GOOD, **changes}, account_class=account_class, **BANK)) == said


@given(st.from_regex(r"[1-9][0-9]{14,18}", fullmatch=True))
def test_exactly_one_check_digit_fits(body: str) -> None:
    fits = 0
    for digit in "0123456789":
        try:
            assert rules.clean_card(body + digit) == body + digit
            fits += 1
        except CardLuhnError:
            continue
    assert fits == 1
