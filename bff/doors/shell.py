"""The shell's door: which host was asked decides what is served.

The shell's own host has the page, its modules, contract and configuration, beside the API. A bundle's host has a
loader page and a worker script and nothing else at all; the web host is answered in ``bff.doors.web``. Any other host
is refused: an answer under a name that we do not know could be framed, cached or taken for another's.
"""

import hashlib
import json
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Blueprint, Response, request

from bff.bundles.upload_errors import RepositoryUnavailableError
from bff.doors.web import WebHosting
from bff.errors import BffError
from h5bundle.errors import H5BundleError, ObjectMissingError, PathError, StoreError
from h5bundle.paths import check_path
from h5bundle.stores.port import Store
from h5bundle.trust import SigningKeys
from native_bridge.hosting import BundleHost, refusal_headers, shell_headers

_log = logging.getLogger(__name__)
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
_PROBES: Final = frozenset({"/healthz", "/readyz"})
_LOOPBACK: Final = ("127.0.0.1", "[::1]")
_TEMPLATES: Final = "origin"
_IMMUTABLE: Final = "public, max-age=31536000, immutable"
_UNSERVED: Final = "proposals/"
"""What lies in the repository for those who sign it, and is no part of what clients read."""
_SERVED: Final = ("metadata/", "targets/", "objects/", "deltas/")
_DELTA: Final = re.compile(r"deltas/([0-9a-f]{64})/([0-9a-f]{64})\.zst")
_VERSIONED: Final = re.compile(r"metadata/\d+\.[a-z0-9-]+\.json")


class HostUnknownError(BffError):
    """The request came under a host name that is not ours."""

    code = "HOST_UNKNOWN"
    status = 421
    zh = "这个地址不属于本服务。"
    en = "This address does not belong to this service."


class ShellFileUnknownError(BffError):
    """The shell has no such file."""

    code = "SHELL_FILE_UNKNOWN"
    status = 404
    zh = "没有这个文件。"
    en = "There is no such file."


@dataclass(frozen=True, kw_only=True, slots=True)
class ShellHosting:
    """What the door serves.

    Attributes:
        shell_origin: ``http://localhost:8000``.
        bundle_origin: ``http://{bundle}-h5.localhost:8000``.
        folder: the shell's files.
        contract: bytes of the compiled bridge contract.
        config: members of ``/shell/config.json`` besides origins, root and bundles.
        bundles: gives the bundles that have an origin.
        root: gives the trusted root metadata as text.
        role_keys: gives the keys that sign a bundle's releases now, or None.
        repository: folder of the release repository to serve under ``/repo/``, or None when it lies in none.
        store: the repository to serve when it lies in no folder; with neither, a web server serves it.
        preset: folder of the releases that the shell carries inside, served under ``/shell/preset/``; None for none.
        delta: makes the delta to one manifest from another that the repository lacks, or gives None.
        web: the web host's origin, or None when there is none.
        other_hosts: further names (``host:port``) under which the API may be asked.
    """

    shell_origin: str
    bundle_origin: str
    folder: Path
    contract: bytes
    config: Mapping[str, Any]
    bundles: Callable[[], Sequence[str]]
    root: Callable[[], str]
    role_keys: Callable[[str], SigningKeys | None]
    repository: Path | None = None
    store: Store | None = None
    preset: Path | None = None
    delta: Callable[[str, str], bytes | None] = lambda digest, base: None  # noqa: ARG005 - makes none
    web: WebHosting | None = None
    other_hosts: frozenset[str] = frozenset()

    def bundle_of(self, host: str) -> str | None:
        """Give the bundle that a host name belongs to, or None."""
        before, _, after = urlsplit(self.bundle_origin).netloc.partition("{bundle}")
        match = re.fullmatch(f"{re.escape(before)}([a-z][a-z0-9]{{1,23}}){re.escape(after)}", host)
        return None if match is None else match[1]

    def is_same_machine(self, host: str) -> bool:
        """Tell whether a host name is our own ``localhost`` written as an address."""
        name, _, port = urlsplit(self.shell_origin).netloc.partition(":")
        return name == "localhost" and host in {f"{address}:{port}" for address in _LOOPBACK}

    def origins(self) -> list[str]:
        """Give the exact origins of all bundles."""
        return [self.bundle_origin.replace("{bundle}", bundle) for bundle in self.bundles()]


def shell_door(hosting: ShellHosting) -> Blueprint:
    """Make the routes and the dispatch by host."""
    door = _ShellDoor(hosting)
    routes = Blueprint("shell", __name__)
    routes.before_app_request(door.dispatch)
    routes.add_url_rule("/", "page", door.page)
    routes.add_url_rule("/shell/contract.json", "contract", door.contract)
    routes.add_url_rule("/shell/config.json", "config", door.config)
    routes.add_url_rule("/shell/<path:name>", "file", door.file)
    if hosting.preset is not None:
        routes.add_url_rule("/shell/preset/<path:name>", "preset", door.preset)
    if hosting.repository is not None or hosting.store is not None:
        routes.add_url_rule("/repo/<path:name>", "repository", door.repository)
    return routes


