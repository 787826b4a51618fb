"""The product team of tests: registered people with keys, and the papers that they make and check."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Engine, select

from bff.audit.models import EvidenceEntry
from bff.bundles import signers
from bff.bundles.signers import Role
from bff.custody.service import operator_of
from bff.db.engine import transaction
from bff.products.calendar import TradingCalendar
from bff.products.drafts import CalendarDrafts, ProductDrafts, RuleDrafts
from bff.products.moves import StateDrafts
from bff.products.papers import Kind, Papers
from bff.products.rulepacks import RulePacks
from bff.products.warehouse import Warehouse
from bff.wealth.products import FAMILY
from security.jwk import jwk_of
from security.suites import ES256, PrivateKey

MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Person:
    """A member of the team with a key of his own."""

    name: str
    private: PrivateKey = field(default_factory=ES256.generate)

    @property
    def jkt(self) -> str:
        return jwk_of(self.private.public_key()).thumbprint

    def sign(self, message: bytes) -> bytes:
        return ES256.sign(self.private, message)


def register(engine: Engine, *people: Person, role: Role = Role.PRODUCT) -> None:
    about = {"role": role, "team": "products", "bundles": (), "by": "chen.yu", "now": MONDAY}
    with transaction(engine) as session:
        for person in people:
            public = jwk_of(person.private.public_key())
            signers.add(session, public=public, person=person.name, **about)  # type: ignore[arg-type]  # as named


class Team:
    """Anna makes and Boris checks, on the papers of one database."""

    def __init__(
        self, engine: Engine, warehouse: Warehouse, packs: Mapping[str, RulePacks], calendar: TradingCalendar
    ) -> None:
        products, self.moves = ProductDrafts(warehouse), StateDrafts(warehouse)
        kinds: tuple[Kind, ...] = (products, self.moves, RuleDrafts(packs), CalendarDrafts(calendar))
        named = {kind.name: kind for kind in kinds}
        self.engine = engine
        self.papers = Papers(
            engine, named, lambda session, jkt: operator_of(session, jkt, Role.PRODUCT), "sandbox", "b"
        )
        self.anna, self.boris = Person("anna"), Person("boris")
        register(engine, self.anna, self.boris)

    def bring(self, kind: str, body: Any, now: datetime = MONDAY, checked_at: datetime | None = None) -> Any:
        """Propose and check; give the paper."""
        family = FAMILY.name if kind == "product" else ""
        raw = msgspec.json.encode(body)
        made = self.papers.propose(kind, raw, self.anna, now, file="file", family=family)
        key = (kind, made.code, made.version)
        return self.papers.check(*key, sha256=made.digest, hand=self.boris, now=checked_at or now)

    def told(self) -> list[tuple[str, dict[str, Any]]]:
        """Give the evidence of papers."""
        wanted = select(EvidenceEntry.kind, EvidenceEntry.body).where(EvidenceEntry.kind.like("paper.%"))
        with transaction(self.engine, writing=False) as session:
            rows = session.execute(wanted.order_by(EvidenceEntry.seq)).all()
        return [(row.kind, json.loads(row.body)) for row in rows]


def definition(version: str, valid_from: str, **changes: Any) -> dict[str, Any]:
    """Give the definition of a product that ships, as another version."""
    shipped = next(one for one in FAMILY.shipped() if one.code == "JMG-WY90")
    body = msgspec.json.decode(msgspec.json.encode(shipped))
    return {**body, "version": version, "valid_from": valid_from, **changes}


def pack(packs: RulePacks, version: str, effective_from: str, **values: Any) -> dict[str, Any]:
    """Give a shipped pack as another version with other values."""
    body = msgspec.json.decode(msgspec.json.encode(packs.versions[0]))
    for name, value in values.items():
        body["rules"][name] = {**body["rules"].get(name, {"source": "a test"}), "value": value}
    return {**body, "version": version, "effective_from": effective_from}
