"""What the web host's origin answers: the page that holds a bundle's frame, and the headers of all that lies there.

The bundles of a bank share this one origin, so none of its documents may have it: every file of a bundle comes with a
sandbox in its own policy, and is a document of an opaque origin wherever it is opened.
"""

import html
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from native_bridge.hosting import HostingError, exact_origin

_PAGE: Final = Path(__file__).parent / "shell" / "web" / "index.html"
_BUNDLE: Final = re.compile(r"[a-z][a-z0-9]{1,23}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_LINK: Final = re.compile(r"https?://[^\s\"'<>{}\\]+\{route\}[^\s\"'<>{}\\]*")
_SANDBOX: Final = "sandbox allow-scripts allow-forms"
_PLACEHOLDER: Final = re.compile(r"\{\{ ([A-Z_]+) \}\}")


def render_host_page(*, bundle: str, digest: str, app_link: str) -> bytes:
    """Give the page that frames one release.

    Args:
        bundle: bundle id.
        digest: of the release's manifest; empty when there is none to show.
        app_link: address that opens the app, with ``{route}`` in it.

    Raises:
        HostingError: one of them is not what it should be.
    """
    if _BUNDLE.fullmatch(bundle) is None or (digest and _DIGEST.fullmatch(digest) is None):
        raise HostingError(detail=f"{bundle!r} with {digest!r} is no bundle with a digest")
    if _LINK.fullmatch(app_link) is None:
        raise HostingError(detail=f"{app_link!r} is no http or https address with {{route}} in it")
    values = {"BUNDLE": bundle, "DIGEST": digest, "APP_LINK": html.escape(app_link.replace("{route}", bundle))}
    return _PLACEHOLDER.sub(lambda match: values[match[1]], _PAGE.read_text(encoding="utf-8")).encode()


def host_page_headers(*, web_origin: str, bundle: str, digest: str) -> dict[str, str]:
    """Give the headers of that page: it may frame the files of this one release, and nobody may frame it."""
    origin = exact_origin(web_origin)
    frames = f"{origin}/web/{bundle}/{digest}/" if digest else "'none'"
    policy = (
        f"default-src 'none'; script-src {origin}/shell/; style-src {origin}/shell/; img-src {origin}/shell/; "
        f"connect-src {origin}/shell/ {origin}/web/; frame-src {frames}; frame-ancestors 'none'; base-uri 'none'; "
        "form-action 'none'"
    )
    return {**_own(), "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy}


def host_file_headers(kind: str) -> dict[str, str]:
    """Give the headers of the host's scripts, styles and data; they are no document of anybody."""
    policy = "default-src 'none'; sandbox; frame-ancestors 'none'"
    return {**_own(), "Content-Type": kind, "Content-Security-Policy": policy, "Cache-Control": "no-cache"}


def bundle_file_policies(*, web_origin: str, bundle: str, digest: str, csp: str) -> tuple[str, str]:
    """Give the two policies of a bundle's file: the manifest's own, and the constant one that it cannot loosen."""
    origin = exact_origin(web_origin)
    constant = (
        f"{_SANDBOX}; connect-src {origin}/web/{bundle}/{digest}/; frame-ancestors {origin}; worker-src 'none'; "
        "frame-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'"
    )
    return csp, constant


def bundle_file_headers(kind: str) -> dict[str, str]:
    """Give the other headers of a bundle's file.

    A document of an opaque origin loads its own modules and fonts as another origin's, so they are open to read: they
    are the bytes that the release repository shows to everybody. Only the visitor's own browser may keep them: a cache
    between would show a release that was called back.
    """
    return {
        "Content-Type": kind,
        "Access-Control-Allow-Origin": "*",
        "Cache-Control": "private, max-age=31536000, immutable",
        "Connection-Allowlist": "(response-origin); webrtc=block",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


def nothing_headers() -> Mapping[str, str]:
    """Give the headers of every 404 of this origin."""
    policy = "default-src 'none'; sandbox; frame-ancestors 'none'"
    return {**_own(), "Content-Type": "text/plain; charset=utf-8", "Content-Security-Policy": policy}


def _own() -> dict[str, str]:
    """Give what every answer of the host itself carries."""
    return {
        "Cache-Control": "no-store",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
