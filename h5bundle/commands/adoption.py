"""How far each release came: what the BFF counted, for ``h5bundle status``, and sending what a client counted."""

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from h5bundle.client.adoption import Adoption
from h5bundle.errors import AdoptionError

Get: TypeAlias = Callable[[], tuple[int, bytes]]
"""Asks the BFF for its counters: HTTP status and body."""
Send: TypeAlias = Callable[[bytes], int]
"""Sends one batch to the BFF: HTTP status, 0 when it was not reached."""
_NEVER_TAKEN = frozenset({400, 413, 422})


class ReleaseAdoption(msgspec.Struct, frozen=True):
    """How far one release came on one platform, in installations."""

    bundle: str
    version: str
    digest: str
    platform: str
    checked: int
    downloaded: int
    verified: int
    launched: int
    ready: int
    rolledback: int

    @property
    def never_launched(self) -> int:
        """Give how many installations have it and never opened it."""
        return max(0, self.verified - self.launched)


class AdoptionAnswer(msgspec.Struct, frozen=True):
    """What the BFF answers."""

    releases: tuple[ReleaseAdoption, ...]


def read(get: Get) -> tuple[ReleaseAdoption, ...]:
    """Ask for the counters.

    Raises:
        AdoptionError: they cannot be read there; a production server gives them on its own machine only.
    """
    status, body = get()
    if status != 200:  # noqa: PLR2004 - HTTP
        raise AdoptionError(
            detail=f"the server gives no adoption counters (HTTP {status})",
            remedy="in production read them on the server: tidegate adoption",
        )
    try:
        return msgspec.json.decode(body, type=AdoptionAnswer).releases
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise AdoptionError(detail=f"the answer is none of ours: {error}", remedy="is the address a BFF's?") from error


def send(adoption: Adoption, post: Send, new_batch: Callable[[], str]) -> int:
    """Send what a client counted; what the server will never take counts as arrived. Give how many events arrived."""

    def arrived(batch: bytes) -> bool:
        status = post(batch)
        return 200 <= status < 300 or status in _NEVER_TAKEN  # noqa: PLR2004 - HTTP

    return adoption.send(arrived, new_batch)
