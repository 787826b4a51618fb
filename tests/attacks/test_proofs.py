"""Attacks on DPoP proofs: none, another key's, replayed, for another request, or with a clever header."""

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.attacks.bank import Bank, Customer, hs256, now, proof, refused
from tests.device import Answer, Device, b64, jwk, new_key, sign

PATH = "/devices/current"
HERE = "/app/v1" + PATH
Forge = Callable[[Device], str]


def present(bank: Bank, device: Device, forged: str | None) -> Answer:
    return bank.send(device, "GET", PATH, DPoP=forged)


def forged(header: Any = None, claims: Any = None, **rest: Any) -> Forge:
    return lambda device: proof(device, "GET", PATH, header=header, claims=claims, **rest)


def pem(device: Device) -> bytes:
    return device.pop.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def private_jwk(device: Device) -> dict[str, str]:
    return {**jwk(device.pop), "d": b64(device.pop.private_numbers().private_value.to_bytes(32))}


def off_curve(device: Device) -> dict[str, str]:
    point = jwk(device.pop)
    return {**point, "y": point["x"]}


INVALID: dict[str, Forge] = {
    "htm of another method": forged(claims={"htm": "POST"}),
    "htm in lower case": forged(claims={"htm": "get"}),
    "htu of another path": lambda d: proof(d, "GET", "/accounts"),
    "htu of another host": forged(claims={"htu": "http://elsewhere.example" + HERE}),
    "htu with a query": lambda d: proof(d, "GET", PATH + "?a=1"),
    "htu with a fragment": lambda d: proof(d, "GET", PATH + "#a"),
    "htu with another case": lambda d: proof(d, "GET", PATH.replace("devices", "Devices")),
    "ath of another token": forged(claims={"ath": b64(b"\x00" * 32)}),
    "no ath": forged(claims={"ath": None}),
    "iat too old": forged(claims={"iat": now() - 180}),
    "iat too new": forged(claims={"iat": now() + 3600}),
    "iat a text": forged(claims={"iat": str(now())}),
    "iat a float": forged(claims={"iat": now() + 0.5}),
    "iat true": forged(claims={"iat": True}),
    "no iat": forged(claims={"iat": None}),
    "no jti": forged(claims={"jti": None}),
    "jti too short": forged(claims={"jti": "a"}),
    "jti too long": forged(claims={"jti": "a" * 65}),
    "jti a number": forged(claims={"jti": 12345678901234567}),
    "no htm": forged(claims={"htm": None}),
    "no htu": forged(claims={"htu": None}),
    "bnd malformed": forged(claims={"bnd": "wealth"}),
    "bnd a list": forged(claims={"bnd": ["wealth"]}),
    "alg none": forged(header={"alg": "none"}, seal=lambda _: b""),
    "alg None with a signature": forged(header={"alg": "None"}),
    "alg HS256 with the PEM": lambda d: proof(d, "GET", PATH, header={"alg": "HS256"}, seal=hs256(pem(d))),
    "alg ES384": forged(header={"alg": "ES384"}),
    "no alg": forged(header={"alg": None}),
    "typ JWT": forged(header={"typ": "JWT"}),
    "no typ": forged(header={"typ": None}),
    "no jwk": forged(header={"jwk": None}),
    "jwk with its private part": lambda d: proof(d, "GET", PATH, header={"jwk": private_jwk(d)}),
    "jwk off the curve": lambda d: proof(d, "GET", PATH, header={"jwk": off_curve(d)}),
    "jwk symmetric": forged(header={"jwk": {"kty": "oct", "k": "AA"}}),
    "jwk of another curve": lambda d: proof(d, "GET", PATH, header={"jwk": {**jwk(d.pop), "crv": "P-384"}}),
    "crit": forged(header={"crit": ["exp"]}),
    "x5c": forged(header={"x5c": ["MIIB"]}),
    "jku": forged(header={"jku": "http://elsewhere.example/keys"}),
    "kid": forged(header={"kid": "1"}),
    "b64 false": forged(header={"b64": False}),
    "jwk of the victim under another key": lambda d: proof(d, "GET", PATH, header={"jwk": jwk(d.pop)}, key=new_key()),
    "high s": lambda d: proof(d, "GET", PATH, seal=lambda data: sign(d.pop, data, high_s=True)),
    "DER": lambda d: proof(d, "GET", PATH, seal=lambda data: bytes(d.pop.sign(data, ec.ECDSA(hashes.SHA256())))),
    "no signature": forged(seal=lambda _: b""),
    "zero signature": forged(seal=lambda _: bytes(64)),
    "signed by the tx key": lambda d: proof(d, "GET", PATH, header={"jwk": jwk(d.pop)}, key=d.tx),
    "padded": lambda d: proof(d, "GET", PATH) + "==",
    "four parts": lambda d: proof(d, "GET", PATH) + ".AAAA",
    "two parts": lambda d: proof(d, "GET", PATH).rpartition(".")[0],
    "not a JWS": lambda _: "nonsense",
    "very long": lambda d: proof(d, "GET", PATH, claims={"note": "x" * 5000}),
}


