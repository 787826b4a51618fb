"""The web host's door: one origin on which the bank's bundles open in WeChat or a plain browser.

It answers with the page that holds a bundle's frame, the host's own scripts, and the verified files of the release that
everybody gets. It has no API, sets no cookie and takes no credential: whatever is not named here is 404.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Response, request

from bff.bundles.anonymous import WebReleases
from bff.bundles.upload_errors import RepositoryUnavailableError
from h5bundle.client import AnonymousRelease
from h5bundle.errors import PathError, StoreError
from h5bundle.paths import check_path
from native_bridge.webhosting import (
    bundle_file_headers,
    bundle_file_policies,
    host_file_headers,
    host_page_headers,
    nothing_headers,
    render_host_page,
)

_PAGE: Final = re.compile(r"/web/([a-z][a-z0-9]{1,23})/")
_MANIFEST: Final = re.compile(r"/web/([a-z][a-z0-9]{1,23})/([0-9a-f]{64})\.json")
_FILE: Final = re.compile(r"/web/([a-z][a-z0-9]{1,23})/([0-9a-f]{64})/(.+)", re.DOTALL)
_CONFIG: Final = "/web/config.json"
_CONTRACT: Final = "/shell/contract.json"
_OWN: Final = "/shell/"
_FOLDERS: Final = ("core", "css", "host", "ui", "web")
_PICTURES: Final = frozenset({"icons.svg", "mark.svg"})
_JSON: Final = "application/json"
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_AGAIN_SECONDS: Final = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class WebHosting:
    """What the door serves.

    Attributes:
        origin: ``http://web.localhost:8000``.
        folder: the shell's files, of which some are the web host's too.
        contract: bytes of the compiled bridge contract.
        config: members of ``/web/config.json`` besides the bundles.
        app_link: address that opens the app, with ``{route}`` in it.
        releases: which release each bundle has here.
    """

    origin: str
    folder: Path
    contract: bytes
    config: Mapping[str, Any]
    app_link: str
    releases: WebReleases

    def is_host(self, host: str) -> bool:
        """Tell whether a request's host is this origin's."""
        return host == urlsplit(self.origin).netloc

    def answer(self) -> Response:
        """Answer the request that came under this origin's host."""
        if request.method not in {"GET", "HEAD"}:
            return _nothing()
        try:
            return self._answer(request.path)
        except StoreError as error:
            raise RepositoryUnavailableError(detail="the release repository does not answer") from error

    def _answer(self, path: str) -> Response:
        if (page := _PAGE.fullmatch(path)) is not None:
            return self._page(page[1])
        if (named := _MANIFEST.fullmatch(path)) is not None:
            return self._manifest(named[1], named[2])
        if (named := _FILE.fullmatch(path)) is not None:
            return self._file(named[1], named[2], named[3])
        if path == _CONFIG:
            return self._config()
        if path == _CONTRACT:
            return Response(self.contract, headers=host_file_headers(_JSON))
        return self._static(path.removeprefix(_OWN)) if path.startswith(_OWN) else _nothing()

    def _page(self, bundle: str) -> Response:
        """Give the page of a bundle; without a release that may be shown it only leads to the app."""
        if not self.releases.has(bundle):
            return _nothing()
        release = self.releases.of(bundle)
        digest = "" if release is None else release.digest
        body = render_host_page(bundle=bundle, digest=digest, app_link=self.app_link)
        headers = host_page_headers(web_origin=self.origin, bundle=bundle, digest=digest)
        if release is None:
            return Response(body, 503, {**headers, "Retry-After": str(_AGAIN_SECONDS)})
        return Response(body, headers=headers)

    def _config(self) -> Response:
        """Give what the host must know to start."""
        members = {**self.config, "appLink": self.app_link, "bundles": list(self.releases.bundles())}
        body = json.dumps(members, ensure_ascii=False, sort_keys=True).encode()
        return Response(body, headers={**host_file_headers(_JSON), "Cache-Control": "no-store"})

    def _manifest(self, bundle: str, digest: str) -> Response:
        release = self._release(bundle, digest)
        return _nothing() if release is None else Response(release.data, headers=host_file_headers(_JSON))

    def _file(self, bundle: str, digest: str, path: str) -> Response:
        """Give a file of exactly the release that is on offer now, under the bundle's policies."""
        release = self._release(bundle, digest)
        entry = None if release is None else release.entry(path)
        data = None if entry is None else self.releases.read(entry)
        if release is None or entry is None or data is None:
            return _nothing()
        response = Response(data, headers=bundle_file_headers(entry.type))
        for policy in bundle_file_policies(
            web_origin=self.origin, bundle=bundle, digest=digest, csp=release.manifest.csp
        ):
            response.headers.add("Content-Security-Policy", policy)
        return response

    def _release(self, bundle: str, digest: str) -> AnonymousRelease | None:
        release = self.releases.of(bundle)
        return release if release is not None and release.digest == digest else None

    def _static(self, name: str) -> Response:
        """Give one of the host's own files."""
        kind = _TYPES.get(PurePosixPath(name).suffix)
        known = name in _PICTURES or name.partition("/")[0] in _FOLDERS
        data = _read(self.folder, name) if known and kind is not None else None
        return _nothing() if kind is None or data is None else Response(data, headers=host_file_headers(kind))


def _read(folder: Path, name: str) -> bytes | None:
    """Read a file below a folder; a name that is not plain, a link out of it or a folder is no file."""
    try:
        place = folder / PurePosixPath(check_path(name))
    except PathError:
        return None
    whole = place.is_file() and place.resolve().is_relative_to(folder.resolve())
    return place.read_bytes() if whole else None


def _nothing() -> Response:
    return Response(b"Not found\n", 404, dict(nothing_headers()))
