"""What a second suite could open: keys, signatures and names of one suite presented as those of another."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from security.approvals import FROZEN, encode, verify_approval
from security.devices import login_message, register_transcript, verify_login, verify_registration
from security.dpop import make_proof, verify_proof
from security.encoding import b64url_decode, b64url_encode
from security.errors import DeviceError, EvidenceError, JwkError, ProofError, SecurityError, SignatureError
from security.evidence import anchors_of, verify_export
from security.jwk import jwk_of, parse_jwk
from security.suites import ES256, SM2_SM3, PrivateKey, suite_of_key
from tests.security.golden import transaction
from tests.security.orders import AuditKey, Case, jws, sign

pytest.importorskip("tongsuopy", reason="needs the extra `sm`")

SM2, P256 = SM2_SM3.generate(), ES256.generate()
BOTH = frozenset({"ES256", "SM2-SM3"})
ONLY_SM2 = frozenset({"SM2-SM3"})
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ABOUT = {"aud": "bff", "env": "sandbox", "challenge": "c", "app_id": "a", "app_version": "1", "platform": "p"}
URL = "https://app.bank.example/app/v1/devices"


def register(pop: PrivateKey, tx: PrivateKey, **changes: Any) -> Any:
    keys = {"pop_key": jwk_of(pop.public_key()), "tx_key": jwk_of(tx.public_key())}
    signed = register_transcript(**ABOUT, pop_jkt=keys["pop_key"].thumbprint, tx_jkt=keys["tx_key"].thumbprint)
    signatures = {"pop_signature": b64url_encode(sign(pop, signed)), "tx_signature": b64url_encode(sign(tx, signed))}
    return verify_registration(**{**ABOUT, **keys, **signatures, **changes})


def approve(tx: PrivateKey, alg: str, **changes: Any) -> Any:
    fields = {**transaction(), "alg": alg, "kid": jwk_of(tx.public_key()).thumbprint}
    message = encode(fields)
    given: dict[str, Any] = {
        "message": message,
        "signature": sign(tx, message),
        "frozen": {name: fields[name] for name in FROZEN},
        "public_key": jwk_of(tx.public_key()),
        "last_seq": 0,
        "now": datetime.fromtimestamp(int(fields["iat"]) + 1, UTC),
        "factors": frozenset({"face", "pin"}),
    }
    return verify_approval(**(given | changes))


def prove(proof: str, **changes: Any) -> Any:
    given: dict[str, Any] = {"proof": proof, "method": "POST", "url": URL, "access_token": None, "now": NOW}
    return verify_proof(**(given | {"nonces": None, "seen": lambda _key, _ttl: False, "suites": BOTH} | changes))


def proof_of(key: PrivateKey) -> str:
    return make_proof(key=key, method="POST", url=URL, body=b"", now=NOW, jti="0123456789abcdef")


def forged(proof: str, key: PrivateKey, **changes: Any) -> str:
    head, claims, _ = proof.split(".")
    header = json.loads(b64url_decode(head)) | changes
    return jws(key, header, json.loads(b64url_decode(claims)))


def code(error: type[SecurityError], call: Any) -> str:
    with pytest.raises(error) as caught:
        call()
    return caught.value.code


@pytest.mark.parametrize("other", ["ES256", "SM2-SM3"])
def test_a_device_of_either_suite_registers_where_it_is_accepted(other: str) -> None:
    make = {"ES256": ES256, "SM2-SM3": SM2_SM3}[other].generate
    verified = register(make(), make(), suites=BOTH)
    assert (verified.pop_key.alg, verified.tx_key.alg) == (other, other)


def test_a_suite_that_is_not_accepted_does_not_register() -> None:
    assert code(DeviceError, lambda: register(SM2, SM2_SM3.generate())) == "SUITE_REFUSED"
    downgraded = lambda: register(P256, ES256.generate(), suites=ONLY_SM2)  # noqa: E731 — one expression
    assert code(DeviceError, downgraded) == "SUITE_REFUSED"


def test_the_two_keys_of_a_device_are_of_one_suite() -> None:
    for pop, tx in ((P256, SM2), (SM2, P256)):
        assert code(DeviceError, lambda pop=pop, tx=tx: register(pop, tx, suites=BOTH)) == "DEVICE_INVALID"


def test_a_signature_of_another_suite_does_not_register() -> None:
    keys = SM2, SM2_SM3.generate()
    wrong = b64url_encode(ES256.sign(P256, b"anything"))
    assert code(SignatureError, lambda: register(*keys, suites=BOTH, tx_signature=wrong)) == "SIG_INVALID"


def test_an_sm2_key_is_not_presented_as_p256() -> None:
    for key, curve in ((SM2, "P-256"), (P256, "SM2")):
        members = jwk_of(key.public_key()).as_dict() | {"crv": curve}
        with pytest.raises(JwkError, match="not on the curve"):
            parse_jwk(members)


@pytest.mark.parametrize("alg", ["none", "HS256", "SM2", "sm2-sm3", "", None, ["ES256"]])
def test_an_unknown_name_is_no_curve_and_no_alg(alg: Any) -> None:
    members = jwk_of(SM2.public_key()).as_dict()
    assert code(ProofError, lambda: prove(forged(proof_of(SM2), SM2, alg=alg))) == "PROOF_INVALID"
    if alg != "SM2":
        with pytest.raises(JwkError):
            parse_jwk(members | {"crv": alg})


@pytest.mark.parametrize("key", [SM2, P256], ids=["SM2-SM3", "ES256"])
def test_a_login_holds_in_the_suite_of_its_key_only(key: PrivateKey) -> None:
    other = P256 if key is SM2 else SM2
    about = {"aud": "bff", "env": "sandbox", "device_id": "dev", "challenge": "c", "pop_jkt": "j"}
    signature = b64url_encode(sign(other, login_message(**about)))
    with pytest.raises(SignatureError):
        verify_login(**about, tx_key=jwk_of(key.public_key()), signature=signature)
    own = b64url_encode(sign(key, login_message(**about)))
    assert verify_login(**about, tx_key=jwk_of(key.public_key()), signature=own).device_id == "dev"


@pytest.mark.parametrize("key", [SM2, P256], ids=["SM2-SM3", "ES256"])
def test_an_approval_names_the_suite_of_its_key(key: PrivateKey) -> None:
    own = suite_of_key(key).alg
    other = "ES256" if own == "SM2-SM3" else "SM2-SM3"
    assert approve(key, own).fields["alg"] == own
    assert code(SecurityError, lambda: approve(key, other)) == "APPROVAL_MISMATCH"
    for alg in ("none", "SM2", "ES256|SM2-SM3", "ES256\n"):
        assert code(SecurityError, lambda alg=alg: approve(key, alg)) == "APPROVAL_INVALID"


def test_an_approval_with_a_signature_of_the_other_suite_is_refused() -> None:
    stranger = sign(P256, b"any message")
    assert code(SignatureError, lambda: approve(SM2, "SM2-SM3", signature=stranger)) == "SIG_INVALID"
    message = encode({**transaction(), "alg": "ES256", "kid": jwk_of(P256.public_key()).thumbprint})
    assert code(SecurityError, lambda: approve(P256, "ES256", signature=SM2_SM3.sign(SM2, message))).startswith("SIG_")


def test_a_proof_of_either_suite_is_accepted_where_the_suite_is() -> None:
    for key in (SM2, P256):
        assert prove(proof_of(key)).public_key == jwk_of(key.public_key())
    assert code(ProofError, lambda: prove(proof_of(P256), suites=ONLY_SM2)) == "PROOF_INVALID"
    assert code(ProofError, lambda: prove(proof_of(SM2), suites=frozenset({"ES256"}))) == "PROOF_INVALID"


def test_a_proof_whose_alg_is_not_its_keys_is_refused() -> None:
    assert code(ProofError, lambda: prove(forged(proof_of(SM2), SM2, alg="ES256"))) == "PROOF_INVALID"
    assert code(ProofError, lambda: prove(forged(proof_of(P256), P256, alg="SM2-SM3"))) == "PROOF_INVALID"
    foreign = jwk_of(P256.public_key()).as_dict()
    assert code(ProofError, lambda: prove(forged(proof_of(SM2), SM2, jwk=foreign))) == "PROOF_INVALID"


def sm2_case(**changes: Any) -> Case:
    return Case(**({"audit": AuditKey(SM2), "pop": SM2_SM3.generate(), "tx": SM2_SM3.generate()} | changes))


def test_evidence_of_an_sm2_order_holds_with_an_sm2_anchor() -> None:
    case = sm2_case()
    jwks = {"keys": [case.audit.jwk.as_dict() | {"kid": case.audit.kid, "alg": "SM2-SM3", "use": "sig"}]}
    verified = verify_export(case.export(), anchors=anchors_of(jwks))
    assert "of the suite SM2-SM3" in next(link.sentence for link in verified.links if link.name == "device")


@pytest.mark.parametrize(
    ("changes", "link"),
    [
        ({"tx": P256}, "device"),
        ({"pop": P256}, "device"),
        ({"fields": {"alg": "ES256"}}, "approval"),
        ({"signer": P256}, "approval"),
    ],
    ids=["tx of another suite", "pop of another suite", "alg of another suite", "signature of another suite"],
)
def test_a_mixed_chain_of_evidence_breaks(changes: dict[str, Any], link: str) -> None:
    with pytest.raises(EvidenceError) as caught:
        verify_export(sm2_case(**changes).export())
    assert caught.value.link == link


def test_a_seal_by_an_sm2_key_is_not_that_of_a_p256_anchor() -> None:
    with pytest.raises(EvidenceError) as caught:
        verify_export(sm2_case().export(), anchors={jwk_of(P256.public_key()).thumbprint: jwk_of(P256.public_key())})
    assert caught.value.link == "seal"