@dataclass(frozen=True, slots=True)
class _ShellDoor:
    """The views."""

    hosting: ShellHosting

    def dispatch(self) -> Response | None:
        """Answer for the web host and a bundle's, refuse an unknown one, and let the shell's host go on."""
        host = request.host.lower()
        if host == urlsplit(self.hosting.shell_origin).netloc or host in self.hosting.other_hosts:
            return None
        if self.hosting.web is not None and self.hosting.web.is_host(host):
            return self.hosting.web.answer()
        bundle = self.hosting.bundle_of(host)
        if bundle is not None:
            return self._bundle_answer(bundle)
        if request.path in _PROBES:
            return None
        if request.path == "/" and request.method in {"GET", "HEAD"} and self.hosting.is_same_machine(host):
            return Response(
                status=308, headers={"Location": f"{self.hosting.shell_origin}/", "Cache-Control": "no-store"}
            )
        ours = f"{self.hosting.shell_origin}/"
        raise HostUnknownError(detail=f"nothing is served under the host {host[:100]}; this instance answers at {ours}")

    def page(self) -> Response:
        """Give the shell's page."""
        return self._static("index.html")

    def file(self, name: str) -> Response:
        """Give one of the shell's files."""
        return self._static(name)

    def contract(self) -> Response:
        """Give the compiled bridge contract."""
        return self._answer(self.hosting.contract, _TYPES[".json"])

    def config(self) -> Response:
        """Give what the shell must know to start."""
        hosting = self.hosting
        members = {
            **hosting.config,
            "shellOrigin": hosting.shell_origin,
            "bundleOrigin": hosting.bundle_origin,
            "bundles": list(hosting.bundles()),
            "trustedRoot": hosting.root(),
            "contract": "/shell/contract.json",
            "repository": "/repo",
            "apiBase": "/app/v1",
        }
        if hosting.preset is not None:
            members["preset"] = "/shell/preset"
        return self._answer(json.dumps(members, ensure_ascii=False, sort_keys=True).encode(), _TYPES[".json"])

    def repository(self, name: str) -> Response:
        """Give an object of the release repository, as a plain web server would."""
        data = self._object(name)
        if data is None and (asked := _DELTA.fullmatch(name)) is not None:
            data = self.hosting.delta(asked[1], asked[2])
        if data is None:
            raise ShellFileUnknownError(detail=f"the repository has no {name[:200]}")
        kind = _TYPES[".json"] if name.endswith(".json") else "application/octet-stream"
        kept = name.startswith(("objects/", "targets/", "deltas/")) or _VERSIONED.fullmatch(name)
        headers = {"Cache-Control": _IMMUTABLE if kept else "no-cache", "X-Content-Type-Options": "nosniff"}
        return _conditional(data, kind, headers)

    def _object(self, name: str) -> bytes | None:
        """Read an object of the repository, if it is one that clients read."""
        folder, store = self.hosting.repository, self.hosting.store
        if folder is not None or store is None:
            return None if name.startswith(_UNSERVED) else _read(folder, name)
        try:
            return store.read(name) if name.startswith(_SERVED) else None
        except (ObjectMissingError, PathError):
            return None
        except StoreError as error:
            raise _away(error) from error

    def preset(self, name: str) -> Response:
        """Give an object of the releases that the shell carries inside, as bytes."""
        data = _read(self.hosting.preset, name)
        if data is None:
            raise ShellFileUnknownError(detail=f"the preset has no {name[:200]}")
        headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
        return _conditional(data, "application/octet-stream", headers)

    def _static(self, name: str) -> Response:
        """Give a file of the shell's folder, if it is one that browsers load."""
        kind = _TYPES.get(PurePosixPath(name).suffix)
        hidden = name.split("/", maxsplit=1)[0] == _TEMPLATES
        data = None if kind is None or hidden else _read(self.hosting.folder, name)
        if kind is None or data is None:
            raise ShellFileUnknownError(detail=f"the shell has no file {name[:200]}")
        return self._answer(data, kind)

    def _answer(self, data: bytes, kind: str) -> Response:
        """Answer under the shell's own headers."""
        return _conditional(data, kind, shell_headers(bundle_origins=self.hosting.origins()))

    def _bundle_answer(self, bundle: str) -> Response:
        """Answer for a bundle's host: loader, worker, or 404."""
        hosting = self.hosting
        keys = hosting.role_keys(bundle)
        if keys is None or request.method not in {"GET", "HEAD"}:
            return Response(b"Not found\n", 404, refusal_headers(shell_origin=hosting.shell_origin))
        host = BundleHost(
            bundle=bundle,
            keys=[{"keyid": keyid, "pem": pem} for keyid, pem in sorted(keys.keys.items())],
            threshold=keys.threshold,
            shell_origin=hosting.shell_origin,
        )
        headers = {name.lower(): value for name, value in request.headers.items()}
        answer = host.answer(target=_target(request.environ), headers=headers)
        return Response(answer.body, answer.status, dict(answer.headers))


def _away(error: H5BundleError) -> RepositoryUnavailableError:
    """Log why the repository does not answer, and tell the caller nothing of it."""
    _log.error("the release repository does not answer: %s", error.detail)
    return RepositoryUnavailableError(detail="the release repository does not answer")


def _target(environ: Mapping[str, Any]) -> str:
    """Give path and query as they came; a server that does not keep the raw form gives the decoded one."""
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    if raw:
        return str(raw)
    query = environ.get("QUERY_STRING", "")
    return f"{environ.get('PATH_INFO', '')}{'?' if query else ''}{query}"


def _read(folder: Path | None, name: str) -> bytes | None:
    """Read a file below a folder; a name that is not plain, a link or a folder is no file."""
    try:
        place = folder / PurePosixPath(check_path(name)) if folder is not None else None
    except PathError:
        return None
    if folder is None or place is None or not place.is_file() or not place.resolve().is_relative_to(folder.resolve()):
        return None
    return place.read_bytes()


def _conditional(data: bytes, kind: str, headers: Mapping[str, str]) -> Response:
    """Answer with an entity tag, and with 304 to whom has the same bytes."""
    response = Response(data, content_type=kind, headers=dict(headers))
    response.set_etag(hashlib.sha256(data).hexdigest())
    response.make_conditional(request)
    return response
