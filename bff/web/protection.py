"""What every answer carries for safety unless its own view knows better, and how large a request may be."""

from typing import Final

from flask import Flask, Response
from werkzeug.datastructures import Headers

LARGEST_BODY: Final = 256 * 1024
"""Bytes of the largest request body: 256 KiB."""
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


def register(app: Flask, *, https: bool) -> None:
    """Protect every answer and bound every request."""
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY

    def guard(response: Response) -> Response:
        protect(response.headers, https=https)
        return response

    app.after_request(guard)
