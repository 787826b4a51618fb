"""The TUF classes under one roof: their packages re-export them without telling type checkers."""

from typing import TypeVar

from securesystemslib.signer import (  # type: ignore[attr-defined]  # the same
    CryptoSigner,
    Key,
    Signature,
    Signer,
    SSlibKey,
)
from tuf.api.metadata import (  # type: ignore[attr-defined]  # documented names, not marked as re-exports
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

T = TypeVar("T", Root, Timestamp, Snapshot, Targets)

__all__ = [
    "CryptoSigner",
    "DelegatedRole",
    "Delegations",
    "Key",
    "MetaFile",
    "Metadata",
    "Root",
    "SSlibKey",
    "Signature",
    "Signer",
    "Snapshot",
    "T",
    "TargetFile",
    "Targets",
    "Timestamp",
]
