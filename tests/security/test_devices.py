import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest

from security.attestation.model import VerifiedAttestation
from security.devices import (
    bind_message,
    check_level,
    login_message,
    register_transcript,
    verification_message,
    verify_binding,
    verify_login,
    verify_person,
    verify_registration,
)
from security.encoding import b64url_encode
from security.errors import AttestationRefusedError, DeviceError, EncodingError, SignatureError
from security.jwk import jwk_of
from security.suites import ES256, P256_ORDER

POP, TX = ES256.generate(), ES256.generate()
POP_JWK, TX_JWK = jwk_of(POP.public_key()), jwk_of(TX.public_key())
JKTS = {"pop_jkt": POP_JWK.thumbprint, "tx_jkt": TX_JWK.thumbprint}
WHO = {"aud": "tidegate-bff", "env": "sandbox"}
REGISTER = {**WHO, "challenge": "chal", "app_id": "cn.app", "app_version": "1.0.0", "platform": "browser"}
BIND: dict[str, Any] = {**WHO, "event_id": "evt", "device_id": "dev", "customer_id": "cus", "expires": 1000}
LOGIN = {**WHO, "device_id": "dev", "challenge": "chal", "pop_jkt": POP_JWK.thumbprint}
PERSON = {**LOGIN, "purpose": "step-up", "customer_id": "cus", "factor": "pin"}
EARLY, LATE = datetime.fromtimestamp(999, UTC), datetime.fromtimestamp(1000, UTC)


def by(key: Any, message: bytes) -> str:
    return b64url_encode(ES256.sign(key, message))


def registration(**changes: Any) -> Any:
    transcript = register_transcript(**REGISTER, **JKTS)
    given = {
        "pop_key": POP_JWK,
        "tx_key": TX_JWK,
        "pop_signature": by(POP, transcript),
        "tx_signature": by(TX, transcript),
    }
    return verify_registration(**{**REGISTER, **given, **changes})


def binding(**changes: Any) -> Any:
    signature = by(TX, bind_message(**BIND, **JKTS))
    given = {"pop_jkt": JKTS["pop_jkt"], "tx_key": TX_JWK, "signature": signature, "now": EARLY}
    return verify_binding(**{**BIND, **given, **changes})


def login(**changes: Any) -> Any:
    return verify_login(**{**LOGIN, "tx_key": TX_JWK, "signature": by(TX, login_message(**LOGIN)), **changes})


def person(**changes: Any) -> Any:
    signature = by(TX, verification_message(**PERSON))
    return verify_person(**{**PERSON, "tx_key": TX_JWK, "signature": signature, **changes})


def test_honest_devices_pass() -> None:
    assert registration().tx_key == TX_JWK
    assert binding().customer_id == "cus"
    assert login().device_id == "dev"
    assert (person().customer_id, person().purpose) == ("cus", "step-up")


@pytest.mark.parametrize("name", ["aud", "env", "purpose", "device_id", "customer_id", "challenge", "pop_jkt"])
def test_a_verification_of_something_else_is_refused(name: str) -> None:
    with pytest.raises(SignatureError):
        person(**{name: "other"})


@pytest.mark.parametrize(("factor", "error"), [("face", SignatureError), ("nobody", DeviceError)])
def test_a_factor_that_was_not_signed_or_is_unknown_is_refused(factor: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        person(factor=factor)


def test_a_login_presented_as_a_verification_is_refused_and_the_other_way_round() -> None:
    with pytest.raises(SignatureError):
        person(signature=by(TX, login_message(**LOGIN)))
    with pytest.raises(SignatureError):
        login(signature=by(TX, verification_message(**PERSON)))


@pytest.mark.parametrize("name", ["aud", "env", "challenge", "app_id", "app_version", "platform"])
def test_a_registration_of_something_else_is_refused(name: str) -> None:
    with pytest.raises((SignatureError, AttestationRefusedError)):
        registration(**{name: "other"})


def test_a_registration_needs_two_different_keys_and_both_signatures() -> None:
    transcript = register_transcript(**REGISTER, pop_jkt=JKTS["tx_jkt"], tx_jkt=JKTS["tx_jkt"])
    with pytest.raises(DeviceError):
        registration(pop_key=TX_JWK, pop_signature=by(TX, transcript), tx_signature=by(TX, transcript))
    for name in ("pop_signature", "tx_signature"):
        with pytest.raises(SignatureError):
            registration(**{name: by(ES256.generate(), register_transcript(**REGISTER, **JKTS))})


def test_a_simulated_device_is_for_the_sandbox_only() -> None:
    assert registration().level == "sim"
    with pytest.raises(AttestationRefusedError):
        registration(env="production")


def attestation(**changes: str) -> VerifiedAttestation:
    challenge = hashlib.sha256(register_transcript(**REGISTER, **JKTS)).hexdigest()
    given = {"format": "android-key", "level": "strongbox", "challenge": challenge, **JKTS, "digest": "00" * 32}
    return VerifiedAttestation(**{**given, **changes})


def test_the_level_comes_from_what_was_attested() -> None:
    assert registration(attested=attestation()).level == "strongbox"


@pytest.mark.parametrize("name", ["challenge", "pop_jkt", "tx_jkt", "level"])
def test_an_attestation_of_another_registration_or_of_no_known_level_is_refused(name: str) -> None:
    with pytest.raises(AttestationRefusedError):
        registration(attested=attestation(**{name: "other"}))


@pytest.mark.parametrize(("level", "env"), [("sim", "production"), ("software", "sandbox"), ("", "sandbox")])
def test_no_other_level_is_accepted(level: str, env: str) -> None:
    with pytest.raises(AttestationRefusedError):
        check_level(level=level, env=env)


@pytest.mark.parametrize("name", ["aud", "env", "event_id", "device_id", "customer_id", "pop_jkt"])
def test_a_binding_of_something_else_is_refused(name: str) -> None:
    with pytest.raises(SignatureError):
        binding(**{name: "other"})


def test_a_late_or_prolonged_binding_is_refused() -> None:
    with pytest.raises(DeviceError) as caught:
        binding(now=LATE)
    assert caught.value.code == "BIND_EXPIRED"
    with pytest.raises(SignatureError):
        binding(now=LATE, expires=2000)


@pytest.mark.parametrize("name", ["aud", "env", "device_id", "challenge", "pop_jkt"])
def test_a_login_of_something_else_is_refused(name: str) -> None:
    with pytest.raises(SignatureError):
        login(**{name: "other"})


def test_no_message_passes_as_another_kind() -> None:
    with pytest.raises(SignatureError):
        login(signature=by(TX, bind_message(**BIND, **JKTS)))
    with pytest.raises(SignatureError):
        binding(signature=by(TX, login_message(**LOGIN)))


def test_the_request_key_cannot_log_in_and_the_high_twin_is_refused() -> None:
    message = login_message(**LOGIN)
    with pytest.raises(SignatureError):
        login(signature=by(POP, message))
    raw = ES256.sign(TX, message)
    twin = raw[:32] + (P256_ORDER - int.from_bytes(raw[32:])).to_bytes(32)
    with pytest.raises(SignatureError):
        login(signature=b64url_encode(twin))
    with pytest.raises(EncodingError):
        login(signature=b64url_encode(raw) + "==")
