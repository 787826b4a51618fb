"""Confirmation: after its trade date an order becomes shares, and a redemption an amount, at that day's net value.

Invariants: each is confirmed once, for it leaves its state by one conditional UPDATE in the transaction that writes its
position or amount; nothing is confirmed without the net value of its very trade date, nor while it can be cancelled.
A batch changes its rows first and writes evidence after that, as whoever cancels or settles one of them does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.orm import Session

from bff import audit
from bff.jobs import Batch, Turn
from bff.kinds import business_date
from bff.products.rulepacks import RulePacks
from bff.push import inbox
from bff.wealth import positions, pricing, repository
from bff.wealth.repository import ACCEPTED, CONFIRMED, SHARES_HELD

BATCH: Final = 200
_PURCHASES: Final = "purchase:"
_REDEMPTIONS: Final = "redemption:"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Confirms what is due, batch by batch."""

    packs: RulePacks
    batch: int = BATCH

    def step(self, session: Session, turn: Turn) -> Batch:
        """Confirm the next batch: the purchases, then the redemptions."""
        today = business_date(turn.now)
        kind, _, after = (turn.cursor or _PURCHASES).partition(":")
        if f"{kind}:" == _PURCHASES:
            rows = repository.due_orders(session, today, turn.now, after, self.batch)
            done = self._purchases(session, rows, turn.now)
            following = f"{_PURCHASES}{rows[-1].order_id}" if len(rows) == self.batch else _REDEMPTIONS
            return Batch(following, done, finished=False)
        rows = repository.due_redemptions(session, today, turn.now, after, self.batch)
        done = self._redemptions(session, rows, turn.now)
        if len(rows) == self.batch:
            return Batch(f"{_REDEMPTIONS}{rows[-1].order_id}", done, finished=False)
        waiting = repository.waiting_for_value(session, today, turn.now)
        outcome = f"{turn.done + done} confirmed, {waiting} wait for the net value of their trade date"
        return Batch(_REDEMPTIONS, done, finished=True, outcome=outcome)

    def _purchases(self, session: Session, rows: Sequence[Row[Any]], now: datetime) -> int:
        step = self.packs.at(business_date(now)).integer("share_step")
        found = [(row, pricing.bought(row.amount_fen, row.at, step)) for row in rows]
        taken = [
            (row, bought.shares)
            for row, bought in found
            if repository.move_order(
                session,
                row.order_id,
                (ACCEPTED,),
                state=CONFIRMED,
                **_value(row, now),
                shares=bought.shares,
                rest_fen=bought.rest_fen,
            )
        ]
        for row, shares in taken:
            _record(session, row, shares, row.amount_fen, step, now)
        for row, shares in taken:
            positions.begin(session, row, shares, now)
            _tell(session, row, shares, now)
        return len(taken)

    def _redemptions(self, session: Session, rows: Sequence[Row[Any]], now: datetime) -> int:
        step = self.packs.at(business_date(now)).integer("share_step")
        taken = [
            (row, amount)
            for row, amount in ((row, pricing.worth(row.shares, row.at)) for row in rows)
            if repository.move_redemption(
                session,
                row.order_id,
                (SHARES_HELD,),
                state=CONFIRMED,
                **_value(row, now),
                amount_fen=amount,
            )
        ]
        for row, amount in taken:
            _record(session, row, row.shares, amount, step, now)
        return len(taken)


def _value(row: Row[Any], now: datetime) -> Mapping[str, Any]:
    return {"nav": row.at, "nav_date": row.trade_date, "confirmed_at": now}


def _record(session: Session, row: Row[Any], shares: int, amount: int, step: int, now: datetime) -> None:
    body = {
        "orderId": row.order_id,
        "nav": pricing.nav_text(row.at),
        "navDate": row.trade_date.isoformat(),
        "shares": pricing.shares_text(shares),
        "step": pricing.shares_text(step),
        "amountFen": amount,
    }
    audit.append(session, kind="order.confirmed", subject=row.order_id, body=body, now=now)


def _tell(session: Session, row: Row[Any], shares: int, now: datetime) -> None:
    facts = {"product": row.product_name, "shares": pricing.shares_text(shares), "nav": pricing.nav_text(row.at)}
    told = {"customer_id": row.customer_id, "kind": "wealth.confirmed", "subject": row.order_id}
    inbox.tell(session, **told, body=facts, now=now)
