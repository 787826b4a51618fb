import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from security.suites import ES256
from tests.bff.bus.world import PAGE, REVOKED
from tests.bff.doors.world import Phone, Site, b64, refusal


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, claims, _ = token.split(".")
    return tuple(json.loads(base64.urlsafe_b64decode(part + "==")) for part in (header, claims))  # type: ignore[return-value] # two parts


def forged(header: dict[str, Any], claims: dict[str, Any], sign: Any) -> str:
    signed = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}"
    return f"{signed}.{b64(sign(signed.encode()))}"


def present(phone: Phone, token: str, **changes: Any) -> tuple[int, str]:
    phone.access = token
    return refusal(phone.read(**changes))


def test_the_whole_chain_lets_a_call_through(phone: Phone) -> None:
    assert phone.read().status_code == 200


def test_a_token_without_a_proof_is_worthless(phone: Phone) -> None:
    assert refusal(phone.read(proof=None)) == (401, "PROOF_INVALID")


def test_a_token_with_a_proof_by_another_key_is_worthless(site: Site, phone: Phone) -> None:
    thief = site.phone()
    thief.access = phone.access
    assert refusal(thief.read()) == (401, "TOKEN_INVALID")


def test_a_proof_without_its_token_proves_nobody(phone: Phone) -> None:
    phone.access = ""
    assert refusal(phone.read()) == (401, "TOKEN_INVALID")


def test_a_proof_is_good_for_one_call(phone: Phone) -> None:
    proof = phone.proof("GET", "/app/v1/counter/read", bundle=str(PAGE))
    assert phone.read(proof=proof).status_code == 200
    assert refusal(phone.read(proof=proof)) == (401, "PROOF_REPLAYED")


WRONG_CLAIMS = (
    ({"htm": "POST"}, "PROOF_INVALID"),
    ({"htu": "https://bank.example/app/v1/counter/add"}, "PROOF_INVALID"),
    ({"htu": "https://evil.example/app/v1/counter/read"}, "PROOF_INVALID"),
    ({"htu": "https://bank.example/app/v1/counter/read?amountFen=1"}, "PROOF_INVALID"),
    ({"ath": "x"}, "PROOF_INVALID"),
    ({"ath": None}, "PROOF_INVALID"),
    ({"iat": 1}, "PROOF_INVALID"),
    ({"iat": "now"}, "PROOF_INVALID"),
    ({"jti": "short"}, "PROOF_INVALID"),
    ({"nonce": None}, "NONCE_REQUIRED"),
    ({"nonce": "made-up"}, "NONCE_REQUIRED"),
    ({"bnd": "wealth"}, "PROOF_INVALID"),
    ({"bnd": "wealth@1.0.0#" + "A" * 64}, "PROOF_INVALID"),
)


@pytest.mark.parametrize(("changes", "code"), WRONG_CLAIMS)
def test_a_proof_must_fit_this_request(phone: Phone, changes: dict[str, Any], code: str) -> None:
    proof = phone.proof("GET", "/app/v1/counter/read", **{"bundle": str(PAGE), **changes})
    assert refusal(phone.read(proof=proof)) == (401, code)


WRONG_HEADERS = ({"typ": "JWT"}, {"alg": "none"}, {"alg": "HS256"}, {"kid": "1"}, {"crit": ["exp"]}, {"x5c": []})


@pytest.mark.parametrize("header", WRONG_HEADERS)
def test_a_proofs_header_has_one_form(phone: Phone, header: dict[str, Any]) -> None:
    proof = phone.proof("GET", "/app/v1/counter/read", bundle=str(PAGE), header=header)
    assert refusal(phone.read(proof=proof)) == (401, "PROOF_INVALID")


def test_a_proof_that_stands_twice_is_refused(phone: Phone) -> None:
    proof = phone.proof("GET", "/app/v1/counter/read", bundle=str(PAGE))
    assert refusal(phone.read(proof=f"{proof}, {proof}")) == (401, "PROOF_INVALID")


def test_a_nonce_is_handed_out_with_every_answer_and_named_when_it_is_missing(site: Site, phone: Phone) -> None:
    proof = phone.proof("GET", "/app/v1/counter/read", bundle=str(PAGE), nonce=None)
    answer = phone.read(proof=proof)
    assert answer.headers["DPoP-Nonce"] == site.nonces.issue(site.now)
    assert answer.headers["WWW-Authenticate"] == 'DPoP error="use_dpop_nonce", algs="ES256"'
    assert phone.read().headers["DPoP-Nonce"] == site.nonces.issue(site.now)


def test_a_challenge_names_every_suite_that_is_accepted(site: Site) -> None:
    both = Site(site.engine, site.folder / "both", suites=("SM2-SM3", "ES256"))
    answer = both.phone().read(proof=None)
    assert answer.headers["WWW-Authenticate"] == 'DPoP algs="SM2-SM3 ES256"'


