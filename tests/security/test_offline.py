"""QR codes of approvals without network: what the server did not write for this device is not shown on it."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from security.approvals import FIELDS, FROZEN
from security.errors import ApprovalError, SecurityError, SignatureError
from security.jwk import parse_jwk
from security.offline import MOST, Holder, read_answer, read_request, write_answer, write_request
from tests import device as wire
from tests.bff.wealth.world import ServerKey

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
SERVER, STRANGER, PHONE = ServerKey(), ServerKey(), wire.new_key()
KID = wire.thumbprint(PHONE)
FROZEN_FIELDS = {
    "v": "1",
    "alg": "ES256",
    "aud": "tidegate-bff",
    "env": "sandbox",
    "cust": "cus_1",
    "dev": "dev_1",
    "kid": KID,
    "txid": "opn_1",
    "type": "wealth.order.place",
    "tmpl": f"wealth.order.place/2#{'ab' * 32}",
    "cur": "CNY",
    "amt": "50000.00",
    "payer": "6217990000000012",
    "payee": "6299009000070019",
    "payee_name": "金芒果理财",
    "memo": "product=JMG-WY90; name=稳盈90天; risk=R2; level=C3",
    "chal": "A" * 43,
    "iat": str(int(NOW.timestamp())),
    "exp": str(int(NOW.timestamp()) + 120),
    "bundle": f"wealth@1.0.0#{'9f' * 32}",
}
HOLDER = Holder(aud="tidegate-bff", env="sandbox", cust="cus_1", dev="dev_1", kid=KID)
OWN = {"ui": "tidegate-shell/1.0.0;zh-CN;sha256:" + "0" * 64, "seq": "7", "factor": "pin"}


def asked(key: ServerKey = SERVER, **changes: str) -> str:
    return write_request(frozen={**FROZEN_FIELDS, **changes}, key=key)


def shown(text: str, holder: Holder = HOLDER, now: datetime = NOW, tmpl: str = FROZEN_FIELDS["tmpl"]) -> dict[str, str]:
    keys = {SERVER.kid: parse_jwk(wire.jwk(SERVER.private))}
    return read_request(text, keys=keys, holder=holder, templates={tmpl}, now=now)


def raw(text: str) -> bytes:
    body = text[5:]
    return base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))


def test_a_device_reads_what_was_frozen_and_answers_with_the_bytes_of_online() -> None:
    text = asked()
    fields = shown(text)
    assert (list(fields), fields) == (list(FROZEN), FROZEN_FIELDS)
    message = wire.lp("BANK-DEVBIND/v1/TX-APPROVE", *(p for n in FIELDS for p in (n, {**fields, **OWN}[n])))
    signature = wire.sign(PHONE, message)
    answer = write_answer(fields={**fields, **OWN}, signature=signature)
    signed = read_answer(answer, frozen=FROZEN_FIELDS)
    assert (signed.message, signed.signature) == (message, signature)
    assert (len(text) < 1200, len(answer) < 300) == (True, True)


@pytest.mark.parametrize("changes", [{"amt": "50000.01"}, {"payee": "6299009000070027"}, {"memo": "product=X"}])
def test_an_altered_request_is_not_shown(changes: dict[str, str]) -> None:
    forged = wire.lp("BANK-DEVBIND/v1/TX-OFFLINE", SERVER.kid, *({**FROZEN_FIELDS, **changes}.values()))
    with pytest.raises(SignatureError):
        shown("TGA1." + wire.b64(forged + raw(asked())[-64:]))


def test_each_flipped_bit_is_noticed() -> None:
    whole = raw(asked())
    for place in range(0, len(whole), 7):
        spoilt = bytes(byte ^ (1 if at == place else 0) for at, byte in enumerate(whole))
        with pytest.raises(SecurityError):
            shown("TGA1." + wire.b64(spoilt))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"env": "production"}, "APPROVAL_MISMATCH"),
        ({"aud": "other-bff"}, "APPROVAL_MISMATCH"),
        ({"cust": "cus_2"}, "APPROVAL_MISMATCH"),
        ({"dev": "dev_2"}, "APPROVAL_MISMATCH"),
        ({"kid": "B" * 42 + "A"}, "APPROVAL_MISMATCH"),
        ({"tmpl": f"wealth.order.place/2#{'cd' * 32}"}, "APPROVAL_MISMATCH"),
        ({"exp": FROZEN_FIELDS["iat"]}, "APPROVAL_EXPIRED"),
        ({"iat": str(int(NOW.timestamp()) + 61)}, "APPROVAL_EXPIRED"),
        ({"payee_name": "金芒果\u202e理财"}, "APPROVAL_INVALID"),
        ({"memo": "product=JMG\u200b"}, "APPROVAL_INVALID"),
        ({"amt": "050000.00"}, "APPROVAL_INVALID"),
    ],
)
def test_a_signed_request_for_something_else_is_not_shown(changes: dict[str, str], code: str) -> None:
    with pytest.raises(ApprovalError) as refused:
        shown(asked(**changes))
    assert refused.value.code == code


def test_a_strangers_key_and_a_sandbox_request_on_a_production_phone_are_refused() -> None:
    production = Holder(aud="tidegate-bff", env="production", cust="cus_1", dev="dev_1", kid=KID)
    for text, holder in ((asked(STRANGER), HOLDER), (asked(), production)):
        with pytest.raises(ApprovalError) as refused:
            shown(text, holder)
        assert refused.value.code == "APPROVAL_MISMATCH"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text + "=",
        lambda text: text[:-1],
        lambda text: text.lower(),
        lambda text: text.replace("TGA1.", "TGA2."),
        lambda text: text.replace("TGA1.", "TGR1."),
        lambda text: text + "A" * MOST,
        lambda text: text[:5],
        lambda text: "TGA1." + wire.b64(raw(text)[:-64] + wire.lp("more") + raw(text)[-64:]),
        lambda text: "TGA1." + wire.b64(wire.lp("x") + raw(text)),
    ],
)
def test_a_request_has_one_form(spoil: Callable[[str], str]) -> None:
    with pytest.raises(SecurityError):
        shown(spoil(asked()))


def test_an_answer_to_another_operation_or_without_a_form_is_refused() -> None:
    answer = write_answer(fields={**FROZEN_FIELDS, **OWN}, signature=b"\1" * 64)
    with pytest.raises(ApprovalError) as refused:
        read_answer(answer, frozen={**FROZEN_FIELDS, "txid": "opn_2"})
    assert refused.value.code == "APPROVAL_MISMATCH"
    odd = write_answer(fields={**FROZEN_FIELDS, **OWN, "factor": "smile"}, signature=b"\1" * 64)
    for wrong in (odd, answer + "A", answer[:-4], answer.replace("TGR1.", "TGA1."), ""):
        with pytest.raises(ApprovalError):
            read_answer(wrong, frozen=FROZEN_FIELDS)
    with pytest.raises(ApprovalError):
        write_answer(fields={**FROZEN_FIELDS, **OWN}, signature=b"\1" * 63)


def test_what_no_qr_code_holds_is_not_written() -> None:
    with pytest.raises(ApprovalError, match="too long"):
        asked(memo="product=" + "金" * 900)


@settings(deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["TGA1.", "TGR1.", ""]), st.text(max_size=20))
def test_noise_is_refused_and_breaks_nothing(noise: bytes, word: str, tail: str) -> None:
    text = word + wire.b64(noise) + tail
    with pytest.raises(SecurityError):
        shown(text)
    with pytest.raises(SecurityError):
        read_answer(text, frozen=FROZEN_FIELDS)
