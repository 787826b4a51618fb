"""A ceiling on requests without a token from one address: scans and floods end before they reach a room.

Calls with a token are counted by the bus, per caller and operation; an address behind which a city sits must not be
cut off for them. Flask-Limiter keeps the counters, in memory or in the Redis that all instances share.
"""

from flask import Flask, Response, request
from flask_limiter import Limiter
from flask_limiter.errors import RateLimitExceeded
from flask_limiter.util import get_remote_address

from bff.errors import RateLimitedError
from bff.kinds import Clock
from bff.web.errors import respond


def register(app: Flask, *, limit: str, storage_uri: str, clock: Clock) -> None:
    """Count every request that carries no token.

    Args:
        app: the application.
        limit: in Flask-Limiter's words, ``1200/minute``.
        storage_uri: ``memory://`` or a Redis URL; when Redis does not answer, each instance counts for itself.
        clock: for Retry-After.
    """
    limiter = Limiter(
        get_remote_address,
        app=app,
        application_limits=[limit],
        storage_uri=storage_uri,
        in_memory_fallback_enabled=True,
        in_memory_fallback=[limit],
    )
    limiter.request_filter(_has_token)

    def refuse(error: RateLimitExceeded) -> Response:
        present = limiter.current_limit
        wait = 1 if present is None else max(1, round(present.reset_at - clock().timestamp()))
        said = f"more than {error.description} requests without a token from this address"
        return respond(RateLimitedError(detail=said, retryAfter=wait))

    app.register_error_handler(RateLimitExceeded, refuse)


def _has_token() -> bool:
    return "Authorization" in request.headers
