"""Attacks on access and refresh tokens: forged, borrowed from another key, stolen, used twice, over."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import update

from bff.sessions.models import RefreshToken
from security.tokens import refresh_hash
from tests.attacks.bank import Bank, Customer, claims_of, fresh, hs256, jws, now, proof, refused, unb64
from tests.attacks.racing import race
from tests.device import Answer, Device, b64, jwk, new_key, sign

PATH = "/devices/current"
OWN = new_key()


@pytest.fixture(scope="module")
def victim(bank: Bank) -> Customer:
    return bank.customers["bob"]


def header_of(token: str) -> dict[str, Any]:
    return dict(json.loads(unb64(token.split(".", maxsplit=1)[0])))


def present(bank: Bank, device: Device, token: str) -> Answer:
    """Ask with a forged token and an honest proof over it."""
    kept, device.access = device.access, token
    try:
        return bank.send(device, "GET", PATH, DPoP=proof(device, "GET", PATH))
    finally:
        device.access = kept


def real_key(bank: Bank, purpose: str) -> tuple[str, Any]:
    key = bank.keys.active(purpose)
    return key.kid, key.private


def public_pem(bank: Bank) -> bytes:
    _, private = real_key(bank, "access-token")
    return bytes(private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def by(key: Any) -> Callable[[bytes], bytes]:
    return lambda data: sign(key, data)


FORGERIES: dict[str, Callable[[Bank, dict[str, Any], dict[str, Any]], str]] = {
    "alg none": lambda _, h, c: jws({**h, "alg": "none"}, c, lambda _: b""),
    "alg none in capitals": lambda _, h, c: jws({**h, "alg": "NONE"}, c, lambda _: b""),
    "alg HS256 with the PEM": lambda b, h, c: jws({**h, "alg": "HS256"}, c, hs256(public_pem(b))),
    "alg HS256 with nothing": lambda _, h, c: jws({**h, "alg": "HS256"}, c, hs256(b"")),
    "alg ES384": lambda b, h, c: jws({**h, "alg": "ES384"}, c, by(real_key(b, "access-token")[1])),
    "unknown kid": lambda _, h, c: jws({**h, "kid": "unknown"}, c, by(new_key())),
    "no kid": lambda b, h, c: jws({**h, "kid": None}, c, by(real_key(b, "access-token")[1])),
    "kid a path": lambda _, h, c: jws({**h, "kid": "../../passphrase"}, c, by(new_key())),
    "kid a list": lambda b, h, c: jws({**h, "kid": [h["kid"]]}, c, by(real_key(b, "access-token")[1])),
    "key of the audit": lambda b, h, c: jws(
        {**h, "kid": real_key(b, "audit-checkpoint")[0]}, c, by(real_key(b, "audit-checkpoint")[1])
    ),
    "key of the audit under the right kid": lambda b, h, c: jws(h, c, by(real_key(b, "audit-checkpoint")[1])),
    "embedded jwk": lambda _, h, c: jws({**h, "jwk": jwk(OWN), "kid": None}, c, by(OWN)),
    "own jwk beside the right kid": lambda b, h, c: jws({**h, "jwk": jwk(OWN)}, c, by(real_key(b, "access-token")[1])),
    "crit of a known claim": lambda b, h, c: jws({**h, "crit": ["exp"]}, c, by(real_key(b, "access-token")[1])),
    "crit of an unknown one": lambda b, h, c: jws(
        {**h, "crit": ["urn:x"], "urn:x": 1}, c, by(real_key(b, "access-token")[1])
    ),
    "b64 false": lambda b, h, c: jws({**h, "b64": False}, c, by(real_key(b, "access-token")[1])),
    "jku": lambda b, h, c: jws({**h, "jku": "http://x.example/k"}, c, by(real_key(b, "access-token")[1])),
    "x5u": lambda b, h, c: jws({**h, "x5u": "http://x.example/k"}, c, by(real_key(b, "access-token")[1])),
    "alg a list": lambda b, h, c: jws({**h, "alg": ["ES256"]}, c, by(real_key(b, "access-token")[1])),
    "a deep header": lambda *_: b64(b"[" * 2900) + ".e30.AA",
    "a deep body": lambda _, h, __: b64(json.dumps(h).encode()) + "." + b64(b"[" * 2600) + ".AA",
    "not UTF-8": lambda *_: b64(b"\xff\xfe") + ".e30.AA",
    "own key under the right kid": lambda _, h, c: jws(h, c, by(new_key())),
    "typ JWT": lambda b, h, c: jws({**h, "typ": "JWT"}, c, by(real_key(b, "access-token")[1])),
    "another issuer": lambda b, h, c: jws(h, {**c, "iss": "http://x.example"}, by(real_key(b, "access-token")[1])),
    "another audience": lambda b, h, c: jws(h, {**c, "aud": "other-bff"}, by(real_key(b, "access-token")[1])),
    "no expiry": lambda b, h, c: jws(h, {**c, "exp": None}, by(real_key(b, "access-token")[1])),
    "from the future": lambda b, h, c: jws(h, {**c, "iat": now() + 3600}, by(real_key(b, "access-token")[1])),
    "unknown session": lambda b, h, c: jws(h, {**c, "sid": "ses_unknown"}, by(real_key(b, "access-token")[1])),
    "no confirmation": lambda b, h, c: jws(h, {**c, "cnf": None}, by(real_key(b, "access-token")[1])),
    "a refresh token": lambda *_: b64(b"\x01" * 32),
    "nonsense": lambda *_: "a.b.c",
    "very long": lambda b, h, c: jws(h, {**c, "note": "x" * 5000}, by(real_key(b, "access-token")[1])),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_token_is_refused(bank: Bank, victim: Customer, name: str) -> None:
    """Defence: ES256 only, by the kid of a key of purpose access-token, for this issuer, audience and session."""
    token = victim.device.access
    forged = FORGERIES[name](bank, header_of(token), claims_of(token))
    answer = present(bank, victim.device, forged)
    refused(answer, 401, "TOKEN_INVALID")
    assert answer.headers["www-authenticate"] == 'DPoP error="invalid_token", algs="ES256"'


def test_a_token_that_is_over_says_so(bank: Bank, victim: Customer) -> None:
    """Defence: exp is judged by the server's clock; the server's own key signs here, so only time is wrong."""
    token = victim.device.access
    over = {**claims_of(token), "iat": now() - 700, "exp": now() - 1}
    forged = jws(header_of(token), over, by(real_key(bank, "access-token")[1]))
    refused(present(bank, victim.device, forged), 401, "TOKEN_EXPIRED")


def test_a_changed_claim_breaks_the_token(bank: Bank, victim: Customer) -> None:
    """Defence: the signature covers the claims; an onboarding token does not become a customer's."""
    head, _, seal = victim.device.access.split(".")
    claims = claims_of(victim.device.access) | {"sub": bank.customers["alice"].device.customer_id}
    forged = f"{head}.{b64(json.dumps(claims).encode())}.{seal}"
    refused(present(bank, victim.device, forged), 401, "TOKEN_INVALID")


