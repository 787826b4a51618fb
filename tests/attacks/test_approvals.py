"""Attacks on the signed approval: replayed, altered, borrowed, malformed, too late."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import update

from bff.approvals.models import ApprovalOperation
from tests.attacks.bank import ORDER, Bank, Customer, anonymous, books_hold, now, refused
from tests.device import ORDER as N
from tests.device import Answer, b64, lp, sign, thumbprint


def submit(customer: Customer, challenge: str, message: bytes, signature: bytes) -> Answer:
    body = {"message": b64(message), "signature": b64(signature)}
    return customer.device.post(f"/approvals/{challenge}/approve", body)


def test_a_replayed_approval_gets_the_same_bytes_and_moves_nothing(bank: Bank, carol: Customer) -> None:
    """Defence: the challenge is spent once, and the message that spent it is recognised."""
    before = carol.balance()
    challenge = carol.prepare()
    message = carol.device.message(carol.device.frozen(challenge))
    signature = sign(carol.device.tx, message)
    answers = [submit(carol, challenge, message, signature) for _ in range(4)]
    answers.append(submit(carol, challenge, message, sign(carol.device.tx, message)))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.raw for answer in answers}) == 1
    assert carol.balance() == before - ORDER
    operation = answers[0].body["operationId"]
    orders = bank.rows("SELECT order_id FROM wealth_order WHERE operation_id = :operation", operation=operation)
    assert len(orders) == 1
    posts = "SELECT sequence FROM core_execution WHERE verb = 'transfer' AND status = 'S' AND sequence LIKE :order"
    assert len(bank.rows(posts, order=f"{orders[0].order_id}%")) == 1
    books_hold(bank)


def test_a_spent_challenge_takes_no_second_message(carol: Customer) -> None:
    """Defence: a spent operation answers only the hash of the message that won."""
    challenge = carol.prepare()
    carol.approve(challenge).ok()
    before = carol.balance()
    refused(carol.approve(challenge), 409, "CHALLENGE_USED")
    assert carol.balance() == before


def test_a_rejected_challenge_stays_rejected(carol: Customer) -> None:
    """Defence: the spending UPDATE asks for the state CHALLENGED."""
    challenge = carol.prepare()
    message = carol.device.message(carol.device.frozen(challenge))
    carol.device.post(f"/approvals/{challenge}/reject", {}).ok()
    refused(carol.device.approve(challenge, message), 409, "CHALLENGE_USED")


def test_anothers_challenge_looks_like_none(carol: Customer, bob: Customer) -> None:
    """Defence: a challenge is looked up with the calling customer and device."""
    challenge = carol.prepare()
    message = carol.device.message(carol.device.frozen(challenge))
    unknown = "chl_" + "a" * 26
    for path in ("", "/approve", "/reject"):
        method = "GET" if not path else "POST"
        signed = {"message": b64(message), "signature": b64(sign(carol.device.tx, message))}
        body = None if not path else (signed if path == "/approve" else {})
        theirs, nobodys = (bob.device.call(method, f"/approvals/{one}{path}", body) for one in (challenge, unknown))
        refused(theirs, 404, "NOT_FOUND")
        assert anonymous(theirs) == anonymous(nobodys)
    assert carol.device.frozen(challenge)["status"] == "CHALLENGED"


def test_the_signature_of_another_customers_key_does_not_approve(carol: Customer, bob: Customer) -> None:
    """Defence: the signature is verified under the tx key of the device that the operation was frozen for."""
    challenge = carol.prepare()
    message = carol.device.message(carol.device.frozen(challenge))
    refused(submit(carol, challenge, message, sign(bob.device.tx, message)), 403, "SIG_INVALID")
    refused(submit(carol, challenge, message, sign(carol.device.pop, message)), 403, "SIG_INVALID")


CHANGES: dict[str, Callable[[Any], dict[str, str]]] = {
    "amount": lambda _: {"amt": "1.00"},
    "currency": lambda _: {"cur": "USD"},
    "payer": lambda _: {"payer": "6299009000070027"},
    "payee": lambda _: {"payee": "6299009000070027"},
    "payee name": lambda _: {"payee_name": "另一个专户"},
    "memo": lambda fields: {"memo": fields["memo"].replace("R1", "R5").replace("R2", "R5") + "; note=x"},
    "bundle digest": lambda fields: {"bundle": fields["bundle"][:-64] + "0" * 64},
    "bundle name": lambda fields: {"bundle": "accounts" + fields["bundle"][fields["bundle"].index("@") :]},
    "customer": lambda _: {"cust": "cus_" + "b" * 26},
    "device": lambda _: {"dev": "dev_" + "b" * 26},
    "operation": lambda _: {"txid": "opn_" + "b" * 26},
    "type": lambda _: {"type": "wealth.order.redeem"},
    "template": lambda fields: {"tmpl": fields["tmpl"][:-64] + "0" * 64},
    "challenge": lambda _: {"chal": b64(b"\x01" * 32)},
    "environment": lambda _: {"env": "production"},
    "audience": lambda _: {"aud": "another-bff"},
    "expiry": lambda fields: {"exp": str(int(fields["exp"]) + 3600)},
    "issued": lambda fields: {"iat": str(int(fields["iat"]) + 1)},
    "key": lambda _: {"kid": b64(b"\x02" * 32)},
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_field_is_not_what_was_frozen(standing: Customer, challenge: str, name: str) -> None:
    """Defence: every frozen field of M is compared with the server's own copy, whatever was signed."""
    frozen = standing.device.frozen(challenge)
    message = standing.device.message(frozen, **CHANGES[name](frozen["fields"]))
    refused(standing.device.approve(challenge, message), 403, "APPROVAL_MISMATCH")


