"""Incoming transfers: what the core tells of money from elsewhere, kept or returned by the rules of the account.

Invariants: a journal is judged once, however often it is told; an account that was opened online without a check face
to face keeps nothing from an account that is not bound, and no cash; what is kept is in the counters of its class.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.orm import Session

from bff import audit
from bff.accounts import repository, transfer_book
from bff.accounts.bound import BoundCards
from bff.accounts.counters import Counters
from bff.accounts.errors import AccountStateError, LimitDayError, LimitYearError, NotBoundError
from bff.accounts.models import AccountIncoming
from bff.accounts.repository import KEPT, OPEN, RETURNING
from bff.accounts.returns import Returns
from bff.accounts.rules import Movement, tail
from bff.db.statements import insert_new
from bff.errors import BffError, NotFoundError
from bff.kinds import business_date
from bff.products.rulepacks import RulePack

CASH: Final = "CASH"
TRANSFER: Final = "TRANSFER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What the core says of money that came in: its journal, both accounts as it books them, how it came, and when.

    Attributes:
        booked_at: when the core booked it: it counts in that business day, whenever it is told.
    """

    journal: str
    payee: str
    payer: str
    amount_fen: int
    booked_at: datetime
    how: str = TRANSFER


@dataclass(frozen=True, slots=True)
class Incoming:
    """Judges incoming transfers."""

    bound: BoundCards
    counters: Counters
    returns: Returns

    def ours(self, session: Session, number: str) -> bool:
        """Tell whether a number is an account of this room."""
        return repository.account_by_number(session, number) is not None

    def told(self, session: Session, notice: Notice, now: datetime) -> str:
        """Judge one incoming transfer; give its state: KEPT, or RETURNING and what follows it.

        Raises:
            NotFoundError: the payee is none of ours.
        """
        found = repository.account_by_number(session, notice.payee)
        account = None if found is None else repository.lock_account(session, found.account_id)
        if account is None:
            raise NotFoundError(detail="no account has this number")
        bound = notice.how != CASH and self.bound.is_bound(account, notice.payer)
        movement = Movement.BOUND_IN if bound else Movement.UNBOUND_IN
        day = business_date(notice.booked_at)
        pack = self.counters.packs.at(day)
        facts = {
            "account_id": account.account_id,
            "movement": movement.value,
            "state": KEPT,
            "amount_fen": notice.amount_fen,
            "payer_tail": tail(notice.payer),
            "counted": False,
            "day": day.isoformat(),
            "rule_version": pack.version,
            "told_at": now,
        }
        if not insert_new(session, AccountIncoming, journal=notice.journal, **facts):
            return transfer_book.state_of_incoming(session, notice.journal)
        refusal = self._refusal(session, account, movement, notice.amount_fen, pack, day)
        judged: dict[str, Any] = {"counted": movement is Movement.UNBOUND_IN}
        if refusal is not None:
            judged = {"counted": False, "state": RETURNING, "reason": refusal.code}
        transfer_book.move_incoming(session, notice.journal, (KEPT,), **judged)
        self._record(session, account, notice, refusal, now)
        return KEPT if refusal is None else RETURNING

    def _refusal(
        self, session: Session, account: Row[Any], movement: Movement, amount: int, pack: RulePack, day: date
    ) -> BffError | None:
        """Give what keeps an account from keeping money; when nothing does, it is counted."""
        if account.state != OPEN:
            return AccountStateError(detail=f"the account is {account.state}")
        if movement is Movement.BOUND_IN:
            return None
        if not account.face_checked:
            return NotBoundError(detail="opened online: no cash, and nothing from an account that is not bound")
        try:
            with session.begin_nested():  # a cap of the year that is passed takes the day's count back along
                self.counters.take(session, account, movement, amount, pack, day)
        except (LimitDayError, LimitYearError) as refusal:
            return refusal
        return None

    def _record(
        self, session: Session, account: Row[Any], notice: Notice, refusal: BffError | None, now: datetime
    ) -> None:
        body = {"accountId": account.account_id, "amountFen": notice.amount_fen, "how": notice.how}
        body |= {"kept": refusal is None} | ({} if refusal is None else {"reason": refusal.code})
        audit.append(session, kind="account.incoming", subject=notice.journal, body=body, now=now)
        if refusal is not None:
            self.returns.send(session, notice.journal, account.account_id, notice.journal, now)
            return
        self.returns.accounts.ask_balance(session, account.account_id, notice.journal, now)
