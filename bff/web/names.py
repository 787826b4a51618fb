"""The names of a request: the id that support asks for, and the W3C trace that it belongs to."""

import re
from dataclasses import dataclass
from typing import Final

from flask import Flask, Response, g, has_request_context, request

from bff.kinds import NewBytes

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_TRACE: Final = re.compile(r"00-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})")
_NOBODY: Final = {"0" * 32, "0" * 16}


@dataclass(frozen=True, slots=True)
class Names:
    """A request's names.

    Attributes:
        request_id: the caller's X-Request-Id when it is sane, else ours.
        trace_id, span_id, flags: parts of W3C Trace Context; the span is this request's own.
    """

    request_id: str
    trace_id: str
    span_id: str
    flags: str

    @property
    def traceparent(self) -> str:
        """Give the header's value."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"

    def facts(self) -> dict[str, str]:
        """Give what log lines carry."""
        return {"request_id": self.request_id, "trace_id": self.trace_id}


def names() -> Names:
    """Give the present request's names; outside a request they are empty."""
    found = g.get("tidegate_names") if has_request_context() else None
    return found if isinstance(found, Names) else Names("", "", "", "00")


def name_request(request_id: str | None, traceparent: str | None, new_bytes: NewBytes) -> Names:
    """Take over the caller's names where they are sane, and make the others.

    Args:
        request_id: the X-Request-Id header.
        traceparent: the traceparent header.
        new_bytes: maker of ids.
    """
    chance = new_bytes(32).hex()
    match = _TRACE.fullmatch(traceparent or "")
    if match is None or match["trace"] in _NOBODY or match["span"] in _NOBODY:
        trace_id, flags = chance[:32], "00"
    else:
        trace_id, flags = match["trace"], match["flags"]
    sane = request_id is not None and _REQUEST_ID.fullmatch(request_id) is not None
    return Names(request_id if sane and request_id else f"req_{chance[32:56]}", trace_id, chance[48:], flags)


def register(app: Flask, new_bytes: NewBytes) -> None:
    """Name every request and say its names in the answer."""

    def take() -> None:
        g.tidegate_names = name_request(
            request.headers.get("X-Request-Id"), request.headers.get("traceparent"), new_bytes
        )

    def echo(response: Response) -> Response:
        present = names()
        response.headers["X-Request-Id"] = present.request_id
        response.headers["traceparent"] = present.traceparent
        return response

    app.before_request(take)
    app.after_request(echo)