SHAPES: dict[str, Callable[[Customer, bytes], tuple[bytes, bytes]]] = {
    "trailing byte": lambda _, m: (m + b"\x00", b""),
    "cut short": lambda _, m: (m[:-1], b""),
    "other domain": lambda _, m: (m.replace(b"TX-APPROVE", b"DX-APPROVE"), b""),
    "field twice": lambda _, m: (m + lp("amt", "1.00"), b""),
    "unknown field": lambda _, m: (m + lp("fee", "0.00"), b""),
    "empty": lambda _, __: (b"\x00", b""),
    "login text": lambda c, _: (login_text(c), b""),
}


def login_text(customer: Customer, challenge: str = "A" * 43) -> bytes:
    device = customer.device
    return lp("BANK-DEVBIND/v1/LOGIN", device.aud, device.env, device.device_id, challenge, thumbprint(device.pop))


@pytest.mark.parametrize("name", SHAPES)
def test_a_message_has_one_form(standing: Customer, challenge: str, name: str) -> None:
    """Defence: M is decoded strictly and must encode to itself, in the transaction's domain."""
    message = standing.device.message(standing.device.frozen(challenge))
    forged, _ = SHAPES[name](standing, message)
    refused(standing.device.approve(challenge, forged), 400, "APPROVAL_INVALID")


def der(customer: Customer, message: bytes) -> bytes:
    return bytes(customer.device.tx.sign(message, ec.ECDSA(hashes.SHA256())))


def raw(r: int, s: int) -> bytes:
    return r.to_bytes(32) + s.to_bytes(32)


