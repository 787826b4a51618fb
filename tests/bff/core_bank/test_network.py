import re
from datetime import date

import pytest

from bff.core_bank.network import SamplePerson, SandboxCardNetwork, SandboxCodeSender, load_sandbox
from bff.core_bank.registry import luhn_digit

BANK = load_sandbox()
NETWORK = SandboxCardNetwork(BANK)
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
TODAY = date(2026, 11, 23)


def age(person: SamplePerson) -> int:
    born = date.fromisoformat(person.id_number[6:14])
    return TODAY.year - born.year - ((TODAY.month, TODAY.day) < (born.month, born.day))


CARDS = tuple(BANK.cards)


@pytest.mark.parametrize("person", CARDS, ids=range(len(CARDS)))
def test_every_sample_number_is_well_formed(person: SamplePerson) -> None:
    total = sum(int(digit) * weight for digit, weight in zip(person.id_number, WEIGHTS, strict=False))
    assert person.id_number[17] == "10X98765432"[total % 11]
    assert luhn_digit(person.card[:-1]) == person.card[-1]
    assert len(person.card) in {16, 19}
    assert re.fullmatch(r"1[3-9]\d{9}", person.mobile)


def test_there_is_somebody_for_every_case() -> None:
    assert any(person.card_class == "II" for person in BANK.people)
    assert any(age(person) >= 65 for person in BANK.people)
    assert any(age(person) < 18 for person in BANK.people)
    first = BANK.people[0]
    assert (first.name, first.id_number[:4], first.mobile[-4:], first.opening_fen) == (
        "陈屿",
        "3301",
        "6620",
        20_000_000,
    )
    assert len({one.card for one in CARDS}) == len(CARDS) > len(BANK.people) >= 6
    assert {card.card_class for person in BANK.people for card in person.also} == {"I", "II"}


def test_a_second_card_is_the_same_persons_at_another_bank() -> None:
    person = BANK.people[0]
    (second,) = person.also
    elements = {"name": person.name, "id_number": person.id_number, "mobile": person.mobile}
    told = NETWORK.check(card=second.card, **elements)
    assert (told.known, told.name, told.id_number, told.mobile, told.account_class) == (True, True, True, True, "I")
    assert told.bank_zh == second.bank_zh != person.bank_zh
    stranger = NETWORK.check(card=second.card, **{**elements, "name": BANK.people[1].name})
    assert (stranger.known, stranger.name) == (True, False)


def test_the_network_compares_each_element() -> None:
    person = BANK.people[0]
    elements = {"card": person.card, "name": person.name, "id_number": person.id_number, "mobile": person.mobile}
    full = NETWORK.check(**elements)
    assert (full.known, full.name, full.id_number, full.mobile, full.account_class) == (True, True, True, True, "I")
    for element in ("name", "id_number", "mobile"):
        wrong = NETWORK.check(**(elements | {element: "other"}))
        assert [getattr(wrong, name) for name in ("name", "id_number", "mobile")].count(False) == 1
        assert not getattr(wrong, element)


def test_an_unknown_card_tells_nothing() -> None:
    person = BANK.people[0]
    check = NETWORK.check(card="6299", name=person.name, id_number=person.id_number, mobile=person.mobile)
    assert (check.known, check.name, check.account_class, check.bank_zh) == (False, False, "", "")


def test_the_sandbox_shows_the_code() -> None:
    assert SandboxCodeSender().send(mobile="13800006620", code="123456", purpose="open") == "123456"


def test_representations_leave_people_out() -> None:
    person = BANK.people[0]
    shown = repr(person)
    assert all(secret not in shown for secret in (person.name, person.id_number, person.mobile, person.card))
