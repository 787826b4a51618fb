"""What attestation is checked against, one policy for each app and platform, and what it shows when all rules hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

ANDROID: Final = "android-key"
APPLE: Final = "apple-app-attest"
TEE: Final = "tee"
STRONGBOX: Final = "strongbox"
APP_ATTEST: Final = "app-attest"
"""Level of an iOS device: Apple attests the app, and the app says where its keys are."""
DEVELOPMENT: Final = "development"
PRODUCTION: Final = "production"


@dataclass(frozen=True, slots=True, kw_only=True)
class AndroidPolicy:
    """What an app asks of Android devices.

    Attributes:
        packages: names of the app's package; every package that may use the key must be one of them.
        signers: SHA-256 digests of the certificates that sign the app; every signer must be one of them.
        levels: which of ``tee`` and ``strongbox`` will do.
        patch_days: greatest age of the operating system's security patches, counted from the end of their month.
        revocation_hours: greatest age of the revocation list.
        revoked_serials: serial numbers of certificates that the bank refuses on its own, besides the list.
    """

    packages: frozenset[str]
    signers: frozenset[bytes]
    levels: frozenset[str] = frozenset({TEE, STRONGBOX})
    patch_days: int
    revocation_hours: int
    revoked_serials: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplePolicy:
    """What an app asks of iOS devices: its ``team.bundle-identifier``, Apple's environment, assertions or none."""

    app_id: str
    environment: str = PRODUCTION
    assertions: bool = False


@dataclass(frozen=True, slots=True)
class RevocationList:
    """Google's list: status by serial number, and when it was fetched. Whatever stands in it is refused."""

    entries: Mapping[int, str]
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class VerifiedAndroidKey:
    """One key of which all rules hold; ``digest`` is that of its chain."""

    level: str
    jkt: str
    patch_level: int
    root: str
    digest: str


@dataclass(frozen=True, slots=True)
class VerifiedAttestation:
    """A device whose two keys are attested.

    Attributes:
        format: ``android-key`` or ``apple-app-attest``.
        level: ``strongbox``, ``tee`` or ``app-attest``; the weaker of the two keys counts.
        challenge: the attested challenge, hex: the SHA-256 of the registration's transcript.
        pop_jkt, tx_jkt: thumbprints of the keys that it was checked for.
        digest: SHA-256 of what the device sent, hex; see the format's function.
        public_key: the app instance's own key, SubjectPublicKeyInfo in DER; empty where the platform has none.
    """

    format: str
    level: str
    challenge: str
    pop_jkt: str
    tx_jkt: str
    digest: str
    public_key: bytes = b""


@dataclass(frozen=True, slots=True)
class VerifiedAppAttest:
    """An attestation of an iOS app instance of which all rules hold."""

    key_id: bytes
    public_key: bytes
    digest: str


@dataclass(frozen=True, slots=True)
class VerifiedAssertion:
    """A later proof by the same app instance; ``counter`` is to be kept and must grow."""

    counter: int
