"""The embedded core bank: a double-entry ledger in SQL behind the port, with transactions of its own."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeVar

from sqlalchemy import Engine, Row, bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from bff.core_bank import books
from bff.core_bank.executions import Done, execute_once, recall
from bff.core_bank.models import CLASS_I, CLASS_II, INTERNAL, CoreAccountRow, CoreHoldRow, CoreJournalRow
from bff.core_bank.network import SamplePerson, SandboxBank
from bff.core_bank.port import (
    MAX_SEQUENCE,
    STATEMENT_LINES,
    CoreAccount,
    CoreQuery,
    CoreReceipt,
    CoreRefusedError,
    Posting,
    StatementLine,
)
from bff.db.base import table_of
from bff.db.engine import retried
from bff.kinds import CURRENCY, Clock, NewId

Result = TypeVar("Result")

ISSUER: Final = "629900"
"""First digits of the account numbers that the ledger gives."""
MAX_FEN: Final = 10**14
"""What a statement gives at most."""
_POSTED: Final = "POSTED"
_TAIL: Final = 4
_VOIDED: Final = "VOIDED"
_hold = table_of(CoreHoldRow)
_ACCOUNT_OF_HOLD: Final = select(_hold.c.account).where(_hold.c.id == bindparam("wanted"))


@dataclass(frozen=True, slots=True)
class EmbeddedCore:
    """Implements ``CoreBank`` over the bff's own database.

    Attributes:
        engine: where the ledger's tables are; every verb opens a transaction of its own.
        clock: the core's clock.
        new_id: maker of journal and hold ids.
        card_hashes: keyed hashes by which the ledger knows a card, by the key's id, the present one first; card numbers
            themselves are not kept.
    """

    engine: Engine
    clock: Clock
    new_id: NewId
    card_hashes: Callable[[str], Mapping[str, str]]

    def open_account(self, *, sequence: str, kind: str, holder: str, currency: str) -> CoreReceipt:
        """Open a class II account; ``reference`` is its number."""

        def work(session: Session, now: datetime) -> Done:
            if kind != CLASS_II or currency != CURRENCY:
                raise CoreRefusedError(reason="KIND_UNKNOWN")
            number = _free_number(session, sequence)
            _add_account(session, number=number, kind=kind, holder=holder, now=now)
            return Done(number)

        return self._execute(sequence, "open_account", {"kind": kind, "holder": holder, "currency": currency}, work)

    def enquire(self, number: str) -> CoreAccount:
        """Give an account by its number or its class I card."""

        def work(session: Session) -> CoreAccount:
            row = session.get_one(CoreAccountRow, self._resolve(session, number))
            return CoreAccount(row.number, row.kind, row.currency, row.balance, row.balance - row.held, row.state)

        return self._read(work)

    def hold(self, *, sequence: str, account: str, amount: int, currency: str) -> CoreReceipt:
        """Reserve money; ``reference`` is the hold's id."""

        def work(session: Session, now: datetime) -> Done:
            _check_amount(amount)
            (payer,) = books.locked(session, self._resolve(session, account))
            books.usable(payer, currency)
            books.covers(payer, amount)
            hold = self.new_id("hld")
            books.reserve(session, hold=hold, account=payer, amount=amount, at=now)
            return Done(hold)

        return self._execute(sequence, "hold", {"account": account, "amount": amount, "currency": currency}, work)

    def post(self, *, sequence: str, hold: str, payee: str, memo: str) -> CoreReceipt:
        """Turn a hold into a transfer; ``reference`` is the journal's id."""

        def work(session: Session, now: datetime) -> Done:
            number = _account_of_hold(session, hold)
            payer, receiver = _pair(session, number, self._resolve(session, payee))
            reserved = books.active_hold(session, hold)
            for account in (payer, receiver):
                books.usable(account, reserved.currency)
            books.release(session, reserved, _POSTED)
            return self._move(session, payer, receiver, reserved.amount, memo, now)

        return self._execute(sequence, "post", {"hold": hold, "payee": payee, "memo": memo}, work)

    def void(self, *, sequence: str, hold: str) -> CoreReceipt:
        """Give a hold back; ``reference`` is its id."""

        def work(session: Session, _now: datetime) -> Done:
            books.locked(session, _account_of_hold(session, hold))
            books.release(session, books.active_hold(session, hold), _VOIDED)
            return Done(hold)

        return self._execute(sequence, "void", {"hold": hold}, work)

    def transfer(self, *, sequence: str, payer: str, payee: str, amount: int, currency: str, memo: str) -> CoreReceipt:
        """Move money at once; ``reference`` is the journal's id."""

        def work(session: Session, now: datetime) -> Done:
            _check_amount(amount)
            giver, receiver = _pair(session, self._resolve(session, payer), self._resolve(session, payee))
            for account in (giver, receiver):
                books.usable(account, currency)
            books.covers(giver, amount)
            return self._move(session, giver, receiver, amount, memo, now)

        content: dict[str, str | int] = {
            "payer": payer[-_TAIL:],  # it may be a card's
            "payee": payee,
            "amount": amount,
            "currency": currency,
            "memo": memo,
        }
        return self._execute(sequence, "transfer", content, work)

    def reverse(self, *, sequence: str, journal: str, memo: str) -> CoreReceipt:
        """Post the opposite of a journal, once; ``reference`` is the new journal's id."""

        def work(session: Session, now: datetime) -> Done:
            postings = _opposite(session, journal)
            accounts = books.locked(session, *(posting.account for posting in postings))
            _check_not_reversed(session, journal)
            for account, posting in zip(accounts, postings, strict=True):
                books.usable(account, posting.currency)
                books.covers(account, -posting.amount)
            made = self.new_id("jnl")
            books.write_journal(session, journal=made, postings=postings, memo=memo, at=now, reverses=journal)
            return Done(made, postings)

        return self._execute(sequence, "reverse", {"journal": journal, "memo": memo}, work)

    def query(self, sequence: str) -> CoreQuery:
        """Tell what became of a sequence number; the ledger always knows."""
        return self._read(lambda session: recall(session, sequence))

    def statement(self, number: str, limit: int = STATEMENT_LINES) -> tuple[StatementLine, ...]:
        """Give the latest postings of an account, newest first.

        Raises:
            CoreRefusedError: ACCOUNT_UNKNOWN.
        """
        return self._read(lambda session: books.statement(session, self._resolve(session, number), limit))

    def seed(self, bank: SandboxBank) -> None:
        """Open the bank's own accounts and the sample people's class I accounts, each exactly once."""
        for internal in bank.internal:
            self._seed_account(internal.number, INTERNAL, internal.role, None)
        for person in bank.people:
            if person.card_class == "I":
                self._seed_person(person, bank.opening)

    def _resolve(self, session: Session, name: str) -> str:
        return books.resolve(session, name, self.card_hashes(name).values())

    def _seed_person(self, person: SamplePerson, opening: str) -> None:
        kid, present = next(iter(self.card_hashes(person.card).items()))
        number = self._known(person.card) or _number(present)
        self._seed_account(number, CLASS_I, "sample", present)
        retried(self.engine, partial(_keep_card, number=number, card=present, kid=kid))
        if person.opening_fen:
            self.transfer(
                sequence=f"seed.opening.{number}",
                payer=opening,
                payee=number,
                amount=person.opening_fen,
                currency=CURRENCY,
                memo="期初余额",
            )

    def _known(self, card: str) -> str | None:
        try:
            return self._read(lambda session: self._resolve(session, card))
        except CoreRefusedError:
            return None

    def _seed_account(self, number: str, kind: str, holder: str, card: str | None) -> None:
        def work(session: Session, now: datetime) -> Done:
            _add_account(session, number=number, kind=kind, holder=holder, now=now, card=card)
            return Done(number)

        self._execute(f"seed.account.{number}", "open_account", {"kind": kind, "number": number}, work)

    def _move(self, session: Session, payer: Row[Any], payee: Row[Any], amount: int, memo: str, now: datetime) -> Done:
        postings = (
            Posting(payer.number, -amount, payer.currency),
            Posting(payee.number, amount, payee.currency),
        )
        journal = self.new_id("jnl")
        books.write_journal(session, journal=journal, postings=postings, memo=memo, at=now)
        return Done(journal, postings)

    def _execute(
        self,
        sequence: str,
        verb: str,
        content: Mapping[str, str | int],
        work: Callable[[Session, datetime], Done],
    ) -> CoreReceipt:
        now = self.clock()
        if not 0 < len(sequence) <= MAX_SEQUENCE:
            raise CoreRefusedError(reason="SEQUENCE_INVALID")

        def step(session: Session) -> CoreQuery:
            return execute_once(
                session, sequence=sequence, verb=verb, content=content, now=now, work=lambda: work(session, now)
            )

        answer = retried(self.engine, step)
        if answer.receipt is None:
            raise CoreRefusedError(answer.reason)
        return answer.receipt

    def _read(self, work: Callable[[Session], Result]) -> Result:
        return retried(self.engine, work, writing=False)


