"""Reading and changing applications, cards and accounts; states and counters change by conditional UPDATEs alone."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, exists, func, select, update
from sqlalchemy.orm import Session

from bff.cards.models import (
    CardAccount,
    CardApplication,
    CardAutopay,
    CardConsent,
    CardEntry,
    CardRepayment,
    CardSection,
    CardStatement,
    CreditCard,
)
from bff.cards.rules import Owed, closing_after
from bff.db.base import Base, table_of
from bff.db.statements import changed, insert_new
from bff.errors import NotFoundError
from bff.products.rulepacks import RulePack, RulePacks

DRAFT: Final = "DRAFT"
SUBMITTED: Final = "SUBMITTED"
IN_REVIEW: Final = "IN_REVIEW"
SUPPLEMENT: Final = "SUPPLEMENT"
APPROVED: Final = "APPROVED"
DECLINED: Final = "DECLINED"
EXPIRED: Final = "EXPIRED"
WITHDRAWN: Final = "WITHDRAWN"
OVER: Final = (DECLINED, EXPIRED, WITHDRAWN)
"""Applications from which no card comes."""

ORDERED: Final = "ORDERED"
UNMADE: Final = "UNMADE"
"""A card that the producer refused to make."""
EMBOSSING: Final = "EMBOSSING"
MAILED: Final = "MAILED"
ACTIVATED: Final = "ACTIVATED"
FROZEN: Final = "FROZEN"
LOST: Final = "LOST"
CLOSED: Final = "CLOSED"

PENDING: Final = "PENDING"
"""An account whose first card nobody has activated yet."""

PURCHASE: Final = "PURCHASE"
CASH: Final = "CASH"
REFUND: Final = "REFUND"
INTEREST: Final = "INTEREST"
FEE: Final = "FEE"
LATE: Final = "LATE"
REPAYMENT: Final = "REPAYMENT"

CREATED: Final = "CREATED"
UNKNOWN: Final = "UNKNOWN"
DONE: Final = "DONE"
REJECTED: Final = "REJECTED"
ON_ITS_WAY: Final = (CREATED, UNKNOWN)

_account: Final = table_of(CardAccount)
_entry: Final = table_of(CardEntry)
_SUM: Final = func.sum(_entry.c.principal_fen + _entry.c.cash_fen + _entry.c.interest_fen + _entry.c.fee_fen)
OWED: Final = _account.c.principal_fen + _account.c.cash_fen + _account.c.interest_fen + _account.c.fee_fen


def find(session: Session, model: type[Base], key: object) -> Row[Any] | None:
    """Give a row by its primary key, or None."""
    table = table_of(model)
    (column,) = table.primary_key
    return session.execute(select(table).where(column == key)).first()


def owned(session: Session, model: type[Base], key: str, customer_id: str | None) -> Row[Any]:
    """Give a row of a customer.

    Raises:
        NotFoundError: there is none of that key, or it is somebody else's.
    """
    row = find(session, model, key)
    if row is None or customer_id is None or row.customer_id != customer_id:
        raise NotFoundError(detail="there is no such record")
    return row


def owned_by(session: Session, model: type[Base], customer_id: str | None, newest: str) -> list[Row[Any]]:
    """Give a customer's rows, the newest first by the column named."""
    table = table_of(model)
    wanted = select(table).where(table.c.customer_id == customer_id)
    return list(session.execute(wanted.order_by(table.c[newest].desc(), *table.primary_key)).all())


def move(session: Session, model: type[Base], key: str, states: Iterable[str], **values: Any) -> bool:
    """Change a row that is in one of ``states``; tell whether it was."""
    table = table_of(model)
    (column,) = table.primary_key
    row = update(table).where(column == key, table.c.state.in_(tuple(states)))
    return changed(session, row.values(**values)) == 1


def change_account(session: Session, account_id: str, *conditions: ColumnElement[bool], **values: Any) -> bool:
    """Change an account on which the conditions hold; tell whether they did. Its row is locked from then on."""
    row = update(_account).where(_account.c.account_id == account_id, *conditions)
    return changed(session, row.values(**values)) == 1


