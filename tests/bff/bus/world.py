"""A small bank for the tests of the bus: effects are evidence entries, and the core can be told to fail."""

import hmac
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec
from sqlalchemy import Engine, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bff.audit import append, link
from bff.audit.models import EvidenceEntry
from bff.bus import Bus, Call, RateLimiter
from bff.bus.releases import BundleRevokedError, BundleUnknownError, Release
from bff.catalogue import Catalogue, Empty, Idempotency, Operation, Upload
from bff.core_bank.port import CoreRefusedError, CoreUnknownError
from bff.db.engine import transaction
from bff.db.errors import DatabaseBusyError
from bff.errors import ConflictError
from bff.kinds import BundleRef, Caller, Channel, Context, Scope
from bff.outbox import Outcome, Relay, Settlement, Topic, put

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
PAGE = BundleRef("wealth", "1.0.0", "a" * 64)
REVOKED = BundleRef("wealth", "0.9.0", "b" * 64)
PAGE_OPS = tuple(
    f"counter.{name}" for name in ("add", "send", "refuse", "guess", "read", "once", "blind", "broken", "file")
)


class Add(msgspec.Struct, rename="camel", forbid_unknown_fields=True, frozen=True):
    amount_fen: int
    kind: Literal["small", "large"] = "small"


class Added(msgspec.Struct, rename="camel", frozen=True):
    entry_seq: int
    state: str


class WrongGuessError(ConflictError):
    code = "GUESS_WRONG"
    keeps = True


def add(session: Session, context: Context, request: Add) -> Added:
    body = {"amount": request.amount_fen}
    append(session, kind="done", subject="counter", body=body, now=context.now)
    return Added(link(session), "DONE")


def refuse(session: Session, context: Context, request: Add) -> Added:
    add(session, context, request)
    raise ConflictError


def guess(session: Session, context: Context, request: Add) -> Added:
    add(session, context, request)
    raise WrongGuessError


def send(session: Session, context: Context, request: Add) -> Added:
    append(session, kind="asked", subject="counter", body={"amount": request.amount_fen}, now=context.now)
    seq = link(session)
    put(session, topic="core", key=f"key-{seq}", payload={"amount": request.amount_fen, "seq": seq}, now=context.now)
    return Added(seq, "ASKED")


def outcome_of(session: Session, _context: Context, _request: Add, first: Added) -> Added:
    settled = session.scalar(select(EvidenceEntry.subject).where(EvidenceEntry.kind == f"settled-{first.entry_seq}"))
    return Added(first.entry_seq, settled or "UNKNOWN")


def unreadable(*_: Any) -> Added:
    raise DatabaseBusyError


def break_off(*_: Any) -> Added:
    statement = "COMMIT"
    raise OperationalError(statement, {}, ConnectionResetError(), connection_invalidated=True)


def settle(session: Session, settlement: Settlement, payload: Mapping[str, Any], outcome: Outcome) -> None:
    name = type(outcome).__name__
    append(session, kind=f"settled-{payload['seq']}", subject=name, body={}, now=settlement.now)


@dataclass
class FakeCore:
    """Remembers what it did under each key; ``mode`` tells it to refuse or to stay silent."""

    mode: str = "ok"
    executed: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    calls: int = 0

    def send(self, payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        self.calls += 1
        if self.mode == "refuse":
            reason = "INSUFFICIENT_FUNDS"
            raise CoreRefusedError(reason)
        if self.mode == "silent":
            raise CoreUnknownError
        return self.executed.setdefault(key, dict(payload))


class Book:
    def release(self, session: Session, digest: str) -> Release:
        del session
        if digest == REVOKED.digest:
            raise BundleRevokedError
        if digest != PAGE.digest:
            raise BundleUnknownError
        return Release(PAGE, frozenset(PAGE_OPS), frozenset())


class File(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    content: bytes
    media_type: str


def keep(session: Session, context: Context, request: File) -> Added:
    del session, context
    return Added(entry_seq=len(request.content), state=request.media_type)


def declare(code: str, handler: Any, *, idempotency: Idempotency = Idempotency.KEY, **changes: Any) -> Operation:
    members: dict[str, Any] = {
        "code": code,
        "summary": f"Test of {code}.",
        "method": "POST",
        "path": "/" + code.replace(".", "/"),
        "request": Add,
        "response": Added,
        "handler": handler,
        "idempotency": idempotency,
        "limit": "1000/minute",
    }
    return Operation(**{**members, **changes})


def operations() -> tuple[Operation, ...]:
    natural = Idempotency.NATURAL
    return (
        declare("counter.add", add, fee=3),
        declare("counter.send", send, settle=outcome_of),
        declare("counter.once", send, settle=outcome_of, idempotency=natural),
        declare("counter.refuse", refuse, idempotency=natural),
        declare("counter.guess", guess),
        declare("counter.blind", send, settle=unreadable),
        declare("counter.broken", break_off),
        declare("counter.read", lambda *_: Empty(), method="GET", idempotency=Idempotency.NONE, response=Empty),
        declare("counter.hidden", add, idempotency=natural),
        declare("counter.shell", add, idempotency=natural, from_shell=True, scope=None, limit="3/minute"),
        declare(
            "counter.file", keep, idempotency=natural, request=File, upload=Upload(frozenset({"image/png"}), 400_000)
        ),
        declare("counter.fresh", add, idempotency=natural, from_shell=True, fresh=timedelta(minutes=15)),
        declare("counter.partner", add, idempotency=natural, channels=frozenset({Channel.OPEN_PLATFORM})),
    )


def fingerprint(request: str) -> str:
    return hmac.digest(b"k" * 32, request.encode(), "sha256").hex()


@dataclass
class Bank:
    engine: Engine
    core: FakeCore = field(default_factory=FakeCore)
    now: datetime = NOW
    ids: Any = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.relay = Relay(self.engine, [Topic("core", self.core.send, settle)], lambda: self.now, self.new_id)
        self.bus = self.make_bus(self.relay)

    def make_bus(self, relay: Relay) -> Bus:
        return Bus(
            catalogue=Catalogue(operations()),
            engine=self.engine,
            releases=Book(),
            limiter=RateLimiter(),
            relay=relay,
            fingerprints=lambda request: (fingerprint(request),),
        )

    def new_id(self, prefix: str) -> str:
        return f"{prefix}_{next(self.ids)}"

    def call(self, code: str, *, key: str | None = None, bundle: BundleRef | None = PAGE, **changes: Any) -> Call:
        caller = Caller(
            channel=Channel.APP,
            customer_id=changes.get("customer", "cus_1"),
            device_id=changes.get("device", "dev_1"),
            scopes=changes.get("scopes", frozenset({Scope.ONBOARDING, Scope.CUSTOMER})),
            bundle=bundle,
            address="192.0.2.1",
        )
        payload = changes.get("payload", {"amountFen": 100})
        context = Context(caller, self.now, self.new_id, lambda size: b"\x01" * size, request_id="req_test")
        return Call(code, payload, context, key)

    def later(self, **amount: float) -> None:
        self.now += timedelta(**amount)

    def entries(self, kind: str) -> list[EvidenceEntry]:
        with transaction(self.engine, writing=False) as session:
            return list(session.scalars(select(EvidenceEntry).where(EvidenceEntry.kind == kind)))
