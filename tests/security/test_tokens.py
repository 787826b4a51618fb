from datetime import UTC, datetime, timedelta

import pytest

from security.errors import TokenError
from security.tokens import (
    RefreshRecord,
    Rotation,
    new_refresh,
    refresh_hash,
    rotation,
)

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
RECORD = RefreshRecord("fam", "jkt", NOW + timedelta(days=30))


def test_a_refresh_token_is_found_by_its_hash() -> None:
    token, kept = new_refresh(bytes(range(32)))
    assert (refresh_hash(token), len(token), token in kept) == (kept, 43, False)


@pytest.mark.parametrize("token", ["", "AAAA", "x" * 43 + "=", "!" * 43])
def test_what_is_no_refresh_token_is_refused(token: str) -> None:
    with pytest.raises(TokenError):
        refresh_hash(token)


def test_too_little_chance_is_refused() -> None:
    with pytest.raises(TokenError):
        new_refresh(b"short")


def used(seconds: float) -> RefreshRecord:
    return RefreshRecord("fam", "jkt", NOW + timedelta(days=30), used_at=NOW - timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("record", "jkt", "decision"),
    [
        (RECORD, "jkt", Rotation.ROTATE),
        (used(10), "jkt", Rotation.REPEAT),
        (used(10.001), "jkt", Rotation.REVOKE_FAMILY),
        (used(1), "thief", Rotation.REVOKE_FAMILY),
        (used(3600), "thief", Rotation.REVOKE_FAMILY),
    ],
)
def test_a_used_token_that_comes_back_ends_its_family(record: RefreshRecord, jkt: str, decision: Rotation) -> None:
    assert rotation(record, jkt=jkt, now=NOW) == decision


@pytest.mark.parametrize(
    ("record", "jkt", "code"),
    [
        (RECORD, "thief", "TOKEN_INVALID"),
        (RefreshRecord("fam", "jkt", NOW), "jkt", "TOKEN_EXPIRED"),
        (RefreshRecord("fam", "jkt", NOW + timedelta(days=1), revoked=True), "jkt", "TOKEN_INVALID"),
    ],
)
def test_dead_or_stolen_tokens_are_refused(record: RefreshRecord, jkt: str, code: str) -> None:
    with pytest.raises(TokenError) as caught:
        rotation(record, jkt=jkt, now=NOW)
    assert caught.value.code == code
