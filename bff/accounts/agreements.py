"""The rows of agreements: what a device signed that moves no money."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, insert, select, update
from sqlalchemy.orm import Session

from bff.accounts.models import AccountAgreement
from bff.accounts.repository import CREATED
from bff.approvals.decisions import ApprovedOperation
from bff.db.base import table_of
from bff.db.statements import changed
from bff.kinds import Context

CLOSE: Final = "CLOSE"
CARD: Final = "CARD"
_table: Final = table_of(AccountAgreement)


def write(
    session: Session, context: Context, approved: ApprovedOperation, *, kind: str, state: str, rule_version: str
) -> str:
    """Write an agreement; give its id."""
    agreement_id = context.new_id("agr")
    what = {"account_id": approved.payload["accountId"], "kind": kind, "state": state, "rule_version": rule_version}
    row = {"agreement_id": agreement_id, "placed_at": context.now, **approved.whose, **what}
    session.execute(insert(AccountAgreement).values(**row))
    return agreement_id


def end(session: Session, agreement_id: str, state: str, now: datetime, reason: str | None = None) -> Row[Any] | None:
    """Write how an agreement ended; give it, or None when it had ended before."""
    row = update(_table).where(_table.c.agreement_id == agreement_id, _table.c.state == CREATED)
    if not changed(session, row.values(state=state, reason=reason, settled_at=now)):
        return None
    return session.execute(select(_table).where(_table.c.agreement_id == agreement_id)).one()
