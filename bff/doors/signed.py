"""Requests that one registered key has signed: who asks is known by the proof over this very request.

The proof is in the form that phones use (RFC 9449) with one more claim, the SHA-256 of the body; it is good once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import msgspec
from flask import Response, request

from bff.bundles.signers import Signer
from bff.bundles.upload_errors import SignerRevokedError, SignerUnknownError
from bff.bus.limits import Limiter
from bff.errors import RequestInvalidError
from bff.kinds import Clock
from bff.sessions.errors import ProofInvalidError, ProofReplayedError
from bff.sessions.replay import ReplayMarks
from bff.web.errors import MediaTypeError
from security.dpop import verify_proof
from security.encoding import canonical_json, parse_object
from security.errors import EncodingError, ProofError

RATE: Final = "1200/minute"
"""How often one key may ask."""
JSON: Final = "application/json"
Body = TypeVar("Body")


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedRequests:
    """Establishes who asks.

    Attributes:
        signer: gives a key's registration.
        public_url: address at which this server is reached; proofs name it.
        marks: which proofs were seen; limiter: how often a key asks.
        clock: the present instant.
    """

    signer: Callable[[str], Signer | None]
    public_url: str
    marks: ReplayMarks
    limiter: Limiter
    clock: Clock

    def authenticate(self) -> tuple[Signer, bytes]:
        """Establish who asks, by the proof over this very request; give him and the body.

        Raises:
            ProofInvalidError, ProofReplayedError: there is no proof, or it is not this request's.
            SignerUnknownError, SignerRevokedError: its key is not registered, or not any more.
            RateLimitedError: the key asks too often.
        """
        now = self.clock()
        proof = request.headers.get("DPoP", "")
        raw = request.get_data(cache=False)
        try:
            verified = verify_proof(
                proof=proof,
                method=request.method,
                url=self.public_url + request.path,
                access_token=None,
                now=now,
                nonces=None,
                seen=self.marks.seen,
                body=raw,
            )
        except ProofError as error:
            kind = ProofReplayedError if error.code == "PROOF_REPLAYED" else ProofInvalidError
            raise kind(detail=f"{error.detail}; this server is {self.public_url}") from error
        signer = self.signer(verified.jkt)
        if signer is None:
            raise SignerUnknownError(detail=f"no key {verified.jkt} is registered here: tidegate signers add")
        if not signer.is_active:
            raise SignerRevokedError(detail=f"the key {verified.jkt} was revoked")
        self.limiter.check(RATE, "release", signer.jkt, now=now)
        return signer, raw


def answered(members: Mapping[str, Any], status: int = 200) -> Response:
    """Answer as JSON."""
    return Response(msgspec.json.encode(members), status, content_type=JSON)


def parsed(raw: bytes, kind: type[Body]) -> Body:
    """Read a body strictly.

    Raises:
        MediaTypeError: it is not application/json.
        RequestInvalidError: it is not strict JSON of that shape.
    """
    if raw and request.mimetype != JSON:
        raise MediaTypeError(detail="Content-Type must be application/json")
    try:
        members = dict(parse_object(raw)) if raw else {}
        canonical_json(members)  # refuses numbers and texts that evidence could not hold
        return msgspec.convert(members, type=kind)
    except (EncodingError, msgspec.ValidationError) as error:
        detail = getattr(error, "detail", str(error))
        raise RequestInvalidError(detail=f"the body is not what this address takes: {detail}", field="") from error
