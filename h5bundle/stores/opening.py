"""From the address of a repository to its store: a folder, a database or a bucket.

No error shows an address, because it may hold a password.
"""

import os
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

from h5bundle.errors import StoreError
from h5bundle.stores.local import LocalStore
from h5bundle.stores.object import BucketPlace, open_bucket
from h5bundle.stores.port import Store
from h5bundle.stores.sql import open_sql

_REMEDY: Final = (
    "write a folder, sqlite:///file, mysql+pymysql://user:password@host/database, "
    "or s3://bucket/prefix?endpoint=http://host:port&region=name"
)
_KINDS: Final = frozenset({"sqlite", "mysql+pymysql", "s3"})
_S3_SETTINGS: Final = frozenset({"endpoint", "region"})


def open_store(address: str | Path) -> Store:
    """Open the store at an address.

    Raises:
        StoreError: the address is none, or the store cannot be opened.
    """
    if isinstance(address, Path) or is_folder(address):
        return LocalStore(Path(address))
    kind = address.partition(":")[0]
    if kind not in _KINDS:
        raise _malformed(detail=f"no kind of store is called {kind[:40]!r}")
    return open_bucket(_bucket(address), chance=os.urandom) if kind == "s3" else open_sql(address)


def is_folder(address: str) -> bool:
    """Tell a plain path from the address of a store."""
    return "://" not in address


def _bucket(address: str) -> BucketPlace:
    """Read the address of a bucket."""
    try:
        parts = urlsplit(address)
        settings = parse_qs(parts.query, strict_parsing=bool(parts.query))
    except ValueError as error:
        raise _malformed(detail="the address of the bucket does not read") from error
    if not parts.netloc or "@" in parts.netloc or ":" in parts.netloc:
        raise _malformed(
            detail="the address of the bucket names no bucket (credentials come from boto3's usual places)"
        )
    if not settings.keys() <= _S3_SETTINGS or any(len(values) != 1 for values in settings.values()):
        raise _malformed(detail="the address of the bucket has a setting that is not known or is given twice")
    endpoint, region = (settings.get(name, [None])[0] for name in ("endpoint", "region"))
    if endpoint is not None and not endpoint.startswith(("http://", "https://")):
        raise _malformed(detail="the endpoint of the bucket is no address")
    return BucketPlace(parts.netloc, parts.path.strip("/"), endpoint, region)


def _malformed(*, detail: str) -> StoreError:
    """Say what is wrong with an address without repeating it."""
    return StoreError(detail=detail, remedy=_REMEDY)
