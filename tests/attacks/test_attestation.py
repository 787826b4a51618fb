"""Attacks on the attestation of phones, over HTTP, against a server with a policy file and a revocation list."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.device import Answer, Device, b64, jwk, lp, sign, thumbprint
from tests.running import Running
from tests.security.attestation import authority
from tests.security.attestation.authority import NULL, Description, integer

pytestmark = pytest.mark.slow
APP = authority.PACKAGE


@dataclass(frozen=True)
class Attested:
    server: Running
    revocations: Path

    def register(self, device: Device | None = None, **changes: Any) -> Answer:
        """Register an Android phone whose two keys say the same, but for the changes."""
        phone = device or Device(base=self.server.url)
        challenge = phone.post("/devices/challenge").ok()["challenge"]
        names = (phone.aud, phone.env, challenge, APP, "1.0.0", "android")
        transcript = lp("BANK-DEVBIND/v1/DEV-REGISTER", *names, thumbprint(phone.pop), thumbprint(phone.tx))
        said = Description(**{"challenge": hashlib.sha256(transcript).digest(), **changes})
        chains = [[b64(one) for one in authority.chain(key, said)] for key in (phone.pop, phone.tx)]
        body = {
            "challenge": challenge,
            "appId": APP,
            "appVersion": "1.0.0",
            "platform": "android",
            "model": "Phone of the tests",
            "popKey": jwk(phone.pop),
            "txKey": jwk(phone.tx),
            "popSignature": b64(sign(phone.pop, transcript)),
            "txSignature": b64(sign(phone.tx, transcript)),
            "attestation": {"format": "android-key", "popChain": chains[0], "txChain": chains[1]},
        }
        return phone.post("/devices", body)

    def refused(self, **changes: Any) -> str:
        answer = self.register(**changes)
        assert (answer.status, answer.body["code"]) == (403, "ATTESTATION_REFUSED"), answer.body
        return str(answer.body["rule"])


@pytest.fixture(scope="module")
def attested(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attested]:
    folder = tmp_path_factory.mktemp("attested")
    root = authority.ROOT_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    android = {"packages": [APP], "signers": [authority.SIGNER.hex()], "patchDays": 3660, "revocationHours": 24}
    policy, revocations = folder / "attestation.yaml", folder / "status.json"
    policy.write_text(json.dumps({"apps": {APP: {"android": android}}, "roots": {"android": [root]}}), encoding="utf-8")
    revocations.write_bytes(b'{"entries": {"dead": {"status": "REVOKED"}}}')
    extra = {"TIDEGATE_ATTESTATION_POLICY": str(policy), "TIDEGATE_REVOCATION_LIST": str(revocations)}
    server = Running.on_copy(folder / "var", extra).start()
    yield Attested(server, revocations)
    server.stop()


def test_an_honest_phone_registers_and_says_its_level(attested: Attested) -> None:
    """Defence: the level comes from what was verified."""
    phone = Device(base=attested.server.url)
    registered = attested.register(phone, attestation_level=2, key_level=2).ok()
    assert registered["level"] == "strongbox"
    phone.device_id = registered["deviceId"]
    phone.session(customer=False)
    assert phone.get("/devices/current").ok()["level"] == "strongbox"


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"challenge": b"another"}, "CHALLENGE_MISMATCH"),
        ({"attestation_level": 0, "key_level": 0}, "LEVEL_TOO_LOW"),
        ({"hardware": {702: integer(2)}}, "ORIGIN_NOT_GENERATED"),
        ({"locked": b"\x01\x01\x00"}, "BOOT_UNLOCKED"),
        ({"locked": b"\x01\x01\x01"}, "EXTENSION_MALFORMED"),
        ({"signers": (bytes(32),)}, "SIGNER_MISMATCH"),
        ({"hardware": {503: NULL, 504: None}}, "AUTH_NOT_PER_USE"),
    ],
)
def test_a_forged_phone_is_refused_and_told_the_rule(attested: Attested, changes: dict[str, Any], rule: str) -> None:
    """Defence: every rule of attestation, for each of the two keys."""
    assert attested.refused(**changes) == rule


def test_a_key_that_is_revoked_while_the_server_runs_is_refused(attested: Attested) -> None:
    """Defence: the list is read anew when it changes, and its absence refuses everybody."""
    honest = attested.revocations.read_bytes()
    try:
        attested.revocations.write_bytes(b'{"entries": {"bb": {"status": "SUSPENDED", "reason": "SOFTWARE_FLAW"}}}')
        assert attested.refused() == "REVOKED"
        attested.revocations.unlink()
        assert attested.refused() == "REVOCATION_UNAVAILABLE"
    finally:
        attested.revocations.write_bytes(honest)
    assert attested.register().ok()["level"] == "tee"
