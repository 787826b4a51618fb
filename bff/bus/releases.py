"""The bus's port to the release book: which H5 release may call which operations now."""

from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session

from bff.errors import BffError
from bff.kinds import BundleRef


class BundleUnknownError(BffError):
    """The digest under which the call came belongs to no release of ours."""

    code = "BUNDLE_UNKNOWN"
    status = 403
    zh = "这个页面的版本没有登记，不能办理业务。请更新应用后再试。"
    en = "This page's version is not registered and may do nothing. Update the app and try again."


class BundleRevokedError(BffError):
    """The release has been called back or lies below the floor."""

    code = "BUNDLE_REVOKED"
    status = 403
    zh = "这个页面的版本已停用，钱没有动。请更新应用后再试。"
    en = "This page's version has been withdrawn. No money has moved. Update the app and try again."


@dataclass(frozen=True, slots=True)
class Release:
    """What the signed manifest of one release allows.

    Attributes:
        ref: bundle, version and digest of the manifest.
        ops: codes of the operations that its pages may call.
        purposes: approval types that its pages may ask for.
        state: state in the release book, ``LIVE`` or ``ROLLING`` and the like; a revoked release is never given.
    """

    ref: BundleRef
    ops: frozenset[str]
    purposes: frozenset[str]
    state: str = "LIVE"


class Releases(Protocol):
    """The release book as the bus sees it."""

    def release(self, session: Session, digest: str) -> Release:
        """Give the release with that manifest digest.

        Raises:
            BundleUnknownError: there is none.
            BundleRevokedError: it may not be used any more.
        """
        ...
