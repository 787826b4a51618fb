"""Bills: closing the cycles of a day in batches, each account once, and assessing what was not repaid in time.

Invariants: a bill is a function of the entries of its cycle and of the one before; of one account and cycle there is
one; an account's row is locked before its entries are read, so nothing comes between; a slot may be run again anywhere.
How what a bill charges came about is written with it, under its id, ``<account>.<cycle>``.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Row, bindparam, insert, select, tuple_, update
from sqlalchemy.orm import Session

from bff.approvals.rules import amount_text
from bff.cards import repository, rules
from bff.cards.cycles import Cycle, annual_fee, bill_id, explained, interest_of, sum_of
from bff.cards.models import CardAccount, CardEntry, CardStatement
from bff.cards.products import CardProducts
from bff.cards.repository import ACTIVATED, FEE, INTEREST, LATE
from bff.cards.rules import Owed
from bff.db.base import table_of
from bff.db.statements import changed
from bff.jobs import Batch, Turn
from bff.kinds import CURRENCY
from bff.products import decisions
from bff.products.decisions import ALLOWED, Decision
from bff.products.rulepacks import RulePacks
from bff.push import inbox
from security.display import money_text

BATCH: Final = 200
_LATE: Final = ("late_fee_percent", "late_fee_least_fen", "late_fee_most_fen")
_account: Final = table_of(CardAccount)
_entry: Final = table_of(CardEntry)
_statement: Final = table_of(CardStatement)
_CLOSE: Final = (
    update(_account)
    .where(_account.c.account_id == bindparam("of"), _account.c.cycle == bindparam("was"))
    .values(
        interest_fen=_account.c.interest_fen + bindparam("interest"),
        fee_fen=_account.c.fee_fen + bindparam("fee"),
        cycle=_account.c.cycle + 1,
        next_close=bindparam("closing"),
        fee_year=bindparam("year"),
    )
)


@dataclass(frozen=True, slots=True)
class Billing:
    """Closes cycles."""

    products: CardProducts
    packs: RulePacks

    def close(self, session: Session, turn: Turn) -> Batch:
        """Bill the accounts whose cycle closed before the slot's day, one batch; one that is behind comes again."""
        rows = _closing(session, turn.business_date)
        made = [self._made(session, cycle, turn.now) for cycle in self._cycles(session, rows)]
        if made:
            _write(session, made)
            _tell(session, made, turn.now)
        return Batch("", len(made), finished=not made, outcome=f"{turn.done + len(made)} bills")

    def assess(self, session: Session, turn: Turn) -> Batch:
        """Look at the bills whose last day is over: what is missing of the minimum costs the late fee; one batch."""
        due = (
            select(_statement)
            .where(_statement.c.assessed.is_(False), _statement.c.last_day < turn.business_date)
            .order_by(_statement.c.last_day, _statement.c.account_id)
        )
        rows = session.execute(due.limit(BATCH)).all()
        late = sum(self._late(session, row, turn) for row in rows)
        return Batch("", len(rows), finished=not rows, outcome=f"{late} of {len(rows)} bills were not met")

    def _cycles(self, session: Session, rows: Sequence[Row[Any]]) -> Iterable[Cycle]:
        entries = _entries(session, rows)
        before = _before(session, rows)
        versions = {(row.product, row.product_version): row for row in rows}
        products = {key: self.products.of(session, row) for key, row in versions.items()}
        for row in rows:
            yield Cycle(
                account=row,
                before=before.get(row.account_id),
                entries=entries[row.account_id, row.cycle],
                earlier=entries[row.account_id, row.cycle - 1],
                product=products[row.product, row.product_version],
                decision=Decision.on(row.next_close, self.packs, "cards.bill", about=row.account_id),
            )

    def _made(self, session: Session, cycle: Cycle, now: datetime) -> "_Made":
        account, closed = cycle.account, cycle.closed
        fee, fee_year = annual_fee(session, cycle)
        charged = Owed(fee=fee, interest=interest_of(cycle))
        total = cycle.previous + sum_of(cycle.entries) + charged
        due = rules.due_on(closed, cycle.terms)
        statement = {
            "account_id": account.account_id,
            "cycle": account.cycle,
            "closed_on": closed,
            "due_on": due,
            "last_day": rules.last_day(due, cycle.terms),
            "previous_fen": cycle.previous.total,
            **repository.bucket_values(total),
            "total_fen": total.total,
            "minimum_fen": rules.minimum(total, cycle.terms),
            "assessed": False,
            "rule_version": cycle.pack.version,
            "product_version": account.product_version,
        }
        common = {"account_id": account.account_id, "cycle": account.cycle, "day": closed, "at": now, "card_tail": ""}
        name = cycle.name
        entries = [
            {**common, **repository.bucket_values(moved), "reference": f"{kind}.{name}", "kind": kind, "memo": memo}
            for kind, memo, moved in (
                (INTEREST, "利息", Owed(interest=charged.interest)),
                (FEE, "年费", Owed(fee=fee)),
            )
            if moved.total
        ]
        changes = {
            "of": account.account_id,
            "was": account.cycle,
            "interest": charged.interest,
            "fee": fee,
            "closing": rules.closing_after(closed, account.billing_day),
            "year": fee_year,
        }
        return _Made(account.customer_id, statement, entries, changes, explained(cycle, statement, charged, now))

    def _late(self, session: Session, bill: Row[Any], turn: Turn) -> bool:
        account = repository.lock_account(session, bill.account_id)
        here = (_statement.c.account_id == bill.account_id, _statement.c.cycle == bill.cycle)
        mark = update(_statement).where(*here, _statement.c.assessed.is_(False))
        if not changed(session, mark.values(assessed=True)):
            return False
        name = bill_id(bill.account_id, bill.cycle)
        decision = Decision.on(bill.last_day, self.packs, "cards.late_fee", about=bill.account_id)
        kinds = repository.repaying_kinds(decision.rules)
        repaid = repository.repaid(session, bill.account_id, bill.cycle + 1, bill.last_day, kinds)
        product = self.products.of(session, account)
        fee = rules.late_fee(bill.minimum_fen - repaid, product.figures)
        if not fee:
            return False
        decision.cite(product.terms, *_LATE)
        under = {"product": product.code, "productVersion": product.version, "lastDay": bill.last_day.isoformat()}
        decision.note(**under, minimumFen=bill.minimum_fen, repaidFen=repaid, feeFen=fee)
        decision.keep(session, turn.now, ALLOWED, subject=name, customer_id=account.customer_id)
        values = {"day": turn.business_date, "memo": "违约金", "card_tail": "", "at": turn.now}
        reference = f"LATE.{name}"
        repository.write_entry(session, account, Owed(fee=fee), reference=reference, kind=LATE, **values)
        if account.overdue_since is None:
            repository.change_account(session, bill.account_id, overdue_since=bill.due_on)
        told = {"customer_id": account.customer_id, "kind": "card.late", "subject": reference}
        inbox.tell(session, **told, body={"fee": yuan(fee)}, now=turn.now)
        return True


