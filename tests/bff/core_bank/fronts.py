"""ESB fronts on a free port of this machine, as a test's own server, and without a network."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from werkzeug.serving import make_server

from bff.core_bank.cli import FrontHandler
from bff.core_bank.esb.front import Front, FrontApplication
from bff.core_bank.esb.transport import NoAnswerError


@contextmanager
def served(front: Front, *, silence: float) -> Iterator[str]:
    """Serve a front until the block ends; give its address."""
    server = make_server(
        "127.0.0.1", 0, FrontApplication(front, silence=silence), threaded=True, request_handler=FrontHandler
    )
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}/core"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Direct:
    """A transport that hands messages to a front in this process; silence is a time-out that takes no time."""

    front: Front

    def __call__(self, body: bytes, _media_type: str) -> bytes:
        reply = self.front.reply(body)
        if reply.silent or not reply.status.startswith("200"):
            raise NoAnswerError(reply.status)
        return reply.data
