"""Decisions explained: which rules each one read and what it weighed, whether it said yes or no.

Invariants: a decision costs one INSERT; an allowed one is written with what it allowed, a refused one in the
transaction in which the bus records the refusal; nothing personal stands in it but ids. What is decided outside a call,
by a job, a message or a command, is written in the transaction that does it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Self

import msgspec
from sqlalchemy import Row, insert, or_, select
from sqlalchemy.orm import Session

from bff.db.base import table_of
from bff.db.prepared import Prepared
from bff.errors import NotFoundError
from bff.kinds import Context, Findings, business_date, instant
from bff.products.models import RuleDecision
from bff.products.rulepacks import Rule, RulePack, RulePacks

ALLOWED: Final = "ALLOWED"
_decision: Final = table_of(RuleDecision)
_INSERT: Final = Prepared(insert(_decision))


class _Noting(RulePack, frozen=True):
    """A rule pack that notes which of its rules are read."""

    noted: dict[str, Rule]

    def _value(self, name: str) -> int | str:
        value = super()._value(name)
        self.noted[name] = self.rules[name]
        return value


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision while it is being taken.

    Attributes:
        rules: the pack in force; what is read from it is noted.
    """

    findings: Findings
    rules: RulePack

    @classmethod
    def begin(cls, context: Context, packs: RulePacks, kind: str, about: str = "") -> Self:
        """Begin a call's decision under the pack that is in force on its business date.

        Args:
            context: of the call.
            packs: of the room.
            kind: of decision.
            about: id of the caller's own account, card or application by which a refusal is found, too.

        Raises:
            RulePackMissingError: none is.
        """
        decision = cls.on(business_date(context.now), packs, kind, about)
        context.findings.append(decision.findings)
        return decision

    @classmethod
    def on(cls, day: date, packs: RulePacks, kind: str, about: str = "") -> Self:
        """Begin a decision outside a call, under the pack that is in force on a business date.

        Raises:
            RulePackMissingError: none is.
        """
        pack = packs.at(day)
        findings = Findings(kind, pack.pack, pack.version, about)
        members = {name: getattr(pack, name) for name in pack.__struct_fields__}
        return cls(findings, _Noting(**members, noted=findings.rules))

    def note(self, **inputs: str | int | bool | None) -> None:
        """Note figures and ids that are weighed; names are camelCase, as on the wire."""
        self.findings.inputs.update(inputs)

    def cite(self, terms: Mapping[str, Rule], *names: str) -> None:
        """Note figures of a product's version that are read; which version stands among the inputs."""
        self.findings.rules.update({f"product.{name}": terms[name] for name in names})

    def allow(self, session: Session, context: Context, subject: str, about: str = "") -> None:
        """Write that it was allowed.

        Args:
            session: of the call's transaction.
            context: of the call.
            subject: id of what was decided on.
            about: id of the operation, account or application from which that follows.
        """
        keep(session, [_called(context, self.findings, ALLOWED, subject, about)])

    def row(
        self, now: datetime, outcome: str, *, subject: str, customer_id: str | None, about: str | None = None
    ) -> dict[str, Any]:
        """Give the record of a decision that was taken outside a call, for ``keep``.

        Args:
            now: when it was taken.
            outcome: ``ALLOWED``, a refusal's code, or the state that it led to.
            subject: id of what was decided on.
            customer_id: of whom it concerns.
            about: id of that from which it follows; what the decision is about when not given.
        """
        about = self.findings.about if about is None else about
        return _row(self.findings, now, outcome, {"subject": subject, "about": about, "customer_id": customer_id})

    def keep(self, session: Session, now: datetime, outcome: str, **named: Any) -> None:
        """Write the record that ``row`` gives."""
        keep(session, [self.row(now, outcome, **named)])


def keep(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write records of decisions at once."""
    if rows:
        _INSERT.many(session, rows)


def refuse(session: Session, context: Context, code: str) -> None:
    """Write what the last decision of a refused call had found; the bus calls it."""
    findings = context.findings[-1]
    about = str(findings.inputs.get("operationId", findings.about))
    keep(session, [_called(context, findings, code, "", about)])


def explain(session: Session, wanted: str) -> list[Mapping[str, Any]]:
    """Give the decisions on an order, an operation, an application, an account, a card, a bill or a refused request.

    The decision on the operation, agreement or application from which they follow is among them; the oldest first.

    Raises:
        NotFoundError: none is known under this id.
    """
    columns = (_decision.c.subject, _decision.c.about, _decision.c.request_id)
    found = session.execute(select(_decision).where(or_(*(column == wanted for column in columns)))).all()
    origins = {row.about for row in found} - {""}
    more = session.execute(select(_decision).where(_decision.c.subject.in_(origins))).all() if origins else ()
    rows = {row.number: row for row in (*found, *more)}
    if not rows:
        said = f"no decision is known under {wanted[:64]}: give an order's, operation's or request's id"
        raise NotFoundError(detail=said)
    return [_told(rows[number]) for number in sorted(rows)]


def _called(context: Context, findings: Findings, outcome: str, subject: str, about: str) -> dict[str, Any]:
    ids = {"subject": subject, "about": about, "customer_id": context.caller.customer_id}
    return _row(findings, context.now, outcome, ids | {"request_id": context.request_id})


def _row(findings: Findings, now: datetime, outcome: str, ids: Mapping[str, str | None]) -> dict[str, Any]:
    facts = msgspec.json.encode({"rules": findings.rules, "inputs": findings.inputs}).decode()
    pack = {"kind": findings.kind, "pack": findings.pack, "version": findings.version}
    return {"request_id": "", **ids, **pack, "at": now, "outcome": outcome, "facts": facts}


def _told(row: Row[Any]) -> Mapping[str, Any]:
    said = {"subject": row.subject, "about": row.about, "request": row.request_id, "customer": row.customer_id}
    rules = {"pack": row.pack, "version": row.version, **msgspec.json.decode(row.facts)}
    return {"kind": row.kind, "at": instant(row.at), "outcome": row.outcome, **said, **rules}
