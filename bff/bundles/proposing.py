"""Proposals at the desk: releases that wait for signatures which this server cannot make, and what comes of them.

The server holds only online keys: it turns an accepted upload into a proposal, takes signatures in, and promotes as
soon as the thresholds verify. Four eyes are the format's: one key counts once, whoever hands its signature in.
Invariants: a signature that was acknowledged is kept, whoever else hands one in at that moment; what was withdrawn,
overtaken, or would break a release train is not promoted.
"""

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from bff import audit
from bff.bundles import uploads
from bff.bundles.clearing import Clearing
from bff.bundles.signers import Role, Signer
from bff.bundles.upload_errors import (
    ProposalOvertakenError,
    ProposalRefusedError,
    ProposalUnknownError,
    ReleaseError,
    RepositoryBusyError,
    RepositoryUnavailableError,
    SignerNotAllowedError,
    TrainBrokenError,
    UploadStateError,
)
from bff.bundles.uploads import State
from bff.bundles.watching import WatchedStore
from bff.db.engine import retried
from bff.kinds import Clock
from h5bundle.commands import promote
from h5bundle.commands import sign as signing
from h5bundle.errors import (
    H5BundleError,
    LockedError,
    ObjectMissingError,
    ProposalError,
    RoleKeyError,
    SignaturesMissingError,
    StaleProposalError,
    StoreError,
    TrainError,
    TrustError,
)
from h5bundle.keys import ONLINE, name_key
from h5bundle.proposals import FOLDER, Listed, Proposal, decode, encode, proposed
from h5bundle.quorum import Demand