def test_after_all_forgeries_the_honest_token_goes_through(bank: Bank, victim: Customer) -> None:
    """Holds the tests above: the forged tokens differ from this one by their forgery alone."""
    device = victim.device
    assert present(bank, device, device.access).status == 200
    twin = jws(header_of(device.access), claims_of(device.access), by(real_key(bank, "access-token")[1]))
    assert present(bank, device, twin).status == 200


def refresh(device: Device, token: str, *, key: Any = None) -> Answer:
    """Trade a refresh token under the device's key, or a thief's."""
    under = Device(base=device.base, pop=key or device.pop, nonce=device.nonce, http=device.http)
    return under.post("/sessions/refresh", {"refreshToken": token})


def later(bank: Bank, token: str) -> None:
    """Let the grace of a used token be over; the server's clock cannot be moved, so the use is."""
    used = datetime.fromtimestamp(now(), UTC) - timedelta(seconds=15)
    with bank.engine.begin() as connection:
        connection.execute(update(RefreshToken).where(RefreshToken.hash == refresh_hash(token)).values(used_at=used))


@pytest.fixture
def phone(bank: Bank) -> Device:
    """Give a customer's phone with a session of its own, that may be destroyed."""
    device = bank.customers["dave"].twin()
    device.session(customer=True)
    return device


