import os
from datetime import UTC, datetime, timedelta

import pytest

from bff.bus.limits import RateLimiter
from bff.errors import RateLimitedError

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
REDIS = os.environ.get("TIDEGATE_TEST_REDIS")  # noqa: TID251 — the run's own switch


def count(limiter: RateLimiter, name: str) -> int:
    allowed = 0
    try:
        for _ in range(20):
            limiter.check("5/hour", "operation", name, now=NOW)
            allowed += 1
    except RateLimitedError:
        pass
    return allowed


def test_each_name_has_its_own_count() -> None:
    limiter = RateLimiter()
    assert (count(limiter, "a"), count(limiter, "b"), count(limiter, "a")) == (5, 5, 0)


def test_a_factor_widens_every_limit() -> None:
    assert count(RateLimiter(factor=3), "a") == 15


@pytest.mark.skipif(REDIS is None, reason="TIDEGATE_TEST_REDIS names no server")
def test_instances_share_their_counts_through_redis() -> None:
    assert REDIS is not None
    name = os.urandom(8).hex()
    assert count(RateLimiter(REDIS), name) + count(RateLimiter(REDIS), name) == 5


def test_without_redis_each_instance_counts_for_itself() -> None:
    limiter = RateLimiter("redis://127.0.0.1:1/0")
    assert (count(limiter, "a"), count(limiter, "a")) == (5, 0)


def test_a_window_ends_and_what_ended_is_forgotten() -> None:
    limiter = RateLimiter()
    assert count(limiter, "a") == 5
    limiter.check("5/hour", "operation", "a", now=NOW + timedelta(hours=1))
    for number in range(10_001):
        limiter.check("5/hour", str(number), now=NOW + timedelta(hours=3))
    assert len(limiter._own._found) == 10_001
