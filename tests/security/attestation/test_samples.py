"""Chains and objects of real phones, against facts that are published beside them."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from security.attestation.android import (
    ATTESTATION,
    AndroidTrust,
    is_factory_provisioned,
    verify_android_key,
)
from security.attestation.apple import verify_app_attest, verify_assertion
from security.attestation.chain import build_chain, extensions_of
from security.attestation.extension import read_extension
from security.attestation.model import AndroidPolicy, ApplePolicy, RevocationList
from security.attestation.roots import APPLE_ROOTS, GOOGLE_ROOTS
from security.errors import AttestationError
from security.jwk import jwk_of

FOLDER = Path(__file__).parents[4] / "shared" / "data" / "attestation"
ANDROID, APPLE = FOLDER / "android", FOLDER / "apple"
CHAINS = sorted(ANDROID.glob("*/sdk*/*.pem"))
LEVELS = {"SOFTWARE": 0, "TRUSTED_ENVIRONMENT": 1, "STRONG_BOX": 2}
STATES = {"VERIFIED": 0, "SELF_SIGNED": 1, "UNVERIFIED": 2, "FAILED": 3}
SIGNER = base64.b64decode("EDk47kU35Z6O55L2VFBPuDRvxrNG0LvEQV/DOfz8jsE=")
AT = datetime(2025, 9, 27, tzinfo=UTC)
"""A day on which the youngest chains were valid."""

pytestmark = pytest.mark.skipif(not CHAINS, reason=f"the samples of real phones are not in {FOLDER}")


def pem(path: Path) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(path.read_bytes())


def ders(path: Path) -> list[bytes]:
    return [one.public_bytes(Encoding.DER) for one in pem(path)]


def trust(**changes: Any) -> AndroidTrust:
    packages = frozenset({"com.google.android.attestation"})
    policy = AndroidPolicy(packages=packages, signers=frozenset({SIGNER}), patch_days=90, revocation_hours=24)
    return AndroidTrust(**{"policy": policy, "roots": GOOGLE_ROOTS, "revocations": RevocationList({}, AT), **changes})


def verify(name: str, *, per_use: bool = False, **changes: Any) -> Any:
    path = ANDROID / name
    challenge = base64.b64decode(json.loads(path.with_suffix(".json").read_text())["attestationChallenge"])
    key = jwk_of(pem(path)[0].public_key())  # type: ignore[arg-type]  # the samples' keys are on P-256
    now = changes.pop("now", AT)
    return verify_android_key(
        certificates=ders(path), challenge=challenge, key=key, per_use=per_use, trust=trust(**changes), now=now
    )


def refused(name: str, **changes: Any) -> str:
    with pytest.raises(AttestationError) as caught:
        verify(name, **changes)
    return caught.value.code


@pytest.mark.parametrize("path", CHAINS, ids=[f"{one.parent.parent.name}-{one.stem}" for one in CHAINS])
def test_the_extension_reads_as_published(path: Path) -> None:
    value = extensions_of(pem(path)[0])[ATTESTATION]
    expected, said = json.loads(path.with_suffix(".json").read_text()), read_extension(value)
    assert said.version == int(expected["attestationVersion"])
    assert said.attestation_level == LEVELS[expected["attestationSecurityLevel"]]
    assert said.key_level == LEVELS[expected["keyMintSecurityLevel"]]
    assert said.challenge == base64.b64decode(expected["attestationChallenge"])
    hard, application = expected["hardwareEnforced"], expected["softwareEnforced"]["attestationApplicationId"]
    assert said.software.application is not None
    assert list(said.software.application.packages) == [one["name"] for one in application["packages"]]
    assert list(said.software.application.signers) == [base64.b64decode(one) for one in application["signatures"]]
    assert said.hardware.numbers(1) == tuple(map(int, hard["purposes"]))
    assert said.hardware.number(2) == int(hard["algorithms"])
    assert said.hardware.number(706) == (int(hard["osPatchLevel"]) if "osPatchLevel" in hard else None)
    assert said.hardware.number(505) == (int(hard["authTimeout"]) if "authTimeout" in hard else None)
    assert said.hardware.has(503) == hard.get("noAuthRequired", False)
    assert said.hardware.number(702) == {"GENERATED": 0}[hard["origin"]]
    root, seen = hard.get("rootOfTrust"), said.hardware.root_of_trust
    shown = seen and (seen.locked, seen.boot_state, base64.b64encode(seen.boot_hash).decode())
    assert shown == (root and (root["deviceLocked"], STATES[root["verifiedBootState"]], root["verifiedBootHash"]))


@pytest.mark.parametrize(("name", "level"), [("TEE", "tee"), ("SB", "strongbox")])
def test_a_real_locked_phone_is_accepted_for_requests(name: str, level: str) -> None:
    seen = verify(f"caiman/sdk36/{name}_EC_RKP.pem")
    assert (seen.level, seen.patch_level, seen.root) == (level, 202511, "Google RSA")


@pytest.mark.parametrize("name", ["TEE", "SB"])
def test_the_same_phone_is_refused_where_a_rule_does_not_hold(name: str) -> None:
    path = f"caiman/sdk36/{name}_EC_RKP.pem"
    serial = pem(ANDROID / path)[1].serial_number
    assert refused(path, per_use=True) == "AUTH_NOT_PER_USE"
    late = AT + timedelta(days=30)
    assert refused(path, now=late, revocations=RevocationList({}, late)) == "CHAIN_EXPIRED"
    assert refused(path, revocations=RevocationList({serial: "SUSPENDED"}, AT)) == "REVOKED"
    assert refused(path, roots=GOOGLE_ROOTS[1:]) == "ROOT_UNKNOWN"
    assert refused(path, revocations=None) == "REVOCATION_UNAVAILABLE"


def test_a_real_unlocked_phone_and_a_software_root_are_refused() -> None:
    at = datetime(2024, 9, 27, tzinfo=UTC)
    collector = frozenset({"com.google.wireless.android.security.attestationverifier.collector"})
    policy = AndroidPolicy(packages=collector, signers=frozenset({SIGNER}), patch_days=90, revocation_hours=24)
    given = {"now": at, "policy": policy, "revocations": RevocationList({}, at)}
    assert refused("akita/sdk34/TEE_EC_NONE.pem", **given) == "BOOT_UNLOCKED"
    assert refused("marlin/sdk29/TEE_EC_NONE.pem", **given) == "ROOT_UNKNOWN"


def test_a_real_chain_of_a_factory_is_known_as_one_and_its_forged_extension_is_refused() -> None:
    path = ANDROID / "invalid" / "tags_not_in_ascending_order.pem"
    chain = build_chain(certificates=ders(path)[1:], roots=GOOGLE_ROOTS)
    assert is_factory_provisioned(chain)
    assert not is_factory_provisioned(
        build_chain(certificates=ders(ANDROID / "caiman/sdk36/TEE_EC_RKP.pem"), roots=GOOGLE_ROOTS)
    )
    with pytest.raises(AttestationError, match="EXTENSION_MALFORMED"):
        read_extension(extensions_of(pem(path)[0])[ATTESTATION])


def test_our_roots_are_the_published_ones() -> None:
    published = [
        x509.load_pem_x509_certificate(one.encode()) for one in json.loads((ANDROID / "roots.json").read_text())
    ]
    keys = [one.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) for one in published]
    assert [root.spki for root in GOOGLE_ROOTS] == keys


# ── App Attest ──
def records(kind: str) -> list[Any]:
    found = [one for path in sorted(APPLE.glob("*.yaml")) for one in yaml.safe_load_all(path.read_text())]
    return [one for one in found if one["type"] == kind]


def raw(record: Any, name: str) -> bytes:
    return base64.b64decode(record[name])


def policy(record: Any, **changes: str) -> ApplePolicy:
    app = f"{record['teamIdentifier']}.{record['bundleIdentifier']}"
    return ApplePolicy(**{"app_id": app, "environment": record["environment"], **changes})


def attested(record: Any, now: datetime | None = None, **changes: str) -> Any:
    return verify_app_attest(
        attestation=raw(record, "attestationBase64"),
        key_id=raw(record, "keyIdBase64"),
        client_data_hash=raw(record, "clientDataHashSha256Base64"),
        policy=policy(record, **changes),
        roots=APPLE_ROOTS,
        now=now or datetime.fromisoformat(record["timestamp"]),
    )


def test_there_are_real_objects_of_both_kinds() -> None:
    assert (len(records("attestation")), len(records("assertion"))) == (3, 3)


@pytest.mark.parametrize("at", range(3))
def test_a_real_attestation_is_accepted_for_three_days(at: int) -> None:
    record = records("attestation")[at]
    made = datetime.fromisoformat(record["timestamp"])
    seen = attested(record)
    assert seen.public_key == base64.b64decode("".join(record["publicKey"].split("-----")[2].split()))
    with pytest.raises(AttestationError, match="CHAIN_EXPIRED"):
        attested(record, made + timedelta(days=3))
    with pytest.raises(AttestationError, match="ENVIRONMENT_MISMATCH"):
        attested(record, environment="production")
    with pytest.raises(AttestationError, match="APP_MISMATCH"):
        attested(record, app_id="6MURL8TA57.other")


@pytest.mark.parametrize("at", range(3))
def test_a_real_assertion_is_accepted_once(at: int) -> None:
    record = records("assertion")[at]
    key = attested(records("attestation")[at]).public_key
    given = {
        "assertion": raw(record, "assertionBase64"),
        "client_data_hash": raw(record, "clientDataHashSha256Base64"),
        "public_key": key,
        "policy": policy(record),
    }
    assert verify_assertion(**given, last_counter=0).counter == record["counter"]
    with pytest.raises(AttestationError, match="COUNTER_NOT_GROWN"):
        verify_assertion(**given, last_counter=record["counter"])
