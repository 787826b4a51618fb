"""On which terms a bundle may open on a device: which release it must take first, and how old its last check may be.

Pure rules without IO, the same as in the shell's ``core/terms.mjs``; both are held to the golden cases of rollouts.
Instants are whole seconds since 1970. Age is measured from the last successful check to the newest instant that the
device has shown, so a clock that is set back makes nothing younger; a clock that runs behind what it has shown by more
than a few minutes asks for a check itself. A successful check begins anew, so a wrong clock never locks out for good.
"""

from enum import StrEnum
from typing import Final

import msgspec

from h5bundle.rollout import Decision, RolloutPolicy

CLOCK_TOLERANCE: Final = 300
"""So many seconds a clock may fall back when it is put right."""
_HOUR: Final = 3_600


class Terms(msgspec.Struct, frozen=True):
    """What the last verified policy demands, and what time the device has shown.

    Attributes:
        must: digest of the forced release that this installation gets.
        stale_hours: longest time without a successful check.
        checked: when the last check succeeded; seen: the newest instant shown since.
    """

    must: str | None = None
    stale_hours: int | None = None
    checked: int | None = None
    seen: int = 0


class Obstacle(StrEnum):
    """Why a bundle may not open."""

    STALE = "stale"
    FORCED = "forced"


def checked(policy: RolloutPolicy, decision: Decision, *, now: int) -> Terms:
    """Give the terms that a successful check sets."""
    must = decision.release.digest if decision.release is not None and decision.forced else None
    return Terms(must, policy.stale_hours, now, now)


def seen(terms: Terms, *, now: int) -> Terms:
    """Keep the newest instant that the device has shown."""
    return msgspec.structs.replace(terms, seen=max(terms.seen, now))


def is_stale(terms: Terms, *, now: int) -> bool:
    """Tell whether a check must succeed before anything opens."""
    if terms.stale_hours is None or terms.checked is None:
        return False
    set_back = terms.seen - now > CLOCK_TOLERANCE
    return set_back or max(terms.seen, now) - terms.checked > terms.stale_hours * _HOUR


def obstacle(terms: Terms, *, opens: str | None, sent_back: bool, now: int) -> Obstacle | None:
    """Tell what keeps a bundle from opening.

    Args:
        terms: as they stand.
        opens: digest of the release that would open.
        sent_back: the forced release failed its trial on this device, so it is forced no more.
        now: the present instant.
    """
    if is_stale(terms, now=now):
        return Obstacle.STALE
    if terms.must is not None and terms.must != opens and not sent_back:
        return Obstacle.FORCED
    return None
