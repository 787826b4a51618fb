"""Tables of the embedded ledger: accounts, journals and their postings, holds, and what each sequence number did.

Invariants: postings and journals are written once, and triggers refuse to change or delete them; ``balance`` is the sum
of the account's postings and ``held`` that of its active holds; only internal accounts may fall below zero, no account
passes its maximum, and a closed one is empty. The postings of one account, in the order of their ids, are in the order
of their times too, and each keeps the balance that it left.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import DDL, CheckConstraint, ForeignKey, Index, String, Table, event
from sqlalchemy.orm import Mapped, mapped_column

from bff.core_bank.port import AccountKind, AccountState
from bff.db.base import CODE, DIGEST, FEN, ID, JSON_TEXT, SEQUENCE, Base

_NUMBER: Final = String(32)
_CURRENCY: Final = String(3)


class CoreAccountRow(Base):
    """An account.

    Attributes:
        card_hash: keyed hash of the card that pays from it, under the key ``card_kid``.
        max_balance: fen that its balance never passes.
        moved_at: time of its latest posting, before which no other is written.
    """

    __tablename__ = "core_account"
    __table_args__ = (
        CheckConstraint("held >= 0", name="held"),
        CheckConstraint(f"kind = '{AccountKind.INTERNAL}' OR balance >= held", name="funds"),
        CheckConstraint("max_balance IS NULL OR balance <= max_balance", name="ceiling"),
        CheckConstraint(f"state <> '{AccountState.CLOSED}' OR (balance = 0 AND held = 0)", name="closed"),
    )

    number: Mapped[str] = mapped_column(_NUMBER, primary_key=True)
    kind: Mapped[str] = mapped_column(CODE)
    holder: Mapped[str] = mapped_column(CODE)
    currency: Mapped[str] = mapped_column(_CURRENCY)
    balance: Mapped[int] = mapped_column(FEN, default=0)
    held: Mapped[int] = mapped_column(FEN, default=0)
    state: Mapped[str] = mapped_column(CODE, default=AccountState.OPEN.value)
    card_hash: Mapped[str | None] = mapped_column(DIGEST, unique=True)
    card_kid: Mapped[str | None] = mapped_column(CODE)
    opened_at: Mapped[datetime]
    max_balance: Mapped[int | None] = mapped_column(FEN)
    moved_at: Mapped[datetime | None]


class CoreJournalRow(Base):
    """One movement of money; ``reverses`` names the journal that it undoes, each at most once."""

    __tablename__ = "core_journal"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    memo: Mapped[str] = mapped_column(String(200))
    reverses: Mapped[str | None] = mapped_column(ForeignKey("core_journal.id"), unique=True)
    at: Mapped[datetime]


class CorePostingRow(Base):
    """One side of a journal: signed fen on one account, the balance that it left there, and the journal's time."""

    __tablename__ = "core_posting"
    __table_args__ = (Index("ix_core_posting_account_at", "account", "at"),)

    id: Mapped[int] = mapped_column(SEQUENCE, primary_key=True)
    journal: Mapped[str] = mapped_column(ForeignKey("core_journal.id"), index=True)
    account: Mapped[str] = mapped_column(ForeignKey("core_account.number"))
    amount: Mapped[int] = mapped_column(FEN)
    currency: Mapped[str] = mapped_column(_CURRENCY)
    balance_after: Mapped[int] = mapped_column(FEN)
    at: Mapped[datetime]


class CoreHoldRow(Base):
    """Reserved money: ACTIVE, then POSTED or VOIDED."""

    __tablename__ = "core_hold"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    account: Mapped[str] = mapped_column(ForeignKey("core_account.number"), index=True)
    amount: Mapped[int] = mapped_column(FEN)
    currency: Mapped[str] = mapped_column(_CURRENCY)
    state: Mapped[str] = mapped_column(CODE)
    at: Mapped[datetime]


class CoreExecutionRow(Base):
    """What one sequence number did: S with its receipt, or F with its reason."""

    __tablename__ = "core_execution"

    sequence: Mapped[str] = mapped_column(String(128), primary_key=True)
    verb: Mapped[str] = mapped_column(CODE)
    content_hash: Mapped[str] = mapped_column(DIGEST)
    status: Mapped[str] = mapped_column(CODE)
    reason: Mapped[str] = mapped_column(CODE, default="")
    receipt: Mapped[str] = mapped_column(JSON_TEXT, default="")
    at: Mapped[datetime]


def _sqlite(table: str, action: str) -> str:
    return (
        f"CREATE TRIGGER IF NOT EXISTS {table}_no_{action.lower()} BEFORE {action} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is written once'); END"
    )


def _mariadb(table: str, action: str) -> str:
    return (
        f"CREATE TRIGGER IF NOT EXISTS {table}_no_{action.lower()} BEFORE {action} ON {table} "
        f"FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{table} is written once'"
    )


_WRITTEN_ONCE: Final[tuple[Table, ...]] = tuple(
    Base.metadata.tables[name] for name in (CoreJournalRow.__tablename__, CorePostingRow.__tablename__)
)
_ACTIONS: Final = ("UPDATE", "DELETE")

WRITE_ONCE_TRIGGERS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    dialect: {table.name: tuple(spell(table.name, action) for action in _ACTIONS) for table in _WRITTEN_ONCE}
    for dialect, spell in (("sqlite", _sqlite), ("mysql", _mariadb), ("mariadb", _mariadb))
}
"""Statements by dialect and table that refuse UPDATE and DELETE, for a migration to execute."""


def _attach(table: Table) -> None:
    for dialect, triggers in WRITE_ONCE_TRIGGERS.items():
        for statement in triggers[table.name]:
            trigger = DDL(statement)  # type: ignore[no-untyped-call]  # SQLAlchemy leaves DDL untyped
            event.listen(table, "after_create", trigger.execute_if(dialect=dialect))


for _table in _WRITTEN_ONCE:
    _attach(_table)
