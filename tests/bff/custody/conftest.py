"""Fixtures of this room's tests: a database, a store of keys, and operators with keys of their own."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from bff.audit.models import EvidenceEntry
from bff.bundles import signers
from bff.bundles.signers import Role
from bff.custody.models import KeyRequest
from bff.custody.service import Custody
from bff.db.engine import transaction
from security.jwk import jwk_of
from security.keys import KeyStore
from security.keys.changes import Action, Guard, frozen
from security.keys.requests import Verdict, decision_message, request_message
from security.suites import ES256, PrivateKey
from tests.bff.db.engines import fresh_engine
from tests.keystore import copied_keys

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Operator:
    """A person with a key."""

    person: str
    private: PrivateKey = field(default_factory=ES256.generate)

    @property
    def jkt(self) -> str:
        return jwk_of(self.private.public_key()).thumbprint


@dataclass
class Room:
    """A server's custody, and what its evidence says."""

    engine: Engine
    store: KeyStore
    held: int = 0
    count: int = 0

    @property
    def guard(self) -> Guard:
        lasting = frozenset({"sealing-kek", "blind-index"})
        return Guard(lasting=lasting, uses=lambda _: self.held)

    @property
    def custody(self) -> Custody:
        return Custody(self.engine, self.store, self.guard, "sandbox", "bank", timedelta(hours=24))

    def operator(self, person: str, role: Role = Role.SECURITY) -> Operator:
        made = Operator(person)
        with transaction(self.engine) as session:
            signers.add(
                session,
                public=jwk_of(made.private.public_key()),
                role=role,
                person=person,
                team="security",
                bundles=("wealth",) if role is Role.DEVELOPER else (),
                by="chen.yu",
                now=NOW,
            )
        return made

    def revoke(self, operator: Operator) -> None:
        with transaction(self.engine) as session:
            signers.revoke(session, operator.jkt, by="chen.yu", reason="left", now=NOW)

    def ask(self, operator: Operator, action: Action, subject: str, now: datetime = NOW) -> KeyRequest:
        self.count += 1
        change = frozen(self.store, action, subject)
        name = f"kreq_{self.count}"
        data = self.custody.draft(change, reason="a drill", by=operator.jkt, request_id=name, now=now)
        return self.custody.ask(data, ES256.sign(operator.private, request_message(data)), now)

    def decide(
        self, operator: Operator, asked: KeyRequest, verdict: Verdict = Verdict.APPROVE, now: datetime = NOW
    ) -> KeyRequest:
        message = decision_message(asked.statement.encode(), verdict, operator.jkt)
        signature = ES256.sign(operator.private, message)
        return self.custody.decide(asked.request_id, verdict=verdict, by=operator.jkt, signature=signature, now=now)

    def told(self, *kinds: str) -> list[tuple[str, dict[str, str]]]:
        with transaction(self.engine, writing=False) as session:
            wanted = select(EvidenceEntry.kind, EvidenceEntry.body).where(EvidenceEntry.kind.in_(kinds))
            rows = session.execute(wanted.order_by(EvidenceEntry.seq)).all()
        return [(row.kind, json.loads(row.body)) for row in rows]


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    store = copied_keys(tmp_path / "keys")
    with fresh_engine("sqlite", tmp_path) as engine:
        yield Room(engine, store)
