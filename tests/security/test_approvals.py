from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from security.approvals import FIELDS, FROZEN, decode, encode, memo_decode, memo_encode, verify_approval
from security.devices import login_message
from security.encoding import lp
from security.errors import ApprovalError, SecurityError, SignatureError
from security.jwk import jwk_of
from security.suites import ES256, P256_ORDER
from tests.security.golden import POP, POP_JWK, REFUSED_FIELDS, TX, TX_JWK, transaction

FIELD_VALUES = transaction()
MESSAGE = encode(FIELD_VALUES)
NOW = datetime.fromtimestamp(int(FIELD_VALUES["iat"]) + 5, UTC)
BOTH = frozenset({"face", "pin"})


def approve(**changes: Any) -> Any:
    given = {
        "message": MESSAGE,
        "frozen": {name: FIELD_VALUES[name] for name in FROZEN},
        "public_key": TX_JWK,
        "last_seq": 6,
        "now": NOW,
        "factors": BOTH,
    } | changes
    given.setdefault("signature", ES256.sign(TX, given["message"]))
    return verify_approval(**given)


def refusal(**changes: Any) -> str:
    with pytest.raises(SecurityError) as caught:
        approve(**changes)
    return caught.value.code


def test_the_device_approves() -> None:
    verified = approve()
    assert (verified.fields, verified.seq, verified.factor) == (FIELD_VALUES, 7, "face")


def test_the_message_reads_back() -> None:
    assert decode(MESSAGE) == FIELD_VALUES


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in REFUSED_FIELDS.items() for value in values]
)
def test_a_value_has_one_form(name: str, value: str) -> None:
    with pytest.raises(ApprovalError) as caught:
        encode(FIELD_VALUES | {name: value})
    assert caught.value.code == "APPROVAL_INVALID"


def rebuilt(parts: list[str]) -> bytes:
    return lp("BANK-DEVBIND/v1/TX-APPROVE", *parts)


PARTS = [part for name in FIELDS for part in (name, FIELD_VALUES[name])]


@pytest.mark.parametrize(
    "message",
    [
        b"",
        MESSAGE + b"\0",
        MESSAGE + lp("x"),
        MESSAGE + lp("x", "y"),
        MESSAGE[:-1],
        MESSAGE * 2,
        lp("BANK-DEVBIND/v1/LOGIN", *PARTS),
        rebuilt(PARTS[:-2]),
        rebuilt(PARTS[2:] + PARTS[:2]),
        rebuilt([*PARTS[2:4], *PARTS[:2], *PARTS[4:]]),
        rebuilt(["x", *PARTS[1:]]),
        rebuilt([*PARTS, "memo2", "x"]),
        rebuilt(PARTS[:2] * 23),
    ],
)
def test_unknown_missing_doubled_or_reordered_fields_are_refused(message: bytes) -> None:
    assert refusal(message=message) == "APPROVAL_INVALID"


@given(st.integers(0, len(MESSAGE) * 8 - 1))
def test_one_flipped_bit_of_the_message_is_refused(bit: int) -> None:
    changed = bytearray(MESSAGE)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SecurityError):
        approve(message=bytes(changed), signature=ES256.sign(TX, MESSAGE))


@given(st.binary(max_size=300))
def test_rubbish_never_decodes(data: bytes) -> None:
    with pytest.raises(ApprovalError):
        decode(data)


@pytest.mark.parametrize("name", [name for name in FROZEN if name not in {"v", "alg"}])
def test_every_frozen_field_is_compared(name: str) -> None:
    assert refusal(frozen={key: FIELD_VALUES[key] for key in FROZEN} | {name: "1"}) == "APPROVAL_MISMATCH"


def test_a_raised_amount_signed_by_the_device_is_refused() -> None:
    assert refusal(message=encode(FIELD_VALUES | {"amt": "90000.00"})) == "APPROVAL_MISMATCH"


def test_a_sandbox_approval_is_refused_in_production() -> None:
    frozen = {name: FIELD_VALUES[name] for name in FROZEN} | {"env": "production"}
    assert refusal(frozen=frozen) == "APPROVAL_MISMATCH"


def test_frozen_fields_must_be_all_of_them() -> None:
    assert refusal(frozen={"amt": FIELD_VALUES["amt"]}) == "APPROVAL_INVALID"
    assert refusal(frozen={key: FIELD_VALUES[key] for key in FIELDS}) == "APPROVAL_INVALID"


def test_a_frozen_text_that_has_no_bytes_equals_nothing() -> None:
    frozen = {name: FIELD_VALUES[name] for name in FROZEN} | {"payee_name": "\ud800"}
    assert refusal(frozen=frozen) == "APPROVAL_MISMATCH"


FROZEN_PARTS, OWN_PARTS = PARTS[: 2 * len(FROZEN)], PARTS[2 * len(FROZEN) :]


@pytest.mark.parametrize(
    "own",
    [
        [],
        OWN_PARTS[:-2],
        OWN_PARTS[:-1],
        [*OWN_PARTS, "x"],
        [*OWN_PARTS, "amt", "1.00"],
        [*OWN_PARTS, *OWN_PARTS],
        OWN_PARTS[2:] + OWN_PARTS[:2],
        OWN_PARTS[:2] * 3,
        ["amt", "1.00", *OWN_PARTS],
    ],
)
def test_behind_the_frozen_fields_stand_the_devices_own_and_nothing_else(own: list[str]) -> None:
    assert refusal(message=rebuilt(FROZEN_PARTS + own)) == "APPROVAL_INVALID"


