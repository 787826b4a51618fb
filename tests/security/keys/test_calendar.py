"""The key calendar: staging two weeks before the rotation, rotating, retiring."""

from datetime import UTC, datetime, timedelta

from security.keys.calendar import entries
from security.keys.model import KeyRecord, KeyState

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def record(kid: str, state: KeyState) -> KeyRecord:
    return KeyRecord(kid, "access-token", "ES256", state, f"file:{kid}", {}, NOW)


def test_an_active_key_is_followed_by_a_staged_one_and_then_rotated() -> None:
    found = entries([record("a", KeyState.ACTIVE)], NOW)
    assert [(entry.action, entry.due, entry.urgent) for entry in found] == [
        ("stage", NOW + timedelta(days=76), False),
        ("rotate", NOW + timedelta(days=90), False),
    ]
    later = entries([record("a", KeyState.ACTIVE)], NOW + timedelta(days=76))
    assert [entry.urgent for entry in later] == [True, True]


def test_a_staged_key_makes_staging_needless_and_an_old_key_is_retired_after_its_tokens() -> None:
    keys = [record("a", KeyState.ACTIVE), record("b", KeyState.STAGED), record("c", KeyState.VERIFY_ONLY)]
    found = entries([*keys, record("d", KeyState.REVOKED), record("e", KeyState.RETIRED)], NOW)
    assert [(entry.kid, entry.action) for entry in found] == [("c", "retire"), ("a", "rotate")]
    assert found[0].due == NOW + timedelta(hours=1)
