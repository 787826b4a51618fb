"""The embedded core bank: a double-entry ledger in SQL behind the port, with transactions of its own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any, Final, TypeVar

from sqlalchemy import Engine, Row, func, or_, select, update
from sqlalchemy.orm import Session

from bff.core_bank import books, registry, statements
from bff.core_bank.executions import Done, Order, carry_out, claim, recall
from bff.core_bank.models import CoreAccountRow
from bff.core_bank.network import SamplePerson, SandboxBank
from bff.core_bank.port import (
    MAX_SEQUENCE,
    STATEMENT_LINES,
    AccountKind,
    BatchTransfer,
    CoreAccount,
    CoreQuery,
    CoreReceipt,
    CoreRefusedError,
    CoreStatus,
    Posting,
    StatementPage,
    check_batch,
)
from bff.db.engine import retried
from bff.kinds import CURRENCY, Clock, NewId

Result = TypeVar("Result")

_POSTED: Final = "POSTED"
_TAIL: Final = 4
_VOIDED: Final = "VOIDED"


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

    def open_account(
        self, *, sequence: str, kind: str, holder: str, currency: str, max_balance: int | None = None
    ) -> CoreReceipt:
        """Open an account; ``reference`` is its number."""
        opening = registry.Opening(kind, holder, currency, max_balance)

        def work(session: Session, now: datetime) -> Done:
            return Done(registry.open_new(session, sequence, opening, now))

        return self._execute(sequence, "open_account", opening.content(), work)

    def freeze(self, *, sequence: str, account: str, level: str) -> CoreReceipt:
        """Freeze an account; ``reference`` is its number."""
        steps = partial(registry.freeze, level=level)
        return self._change(sequence, "freeze", account, {"level": level}, steps)

    def unfreeze(self, *, sequence: str, account: str) -> CoreReceipt:
        """Open a frozen account again; ``reference`` is its number."""
        return self._change(sequence, "unfreeze", account, {}, registry.unfreeze)

    def close(self, *, sequence: str, account: str) -> CoreReceipt:
        """Close an empty account for good; ``reference`` is its number."""
        return self._change(sequence, "close", account, {}, registry.close)

    def enquire(self, number: str) -> CoreAccount:
        """Give an account by its number or its class I card."""

        def work(session: Session) -> CoreAccount:
            row = session.get_one(CoreAccountRow, self._resolve(session, number))
            return CoreAccount(row.number, row.kind, row.currency, row.balance, row.balance - row.held, row.state)

        return self._read(work)

    def hold(self, *, sequence: str, account: str, amount: int, currency: str) -> CoreReceipt:
        """Reserve money; ``reference`` is the hold's id."""

        def work(session: Session, now: datetime) -> Done:
            books.check_amount(amount)
            (payer,) = books.locked(session, self._resolve(session, account))
            books.gives(payer, amount, currency)
            hold = self.new_id("hld")
            books.reserve(session, hold=hold, account=payer, amount=amount, at=now)
            return Done(hold)

        return self._execute(sequence, "hold", {"account": account, "amount": amount, "currency": currency}, work)

    def post(self, *, sequence: str, hold: str, payee: str, memo: str) -> CoreReceipt:
        """Turn a hold into a transfer; ``reference`` is the journal's id."""

        def work(session: Session, now: datetime) -> Done:
            number = books.account_of_hold(session, hold)
            payer, receiver = books.pair(session, number, payee, self.card_hashes)
            reserved = books.active_hold(session, hold)
            books.gives(payer, 0, reserved.currency)
            books.takes(receiver, reserved.amount, reserved.currency)
            books.release(session, reserved, _POSTED)
            return self._move(session, payer, receiver, reserved.amount, memo, now, freed=reserved.amount)

        return self._execute(sequence, "post", {"hold": hold, "payee": payee, "memo": memo}, work)

    def void(self, *, sequence: str, hold: str) -> CoreReceipt:
        """Give a hold back; ``reference`` is its id."""

        def work(session: Session, _now: datetime) -> Done:
            books.locked(session, books.account_of_hold(session, hold))
            books.release(session, books.active_hold(session, hold), _VOIDED)
            return Done(hold)

        return self._execute(sequence, "void", {"hold": hold}, work)

    def transfer(self, *, sequence: str, payer: str, payee: str, amount: int, currency: str, memo: str) -> CoreReceipt:
        """Move money at once; ``reference`` is the journal's id."""
        wanted = BatchTransfer(sequence, payer, payee, amount, currency, memo)
        order = _transfer(wanted)
        return self._execute(
            sequence, order.verb, order.content, lambda session, now: self._transferred(session, wanted, now)
        )

    def transfer_many(self, transfers: Sequence[BatchTransfer]) -> tuple[CoreQuery, ...]:
        """Execute transfers in one transaction, each exactly once; one that is refused stops none of the others."""
        check_batch(transfers)
        now = self.clock()

        def step(session: Session) -> tuple[CoreQuery, ...]:
            orders = [_transfer(one) for one in transfers]
            known = [_claimed(session, order, now) for order in orders]
            books.lock_all(session, [name for one in transfers for name in (one.payer, one.payee)])
            return tuple(
                before or carry_out(session, order, now, partial(self._transferred, session, one, now))
                for one, order, before in zip(transfers, orders, known, strict=True)
            )

        return retried(self.engine, step)

    def reverse(self, *, sequence: str, journal: str, memo: str) -> CoreReceipt:
        """Post the opposite of a journal, once; ``reference`` is the new journal's id."""

        def work(session: Session, now: datetime) -> Done:
            postings = books.opposite(session, journal)
            accounts = books.locked(session, *(posting.account for posting in postings))
            books.check_not_reversed(session, journal)
            for account, posting in zip(accounts, postings, strict=True):
                side, amount = (books.gives, -posting.amount) if posting.amount < 0 else (books.takes, posting.amount)
                side(account, amount, posting.currency)
            return self._journal(session, accounts, postings, memo, now, reverses=journal)

        return self._execute(sequence, "reverse", {"journal": journal, "memo": memo}, work)

    def query(self, sequence: str) -> CoreQuery:
        """Tell what became of a sequence number; the ledger always knows."""
        return self._read(lambda session: recall(session, sequence))

    def statement(
        self,
        number: str,
        *,
        since: date | None = None,
        until: date | None = None,
        before: str | None = None,
        limit: int = STATEMENT_LINES,
    ) -> StatementPage:
        """Give a page of an account's statement, newest first."""
        period = statements.Period(since, until)
        return self._read(
            lambda session: statements.page(session, self._resolve(session, number), period, before, limit)
        )

    def seed(self, bank: SandboxBank) -> None:
        """Open the bank's own accounts and the sample people's class I accounts, each exactly once."""
        for internal in bank.internal:
            self._seed_account(internal.number, AccountKind.INTERNAL, internal.role, None)
        for one in bank.cards:
            if one.card_class == "I":
                self._seed_card(one, bank.opening)

    def _resolve(self, session: Session, name: str) -> str:
        return books.resolve(session, name, self.card_hashes(name).values())

    def _seed_card(self, person: SamplePerson, opening: str) -> None:
        kid, present = next(iter(self.card_hashes(person.card).items()))
        number = self._known(person.card) or registry.number_of(present)
        self._seed_account(number, AccountKind.CLASS_I, "sample", present)
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
            registry.add(session, number=number, kind=kind, holder=holder, now=now, card=card)
            return Done(number)

        self._execute(f"seed.account.{number}", "open_account", {"kind": kind, "number": number}, work)

    def _move(
        self,
        session: Session,
        payer: Row[Any],
        payee: Row[Any],
        amount: int,
        memo: str,
        now: datetime,
        *,
        freed: int = 0,
    ) -> Done:
        postings = (
            Posting(payer.number, -amount, payer.currency),
            Posting(payee.number, amount, payee.currency),
        )
        return self._journal(session, (payer, payee), postings, memo, now, freed=freed)

    def _journal(
        self,
        session: Session,
        accounts: Sequence[Row[Any]],
        postings: tuple[Posting, ...],
        memo: str,
        now: datetime,
        *,
        reverses: str | None = None,
        freed: int = 0,
    ) -> Done:
        journal = self.new_id("jnl")
        at = books.write_journal(session, journal, accounts, postings, memo=memo, at=now, reverses=reverses)
        return Done(journal, postings, at, books.left_by(accounts, postings, freed))

    def _transferred(self, session: Session, wanted: BatchTransfer, now: datetime) -> Done:
        books.check_amount(wanted.amount)
        payer, payee = books.pair(session, wanted.payer, wanted.payee, self.card_hashes)
        books.gives(payer, wanted.amount, wanted.currency)
        books.takes(payee, wanted.amount, wanted.currency)
        return self._move(session, payer, payee, wanted.amount, wanted.memo, now)

    def _change(
        self,
        sequence: str,
        verb: str,
        account: str,
        content: Mapping[str, str | int],
        step: Callable[[Session, str], None],
    ) -> CoreReceipt:
        def work(session: Session, _now: datetime) -> Done:
            step(session, account)
            return Done(account)

        return self._execute(sequence, verb, {"account": account, **content}, work)

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

        order = Order(sequence, verb, content)

        def step(session: Session) -> CoreQuery:
            return claim(session, order, now) or carry_out(session, order, now, lambda: work(session, now))

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


def _transfer(wanted: BatchTransfer) -> Order:
    content: dict[str, str | int] = {
        "payer": wanted.payer[-_TAIL:],  # it may be a card's
        "payee": wanted.payee,
        "amount": wanted.amount,
        "currency": wanted.currency,
        "memo": wanted.memo,
    }
    return Order(wanted.sequence, "transfer", content)


def _claimed(session: Session, order: Order, now: datetime) -> CoreQuery | None:
    """Claim one number of a batch; that it came with another content is its own refusal."""
    try:
        return claim(session, order, now)
    except CoreRefusedError as error:
        return CoreQuery(CoreStatus.FAILED, reason=error.reason)
