"""How often a caller may call: counters per subject and operation, in this process or shared through Redis."""

import logging
from datetime import datetime
from functools import cache
from typing import Final, Protocol

from limits import RateLimitItem
from limits import parse as parse_limit
from limits.errors import StorageError
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter

from bff.bus.errors import RateLimitedError

_log = logging.getLogger(__name__)
_parse: Final = cache(parse_limit)


class Limiter(Protocol):
    """What the bus asks about rates."""

    def check(self, limit: str, *names: str, now: datetime) -> None:
        """Count one call under these names; raises RateLimitedError above the limit."""
        ...


class RateLimiter:
    """Fixed windows over ``limits`` (the library beneath Flask-Limiter), so a Redis URL shares them among instances.

    When Redis does not answer, each instance counts for itself until it does again: nobody is let through uncounted.
    """

    def __init__(self, storage_uri: str = "memory://", factor: int = 1) -> None:
        """Open the counters.

        Args:
            storage_uri: ``memory://`` or ``redis://host:port/db``.
            factor: multiplies every limit, for load tests.
        """
        options = {} if storage_uri.startswith("memory") else {"wrap_exceptions": True}
        storage = storage_from_string(storage_uri, **options)
        if not isinstance(storage, Storage):
            message = f"{storage_uri} cannot keep counters synchronously"
            raise TypeError(message)
        self._shared = FixedWindowRateLimiter(storage)
        self._own = FixedWindowRateLimiter(MemoryStorage())
        self._factor = factor

    def check(self, limit: str, *names: str, now: datetime) -> None:
        """Count one call under these names.

        Raises:
            RateLimitedError: the window is full; ``retryAfter`` says in how many seconds it ends.
        """
        item = _parse(limit)
        item = type(item)(item.amount * self._factor, item.multiples)
        try:
            counted, window = self._shared.hit(item, *names), self._shared
        except StorageError:
            _log.warning("the shared counters do not answer: counting in this process")
            counted, window = self._own.hit(item, *names), self._own
        if not counted:
            raise RateLimitedError(retryAfter=self._wait(window, item, names, now))

    def _wait(self, window: FixedWindowRateLimiter, item: RateLimitItem, names: tuple[str, ...], now: datetime) -> int:
        try:
            ends = window.get_window_stats(item, *names).reset_time
        except StorageError:
            return item.get_expiry()
        return max(1, min(round(ends - now.timestamp()), item.get_expiry()))
