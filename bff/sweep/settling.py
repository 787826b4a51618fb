"""The days of the sweep: idle cash at the evening, confirmation and payment on the next trading day, repaid advances.

Each is a job's step that may be run again: a state or a mark that has moved already does not move twice.
"""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, func, select, update
from sqlalchemy.orm import Session

from bff import outbox
from bff.db.base import table_of
from bff.jobs import Batch, Turn
from bff.sweep import journals, register, repository
from bff.sweep.models import SweepOrder
from bff.sweep.purchases import LOOK
from bff.sweep.redemptions import Redemptions
from bff.sweep.repository import ACCEPTED, COLLECT, CONFIRMED, CREATED, FAST, NORMAL, PAID, PURCHASE
from bff.sweep.terms import Terms

SIZE: Final = 500
_PURCHASES: Final = "in"
_REDEMPTIONS: Final = "out"
_order: Final = table_of(SweepOrder)


def collect(session: Session, turn: Turn) -> Batch:
    """Have every active account's money looked at, once a day; what is idle is swept when the core has told."""
    rows = repository.collecting(session, turn.cursor, SIZE)
    day, asked = turn.business_date, 0
    for row in rows:
        if repository.collect_on(session, row.agreement_id, day):
            payload = {"agreementId": row.agreement_id, "number": row.number, "day": day.isoformat()}
            outbox.put(session, topic=LOOK, key=f"{row.agreement_id}.{day}", payload=payload, now=turn.now)
            asked += 1
    cursor = rows[-1].agreement_id if rows else turn.cursor
    return Batch(cursor, asked, finished=len(rows) < SIZE, outcome=f"{turn.done + asked} accounts looked at")


@dataclass(frozen=True, slots=True)
class Settling:
    """Confirms what came in, pays what goes out, and has the funds repay what the bank advanced."""

    terms: Terms
    redemptions: Redemptions

    def settle(self, session: Session, turn: Turn) -> Batch:
        """Confirm purchases and pay normal redemptions whose trading day has come."""
        phase, _, after = (turn.cursor or f"{_PURCHASES}|").partition("|")
        coming = phase == _PURCHASES
        kinds, state = ((PURCHASE, COLLECT), ACCEPTED) if coming else ((NORMAL,), CREATED)
        rows = repository.due(session, kinds, state, turn.business_date, after, SIZE)
        for row in rows:
            if coming:
                _confirm(session, row, turn)
            else:
                self.redemptions.pay_due(session, row, turn.now)
        outcome = f"{turn.done + len(rows)} orders settled"
        if len(rows) == SIZE:
            return Batch(f"{phase}|{rows[-1].order_id}", len(rows), finished=False, outcome=outcome)
        return Batch(f"{_REDEMPTIONS}|", len(rows), finished=not coming, outcome=outcome)

    def repay(self, session: Session, turn: Turn) -> Batch:
        """Have each fund repay in one journal what the bank advanced on the days before."""
        day, repaid = turn.business_date, 0
        for product in self.terms.every(session, turn.now):
            put = journals.Putting(session, product.code, day, turn.now)
            if put.made(journals.REPAY):
                continue
            ours = (_order.c.product == product.code, _order.c.kind == FAST, _order.c.state == PAID)
            open_ = update(_order).where(*ours, _order.c.repaid_on.is_(None), _order.c.day < day)
            session.execute(open_.values(repaid_on=day))
            amount = session.scalar(select(func.sum(_order.c.amount_fen)).where(*ours, _order.c.repaid_on == day))
            put.journal(journals.REPAY, product.accounts.fund, product.accounts.advance, int(amount or 0))
            repaid += int(amount or 0)
        return Batch("", 1, finished=True, outcome=f"{repaid} fen repaid")


def _confirm(session: Session, row: Row[Any], turn: Turn) -> None:
    if repository.move_order(session, row.order_id, (ACCEPTED,), state=CONFIRMED):
        register.confirm(session, row, turn.now)
