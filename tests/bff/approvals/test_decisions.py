"""Approvals under attack: what is spent is spent once, and only by the right device over the right bytes."""

import pytest

from bff.approvals import repository
from bff.approvals.errors import (
    ApprovalExpiredError,
    ApprovalInvalidError,
    ApprovalMismatchError,
    ChallengeUsedError,
    FactorRefusedError,
    SequenceReusedError,
)
from bff.bus.releases import BundleRevokedError
from bff.db.engine import transaction
from bff.devices.errors import (
    DeviceStateError,
    EncodingInvalidError,
    SignatureInvalidError,
    SignatureNoncanonicalError,
)
from bff.errors import BffError, NotFoundError
from tests import device as wire
from tests.bff.wealth.world import CHEN, LIN, WEALTH, World


def orders(world: World) -> int:
    return len(world.sql("SELECT order_id FROM wealth_order"))


def test_the_very_same_message_gets_the_same_answer_and_executes_once(world: World) -> None:
    phone = world.ready()
    challenge = world.prepare(phone)["challengeId"]
    message = world.message(phone, challenge)
    first = world.approve(phone, challenge, message)
    world.later(hours=1)
    assert world.approve(phone, challenge, message) == first
    assert orders(world) == 1
    assert len(world.core.journals) == 2  # the funding and one purchase


def test_another_message_on_a_used_challenge_is_refused(world: World) -> None:
    phone = world.ready()
    challenge = world.prepare(phone)["challengeId"]
    world.approve(phone, challenge, world.message(phone, challenge))
    with pytest.raises(ChallengeUsedError):
        world.approve(phone, challenge, world.message(phone, challenge))
    assert orders(world) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"amt": "50000.01"},
        {"payee": "6299009000070027"},
        {"payer": "6217990000000099"},
        {"bundle": f"wealth@1.0.0#{'00' * 32}"},
        {"memo": "product=JMG-YQ360; name=x"},
        {"txid": "opn_other"},
        {"cust": "cus_other"},
        {"dev": "dev_other"},
        {"env": "production"},
        {"tmpl": f"wealth.order.place/2#{'00' * 32}"},
        {"chal": "A" * 43},
        {"exp": "1999999999"},
    ],
)
def test_a_changed_field_is_refused_and_the_challenge_stays_open(world: World, changes: dict[str, str]) -> None:
    phone = world.ready()
    challenge = world.prepare(phone)["challengeId"]
    with pytest.raises(ApprovalMismatchError):
        world.approve(phone, challenge, world.message(phone, challenge, **changes))
    assert orders(world) == 0
    assert world.approve(phone, challenge, world.message(phone, challenge))["status"] == "DONE"


def test_bytes_that_are_no_message_are_refused(world: World) -> None:
    phone = world.ready()
    challenge = world.prepare(phone)["challengeId"]
    message = world.message(phone, challenge)
    for wrong in (message + b"\0", message[:-1], b"LOGIN", message.replace(b"TX-APPROVE", b"DEV-LOGINS")):
        with pytest.raises(ApprovalInvalidError):
            world.approve(phone, challenge, wrong)
    with pytest.raises(EncodingInvalidError):
        world.call(phone, "approval.approve", {"challengeId": challenge, "message": "AB=", "signature": "AA"})


def test_signatures_of_another_key_or_in_another_form_are_refused(world: World) -> None:
    phone = world.ready()
    challenge = world.prepare(phone)["challengeId"]
    message = world.message(phone, challenge)
    with pytest.raises(SignatureInvalidError):
        world.approve(phone, challenge, message, key=phone.pop)
    with pytest.raises(SignatureNoncanonicalError):
        world.approve(phone, challenge, message, high_s=True)
    for signature in (b"\0" * 64, b"", b"\xff" * 64, b"\x01" * 65):
        body = {"challengeId": challenge, "message": wire.b64(message), "signature": wire.b64(signature) or "A"}
        with pytest.raises(BffError):
            world.call(phone, "approval.approve", body)
    assert orders(world) == 0


