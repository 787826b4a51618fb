"""The file with which the security team says what each app asks of its devices.

Invariant: an app that the file does not name, or not for this platform, is attested by nobody.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final

import msgspec
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from security.attestation.chain import Root, RootKey
from security.attestation.model import DEVELOPMENT, PRODUCTION, STRONGBOX, TEE, AndroidPolicy, ApplePolicy
from security.attestation.roots import APPLE_ROOTS, GOOGLE_ROOTS
from security.errors import AttestationPolicyError

_DIGEST: Final = re.compile(r"(?:[0-9a-fA-F]{2}:?){32}")
_SERIAL: Final = re.compile(r"[0-9a-fA-F]{1,64}")
_APPLE_APP: Final = re.compile(r"[A-Z0-9]{10}\.[A-Za-z0-9.-]{1,155}")
Names = Annotated[list[str], msgspec.Meta(min_length=1)]


class _Android(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    packages: Names
    signers: Names
    patch_days: Annotated[int, msgspec.Meta(ge=0, le=3660)]
    revocation_hours: Annotated[int, msgspec.Meta(ge=1, le=240)]
    levels: Names = msgspec.field(default_factory=lambda: [TEE, STRONGBOX])
    revoked_serials: list[str] = msgspec.field(default_factory=list)


class _Apple(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    app_id: str
    environment: str = PRODUCTION
    assertions: bool = False


class _App(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    android: _Android | None = None
    apple: _Apple | None = None


class _Roots(msgspec.Struct, forbid_unknown_fields=True):
    android: Names | None = None
    apple: Names | None = None


class _File(msgspec.Struct, forbid_unknown_fields=True):
    apps: dict[str, _App]
    roots: _Roots = msgspec.field(default_factory=_Roots)


@dataclass(frozen=True, slots=True)
class AppPolicy:
    """What one app asks for on each platform; None where it does not run."""

    android: AndroidPolicy | None
    apple: ApplePolicy | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """Policies by the app's id, and the roots at which chains end."""

    apps: Mapping[str, AppPolicy] = field(default_factory=dict)
    android_roots: tuple[Root, ...] = GOOGLE_ROOTS
    apple_roots: tuple[Root, ...] = APPLE_ROOTS


def read_policies(data: bytes) -> Policies:
    """Read the policy file, in YAML.

    Raises:
        AttestationPolicyError: it is malformed; the detail says where.
    """
    try:
        file = msgspec.yaml.decode(data, type=_File)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise AttestationPolicyError(detail=str(error).replace("\n", " ")) from error
    return Policies(
        apps={name: AppPolicy(_android(name, app.android), _apple(name, app.apple)) for name, app in file.apps.items()},
        android_roots=_roots("android", file.roots.android) or GOOGLE_ROOTS,
        apple_roots=_roots("apple", file.roots.apple) or APPLE_ROOTS,
    )


def _android(name: str, given: _Android | None) -> AndroidPolicy | None:
    if given is None:
        return None
    where = f"apps.{name}.android"
    _require(set(given.levels) <= {TEE, STRONGBOX}, f"{where}.levels: only {TEE} and {STRONGBOX} are levels")
    _require(all(map(_DIGEST.fullmatch, given.signers)), f"{where}.signers: a SHA-256 has 64 hexadecimal digits")
    _require(all(map(_SERIAL.fullmatch, given.revoked_serials)), f"{where}.revokedSerials: hexadecimal digits only")
    return AndroidPolicy(
        packages=frozenset(given.packages),
        signers=frozenset(bytes.fromhex(one.replace(":", "")) for one in given.signers),
        levels=frozenset(given.levels),
        patch_days=given.patch_days,
        revocation_hours=given.revocation_hours,
        revoked_serials=frozenset(int(one, 16) for one in given.revoked_serials),
    )


def _apple(name: str, given: _Apple | None) -> ApplePolicy | None:
    if given is None:
        return None
    where = f"apps.{name}.apple"
    _require(_APPLE_APP.fullmatch(given.app_id), f"{where}.appId: ten characters of the team, a dot, the bundle id")
    _require(given.environment in {DEVELOPMENT, PRODUCTION}, f"{where}.environment: {DEVELOPMENT} or {PRODUCTION}")
    return ApplePolicy(app_id=given.app_id, environment=given.environment, assertions=given.assertions)


def _roots(platform: str, given: list[str] | None) -> tuple[Root, ...]:
    return tuple(_root(f"roots.{platform}[{at}]", text) for at, text in enumerate(given or ()))


def _root(name: str, text: str) -> Root:
    try:
        key = load_pem_public_key(text.encode())
    except ValueError as error:
        raise AttestationPolicyError(detail=f"{name}: not a public key in PEM") from error
    if not isinstance(key, RootKey):
        raise AttestationPolicyError(detail=f"{name}: only EC and RSA keys are roots")
    return Root(name, key)


def _require(held: object, otherwise: str) -> None:
    if not held:
        raise AttestationPolicyError(detail=otherwise)
