"""Names of files inside a bundle: which are allowed, and what media type they carry.

A name is relative, uses ``/``, stays inside the bundle, is the same string on every system (NFC, no control
characters, no backslash, no drive, no name that Windows reserves), and differs from every other by more than case.
"""

import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Final

from h5bundle.errors import PathError

SHARED: Final = "_shared"
"""Files of the bundles that this one requires are served below it; a bundle's own files may not lie there."""

MAX_PATH: Final = 200
_SEGMENT: Final = re.compile(r"[^\x00-\x1f\x7f/\\:*?\"<>|%#]+")
_RESERVED: Final = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
_MEDIA_TYPES: Final = {
    ".avif": "image/avif",
    ".css": "text/css; charset=utf-8",
    ".gif": "image/gif",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".md": "text/plain; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".otf": "font/otf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".ts": "text/plain; charset=utf-8",
    ".ttf": "font/ttf",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
}


def check_path(path: str) -> str:
    """Accept a file's name inside a bundle.

    Raises:
        PathError: the name could leave the bundle or is not the same everywhere.
    """
    segments = path.split("/")
    if not path or len(path) > MAX_PATH or unicodedata.normalize("NFC", path) != path:
        raise PathError(detail=f"{path!r} is no name for a file in a bundle", remedy="use a short NFC name")
    for segment in segments:
        if segment in {"", ".", ".."} or _SEGMENT.fullmatch(segment) is None:
            raise PathError(
                detail=f"{path!r} could leave the bundle or is no plain relative name",
                remedy="use names of letters, digits, '-', '_' and '.', parted by '/'",
            )
        if segment != segment.strip(" .") or _RESERVED.fullmatch(segment):
            raise PathError(detail=f"{path!r} does not exist on every system", remedy="rename the file")
    return path


def check_paths(paths: Iterable[str], *, own: bool = True) -> tuple[str, ...]:
    """Accept all names of a bundle and give them in the order in which they are packed.

    Args:
        paths: names of files.
        own: whether they are the bundle's own, which may not lie under ``_shared/``.

    Raises:
        PathError: a name is not allowed, two collide when case is folded, or one is also a folder.
    """
    folded: dict[str, str] = {}
    for path in sorted(check_path(path) for path in paths):
        if own and path.split("/")[0].casefold() == SHARED:
            raise PathError(
                detail=f"{path!r} lies under {SHARED}/", remedy=f"{SHARED}/ belongs to required bundles: move it"
            )
        key = unicodedata.normalize("NFC", path.casefold())
        if key in folded:
            raise PathError(
                detail=f"{path!r} and {folded[key]!r} are one file where case does not count", remedy="rename one"
            )
        folded[key] = path
    for key, path in folded.items():
        parent = key.rpartition("/")[0]
        while parent:
            if parent in folded:
                raise PathError(detail=f"{folded[parent]!r} is a file and a folder of {path!r}", remedy="rename one")
            parent = parent.rpartition("/")[0]
    return tuple(sorted(folded.values()))


def media_type(path: str) -> str:
    """Give the media type under which a file is served; what is not known is bytes."""
    return _MEDIA_TYPES.get(PurePosixPath(path).suffix.lower(), "application/octet-stream")


def is_text(path: str) -> bool:
    """Tell whether a file is read by the rules that look at words."""
    kind = media_type(path)
    return kind.startswith(("text/", "image/svg", "application/json", "application/xml", "application/manifest"))
