"""Requests and answers of the session operations."""

import msgspec


class ChallengeRequest(msgspec.Struct, rename="camel", forbid_unknown_fields=True, frozen=True):
    """Ask for a log-in challenge."""

    device_id: str


class ChallengeAnswer(msgspec.Struct, rename="camel", frozen=True):
    """A single-use challenge and the instant at which it ends."""

    challenge: str
    expires_at: str


class CreateRequest(msgspec.Struct, rename="camel", forbid_unknown_fields=True, frozen=True):
    """Log in; with a signature of K_tx as the customer, without one as a device that is being set up."""

    device_id: str
    challenge: str
    tx_signature: str | None = None


class RefreshRequest(msgspec.Struct, rename="camel", forbid_unknown_fields=True, frozen=True):
    """Trade a refresh token for the next pair."""

    refresh_token: str


class CustomerBrief(msgspec.Struct, rename="camel", frozen=True):
    """Who is logged in; the name is masked."""

    customer_id: str
    name: str


class SessionAnswer(msgspec.Struct, rename="camel", frozen=True):
    """Tokens of a session; ``expires_in`` in seconds."""

    access_token: str
    refresh_token: str
    token_type: str
    expires_in: int
    scope: str
    customer: CustomerBrief | None
