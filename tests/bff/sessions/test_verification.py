import threading
from datetime import timedelta

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from bff.audit.models import EvidenceEntry
from bff.db.engine import transaction
from tests.bff.doors.world import Phone, Site, refusal


@pytest.fixture
def phone(site: Site) -> Phone:
    phone = site.phone()
    phone.log_in()
    return phone


def verified(phone: Phone, purpose: str = "user", **changes: str) -> tuple[int, str]:
    challenge = phone.person_challenge(purpose)
    return outcome(phone.verify(purpose, challenge, phone.signed_person(purpose, challenge, **changes)))


def fresh(phone: Phone) -> TestResponse:
    return phone.send("POST", "/counter/fresh", {"amountFen": 1})


def outcome(answer: TestResponse) -> tuple[int, str]:
    return (200, "") if answer.status_code == 200 else refusal(answer)


def test_a_person_is_verified_and_the_signature_is_kept_as_evidence(site: Site, phone: Phone) -> None:
    challenge = phone.person_challenge("user")
    answer = phone.verify("user", challenge, phone.signed_person("user", challenge))
    assert answer.json == {"factor": "pin", "verifiedAt": "2026-11-23T08:00:00.000Z", "until": None}
    with transaction(site.engine) as session:
        kept = session.scalars(select(EvidenceEntry.body).where(EvidenceEntry.kind == "person.verified")).all()
    assert [challenge in body for body in map(str, kept)] == [True]


@pytest.mark.parametrize(
    "changes",
    [
        {"env": "production"},
        {"aud": "other-bank"},
        {"device_id": "dev_x"},
        {"customer_id": "cus_2"},
        {"purpose": "unbind"},
        {"factor": "face"},
        {"pop_jkt": "x"},
    ],
)
def test_a_signature_over_anything_else_verifies_nobody(phone: Phone, changes: dict[str, str]) -> None:
    challenge = phone.person_challenge("user")
    members = {"purpose": "user", **changes}
    signature = phone.signed_person(members.pop("purpose"), challenge, **members)
    assert refusal(phone.verify("user", challenge, signature)) == (403, "VERIFICATION_REFUSED")


def test_a_challenge_serves_its_own_purpose_once(phone: Phone) -> None:
    challenge = phone.person_challenge("user")
    signature = phone.signed_person("step-up", challenge)
    assert refusal(phone.verify("step-up", challenge, signature)) == (401, "CHALLENGE_INVALID")
    signature = phone.signed_person("user", challenge)
    assert phone.verify("user", challenge, signature).status_code == 200
    assert refusal(phone.verify("user", challenge, signature)) == (401, "CHALLENGE_INVALID")


def test_a_challenge_of_another_device_or_an_old_one_serves_nobody(site: Site, phone: Phone) -> None:
    other = site.phone()
    other.log_in()
    foreign = other.person_challenge("user")
    assert refusal(phone.verify("user", foreign, phone.signed_person("user", foreign))) == (401, "CHALLENGE_INVALID")
    old = phone.person_challenge("user")
    site.later(seconds=121)
    assert refusal(phone.verify("user", old, phone.signed_person("user", old))) == (401, "CHALLENGE_INVALID")


def test_of_many_who_spend_a_challenge_at_once_one_wins(phone: Phone) -> None:
    challenge = phone.person_challenge("step-up")
    signature = phone.signed_person("step-up", challenge)
    codes: list[tuple[int, str]] = []
    racers = [
        threading.Thread(target=lambda: codes.append(outcome(phone.verify("step-up", challenge, signature))))
        for _ in range(16)
    ]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert sorted(codes) == [(200, "")] + [(401, "CHALLENGE_INVALID")] * 15


def test_what_needs_a_fresh_verification_gets_it_by_stepping_up(site: Site, phone: Phone) -> None:
    assert fresh(phone).status_code == 200
    site.later(minutes=9)
    phone.renew()
    site.later(minutes=9)
    assert refusal(fresh(phone)) == (403, "STEP_UP_REQUIRED")
    assert verified(phone) == (200, "")
    assert refusal(fresh(phone)) == (403, "STEP_UP_REQUIRED")
    assert verified(phone, "step-up") == (200, "")
    assert fresh(phone).status_code == 200


def test_a_refreshed_session_keeps_the_instant_of_its_verification(site: Site, phone: Phone) -> None:
    site.now += timedelta(minutes=9)
    phone.renew()
    site.now += timedelta(minutes=7)
    assert refusal(fresh(phone)) == (403, "STEP_UP_REQUIRED")


def test_nobody_is_verified_without_a_customers_session(site: Site) -> None:
    phone = site.phone(state="PENDING", customer=None)
    phone.log_in(signed=False)
    answer = phone.send("POST", "/sessions/verification/challenge", {"purpose": "user"})
    assert refusal(answer) == (403, "SCOPE_MISSING")
