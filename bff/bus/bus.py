"""The bus: the one path that every call takes, and the only place that opens and commits a call's transaction.

Order: published on this channel → scopes and the running bundle's ops → rate → parse → idempotency → one transaction
(handler, meter) → commit → relay what the call put into the outbox → settle. A refusal rolls back and is recorded in a
second transaction.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import msgspec
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from bff.audit import append
from bff.bus import idempotency
from bff.bus.admission import admit
from bff.bus.call import Call, Reply
from bff.bus.errors import IdempotencyRunningError, OutcomeUnknownError
from bff.bus.files import as_reply
from bff.bus.idempotency import Claim
from bff.bus.limits import Limiter
from bff.bus.metering import meter
from bff.bus.parsing import parse
from bff.bus.releases import Releases
from bff.catalogue import Catalogue, File, Idempotency, Operation
from bff.db.engine import retried
from bff.db.errors import DatabaseBusyError
from bff.errors import BffError, RateLimitedError
from bff.kinds import Context
from bff.outbox import Relay
from bff.outbox.box import Message, lease_to, written

REFUSALS_RECORDED: Final = "30/minute"
"""How many refusals of one caller enter the evidence chain: a flood must not grow it."""
_DENIALS: Final = frozenset({401, 403})
_NO_REFUSALS: Final = (RateLimitedError, DatabaseBusyError, OutcomeUnknownError, IdempotencyRunningError)
"""What says nothing against the caller, or follows a commit."""

Keep: TypeAlias = Callable[[Session, Context, str], None]
"""Keeps what a refused call's decision had found: (session, context, code of the refusal)."""

_log = logging.getLogger(__name__)
_encode: Final = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class _Step:
    """What one run of a handler left behind after its commit."""

    first: bytes
    claim: Claim | None = None
    messages: tuple[Message, ...] = ()
    refusal: BffError | None = None
    file: File | None = None

    @property
    def outbox_keys(self) -> tuple[str, ...]:
        """Give the keys of what waits in the outbox: what this run put, or the first delivery of this request."""
        if self.claim is not None and not self.claim.fresh:
            return self.claim.outbox_keys
        return tuple(message.key for message in self.messages)


def _nothing(*_: object) -> None:
    """Do nothing."""


