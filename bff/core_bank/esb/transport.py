"""Carrying one message to the ESB and one back over HTTP, bounded in time and size, on connections that are kept.

Invariants: nothing is ever sent twice by this room; a redirect is not followed; whatever is not a whole answer in time
is ``NoAnswerError``, which says nothing of whether the message arrived.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import urllib3

from h5bundle.bounded import BoundedPool, BoundedSecurePool

ANSWER_BYTES: Final = 256 * 1024
CONNECTIONS: Final = 16
_CHUNK: Final = 16 * 1024
_OK: Final = 200


class NoAnswerError(Exception):
    """No whole answer came in time."""


class Transport(Protocol):
    """Carries a message there and its answer back."""

    def __call__(self, body: bytes, media_type: str) -> bytes:
        """Give the answer; raises NoAnswerError."""
        ...


@dataclass(frozen=True, slots=True)
class Tls:
    """Files for mutual authentication: who signs the ESB's certificate, and this system's own with its key."""

    authorities: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


class HttpTransport:
    """Implements ``Transport`` on a pool of kept connections to one address."""

    def __init__(
        self, address: str, *, seconds: float, tls: Tls | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Take the address.

        Args:
            address: of the ESB: scheme, host and path.
            seconds: how long an exchange may take, connecting and reading each for itself no longer.
            tls: for https; the server's name is always checked.
            clock: seconds that only grow.
        """
        parts = urlsplit(address)
        tls = tls or Tls()
        self._path = parts.path or "/"
        self._seconds = seconds
        self._clock = clock
        options: dict[str, Any] = {
            "maxsize": CONNECTIONS,
            "block": True,
            "retries": False,
            "timeout": urllib3.Timeout(connect=seconds, read=seconds),
        }
        self._pool: urllib3.HTTPConnectionPool
        if parts.scheme == "https":
            files = {"ca_certs": tls.authorities, "cert_file": tls.certificate, "key_file": tls.key}
            given = {name: str(path) for name, path in files.items() if path is not None}
            options |= {"cert_reqs": "CERT_REQUIRED", **given}
            self._pool = BoundedSecurePool(parts.hostname or "", parts.port, **options)
        else:
            self._pool = BoundedPool(parts.hostname or "", parts.port, **options)

    def __call__(self, body: bytes, media_type: str) -> bytes:
        """Give the answer.

        Raises:
            NoAnswerError: there is none in time, or it is too large or another status than 200.
        """
        end = self._clock() + self._seconds
        try:
            response = self._pool.urlopen(
                "POST",
                self._path,
                body=body,
                headers={"Content-Type": media_type, "Accept": media_type},
                redirect=False,
                preload_content=False,
                pool_timeout=max(1, int(self._seconds)),
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise NoAnswerError(type(error).__name__) from error
        return self._read(response, end)

    def _read(self, response: urllib3.BaseHTTPResponse, end: float) -> bytes:
        """Read the whole body, or leave the connection."""
        whole = bytearray()
        try:
            while data := response.read1(_CHUNK):
                whole += data
                if len(whole) > ANSWER_BYTES or self._clock() > end:
                    break
            else:
                if response.status == _OK:
                    response.release_conn()
                    return bytes(whole)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            response.close()
            raise NoAnswerError(type(error).__name__) from error
        response.close()
        message = f"status {response.status}, {len(whole)} bytes"
        raise NoAnswerError(message)
