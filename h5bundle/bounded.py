"""Connections that are left in time: a socket's own limit begins anew with every byte, so drips would hold us on."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection


@contextmanager
def hanging_up(connected: socket.socket | None, seconds: float | None) -> Iterator[None]:
    """Hang up when what stands inside takes longer: a socket's own limit begins anew with every byte.

    Raises:
        TimeoutError: it took longer, whatever it made of the sudden end.
    """
    late = threading.Event()

    def hang_up() -> None:
        late.set()
        with suppress(OSError):
            if connected is not None:
                connected.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds or 0, hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
    if late.is_set():
        raise TimeoutError


class _Connection(HTTPConnection):
    """Reads the head of an answer within the limit for a pause."""

    def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override]  # urllib3 overrides it so itself
        with hanging_up(self.sock, self.timeout):
            return super().getresponse()


class _SecureConnection(HTTPSConnection):
    """Does the same over TLS."""

    def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override]  # urllib3 overrides it so itself
        with hanging_up(self.sock, self.timeout):
            return super().getresponse()


class BoundedPool(urllib3.HTTPConnectionPool):
    """Connections whose answers' heads come in time, or not at all."""

    ConnectionCls = _Connection


class BoundedSecurePool(urllib3.HTTPSConnectionPool):
    """The same over TLS."""

    ConnectionCls = _SecureConnection
