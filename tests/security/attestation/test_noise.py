"""Bytes that went wrong anywhere are refused by a rule, never by an accident; the noise is the same in every run."""

import random  # noqa: TID251 — noise from a seed
from collections.abc import Callable, Iterator

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from security.attestation.android import verify_android_key
from security.attestation.apple import verify_app_attest, verify_assertion
from security.attestation.extension import read_extension
from security.attestation.model import RevocationList
from security.errors import AttestationError
from security.jwk import jwk_of
from tests.security.attestation.authority import (
    APPLE_POLICY,
    CHALLENGE,
    NOW,
    ROOTS,
    Description,
    app_attest,
    assertion,
    chain,
    key_id,
    new_key,
    trust,
)

KEY = new_key()
JWK, CHAIN, SAID = jwk_of(KEY.public_key()), chain(KEY), Description().encode()
SPKI = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
ROUNDS = 400


def noisy(honest: bytes, seed: int) -> Iterator[bytes]:
    chance = random.Random(seed)
    for _ in range(ROUNDS):
        raw = bytearray(honest)
        for _ in range(chance.choice((1, 2, 4))):
            at = chance.randrange(len(raw))
            end = at + chance.choice((0, 1, 1, 1, 3))
            raw[at:end] = chance.randbytes(chance.choice((0, 1, 1, 1, 2)))
        if bytes(raw) != honest:
            yield bytes(raw)


def android(certificates: list[bytes]) -> None:
    against = trust(revocations=RevocationList({}, NOW))
    verify_android_key(certificates=certificates, challenge=CHALLENGE, key=JWK, per_use=True, trust=against, now=NOW)


def apple(raw: bytes) -> None:
    given = {"key_id": key_id(KEY), "client_data_hash": CHALLENGE, "policy": APPLE_POLICY, "roots": ROOTS, "now": NOW}
    verify_app_attest(attestation=raw, **given)  # type: ignore[arg-type]  # one mapping for arguments of several types


def asserted(raw: bytes) -> None:
    verify_assertion(assertion=raw, client_data_hash=CHALLENGE, public_key=SPKI, last_counter=0, policy=APPLE_POLICY)


@pytest.mark.parametrize(
    ("honest", "verify"),
    [
        (CHAIN[0], lambda raw: android([raw, *CHAIN[1:]])),
        (CHAIN[1], lambda raw: android([CHAIN[0], raw, *CHAIN[2:]])),
        (assertion(KEY, 7), asserted),
    ],
    ids=["leaf", "intermediate", "assertion"],
)
def test_noise_in_what_is_signed_is_always_refused(honest: bytes, verify: Callable[[bytes], None]) -> None:
    verify(honest)
    for raw in noisy(honest, 1):
        with pytest.raises(AttestationError):
            verify(raw)


@pytest.mark.parametrize(("honest", "read"), [(SAID, read_extension), (app_attest(KEY), apple)], ids=["said", "object"])
def test_noise_in_what_is_read_is_refused_by_a_rule_if_at_all(honest: bytes, read: Callable[[bytes], object]) -> None:
    read(honest)
    refused = 0
    for raw in noisy(honest, 2):
        try:
            read(raw)
        except AttestationError:
            refused += 1
    assert refused > ROUNDS / 2


def test_a_certificate_of_an_unknown_version_is_refused() -> None:
    raw = CHAIN[0].replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020109"), 1)
    with pytest.raises(AttestationError, match="CHAIN_MALFORMED"):
        android([raw, *CHAIN[1:]])
