"""Replay marks: which DPoP proofs were seen, in this process or shared through Redis.

Invariants: a mark stays as long as its proof would be accepted; when no mark can be made the call is refused.
"""

import threading
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final, Protocol

from redis import Redis
from redis.exceptions import RedisError

from bff.kinds import Clock
from bff.sessions.errors import ReplayStoreError

CAPACITY: Final = 200_000


class ReplayMarks(Protocol):
    """The port: make a mark, and tell whether it was there."""

    def seen(self, key: str, ttl: int) -> bool:
        """Mark ``key`` for ``ttl`` seconds.

        Returns:
            Whether it was marked before.

        Raises:
            ReplayStoreError: it cannot be told.
        """
        ...


class MemoryReplayMarks:
    """Marks of a single worker; bounded, and full of live marks it refuses rather than forgets."""

    def __init__(self, clock: Clock, capacity: int = CAPACITY) -> None:
        """Start without marks."""
        self._clock = clock
        self._capacity = capacity
        self._lock = threading.Lock()
        self._ends: OrderedDict[str, datetime] = OrderedDict()

    def seen(self, key: str, ttl: int) -> bool:
        """Mark a key; see the port."""
        now = self._clock()
        with self._lock:
            while self._ends and next(iter(self._ends.values())) <= now:
                self._ends.popitem(last=False)
            if self._ends.get(key, now) > now:
                return True
            if len(self._ends) >= self._capacity:
                raise ReplayStoreError(detail="the replay marks are full", retryAfter=5)
            self._ends[key] = now + timedelta(seconds=ttl)
            self._ends.move_to_end(key)
            return False


class RedisReplayMarks:
    """Marks that any number of instances share."""

    def __init__(self, url: str) -> None:
        """Open the connection pool; nothing is connected yet."""
        self._redis = Redis.from_url(url, socket_timeout=2.0, socket_connect_timeout=2.0)

    def seen(self, key: str, ttl: int) -> bool:
        """Mark a key by one SET NX EX; see the port."""
        try:
            return not self._redis.set(f"tidegate:proof:{key}", b"1", nx=True, ex=max(1, ttl))
        except RedisError as error:
            raise ReplayStoreError(detail="the replay marks do not answer", retryAfter=2) from error
