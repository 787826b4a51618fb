"""Four eyes: the statement by which one operator asks for a change of a key, and what both sign.

The statement is canonical JSON and is signed byte by byte. A decision signs the verdict and the statement's digest, so
it can be moved neither to another request nor to the other verdict. Environment and audience stand in the statement.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from security.encoding import canonical_json, digest, lp, parse_object
from security.errors import EncodingError, KeyRequestError, SignatureError
from security.keys.changes import Action, Change
from security.suites import ES256, PublicKey

FORMAT: Final = "tidegate-key-request/1"
LONGEST_REASON: Final = 500


class Verdict(StrEnum):
    """What a second operator says."""

    APPROVE = "APPROVE"
    REJECT = "REJECT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One request.

    Attributes:
        request_id, env, aud: which, and of which server.
        change: what is asked for, with what stood then.
        reason: why; stands in the evidence.
        by: thumbprint of the asking operator's key.
        at, until: when it was asked for, and until when it may be approved.
    """

    request_id: str
    env: str
    aud: str
    change: Change
    reason: str
    by: str
    at: datetime
    until: datetime

    def dump(self) -> bytes:
        """Give the signed bytes."""
        change = self.change
        return canonical_json(
            {
                "format": FORMAT,
                "id": self.request_id,
                "env": self.env,
                "aud": self.aud,
                "action": change.action.value,
                "subject": change.subject,
                "before": change.before,
                "uri": change.uri,
                "public": dict(change.public),
                "reason": self.reason,
                "by": self.by,
                "at": self.at.astimezone(UTC).isoformat(),
                "until": self.until.astimezone(UTC).isoformat(),
            }
        )


@dataclass(frozen=True, slots=True)
class VerifiedRequest:
    """A statement that its operator signed."""

    statement: Statement
    digest: str


@dataclass(frozen=True, slots=True)
class VerifiedDecision:
    """A verdict on a statement that its operator signed."""

    verdict: Verdict
    by: str


def request_message(statement: bytes) -> bytes:
    """Give what the asking operator signs."""
    return lp("TIDEGATE-KEYS/v1/REQUEST", digest(statement))


def decision_message(statement: bytes, verdict: Verdict, by: str) -> bytes:
    """Give what the deciding operator signs, ``by`` the thumbprint of his key."""
    return lp("TIDEGATE-KEYS/v1/DECISION", verdict.value, digest(statement), by)


def verify_request(
    *, data: bytes, signature: bytes, key: PublicKey, env: str, aud: str, longest: timedelta, now: datetime
) -> VerifiedRequest:
    """Verify a request.

    Raises:
        KeyRequestError: not the canonical form, of another server, without a reason, over, or not signed by the key.
    """
    statement = read_statement(data)
    if (statement.env, statement.aud) != (env, aud):
        raise KeyRequestError(detail="the request was made for another server")
    if not statement.reason.strip() or len(statement.reason) > LONGEST_REASON:
        raise KeyRequestError(detail=f"a request says why, in 1 to {LONGEST_REASON} characters")
    if not statement.at <= now < statement.until or statement.until - statement.at > longest:
        raise KeyRequestError(detail="the request's time is over, has not come, or is too long", code="REQUEST_EXPIRED")
    _verify(key, request_message(data), signature)
    return VerifiedRequest(statement, digest(data))


def verify_decision(*, data: bytes, verdict: Verdict, by: str, signature: bytes, key: PublicKey) -> VerifiedDecision:
    """Verify a decision on the statement ``data``.

    Raises:
        KeyRequestError: the key did not sign this verdict on this statement.
    """
    _verify(key, decision_message(data, verdict, by), signature)
    return VerifiedDecision(verdict, by)


def _verify(key: PublicKey, message: bytes, signature: bytes) -> None:
    try:
        ES256.verify(key, message, signature)
    except SignatureError as error:
        raise KeyRequestError(detail="the operator's signature does not hold") from error


def read_statement(data: bytes) -> Statement:
    """Read a statement.

    Raises:
        KeyRequestError: it is not in its canonical form.
    """
    try:
        members = parse_object(data)
        statement = _statement(members)
        if members["format"] == FORMAT and statement.dump() == data:
            return statement
    except (EncodingError, KeyError, TypeError, ValueError) as error:
        raise KeyRequestError(detail="the request is not in its canonical form") from error
    raise KeyRequestError(detail="the request is not in its canonical form")


def _statement(members: Mapping[str, Any]) -> Statement:
    public = {str(name): str(value) for name, value in members["public"].items()}
    change = Change(Action(members["action"]), members["subject"], members["before"], members["uri"], public)
    return Statement(
        request_id=members["id"],
        env=members["env"],
        aud=members["aud"],
        change=change,
        reason=members["reason"],
        by=members["by"],
        at=datetime.fromisoformat(members["at"]),
        until=datetime.fromisoformat(members["until"]),
    )
