"""Requests and answers of the session operations."""

from typing import Annotated, Literal

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


class PersonChallengeRequest(msgspec.Struct, rename="camel", forbid_unknown_fields=True, frozen=True):
    """Ask for a challenge to verify the person with, for one purpose; ``about`` names another device to take away."""

    purpose: Literal["user", "step-up", "unbind", "pin"]
    about: Annotated[str, msgspec.Meta(max_length=40)] = ""


class PersonChallengeAnswer(msgspec.Struct, rename="camel", frozen=True, kw_only=True):
    """A single-use challenge, its end, and what the signature has to name besides, the purpose as it stands here."""

    purpose: str
    challenge: str
    expires_at: str
    aud: str
    env: str
    customer_id: str


class PersonRequest(msgspec.Struct, rename="camel", forbid_unknown_fields=True, frozen=True):
    """The factor that opened K_tx, its signature over the challenge and its purpose, and an app's assertion of both."""

    challenge: Annotated[str, msgspec.Meta(min_length=43, max_length=43)]
    factor: Literal["pin", "fingerprint", "face"]
    tx_signature: Annotated[str, msgspec.Meta(min_length=86, max_length=86)]
    assertion: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)] | None = None


class VerifiedAnswer(msgspec.Struct, rename="camel", frozen=True, kw_only=True):
    """What was verified, when, and until when it counts as fresh."""

    factor: str
    verified_at: str
    until: str | None


class SessionRow(msgspec.Struct, rename="camel", frozen=True, kw_only=True):
    """One session; ``network`` is where it was used last, as a prefix, and ``current`` marks the calling one."""

    session_id: str
    device_id: str
    device_name: str
    since: str
    last_used_at: str
    expires_at: str
    network: str
    current: bool


class SessionsAnswer(msgspec.Struct, rename="camel", frozen=True):
    """The customer's sessions, the last used first."""

    sessions: list[SessionRow]


class EndRequest(msgspec.Struct, rename="camel", forbid_unknown_fields=True, frozen=True):
    """Name the session to end."""

    session_id: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class EndAllRequest(msgspec.Struct, rename="camel", forbid_unknown_fields=True, frozen=True):
    """End all sessions; with ``keepThis`` all but the calling one."""

    keep_this: bool = False


class EndedAnswer(msgspec.Struct, rename="camel", frozen=True):
    """How many sessions were ended."""

    ended: int
