from typing import Any

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from security.attestation.model import AndroidPolicy, ApplePolicy
from security.attestation.policies import Policies, read_policies
from security.attestation.roots import APPLE_ROOTS, GOOGLE_ROOTS
from security.errors import AttestationPolicyError
from tests.security.attestation.authority import ROOT_KEY

ANDROID: dict[str, Any] = {
    "packages": ["cn.app"],
    "signers": ["AB:" * 31 + "AB"],
    "patchDays": 90,
    "revocationHours": 24,
}
APPLE: dict[str, Any] = {"appId": "ABCDE12345.cn.app"}


def pem(key: Any) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def read(content: Any) -> Policies:
    return read_policies(yaml.safe_dump(content).encode())


def test_a_file_says_what_each_app_asks_for() -> None:
    seen = read({"apps": {"cn.app": {"android": {**ANDROID, "revokedSerials": ["0fAB"]}, "apple": APPLE}, "none": {}}})
    assert seen.apps["cn.app"].android == AndroidPolicy(
        packages=frozenset({"cn.app"}),
        signers=frozenset({b"\xab" * 32}),
        patch_days=90,
        revocation_hours=24,
        revoked_serials=frozenset({0xFAB}),
    )
    assert seen.apps["cn.app"].apple == ApplePolicy(app_id="ABCDE12345.cn.app", environment="production")
    assert (seen.apps["none"].android, seen.apps["none"].apple) == (None, None)
    assert (seen.android_roots, seen.apple_roots) == (GOOGLE_ROOTS, APPLE_ROOTS)


def test_roots_may_be_replaced() -> None:
    seen = read({"apps": {}, "roots": {"android": [pem(ROOT_KEY)]}})
    assert [root.key.public_numbers() for root in seen.android_roots] == [ROOT_KEY.public_key().public_numbers()]
    assert seen.apple_roots == APPLE_ROOTS


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"signers": ["ab"]}, "apps.cn.app.android.signers"),
        ({"signers": []}, "signers"),
        ({"packages": []}, "packages"),
        ({"levels": ["software"]}, "apps.cn.app.android.levels"),
        ({"levels": []}, "levels"),
        ({"patchDays": -1}, "patchDays"),
        ({"patchDays": None}, "patchDays"),
        ({"revocationHours": 0}, "revocationHours"),
        ({"revokedSerials": ["xyz"]}, "apps.cn.app.android.revokedSerials"),
        ({"allowUnlocked": True}, "allowUnlocked"),
    ],
)
def test_a_bad_android_policy_is_refused_with_its_place(change: dict[str, Any], where: str) -> None:
    with pytest.raises(AttestationPolicyError, match=where):
        read({"apps": {"cn.app": {"android": {**ANDROID, **change}}}})


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ({"apps": {"cn.app": {"apple": {"appId": "cn.app"}}}}, "apps.cn.app.apple.appId"),
        ({"apps": {"cn.app": {"apple": {**APPLE, "environment": "test"}}}}, "apps.cn.app.apple.environment"),
        ({"apps": {}, "roots": {"android": ["none"]}}, r"roots.android\[0\]"),
        ({"apps": {}, "roots": {"apple": [pem(ed25519.Ed25519PrivateKey.generate())]}}, r"roots.apple\[0\]"),
        ({"apps": {}, "roots": {"android": []}}, "android"),
        ({}, "apps"),
        ("text", "object"),
    ],
)
def test_a_bad_file_is_refused_with_its_place(content: Any, where: str) -> None:
    with pytest.raises(AttestationPolicyError, match=where):
        read(content)


def test_what_is_no_yaml_is_refused_in_one_line() -> None:
    with pytest.raises(AttestationPolicyError) as caught:
        read_policies(b"apps: [\n\xff")
    assert "\n" not in caught.value.detail
