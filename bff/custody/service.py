"""Four eyes: one operator asks for a change of a key, another approves it, and then it is made.

Invariants: both signed with keys of the security team that belong to two persons and are active at the decision; a
request is decided once, by one conditional UPDATE, and not after its time; it is made on the state only that it was
asked for. Decision and outcome are two transactions: what a crash leaves approved is made by the server's job.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from bff import audit
from bff.bundles import signers
from bff.bundles.signers import Role, Signer
from bff.custody import book
from bff.custody.errors import CustodyError, OperatorError
from bff.custody.models import KeyRequest
from bff.db.engine import Result, retried
from bff.db.statements import changed, insert_new
from bff.errors import NotFoundError
from security.encoding import b64url_encode
from security.errors import KeyStoreError
from security.keys import KeyStore
from security.keys.changes import Change, Guard, perform
from security.keys.requests import Statement, Verdict, read_statement, verify_decision, verify_request

WAITING: Final = "WAITING"
APPROVED: Final = "APPROVED"
REJECTED: Final = "REJECTED"
EXPIRED: Final = "EXPIRED"
PERFORMED: Final = "PERFORMED"
FAILED: Final = "FAILED"
LEFT: Final = timedelta(seconds=30)
"""What is approved so long and not made was left by a crash."""


@dataclass(frozen=True, slots=True)
class Custody:
    """The requests of one server.

    Attributes:
        engine, store: where requests and keys are; guard: what data forbids.
        env, aud: the server's own names; longest: how long a request may wait.
    """

    engine: Engine
    store: KeyStore
    guard: Guard
    env: str
    aud: str
    longest: timedelta

    def draft(self, change: Change, *, reason: str, by: str, request_id: str, now: datetime) -> bytes:
        """Give the statement that an operator signs to ask for a change."""
        statement = Statement(
            request_id=request_id,
            env=self.env,
            aud=self.aud,
            change=change,
            reason=reason,
            by=by,
            at=now,
            until=now + self.longest,
        )
        return statement.dump()

    def ask(self, data: bytes, signature: bytes, now: datetime) -> KeyRequest:
        """Take a signed request in.

        Raises:
            OperatorError: its key is none of the security team.
            KeyRequestError: it does not hold.
            CustodyError: its id is taken.
        """

        def work(session: Session) -> None:
            operator = operator_of(session, read_statement(data).by)
            found = verify_request(
                data=data,
                signature=signature,
                key=operator.public.public_key,
                env=self.env,
                aud=self.aud,
                longest=self.longest,
                now=now,
            )
            said = found.statement
            row = {
                "state": WAITING,
                "statement": data.decode(),
                "asked_by": said.by,
                "asked_person": operator.person,
                "asked_signature": b64url_encode(signature),
                "outcome": "",
                "created_at": now,
                "expires_at": said.until,
            }
            if not insert_new(session, KeyRequest, request_id=said.request_id, **row):
                raise CustodyError(detail=f"the request {said.request_id} is there already")
            _tell(session, "key.requested", said.request_id, operator, signature, now, statement=data.decode())

        retried(self.engine, work)
        return self.get(read_statement(data).request_id)

    def decide(self, request_id: str, *, verdict: Verdict, by: str, signature: bytes, now: datetime) -> KeyRequest:
        """Take a signed decision in; an approved change is made at once.

        Raises:
            NotFoundError: there is no such request.
            OperatorError: the key is none of the security team, or the asking person's own.
            KeyRequestError: the signature does not hold.
            CustodyError: it was decided before, or its time is over.
        """
        state = APPROVED if verdict is Verdict.APPROVE else REJECTED

        def work(session: Session) -> None:
            row = _row(session, request_id)
            asked, operator = operator_of(session, row.asked_by), operator_of(session, by)
            if by == asked.jkt or operator.person == asked.person:
                raise OperatorError(detail=f"{asked.person} asked for it: another person decides")
            data = row.statement.encode()
            verify_decision(data=data, verdict=verdict, by=by, signature=signature, key=operator.public.public_key)
            open_still = update(KeyRequest).where(
                KeyRequest.request_id == request_id, KeyRequest.state == WAITING, KeyRequest.expires_at > now
            )
            decided = {"decided_by": by, "decided_person": operator.person, "decided_at": now}
            decided |= {"decided_signature": b64url_encode(signature)}
            if not changed(session, open_still.values(state=state, **decided)):
                raise CustodyError(detail=f"the request {request_id} was decided before, or its time is over")
            _tell(session, f"key.{state.lower()}", request_id, operator, signature, now)

        retried(self.engine, work)
        if verdict is Verdict.APPROVE:
            self.perform(request_id, now)
        return self.get(request_id)

    def perform(self, request_id: str, now: datetime) -> None:
        """Make an approved change, and write down how it ended."""
        row = self.get(request_id)
        if row.state != APPROVED:
            return
        state, outcome = PERFORMED, ""
        try:
            record = perform(self.store, read_statement(row.statement.encode()).change, now, self.guard)
            outcome = f"{record.kid} {record.state}"
        except KeyStoreError as error:
            state, outcome = FAILED, f"{error.code}: {error.detail}"[:400]

        def work(session: Session) -> None:
            here = update(KeyRequest).where(KeyRequest.request_id == request_id, KeyRequest.state == APPROVED)
            if changed(session, here.values(state=state, outcome=outcome)):
                body = {"requestId": request_id, "outcome": outcome}
                audit.append(session, kind=f"key.{state.lower()}", subject=request_id, body=body, now=now)
            book.tell(session, self.store.records(), why=f"request {request_id}", now=now)

        retried(self.engine, work)

    def settle(self, now: datetime) -> None:
        """End requests whose time is over, and make what a crash left approved."""

        def work(session: Session) -> list[str]:
            over = select(KeyRequest.request_id).where(KeyRequest.state == WAITING, KeyRequest.expires_at <= now)
            for request_id in session.scalars(over).all():
                here = update(KeyRequest).where(KeyRequest.request_id == request_id, KeyRequest.state == WAITING)
                if changed(session, here.values(state=EXPIRED)):
                    body = {"requestId": request_id}
                    audit.append(session, kind="key.request_expired", subject=request_id, body=body, now=now)
            left = KeyRequest.state == APPROVED, KeyRequest.decided_at <= now - LEFT
            return list(session.scalars(select(KeyRequest.request_id).where(*left)))

        for request_id in retried(self.engine, work):
            self.perform(request_id, now)

    def get(self, request_id: str) -> KeyRequest:
        """Give a request.

        Raises:
            NotFoundError: there is none of that id.
        """
        return self._read(lambda session: _row(session, request_id))

    def every(self) -> list[KeyRequest]:
        """Give all requests, the latest first."""
        wanted = select(KeyRequest).order_by(KeyRequest.created_at.desc())
        return self._read(lambda session: list(session.scalars(wanted)))

    def _read(self, work: Callable[[Session], Result]) -> Result:
        return retried(self.engine, work, writing=False)


def _row(session: Session, request_id: str) -> KeyRequest:
    row = session.get(KeyRequest, request_id)
    if row is None:
        raise NotFoundError(detail=f"there is no request {request_id[:40]}; `tidegate keys requests` lists them")
    return row


def operator_of(session: Session, jkt: str, role: Role = Role.SECURITY) -> Signer:
    """Give whose active key of a team this is; nobody changes that before the commit.

    Raises:
        OperatorError: it is none.
    """
    found = signers.find(session, jkt, locking=True)
    if found is None or not found.is_active or found.role is not role:
        message = f"{jkt[:64]} is no active key of the {role} team: tidegate signers add KEY --role {role} …"
        raise OperatorError(detail=message)
    return found


def _tell(
    session: Session, kind: str, request_id: str, operator: Signer, signature: bytes, now: datetime, **more: str
) -> None:
    body: dict[str, Any] = {"requestId": request_id, "by": operator.jkt, "person": operator.person, **more}
    body |= {"jwk": operator.public.as_dict(), "signature": b64url_encode(signature)}
    audit.append(session, kind=kind, subject=request_id, body=body, now=now)
