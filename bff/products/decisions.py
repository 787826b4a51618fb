"""Decisions explained: which rules each one read and what it weighed, whether it said yes or no.

Invariants: a decision costs one INSERT; an allowed one is written with what it allowed, a refused one in the
transaction in which the bus records the refusal; nothing personal stands in it but ids.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import msgspec
from sqlalchemy import Row, insert, or_, select
from sqlalchemy.orm import Session

from bff.db.base import table_of
from bff.errors import NotFoundError
from bff.kinds import Context, Findings, business_date, instant
from bff.products.models import RuleDecision
from bff.products.rulepacks import Rule, RulePack, RulePacks

ALLOWED: Final = "ALLOWED"
_decision: Final = table_of(RuleDecision)
_INSERT: Final = insert(_decision)


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
    def begin(cls, context: Context, packs: RulePacks, kind: str) -> Self:
        """Begin a decision under the pack that is in force on the call's business date.

        Raises:
            RulePackMissingError: none is.
        """
        pack = packs.at(business_date(context.now))
        findings = Findings(kind, pack.pack, pack.version)
        context.findings.append(findings)
        members = {name: getattr(pack, name) for name in pack.__struct_fields__}
        return cls(findings, _Noting(**members, noted=findings.rules))

    def note(self, **inputs: str | int | bool | None) -> None:
        """Note figures and ids that are weighed; names are camelCase, as on the wire."""
        self.findings.inputs.update(inputs)

    def allow(self, session: Session, context: Context, subject: str, about: str = "") -> None:
        """Write that it was allowed.

        Args:
            session: of the call's transaction.
            context: of the call.
            subject: id of what was decided on.
            about: id of the operation, account or application from which that follows.
        """
        _write(session, context, self.findings, outcome=ALLOWED, subject=subject, about=about)


def refuse(session: Session, context: Context, code: str) -> None:
    """Write what the last decision of a refused call had found; the bus calls it."""
    findings = context.findings[-1]
    _write(session, context, findings, outcome=code, subject="", about=str(findings.inputs.get("operationId", "")))


def explain(session: Session, wanted: str) -> list[Mapping[str, Any]]:
    """Give the decisions on an order, an operation, an application, an account, a funding or a refused request.

    The decision on the operation, account or application from which they follow is among them; the oldest comes first.

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


def _write(session: Session, context: Context, findings: Findings, *, outcome: str, subject: str, about: str) -> None:
    facts = {"rules": findings.rules, "inputs": findings.inputs}
    row = {"subject": subject, "about": about, "kind": findings.kind, "at": context.now, "outcome": outcome}
    row |= {"pack": findings.pack, "version": findings.version, "request_id": context.request_id}
    row |= {"customer_id": context.caller.customer_id, "facts": msgspec.json.encode(facts).decode()}
    session.execute(_INSERT, row)


def _told(row: Row[Any]) -> Mapping[str, Any]:
    said = {"subject": row.subject, "about": row.about, "request": row.request_id, "customer": row.customer_id}
    rules = {"pack": row.pack, "version": row.version, **msgspec.json.decode(row.facts)}
    return {"kind": row.kind, "at": instant(row.at), "outcome": row.outcome, **said, **rules}
