"""The mask of logs: what it hides wherever it stands, and what it leaves alone because people need it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from security.masking import masked, masked_facts

PEM = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIB\n-----END EC PRIVATE KEY-----"
JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJjdXNfMSJ9.c2lnbmF0dXJlYnl0ZXM"


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("person 110105199003078216 applied", "person <id number> applied"),
        ("id 51010420100214000X", "id <id number>"),
        ("card 6298010000000044174 bound", "card <card> bound"),
        ('{"mobile":"13800001486"}', '{"mobile":"<mobile>"}'),
        ("call +86 13800001486", "call <mobile>"),
        (f"Authorization: DPoP {JWT}", "Authorization: <hidden>"),
        (f"proof {JWT} was refused", "proof <token> was refused"),
        (f"key {PEM} read", "key <private key> read"),
        ("key -----BEGIN PRIVATE KEY-----\nMIGH", "key <private key>"),
        ("TIDEGATE_KEY_PASSPHRASE=horse staple", "TIDEGATE_KEY_PASSPHRASE=<hidden> staple"),
        ('{"pin": "246810", "n": 1}', '{"pin": <hidden>, "n": 1}'),
        ("{'code': '246810'}", "{'code': '<hidden>'}"),
        ("refreshToken=abcDEF_-123&x=1", "refreshToken=<hidden>&x=1"),
        ('{"otp":"246810"}', '{"otp":"<hidden>"}'),
        ("你的验证码 246810", "你的验证码 <hidden>"),
        ("Cookie: a=1; b=2", "Cookie: <hidden>"),
        ("mysql+pymysql://bank:horse@db/tidegate", "mysql+pymysql://<hidden>@db/tidegate"),
        ('{"kty":"EC","d":"' + "A" * 43 + '"}', '{"kty":"EC","d":"<hidden>"}'),
    ],
)
def test_what_must_not_stand_in_a_log_is_hidden(said: str, left: str) -> None:
    assert masked(said) == left


@pytest.mark.parametrize(
    "said",
    [
        "GET /app/v1/accounts/{account_id} 200",
        "checkpoint 1421 3f6a0b3b1d8f0f9e2c4a5b6c7d8e9f00112233445566778899aabbccddeeff00",
        "kid TvSKu2vIWbVlh9d1gPdkzX4cZ3rFvGHv3ZbJk0q-xyz",
        "CODE_WRONG: the code does not hold",
        "operation opn_3k2m, amount 5000000 fen",
        "wealth@1.0.0#" + "9f" * 32,
        "2026-11-27T06:29:03.123456+00:00",
        "code: 404",
    ],
)
def test_what_people_need_stays(said: str) -> None:
    assert masked(said) == said


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80))
def test_masking_never_fails_and_is_stable(text: str) -> None:
    assert masked(masked(text)) == masked(text)


def test_facts_are_masked_at_every_depth() -> None:
    facts = {"a": ["13800001486", {"b": "13800001486"}], "n": 13800001486, "none": None}
    assert masked_facts(facts) == {"a": ["<mobile>", {"b": "<mobile>"}], "n": 13800001486, "none": None}