_log: Final = logging.getLogger(__name__)
PATIENCE: Final = 15.0
"""Seconds for which a request waits for another publisher, where a store does not wait itself."""
_PACE: Final = 0.05
_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True, slots=True)
class ProposalDesk:
    """The desk for signatures.

    Attributes:
        clearing: knows repository, online keys, database and live catalogue.
        kept: how long a proposal is kept that is promoted, overtaken or invalid.
        pause: lets seconds pass; monotonic: seconds of a clock that never goes back.
    """

    clearing: Clearing
    kept: timedelta
    pause: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    _told: dict[str, str] = field(default_factory=dict)
    """Proposal → why it was not promoted: the log says it once."""

    def listed(self, signer: Signer, now: datetime) -> tuple[Listed, ...]:
        """Give every proposal with its state and who is missing, the oldest first."""
        _require_signer(signer)
        return self._reading(lambda: signing.run(self.clearing.store, now=now))

    def file(self, signer: Signer, name: str) -> bytes:
        """Give a proposal as a file for signers.

        Raises:
            ProposalUnknownError: there is none.
        """
        _require_signer(signer)
        try:
            return self._reading(lambda: self.clearing.store.read(_path(name)))
        except ObjectMissingError as error:
            raise ProposalUnknownError(detail=f"no proposal {name[:40]} waits here") from error

    def hand_in(self, signer: Signer, name: str, data: bytes, clock: Clock) -> Listed:
        """Take signatures in, and promote when they are enough; handing the same in again changes nothing.

        Raises:
            SignerNotAllowedError: a developer's key.
            ProposalUnknownError: there is no such proposal.
            ProposalRefusedError: the file is another one, was altered, or a signature in it does not count.
            ProposalOvertakenError: something newer was published since it was made.
            UploadStateError: the upload that it came from was withdrawn.
            TrainBrokenError: the signatures are kept, and the promotion is refused.
            RepositoryBusyError, RepositoryUnavailableError: nothing was kept; hand it in again.
        """
        before = _decoded(self.file(signer, name))
        given = _decoded(data)
        if given.name != name:
            raise ProposalRefusedError(detail=f"the file is the proposal {given.name}, not {name}")
        try:
            return self._take(signer, before, given, clock)
        except ProposalOvertakenError:
            if self._stands(given, clock()):  # overtaken by itself: another signer's file was enough
                return self._one(given, clock())
            raise

    def _take(self, signer: Signer, before: Proposal, given: Proposal, clock: Clock) -> Listed:
        """Join the signatures of a file with those that are here, and promote."""
        if self._stands(before, clock()):
            return self._one(before, clock())
        self._hold_uploads(given)
        data = encode(given)
        joined, found = self._patiently(lambda: signing.merge([data], self.clearing.store, now=clock()), given)
        new = _signatures(given) - _signatures(before)  # not those that another hands in at this moment
        if new:
            self._testify("signed", joined, found, clock(), {"by": signer.jkt, "person": signer.person}, only=new)
        if not any(demand.missing for demand in found):
            self._promote(joined, found, clock, {"by": signer.jkt, "person": signer.person})
        return self._one(joined, clock())

    def sweep(self, clock: Clock) -> None:
        """Promote what is complete and was interrupted, and clear what has been over for long enough."""
        if self.clearing.keys.has(ONLINE):
            for proposal, found in signing.complete(self.clearing.store, now=clock()):
                try:
                    self._hold_uploads(proposal)
                    self._promote(proposal, found, clock, {"by": "job"})
                except ReleaseError as error:
                    if self._told.get(proposal.name) == error.detail:
                        continue
                    self._told[proposal.name] = error.detail
                    _log.info("the proposal %s is not promoted: %s: %s", proposal.name, error.code, error.detail)
        cleared: tuple[str, ...] = ()
        with suppress(LockedError):  # a publisher is at work: the next turn clears
            cleared = signing.clear(self.clearing.store, now=clock(), kept=self.kept)
        if cleared:
            _log.info("cleared %d proposals that were over for %d days", len(cleared), self.kept.days)

    def _promote(self, proposal: Proposal, found: tuple[Demand, ...], clock: Clock, said: Mapping[str, Any]) -> None:
        """Promote a complete proposal, if this server holds the online keys, and put into the evidence who signed."""
        clearing = self.clearing
        if not clearing.keys.has(ONLINE):
            return
        live = clearing.live()
        store = WatchedStore(clearing.store, lambda: None, lambda: self._hold_uploads(proposal))

        def work() -> promote.Promotion:
            return promote.run(proposal, store, clearing.keys, now=clock(), live=live)

        try:
            done = self._patiently(work, proposal)
        except SignaturesMissingError:
            return
        if done.changed:
            self._testify("promoted", proposal, found, clock(), {**said, "versions": dict(done.roles)})
        for upload_id in self._uploads(proposal):
            clearing.settle(upload_id, clock)

    def _patiently(self, work: Callable[[], _T], proposal: Proposal) -> _T:
        """Do work on the repository, again while another publisher is at it, and say in our words what it refuses."""
        end = self.monotonic() + PATIENCE
        while True:
            try:
                return work()
            except LockedError as error:
                if self.monotonic() >= end:
                    raise RepositoryBusyError(detail=error.detail, retryAfter=5) from error
                self.pause(_PACE)
            except StaleProposalError as error:
                raise self._overtaken(proposal, error) from error
            except TrainError as error:
                raise TrainBrokenError(detail=error.detail, blockers=list(error.blockers)) from error
            except ProposalError as error:
                raise ProposalRefusedError(detail=error.detail) from error
            except (RoleKeyError, StoreError, TrustError) as error:
                raise RepositoryUnavailableError(detail=error.detail) from error

    def _overtaken(self, proposal: Proposal, error: StaleProposalError) -> ProposalOvertakenError:
        """Say what was published meanwhile, and which proposal has taken the place."""
        offer = proposal.offer
        bundle = None if offer is None else offer.manifest.split("/")[1]
        versions = () if bundle is None else self._reading(lambda: signing.newest_first(self.clearing.store, bundle))
        newest = f"; {bundle} {versions[0]} is on offer now" if versions else ""
        return ProposalOvertakenError(detail=f"{error.detail}{newest}: {error.remedy}", present=list(versions))

    def _stands(self, proposal: Proposal, now: datetime) -> bool:
        """Tell whether a proposal was promoted already."""
        return self._one(proposal, now).state == "promoted"

    def _one(self, proposal: Proposal, now: datetime) -> Listed:
        return self._reading(lambda: signing.one(proposal, self.clearing.store, now=now))

    def _uploads(self, proposal: Proposal) -> tuple[str, ...]:
        """Give the uploads whose release a proposal offers, the newest first."""
        digest = _offered(proposal)
        if digest is None:
            return ()
        engine = self.clearing.engine
        return retried(engine, lambda session: uploads.of_manifest(session, digest), writing=False)

    def _hold_uploads(self, proposal: Proposal) -> None:
        """Refuse a release that was uploaded and is taken back by now."""
        rows = [self.clearing.present(upload_id) for upload_id in self._uploads(proposal)]
        if rows and not any(row.state in {State.ACCEPTED, State.PUBLISHED} for row in rows):
            row = rows[0]
            raise UploadStateError(detail=f"the upload {row.upload_id} of this release is {row.state}", state=row.state)

    def _testify(
        self,
        what: str,
        proposal: Proposal,
        found: tuple[Demand, ...],
        now: datetime,
        said: Mapping[str, Any],
        *,
        only: frozenset[tuple[str, str]] | None = None,
    ) -> None:
        """Put into the evidence who has signed which role."""
        names = {keyid: name_key(key) for demand in found for keyid, key in demand.keys.items()}
        shown = sorted(_signatures(proposal) if only is None else only)
        signed = [{"role": role, "key": keyid, "name": names.get(keyid, keyid[:8])} for role, keyid in shown]
        body = {"proposal": proposal.name, "proposer": proposal.proposer, "reason": proposal.reason, "signed": signed}
        body |= {"manifest": _offered(proposal) or ""} | dict(said)

        def step(session: Any) -> None:
            audit.append(session, kind=f"release.{what}", subject=proposal.name, body=body, now=now)

        retried(self.clearing.engine, step)

    @staticmethod
    def _reading(work: Callable[[], _T]) -> _T:
        try:
            return work()
        except ObjectMissingError:
            raise
        except (StoreError, TrustError) as error:
            raise RepositoryUnavailableError(detail=error.detail) from error


def _require_signer(signer: Signer) -> None:
    if signer.role is Role.DEVELOPER:
        raise SignerNotAllowedError(detail="only release and security keys see and hand in proposals")


def _path(name: str) -> str:
    return f"{FOLDER}{name}.json"


def _decoded(data: bytes) -> Proposal:
    try:
        return decode(data)
    except H5BundleError as error:
        raise ProposalRefusedError(detail=error.detail) from error


def _signatures(proposal: Proposal) -> frozenset[tuple[str, str]]:
    """Give role and key id of every signature."""
    return frozenset((role, keyid) for role in proposal.roles for keyid in proposed(proposal, role).signatures)


def _offered(proposal: Proposal) -> str | None:
    """Give the digest of the manifest that a proposal offers anew."""
    offer = proposal.offer
    if offer is None:
        return None
    for role in proposal.roles:
        target = getattr(proposed(proposal, role).signed, "targets", {}).get(offer.manifest)
        if target is not None:
            return str(target.hashes["sha256"])
    return None