def test_a_refresh_token_used_again_later_ends_the_family(bank: Bank, phone: Device) -> None:
    """Defence: a used refresh token that comes back ends every token of its log-in, the newest included."""
    first = phone.refresh
    second = refresh(phone, first).ok()
    later(bank, first)
    refused(refresh(phone, first), 401, "REFRESH_REUSED")
    refused(refresh(phone, second["refreshToken"]), 401, "REFRESH_INVALID")
    for token in (phone.access, second["accessToken"]):
        refused(present(bank, phone, token), 401, "TOKEN_INVALID")


def test_a_stolen_used_refresh_token_ends_the_family_at_once(bank: Bank, phone: Device) -> None:
    """Defence: the grace is for the same key only."""
    first = phone.refresh
    second = refresh(phone, first).ok()
    refused(refresh(phone, first, key=new_key()), 401, "REFRESH_REUSED")
    refused(present(bank, phone, second["accessToken"]), 401, "TOKEN_INVALID")


def test_a_stolen_fresh_refresh_token_is_nothing_without_the_key(phone: Device) -> None:
    """Defence: a refresh token belongs to the key of its log-in; the rightful phone still gets its next pair."""
    refused(refresh(phone, phone.refresh, key=new_key()), 401, "REFRESH_INVALID")
    assert refresh(phone, phone.refresh).status == 200


def test_an_honest_race_of_two_tabs_does_not_log_out(bank: Bank, phone: Device) -> None:
    """Defence against the defence: within the grace, under the same key, nobody is logged out."""
    answers = race([lambda: refresh(phone, phone.refresh)] * 4)
    assert [answer.status for answer in answers] == [200] * 4
    assert present(bank, phone, answers[-1].body["accessToken"]).status == 200


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "A" * 42 + "B", "=" * 43, "ä" * 43])
def test_a_made_up_refresh_token_is_refused(phone: Device, token: str) -> None:
    """Defence: refresh tokens are looked up by the hash of their one form."""
    refused(refresh(phone, token), 401, "REFRESH_INVALID")


def test_a_refresh_without_proof_is_refused(bank: Bank, phone: Device) -> None:
    """Defence: a refresh proves its key as well."""
    body = json.dumps({"refreshToken": phone.refresh}).encode()
    answer = bank.wire("POST", "/app/v1/sessions/refresh", {"Content-Type": "application/json"}, body)
    refused(answer, 401, "PROOF_INVALID")


def test_after_logging_out_nothing_of_the_session_works(bank: Bank, phone: Device) -> None:
    """Defence: each call reads whether its session still stands."""
    access, token = phone.access, phone.refresh
    phone.post("/sessions/revoke", {}).ok()
    refused(present(bank, phone, access), 401, "TOKEN_INVALID")
    refused(refresh(phone, token), 401, "REFRESH_INVALID")


def test_a_key_revoked_by_the_bank_ends_its_tokens(bank: Bank, phone: Device) -> None:
    """Defence: a token's kid must still verify, even when the token was verified before; no restart is needed."""
    assert present(bank, phone, phone.access).status == 200
    kid = header_of(phone.access)["kid"]
    done = bank.running.call("keys", "revoke", kid, "--confirm", kid)
    assert done.returncode == 0, done.stderr
    for _ in range(4):
        refused(present(bank, phone, phone.access), 401, "TOKEN_INVALID")
    for customer in bank.customers.values():
        customer.device.session(customer=True)
        assert present(bank, customer.device, customer.device.access).status == 200


def test_a_log_out_of_nobody_is_refused(bank: Bank) -> None:
    """Defence: ending a session needs one."""
    device = bank.device()
    refused(device.post("/sessions/revoke", {}, key=fresh()), 401, "TOKEN_INVALID")
