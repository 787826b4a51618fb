"""A small web server for the shell's host, the bundles' hosts, the repository and a bank, on one free port."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from native_bridge.hosting import BundleHost, HostedAnswer, shell_headers
from tests.native_bridge.shell.tuf_repository import Repository, media_type
from tests.serving import LoopbackServer

SHELL = Path(__file__).parents[3] / "native_bridge" / "shell"
HERE = Path(__file__).parent
PAGE = b'<!doctype html><html lang="en"><title>shell</title><div id="stage"></div>'
NOTHING = HostedAnswer(404, {"Content-Type": "text/plain"}, b"no\n")


@dataclass(frozen=True, slots=True)
class Received:
    method: str
    host: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Site:
    """What is served now, and what was asked for."""

    repository: Repository
    bank: Callable[[Received], HostedAnswer] = field(default=lambda _: NOTHING)
    port: int = 0
    log: list[tuple[str, str]] = field(default_factory=list)
    online: bool = True
    preset: Mapping[str, bytes] = field(default_factory=dict)

    def reset(self, repository: Repository) -> None:
        """Serve another repository and forget what was asked for."""
        self.repository = repository
        self.bank = lambda _: NOTHING
        self.online = True
        self.preset = {}
        self.log.clear()

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    def bundle_origin(self, bundle: str) -> str:
        return f"http://{bundle}-h5.localhost:{self.port}"

    def config(self) -> dict[str, Any]:
        return {
            "env": "sandbox",
            "aud": "tidegate-bff",
            "repository": "/repo",
            "trustedRoot": self.repository.trusted_root,
            "bundles": ["common", "wealth"],
            "app": {"id": "cn.lanjiang.tidegate", "version": "1.0.0"},
        }

    def answer(self, received: Received) -> HostedAnswer:
        name = received.host.partition(":")[0]
        if name.endswith("-h5.localhost"):
            return self._bundle_host(name.removesuffix("-h5.localhost"), received)
        if received.target.startswith("/app/v1/"):
            return self.bank(received)
        return self._shell(received.target)

    def _bundle_host(self, bundle: str, received: Received) -> HostedAnswer:
        keys = self.repository.role_keys(bundle)
        if not keys:  # a page of the test before may still ask
            return NOTHING
        host = BundleHost(bundle=bundle, keys=keys, threshold=1, shell_origin=self.origin)
        return host.answer(target=received.target, headers=received.headers)

    def _shell(self, target: str) -> HostedAnswer:
        if target.startswith("/repo/"):
            data = self.repository.files.get(target.removeprefix("/repo/"))
            return NOTHING if data is None else HostedAnswer(200, {"Content-Type": "application/octet-stream"}, data)
        if target.startswith("/shell/preset/"):
            data = self.preset.get(target.removeprefix("/shell/preset/"))
            return NOTHING if data is None else HostedAnswer(200, {"Content-Type": "application/octet-stream"}, data)
        headers = shell_headers(bundle_origins=[self.bundle_origin("wealth"), self.bundle_origin("accounts")])
        if target == "/":
            return HostedAnswer(200, headers | {"Content-Type": "text/html; charset=utf-8"}, PAGE)
        if target == "/config.json":
            return HostedAnswer(200, headers | {"Content-Type": "application/json"}, json.dumps(self.config()).encode())
        path = HERE / "harness.mjs" if target == "/harness.mjs" else SHELL / target.removeprefix("/shell/")
        if ".." in target or not path.is_file():
            return NOTHING
        return HostedAnswer(200, headers | {"Content-Type": media_type(path.name)}, path.read_bytes())


class _Server(LoopbackServer):
    def __init__(self, site: Site) -> None:
        self.site = site
        super().__init__(_Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        site = self.server.site
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        received = Received(self.command, headers.get("host", ""), self.path, headers, self.rfile.read(length))
        site.log.append((received.host.partition(":")[0], self.path))
        if not site.online:
            self.close_connection = True
            return
        answer = site.answer(received)
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = _serve  # noqa: N815 — names given by http.server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 — name given by http.server
        """Stay quiet."""


def start(site: Site) -> Callable[[], None]:
    """Serve until the given function is called."""
    server = _Server(site)
    site.port = server.server_address[1]
    return server.close
