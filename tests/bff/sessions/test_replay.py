import os
from datetime import UTC, datetime, timedelta

import pytest

from bff.sessions.errors import ReplayStoreError
from bff.sessions.replay import MemoryReplayMarks, RedisReplayMarks

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
REDIS = os.environ.get("TIDEGATE_TEST_REDIS")  # noqa: TID251 — the run's own switch


class Clock:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


def test_a_key_is_new_once_while_its_mark_lives() -> None:
    clock = Clock()
    marks = MemoryReplayMarks(clock)
    assert [marks.seen("a", 120), marks.seen("a", 120), marks.seen("b", 120)] == [False, True, False]
    clock.now += timedelta(seconds=119)
    assert marks.seen("a", 120)
    clock.now += timedelta(seconds=2)
    assert not marks.seen("a", 120)


def test_full_of_live_marks_it_refuses_instead_of_forgetting() -> None:
    clock = Clock()
    marks = MemoryReplayMarks(clock, capacity=2)
    marks.seen("a", 120)
    marks.seen("b", 120)
    with pytest.raises(ReplayStoreError):
        marks.seen("c", 120)
    assert marks.seen("a", 120)
    clock.now += timedelta(seconds=121)
    assert not marks.seen("c", 120)


@pytest.mark.skipif(REDIS is None, reason="TIDEGATE_TEST_REDIS names no server")
def test_instances_share_their_marks_through_redis() -> None:
    assert REDIS is not None
    key = os.urandom(8).hex()
    assert not RedisReplayMarks(REDIS).seen(key, 120)
    assert RedisReplayMarks(REDIS).seen(key, 120)


def test_without_redis_nothing_is_let_through() -> None:
    with pytest.raises(ReplayStoreError):
        RedisReplayMarks("redis://127.0.0.1:1/0").seen("a", 120)
