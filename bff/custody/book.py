"""What the evidence says of keys: every difference between the index and what was told last becomes one entry.

So a change is told whoever made it: a command, the calendar, an approved request, or a hand in the folder.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bff import audit
from bff.custody.models import KeySeen
from bff.db.statements import changed, insert_new
from security.keys import KeyRecord


def tell(session: Session, records: Iterable[KeyRecord], *, why: str, now: datetime) -> int:
    """Write an entry for each key whose state differs from what was told last; give how many.

    Args:
        session: of a writing transaction; several processes may do this at once, and each change is told once.
        records: every line of the index.
        why: what is known of the cause.
        now: present instant.
    """
    told = {row.kid: row.state for row in session.execute(select(KeySeen.kid, KeySeen.state))}
    new = [record for record in records if told.get(record.kid) != record.state.value]
    return sum(_tell(session, record, told.get(record.kid), why, now) for record in new)


def _tell(session: Session, record: KeyRecord, before: str | None, why: str, now: datetime) -> bool:
    state = record.state.value
    if before is None:
        is_ours = insert_new(session, KeySeen, kid=record.kid, state=state, seen_at=now)
    else:
        here = update(KeySeen).where(KeySeen.kid == record.kid, KeySeen.state == before)
        is_ours = changed(session, here.values(state=state, seen_at=now)) == 1
    if is_ours:
        place = record.uri.partition(":")[0]
        body = {"kid": record.kid, "purpose": record.purpose, "from": before or "", "to": state, "why": why}
        audit.append(session, kind="key.changed", subject=record.kid, body={**body, "place": place}, now=now)
    return is_ours
