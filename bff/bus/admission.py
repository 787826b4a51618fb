"""Who may call what: the channel, the session's scopes, and the signed manifest of the bundle that is running."""

from datetime import datetime

from sqlalchemy import Engine

from bff.bus.errors import (
    BundleRequiredError,
    OpNotInManifestError,
    ScopeMissingError,
    ShellOnlyError,
    StepUpRequiredError,
)
from bff.bus.releases import BundleUnknownError, Releases
from bff.catalogue import Operation
from bff.db.engine import retried
from bff.errors import OperationUnknownError
from bff.kinds import BundleRef, Caller, Channel


def admit(engine: Engine, releases: Releases, operation: Operation, caller: Caller, now: datetime) -> None:
    """Let the caller through to the operation.

    Raises:
        OperationUnknownError: it is not published on the caller's channel.
        ScopeMissingError: the session does not hold its scope.
        StepUpRequiredError: its person was verified too long ago.
        ShellOnlyError: a page asked for what belongs to the shell.
        BundleRequiredError: what belongs to pages was asked for outside one.
        BundleUnknownError, BundleRevokedError, OpNotInManifestError: the running bundle may not call it.
    """
    if caller.channel not in operation.channels:
        raise OperationUnknownError(detail=f"{operation.code} is not published on {caller.channel.value}")
    if operation.scope is not None and operation.scope not in caller.scopes:
        raise ScopeMissingError(detail=f"{operation.code} needs a session with scope {operation.scope.value}")
    if operation.fresh is not None and (caller.verified_at is None or now - caller.verified_at > operation.fresh):
        seconds = int(operation.fresh.total_seconds())
        why = f"{operation.code} needs a verification of the last {seconds} seconds"
        raise StepUpRequiredError(detail=why, maxAge=seconds)
    if caller.channel is not Channel.APP:
        return
    if operation.from_shell:
        if caller.bundle is not None:
            raise ShellOnlyError(detail=f"{operation.code} may be called by the native shell alone")
        return
    if caller.bundle is None:
        raise BundleRequiredError(detail=f"{operation.code} needs the digest of the running bundle (bnd) in the proof")
    _admit_bundle(engine, releases, operation, caller.bundle)


def _admit_bundle(engine: Engine, releases: Releases, operation: Operation, bundle: BundleRef) -> None:
    release = retried(engine, lambda session: releases.release(session, bundle.digest), writing=False)
    if release.ref != bundle:
        raise BundleUnknownError(detail="the digest belongs to another bundle or version than the proof says")
    if operation.code not in release.ops:
        raise OpNotInManifestError(
            detail=f"the manifest of {bundle.bundle} {bundle.version} does not name {operation.code}; add it to ops",
            operation=operation.code,
        )