class Bus:
    """Carries calls to their handlers."""

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        engine: Engine,
        releases: Releases,
        limiter: Limiter,
        relay: Relay,
        fingerprints: Callable[[str], Sequence[str]],
        refresh: Callable[[], object] = _nothing,
        keep: Keep = _nothing,
    ) -> None:
        """Take what a call passes through.

        ``fingerprints`` gives the keyed hashes by which a request is known again; ``refresh`` brings what the process
        remembers of the database up to date before a transaction opens; ``keep`` keeps what the decision of a refused
        call had found.
        """
        self.catalogue = catalogue
        self._fingerprints = fingerprints
        self._engine = engine
        self._releases = releases
        self._limiter = limiter
        self._relay = relay
        self._refresh = refresh
        self._keep = keep

    def call(self, call: Call) -> Reply:
        """Carry one call through.

        Raises:
            BffError: it was refused; nothing of it was kept, unless the refusal says otherwise.
        """
        operation = self.catalogue.get(call.operation)
        try:
            return self._carry(operation, call)
        except BffError as refusal:
            self._record(operation, call, refusal)
            raise

    def _carry(self, operation: Operation, call: Call) -> Reply:
        context = call.context
        self._refresh()
        admit(self._engine, self._releases, operation, context.caller, context.now)
        self._limiter.check(operation.limit, operation.code, context.caller.subject, now=context.now)
        request = parse(operation, call.payload)
        key = idempotency.checked_key(call.idempotency_key) if operation.idempotency is Idempotency.KEY else None

        keyed = None if key is None else (key, self._fingerprints(idempotency.canonical(call.payload)))
        step = self._commit(operation, call, request, keyed)
        if step.refusal is not None:
            if step.messages:  # a refusal that keeps something may have put a question; its lease is ours alone
                self._deliver(step)
            raise step.refusal
        if step.file is not None:
            return as_reply(operation, step.file)
        if step.claim is not None and step.claim.final:
            return Reply(200, step.first, {"Idempotency-Replayed": "true"})
        if step.outbox_keys and self._deliver(step) and step.claim is not None:
            self._leave_running(step.claim, call)
        if operation.settle is None:
            return Reply(200, step.first)
        return Reply(200, self._settle(operation, call, request, step))

    def _commit(
        self, operation: Operation, call: Call, request: msgspec.Struct, keyed: tuple[str, Sequence[str]] | None
    ) -> _Step:
        """Run the handler in its transaction; when the connection broke, nobody here knows whether it was committed."""

        def work(session: Session) -> _Step:
            lease_to(session, self._relay.lease)
            return _run(session, operation, call, request, keyed)

        try:
            return retried(self._engine, work, writing=operation.changes)
        except DBAPIError as error:
            if not operation.changes or not error.connection_invalidated:
                raise
            _log.exception("the connection broke under %s", operation.code)
            raise OutcomeUnknownError(detail="the database went away during the call") from error

    def _deliver(self, step: _Step) -> bool:
        """Relay straight after the commit; tell whether another relay is sending just now.

        What fails now is sent by the next round of the relay.
        """
        try:
            done = self._relay.deliver(step.messages) if step.messages else self._relay.run(keys=step.outbox_keys)
        except Exception:  # noqa: BLE001 the call is committed: no failure here may pass for its refusal
            _log.exception("relaying straight after a commit failed: the messages wait for the next round")
            return False
        return done.busy > 0

    def _leave_running(self, claim: Claim, call: Call) -> None:
        """Keep no answer while another relay, or a dead one's lease, holds what the answer depends on."""
        self._give_up(claim, call)
        raise IdempotencyRunningError(detail="what this request asked for is being sent", retryAfter=1)

    def _settle(self, operation: Operation, call: Call, request: msgspec.Struct, step: _Step) -> bytes:
        """Read the final answer now that the relay has spoken, and keep it for replays.

        Raises:
            OutcomeUnknownError: the database does not answer; the call itself is committed.
        """
        settle, claim = operation.settle, step.claim
        if settle is None:
            return step.first
        first = msgspec.json.decode(step.first, type=operation.response)

        def work(session: Session) -> bytes:
            final = _encode(settle(session, call.context, request, first))
            if claim is not None:
                idempotency.store(session, claim, final, final=True)
            return final

        try:
            return retried(self._engine, work, writing=claim is not None)
        except (SQLAlchemyError, DatabaseBusyError) as error:
            _log.exception("the outcome of %s cannot be read", operation.code)
            raise OutcomeUnknownError(detail="the call is committed; its outcome cannot be read now") from error
        except BffError:
            if claim is not None:
                self._give_up(claim, call)
            raise

    def _give_up(self, claim: Claim, call: Call) -> None:
        """Let the next delivery settle at once; without the database it waits for the lease to run out.

        The call is committed: that nobody can write this down must not pass for its refusal.
        """
        try:
            retried(self._engine, lambda session: idempotency.give_up(session, claim, call.context.now))
        except (SQLAlchemyError, DatabaseBusyError):
            _log.exception("the lease of %s is not given up", call.operation)

    def _record(self, operation: Operation, call: Call, refusal: BffError) -> None:
        """Record a refusal in a transaction of its own; never let that hide the refusal itself."""
        caller = call.context.caller
        if caller.device_id is None or isinstance(refusal, _NO_REFUSALS):
            return
        if not operation.changes and refusal.status not in _DENIALS:
            return
        now = call.context.now
        body: dict[str, Any] = {
            "code": refusal.code,
            "operation": operation.code,
            "requestId": call.context.request_id,
            "device": caller.device_id,
        }
        if caller.customer_id is not None:
            body["customer"] = caller.customer_id

        def work(session: Session) -> None:
            append(session, kind="refused", subject=operation.code, body=body, now=now)
            if call.context.findings:
                self._keep(session, call.context, refusal.code)

        try:
            self._limiter.check(REFUSALS_RECORDED, "refused", caller.device_id, now=now)
            retried(self._engine, work)
        except RateLimitedError:
            return
        except (SQLAlchemyError, DatabaseBusyError):
            _log.exception("a refusal of %s could not be recorded", operation.code)


def _run(
    session: Session, operation: Operation, call: Call, request: msgspec.Struct, keyed: tuple[str, Sequence[str]] | None
) -> _Step:
    """Do the call's work inside its transaction; ``keyed``: its idempotency key and its request's fingerprints."""
    call.context.findings.clear()  # of an attempt that the database had us make again
    claim = None if keyed is None else idempotency.claim(session, call.context, operation, *keyed)
    if claim is not None and not claim.fresh:
        return _Step(claim.answer, claim)
    try:
        given = operation.handler(session, call.context, request)
        file = given if isinstance(given, File) else None
        first = b"" if file is not None else _encode(given)
    except BffError as refusal:
        if not refusal.keeps:
            raise
        if claim is not None:
            idempotency.forget(session, claim)
        return _Step(b"", claim, written(session), refusal)
    meter(session, call.context, operation)
    session.flush()
    step = _Step(first, claim, written(session), file=file)
    if claim is not None:
        idempotency.store(session, claim, first, final=operation.settle is None, outbox_keys=step.outbox_keys)
    return step