@dataclass(frozen=True, slots=True)
class _Made:
    """What a closing writes: the bill, its entries of interest and annual fee, the account's changes, and why."""

    customer_id: str
    statement: dict[str, Any]
    entries: list[dict[str, Any]]
    changes: dict[str, Any]
    explained: dict[str, Any]


def yuan(fen: int) -> str:
    """Give fen as a customer reads them: ``¥1,234.50``."""
    return money_text(CURRENCY, amount_text(fen))


def _closing(session: Session, day: date) -> Sequence[Row[Any]]:
    """Give the next accounts whose cycle closed before a day, locked."""
    open_now = (_account.c.next_close < day, _account.c.state == ACTIVATED)
    wanted = select(_account).where(*open_now).order_by(_account.c.next_close, _account.c.account_id)
    return session.execute(wanted.limit(BATCH).with_for_update()).all()


def _entries(session: Session, rows: Sequence[Row[Any]]) -> Mapping[tuple[str, int], list[Row[Any]]]:
    """Give the entries of the accounts' present cycles and of the ones before, in one query."""
    found: dict[tuple[str, int], list[Row[Any]]] = defaultdict(list)
    pairs = [(row.account_id, cycle) for row in rows for cycle in (row.cycle - 1, row.cycle)]
    wanted = select(_entry).where(tuple_(_entry.c.account_id, _entry.c.cycle).in_(pairs)).order_by(_entry.c.seq)
    for entry in session.execute(wanted):
        found[entry.account_id, entry.cycle].append(entry)
    return found


def _before(session: Session, rows: Sequence[Row[Any]]) -> Mapping[str, Row[Any]]:
    pairs = [(row.account_id, row.cycle - 1) for row in rows]
    wanted = select(_statement).where(tuple_(_statement.c.account_id, _statement.c.cycle).in_(pairs))
    return {row.account_id: row for row in session.execute(wanted)}


def _write(session: Session, made: Sequence[_Made]) -> None:
    session.execute(insert(CardStatement), [one.statement for one in made])
    entries = [entry for one in made for entry in one.entries]
    if entries:
        session.execute(insert(CardEntry), entries)
    session.connection().execute(_CLOSE, [one.changes for one in made])
    decisions.keep(session, [one.explained for one in made])


def _tell(session: Session, made: Sequence[_Made], now: datetime) -> None:
    for one in made:
        bill = one.statement
        if bill["total_fen"] > 0:
            facts = {
                "closed": bill["closed_on"].isoformat(),
                "due": bill["due_on"].isoformat(),
                "total": yuan(bill["total_fen"]),
                "minimum": yuan(bill["minimum_fen"]),
            }
            subject = bill_id(bill["account_id"], bill["cycle"])
            told = {"customer_id": one.customer_id, "kind": "card.bill", "subject": subject}
            inbox.tell(session, **told, body=facts, now=now)
