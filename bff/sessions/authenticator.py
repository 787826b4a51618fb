"""Who sent a request: token, proof and session checked together, and the caller that comes of it.

Invariants: a token counts only together with a fresh proof by its own key over this method, URL and token; whether
its session and its device still stand is read from the database each time.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from sqlalchemy import Connection, Engine

from bff.db.engine import glance
from bff.kinds import BundleRef, Caller, Channel, Scope
from bff.sessions import repository
from bff.sessions.directory import DeviceDirectory
from bff.sessions.errors import NonceRequiredError, ProofInvalidError, ProofReplayedError, TokenInvalidError
from bff.sessions.models import ACTIVE
from bff.sessions.replay import ReplayMarks
from bff.sessions.standing import is_alive
from bff.sessions.tokens import AccessTokens, Claims
from security.approvals import read_bundle
from security.dpop import VerifiedProof, verify_proof
from security.errors import ApprovalError, ProofError
from security.suites import DEFAULT

_SCOPES: Final = {
    Scope.ONBOARDING: frozenset({Scope.ONBOARDING}),
    Scope.CUSTOMER: frozenset({Scope.ONBOARDING, Scope.CUSTOMER}),
}
_REFUSALS: Final = {"PROOF_REPLAYED": ProofReplayedError, "NONCE_REQUIRED": NonceRequiredError}


class Nonces(Protocol):
    """The server's nonces for proofs."""

    def issue(self, now: datetime) -> str:
        """Give the present nonce."""
        ...

    def accepts(self, nonce: str, now: datetime) -> bool:
        """Tell whether a nonce is ours and fresh."""
        ...


@dataclass(frozen=True, slots=True)
class Presented:
    """What a request presents of its sender.

    Attributes:
        method: HTTP method; url: the public URL without query, as the proof must name it.
        authorization, proof: the Authorization and DPoP headers, None when absent.
        address: the sender's network address.
        now: present instant.
    """

    method: str
    url: str
    authorization: str | None
    proof: str | None
    address: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Authenticator:
    """Turns what a request presents into its caller; ``suites`` says by which keys proofs may be."""

    engine: Engine
    tokens: AccessTokens
    directory: DeviceDirectory
    marks: ReplayMarks
    nonces: Nonces
    suites: Collection[str] = DEFAULT

    def authenticate(self, presented: Presented) -> Caller:
        """Establish the caller; without token and proof he is anonymous.

        Raises:
            TokenInvalidError, TokenExpiredError: the token or its session does not hold.
            ProofInvalidError, ProofReplayedError, NonceRequiredError: the proof does not.
            ReplayStoreError: it cannot be told whether the proof came before.
        """
        if presented.authorization is None:
            return self._without_token(presented)
        token = _token(presented.authorization)
        claims = self.tokens.verify(token, presented.now)
        proof = self._prove(presented, token)
        if proof.jkt != claims.jkt:
            raise TokenInvalidError(detail="the access token is bound to another key than the proof's")
        verified_at = glance(self.engine, lambda reading: self._check_standing(reading, claims, presented.now))
        return Caller(
            channel=Channel.APP,
            customer_id=claims.sub if claims.scope is Scope.CUSTOMER else None,
            device_id=claims.did,
            jkt=proof.jkt,
            scopes=_SCOPES[claims.scope],
            bundle=parse_bundle(proof.bundle),
            address=presented.address,
            session_id=claims.sid,
            verified_at=verified_at,
        )

    def _without_token(self, presented: Presented) -> Caller:
        if presented.proof is None:
            return Caller(channel=Channel.APP, address=presented.address)
        proof = self._prove(presented, None)
        bundle = parse_bundle(proof.bundle)
        return Caller(channel=Channel.APP, jkt=proof.jkt, bundle=bundle, address=presented.address)

    def _prove(self, presented: Presented, token: str | None) -> VerifiedProof:
        if presented.proof is None:
            raise ProofInvalidError(detail="the access token came without a DPoP proof")
        try:
            return verify_proof(
                proof=presented.proof,
                method=presented.method,
                url=presented.url,
                access_token=token,
                now=presented.now,
                nonces=lambda nonce: self.nonces.accepts(nonce, presented.now),
                seen=self.marks.seen,
                suites=self.suites,
            )
        except ProofError as error:
            raise _REFUSALS.get(error.code, ProofInvalidError)(detail=error.detail) from error

    def _check_standing(self, reading: Connection, claims: Claims, now: datetime) -> datetime | None:
        """Refuse a session that ended, or whose device was blocked, removed or bound to somebody else.

        Returns:
            When the person was last verified.
        """
        found = repository.find(reading, claims.sid)
        if found is None or found.state != ACTIVE or found.expires_at <= now or found.jkt != claims.jkt:
            raise TokenInvalidError(detail="the session has ended")
        device = self.directory.standing(reading, found.device_id)
        if device is None or not is_alive(device.state, device.customer_id, found.customer_id):
            raise TokenInvalidError(detail="the device of this session may not go on")
        verified_at: datetime | None = found.verified_at
        return verified_at


def parse_bundle(text: str | None) -> BundleRef | None:
    """Read ``wealth@1.0.0#<digest>``.

    Raises:
        ProofInvalidError: it has another form.
    """
    if text is None:
        return None
    try:
        name = read_bundle(text)
    except ApprovalError as error:
        raise ProofInvalidError(detail="the proof's bnd is not <bundle>@<version>#<digest>") from error
    return BundleRef(name.bundle, name.version, name.digest)


def _token(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "dpop" or not token or " " in token:
        raise TokenInvalidError(detail="Authorization must be: DPoP <access token>")
    return token
