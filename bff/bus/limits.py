"""How often a caller may call: counters per subject and operation, in this process or shared through Redis."""

import logging
import threading
from datetime import datetime
from functools import cache
from typing import Final, Protocol

from limits import RateLimitItem
from limits import parse as parse_limit
from limits.errors import StorageError
from limits.storage import Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter

from bff.errors import RateLimitedError

_log = logging.getLogger(__name__)
_parse: Final = cache(parse_limit)
SWEPT: Final = 10_000
"""From how many windows on the ended ones are swept out."""


class Limiter(Protocol):
    """What the bus asks about rates."""

    def check(self, limit: str, *names: str, now: datetime) -> None:
        """Count one call under these names; raises RateLimitedError above the limit."""
        ...


class RateLimiter:
    """Fixed windows; with a Redis URL ``limits`` (the library beneath Flask-Limiter) shares them among instances.

    When Redis does not answer, each instance counts for itself until it does again: nobody is let through uncounted.
    """

    def __init__(self, storage_uri: str = "memory://", factor: int = 1) -> None:
        """Open the counters.

        Args:
            storage_uri: ``memory://`` or ``redis://host:port/db``.
            factor: multiplies every limit, for load tests.
        """
        self._own = Windows()
        self._shared = None if storage_uri.startswith("memory") else _shared(storage_uri)
        self._factor = factor

    def check(self, limit: str, *names: str, now: datetime) -> None:
        """Count one call under these names.

        Raises:
            RateLimitedError: the window is full; ``retryAfter`` says in how many seconds it ends.
        """
        item = _parse(limit)
        if self._factor != 1:
            item = type(item)(item.amount * self._factor, item.multiples)
        wait = self._count(item, names, now)
        if wait is not None:
            raise RateLimitedError(retryAfter=max(1, min(round(wait), item.get_expiry())))

    def _count(self, item: RateLimitItem, names: tuple[str, ...], now: datetime) -> float | None:
        """Count; give None when the call may go on, else the seconds until the window ends."""
        if self._shared is not None:
            try:
                if self._shared.hit(item, *names):
                    return None
                return self._shared.get_window_stats(item, *names).reset_time - now.timestamp()
            except StorageError:
                _log.warning("the shared counters do not answer: counting in this process")
        return self._own.hit(item, names, now.timestamp())


class Windows:
    """The counters of one process; windows that ended are swept out when there are many."""

    def __init__(self) -> None:
        """Start with no window."""
        self._lock = threading.Lock()
        self._found: dict[tuple[str, ...], tuple[float, int]] = {}
        self._sweep_at = SWEPT

    def hit(self, item: RateLimitItem, names: tuple[str, ...], now: float) -> float | None:
        """Count one; give None when it fits, else the seconds until its window ends."""
        key = (item.key_for(), *names)
        with self._lock:
            ends, count = self._found.get(key, (0.0, 0))
            if ends <= now:
                ends, count = now + item.get_expiry(), 0
            if count >= item.amount:
                return ends - now
            self._found[key] = (ends, count + 1)
            if len(self._found) > self._sweep_at:
                self._found = {name: window for name, window in self._found.items() if window[0] > now}
                self._sweep_at = max(SWEPT, 2 * len(self._found))
        return None


def _shared(storage_uri: str) -> FixedWindowRateLimiter:
    storage = storage_from_string(storage_uri, wrap_exceptions=True)
    if not isinstance(storage, Storage):
        message = f"{storage_uri} cannot keep counters synchronously"
        raise TypeError(message)
    return FixedWindowRateLimiter(storage)
