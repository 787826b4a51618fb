"""Chromium on a thread of its own, so that it lives beside other browsers of the same test run, and a small server."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, TypeVar

from playwright.sync_api import Page, sync_playwright

from tests.services import CHROMIUM, HEADLESS
from tests.serving import LoopbackServer

ROOT = Path(__file__).parents[3]
FOLDERS = {
    "shell": ROOT / "native_bridge" / "shell",
    "vectors": ROOT / "native_bridge" / "vectors",
    "contract": ROOT / "native_bridge" / "contract",
    "common": ROOT / "h5bundle" / "apps" / "common" / "src",
    "pages": Path(__file__).parent / "pages",
}
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".mjs": "text/javascript",
    ".js": "text/javascript",
    ".json": "application/json",
}
R = TypeVar("R")


class Files(BaseHTTPRequestHandler):
    """Serves the folders above, on whatever host name the browser used."""

    def do_GET(self) -> None:
        folder, _, name = self.path.partition("?")[0].lstrip("/").partition("/")
        path = (FOLDERS[folder] / name).resolve() if folder in FOLDERS else ROOT
        if folder not in FOLDERS or not path.is_relative_to(FOLDERS[folder]) or not path.is_file():
            self.send_error(404)
            return
        data = path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", TYPES.get(path.suffix, "application/octet-stream"))
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 — the base class's name
        """Keep quiet."""


class Chromium:
    """One browser with one page; every call runs on the browser's own thread."""

    def __init__(self) -> None:
        self.server = LoopbackServer(Files)
        self.port = self.server.server_address[1]
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._do(self._launch)

    def _launch(self) -> None:
        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(executable_path=HEADLESS, args=list(CHROMIUM))
        self._page = self._browser.new_page()

    def _do(self, act: Callable[..., R], *arguments: Any) -> R:
        return self._thread.submit(act, *arguments).result()

    @property
    def shell(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def bundle(self) -> str:
        return f"http://wealth-h5.localhost:{self.port}"

    def open(self, path: str) -> None:
        self._do(self._page.goto, f"{self.shell}{path}")

    def evaluate(self, script: str, argument: Any = None) -> Any:
        """Run a script in the shell's page."""
        return self._do(self._page.evaluate, script, argument)

    def in_frame(self, script: str, argument: Any = None) -> Any:
        """Run a script in the newest frame of the page."""
        return self._do(lambda: self._newest(self._page).evaluate(script, argument))

    @staticmethod
    def _newest(page: Page) -> Any:
        return page.frames[-1]

    def wait(self, script: str) -> None:
        """Wait until a script in the shell's page gives something true."""
        self._do(lambda: self._page.wait_for_function(script, timeout=15_000))

    def close(self) -> None:
        self._do(self._browser.close)
        self._do(self._playwright.stop)
        self._thread.shutdown()
        self.server.close()
