"""The loopback server of a test run: runner, dispatcher, contract, the bundle as it is served, and its test files."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import unquote, urlsplit

import native_bridge
from h5bundle.manifest import Manifest
from h5bundle.paths import media_type

_BRIDGE: Final = Path(native_bridge.__file__).parent
_RUNNER: Final = Path(__file__).parent
_HOST_POLICY: Final = (
    "frame-ancestors 'self'; worker-src 'none'; frame-src 'none'; object-src 'none'; base-uri 'none'; "
    "form-action 'none'"
)
TESTS: Final = (".test.mjs", ".test.js")
_MOST: Final = 16 * 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Content:
    """What a run serves.

    Attributes:
        manifest: of the bundle; its bytes.
        files: name → bytes, those of shared bundles below ``_shared/``.
        tests: test files by their names.
    """

    manifest: Manifest
    manifest_bytes: bytes
    files: Mapping[str, bytes]
    tests: Mapping[str, bytes]


@dataclass(slots=True)
class _Outcome:
    """Where the results arrive."""

    arrived: threading.Event = field(default_factory=threading.Event)
    body: bytes = b"[]"


class Site:
    """A server on a free loopback port for as long as the ``with`` block runs."""

    def __init__(self, content: Content) -> None:
        """Serve a bundle."""
        self._content = content
        self._documents = {
            "": (_RUNNER / "runner.html").read_bytes(),
            "contract.json": (_BRIDGE / "contract" / "contract.json").read_bytes(),
            "manifest.json": content.manifest_bytes,
            "tests.json": json.dumps(sorted(name for name in content.tests if name.endswith(TESTS))).encode(),
        }
        self._outcome = _Outcome()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def address(self) -> str:
        """Give the address of the runner's page."""
        return f"http://localhost:{self._server.server_address[1]}/"

    def __enter__(self) -> Self:
        """Begin to serve."""
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End."""
        self._server.shutdown()
        self._server.server_close()

    def results(self, seconds: float) -> list[dict[str, Any]] | None:
        """Wait for the results; None when they did not come."""
        if not self._outcome.arrived.wait(seconds):
            return None
        found: list[dict[str, Any]] = json.loads(self._outcome.body)
        return found

    def take(self, body: bytes) -> None:
        """Take the results."""
        self._outcome.body = body
        self._outcome.arrived.set()

    def answer(self, path: str) -> tuple[bytes, dict[str, str]] | None:
        """Give a file with its headers."""
        room, _, name = path.lstrip("/").partition("/")
        content = self._content
        if room == "page":
            data = content.files.get(name)
            headers = {"Content-Security-Policy": f"{content.manifest.csp}, {_HOST_POLICY}"}
            return None if data is None else (data, {"Content-Type": media_type(name), **headers})
        if not name and room in self._documents:
            return self._documents[room], {"Content-Type": media_type(room or "index.html")}
        data = content.tests.get(name) if room == "tests" else _module(room, name)
        return None if data is None else (data, {"Content-Type": media_type(name)})


def _module(room: str, name: str) -> bytes | None:
    """Give a module of the runner or of the bridge's host."""
    folder = {"runner": _RUNNER, "host": _BRIDGE / "shell" / "host"}.get(room)
    place = folder / name if folder is not None and "/" not in name and name.endswith(".mjs") else None
    return place.read_bytes() if place is not None and place.is_file() else None


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    """Make the handler of a site."""

    class Handler(BaseHTTPRequestHandler):
        """Answers for one site."""

        def do_GET(self) -> None:
            """Give a file."""
            answer = site.answer(unquote(urlsplit(self.path).path))
            body, headers = answer or (b"Not found\n", {"Content-Type": "text/plain"})
            self.send_response(200 if answer else 404)
            for name, value in {**headers, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            """Take the results."""
            length = min(int(self.headers.get("Content-Length", "0")), _MOST)
            body = self.rfile.read(length)
            self.send_response(204)
            self.end_headers()
            site.take(body)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    return Handler
