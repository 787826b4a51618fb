import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from security.approvals import encode
from security.dpop import NonceBook, read_proof, token_hash, verify_proof
from security.encoding import b64url_decode, b64url_encode
from security.errors import ProofError
from security.jwk import jwk_of
from security.suites import ES256, P256_ORDER
from tests.security.golden import DIGEST, transaction
from tests.security.orders import jws

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
URL = "http://localhost:8000/app/v1/accounts"
KEY = ES256.generate()
JWK = jwk_of(KEY.public_key())
HEADER: dict[str, Any] = {"typ": "dpop+jwt", "alg": "ES256", "jwk": JWK.as_dict()}
CLAIMS: dict[str, Any] = {
    "htm": "GET",
    "htu": URL,
    "iat": int(NOW.timestamp()),
    "jti": "0123456789abcdef",
    "ath": token_hash("token"),
    "nonce": "fresh",
    "bnd": f"wealth@1.0.0#{DIGEST}",
}


def never_seen(_key: str, _ttl: int) -> bool:
    return False


def check(proof: str | None = None, **changes: Any) -> Any:
    request: dict[str, Any] = {
        "proof": jws(KEY, HEADER, CLAIMS) if proof is None else proof,
        "method": "GET",
        "url": URL,
        "access_token": "token",
        "now": NOW,
        "nonces": lambda nonce: nonce == "fresh",
        "seen": never_seen,
    }
    return verify_proof(**(request | changes))


def refusal(proof: str | None = None, **changes: Any) -> str:
    with pytest.raises(ProofError) as caught:
        check(proof, **changes)
    return caught.value.code


def with_claims(**changes: Any) -> str:
    claims = {name: value for name, value in (CLAIMS | changes).items() if value is not None}
    return jws(KEY, HEADER, claims)


def test_an_honest_proof_passes() -> None:
    verified = check()
    assert (verified.jkt, verified.bundle, verified.jti) == (JWK.thumbprint, CLAIMS["bnd"], CLAIMS["jti"])


def test_the_query_does_not_count() -> None:
    assert check(url=URL + "?page=2#x").jkt == JWK.thumbprint


def test_the_shells_own_call_names_no_bundle() -> None:
    assert check(with_claims(bnd=None)).bundle is None


@pytest.mark.parametrize(
    "header",
    [
        HEADER | {"alg": "none"},
        HEADER | {"alg": "HS256"},
        HEADER | {"alg": "ES384"},
        HEADER | {"typ": "JWT"},
        HEADER | {"kid": "1"},
        HEADER | {"crit": ["exp"]},
        HEADER | {"x5c": ["AAAA"]},
        HEADER | {"jku": "http://evil.example"},
        HEADER | {"jwk": JWK.as_dict() | {"d": "AAAA"}},
        HEADER | {"jwk": JWK.as_dict() | {"kid": "1"}},
        HEADER | {"jwk": {"kty": "oct", "k": "AAAA"}},
        HEADER | {"jwk": "key"},
        {name: value for name, value in HEADER.items() if name != "jwk"},
        {name: value for name, value in HEADER.items() if name != "typ"},
    ],
)
def test_every_other_header_is_refused(header: dict[str, Any]) -> None:
    assert refusal(jws(KEY, header, CLAIMS)) == "PROOF_INVALID"


def test_hs256_with_the_public_key_as_its_secret_is_refused() -> None:
    head, body = (b64url_encode(json.dumps(part).encode()) for part in (HEADER | {"alg": "HS256"}, CLAIMS))
    pem = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    mac = hmac.digest(pem, f"{head}.{body}".encode(), hashlib.sha256)
    assert refusal(f"{head}.{body}.{b64url_encode(mac)}") == "PROOF_INVALID"


def test_an_unsigned_proof_is_refused() -> None:
    head, body, signature = jws(KEY, HEADER | {"alg": "none"}, CLAIMS).split(".")
    assert refusal(f"{head}.{body}.") == "PROOF_INVALID"
    assert refusal(f"{head}.{body}.{signature}") == "PROOF_INVALID"


