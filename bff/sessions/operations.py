"""The session operations of the catalogue; all of them belong to the native shell."""

from bff.catalogue import Empty, Idempotency, Operation
from bff.sessions.schemas import ChallengeAnswer, ChallengeRequest, CreateRequest, RefreshRequest, SessionAnswer
from bff.sessions.service import Sessions


def operations(sessions: Sessions) -> tuple[Operation, ...]:
    """Declare the session operations."""
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
