import dataclasses
import threading
from datetime import timedelta

import pytest

from security.suites import ES256
from tests.bff.doors.world import Phone, Site, refusal


def test_a_customer_logs_in_with_both_keys(site: Site) -> None:
    answer = site.phone().log_in()
    assert answer.status_code == 200
    shown = {name: answer.json[name] for name in ("tokenType", "expiresIn", "scope", "customer")}
    expected = {
        "tokenType": "DPoP",
        "expiresIn": 600,
        "scope": "customer",
        "customer": {"customerId": "cus_1", "name": "陈*"},
    }
    assert shown == expected


def test_a_device_that_is_being_set_up_gets_no_more_than_that(site: Site) -> None:
    phone = site.phone(state="PENDING", customer=None)
    answer = phone.log_in(signed=False)
    assert (answer.json["scope"], answer.json["customer"]) == ("onboarding", None)
    assert refusal(phone.read()) == (403, "SCOPE_MISSING")


def test_a_pending_device_cannot_log_in_as_a_customer(site: Site) -> None:
    assert refusal(site.phone(state="PENDING").log_in()) == (401, "LOGIN_REFUSED")


@pytest.mark.parametrize("state", ["BLOCKED", "REMOVED"])
@pytest.mark.parametrize("signed", [True, False])
def test_a_blocked_device_cannot_log_in(site: Site, state: str, *, signed: bool) -> None:
    assert refusal(site.phone(state=state).log_in(signed=signed)) == (401, "LOGIN_REFUSED")


def test_an_unknown_device_and_a_bad_signature_look_the_same(site: Site) -> None:
    stranger = site.phone()
    del site.directory.devices[stranger.device_id]
    forger = site.phone()
    forger.tx = ES256.generate()
    answers = [stranger.log_in().json, forger.log_in().json]
    for answer in answers:
        del answer["requestId"]
    assert answers[0] == answers[1]
    assert answers[0]["code"] == "LOGIN_REFUSED"


FORGERIES = ({"env": "production"}, {"aud": "other-bank"}, {"device_id": "dev_x"}, {"pop_jkt": "x"})


@pytest.mark.parametrize("changes", FORGERIES)
def test_a_signature_over_anything_else_does_not_log_in(site: Site, changes: dict[str, str]) -> None:
    phone = site.phone()
    challenge = phone.challenge()
    body = {
        "deviceId": phone.device_id,
        "challenge": challenge,
        "txSignature": phone.signed_login(challenge, **changes),
    }
    assert refusal(phone.send("POST", "/sessions", body)) == (401, "LOGIN_REFUSED")


def test_the_key_of_the_proof_must_be_the_devices(site: Site) -> None:
    phone = site.phone()
    phone.pop = ES256.generate()
    assert refusal(phone.log_in()) == (401, "LOGIN_REFUSED")


def test_a_login_without_proof_is_refused(site: Site) -> None:
    phone = site.phone()
    body = {"deviceId": phone.device_id, "challenge": phone.challenge()}
    assert refusal(phone.send("POST", "/sessions", body, proof=None)) == (401, "PROOF_INVALID")


def test_a_challenge_logs_in_once(site: Site) -> None:
    phone = site.phone()
    challenge = phone.challenge()
    body = {"deviceId": phone.device_id, "challenge": challenge, "txSignature": phone.signed_login(challenge)}
    assert phone.send("POST", "/sessions", body).status_code == 200
    assert refusal(phone.send("POST", "/sessions", body)) == (401, "CHALLENGE_INVALID")


def test_a_challenge_is_over_after_two_minutes(site: Site) -> None:
    phone = site.phone()
    challenge = phone.challenge()
    site.later(seconds=121)
    body = {"deviceId": phone.device_id, "challenge": challenge, "txSignature": phone.signed_login(challenge)}
    assert refusal(phone.send("POST", "/sessions", body)) == (401, "CHALLENGE_INVALID")


def test_a_challenge_of_another_device_is_worthless(site: Site) -> None:
    phone, other = site.phone(), site.phone()
    body = {"deviceId": phone.device_id, "challenge": other.challenge()}
    assert refusal(phone.send("POST", "/sessions", body)) == (401, "CHALLENGE_INVALID")


