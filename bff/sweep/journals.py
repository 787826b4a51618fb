"""Money between the bank's own accounts: a day's income and residue, and what the fund repays of the bank's advance.

Invariant: there is one journal of a kind for a fund or product and a day, and the core makes it once.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Row, select, update
from sqlalchemy.orm import Session

from bff import outbox
from bff.db.base import table_of
from bff.db.statements import changed, insert_new
from bff.sweep import fast
from bff.sweep.models import SweepJournal

JOURNAL: Final = "sweep.journal"
INCOME: Final = "income"
RESIDUE: Final = "residue"
REPAY: Final = "repay"
PENDING: Final = "PENDING"
DONE: Final = "DONE"
FAILED: Final = "FAILED"
_MEMOS: Final = {INCOME: "收益", RESIDUE: "收益尾差", REPAY: "归还快速转出垫资"}
_table: Final = table_of(SweepJournal)
_log: Final = logging.getLogger("tidegate.alarms")


@dataclass(frozen=True, slots=True)
class Putting:
    """Writes the journals of one subject, a fund or a product, for one day."""

    session: Session
    subject: str
    day: date
    now: datetime

    def made(self, kind: str) -> bool:
        """Tell whether there is one already."""
        return row(self.session, self._key(kind)) is not None

    def journal(self, kind: str, payer: str, payee: str, amount_fen: int) -> None:
        """Write a journal and have the core make it after the commit; nothing for nothing, and nothing twice."""
        key = self._key(kind)
        values = {"kind": kind, "subject": self.subject, "day": self.day, "payer": payer, "payee": payee}
        open_ = {"state": PENDING, "reason": None, "reference": None, "made_at": self.now, "settled_at": None}
        if amount_fen <= 0 or not insert_new(
            self.session, SweepJournal, journal_id=key, **values, **open_, amount_fen=amount_fen
        ):
            return
        memo = f"{self.subject} {self.day} {_MEMOS[kind]}"
        payload = {"journalId": key, "payer": payer, "payee": payee, "amountFen": amount_fen, "memo": memo}
        outbox.put(self.session, topic=JOURNAL, key=key, payload=payload, now=self.now)

    def _key(self, kind: str) -> str:
        return f"sweep.{kind}.{self.subject}.{self.day}"


def row(session: Session, journal_id: str) -> Row[Any] | None:
    """Give a journal, or None."""
    return session.execute(select(_table).where(_table.c.journal_id == journal_id)).first()


def made(session: Session, journal_id: str, result: Mapping[str, Any], now: datetime) -> None:
    """Write that the core made a journal; what a fund repaid is free in the pool again."""
    if _end(session, journal_id, state=DONE, reference=result["reference"], settled_at=now):
        known = row(session, journal_id)
        if known is not None and known.kind == REPAY:
            fast.repaid(session, known.amount_fen)


def refused(session: Session, journal_id: str, reason: str, now: datetime) -> None:
    """Write that the core refused a journal of the bank's own, which a person must look at."""
    if _end(session, journal_id, state=FAILED, reason=reason, settled_at=now):
        _log.error("ALARM: the core refused journal %s: %s", journal_id, reason)


def _end(session: Session, journal_id: str, **values: Any) -> bool:
    ours = update(_table).where(_table.c.journal_id == journal_id, _table.c.state == PENDING)
    return changed(session, ours.values(**values)) == 1
