"""Attacks on opening an account: guessed codes, locked-out victims, duplicate accounts, forged particulars."""

from typing import Any

import pytest

from tests.attacks.bank import PEOPLE, Bank, person, refused
from tests.attacks.racing import race
from tests.device import Answer, Device

TRIES = 5
"""Guesses that the bank's rules allow."""


def apply(device: Device, form: Any) -> Answer:
    return device.post("/accounts/applications", form, bundle=device.digests["accounts"])


def guess(device: Device, application: str, code: str) -> Answer:
    path = f"/accounts/applications/{application}/code/verify"
    return device.post(path, {"code": code}, bundle=device.digests["accounts"])


def wrong(code: str, step: int) -> str:
    return f"{(int(code) + step) % 1_000_000:06d}"


def test_guessing_a_code_locks_it(bank: Bank) -> None:
    """Defence: guesses are counted by a conditional UPDATE that stays although the call is refused."""
    device = bank.applicant()
    opened = apply(device, person(1)).ok()
    application, code = opened["applicationId"], opened["sandboxCode"]
    for step in range(1, TRIES):
        answer = guess(device, application, wrong(code, step))
        refused(answer, 422 if answer.status == 422 else 400, "CODE_WRONG")
        assert answer.body["left"] == TRIES - step
    for attempt in (wrong(code, TRIES), code, code):
        answer = guess(device, application, attempt)
        assert answer.body["code"] == "CODE_LOCKED", answer.body
        assert 400 <= answer.status < 500


def test_racing_guesses_get_no_more_tries(bank: Bank) -> None:
    """Defence: the counter is moved before the comparison, so 24 at once are still five."""
    device = bank.applicant()
    opened = apply(device, person(2)).ok()
    application, code = opened["applicationId"], opened["sandboxCode"]
    runners = [lambda step=step: guess(device, application, wrong(code, step)) for step in range(1, 25)]
    codes = [answer.body["code"] for answer in race(runners)]
    assert codes.count("CODE_WRONG") == TRIES - 1, codes
    assert set(codes) == {"CODE_WRONG", "CODE_LOCKED"}
    assert guess(device, application, code).body["code"] == "CODE_LOCKED"


def test_a_guesser_cannot_lock_a_victim(bank: Bank) -> None:
    """Defence: tries are counted per application, and nobody reaches another device's: the victim goes on."""
    victim, thief = bank.applicant(), bank.applicant()
    form = person(3)
    theirs, own = apply(victim, form).ok(), apply(thief, form).ok()
    for step in range(TRIES + 3):
        refused(guess(thief, theirs["applicationId"], f"{step:06d}"), 404, "NOT_FOUND")
        guess(thief, own["applicationId"], wrong(own["sandboxCode"], step + 1))
    assert guess(thief, own["applicationId"], own["sandboxCode"]).body["code"] == "CODE_LOCKED"
    assert guess(victim, theirs["applicationId"], theirs["sandboxCode"]).ok()["state"] == "BIND_VERIFY"


def test_a_code_is_spent_once_and_for_its_own_application(bank: Bank) -> None:
    """Defence: a code is kept under its holder, and its state has moved on once it is spent."""
    first, second = bank.applicant(), bank.applicant()
    one, two = apply(first, person(4)).ok(), apply(second, person(5)).ok()
    if one["sandboxCode"] != two["sandboxCode"]:
        assert guess(second, two["applicationId"], one["sandboxCode"]).body["code"] == "CODE_WRONG"
    guess(first, one["applicationId"], one["sandboxCode"]).ok()
    again = guess(first, one["applicationId"], one["sandboxCode"])
    refused(again, 409, "STATE_CONFLICT")


def test_steps_cannot_be_skipped(bank: Bank) -> None:
    """Defence: each step asks for the state before it."""
    device = bank.applicant()
    application = apply(device, person(6)).ok()["applicationId"]
    page, base = device.digests["accounts"], f"/accounts/applications/{application}"
    card = device.post(f"{base}/card", {"cardNumber": "6298010000000044174"}, bundle=page)
    tax = device.post(f"{base}/tax", {"residency": "CN_ONLY", "declared": True}, bundle=page)
    for answer in (card, tax):
        refused(answer, 409, "STATE_CONFLICT")


def test_a_second_account_of_a_class_is_refused(bank: Bank) -> None:
    """Defence: a person is found again by the keyed index of his ID number, whatever device asks."""
    samples = {row["name"]: row for row in bank.running.samples()}
    known = samples[PEOPLE["alice"]]
    form = {name: known[name] for name in ("name", "idNumber", "mobile")}
    for changes in ({}, {"mobile": "13900009999"}, {"name": "方知夏"}, {"idNumber": " " + known["idNumber"] + " "}):
        answer = apply(bank.applicant(), {**form, **changes})
        refused(answer, 409, "DUPLICATE_ACCOUNT")


def test_a_strangers_card_is_not_bound(bank: Bank) -> None:
    """Defence: the card network compares five elements; the refusal names one and changes nothing."""
    device = bank.applicant()
    opened = apply(device, person(7)).ok()
    application, page = opened["applicationId"], device.digests["accounts"]
    guess(device, application, opened["sandboxCode"]).ok()
    path = f"/accounts/applications/{application}/card"
    refused(device.post(path, {"cardNumber": "6298010000000044174"}, bundle=page), 422, "BIND_MISMATCH")
    refused(device.post(path, {"cardNumber": "6298010000000044175"}, bundle=page), 422, "CARD_LUHN")
    now = device.get("/accounts/applications/current", bundle=page).ok()
    assert (now["state"], now["account"]) == ("BIND_VERIFY", None)


FORGED = {
    "check digit": ({"idNumber": "330106199001019010"}, "ID_CHECKSUM"),
    "no such day": ({"idNumber": "33010619900231901X"}, "ID_CHECKSUM"),
    "born tomorrow": (person(8, "20990101"), "ID_CHECKSUM"),
    "under age": (person(9, "20150101"), "UNDERAGE"),
    "full-width digits": ({"idNumber": "３３０１０６１９９００１０１９０１４"}, "ID_CHECKSUM"),
    "NUL in the name": ({"name": "方\x00夏"}, "NAME_INVALID"),
    "bidi in the name": ({"name": "方\u202e夏"}, "NAME_INVALID"),
    "zero width in the name": ({"name": "方\u200b夏"}, "NAME_INVALID"),
    "script in the name": ({"name": "<script>"}, "NAME_INVALID"),
    "SQL in the name": ({"name": "方'; DROP TABLE device; --"}, "NAME_INVALID"),
    "empty name": ({"name": ""}, "NAME_INVALID"),
    "newline in the mobile": ({"mobile": "13900000001\n"}, "MOBILE_INVALID"),
    "arabic digits": ({"mobile": "١٣٩٠٠٠٠٠٠٠١"}, "MOBILE_INVALID"),
    "foreign mobile": ({"mobile": "+14155550100"}, "MOBILE_INVALID"),
}


@pytest.fixture(scope="module")
def forger(bank: Bank) -> Device:
    return bank.applicant()


@pytest.mark.parametrize("name", FORGED)
def test_forged_particulars_are_refused(forger: Device, name: str) -> None:
    """Defence: names, ID numbers and mobiles have one form each, in which nothing is hidden."""
    changes, code = FORGED[name]
    refused(apply(forger, {**person(8), **changes}), 422, code)
