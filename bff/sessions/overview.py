"""A customer's sessions: which there are, on which devices and from where, and ending one or all of them.

Invariants: only the caller's own sessions are seen or ended; an ended session's tokens stop working at the next call;
of where a session was used only the network is kept.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from bff import audit
from bff.catalogue import Empty
from bff.errors import NotFoundError
from bff.kinds import Context, instant
from bff.push import inbox
from bff.sessions import repository
from bff.sessions.directory import DeviceDirectory
from bff.sessions.schemas import EndAllRequest, EndedAnswer, EndRequest, SessionRow, SessionsAnswer
from bff.sessions.verification import calling

SHOWN: Final = 50
"""How many sessions a list shows, the last used first."""


@dataclass(frozen=True, slots=True)
class Overview:
    """The customer's view of his sessions; ``directory`` knows his devices."""

    directory: DeviceDirectory

    def list(self, session: Session, context: Context, request: Empty) -> SessionsAnswer:
        """List the customer's sessions that are alive."""
        del request
        _, customer_id = calling(context)
        names = self.directory.names(session, customer_id)
        rows = [
            SessionRow(
                session_id=row.id,
                device_id=row.device_id,
                device_name=names[row.device_id],
                since=instant(row.created_at),
                last_used_at=instant(row.last_used_at or row.created_at),
                expires_at=instant(row.expires_at),
                network=row.network,
                current=row.id == context.caller.session_id,
            )
            for row in repository.of_customer(session, customer_id, context.now, SHOWN)
            if row.device_id in names
        ]
        return SessionsAnswer(sessions=rows)

    def end(self, session: Session, context: Context, request: EndRequest) -> EndedAnswer:
        """End one session of the customer's.

        Raises:
            NotFoundError: it is not his, or has ended.
        """
        _, customer_id = calling(context)
        if not repository.end_of(session, customer_id, request.session_id, "ENDED_BY_CUSTOMER", context.now):
            raise NotFoundError(detail="there is no such session")
        _record(session, context, 1, "one")
        return EndedAnswer(ended=1)

    def end_all(self, session: Session, context: Context, request: EndAllRequest) -> EndedAnswer:
        """End all sessions of the customer's and of his devices, or all but the calling one."""
        kept = context.caller.session_id if request.keep_this else None
        _, customer_id = calling(context)
        devices = tuple(self.directory.names(session, customer_id))
        ended = repository.end_all(session, customer_id, devices, "LOGOUT_EVERYWHERE", context.now, kept=kept)
        _record(session, context, ended, "all but this" if request.keep_this else "all")
        told = {"customer_id": customer_id, "subject": f"{customer_id}:{int(context.now.timestamp())}"}
        inbox.tell(session, kind="security.logged_out", **told, body={}, now=context.now)
        return EndedAnswer(ended=ended)


def _record(session: Session, context: Context, ended: int, which: str) -> None:
    device_id, customer_id = calling(context)
    body = {"customerId": customer_id, "deviceId": device_id, "which": which, "ended": ended}
    audit.append(session, kind="sessions.ended", subject=customer_id, body=body, now=context.now)
