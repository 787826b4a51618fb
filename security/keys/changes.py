"""A change of a key as a value: asked for now, performed later, and never on another state than it was asked for.

``before`` freezes what stood when the change was asked for: the active key of a purpose, or the state of a key. So a
change that was performed already, or that somebody else overtook, is refused instead of being done twice.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from security.errors import KeyStoreError
from security.jwk import parse_jwk
from security.keys.model import KeyRecord, KeyState, algorithms
from security.keys.store import KeyStore

SETTLED: Final = timedelta(minutes=10)
"""After so long no transaction is under way any more that sealed under a key before it was followed by another."""


class Action(StrEnum):
    """What can be done with a key."""

    STAGE = "stage"
    ACTIVATE = "activate"
    ROTATE = "rotate"
    REVOKE = "revoke"
    RETIRE = "retire"
    DESTROY = "destroy"


OF_A_PURPOSE: Final = frozenset({Action.STAGE, Action.ROTATE})
"""Actions whose subject is a purpose; the others name a key."""
_ENDING: Final = frozenset({Action.REVOKE, Action.RETIRE, Action.DESTROY})


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a key.

    Attributes:
        action: what is to be done; subject: the purpose or the kid that it is done with.
        before: kid of the purpose's active key (empty for none), or the key's state.
        uri, public: of a key to be staged that lies outside the folder; public as JWK members, where needed.
    """

    action: Action
    subject: str
    before: str
    uri: str = ""
    public: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Guard:
    """What data forbids.

    Attributes:
        lasting: purposes whose keys open or find data.
        uses: tells how many values hang on the key of an id.
    """

    lasting: frozenset[str]
    uses: Callable[[str], int]


def frozen(
    store: KeyStore, action: Action, subject: str, *, uri: str = "", public: Mapping[str, str] | None = None
) -> Change:
    """Give a change with what stands now.

    Raises:
        KeyStoreError: no such purpose or key.
    """
    return Change(action, subject, _standing(store, action, subject), uri, dict(public or {}))


def perform(store: KeyStore, change: Change, now: datetime, guard: Guard) -> KeyRecord:
    """Do a change; give the line of the key that it was about, or that it made.

    Raises:
        KeyStoreError: KEY_CHANGED when something else stands than was frozen; KEY_IN_USE when data hangs on the key;
            KEY_STATE, KEY_TOO_EARLY as the store says.
    """
    if _standing(store, change.action, change.subject) != change.before:
        message = f"{change.subject} changed since this was asked for: it was {change.before or 'without a key'}"
        raise KeyStoreError(detail=message, code="KEY_CHANGED")
    _check(store, change, now, guard)
    return _line(store, _done(store, change, now))


def _done(store: KeyStore, change: Change, now: datetime) -> str:
    match change.action:
        case Action.STAGE:
            public = parse_jwk(change.public).public_key if change.public else None
            return store.stage(change.subject, now, uri=change.uri, public=public).kid
        case Action.ROTATE:
            return store.rotate(change.subject, now, instead_of=change.before or None).kid
        case Action.ACTIVATE:
            return store.activate(change.subject, now).kid
        case Action.REVOKE:
            store.revoke(change.subject, now)
        case Action.RETIRE:
            store.retire(change.subject, now)
        case Action.DESTROY:
            store.destroy(change.subject, now)
    return change.subject


def _check(store: KeyStore, change: Change, now: datetime, guard: Guard) -> None:
    """Refuse what would make data unreadable."""
    if change.action in OF_A_PURPOSE:
        return
    record = _line(store, change.subject)
    if change.action not in _ENDING or record.purpose not in guard.lasting or record.state is KeyState.STAGED:
        return
    if record.state is KeyState.ACTIVE:
        message = f"{record.kid} stays: what it sealed or indexed could never be read again; see docs/security.md"
        raise KeyStoreError(detail=message, code="KEY_IN_USE")
    if record.state is KeyState.VERIFY_ONLY and now < record.changed + SETTLED:
        raise KeyStoreError(detail=f"{record.kid} was active until a moment ago: wait", code="KEY_TOO_EARLY")
    held = guard.uses(record.kid)
    if held:
        message = f"{record.kid} stays: {held} values or customers hang on it; `tidegate keys rewrap` moves them"
        raise KeyStoreError(detail=message, code="KEY_IN_USE")


def _standing(store: KeyStore, action: Action, subject: str) -> str:
    if action not in OF_A_PURPOSE:
        return _line(store, subject).state.value
    algorithms(subject)
    active = [item.kid for item in store.records() if item.purpose == subject and item.state is KeyState.ACTIVE]
    return active[0] if active else ""


def _line(store: KeyStore, kid: str) -> KeyRecord:
    for record in store.records():
        if record.kid == kid:
            return record
    raise KeyStoreError(detail=f"no key {kid!r}")
