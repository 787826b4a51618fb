"""The small shared vocabulary of the bff: who calls, from which code, when, and how ids are made."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

Clock: TypeAlias = Callable[[], datetime]
"""Gives the present instant, timezone-aware, in UTC."""

NewId: TypeAlias = Callable[[str], str]
"""Makes an unguessable id with a prefix: ``new_id("ord")`` gives ``ord_01j…``."""

NewBytes: TypeAlias = Callable[[int], bytes]
"""Gives so many unpredictable bytes."""

CURRENCY: Final = "CNY"

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
"""Business dates and cut-offs are read on this clock."""


def business_date(instant: datetime) -> date:
    """Give the date on the bank's wall."""
    return instant.astimezone(SHANGHAI).date()


class Channel(StrEnum):
    """A docking mode: the way by which a call came in."""

    APP = "app"
    OPEN_PLATFORM = "open_platform"
    FEDERATED = "federated"


class Scope(StrEnum):
    """What a session may do."""

    ONBOARDING = "onboarding"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class BundleRef:
    """One exact H5 release: the code that asked.

    Attributes:
        bundle: bundle id, ``wealth``.
        version: semantic version, ``1.0.0``.
        digest: lower-case hex SHA-256 of the signed manifest's bytes (64 characters).
    """

    bundle: str
    version: str
    digest: str

    def __str__(self) -> str:
        """Give the form that DPoP proofs and approvals carry: ``wealth@1.0.0#<digest>``."""
        return f"{self.bundle}@{self.version}#{self.digest}"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling, as the door established it. An anonymous caller has neither device nor customer.

    ``verified_at`` tells when the person behind the session was last verified on the device.
    """

    channel: Channel
    customer_id: str | None = None
    device_id: str | None = None
    jkt: str | None = None
    scopes: frozenset[Scope] = field(default_factory=frozenset)
    bundle: BundleRef | None = None
    address: str = ""
    session_id: str | None = None
    verified_at: datetime | None = None

    @property
    def subject(self) -> str:
        """Give what limits and idempotency keys are counted by: customer, else device, else address."""
        return self.customer_id or self.device_id or self.address


@dataclass(frozen=True, slots=True)
class Findings:
    """What one decision read and weighed so far; it is kept however the decision ends.

    Attributes:
        kind: of decision, ``wealth.prepare``.
        pack, version: the rules that it followed.
        about: id of the account, card or application that it is about; a refusal is found by it.
        rules: each rule that was read, by its name.
        inputs: figures and ids that were weighed; no personal data but ids.
    """

    kind: str
    pack: str
    version: str
    about: str = ""
    rules: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, str | int | bool | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Context:
    """What a handler may know besides its request: caller, time, chance and the request's names.

    Attributes:
        caller: who calls.
        now: the instant of this call, UTC.
        new_id: maker of ids.
        new_bytes: maker of challenges.
        request_id: id of the HTTP request, for logs and problems.
        proof: the DPoP proof (compact JWS) under which the call came, empty when there was none.
        body_hash: hex SHA-256 of the request's body as received.
        method, url: HTTP method and public URL without query of the request, as the proof had to name them.
        findings: what decisions of this call found; the bus keeps the last one's when the call is refused.
    """

    caller: Caller
    now: datetime
    new_id: NewId
    new_bytes: NewBytes
    request_id: str = ""
    proof: str = ""
    body_hash: str = ""
    method: str = ""
    url: str = ""
    findings: list[Findings] = field(default_factory=list, compare=False)


def instant(now: datetime) -> str:
    """Write an instant as the house does on the wire and in evidence: ``2026-11-23T08:00:00.000Z``."""
    return now.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
