"""A test's own server on loopback: what goes wrong in it fails that test and is not written into another's output."""

import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


class LoopbackServer(ThreadingHTTPServer):
    """Serves from its making on a free port until it is closed; a browser that hangs up is no error."""

    daemon_threads = True

    def __init__(self, handler: Callable[..., BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.failures: list[BaseException] = []
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def handle_error(self, *_: Any) -> None:
        """Keep the error for `close`: standard error may belong to another test by now."""
        error = sys.exception()
        if error is not None and not isinstance(error, ConnectionError):
            self.failures.append(error)

    def close(self) -> None:
        """Stop serving; raise what a request has met."""
        self.shutdown()
        self.server_close()
        self._thread.join()
        if self.failures:
            message = "a test's server failed"
            raise BaseExceptionGroup(message, self.failures)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