def test_an_old_nonce_is_refused(site: Site, phone: Phone) -> None:
    old = site.nonces.issue(site.now)
    site.later(seconds=601)
    phone.renew()
    proof = phone.proof("GET", "/app/v1/counter/read", bundle=str(PAGE), nonce=old)
    assert refusal(phone.read(proof=proof)) == (401, "NONCE_REQUIRED")


def test_a_token_is_over_after_ten_minutes(site: Site, phone: Phone) -> None:
    site.later(seconds=601)
    answer = phone.read()
    assert refusal(answer) == (401, "TOKEN_EXPIRED")
    assert answer.headers["WWW-Authenticate"] == 'DPoP error="invalid_token", algs="ES256"'


def test_a_token_without_signature_is_refused(phone: Phone) -> None:
    header, claims = parts(phone.access)
    assert present(phone, forged({**header, "alg": "none"}, claims, lambda _: b"")) == (401, "TOKEN_INVALID")


def test_a_token_signed_with_our_public_key_as_a_secret_is_refused(site: Site, phone: Phone) -> None:
    header, claims = parts(phone.access)
    public = site.keys.active("access-token").jwk.public_key
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    token = forged({**header, "alg": "HS256"}, claims, lambda text: hmac.digest(pem, text, hashlib.sha256))
    assert present(phone, token) == (401, "TOKEN_INVALID")


@pytest.mark.parametrize("changes", [{"kid": "unknown"}, {"kid": None}, {"kid": 7}, {"typ": "JWT"}])
def test_a_token_of_an_unknown_key_is_401_not_422(phone: Phone, changes: dict[str, Any]) -> None:
    header, claims = parts(phone.access)
    key = ES256.generate()
    token = forged({**header, **changes}, claims, lambda text: ES256.sign(key, text))
    assert present(phone, token) == (401, "TOKEN_INVALID")


def test_a_token_that_brings_its_own_key_is_refused(phone: Phone) -> None:
    header, claims = parts(phone.access)
    key = ES256.generate()
    token = forged({**header, "jwk": {}}, claims, lambda text: ES256.sign(key, text))
    assert present(phone, token) == (401, "TOKEN_INVALID")


@pytest.mark.parametrize("claim", [{"iss": "https://evil.example"}, {"aud": "other"}, {"scope": "admin"}, {"cnf": {}}])
def test_a_token_of_ours_for_somebody_else_is_refused(site: Site, phone: Phone, claim: dict[str, Any]) -> None:
    header, claims = parts(phone.access)
    token = forged(header, {**claims, **claim}, site.keys.active("access-token").sign)
    code = present(phone, token)
    assert code == (401, "TOKEN_INVALID")


@pytest.mark.parametrize(
    "authorization", ["Bearer x", "DPoP", "DPoP ", "DPoP a b", "x", "DPoP a.b.c", "DPoP " + "a" * 9000]
)
def test_a_malformed_authorization_is_refused(site: Site, authorization: str) -> None:
    phone = site.phone()
    answer = phone.send("GET", "/counter/read?amountFen=1", headers={"Authorization": authorization})
    assert refusal(answer) == (401, "TOKEN_INVALID")


def test_rotation_leaves_tokens_good_and_revocation_does_not_though_they_are_cached(site: Site, phone: Phone) -> None:
    old = site.keys.active("access-token").kid
    assert phone.read().status_code == 200
    site.keys.rotate("access-token", site.now)
    assert phone.read().status_code == 200
    later = site.phone()
    later.log_in()
    assert parts(later.access)[0]["kid"] == site.keys.active("access-token").kid != old
    site.keys.revoke(old, site.now)
    assert refusal(phone.read()) == (401, "TOKEN_INVALID")
    assert later.read().status_code == 200


@pytest.mark.parametrize(
    ("bundle", "code"),
    [
        (str(REVOKED), "BUNDLE_REVOKED"),
        ("wealth@1.0.0#" + "c" * 64, "BUNDLE_UNKNOWN"),
        (None, "BUNDLE_REQUIRED"),
    ],
)
def test_the_running_bundle_decides_what_may_be_called(phone: Phone, bundle: str | None, code: str) -> None:
    assert refusal(phone.read(bundle=bundle)) == (403, code)


def test_a_page_calls_only_what_its_manifest_names(phone: Phone) -> None:
    answer = phone.send("POST", "/counter/hidden", {"amountFen": 1}, bundle=str(PAGE))
    assert refusal(answer) == (403, "OP_NOT_IN_MANIFEST")
    assert answer.json["operation"] == "counter.hidden"


def test_a_page_does_not_call_the_shells_operations(phone: Phone) -> None:
    assert refusal(phone.send("POST", "/sessions/revoke", bundle=str(PAGE))) == (403, "SHELL_ONLY")