SIGNATURES: dict[str, tuple[str, Callable[[Customer, bytes], bytes]]] = {
    "high s": ("SIG_NONCANONICAL", lambda c, m: sign(c.device.tx, m, high_s=True)),
    "r zero": ("SIG_INVALID", lambda c, m: raw(0, int.from_bytes(sign(c.device.tx, m)[32:]))),
    "s zero": ("SIG_INVALID", lambda c, m: sign(c.device.tx, m)[:32] + bytes(32)),
    "both zero": ("SIG_INVALID", lambda _, __: bytes(64)),
    "r is the order": ("SIG_INVALID", lambda c, m: raw(N, int.from_bytes(sign(c.device.tx, m)[32:]))),
    "s is the order": ("SIG_INVALID", lambda c, m: sign(c.device.tx, m)[:32] + N.to_bytes(32)),
    "all ones": ("SIG_INVALID", lambda _, __: b"\xff" * 64),
    "DER": ("SIG_INVALID", der),
    "trailing byte": ("SIG_INVALID", lambda c, m: sign(c.device.tx, m) + b"\x00"),
    "one byte short": ("SIG_INVALID", lambda c, m: sign(c.device.tx, m)[:-1]),
    "empty but one": ("SIG_INVALID", lambda _, __: b"\x00"),
    "swapped halves": ("SIG_", lambda c, m: sign(c.device.tx, m)[32:] + sign(c.device.tx, m)[:32]),
    "LOGIN": ("SIG_INVALID", lambda c, _: sign(c.device.tx, login_text(c))),
    "DPoP": ("SIG_INVALID", lambda c, _: sign(c.device.tx, c.device.proof("POST", "/x").rpartition(".")[0].encode())),
    "its hash": ("SIG_INVALID", lambda c, m: sign(c.device.tx, hashlib.sha256(m).digest())),
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_a_signature_has_one_form(standing: Customer, challenge: str, name: str) -> None:
    """Defence: 64 raw bytes, r and s in range, s in the lower half, over M and under K_tx."""
    code, forge = SIGNATURES[name]
    message = standing.device.message(standing.device.frozen(challenge))
    answer = submit(standing, challenge, message, forge(standing, message))
    assert answer.status == 403, answer.body
    assert answer.body["code"].startswith(code)


@pytest.mark.parametrize("spoil", [lambda text: text + "=", lambda text: text + "\n", lambda text: text[:-1] + "_"])
def test_base64_has_one_form(standing: Customer, challenge: str, spoil: Callable[[str], str]) -> None:
    """Defence: base64url is read strictly; unused bits must be zero."""
    message = standing.device.message(standing.device.frozen(challenge))
    body = {"message": b64(message), "signature": spoil(b64(sign(standing.device.tx, message)))}
    refused(standing.device.post(f"/approvals/{challenge}/approve", body), 400, "ENCODING_INVALID")


def test_the_counter_of_a_cloned_device_is_refused(bank: Bank, carol: Customer) -> None:
    """Defence: a device's counter only grows, by a conditional UPDATE."""
    first = carol.prepare()
    carol.approve(first).ok()
    before = carol.balance()
    second = carol.prepare()
    frozen = carol.device.frozen(second)
    for seq in (frozen["lastSeq"], frozen["lastSeq"] - 1, 0):
        message = carol.device.message(frozen, seq=str(seq))
        refused(carol.device.approve(second, message), 403, "SEQ_REUSED")
    assert carol.balance() == before
    books_hold(bank)


@pytest.mark.parametrize("factor", ["none", "", "PIN"])
def test_an_unknown_factor_is_refused(standing: Customer, challenge: str, factor: str) -> None:
    """Defence: the factor has two values."""
    message = standing.device.message(standing.device.frozen(challenge), factor=factor)
    refused(standing.device.approve(challenge, message), 400, "APPROVAL_INVALID")


def test_an_expired_challenge_is_refused(bank: Bank, carol: Customer) -> None:
    """Defence: the time of a challenge ends; the server's clock cannot be moved, so its end is."""
    challenge = carol.prepare()
    message = carol.device.message(carol.device.frozen(challenge))
    ended = datetime.fromtimestamp(now(), UTC) - timedelta(seconds=1)
    with bank.engine.begin() as connection:
        row = update(ApprovalOperation).where(ApprovalOperation.challenge_id == challenge)
        connection.execute(row.values(expires_at=ended))
    before = carol.balance()
    refused(carol.device.approve(challenge, message), 410, "APPROVAL_EXPIRED")
    assert carol.balance() == before


def test_an_expiry_moved_in_the_database_does_not_move_the_signed_one(bank: Bank, carol: Customer) -> None:
    """Defence: the expiry inside the signed fields counts as well."""
    challenge = carol.prepare()
    with bank.engine.begin() as connection:
        row = connection.execute(
            ApprovalOperation.__table__.select().where(ApprovalOperation.challenge_id == challenge)
        ).one()
        fields = json.loads(row.fields)
        fields |= {"iat": str(now() - 300), "exp": str(now() - 1)}
        changed = update(ApprovalOperation).where(ApprovalOperation.challenge_id == challenge)
        connection.execute(changed.values(fields=json.dumps(fields, ensure_ascii=False)))
    refused(carol.approve(challenge), 410, "APPROVAL_EXPIRED")


@pytest.fixture(scope="module")
def standing(bank: Bank) -> Customer:
    return bank.customers["dave"]


@pytest.fixture(scope="module")
def challenge(standing: Customer) -> str:
    """Give a challenge that no failed approval spends: after every attack the honest one still goes through."""
    return standing.prepare()


def test_after_all_attacks_the_honest_approval_goes_through(bank: Bank, standing: Customer, challenge: str) -> None:
    """Holds the tests above: the challenge that they attacked was alive, and none of them spent it."""
    before = standing.balance()
    assert standing.approve(challenge).ok()["status"] == "DONE"
    assert standing.balance() == before - ORDER
    books_hold(bank)
