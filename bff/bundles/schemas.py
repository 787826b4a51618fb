"""Requests and answers of the adoption operations."""

from typing import Annotated, Literal

import msgspec

Bundle = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9]{1,23}$")]
Digest = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Platform = Literal["android", "ios", "harmony", "browser"]
EventName = Literal["checked", "downloaded", "verified", "launched", "ready", "rolledback"]
LARGEST_BATCH = 32


class AdoptionEvent(msgspec.Struct, rename="camel", forbid_unknown_fields=True, frozen=True):
    """One thing that happened to one release on one installation, which is not named."""

    bundle: Bundle
    digest: Digest
    platform: Platform
    event: EventName


class AdoptionReport(msgspec.Struct, rename="camel", forbid_unknown_fields=True, frozen=True):
    """Some events; ``batch`` is drawn anew for each batch and only tells a repeated delivery."""

    batch: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]{16,64}$")]
    events: Annotated[tuple[AdoptionEvent, ...], msgspec.Meta(min_length=1, max_length=LARGEST_BATCH)]


class AdoptionCounted(msgspec.Struct, rename="camel", frozen=True):
    """How many of the events were counted now."""

    counted: int


class AdoptionQuery(msgspec.Struct, rename="camel", forbid_unknown_fields=True, frozen=True):
    """Which bundle's counters; all when it is not given."""

    bundle: Bundle | None = None


class ReleaseAdoption(msgspec.Struct, rename="camel", frozen=True):
    """How far one release came on one platform, in installations."""

    bundle: str
    version: str
    digest: str
    platform: str
    checked: int = 0
    downloaded: int = 0
    verified: int = 0
    launched: int = 0
    ready: int = 0
    rolledback: int = 0


class AdoptionAnswer(msgspec.Struct, rename="camel", frozen=True):
    """The counters of all days together."""

    releases: tuple[ReleaseAdoption, ...]
