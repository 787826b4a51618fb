"""A server for the pages' tests: the built bundles on their own origins, under the headers of the real worker."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import TracebackType
from typing import Self

from bff.sandbox import BUNDLES
from h5bundle.assets import collect
from h5bundle.project import Project, read_project
from tests.serving import LoopbackServer

APPS = Path(__file__).parents[3] / "h5bundle" / "apps"
HERE = Path(__file__).parent
HOST = HERE / "host"
GALLERY = "gallery"
"""A bundle of the tests alone: it shows every part of the shared one."""
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".json": "application/json"}


@dataclass(frozen=True)
class Answer:
    """Bytes with their headers."""

    body: bytes
    headers: dict[str, str]


def project_of(bundle: str) -> Project:
    """Read a bundle of the bank, or the tests' own."""
    return read_project((HERE if bundle == GALLERY else APPS) / bundle)


def files_of(bundle: str) -> dict[str, bytes]:
    """Build a bundle and lay the shared one beside it."""
    shared = {f"_shared/common/{name}": content for name, content in built("common").items()}
    return {**built(bundle), **shared}


@cache
def built(bundle: str) -> Mapping[str, bytes]:
    """Build a bundle once a process."""
    return collect(project_of(bundle))


class Site:
    """The host page on localhost and every bundle on its origin, on one free port."""

    def __init__(self) -> None:
        self.projects = {name: project_of(name) for name in (*BUNDLES, GALLERY) if name != "common"}
        self.files = {name: files_of(name) for name in self.projects}
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer = site.answer(self.headers["Host"].split(":")[0], self.path.split("?")[0])
                self.send_response(200 if answer else 404)
                for name, value in (answer.headers if answer else {"Content-Type": "text/plain"}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body if answer else b"")

            def log_message(self, *_: object) -> None:
                """Stay silent."""

        self._server = LoopbackServer(Handler)
        self.port = self._server.server_address[1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.close()

    def answer(self, host: str, path: str) -> Answer | None:
        """Answer for the shell's host or a bundle's."""
        if host == "localhost":
            return self._shell(path)
        return self._bundle(host.removesuffix("-h5.localhost"), path)

    def _shell(self, path: str) -> Answer | None:
        if path.startswith("/host/declared/"):
            bundle = Path(path).stem
            declaration = self.projects[bundle].declaration
            declared = {"ops": declaration.ops, "permissions": declaration.permissions, "events": declaration.events}
            answers = (HOST / "answers" / f"{bundle}.js").is_file()
            return Answer(json.dumps({**declared, "answers": answers}).encode(), {"Content-Type": "application/json"})
        file = HOST / ("index.html" if path == "/" else path.removeprefix("/host/"))
        if not file.is_file():
            return None
        return Answer(file.read_bytes(), {"Content-Type": f"{TYPES[file.suffix]}; charset=utf-8"})

    def _bundle(self, bundle: str, path: str) -> Answer | None:
        body = self.files.get(bundle, {}).get("/".join(path.split("/")[3:]))
        if body is None:
            return None
        constant = "worker-src 'none'; frame-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'"
        policy = f"{self.projects[bundle].declaration.csp}, frame-ancestors http://localhost:{self.port}; {constant}"
        headers = {"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff"}
        return Answer(body, headers | {"Content-Type": f"{TYPES[Path(path).suffix]}; charset=utf-8"})
