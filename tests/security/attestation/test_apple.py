from datetime import timedelta
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from security.attestation.apple import NONCE, verify_app_attest, verify_apple_device, verify_assertion
from security.attestation.chain import Root
from security.attestation.model import ApplePolicy
from security.errors import AttestationError
from security.jwk import jwk_of
from tests.security.attestation.authority import (
    APPLE_POLICY,
    CHALLENGE,
    DAY,
    NOW,
    ROOTS,
    TEAM_APP,
    app_attest,
    assertion,
    auth_data,
    explicit,
    key_id,
    new_key,
    octets,
    sequence,
)

KEY = new_key()
SPKI = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def verify(attestation: bytes | None = None, **changes: Any) -> Any:
    given = {
        "attestation": app_attest(KEY) if attestation is None else attestation,
        "key_id": key_id(KEY),
        "client_data_hash": CHALLENGE,
        "policy": APPLE_POLICY,
        "roots": ROOTS,
        "now": NOW,
    }
    return verify_app_attest(**{**given, **changes})


def refused(attestation: bytes | None = None, **changes: Any) -> str:
    with pytest.raises(AttestationError) as caught:
        verify(attestation, **changes)
    return caught.value.code


def asserted(raw: bytes, *, last: int = 0, policy: ApplePolicy = APPLE_POLICY, challenge: bytes = CHALLENGE) -> int:
    return verify_assertion(
        assertion=raw, client_data_hash=challenge, public_key=SPKI, last_counter=last, policy=policy
    ).counter


def test_an_honest_attestation_is_accepted() -> None:
    assert (verify().key_id, verify().public_key) == (key_id(KEY), SPKI)


def test_a_device_gets_its_level_and_both_thumbprints() -> None:
    pop, tx = jwk_of(new_key().public_key()), jwk_of(new_key().public_key())
    keys = {"key_id": key_id(KEY), "pop_key": pop, "tx_key": tx}
    where = {"challenge": CHALLENGE, "policy": APPLE_POLICY, "roots": ROOTS, "now": NOW}
    seen = verify_apple_device(attestation=app_attest(KEY), **keys, **where)
    assert (seen.format, seen.level) == ("apple-app-attest", "app-attest")
    assert (seen.pop_jkt, seen.tx_jkt) == (pop.thumbprint, tx.thumbprint)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"client_data_hash": bytes(32)}, "NONCE_MISMATCH"),
        ({"key_id": bytes(32)}, "KEY_ID_MISMATCH"),
        ({"policy": ApplePolicy(app_id="ABCDE12345.cn.other")}, "APP_MISMATCH"),
        ({"policy": ApplePolicy(app_id=TEAM_APP, environment="development")}, "ENVIRONMENT_MISMATCH"),
        ({"roots": (Root("other", new_key().public_key()),)}, "ROOT_UNKNOWN"),
        ({"now": NOW + 2 * DAY + timedelta(seconds=1)}, "CHAIN_EXPIRED"),
        ({"now": NOW - DAY - timedelta(seconds=1)}, "CHAIN_EXPIRED"),
    ],
)
def test_an_attestation_of_something_else_is_refused(change: dict[str, Any], code: str) -> None:
    assert refused(**change) == code


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (auth_data(KEY, counter=1), "COUNTER_NOT_ZERO"),
        (auth_data(KEY, identity=bytes(32)), "KEY_ID_MISMATCH"),
        (auth_data(KEY, aaguid=b"appattestdevelop"), "ENVIRONMENT_MISMATCH"),
        (auth_data(KEY)[:87] + auth_data(new_key())[87:], "KEY_MISMATCH"),
        (auth_data(KEY) + b"\x00", "OBJECT_MALFORMED"),
        (auth_data(KEY)[:60], "OBJECT_MALFORMED"),
        (auth_data(KEY)[:20], "OBJECT_MALFORMED"),
        (auth_data(KEY)[:32] + b"\x00" + auth_data(KEY)[33:], "OBJECT_MALFORMED"),
    ],
    ids=["counter", "identity", "environment", "key", "long", "short", "shorter", "bit"],
)
def test_authenticator_data_of_something_else_is_refused(data: bytes, code: str) -> None:
    assert refused(app_attest(KEY, data=data)) == code


def test_another_key_in_the_leaf_is_refused() -> None:
    assert refused(app_attest(new_key(), data=auth_data(KEY))) == "KEY_ID_MISMATCH"
    assert refused(app_attest(new_key(ec.SECP384R1()), data=auth_data(KEY))) == "KEY_MISMATCH"


@pytest.mark.parametrize(
    "nonce",
    [
        b"",
        octets(bytes(32)),
        sequence(explicit(2, octets(bytes(32)))),
        sequence(explicit(1, octets(bytes(32))), explicit(2, octets(b""))),
        sequence(explicit(1, octets(bytes(32)))) + b"\x00",
        b"\x30\x80" + explicit(1, octets(bytes(32))) + b"\x00\x00",
    ],
)
def test_a_malformed_nonce_is_refused(nonce: bytes) -> None:
    assert refused(app_attest(KEY, leaf={"private": {NONCE: nonce}})) == "EXTENSION_MALFORMED"


def test_a_missing_nonce_is_refused() -> None:
    assert refused(app_attest(KEY, leaf={"private": {}})) == "EXTENSION_MISSING"


@pytest.mark.parametrize(
    "change",
    [
        {"fmt": "packed"},
        {"attStmt": {}},
        {"attStmt": {"x5c": "text", "receipt": b""}},
        {"attStmt": {"x5c": ["text"], "receipt": b""}},
        {"attStmt": b""},
        {"authData": "text"},
        {"more": 1},
    ],
)
def test_an_object_of_another_form_is_refused(change: dict[str, Any]) -> None:
    assert refused(app_attest(KEY, changes=change)) == "OBJECT_MALFORMED"


def test_cbor_that_is_not_in_its_shortest_form_is_refused() -> None:
    honest = app_attest(KEY)
    doubled = b"\xa4" + honest[1:] + cbor2.dumps("fmt") + cbor2.dumps("apple-appattest")
    indefinite = b"\xbf" + honest[1:] + b"\xff"
    for raw in (honest + b"\x00", honest[:-1], doubled, indefinite, b"", b"\x00", bytes(40_000)):
        assert refused(raw) == "OBJECT_MALFORMED"


def test_an_assertion_is_accepted_when_its_counter_grows() -> None:
    assert asserted(assertion(KEY, 1)) == 1
    assert asserted(assertion(KEY, 9), last=8) == 9


@pytest.mark.parametrize(
    ("raw", "last", "code"),
    [
        (assertion(KEY, 5), 5, "COUNTER_NOT_GROWN"),
        (assertion(KEY, 4), 5, "COUNTER_NOT_GROWN"),
        (assertion(KEY, 0), 0, "COUNTER_NOT_GROWN"),
        (assertion(new_key(), 6), 5, "ASSERTION_INVALID"),
        (assertion(KEY, 6, b"other"), 5, "ASSERTION_INVALID"),
        (assertion(KEY, 6, app="ABCDE12345.cn.other"), 5, "APP_MISMATCH"),
        (assertion(KEY, 6) + b"\x00", 5, "OBJECT_MALFORMED"),
        (cbor2.dumps({"signature": b"", "authenticatorData": bytes(38)}), 5, "OBJECT_MALFORMED"),
    ],
)
def test_an_assertion_of_something_else_is_refused(raw: bytes, last: int, code: str) -> None:
    with pytest.raises(AttestationError) as caught:
        asserted(raw, last=last)
    assert caught.value.code == code
