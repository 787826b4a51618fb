"""What every answer carries for safety unless its own view knows better, and how large a request may be.

A refusal that comes before the body was read leaves bytes on the connection: the server would close it behind the
answer and lose the next request on it. So what is left of a body is read and thrown away, within bounds.
"""

from typing import Any, Final

from flask import Flask, Response, request
from werkzeug.datastructures import Headers

LARGEST_BODY: Final = 256 * 1024
"""Bytes of the largest request body: 256 KiB."""
DRAINED: Final = 2 * 1024 * 1024
"""Bytes of an unread body that are thrown away so that the caller hears the answer; beyond them he is cut off."""
_PIECE: Final = 64 * 1024
_DEFAULTS: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Cache-Control", "no-store"),
)
_TRANSPORT: Final = "max-age=63072000; includeSubDomains"


def protect(headers: Headers, *, https: bool) -> None:
    """Add the safe defaults that a view has not set itself."""
    for name, value in _DEFAULTS:
        headers.setdefault(name, value)
    if https:
        headers.setdefault("Strict-Transport-Security", _TRANSPORT)


def drain(body: Any) -> None:
    """Read what is left of a request's body, at most ``DRAINED`` bytes of it."""
    left = DRAINED
    while left > 0 and (piece := body.read(_PIECE)):
        left -= len(piece)


def register(app: Flask, *, https: bool) -> None:
    """Protect every answer and bound every request."""
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY

    def guard(response: Response) -> Response:
        protect(response.headers, https=https)
        if (request.content_length or 0) <= DRAINED and "wsgi.input" in request.environ:
            drain(request.environ["wsgi.input"])
        return response

    app.after_request(guard)
