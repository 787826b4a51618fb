"""A phone without network: another device of its customer shows the QR code and carries the answer back."""

import json
from typing import Any

import pytest

from bff.approvals.errors import (
    ApprovalExpiredError,
    ApprovalInvalidError,
    ApprovalMismatchError,
    ApprovalsHeldError,
    ChallengeUsedError,
    FactorRefusedError,
    SequenceReusedError,
)
from bff.devices.errors import SignatureInvalidError
from bff.errors import BffError, NotFoundError
from security.jwk import parse_jwk
from security.offline import Holder, read_request, write_answer
from tests import device as wire
from tests.bff.approvals.test_policies import use
from tests.bff.wealth.world import LIN, Phone, World


@pytest.fixture
def phone(world: World) -> Phone:
    return world.ready()


@pytest.fixture
def carrier(world: World, phone: Phone) -> Phone:
    """Give a second device with a session of the same customer."""
    second = world.registered()
    second.customer_id = phone.customer_id
    return second


def scanned(world: World, phone: Phone, code: str) -> dict[str, str]:
    """Read the QR code as the phone does: it knows itself, its template, and the server's key."""
    holder = Holder(
        aud="tidegate-bff",
        env="sandbox",
        cust=phone.customer_id or "",
        dev=phone.device_id,
        kid=wire.thumbprint(phone.tx),
    )
    _, tmpl = world.approvals.templates.get("wealth.order.place/2")
    keys = {world.signer.kid: parse_jwk(wire.jwk(world.signer.private))}
    return read_request(code, keys=keys, holder=holder, templates={tmpl}, now=world.now)


def answer(world: World, phone: Phone, code: str, *, key: Any = None, **changes: str) -> str:
    """Draw, confirm and sign without any call."""
    fields = scanned(world, phone, code)
    phone.seq += 1
    own = {"ui": "tidegate-shell/1.0.0;zh-CN;sha256:" + "0" * 64, "seq": str(phone.seq), "factor": "pin"}
    whole = {**fields, **own, **changes}
    message = wire.lp("BANK-DEVBIND/v1/TX-APPROVE", *(part for name in wire.FIELDS for part in (name, whole[name])))
    return write_answer(fields=whole, signature=wire.sign(key or phone.tx, message))


def shown(world: World, carrier: Phone) -> Any:
    return world.call(carrier, "approval.offline.list")["operations"]


def carry(world: World, carrier: Phone, challenge: str, code: str) -> Any:
    return world.call(carrier, "approval.offline.answer", {"challengeId": challenge, "code": code})


def orders(world: World) -> int:
    return len(world.sql("SELECT order_id FROM wealth_order"))


def test_a_yes_without_network_is_executed_once_and_says_who_carried_it(
    world: World, phone: Phone, carrier: Phone
) -> None:
    challenge = world.prepare(phone)["challengeId"]
    [waiting] = shown(world, carrier)
    assert (waiting["challengeId"], waiting["deviceId"], waiting["amountFen"]) == (challenge, phone.device_id, 5000000)
    assert world.call(carrier, "approval.list")["operations"] == []
    code = answer(world, phone, waiting["code"])
    first = carry(world, carrier, challenge, code)
    assert (first["status"], carry(world, carrier, challenge, code), orders(world)) == ("DONE", first, 1)
    entries = world.sql("SELECT kind, body FROM evidence_entry WHERE kind LIKE 'operation.%' ORDER BY seq")
    assert [kind for kind, _ in entries] == ["operation.frozen", "operation.carried", "operation.approved"]
    assert json.loads(entries[1][1])["carrier"] == carrier.device_id
    assert shown(world, carrier) == []


def test_another_customer_neither_sees_nor_carries(world: World, phone: Phone) -> None:
    other = world.ready(LIN)
    challenge = world.prepare(phone)["challengeId"]
    [waiting] = shown(world, phone)
    code = answer(world, phone, waiting["code"])
    assert shown(world, other) == []
    refusals = []
    for given in (challenge, "chl_none"):
        with pytest.raises(NotFoundError) as refused:
            carry(world, other, given, code)
        refusals.append((refused.value.detail, refused.value.extra))
    assert (refusals[0], orders(world)) == (refusals[1], 0)


def test_what_the_phone_did_not_sign_is_refused_and_the_challenge_stays_open(
    world: World, phone: Phone, carrier: Phone
) -> None:
    challenge, second = world.prepare(phone)["challengeId"], world.prepare(phone, 1_000_000)["challengeId"]
    codes = {each["challengeId"]: each["code"] for each in shown(world, carrier)}
    for wrong, error in (
        (answer(world, phone, codes[second]), ApprovalMismatchError),
        (answer(world, phone, codes[challenge], key=carrier.tx), SignatureInvalidError),
        (answer(world, phone, codes[challenge], amt="1.00"), SignatureInvalidError),
        (answer(world, phone, codes[challenge], seq="0"), SequenceReusedError),
        (answer(world, phone, codes[challenge], factor="smile"), ApprovalInvalidError),
        (codes[challenge], ApprovalInvalidError),
        ("TGR1.", ApprovalInvalidError),
    ):
        with pytest.raises(error):
            carry(world, carrier, challenge, wrong)
    with pytest.raises(BffError):
        carry(world, carrier, challenge, "TGR1." + "A" * 3000)
    assert orders(world) == 0
    assert carry(world, carrier, challenge, answer(world, phone, codes[challenge]))["status"] == "DONE"


def test_the_terms_hold_as_online(world: World) -> None:
    use(world, strong={"from_fen": 5_000_000, "factors": ["pin"]})
    phone = world.ready()
    challenge = world.prepare(phone)["challengeId"]
    [waiting] = shown(world, phone)
    with pytest.raises(FactorRefusedError):
        carry(world, phone, challenge, answer(world, phone, waiting["code"], factor="face"))
    late = answer(world, phone, waiting["code"])
    world.later(seconds=121)
    with pytest.raises(ApprovalExpiredError):
        carry(world, phone, challenge, late)
    assert (shown(world, phone), orders(world)) == ([], 0)


def test_a_no_or_a_yes_online_comes_before_a_late_answer(world: World, phone: Phone, carrier: Phone) -> None:
    done, refused = world.prepare(phone, 1_000_000)["challengeId"], world.prepare(phone, 1_000_000)["challengeId"]
    codes = {each["challengeId"]: answer(world, phone, each["code"]) for each in shown(world, carrier)}
    world.approve(phone, done, world.message(phone, done))
    with pytest.raises(ChallengeUsedError):
        carry(world, carrier, done, codes[done])
    world.call(phone, "approval.reject", {"challengeId": refused, "reason": "NOT_ME"})
    with pytest.raises((ChallengeUsedError, ApprovalsHeldError)):
        carry(world, carrier, refused, codes[refused])
    assert orders(world) == 1