@pytest.mark.parametrize("tail", [b"\0", b"\0\0\0\1\xff", b"\0\0\0\2\xc0\x80", b"\0\0\0\x02ui\0\0\0\xff"])
def test_bytes_behind_the_frozen_fields_that_are_no_texts_are_refused(tail: bytes) -> None:
    assert refusal(message=rebuilt(FROZEN_PARTS) + tail) == "APPROVAL_INVALID"


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name in ("ui", "seq", "factor") for value in REFUSED_FIELDS.get(name, ("",))]
)
def test_the_devices_own_fields_are_held_to_their_form(name: str, value: str) -> None:
    own = OWN_PARTS.copy()
    own[own.index(name) + 1] = value
    assert refusal(message=rebuilt(FROZEN_PARTS + own)) == "APPROVAL_INVALID"


@given(st.lists(st.sampled_from([*OWN_PARTS, "", "8", "pin", "amt"]), max_size=8))
def test_what_is_accepted_reads_strictly_and_the_same(own: list[str]) -> None:
    message = rebuilt(FROZEN_PARTS + own)
    try:
        expected = decode(message)
    except ApprovalError:
        assert refusal(message=message) == "APPROVAL_INVALID"
    else:
        assert expected == approve(message=message).fields


def test_a_transaction_that_ends_before_it_begins_is_refused() -> None:
    fields = FIELD_VALUES | {"exp": FIELD_VALUES["iat"]}
    message = rebuilt([part for name in FIELDS for part in (name, fields[name])])
    at = datetime.fromtimestamp(int(fields["iat"]) - 5, UTC)
    frozen = {name: fields[name] for name in FROZEN}
    assert refusal(message=message, frozen=frozen, now=at) == "APPROVAL_INVALID"


def test_a_message_beyond_the_greatest_length_is_refused() -> None:
    long = "x" * 16384
    frozen = {name: FIELD_VALUES[name] for name in FROZEN} | {"memo": long}
    parts = FROZEN_PARTS.copy()
    parts[parts.index("memo") + 1] = long
    assert refusal(message=rebuilt(parts + OWN_PARTS), frozen=frozen) == "APPROVAL_INVALID"


def test_signatures_of_other_messages_or_keys_are_refused() -> None:
    login = login_message(aud="tidegate-bff", env="sandbox", device_id="dev_01jd3k", challenge="c", pop_jkt="p")
    for signature in (ES256.sign(TX, login), ES256.sign(POP, MESSAGE), ES256.sign(ES256.generate(), MESSAGE), b""):
        with pytest.raises(SignatureError):
            approve(signature=signature)


def test_a_login_presented_as_a_transaction_is_refused() -> None:
    login = login_message(aud="tidegate-bff", env="sandbox", device_id="dev_01jd3k", challenge="c", pop_jkt="p")
    assert refusal(message=login) == "APPROVAL_INVALID"


def test_a_proof_presented_as_a_transaction_is_refused() -> None:
    assert refusal(message=b"eyJ0eXAiOiJkcG9wK2p3dCJ9.eyJodG0iOiJQT1NUIn0") == "APPROVAL_INVALID"


def test_the_high_twin_is_refused() -> None:
    raw = ES256.sign(TX, MESSAGE)
    twin = raw[:32] + (P256_ORDER - int.from_bytes(raw[32:])).to_bytes(32)
    assert refusal(signature=twin) == "SIG_NONCANONICAL"


def test_a_key_swapped_after_the_challenge_is_refused() -> None:
    other = ES256.generate()
    assert refusal(public_key=jwk_of(other.public_key()), signature=ES256.sign(other, MESSAGE)) == "APPROVAL_MISMATCH"
    assert refusal(public_key=POP_JWK) == "APPROVAL_MISMATCH"


@pytest.mark.parametrize(
    ("seconds", "code"), [(120, "APPROVAL_EXPIRED"), (121, "APPROVAL_EXPIRED"), (-61, "APPROVAL_EXPIRED")]
)
def test_outside_its_time_it_is_refused(seconds: int, code: str) -> None:
    assert refusal(now=datetime.fromtimestamp(int(FIELD_VALUES["iat"]) + seconds, UTC)) == code


@pytest.mark.parametrize("seconds", [-60, 0, 119])
def test_within_its_time_it_is_accepted(seconds: int) -> None:
    assert approve(now=datetime.fromtimestamp(int(FIELD_VALUES["iat"]) + seconds, UTC)).seq == 7


@pytest.mark.parametrize("last_seq", [7, 8, 10**9])
def test_an_old_counter_betrays_a_cloned_device(last_seq: int) -> None:
    assert refusal(last_seq=last_seq) == "SEQ_REUSED"


def test_a_factor_below_the_floor_is_refused() -> None:
    assert refusal(factors=frozenset({"pin"})) == "FACTOR_REFUSED"


@given(
    st.dictionaries(
        st.text("abc_", min_size=1, max_size=4),
        st.text("陈屿R2·. 90", min_size=1).filter(lambda text: text == text.strip()),
        min_size=1,
        max_size=5,
    )
)
def test_a_memo_reads_back(items: dict[str, str]) -> None:
    assert memo_decode(memo_encode(items)) == items
