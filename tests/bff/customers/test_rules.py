"""Rules about particulars: check digits, dates of birth, masks."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bff.customers import rules
from bff.customers.errors import IdChecksumError, MobileInvalidError, NameInvalidError

TODAY = date(2026, 11, 23)
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def number(region: str, born: date, order: int) -> str:
    body = f"{region}{born:%Y%m%d}{order:03d}"
    return body + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True)) % 11]


@given(st.dates(date(1900, 1, 1), TODAY), st.integers(0, 999), st.sampled_from(["330106", "120116", "999999"]))
def test_every_rightly_made_number_passes_and_states_its_date(born: date, order: int, region: str) -> None:
    good = number(region, born, order)
    assert rules.clean_id_number(good.lower(), TODAY) == good
    assert rules.birth_date(good) == born
    assert rules.region_is_known(good) == (region != "999999")


@given(st.dates(date(1900, 1, 1), TODAY), st.integers(0, 999), st.integers(0, 17), st.integers(1, 9))
def test_one_changed_digit_never_passes(born: date, order: int, place: int, shift: int) -> None:
    good = number("330106", born, order)
    if good[place] == "X":
        return
    wrong = good[:place] + str((int(good[place]) + shift) % 10) + good[place + 1 :]
    with pytest.raises(IdChecksumError):
        rules.clean_id_number(wrong, TODAY)


def test_a_day_that_never_was_and_one_to_come_are_refused() -> None:
    body = "33010619940230000"
    check = "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True)) % 11]
    for wrong in (body + check, number("330106", date(2026, 11, 24), 1)):
        with pytest.raises(IdChecksumError):
            rules.clean_id_number(wrong, TODAY)


@pytest.mark.parametrize(("day", "years"), [(date(2026, 5, 11), 17), (date(2026, 5, 12), 18), (date(2026, 5, 13), 18)])
def test_age_grows_on_the_birthday(day: date, years: int) -> None:
    assert rules.age(date(2008, 5, 12), day) == years


def test_masks() -> None:
    assert rules.mask_name("陈屿") == "陈*"
    assert rules.mask_name("林初夏") == "林**"
    assert rules.mask_id_number("330106199405122816") == "3301 **** 2816"
    assert rules.mask_mobile("13800006620") == "138 **** 6620"


@pytest.mark.parametrize("name", ["陈屿", "林初夏", "阿依古丽·买买提", "Anna-Lena O'Neill"])
def test_names_that_people_have_pass(name: str) -> None:
    assert rules.clean_name(f" {name} ") == name


@pytest.mark.parametrize("name", ["", " ", "陈", "陈\u200b屿", "<b>陈屿</b>", "陈屿;x=y", "陈_屿", "陈" * 70])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(NameInvalidError):
        rules.clean_name(name)


def test_mobiles() -> None:
    assert rules.clean_mobile("+86 138 0000 6620") == "13800006620"
    for wrong in ("", "23800006620", "138000066200", "1380000662O"):
        with pytest.raises(MobileInvalidError):
            rules.clean_mobile(wrong)
