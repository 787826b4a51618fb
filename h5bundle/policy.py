"""Thresholds and lifetimes of the roles, and how the repository itself keeps them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from h5bundle.formats import Root
from h5bundle.keys import ROLLOUT, ROOT, TARGETS, app_role

_MAX_SECONDS: Final = 10 * 366 * 86_400
POLICY: Final = "x-tidegate-policy"
"""Field of the root that holds lifetimes, and the threshold of bundles to come; TUF clients pass over it."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Thresholds and lifetimes of the roles.

    They are written into the root when a repository is made, and read from there ever after (``policy_of``), so that no
    later signing depends on what a machine takes for the default.

    Attributes:
        thresholds: role → how many keys must sign; 1 where nothing is said.
        lifetimes: role → how long its metadata is believed.
    """

    thresholds: Mapping[str, int] = field(default_factory=dict)
    lifetimes: Mapping[str, timedelta] = field(
        default_factory=lambda: {
            ROOT: timedelta(days=365),
            TARGETS: timedelta(days=182),
            "app": timedelta(days=60),
            ROLLOUT: timedelta(days=3),
            "snapshot": timedelta(days=7),
            "timestamp": timedelta(days=1),
        }
    )

    def threshold(self, role: str) -> int:
        """Give how many keys of a role must sign; app roles share the word ``app``."""
        return self.thresholds.get(role, self.thresholds.get("app", 1) if role.startswith("app-") else 1)

    def expires(self, role: str, now: datetime) -> datetime:
        """Give when metadata signed now expires, to the second as TUF writes it."""
        lifetime = self.lifetimes.get(role) or self.lifetimes["app"]
        return (now + lifetime).replace(microsecond=0)

    def due(self, role: str, expires: datetime, now: datetime) -> bool:
        """Tell whether half of a role's lifetime is over."""
        return self.age(role, expires, now) > 1 / 2

    def age(self, role: str, expires: datetime, now: datetime) -> float:
        """Give how much of a role's lifetime is over: 0 when it was just signed, 1 at its expiry, then more."""
        lifetime = self.lifetimes.get(role) or self.lifetimes["app"]
        return (lifetime - (expires - now)) / lifetime


def write_policy(root: Root, policy: Policy) -> None:
    """Write into a root what is not TUF's own: lifetimes, and the threshold of bundles to come."""
    seconds = {role: int(lifetime.total_seconds()) for role, lifetime in policy.lifetimes.items()}
    root.unrecognized_fields[POLICY] = {"app": policy.threshold(app_role("")), "lifetimes": seconds}


def policy_of(root: Root) -> Policy:
    """Read from a verified root what ``write_policy`` wrote; the thresholds of its own roles are TUF's."""
    written: dict[str, Any] = root.unrecognized_fields.get(POLICY, {})
    lifetimes = {role: timedelta(seconds=seconds) for role, seconds in written.get("lifetimes", {}).items()}
    top = {role: root.roles[role].threshold for role in (ROOT, TARGETS)}
    return Policy({**top, "app": written.get("app", 1)}, {**Policy().lifetimes, **lifetimes})


def is_written_well(root: Root) -> bool:
    """Tell whether what a root says of lifetimes and thresholds to come can be read; nothing said is well."""
    written = root.unrecognized_fields.get(POLICY, {})
    if not isinstance(written, dict) or not isinstance(written.get("lifetimes", {}), dict):
        return False
    numbers = [written.get("app", 1), *written.get("lifetimes", {}).values()]
    return all(isinstance(number, int) and 0 < number <= _MAX_SECONDS for number in numbers)
