"""The table of the token layer's refusals: each is a problem with 401 or 403 and names the scheme to come back with."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import update

from bff.sessions.models import LoginSession
from tests.attacks.bank import Bank, Customer, claims_of, now, proof, refused
from tests.attacks.test_tokens import by, header_of, jws, present, real_key
from tests.device import Answer, Device

PATH = "/devices/current"
INVALID = 'DPoP error="invalid_token", algs="ES256"'
PROOF = 'DPoP error="invalid_dpop_proof", algs="ES256"'
NONCE = 'DPoP error="use_dpop_nonce", algs="ES256"'
MISSING = 'DPoP algs="ES256"'
SCOPE = 'DPoP error="insufficient_scope", scope="customer", algs="ES256"'
STEP_UP = 'DPoP error="insufficient_user_authentication", algs="ES256"'
Case = Callable[[Bank, Device], Answer]


@pytest.fixture(scope="module")
def victim(bank: Bank) -> Customer:
    return bank.customers["bob"]


def sent(authorization: str | None, made: str | None = "") -> Case:
    """Ask with that Authorization header; without a proof when ``made`` is None, with an honest one when empty."""

    def ask(bank: Bank, device: Device) -> Answer:
        filled = None if authorization is None else authorization.replace("TOKEN", device.access)
        honest = proof(device, "GET", PATH, claims={"ath": None} if authorization is None else None)
        return bank.send(device, "GET", PATH, Authorization=filled, DPoP=honest if made == "" else made)

    return ask


def claimed(**claims: Any) -> Case:
    """Ask with an honest proof but for these claims."""
    return lambda bank, device: bank.send(device, "GET", PATH, DPoP=proof(device, "GET", PATH, claims=claims))


def over(bank: Bank, device: Device) -> Answer:
    stated = {**claims_of(device.access), "iat": now() - 700, "exp": now() - 1}
    return present(bank, device, jws(header_of(device.access), stated, by(real_key(bank, "access-token")[1])))


def replayed(bank: Bank, device: Device) -> Answer:
    once = proof(device, "GET", PATH)
    bank.send(device, "GET", PATH, DPoP=once)
    return bank.send(device, "GET", PATH, DPoP=once)


def half(bank: Bank, _: Device) -> Answer:
    return bank.applicant().get("/sessions")


def stale(bank: Bank, device: Device) -> Answer:
    """Be verified too long ago; the server's clock cannot be moved, so the verification is."""
    session = claims_of(device.access)["sid"]
    with bank.engine.begin() as connection:
        long_ago = datetime(2020, 1, 1, tzinfo=UTC)
        connection.execute(update(LoginSession).where(LoginSession.id == session).values(verified_at=long_ago))
    body = {"version": "x", "answers": {}}
    return device.post("/wealth/suitability", body, bundle=device.digests["wealth"])


def shell_only(bank: Bank, device: Device) -> Answer:
    return device.get("/sessions", bundle=bank.digests["wealth"])


REFUSALS: dict[str, tuple[Case, int, str, str]] = {
    "nothing at all": (sent(None, None), 401, "TOKEN_INVALID", MISSING),
    "a proof and no token": (sent(None), 401, "TOKEN_INVALID", MISSING),
    "a token and no proof": (sent("DPoP TOKEN", None), 401, "PROOF_INVALID", PROOF),
    "under Bearer": (sent("Bearer TOKEN"), 401, "TOKEN_INVALID", INVALID),
    "under Basic": (sent("Basic YTpi"), 401, "TOKEN_INVALID", INVALID),
    "the scheme alone": (sent("DPoP"), 401, "TOKEN_INVALID", INVALID),
    "two tokens": (sent("DPoP TOKEN TOKEN"), 401, "TOKEN_INVALID", INVALID),
    "two headers in one": (sent("DPoP TOKEN, DPoP TOKEN"), 401, "TOKEN_INVALID", INVALID),
    "an empty header": (sent(""), 401, "TOKEN_INVALID", INVALID),
    "not ASCII": (sent("DPoP é.é.é"), 401, "TOKEN_INVALID", INVALID),
    "a token that is over": (over, 401, "TOKEN_EXPIRED", INVALID),
    "a proof that is no JWS": (sent("DPoP TOKEN", "x"), 401, "PROOF_INVALID", PROOF),
    "two proofs": (sent("DPoP TOKEN", "a.b.c, a.b.c"), 401, "PROOF_INVALID", PROOF),
    "another method": (claimed(htm="POST"), 401, "PROOF_INVALID", PROOF),
    "another address": (claimed(htu="http://x.example/"), 401, "PROOF_INVALID", PROOF),
    "another token's hash": (claimed(ath="A" * 43), 401, "PROOF_INVALID", PROOF),
    "no nonce": (claimed(nonce=None), 401, "NONCE_REQUIRED", NONCE),
    "an old nonce": (claimed(nonce="A" * 32), 401, "NONCE_REQUIRED", NONCE),
    "a replayed proof": (replayed, 401, "PROOF_REPLAYED", PROOF),
    "a session that is half finished": (half, 403, "SCOPE_MISSING", SCOPE),
    "a page that calls the shell's": (shell_only, 403, "SHELL_ONLY", ""),
    "verified too long ago": (stale, 403, "STEP_UP_REQUIRED", STEP_UP),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_the_token_layer_refuses_with_a_problem_and_says_how_to_come_back(
    bank: Bank, victim: Customer, name: str
) -> None:
    """Defence: no 4xx of the token layer but 401 and 403 (RFC 6750, 9449, 9470); a fresh nonce comes with each."""
    ask, status, code, challenge = REFUSALS[name]
    answer = ask(bank, victim.device)
    refused(answer, status, code)
    assert answer.headers.get("www-authenticate", "") == challenge
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["dpop-nonce"]


def test_a_step_up_names_its_age_and_opens_the_way(victim: Customer) -> None:
    """Holds the case above: what was stale is fresh after a signature of K_tx, and says so in seconds."""
    device, page = victim.device, victim.device.digests["wealth"]
    answer = device.post("/wealth/suitability", {"version": "x", "answers": {}}, bundle=page)
    if answer.body["code"] == "STEP_UP_REQUIRED":
        assert answer.body["maxAge"] == 900
        device.post("/sessions/verification/step-up", device.person("step-up")).ok()
    assert device.post("/wealth/suitability", {"version": "x", "answers": {}}, bundle=page).status in {409, 422}