def account(session: Session, account_id: str) -> Row[Any]:
    """Give an account that is there."""
    return session.execute(select(_account).where(_account.c.account_id == account_id)).one()


def account_columns() -> Mapping[str, ColumnElement[Any]]:
    """Give the columns of an account, for conditions and changes."""
    return dict(_account.c)


def owed(row: Row[Any]) -> Owed:
    """Give the buckets of an account, a statement or an entry."""
    return Owed(row.fee_fen, row.interest_fen, row.cash_fen, row.principal_fen)


def bucket_values(moved: Owed) -> dict[str, int]:
    """Give the buckets as columns of an entry."""
    return {f"{name}_fen": getattr(moved, name) for name in ("fee", "interest", "cash", "principal")}


def bucket_changes(moved: Owed) -> dict[str, ColumnElement[int]]:
    """Give what an entry changes of its account."""
    return {name: _account.c[name] + fen for name, fen in bucket_values(moved).items() if fen}


def sections(session: Session, application_id: str) -> dict[str, bytes]:
    """Give the sealed answers by section."""
    wanted = select(CardSection.section, CardSection.answers).filter_by(application_id=application_id)
    return {row.section: row.answers for row in session.execute(wanted)}


def consents(session: Session, application_id: str) -> list[Row[Any]]:
    """Give what was agreed to."""
    return list(session.execute(select(table_of(CardConsent)).filter_by(application_id=application_id)).all())


def declined_since(session: Session, customer_id: str, product: str, since: datetime) -> datetime | None:
    """Give when the person was last declined for a product after an instant."""
    wanted = select(func.max(CardApplication.decided_at)).filter_by(
        customer_id=customer_id, product=product, state=DECLINED
    )
    return session.scalar(wanted.where(CardApplication.decided_at > since))


def has_activated(session: Session, customer_id: str) -> bool:
    """Tell whether a customer ever activated a card of ours."""
    wanted = select(CardAccount.account_id).where(
        CardAccount.customer_id == customer_id, CardAccount.activated_at.is_not(None)
    )
    return session.scalar(wanted.limit(1)) is not None


def cards_of(session: Session, account_id: str) -> list[Row[Any]]:
    """Give the cards of an account, the newest first."""
    table = table_of(CreditCard)
    wanted = select(table).where(table.c.account_id == account_id)
    return list(session.execute(wanted.order_by(table.c.ordered_at.desc(), table.c.card_id.desc())).all())


def tail(session: Session, account_id: str) -> str:
    """Give the last digits of the newest card that was activated: those of one in the mail activate it."""
    activated = (card.tail for card in cards_of(session, account_id) if card.activated_at is not None)
    return str(next(activated, ""))


def statement(session: Session, account_id: str, cycle: int) -> Row[Any] | None:
    """Give the bill of a cycle, or None."""
    wanted = select(table_of(CardStatement)).filter_by(account_id=account_id, cycle=cycle)
    return session.execute(wanted).first()


def statements(session: Session, account_id: str, before: int | None, limit: int) -> list[Row[Any]]:
    """Give bills, the newest first, those of cycles below ``before``."""
    table = table_of(CardStatement)
    wanted = select(table).where(table.c.account_id == account_id)
    if before is not None:
        wanted = wanted.where(table.c.cycle < before)
    return list(session.execute(wanted.order_by(table.c.cycle.desc()).limit(limit)).all())


def entries(
    session: Session, account_id: str, *, cycles: tuple[int, int] | None, before: int | None, limit: int
) -> list[Row[Any]]:
    """Give entries, the newest first: of cycles from one to another, with numbers below ``before``."""
    wanted = select(_entry).where(_entry.c.account_id == account_id)
    if cycles is not None:
        wanted = wanted.where(_entry.c.cycle.between(*cycles))
    if before is not None:
        wanted = wanted.where(_entry.c.seq < before)
    return list(session.execute(wanted.order_by(_entry.c.seq.desc()).limit(limit)).all())


