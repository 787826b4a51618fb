"""Requests and decisions: what operators sign, and what is refused."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from security.errors import KeyRequestError
from security.jwk import jwk_of
from security.keys.changes import Action, Change
from security.keys.requests import (
    Statement,
    Verdict,
    decision_message,
    read_statement,
    request_message,
    verify_decision,
    verify_request,
)
from security.suites import ES256

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ANNA, BORIS = ES256.generate(), ES256.generate()
SAID = Statement(
    request_id="kreq_1",
    env="sandbox",
    aud="bank",
    change=Change(Action.REVOKE, "kid", "ACTIVE"),
    reason="stolen",
    by=jwk_of(ANNA.public_key()).thumbprint,
    at=NOW,
    until=NOW + timedelta(hours=24),
)


def verify(data: bytes, signature: bytes, now: datetime = NOW) -> Statement:
    verified = verify_request(
        data=data,
        signature=signature,
        key=ANNA.public_key(),
        env="sandbox",
        aud="bank",
        longest=timedelta(hours=24),
        now=now,
    )
    return verified.statement


def test_a_signed_request_says_what_it_said() -> None:
    data = SAID.dump()
    assert verify(data, ES256.sign(ANNA, request_message(data))) == SAID == read_statement(data)


@pytest.mark.parametrize(
    "changed",
    [
        replace(SAID, env="production"),
        replace(SAID, aud="other"),
        replace(SAID, reason=" "),
        replace(SAID, reason="x" * 501),
        replace(SAID, at=NOW + timedelta(seconds=1)),
        replace(SAID, until=NOW),
        replace(SAID, until=NOW + timedelta(hours=25)),
    ],
)
def test_a_request_for_another_server_or_time_or_without_a_reason_is_refused(changed: Statement) -> None:
    data = changed.dump()
    with pytest.raises(KeyRequestError):
        verify(data, ES256.sign(ANNA, request_message(data)))


def test_another_key_another_text_or_another_form_is_refused() -> None:
    data = SAID.dump()
    good = ES256.sign(ANNA, request_message(data))
    for text, signature in (
        (data, ES256.sign(BORIS, request_message(data))),
        (replace(SAID, reason="lost").dump(), good),
        (data, ES256.sign(ANNA, data)),
        (b" " + data, good),
        (b"{}", good),
        (data.replace(b"revoke", b"invent"), good),
    ):
        with pytest.raises(KeyRequestError):
            verify(text, signature)


def test_a_decision_belongs_to_its_request_its_verdict_and_its_operator() -> None:
    data, by = SAID.dump(), jwk_of(BORIS.public_key()).thumbprint
    signature = ES256.sign(BORIS, decision_message(data, Verdict.APPROVE, by))

    def decide(data: bytes, verdict: Verdict, by: str) -> str:
        return verify_decision(data=data, verdict=verdict, by=by, signature=signature, key=BORIS.public_key()).by

    assert decide(data, Verdict.APPROVE, by) == by
    for other in ((data, Verdict.REJECT, by), (replace(SAID, request_id="k2").dump(), Verdict.APPROVE, by)):
        with pytest.raises(KeyRequestError):
            decide(*other)
    with pytest.raises(KeyRequestError):
        decide(data, Verdict.APPROVE, SAID.by)