@pytest.mark.parametrize(
    "change",
    [
        {"htm": "POST"},
        {"htm": "get"},
        {"htu": URL + "/x"},
        {"htu": "https://localhost:8000/app/v1/accounts"},
        {"htu": URL + "?a=1"},
        {"htu": URL + "#a"},
        {"iat": int(NOW.timestamp()) + 61},
        {"iat": int(NOW.timestamp()) - 61},
        {"iat": str(int(NOW.timestamp()))},
        {"iat": True},
        {"iat": NOW.timestamp()},
        {"jti": "short"},
        {"jti": "x" * 65},
        {"jti": "0123456789abcde\n"},
        {"ath": token_hash("other")},
        {"bnd": "wealth"},
        {"bnd": 1},
        {"htm": None},
        {"htu": None},
        {"iat": None},
        {"jti": None},
        {"ath": None},
    ],
)
def test_a_proof_of_something_else_is_refused(change: dict[str, Any]) -> None:
    assert refusal(with_claims(**change)) == "PROOF_INVALID"


def test_a_proof_with_a_tokens_hash_is_no_proof_without_that_token() -> None:
    assert refusal(access_token=None) == "PROOF_INVALID"


@pytest.mark.parametrize("nonce", [None, "old", "\u00e9"])
def test_without_a_fresh_nonce_one_is_asked_for(nonce: Any) -> None:
    assert refusal(with_claims(nonce=nonce), nonces=lambda given: given == "fresh") == "NONCE_REQUIRED"


def test_a_replayed_proof_is_refused_per_key() -> None:
    marks: set[str] = set()

    def seen(key: str, ttl: int) -> bool:
        assert ttl > 120
        known = key in marks
        marks.add(key)
        return known

    check(seen=seen)
    assert refusal(seen=seen) == "PROOF_REPLAYED"
    other = ES256.generate()
    theirs = jws(other, HEADER | {"jwk": jwk_of(other.public_key()).as_dict()}, CLAIMS)
    assert check(theirs, seen=seen).jti == CLAIMS["jti"]


def test_a_bad_proof_marks_nothing() -> None:
    def seen(_key: str, _ttl: int) -> bool:
        pytest.fail("asked too early")

    assert refusal(with_claims(nonce="old"), seen=seen) == "NONCE_REQUIRED"


def mangled() -> list[Callable[[str], str]]:
    return [
        lambda proof: proof + ".",
        lambda proof: proof + "=",
        lambda proof: proof.replace(".", "..", 1),
        lambda proof: " " + proof,
        lambda proof: proof + "\n",
        lambda proof: proof.rpartition(".")[0],
        lambda _proof: "a" * 5000,
        lambda _proof: "",
    ]


@pytest.mark.parametrize("change", mangled())
def test_every_other_form_is_refused(change: Callable[[str], str]) -> None:
    assert refusal(change(jws(KEY, HEADER, CLAIMS))) == "PROOF_INVALID"


def test_duplicate_members_are_refused() -> None:
    head = b64url_encode(json.dumps(HEADER).encode())
    body = b64url_encode(json.dumps(CLAIMS).encode()[:-1] + b', "htm": "GET"}')
    signature = b64url_encode(ES256.sign(KEY, f"{head}.{body}".encode()))
    assert refusal(f"{head}.{body}.{signature}") == "PROOF_INVALID"


def test_the_high_twin_is_refused() -> None:
    signed, _, signature = jws(KEY, HEADER, CLAIMS).rpartition(".")
    raw = b64url_decode(signature)
    twin = raw[:32] + (P256_ORDER - int.from_bytes(raw[32:])).to_bytes(32)
    assert refusal(f"{signed}.{b64url_encode(twin)}") == "PROOF_INVALID"


def test_a_transactions_signature_is_no_proof() -> None:
    signed, _, _ = jws(KEY, HEADER, CLAIMS).rpartition(".")
    signature = ES256.sign(KEY, encode(transaction()))
    assert refusal(f"{signed}.{b64url_encode(signature)}") == "PROOF_INVALID"


def test_a_proof_can_be_read_later() -> None:
    proof = read_proof(jws(KEY, HEADER, CLAIMS))
    assert (proof.public_key, proof.method, proof.url, proof.bundle) == (JWK, "GET", URL, CLAIMS["bnd"])


def test_a_nonce_is_good_for_its_window_and_the_next() -> None:
    book = NonceBook(b"k" * 32)
    nonce = book.issue(NOW)
    assert [book.accepts(nonce, NOW + timedelta(seconds=later)) for later in (0, 299, 300, 599, 600)] == [
        True,
        True,
        True,
        True,
        False,
    ]
    assert not book.accepts(nonce, NOW - timedelta(seconds=1))
    assert not NonceBook(b"l" * 32).accepts(nonce, NOW)
    assert not book.accepts("", NOW)