def test_an_unknown_device_gets_a_challenge_too(site: Site) -> None:
    phone = site.phone()
    del site.directory.devices[phone.device_id]
    assert len(phone.challenge()) == 43


def test_a_refresh_gives_the_next_pair_and_ends_the_old_token(site: Site, phone: Phone) -> None:
    old = phone.refresh
    site.later(seconds=300)
    assert phone.renew().status_code == 200
    assert phone.refresh != old
    assert phone.read().status_code == 200


def test_a_refresh_token_used_twice_ends_the_whole_family(site: Site, phone: Phone) -> None:
    old = phone.refresh
    phone.renew()
    access, refresh = phone.access, phone.refresh
    site.later(seconds=11)
    assert refusal(phone.renew(old)) == (401, "REFRESH_REUSED")
    phone.access = access
    assert refusal(phone.read()) == (401, "TOKEN_INVALID")
    assert refusal(phone.renew(refresh)) == (401, "REFRESH_INVALID")


def test_two_tabs_may_refresh_at_once_under_the_same_key(site: Site, phone: Phone) -> None:
    old = phone.refresh
    answers: list[int] = []
    proofs = [phone.proof("POST", "/app/v1/sessions/refresh", ath=None) for _ in range(2)]
    phone.access = ""

    def renew(proof: str) -> None:
        client = site.app.test_client()
        answer = client.post("/app/v1/sessions/refresh", json={"refreshToken": old}, headers={"DPoP": proof})
        answers.append(answer.status_code)

    threads = [threading.Thread(target=renew, args=(proof,)) for proof in proofs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200, 200]


def test_a_thief_without_the_key_gets_nothing_from_a_refresh_token(site: Site, phone: Phone) -> None:
    thief = site.phone()
    assert refusal(thief.renew(phone.refresh)) == (401, "REFRESH_INVALID")
    assert phone.renew().status_code == 200


def test_a_thief_who_repeats_a_used_token_within_the_grace_ends_the_family(site: Site, phone: Phone) -> None:
    old = phone.refresh
    phone.renew()
    assert refusal(site.phone().renew(old)) == (401, "REFRESH_REUSED")
    assert refusal(phone.renew()) == (401, "REFRESH_INVALID")


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "é" * 43, "A" * 5000])
def test_a_made_up_refresh_token_is_refused(site: Site, token: str) -> None:
    phone = site.phone()
    phone.refresh = token
    assert refusal(phone.send("POST", "/sessions/refresh", {"refreshToken": token})) == (401, "REFRESH_INVALID")


def test_logging_out_ends_access_and_refresh_at_once(phone: Phone) -> None:
    assert phone.send("POST", "/sessions/revoke").json == {}
    assert refusal(phone.read()) == (401, "TOKEN_INVALID")
    assert refusal(phone.renew()) == (401, "REFRESH_INVALID")


def test_nobody_logs_out_who_is_not_logged_in(site: Site) -> None:
    assert refusal(site.phone().send("POST", "/sessions/revoke")) == (401, "TOKEN_INVALID")


@pytest.mark.parametrize(
    "change", [{"state": "BLOCKED"}, {"state": "REMOVED"}, {"customer_id": "cus_2"}, {"customer_id": None}]
)
def test_a_session_dies_with_its_device_or_its_binding(site: Site, phone: Phone, change: dict[str, str]) -> None:
    assert phone.read().status_code == 200
    record = site.directory.devices[phone.device_id]
    site.directory.devices[phone.device_id] = dataclasses.replace(record, **change)  # type: ignore[arg-type] # a table
    assert refusal(phone.read()) == (401, "TOKEN_INVALID")
    assert refusal(phone.renew()) == (401, "REFRESH_INVALID")


def test_a_session_has_an_end_however_often_it_is_refreshed(site: Site, phone: Phone) -> None:
    site.now += timedelta(days=30) - timedelta(seconds=30)
    answer = phone.renew()
    assert answer.json["expiresIn"] == 30
    site.later(seconds=31)
    assert refusal(phone.read()) == (401, "TOKEN_EXPIRED")
    assert refusal(phone.renew()) == (401, "REFRESH_INVALID")