def cards_under(session: Session, kid: str) -> int:
    """Count the cards that are known by a key; seeding again moves them to the present one."""
    return session.scalar(select(func.count()).select_from(CoreAccountRow).where(CoreAccountRow.card_kid == kid)) or 0


def _keep_card(session: Session, number: str, card: str, kid: str) -> None:
    row = update(CoreAccountRow).where(CoreAccountRow.number == number)
    stale = or_(CoreAccountRow.card_kid.is_(None), CoreAccountRow.card_kid != kid)
    session.execute(row.where(stale).values(card_hash=card, card_kid=kid))


def luhn_digit(digits: str) -> str:
    """Give the check digit that follows ``digits`` (ISO/IEC 7812-1)."""
    doubled = [int(digit) * (2 if index % 2 == 0 else 1) for index, digit in enumerate(reversed(digits))]
    return str(-sum(value // 10 + value % 10 for value in doubled) % 10)


def _number(seed: str) -> str:
    body = ISSUER + str(int(hashlib.sha256(seed.encode()).hexdigest(), 16) % 10**12).zfill(12)
    return body + luhn_digit(body)


def _free_number(session: Session, sequence: str) -> str:
    attempt = 0
    while session.get(CoreAccountRow, number := _number(f"{sequence}/{attempt}")) is not None:
        attempt += 1
    return number


def _add_account(
    session: Session, *, number: str, kind: str, holder: str, now: datetime, card: str | None = None
) -> None:
    row = CoreAccountRow(number=number, kind=kind, holder=holder, currency=CURRENCY, card_hash=card, opened_at=now)
    session.add(row)
    session.flush()


def _check_amount(amount: int) -> None:
    if not 0 < amount <= MAX_FEN:
        raise CoreRefusedError(reason="AMOUNT_INVALID")


def _pair(session: Session, payer: str, payee: str) -> Sequence[Row[Any]]:
    if payee == payer:
        raise CoreRefusedError(reason="AMOUNT_INVALID", detail="payer and payee are the same account")
    return books.locked(session, payer, payee)


def _account_of_hold(session: Session, hold: str) -> str:
    number = session.scalar(_ACCOUNT_OF_HOLD, {"wanted": hold})
    if number is None:
        raise CoreRefusedError(reason="HOLD_UNKNOWN")
    return str(number)


def _opposite(session: Session, journal: str) -> tuple[Posting, ...]:
    row = session.get(CoreJournalRow, journal)
    if row is None:
        raise CoreRefusedError(reason="JOURNAL_UNKNOWN")
    if row.reverses is not None:
        raise CoreRefusedError(reason="JOURNAL_REVERSED", detail="the journal is itself a reversal")
    postings = books.postings_of(session, journal)
    return tuple(Posting(posting.account, -posting.amount, posting.currency) for posting in postings)


def _check_not_reversed(session: Session, journal: str) -> None:
    if session.scalar(select(CoreJournalRow.id).where(CoreJournalRow.reverses == journal)) is not None:
        raise CoreRefusedError(reason="JOURNAL_REVERSED")
