"""What a bundle's origin answers: a loader page, a service worker that verifies, and 404 for all else.

Nothing of a bundle comes from this host: verified bytes reach the page through the worker, from the shell. The worker's
script carries the bundle's id, the public keys of its role and the loader's page, so no page can change them.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from native_bridge.errors import BridgeError

LOADER_PATH: Final = "/__loader.html"
WORKER_PATH: Final = "/__sw.js"

_TEMPLATES: Final = Path(__file__).parent / "shell" / "origin"
_ORIGIN: Final = re.compile(r"https?://[a-z0-9][a-z0-9.-]*(?::[1-9][0-9]{0,4})?")
_BUNDLE: Final = re.compile(r"[a-z][a-z0-9]{1,23}")
_PLACEHOLDER: Final = re.compile(r"\{\{ ([A-Z_]+) \}\}")
_COMMON: Final = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Origin-Agent-Cluster": "?1",
    "Referrer-Policy": "no-referrer",
}
_HTML: Final = "text/html; charset=utf-8"
_TEXT: Final = "text/plain; charset=utf-8"


class HostingError(BridgeError):
    """A host was described that cannot exist."""

    def __init__(self, *, detail: str) -> None:
        """Carry what is wrong."""
        super().__init__(detail)
        self.detail = detail


@dataclass(frozen=True, slots=True)
class HostedAnswer:
    """One HTTP answer of a bundle's origin."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def render_loader(*, shell_origin: str) -> bytes:
    """Give the loader page.

    Args:
        shell_origin: exact origin of the shell, the only one that may frame and feed the loader.

    Raises:
        HostingError: it is no origin.
    """
    script = _filled("loader.js", {"SHELL_ORIGIN": json.dumps(exact_origin(shell_origin))})
    return _filled("loader.html", {"LOADER_SCRIPT": script}).encode()


def loader_headers(*, shell_origin: str) -> dict[str, str]:
    """Give the headers of the loader page; its script runs by hash."""
    page = render_loader(shell_origin=shell_origin).decode()
    script = page.partition("<script>")[2].partition("</script>")[0]
    source = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    policy = (
        f"default-src 'none'; script-src 'sha256-{source}'; worker-src 'self'; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors {shell_origin}"
    )
    return {"Content-Type": _HTML, "Content-Security-Policy": policy, **_COMMON}


def render_worker(*, bundle: str, keys: Sequence[Mapping[str, str]], threshold: int, shell_origin: str) -> bytes:
    """Give the script of the worker of one bundle's origin.

    Args:
        bundle: bundle id, the first part of the host's name.
        keys: public keys of the role ``app-<bundle>``, each ``{"keyid": …, "pem": …}``.
        threshold: how many of them must have signed.
        shell_origin: exact origin of the shell.

    Raises:
        HostingError: the bundle is no bundle id, or the keys cannot reach the threshold.
    """
    if _BUNDLE.fullmatch(bundle) is None:
        raise HostingError(detail=f"{bundle!r} is no bundle id")
    if not 1 <= threshold <= len({key["pem"] for key in keys}):
        raise HostingError(detail=f"{len(keys)} keys cannot reach the threshold {threshold}")
    values: dict[str, object] = {
        "BUNDLE": bundle,
        "KEYS": [{"keyid": key["keyid"], "pem": key["pem"]} for key in keys],
        "THRESHOLD": threshold,
        "LOADER_PAGE": render_loader(shell_origin=shell_origin).decode(),
        "LOADER_HEADERS": loader_headers(shell_origin=shell_origin),
        "PAGE_HEADERS": page_headers(shell_origin=shell_origin),
        "REFUSAL_HEADERS": refusal_headers(shell_origin=shell_origin),
    }
    return _filled("sw.js", {name: json.dumps(value, ensure_ascii=False) for name, value in values.items()}).encode()


def worker_headers() -> dict[str, str]:
    """Give the headers of the worker's script."""
    return {
        "Content-Type": "text/javascript; charset=utf-8",
        "Cache-Control": "no-cache",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'",
    }


def page_headers(*, shell_origin: str) -> dict[str, str]:
    """Give the headers of every answer with a bundle's file; media type and the manifest's own policy come on top."""
    policy = (
        f"frame-ancestors {exact_origin(shell_origin)}; worker-src 'none'; frame-src 'none'; object-src 'none'; "
        "base-uri 'none'; form-action 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "Connection-Allowlist": "(response-origin); webrtc=block",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        **_COMMON,
    }


def refusal_headers(*, shell_origin: str) -> dict[str, str]:
    """Give the headers of every 404 of a bundle's origin."""
    policy = f"default-src 'none'; sandbox; frame-ancestors {exact_origin(shell_origin)}"
    return {"Content-Type": _TEXT, "Content-Security-Policy": policy, **_COMMON}


def shell_headers(*, bundle_origins: Sequence[str]) -> dict[str, str]:
    """Give the headers of the shell's own pages and files, media type excepted.

    Args:
        bundle_origins: exact origins of all bundles; a frame of any other origin is blocked.
    """
    frames = " ".join(exact_origin(origin) for origin in bundle_origins) or "'none'"
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        f"connect-src 'self'; worker-src 'self'; frame-src {frames}; frame-ancestors 'none'; base-uri 'none'; "
        "form-action 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "Cross-Origin-Opener-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleHost:
    """The origin of one bundle.

    Attributes:
        bundle, keys, threshold, shell_origin: as ``render_worker`` takes them.
    """

    bundle: str
    keys: Sequence[Mapping[str, str]]
    threshold: int
    shell_origin: str

    def answer(self, *, target: str, headers: Mapping[str, str]) -> HostedAnswer:
        """Answer a GET.

        Args:
            target: path and query as they came, undecoded.
            headers: of the request, names in lower case.
        """
        if target == LOADER_PATH and headers.get("sec-fetch-dest", "iframe") == "iframe":
            page = render_loader(shell_origin=self.shell_origin)
            return HostedAnswer(200, loader_headers(shell_origin=self.shell_origin), page)
        if target == WORKER_PATH and headers.get("service-worker") == "script":
            script = render_worker(
                bundle=self.bundle, keys=self.keys, threshold=self.threshold, shell_origin=self.shell_origin
            )
            return HostedAnswer(200, worker_headers(), script)
        return HostedAnswer(404, refusal_headers(shell_origin=self.shell_origin), b"Not found\n")


def exact_origin(text: str) -> str:
    """Accept an exact http or https origin."""
    if _ORIGIN.fullmatch(text) is None:
        raise HostingError(detail=f"{text!r} is no origin")
    return text


def _filled(template: str, values: Mapping[str, str]) -> str:
    """Put values into a template; each placeholder has one."""
    source = (_TEMPLATES / template).read_text(encoding="utf-8")
    return _PLACEHOLDER.sub(lambda match: values[match[1]], source)
