"""Which attestation a registration brings, and what it is checked against: policy, roots and the present list."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from security.attestation.android import AndroidTrust, verify_android_device
from security.attestation.apple import verify_apple_device
from security.attestation.model import ANDROID, APPLE, RevocationList, VerifiedAttestation
from security.attestation.policies import AppPolicy, Policies
from security.attestation.revocation import read_revocations
from security.attestation.rules import Rule, refuse
from security.devices import SIMULATED
from security.encoding import b64url_decode
from security.errors import AttestationError
from security.jwk import PublicJwk

_NOTHING: Final = AppPolicy(None, None)
_MEMBERS: Final = ("pop_chain", "tx_chain", "key_id", "object")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What a device sends: its format, and of that format the members; certificates and objects in base64url."""

    format: str
    pop_chain: tuple[str, ...] = ()
    tx_chain: tuple[str, ...] = ()
    key_id: str = ""
    object: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What the attestation must be about: the registration's transcript by its hash, and its keys."""

    app_id: str
    challenge: bytes
    pop_key: PublicJwk
    tx_key: PublicJwk


@dataclass(frozen=True, slots=True, kw_only=True)
class Attesting:
    """Checks attestations; ``revocations`` gives the present list, or None when there is none."""

    policies: Policies = field(default_factory=Policies)
    revocations: Callable[[], RevocationList | None] = lambda: None

    def verify(self, sent: Sent, subject: Subject, now: datetime) -> VerifiedAttestation | None:  # noqa: RET503 — refuse raises
        """Accept what a device sent; a simulator sends nothing, and gets None.

        Raises:
            AttestationError: its code is the rule that does not hold.
            EncodingError: a member is not canonical base64url.
        """
        given = tuple(name for name in _MEMBERS if getattr(sent, name))
        if (sent.format, given) == (SIMULATED, ()):
            return None
        if (sent.format, given) == (ANDROID, ("pop_chain", "tx_chain")):
            return self._android(sent, subject, now)
        if (sent.format, given) == (APPLE, ("key_id", "object")):
            return self._apple(sent, subject, now)
        refuse(Rule.FORMAT_UNKNOWN, f"attestation format {sent.format!r} is unknown or has other members")

    def _android(self, sent: Sent, subject: Subject, now: datetime) -> VerifiedAttestation:
        policy = self.policies.apps.get(subject.app_id, _NOTHING).android
        if policy is None:
            refuse(Rule.APP_UNKNOWN, f"no policy names the app {subject.app_id!r} on Android")
        return verify_android_device(
            pop_chain=[b64url_decode(one) for one in sent.pop_chain],
            tx_chain=[b64url_decode(one) for one in sent.tx_chain],
            challenge=subject.challenge,
            pop_key=subject.pop_key,
            tx_key=subject.tx_key,
            trust=AndroidTrust(policy=policy, roots=self.policies.android_roots, revocations=self.revocations()),
            now=now,
        )

    def _apple(self, sent: Sent, subject: Subject, now: datetime) -> VerifiedAttestation:
        policy = self.policies.apps.get(subject.app_id, _NOTHING).apple
        if policy is None:
            refuse(Rule.APP_UNKNOWN, f"no policy names the app {subject.app_id!r} on iOS")
        return verify_apple_device(
            attestation=b64url_decode(sent.object),
            key_id=b64url_decode(sent.key_id),
            challenge=subject.challenge,
            pop_key=subject.pop_key,
            tx_key=subject.tx_key,
            policy=policy,
            roots=self.policies.apple_roots,
            now=now,
        )


UNATTESTED: Final = Attesting()
"""Knows no app, so it takes simulators only."""


@dataclass(slots=True)
class RevocationFile:
    """Google's revocation list in a file that a timer fetches; its time of change is when it was fetched."""

    path: Path
    _known: tuple[tuple[int, int], RevocationList | None] = ((0, 0), None)

    def read(self) -> RevocationList | None:
        """Give the list as it is now, or None when there is no readable one."""
        try:
            status = self.path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            if self._known[0] == stamp:
                return self._known[1]
            fetched_at = datetime.fromtimestamp(status.st_mtime, UTC)
            found = read_revocations(data=self.path.read_bytes(), fetched_at=fetched_at)
        except (OSError, AttestationError):
            return None
        self._known = (stamp, found)
        return found