def test_another_customers_and_another_devices_challenge_look_like_none(world: World) -> None:
    chen, lin = world.ready(), world.ready(LIN)
    challenge = world.prepare(chen)["challengeId"]
    message = world.message(chen, challenge)
    for code, body in (
        ("approval.get", {}),
        ("approval.reject", {}),
        ("approval.approve", {"message": wire.b64(message), "signature": wire.b64(wire.sign(lin.tx, message))}),
    ):
        seen = []
        for given in (challenge, "chl_none"):
            with pytest.raises(NotFoundError) as refused:
                world.call(lin, code, {"challengeId": given, **body})
            seen.append((refused.value.detail, refused.value.extra))
        assert seen[0] == seen[1]
    second = world.registered()
    second.customer_id = chen.customer_id
    with pytest.raises(NotFoundError):
        world.call(second, "approval.get", {"challengeId": challenge})


def test_it_expires(world: World) -> None:
    phone = world.ready()
    challenge = world.prepare(phone)["challengeId"]
    message = world.message(phone, challenge)
    world.later(seconds=120)
    with pytest.raises(ApprovalExpiredError):
        world.approve(phone, challenge, message)
    assert world.call(phone, "approval.get", {"challengeId": challenge})["status"] == "EXPIRED"
    with transaction(world.engine) as session:
        assert repository.expire(session, world.now) == 1
    with pytest.raises(ApprovalExpiredError):
        world.approve(phone, challenge, message)


def test_the_counter_must_grow(world: World) -> None:
    phone = world.ready()
    first, second = (world.prepare(phone, 2_000_000)["challengeId"] for _ in range(2))
    world.approve(phone, first, world.message(phone, first, seq="7"))
    for old in ("7", "6", "0"):
        with pytest.raises(SequenceReusedError):
            world.approve(phone, second, world.message(phone, second, seq=old))
    assert world.approve(phone, second, world.message(phone, second, seq="8"))["status"] == "DONE"


def test_an_unknown_factor_is_refused(world: World) -> None:
    phone = world.ready()
    challenge = world.prepare(phone)["challengeId"]
    with pytest.raises((FactorRefusedError, ApprovalInvalidError)):
        world.approve(phone, challenge, world.message(phone, challenge, factor="none"))


def test_a_bundle_revoked_meanwhile_stops_the_approval(world: World) -> None:
    phone = world.ready()
    challenge = world.prepare(phone)["challengeId"]
    world.book.revoked.add(WEALTH.digest)
    with pytest.raises(BundleRevokedError):
        world.approve(phone, challenge, world.message(phone, challenge))
    assert orders(world) == 0


def test_a_device_blocked_meanwhile_stops_the_approval(world: World) -> None:
    phone = world.ready()
    challenge = world.prepare(phone)["challengeId"]
    message = world.message(phone, challenge)
    with transaction(world.engine) as session:
        world.devices.block(session, world.context(phone, None, customer=True), phone.device_id)
    with pytest.raises(DeviceStateError):
        world.approve(phone, challenge, message)


def test_a_rejected_challenge_stays_closed(world: World) -> None:
    phone = world.ready()
    challenge = world.prepare(phone)["challengeId"]
    message = world.message(phone, challenge)
    for _ in range(2):
        assert world.call(phone, "approval.reject", {"challengeId": challenge})["status"] == "REJECTED"
    with pytest.raises(ChallengeUsedError):
        world.approve(phone, challenge, message)
    spent = world.prepare(phone)["challengeId"]
    world.approve(phone, spent, world.message(phone, spent))
    with pytest.raises(ChallengeUsedError):
        world.call(phone, "approval.reject", {"challengeId": spent})


def test_a_signature_over_one_operation_does_not_fit_another(world: World) -> None:
    phone = world.ready(CHEN)
    first, second = (world.prepare(phone, 2_000_000)["challengeId"] for _ in range(2))
    with pytest.raises(ApprovalMismatchError):
        world.approve(phone, second, world.message(phone, first))
