"""What the classes of the schedule are in the database: which rows are due, and what goes with them.

Invariants: a row that something else points to is not due; so documents go before their application, and a person
after the last application. Nothing of a person with an account, a device or a profile is ever due. A decision goes with
what it decided on; a refusal, from which nothing followed, has a time of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, and_, delete, exists, or_
from sqlalchemy.orm import Session

from bff.accounts.documents import ApplicationDocument
from bff.accounts.models import Account, AccountApplication, AccountPayee
from bff.accounts.repository import HALF_FINISHED, REJECTED
from bff.cards.models import (
    CardAccount,
    CardApplication,
    CardConsent,
    CardDocument,
    CardReview,
    CardSection,
    CreditCard,
)
from bff.cards.repository import OVER
from bff.customers.models import Customer, CustomerIndex, MobileDay, VerificationCode
from bff.db.base import Base, table_of
from bff.devices.models import Device, DeviceBinding, DeviceRecovery, DeviceTransfer
from bff.kinds import business_date
from bff.products.models import RuleDecision
from bff.sweep.models import SweepAgreement, SweepOrder, SweepPosition
from bff.wealth.models import (
    SuitabilityProfile,
    WealthInvestor,
    WealthOrder,
    WealthPosition,
    WealthQualification,
    WealthRedemption,
)

BUSINESS: Final[tuple[type[Base], ...]] = (
    Account,
    AccountApplication,
    AccountPayee,
    CardAccount,
    CardApplication,
    CreditCard,
    Device,
    DeviceBinding,
    DeviceRecovery,
    DeviceTransfer,
    SuitabilityProfile,
    SweepAgreement,
    SweepOrder,
    SweepPosition,
    WealthInvestor,
    WealthOrder,
    WealthPosition,
    WealthQualification,
    WealthRedemption,
)
"""What points to a person, and keeps him."""


def _nothing(session: Session, rows: Sequence[Row[Any]]) -> None:
    """Take nothing along."""
    del session, rows


@dataclass(frozen=True, slots=True)
class Erasable:
    """The rows of one class.

    Attributes:
        model: the table.
        due: gives the condition that a row's clock started before an instant.
        along: erases what only belongs to such rows, by their primary keys.
    """

    model: type[Base]
    due: Callable[[datetime], ColumnElement[bool]]
    along: Callable[[Session, Sequence[Row[Any]]], None] = _nothing


def _ended(before: datetime) -> ColumnElement[bool]:
    """Give the condition that an application was refused, or lapsed half finished."""
    refused = and_(AccountApplication.state == REJECTED, AccountApplication.updated_at < before)
    lapsed = and_(AccountApplication.state.in_(tuple(HALF_FINISHED)), AccountApplication.expires_at < before)
    return or_(refused, lapsed)


def _documents(before: datetime) -> ColumnElement[bool]:
    here = AccountApplication.application_id == ApplicationDocument.application_id
    return exists().where(here, _ended(before))


def _applications(before: datetime) -> ColumnElement[bool]:
    here = ApplicationDocument.application_id == AccountApplication.application_id
    return and_(_ended(before), ~exists().where(here))


def _decisions(session: Session, rows: Sequence[Row[Any]]) -> None:
    ids = [row[0] for row in rows]
    session.execute(delete(RuleDecision).where(or_(RuleDecision.subject.in_(ids), RuleDecision.about.in_(ids))))


def _card_applications(before: datetime) -> ColumnElement[bool]:
    return and_(CardApplication.state.in_(OVER), CardApplication.updated_at < before)


def _of_card_applications(session: Session, rows: Sequence[Row[Any]]) -> None:
    ids = [row[0] for row in rows]
    _decisions(session, rows)
    for model in (CardSection, CardConsent, CardDocument, CardReview):
        session.execute(delete(model).where(table_of(model).c.application_id.in_(ids)))


def _people(before: datetime) -> ColumnElement[bool]:
    none = [~exists().where(table_of(model).c.customer_id == Customer.customer_id) for model in BUSINESS]
    return and_(Customer.updated_at < before, *none)


def _indexes(session: Session, rows: Sequence[Row[Any]]) -> None:
    session.execute(delete(CustomerIndex).where(CustomerIndex.customer_id.in_([row[0] for row in rows])))


def _refused_decisions(before: datetime) -> ColumnElement[bool]:
    return and_(RuleDecision.subject == "", RuleDecision.at < before)


ERASABLE: Final[Mapping[str, Erasable]] = {
    "verification-codes": Erasable(VerificationCode, lambda before: VerificationCode.expires_at < before),
    "mobile-days": Erasable(MobileDay, lambda before: MobileDay.day < business_date(before).isoformat()),
    "refused-documents": Erasable(ApplicationDocument, _documents),
    "refused-applications": Erasable(AccountApplication, _applications, _decisions),
    "refused-card-applications": Erasable(CardApplication, _card_applications, _of_card_applications),
    "people-without-business": Erasable(Customer, _people, _indexes),
    "refused-decisions": Erasable(RuleDecision, _refused_decisions),
}
