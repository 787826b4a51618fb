"""Logging in with the device's keys, refreshing, and logging out.

Invariants: a session belongs to one key of one device; a refresh token works once, and a second use by anybody ends
the whole session, except within a short grace under the same key, where two tabs may have raced. Whoever has no device
and whoever has a bad signature get the same answer after the same work.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.orm import Session

from bff.catalogue import Empty
from bff.kinds import Context, Scope, instant
from bff.push import inbox
from bff.sessions import challenges, repository
from bff.sessions.directory import DeviceDirectory, DeviceRecord
from bff.sessions.errors import (
    LoginRefusedError,
    ProofInvalidError,
    RefreshInvalidError,
    RefreshReusedError,
    TokenInvalidError,
)
from bff.sessions.models import ACTIVE
from bff.sessions.networks import network_of
from bff.sessions.schemas import (
    ChallengeAnswer,
    ChallengeRequest,
    CreateRequest,
    CustomerBrief,
    RefreshRequest,
    SessionAnswer,
)
from bff.sessions.standing import is_alive
from bff.sessions.tokens import AccessTokens, Claims, Confirmation, epoch
from security.devices import verify_login
from security.errors import SecurityError, TokenError
from security.jwk import PublicJwk, parse_jwk
from security.suites import ES256
from security.tokens import REFRESH_BYTES, RefreshRecord, Rotation, new_refresh, refresh_hash, rotation

PURPOSE: Final = "session.create"
_DECOYS: Final = {
    "ES256": {
        "kty": "EC",
        "crv": "P-256",
        "x": "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY",
        "y": "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU",
    },
    "SM2-SM3": {
        "kty": "EC",
        "crv": "SM2",
        "x": "MsSuLB8ZgRlfmQRGajnJlI_jC7_yZgvhcVpFiTNMdMc",
        "y": "vDc2ovT2d5xZvc7ja2khU9Cph3zGKkdAAt8y5SE58KA",
    },
}
"""Each curve's base point: nobody logs in with it; it only costs as much as a real key."""


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long things live."""

    access: timedelta = timedelta(minutes=10)
    session: timedelta = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Sessions:
    """The session operations.

    Attributes:
        directory: where devices are looked up; tokens: issuer of access tokens.
        aud, env: the server's own name and environment, which every signature covers.
        lifetimes: of access tokens and of sessions.
        suite: of whose keys most devices are; an unknown device costs as much as one of these.
    """

    directory: DeviceDirectory
    tokens: AccessTokens
    aud: str
    env: str
    lifetimes: Lifetimes = Lifetimes()
    suite: str = ES256.alg

    def challenge(self, session: Session, context: Context, request: ChallengeRequest) -> ChallengeAnswer:
        """Give a log-in challenge, whether the device exists or not."""
        issued = challenges.issue(session, PURPOSE, request.device_id[:40], context.now, context.new_bytes)
        return ChallengeAnswer(issued.challenge, instant(issued.expires_at))

    def create(self, session: Session, context: Context, request: CreateRequest) -> SessionAnswer:
        """Log in.

        Raises:
            ProofInvalidError: the call came without a DPoP proof.
            ChallengeInvalidError: the challenge does not hold.
            LoginRefusedError: anything else does not.
        """
        jkt = _proved_key(context)
        challenges.spend(session, PURPOSE, request.device_id, request.challenge, context.now)
        device = self.directory.device(session, request.device_id)
        signed = self._is_signed(device, request, jkt)
        if device is None or device.pop_jkt != jkt or device.state not in {"PENDING", "ACTIVE"}:
            raise LoginRefusedError
        if request.tx_signature is None:
            return self._open(session, context, device, Scope.ONBOARDING)
        if not signed or device.state != "ACTIVE" or device.customer_id is None:
            raise LoginRefusedError
        return self._open(session, context, device, Scope.CUSTOMER)

    def refresh(self, session: Session, context: Context, request: RefreshRequest) -> SessionAnswer:
        """Trade a refresh token for the next pair.

        Raises:
            ProofInvalidError: the call came without a DPoP proof.
            RefreshInvalidError: unknown, over, of another key, or its session has ended.
            RefreshReusedError: it was used before; its session has now ended.
        """
        jkt = _proved_key(context)
        token_hash = _hash(request.refresh_token)
        found = repository.find_refresh(session, token_hash)
        if found is None:
            raise RefreshInvalidError
        self._rotate(session, context, found, token_hash, jkt)
        device = self.directory.device(session, found.device_id)
        if device is None or not is_alive(device.state, device.customer_id, found.customer_id):
            raise RefreshInvalidError
        repository.touch(session, found.session_id, network_of(context.caller.address), context.now)
        return self._answer(session, context, device, found.session_id, Scope(found.scope), found.expires_at)

    def revoke(self, session: Session, context: Context, _request: Empty) -> Empty:
        """Log out: the whole session ends.

        Raises:
            TokenInvalidError: nobody is logged in.
        """
        if context.caller.session_id is None:
            raise TokenInvalidError(detail="there is no session to end")
        repository.end(session, context.caller.session_id, "LOGOUT", context.now)
        return Empty()

    def _is_signed(self, device: DeviceRecord | None, request: CreateRequest, jkt: str) -> bool:
        """Verify the signature of K_tx; an unknown device costs the same work as a known one."""
        if request.tx_signature is None:
            return False
        key: PublicJwk = parse_jwk(device.tx_key if device is not None else _DECOYS[self.suite])
        try:
            verify_login(
                aud=self.aud,
                env=self.env,
                device_id=request.device_id,
                challenge=request.challenge,
                pop_jkt=jkt,
                tx_key=key,
                signature=request.tx_signature,
            )
        except SecurityError:
            return False
        return True

    def _open(self, session: Session, context: Context, device: DeviceRecord, scope: Scope) -> SessionAnswer:
        session_id = context.new_id("ses")
        expires_at = context.now + self.lifetimes.session
        repository.open_session(
            session,
            id=session_id,
            device_id=device.device_id,
            customer_id=device.customer_id if scope is Scope.CUSTOMER else None,
            scope=scope.value,
            jkt=device.pop_jkt,
            created_at=context.now,
            verified_at=context.now if scope is Scope.CUSTOMER else None,
            expires_at=expires_at,
            last_used_at=context.now,
            network=network_of(context.caller.address),
        )
        return self._answer(session, context, device, session_id, scope, expires_at)

    def _rotate(self, session: Session, context: Context, found: Row[Any], token_hash: str, jkt: str) -> None:
        """Use the token up by the rule of ``security.tokens``; a race's loser is judged by the winner's use."""
        ended = found.state != ACTIVE
        record = RefreshRecord(found.session_id, found.jkt, found.expires_at, found.used_at, revoked=ended)
        decision = _decide(record, jkt, context.now)
        if decision is Rotation.ROTATE and not repository.use_refresh(session, token_hash, context.now):
            used_at = repository.used_at(session, token_hash)
            decision = _decide(replace(record, used_at=used_at), jkt, context.now)
        if decision is Rotation.REVOKE_FAMILY:
            repository.end(session, found.session_id, "REFRESH_REUSED", context.now)
            if found.customer_id is not None:
                told = {"customer_id": found.customer_id, "kind": "security.login_reused", "subject": found.session_id}
                inbox.tell(session, **told, body={}, now=context.now)
            raise RefreshReusedError(detail="the refresh token was used before: the session has ended")

    def _answer(
        self,
        session: Session,
        context: Context,
        device: DeviceRecord,
        session_id: str,
        scope: Scope,
        expires_at: datetime,
    ) -> SessionAnswer:
        """Issue the next pair of tokens."""
        refresh, token_hash = new_refresh(context.new_bytes(REFRESH_BYTES))
        repository.add_refresh(session, session_id, token_hash, context.now)
        ends = min(context.now + self.lifetimes.access, expires_at)
        customer_id = device.customer_id if scope is Scope.CUSTOMER else None
        claims = Claims(
            sub=customer_id or device.device_id,
            did=device.device_id,
            sid=session_id,
            scope=scope,
            cnf=Confirmation(device.pop_jkt),
            iat=epoch(context.now),
            exp=epoch(ends),
            jti=context.new_id("tok"),
        )
        customer = None if customer_id is None else CustomerBrief(customer_id, device.customer_name or "")
        seconds = claims.exp - claims.iat
        return SessionAnswer(self.tokens.issue(claims), refresh, "DPoP", seconds, scope.value, customer)


def _proved_key(context: Context) -> str:
    if context.caller.jkt is None:
        raise ProofInvalidError(detail="this call needs a DPoP proof")
    return context.caller.jkt


def _hash(token: str) -> str:
    try:
        return refresh_hash(token)
    except TokenError as error:
        raise RefreshInvalidError(detail=error.detail) from error


def _decide(record: RefreshRecord, jkt: str, now: datetime) -> Rotation:
    try:
        return rotation(record, jkt=jkt, now=now)
    except TokenError as error:
        raise RefreshInvalidError(detail=error.detail) from error
