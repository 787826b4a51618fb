"""Talking to an S3-compatible object store: every request bounded in time, every write conditional where asked.

A write whose answer was lost is sent again by boto3 and may then meet itself: where nobody else writes the same bytes,
a refused condition is therefore no refusal when what lies there is byte for byte what was to be written.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from h5bundle.errors import ObjectMissingError, StoreError

CONNECT_SECONDS: Final = 5
READ_SECONDS: Final = 30
ATTEMPTS: Final = 4
CONNECTIONS: Final = 16
_ABSENT: Final = frozenset({"404", "NoSuchKey", "NotFound"})
_REFUSED: Final = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", *_ABSENT})


class ConditionError(Exception):
    """What lies there is not what the writer has seen."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An object as it was at one moment.

    Attributes:
        modified, now: both by the clock of the object store.
    """

    data: bytes
    etag: str
    modified: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class Condition:
    """What must be true for a write: that nothing is there, or exactly the object with this entity tag.

    Attributes:
        etag: the tag; None when nothing is there.
        unique: whether nobody else could write the same bytes, so that those which lie there are the writer's own.
    """

    etag: str | None
    unique: bool = True

    @property
    def headers(self) -> dict[str, str]:
        """Give it as arguments of a request."""
        return {"IfNoneMatch": "*"} if self.etag is None else {"IfMatch": self.etag}


def connect(*, endpoint: str | None, region: str | None) -> Any:
    """Make a client; credentials come from where AWS tools look for them.

    Args:
        endpoint: address of the object store; that of AWS when not given.
        region: its region; from the usual AWS configuration when not given.

    Raises:
        StoreError: the configuration cannot be used.
    """
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        max_pool_connections=CONNECTIONS,
        s3={"addressing_style": "path" if endpoint else "auto"},
        request_checksum_calculation="when_required",  # other stores than Amazon's refuse the newer checksums
        response_checksum_validation="when_required",
    )
    try:
        return boto3.session.Session().client("s3", endpoint_url=endpoint, region_name=region, config=config)
    except (BotoCoreError, ValueError) as error:
        raise StoreError(detail=f"the object store cannot be used: {error}") from error


@dataclass(frozen=True, slots=True)
class Bucket:
    """The objects of one bucket whose keys begin with a prefix."""

    client: Any
    name: str
    prefix: str

    def see(self, path: str) -> Seen | None:
        """Read an object; None when there is none."""
        with _told(path):
            try:
                answer = self.client.get_object(Bucket=self.name, Key=self.prefix + path)
                data = answer["Body"].read()
            except ClientError as error:
                if _code(error) in _ABSENT - {"NoSuchBucket"}:
                    return None
                raise
            return Seen(data, answer["ETag"], answer["LastModified"], _date(answer))

    def read(self, path: str) -> bytes:
        """Read an object's bytes.

        Raises:
            ObjectMissingError: there is none.
        """
        seen = self.see(path)
        if seen is None:
            raise ObjectMissingError(detail=f"{path} is not in the repository")
        return seen.data

    def head(self, path: str) -> Seen | None:
        """Look at an object without its bytes."""
        with _told(path):
            try:
                answer = self.client.head_object(Bucket=self.name, Key=self.prefix + path)
            except ClientError as error:
                if _code(error) in _ABSENT:
                    return None
                raise
            return Seen(b"", answer["ETag"], answer["LastModified"], _date(answer))

    def put(self, path: str, data: bytes, *, kind: str, kept: str, condition: Condition | None = None) -> str:
        """Write an object.

        Args:
            path: of it.
            data: its bytes.
            kind: its media type.
            kept: its Cache-Control.
            condition: under which alone it is written.

        Raises:
            ConditionError: the condition does not hold, and other bytes lie there.
            StoreError: the object store does not take it.

        Returns:
            Its entity tag.
        """
        more = {} if condition is None else condition.headers
        with _told(path):
            try:
                answer = self.client.put_object(
                    Bucket=self.name,
                    Key=self.prefix + path,
                    Body=data,
                    ContentType=kind,
                    CacheControl=kept,
                    **more,
                )
            except ClientError as error:
                if condition is None or _code(error) not in _REFUSED:
                    raise
                seen = self.see(path) if condition.unique else None
                if seen is not None and seen.data == data:
                    return seen.etag
                raise ConditionError(path) from error
            return str(answer["ETag"])

    def paths(self, prefix: str) -> Iterator[str]:
        """Go through the paths that begin with a prefix."""
        with _told(f"the list of {prefix}"):
            pages = self.client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.name, Prefix=self.prefix + prefix):
                for item in page.get("Contents", ()):
                    yield item["Key"].removeprefix(self.prefix)

    def remove(self, path: str) -> None:
        """Remove an object."""
        with _told(path):
            self.client.delete_object(Bucket=self.name, Key=self.prefix + path)


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Turn boto3's errors into one of ours that names the object."""
    try:
        yield
    except ClientError as error:
        said = error.response.get("Error", {})
        remedy = "does the bucket exist, and may these credentials list, read and write it?"
        if _code(error) in {"NotImplemented", "501"}:
            remedy = "this store knows no conditional writes; docs/stores.md says which do"
        raise StoreError(
            detail=f"the object store refuses {what}: {_code(error)} {said.get('Message', '')}".rstrip(), remedy=remedy
        ) from error
    except (BotoCoreError, OSError) as error:
        raise StoreError(
            detail=f"the object store does not answer for {what}: {error}",
            remedy="are its address, the network and the AWS credentials right? then try again",
        ) from error


def _code(error: ClientError) -> str:
    """Give the code of a refusal."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _date(answer: Any) -> datetime:
    """Give the object store's own present instant."""
    try:
        return parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
    except (KeyError, ValueError) as error:
        raise StoreError(detail="the object store's answer bears no date, and leases go by its clock") from error
