"""The session operations of the catalogue; all of them belong to the native shell."""

from bff.catalogue import Empty, Idempotency, Operation
from bff.sessions.overview import Overview
from bff.sessions.schemas import (
    ChallengeAnswer,
    ChallengeRequest,
    CreateRequest,
    EndAllRequest,
    EndedAnswer,
    EndRequest,
    PersonChallengeAnswer,
    PersonChallengeRequest,
    PersonRequest,
    RefreshRequest,
    SessionAnswer,
    SessionsAnswer,
    VerifiedAnswer,
)
from bff.sessions.service import Sessions
from bff.sessions.verification import Verification


def operations(sessions: Sessions, verification: Verification) -> tuple[Operation, ...]:
    """Declare the session operations."""
    return (*_sessions(sessions), *listing(Overview(sessions.directory)), *verifying(verification))


def listing(overview: Overview) -> tuple[Operation, ...]:
    """Declare the operations by which a customer looks after his sessions."""
    return (
        Operation(
            code="session.list",
            summary="List the customer's sessions: device, since when, last use, network, and which is this one.",
            method="GET",
            path="/sessions",
            request=Empty,
            response=SessionsAnswer,
            handler=overview.list,
            idempotency=Idempotency.NONE,
            from_shell=True,
        ),
        Operation(
            code="session.end",
            summary="End one session of the customer's.",
            method="POST",
            path="/sessions/{session_id}/end",
            request=EndRequest,
            response=EndedAnswer,
            handler=overview.end,
            idempotency=Idempotency.NATURAL,
            from_shell=True,
            limit="30/minute",
            errors=("NOT_FOUND",),
        ),
        Operation(
            code="session.end_all",
            summary="Log out everywhere: end all sessions of the customer and of his devices, or all but this one.",
            method="POST",
            path="/sessions/end-all",
            request=EndAllRequest,
            response=EndedAnswer,
            handler=overview.end_all,
            idempotency=Idempotency.NATURAL,
            from_shell=True,
            limit="10/minute",
        ),
    )


def verifying(verification: Verification) -> tuple[Operation, ...]:
    """Declare the operations that verify a person."""
    return (
        Operation(
            code="session.verification.challenge",
            summary="Get a single-use challenge to verify the person with, for one purpose.",
            method="POST",
            path="/sessions/verification/challenge",
            request=PersonChallengeRequest,
            response=PersonChallengeAnswer,
            handler=verification.challenge,
            idempotency=Idempotency.NATURAL,
            from_shell=True,
            limit="30/minute",
        ),
        Operation(
            code="session.verification.user",
            summary="Verify that the customer is in front of the device.",
            method="POST",
            path="/sessions/verification/user",
            request=PersonRequest,
            response=VerifiedAnswer,
            handler=verification.user,
            idempotency=Idempotency.NATURAL,
            from_shell=True,
            limit="30/minute",
            errors=("CHALLENGE_INVALID", "VERIFICATION_REFUSED", "ATTESTATION_REFUSED"),
        ),
        Operation(
            code="session.verification.step_up",
            summary="Verify the customer anew for what needs a fresh verification.",
            method="POST",
            path="/sessions/verification/step-up",
            request=PersonRequest,
            response=VerifiedAnswer,
            handler=verification.step_up,
            idempotency=Idempotency.NATURAL,
            from_shell=True,
            limit="30/minute",
            errors=("CHALLENGE_INVALID", "VERIFICATION_REFUSED", "ATTESTATION_REFUSED"),
        ),
    )


def _sessions(sessions: Sessions) -> tuple[Operation, ...]:
    return (
        Operation(
            code="session.challenge",
            summary="Get a single-use challenge to log in with.",
            method="POST",
            path="/sessions/challenge",
            request=ChallengeRequest,
            response=ChallengeAnswer,
            handler=sessions.challenge,
            idempotency=Idempotency.NATURAL,
            scope=None,
            from_shell=True,
        ),
        Operation(
            code="session.create",
            summary="Log in: with K_pop as a device being set up, with a signature of K_tx as its customer.",
            method="POST",
            path="/sessions",
            request=CreateRequest,
            response=SessionAnswer,
            handler=sessions.create,
            idempotency=Idempotency.NATURAL,
            scope=None,
            from_shell=True,
            errors=("CHALLENGE_INVALID", "LOGIN_REFUSED"),
        ),
        Operation(
            code="session.refresh",
            summary="Trade a refresh token for the next pair of tokens.",
            method="POST",
            path="/sessions/refresh",
            request=RefreshRequest,
            response=SessionAnswer,
            handler=sessions.refresh,
            idempotency=Idempotency.NATURAL,
            scope=None,
            from_shell=True,
            errors=("REFRESH_INVALID", "REFRESH_REUSED"),
        ),
        Operation(
            code="session.revoke",
            summary="Log out: end the session and every token of it.",
            method="POST",
            path="/sessions/revoke",
            request=Empty,
            response=Empty,
            handler=sessions.revoke,
            idempotency=Idempotency.NATURAL,
            scope=None,
            from_shell=True,
        ),
    )