@pytest.fixture(scope="module")
def victim(bank: Bank) -> Customer:
    return bank.customers["alice"]


@pytest.mark.parametrize("name", INVALID)
def test_a_forged_proof_is_refused(bank: Bank, victim: Customer, name: str) -> None:
    """Defence: exact header, low-S signature, htm, htu, iat, jti and ath of this very request."""
    answer = present(bank, victim.device, INVALID[name](victim.device))
    refused(answer, 401, "PROOF_INVALID")
    assert answer.headers["www-authenticate"].startswith("DPoP ")


@pytest.mark.parametrize("nonce", [None, "", "A" * 32, "ä" * 8])
def test_a_proof_needs_the_servers_nonce(bank: Bank, victim: Customer, nonce: str | None) -> None:
    """Defence: the nonce is the server's own, of the last minutes; the refusal brings the present one."""
    answer = present(bank, victim.device, proof(victim.device, "GET", PATH, claims={"nonce": nonce}))
    refused(answer, 401, "NONCE_REQUIRED")
    assert answer.headers["dpop-nonce"] == victim.device.get(PATH).headers["dpop-nonce"]


def test_a_token_without_a_proof_is_nothing(bank: Bank, victim: Customer) -> None:
    """Defence: a token counts only together with a proof."""
    refused(present(bank, victim.device, None), 401, "PROOF_INVALID")


@pytest.mark.parametrize("scheme", ["Bearer", "dpop:", "Basic", ""])
def test_a_token_under_another_scheme_is_nothing(bank: Bank, victim: Customer, scheme: str) -> None:
    """Defence: only the scheme DPoP is read."""
    answer = bank.send(victim.device, "GET", PATH, Authorization=f"{scheme} {victim.device.access}".strip())
    refused(answer, 401, "TOKEN_INVALID")


def test_a_stolen_token_under_the_thiefs_own_key_is_nothing(bank: Bank, victim: Customer) -> None:
    """Defence: the token's cnf.jkt is the thumbprint of the key that proved the request."""
    refused(present(bank, victim.device, proof(victim.device, "GET", PATH, key=new_key())), 401, "TOKEN_INVALID")
    other = bank.customers["bob"].device
    refused(present(bank, victim.device, proof(victim.device, "GET", PATH, key=other.pop)), 401, "TOKEN_INVALID")


def test_a_replayed_proof_is_refused(bank: Bank, victim: Customer) -> None:
    """Defence: a proof's id is marked for as long as the proof would be accepted, in every worker."""
    once = proof(victim.device, "GET", PATH)
    assert present(bank, victim.device, once).status == 200
    for _ in range(6):
        refused(present(bank, victim.device, once), 401, "PROOF_REPLAYED")


def test_one_id_serves_one_proof_only(bank: Bank, victim: Customer) -> None:
    """Defence: the mark is the id and the key, not the bytes: a fresh signature does not make a fresh proof."""
    jti = "one-id-for-two-proofs-" + str(now())
    answers = [present(bank, victim.device, proof(victim.device, "GET", PATH, claims={"jti": jti})) for _ in range(2)]
    assert answers[0].status == 200
    refused(answers[1], 401, "PROOF_REPLAYED")


def test_two_proofs_in_one_request_are_refused(bank: Bank, victim: Customer) -> None:
    """Defence: a request has one proof; a server in front might have looked at the other."""
    both = f"{proof(victim.device, 'GET', PATH)}, {proof(victim.device, 'GET', PATH)}"
    refused(present(bank, victim.device, both), 401, "PROOF_INVALID")


def test_a_claim_given_twice_is_refused(bank: Bank, victim: Customer) -> None:
    """Defence: the proof's JSON is read strictly."""
    plain = proof(victim.device, "GET", PATH)
    header = plain.split(".", maxsplit=1)[0]
    claims = '{"htm":"GET","htm":"POST","htu":"x","iat":1,"jti":"' + "a" * 20 + '"}'
    signed = f"{header}.{b64(claims.encode())}"
    answer = present(bank, victim.device, f"{signed}.{b64(sign(victim.device.pop, signed.encode()))}")
    refused(answer, 401, "PROOF_INVALID")
    assert "ENCODING_INVALID" in answer.body["detail"]


def test_after_all_attacks_the_honest_proof_goes_through(bank: Bank, victim: Customer) -> None:
    """Holds the tests above: the session that they attacked was alive."""
    assert present(bank, victim.device, proof(victim.device, "GET", PATH)).status == 200
