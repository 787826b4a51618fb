"""``h5bundle sign-timestamp``: keep a quiet repository believed; run it every few hours."""

from dataclasses import dataclass
from datetime import datetime

from h5bundle.keys import RoleKeys
from h5bundle.repository import Policy, load_for_reading, renew_online
from h5bundle.stores.port import Store


@dataclass(frozen=True, slots=True)
class Renewal:
    """What was signed, and until when the timestamp is believed now."""

    roles: tuple[str, ...]
    expires: datetime


def run(store: Store, keys: RoleKeys, *, now: datetime, policy: Policy | None = None) -> Renewal:
    """Sign what online keys sign: the timestamp always, snapshot and rollout at half of their time.

    Raises:
        TrustError: the repository is not whole.
        RoleKeyError: an online key is missing.
        LockedError: another publisher is at work.
    """
    roles = renew_online(store, keys, now=now, policy=policy)
    return Renewal(roles, load_for_reading(store).timestamp.signed.expires)