def repaid(session: Session, account_id: str, cycle: int, until: date | None, kinds: Iterable[str]) -> int:
    """Give what was repaid in a cycle, up to a day when one is given, as positive fen."""
    wanted = select(-_SUM).where(
        _entry.c.account_id == account_id, _entry.c.cycle == cycle, _entry.c.kind.in_(tuple(kinds))
    )
    if until is not None:
        wanted = wanted.where(_entry.c.day <= until)
    return int(session.scalar(wanted) or 0)


def repaid_of(session: Session, bill: Row[Any], packs: RulePacks) -> int:
    """Give what was repaid of a bill since it closed."""
    kinds = repaying_kinds(packs.at(bill.closed_on))
    return repaid(session, bill.account_id, bill.cycle + 1, None, kinds)


def moved_since(session: Session, account_id: str, cycle: int) -> int:
    """Give what the entries from a cycle on come to."""
    wanted = select(_SUM).where(_entry.c.account_id == account_id, _entry.c.cycle >= cycle)
    return int(session.scalar(wanted) or 0)


def lock_account(session: Session, account_id: str) -> Row[Any]:
    """Queue behind others who change an account until the transaction ends; give it as it is now."""
    change_account(session, account_id, state=_account.c.state)
    return account(session, account_id)


def repaying_kinds(pack: RulePack) -> tuple[str, ...]:
    """Give the kinds of entries that count as repaying a bill."""
    return (REPAYMENT, REFUND) if pack.integer("refund_repays") else (REPAYMENT,)


def repayments(session: Session, account_id: str, limit: int) -> list[Row[Any]]:
    """Give the repayments of an account, the newest first."""
    table = table_of(CardRepayment)
    wanted = select(table).where(table.c.account_id == account_id)
    newest = wanted.order_by(table.c.created_at.desc(), table.c.repayment_id.desc()).limit(limit)
    return list(session.execute(newest).all())


def repaid_by_agreement(session: Session, key: str) -> bool:
    """Tell whether a bill was repaid by an agreement."""
    wanted = select(CardRepayment.repayment_id).where(CardRepayment.autopay_key == key)
    return session.scalar(wanted) is not None


def write_entry(session: Session, row: Row[Any], moved: Owed, **values: Any) -> bool:
    """Write an entry of an account that this transaction has locked, and add it to the buckets.

    Args:
        session: of a writing transaction.
        row: the account as it is now.
        moved: what it moves, by bucket.
        values: ``reference, kind, day, memo, card_tail, at``.

    Returns:
        Whether it is new; False when its reference was written before, and then nothing is added.
    """
    cycle, closing = row.cycle, row.next_close
    while closing is not None and values["day"] > closing:
        cycle, closing = cycle + 1, closing_after(closing, row.billing_day)
    key = {"account_id": row.account_id, "cycle": cycle}
    if not insert_new(session, CardEntry, **key, **bucket_values(moved), **values):
        return False
    changes = bucket_changes(moved)
    if changes:
        change_account(session, row.account_id, **changes)
    return True


def autopay(session: Session, account_id: str) -> Row[Any] | None:
    """Give the agreement that is in force, or None."""
    return session.execute(select(table_of(CardAutopay)).filter_by(live_key=account_id)).first()


def repays_from(session: Session, payer_id: str) -> bool:
    """Tell whether an agreement in force repays a card from an account."""
    agreed = exists().where(CardAutopay.payer_account_id == payer_id, CardAutopay.live_key.is_not(None))
    return bool(session.scalar(select(agreed)))


def end_autopay(session: Session, account_id: str, now: datetime) -> bool:
    """End the agreement that is in force; tell whether there was one."""
    row = update(CardAutopay).where(CardAutopay.live_key == account_id)
    return changed(session, row.values(live_key=None, ended_at=now)) == 1
