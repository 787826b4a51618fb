"""Opening a repository by its address: a folder, a database or a bucket.

No message repeats a password: an address is shown without its user part and without what follows a question mark.
"""

import os
import re
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from h5bundle.errors import StoreError
from h5bundle.stores.bucket import Bucket, connect
from h5bundle.stores.local import LocalStore
from h5bundle.stores.object import LEASE_SECONDS, ObjectStore
from h5bundle.stores.port import Store
from h5bundle.stores.sql import SqlStore
from h5bundle.stores.sql_engines import SCHEMES

LOCK_SECONDS: Final = 10
"""How long a publisher waits for another one, where a store can wait."""
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?=//|/)")
_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_OPTIONS: Final = frozenset({"endpoint", "region", "lease"})
_LEASES: Final = range(2, 3601)
_BUCKET_FORM: Final = "write s3://bucket/prefix?endpoint=…&region=…&lease=60"
_FORMS: Final = "write a folder, sqlite:///file.db, mysql+pymysql://user@host/database or s3://bucket/prefix?endpoint=…"


def open_store(address: str | Path, *, lock_seconds: int = LOCK_SECONDS) -> Store:
    """Open the store at an address; nothing is connected or made before it is needed.

    Args:
        address: path of a folder, ``file:`` URI, ``sqlite:///…``, ``mysql+pymysql://…`` or
            ``s3://bucket/prefix?endpoint=…&region=…&lease=SECONDS``.
        lock_seconds: how long to wait for another publisher, in databases and buckets.

    Raises:
        StoreError: it is no such address.
    """
    folder = address if isinstance(address, Path) else folder_of(address)
    if folder is not None:
        return LocalStore(folder)
    address = str(address)
    scheme = _scheme(address)
    if scheme in SCHEMES:
        return SqlStore(address, lock_seconds=lock_seconds)
    if scheme == "s3":
        return _open_bucket(address, lock_seconds)
    raise StoreError(detail=f"{shown(address)} is no address of a repository that is known here", remedy=_FORMS)


def folder_of(address: str) -> Path | None:
    """Give the folder that an address names; None when it names a database or a bucket.

    Raises:
        StoreError: it names a folder of another machine, or nothing.
    """
    if not address.strip() or "\0" in address:
        raise StoreError(detail="the address of the repository is empty", remedy=_FORMS)
    if _scheme(address) is None:
        return Path(address)
    if _scheme(address) != "file":
        return None
    parts = urlsplit(address)
    if parts.netloc not in {"", "localhost"} or parts.query or parts.fragment or not parts.path.strip("/"):
        raise StoreError(detail=f"{shown(address)} is no folder of this machine", remedy="write file:///folder")
    return Path(unquote(parts.path))


def shown(address: str) -> str:
    """Give an address as it may be printed and logged."""
    scheme, found, rest = address.partition("://")
    if not found:
        return address[:200]
    return f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}"[:200]


def _scheme(address: str) -> str | None:
    """Give the scheme of a URI in lower case; None for a path."""
    match = _SCHEME.match(address)
    return None if match is None else match[1].lower()


def _open_bucket(address: str, lock_seconds: int) -> Store:
    """Open a prefix of a bucket."""
    try:
        parts = urlsplit(address)
    except ValueError as error:
        raise StoreError(detail="the address of the bucket cannot be read", remedy=_BUCKET_FORM) from error
    given = parse_qsl(parts.query, keep_blank_values=True)
    options = dict(given)
    unknown = sorted(options.keys() - _OPTIONS)
    if "@" in parts.netloc:
        raise StoreError(
            detail=f"{shown(address)} carries credentials",
            remedy="leave them out: they come from the AWS environment variables or files",
        )
    if _BUCKET.fullmatch(parts.netloc) is None or parts.fragment or unknown or len(options) != len(given):
        wrong = "names no bucket" if not given else "has an option that is unknown or given twice"
        raise StoreError(detail=f"{shown(address)} {wrong}", remedy=_BUCKET_FORM)
    endpoint = options.get("endpoint")
    if endpoint is not None and (urlsplit(endpoint).scheme not in {"http", "https"} or "@" in endpoint):
        raise StoreError(
            detail=f"the endpoint of {shown(address)} is no http address of an object store", remedy=_BUCKET_FORM
        )
    lease = options.get("lease", str(LEASE_SECONDS))
    if not lease.isascii() or not lease.isdigit() or int(lease) not in _LEASES:
        raise StoreError(
            detail=f"the lease of {shown(address)} is no whole number of seconds from 2 to 3600", remedy=_BUCKET_FORM
        )
    prefix = unquote(parts.path).strip("/")
    bucket = Bucket(
        connect(endpoint=endpoint, region=options.get("region")), parts.netloc, f"{prefix}/" if prefix else ""
    )
    return ObjectStore(bucket, new_owner=_new_owner, lock_seconds=lock_seconds, lease_seconds=int(lease))


def _new_owner() -> str:
    """Name a holder of a lease."""
    return os.urandom(16).hex()
