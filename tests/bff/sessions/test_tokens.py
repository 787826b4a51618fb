"""Access tokens in the suite of their key: rotation from one suite to another, and no suite under another's name."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jwt
import pytest

from bff.kinds import Scope
from bff.sessions.errors import TokenInvalidError
from bff.sessions.keys import PURPOSE, StoredTokenKeys
from bff.sessions.tokens import AccessTokens, Claims, Confirmation
from security.keys import KeyStore
from security.suites import ES256, SM2_SM3

pytest.importorskip("tongsuopy", reason="needs the extra `sm`")

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
START = int(NOW.timestamp())
CLAIMS = Claims("cus", "dev", "ses", Scope.CUSTOMER, Confirmation("jkt"), START, START + 600, "jti")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    KeyStore.open(tmp_path, "words").generate(PURPOSE, NOW)
    KeyStore.open(tmp_path, "words", "SM2-SM3").generate(PURPOSE, NOW)
    return tmp_path


def tokens(folder: Path) -> AccessTokens:
    return AccessTokens(StoredTokenKeys(KeyStore.open(folder, "words")), issuer="i", audience="a")


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def forged(token: str, sign: Any, **changes: str) -> str:
    header = jwt.get_unverified_header(token) | changes
    signed = f"{b64(json.dumps(header).encode())}.{token.split('.')[1]}"
    return f"{signed}.{b64(sign(signed.encode()))}"


def test_a_token_is_of_the_suite_of_the_key_that_is_active(folder: Path) -> None:
    issuer = tokens(folder)
    old = issuer.issue(CLAIMS)
    KeyStore.open(folder, "words").rotate(PURPOSE, NOW)
    new = issuer.issue(CLAIMS)
    assert [jwt.get_unverified_header(token)["alg"] for token in (old, new)] == ["ES256", "SM2-SM3"]
    reader = tokens(folder)
    assert [reader.verify(token, NOW) for token in (old, new)] == [CLAIMS, CLAIMS]


def test_a_token_of_one_suite_under_the_name_or_the_key_of_another_is_refused(folder: Path) -> None:
    store = KeyStore.open(folder, "words")
    p256 = store.active(PURPOSE)
    token = tokens(folder).issue(CLAIMS)
    sm2 = store.rotate(PURPOSE, NOW)
    strangers = ES256.generate(), SM2_SM3.generate()
    attempts = [
        forged(token, sm2.sign),  # an SM2 signature under ES256 and the P-256 key
        forged(token, p256.sign, alg="SM2-SM3"),
        forged(token, p256.sign, kid=sm2.kid),
        forged(token, sm2.sign, kid=sm2.kid),  # the right key and signature under the other name
        forged(token, p256.sign, kid=sm2.kid, alg="SM2-SM3"),
        forged(token, lambda text: ES256.sign(strangers[0], text)),
        forged(token, lambda text: SM2_SM3.sign(strangers[1], text), kid=sm2.kid, alg="SM2-SM3"),
        *(forged(token, lambda _: b"", kid=sm2.kid, alg=alg) for alg in ("none", "HS256", "SM2", "sm2-sm3")),
    ]
    reader = tokens(folder)
    for attempt in attempts:
        with pytest.raises(TokenInvalidError):
            reader.verify(attempt, NOW)
    assert reader.verify(forged(token, sm2.sign, kid=sm2.kid, alg="SM2-SM3"), NOW) == CLAIMS


def test_the_algorithm_gives_and_takes_jwks(folder: Path) -> None:
    tokens(folder)
    algorithm = jwt.get_algorithm_by_name("SM2-SM3")
    public = SM2_SM3.generate().public_key()
    assert algorithm.from_jwk(algorithm.to_jwk(public)) == public
    assert algorithm.from_jwk(algorithm.to_jwk(public, as_dict=True)) == public
