"""Counters: what moves on an account in a day and a year, counted before it is sent and given back when it is undone.

Invariant: the sum of the movements that stand is what the counter says, and never passes its cap; a movement is counted
in the business day on which it was placed, whenever it is settled or undone.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from bff.accounts import repository, rules
from bff.accounts.errors import AccountStateError, LimitBalanceError, LimitDayError, LimitYearError
from bff.accounts.rules import Cap, Movement
from bff.kinds import business_date
from bff.products.decisions import Decision
from bff.products.rulepacks import RulePack, RulePacks


@dataclass(frozen=True, slots=True)
class Counted:
    """Under which rules a movement was counted, and in which business day."""

    rule_version: str
    day: date


@dataclass(frozen=True, slots=True)
class Room:
    """A counter, and what it has come to in fen."""

    cap: Cap
    used_fen: int


@dataclass(frozen=True, slots=True)
class Counters:
    """Counts movements; the steps of one transaction lock the account first and then its counters."""

    packs: RulePacks

    def begin(
        self,
        session: Session,
        account: Row[Any],
        movement: Movement,
        amount: int,
        now: datetime,
        decision: Decision | None = None,
    ) -> Counted:
        """Take a movement into the account and its counters, before anything is sent; a decision notes them.

        The account is locked from then on: who needs its bound card reads the account again.

        Raises:
            AccountStateError: the account is not open now.
            LimitBalanceError: it would hold more than its class may.
            LimitDayError, LimitYearError: a cap is passed.
        """
        day = business_date(now)
        pack = self.packs.at(day) if decision is None else decision.rules
        coming = _coming(movement, amount)
        most = rules.most_balance(account.account_class, pack) if coming else None
        if not repository.begin_movement(session, account.account_id, coming=coming, most=most):
            _refuse(session, account.account_id, most)
        self.take(session, account, movement, amount, pack, day, decision)
        return Counted(pack.version, day)

    def take(
        self,
        session: Session,
        account: Row[Any],
        movement: Movement,
        amount: int,
        pack: RulePack,
        day: date,
        decision: Decision | None = None,
    ) -> None:
        """Count an amount.

        Raises:
            LimitDayError, LimitYearError: a cap is passed; nothing is counted once the transaction is rolled back.
        """
        for cap in rules.caps(account.account_class, movement, pack, day):
            counted = repository.count(session, account.account_id, cap, amount)
            if decision is not None:
                used, name = repository.used(session, account.account_id, cap), f"{cap.counter}.{cap.period}"
                decision.note(**{f"{name}.beforeFen": used - amount * counted, f"{name}.afterFen": used})
            if not counted:
                raise _passed(cap, pack)

    def check(
        self, session: Session, account: Row[Any], movement: Movement, amount: int, now: datetime, decision: Decision
    ) -> None:
        """Refuse early what ``begin`` would refuse at this moment; the decision notes the counters.

        Raises:
            LimitDayError, LimitYearError: as ``begin``.
        """
        for cap in rules.caps(account.account_class, movement, decision.rules, business_date(now)):
            used = repository.used(session, account.account_id, cap)
            decision.note(**{f"{cap.counter}.{cap.period}.beforeFen": used})
            if used + amount > cap.most_fen:
                raise _passed(cap, decision.rules)

    def rooms(self, session: Session, account: Row[Any], movement: Movement, now: datetime) -> tuple[Room, ...]:
        """Give the counters of a movement as they stand."""
        day = business_date(now)
        found = rules.caps(account.account_class, movement, self.packs.at(day), day)
        return tuple(Room(cap, repository.used(session, account.account_id, cap)) for cap in found)

    def end(self, session: Session, account_id: str, movement: Movement, amount: int) -> None:
        """Note that a movement that ``begin`` took is over."""
        repository.end_movement(session, account_id, coming=_coming(movement, amount))

    def give_back(self, session: Session, account_id: str, movement: Movement, amount: int, day: str) -> None:
        """Take from the counters what did not move, or moved back."""
        account = repository.account(session, account_id)
        counted = date.fromisoformat(day)
        if account is not None:
            for cap in rules.caps(account.account_class, movement, self.packs.at(counted), counted):
                repository.uncount(session, account_id, cap, amount)


def _coming(movement: Movement, amount: int) -> int:
    """Give how much of a movement comes in."""
    return amount if movement in {Movement.BOUND_IN, Movement.UNBOUND_IN} else 0


def _passed(cap: Cap, pack: RulePack) -> LimitDayError | LimitYearError:
    refusal = LimitYearError if cap.yearly else LimitDayError
    return refusal(limitFen=cap.most_fen, rules=pack.version)


def _refuse(session: Session, account_id: str, most: int | None) -> None:
    """Say why a movement may not begin."""
    account = repository.lock_account(session, account_id)
    state = "gone" if account is None else account.state
    if state != repository.OPEN:
        raise AccountStateError(detail=f"the account is {state}")
    raise LimitBalanceError(limitFen=most)
