"""Clearing: an upload whose bytes are all here is examined, and an accepted one becomes a release on offer.

Each method opens its own transactions: disk, rules and signatures stand outside them. A crash between any two steps
leaves an upload that the same request, or the next turn of a job, takes further.
"""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Engine

from bff.bundles import review, signers, uploads
from bff.bundles.partials import Partials
from bff.bundles.review import Verdict
from bff.bundles.upload_errors import RepositoryUnavailableError, UploadElsewhereError
from bff.bundles.upload_models import ReleaseUpload
from bff.bundles.uploads import State
from bff.bundles.watching import WatchedStore
from bff.db.engine import retried
from bff.kinds import Clock
from h5bundle.commands import publish
from h5bundle.commands.check import know
from h5bundle.commands.offers import Live
from h5bundle.errors import H5BundleError, PublishError
from h5bundle.keys import ONLINE, ROLLOUT, RoleKeys
from h5bundle.project import parse_declaration
from h5bundle.proposals import FOLDER
from h5bundle.repository import load_for_reading
from h5bundle.stores.port import Store
from h5bundle.trust import TIMESTAMP
from security.release import widening_digest

_log: Final = logging.getLogger(__name__)
_SIGNING: Final = (ROLLOUT, ONLINE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Clearing:
    """Takes uploads from received to published.

    Attributes:
        engine: the database; partials: the bytes of open uploads.
        store, keys: the release repository, and those of its role keys that this server holds.
        ops: gives the codes of the bank's live operations.
    """

    engine: Engine
    partials: Partials
    store: Store
    keys: RoleKeys
    ops: Callable[[], frozenset[str]]
    _proposed: dict[str, bytes] = field(default_factory=dict)
    """Upload → the timestamp under which it was proposed."""

    def check(self, row: ReleaseUpload, clock: Clock) -> ReleaseUpload:
        """Examine an upload and write down what was found; an accepted one is taken further at once.

        Args:
            row: the upload, CHECKING for this caller.
            clock: the present instant.

        Raises:
            RepositoryUnavailableError, UploadElsewhereError: repository or bytes cannot be read here and now; the
                upload can be checked again.
        """
        try:
            verdict = self._examine(row, self.archive(row))
        except UploadElsewhereError:
            self.move(row, State.RECEIVING, clock())
            raise
        except review.UNREADABLE as error:
            self.move(row, State.RECEIVING, clock())
            raise RepositoryUnavailableError(detail=error.detail) from error
        self._conclude(row, verdict, clock())
        return self.settle(row.upload_id, clock)

    def settle(self, upload_id: str, clock: Clock) -> ReleaseUpload:
        """Take an accepted upload further: published when the repository offers it, or when this server can sign.

        Everything is examined again under what is on offer now; a release that has become wider waits again.
        """
        row = self.present(upload_id)
        if row.state != State.ACCEPTED:
            return row
        try:
            done = review.is_offered(load_for_reading(self.store), row) or (
                self._holds_keys() and self._publish(row, clock)
            )
        except (
            H5BundleError,
            UploadElsewhereError,
        ) as error:  # another publisher, no repository: the next turn goes on
            _log.info("%s is not published yet: %s: %s", upload_id, error.code, error.detail)
            done = False
        if done and self.move(row, State.PUBLISHED, clock()):
            self.partials.remove(upload_id)
        return self.present(upload_id)

    def settle_all(self, clock: Clock) -> None:
        """Take every accepted upload further."""
        waiting = retried(self.engine, lambda session: uploads.in_state(session, State.ACCEPTED), writing=False)
        for upload_id in waiting:
            self.settle(upload_id, clock)

    def live(self) -> Live:
        """Give what the bank and its hosts offer now, by which release trains are judged."""
        return Live(ops=self.ops(), contract=know().contract)

    def present(self, upload_id: str) -> ReleaseUpload:
        """Give an upload as it stands."""
        return retried(self.engine, lambda session: uploads.find(session, upload_id), writing=False)

    def archive(self, row: ReleaseUpload) -> bytes:
        """Give an upload's bytes, all of them.

        Raises:
            UploadElsewhereError: they are not here.
        """
        with self.partials.hold(row.upload_id) as part:
            if part.size() < row.length:
                raise UploadElsewhereError(detail=f"{part.size():,} of {row.length:,} bytes are here")
            return part.read(row.length)

    def move(
        self, row: ReleaseUpload, to: State, now: datetime, said: Mapping[str, object] | None = None, **values: object
    ) -> bool:
        """Change an upload's state unless somebody else was faster."""
        return retried(self.engine, lambda session: uploads.move(session, row, to, now, said=said, **values))

    def _publish(self, row: ReleaseUpload, clock: Clock) -> bool:
        """Publish an accepted upload, or propose it where keys are missing; tell whether it is on offer now.

        While nothing is published a proposal stays what it is, so nothing is examined again.
        """
        stamp = self.store.read(TIMESTAMP)
        if self._proposed.get(row.upload_id) == stamp:
            return False
        data = self.archive(row)
        verdict = self._examine(row, data)
        if verdict.received is None or not self._stands(row, verdict):
            self._conclude(row, verdict, clock())
            return False

        def still() -> None:
            """Refuse what was withdrawn, or whose key was revoked, before the write by which it would be published."""
            if self.present(row.upload_id).state != State.ACCEPTED:
                raise _MeanwhileError(detail=f"{row.upload_id} is not accepted any more")

        def look() -> None:
            """Look once more while nobody else can publish: withdrawn, or wider than what is on offer by now?"""
            still()
            if not self._stands(row, self._examine(row, data)):
                raise _MeanwhileError(detail=f"what is on offer has changed since {row.upload_id} was checked")

        store = WatchedStore(self.store, look, still)
        known = frozenset(self.store.paths(FOLDER))
        options = publish.PublishOptions(live=self.live(), proposer=self._person(row))
        try:
            receipt = publish.run(options, verdict.received.package, store, self.keys, now=clock())
        except PublishError as error:
            self._conclude(row, review.refused(error.code, error.detail, error.remedy), clock())
            return False
        if receipt.proposal is not None:
            self._note(row, receipt.proposal, receipt.waiting, known, clock())
            self._proposed[row.upload_id] = stamp
        return review.is_offered(load_for_reading(self.store), row)

    def _note(
        self, row: ReleaseUpload, proposal: str, waiting: tuple[str, ...], known: frozenset[str], now: datetime
    ) -> None:
        """Put into the evidence that a proposal was made, unless it was there before."""
        if f"{FOLDER}{proposal}.json" not in known:
            retried(self.engine, lambda session: uploads.propose(session, row, proposal, waiting, now))

    def _person(self, row: ReleaseUpload) -> str:
        """Give whose upload it is: the proposer of what comes of it."""
        uploader = retried(self.engine, lambda session: signers.find(session, row.jkt), writing=False)
        return row.jkt if uploader is None else uploader.person

    @staticmethod
    def _stands(row: ReleaseUpload, verdict: Verdict) -> bool:
        """Tell whether a verdict lets an accepted upload through as it was accepted."""
        return not verdict.stops and (not verdict.widening or row.approved == widening_digest(verdict.widening))

    def _conclude(self, row: ReleaseUpload, verdict: Verdict, now: datetime) -> bool:
        """Write down a verdict: refused, waiting for the security team, or accepted."""
        widening = widening_digest(verdict.widening)
        values: dict[str, object] = {
            "findings": json.dumps(msgspec.to_builtins(verdict.findings), ensure_ascii=False),
            "widening": json.dumps(verdict.widening, ensure_ascii=False),
            "widening_digest": widening,
        }
        said: dict[str, object] = {
            "findings": [f"{finding.path}:{finding.line} {finding.code}" for finding in verdict.findings],
            "widening": list(verdict.widening),
            "wideningDigest": widening,
        }
        if verdict.stops:
            reason = f"{sum(finding.stops for finding in verdict.findings)} findings stop the publication"
            return self.move(row, State.REFUSED, now, {**said, "reason": reason}, **values, reason=reason)
        to = State.ACCEPTED if self._stands(row, verdict) else State.WAITING_SECURITY
        return self.move(row, to, now, said, **values)

    def _holds_keys(self) -> bool:
        """Tell whether this server has the online keys; where those of the bundle are missing it makes a proposal."""
        return all(self.keys.has(role) for role in _SIGNING)

    def _examine(self, row: ReleaseUpload, data: bytes) -> Verdict:
        before = retried(self.engine, lambda session: uploads.last_declaration(session, row.bundle), writing=False)
        accepted = review.allowances(parse_declaration(before)) if before else frozenset()
        return review.examine(data, row, store=self.store, ops=self.ops(), accepted=accepted)


class _MeanwhileError(H5BundleError):
    """The upload was accepted under other circumstances; nothing was written, and the next turn looks again."""

    code = "MEANWHILE_CHANGED"
