"""The loser of a race between two deliveries of one approval, where he reads what the winner committed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from bff.approvals import repository
from bff.approvals.errors import ApprovalExpiredError, ChallengeUsedError, SequenceReusedError
from bff.db.engine import transaction
from bff.devices.errors import DeviceStateError
from bff.devices.repository import KnownDevice
from bff.devices.service import Devices
from tests import device as wire
from tests.bff.db.engines import fresh_engine
from tests.bff.wealth.world import Phone, World

pytestmark = pytest.mark.mariadb


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with fresh_engine("mariadb", tmp_path) as engine:
        yield World(engine)


@dataclass(frozen=True, slots=True)
class LateDevices(Devices):
    """Devices that are looked up just after somebody else has been served."""

    served: list[Callable[[], Any]] = field(default_factory=list)
    looked: list[Callable[[], Any]] = field(default_factory=list)
    """What happens when the device was found active, and before the challenge is spent."""

    def require_active(self, session: Session, device_id: str | None, customer_id: str | None) -> KnownDevice:
        while self.served:
            self.served.pop()()
        found = Devices.require_active(self, session, device_id, customer_id)
        while self.looked:
            self.looked.pop()()
        return found


def approve_late(
    world: World, phone: Phone, challenge: str, message: bytes, before: Callable[[], Any], *, when: str = "served"
) -> Any:
    """Approve, with something else happening between the look at the challenge and the look at the device, or after."""
    known = {item.name: getattr(world.devices, item.name) for item in fields(Devices)}
    late = replace(
        world.decisions, approvals=replace(world.approvals, devices=LateDevices(**known, **{when: [before]}))
    )
    signature = wire.b64(wire.sign(phone.tx, message))
    context = world.context(phone, None, customer=True)
    with transaction(world.engine) as session:
        return late.approve(session, context, challenge, wire.b64(message), signature)


def test_the_same_message_gets_the_winners_answer(world: World) -> None:
    phone = world.ready()
    challenge = world.prepare(phone)["challengeId"]
    message = world.message(phone, challenge)
    found = approve_late(world, phone, challenge, message, lambda: world.approve(phone, challenge, message))
    assert len(world.sql("SELECT order_id FROM wealth_order")) == 1
    assert found.result["orderId"] == world.sql("SELECT order_id FROM wealth_order")[0][0]


def test_another_message_is_told_that_the_challenge_is_spent(world: World) -> None:
    phone = world.ready()
    challenge = world.prepare(phone)["challengeId"]
    late, first = world.message(phone, challenge), world.message(phone, challenge)
    with pytest.raises(ChallengeUsedError):
        approve_late(world, phone, challenge, late, lambda: world.approve(phone, challenge, first))


def test_a_counter_used_for_another_order_is_still_refused(world: World) -> None:
    phone = world.ready()
    challenge, other = world.prepare(phone)["challengeId"], world.prepare(phone)["challengeId"]
    late, first = world.message(phone, challenge), world.message(phone, other)
    with pytest.raises(SequenceReusedError):
        approve_late(world, phone, challenge, late, lambda: world.approve(phone, other, first))


def test_a_device_blocked_after_the_look_at_it_moves_nothing(world: World) -> None:
    phone = world.ready()
    challenge = world.prepare(phone)["challengeId"]

    def block() -> None:
        with transaction(world.engine) as session:
            world.devices.block(session, world.context(phone, None, customer=True), phone.device_id)

    with pytest.raises(DeviceStateError):
        approve_late(world, phone, challenge, world.message(phone, challenge), block, when="looked")
    assert world.sql("SELECT order_id FROM wealth_order") == []
    assert world.sql("SELECT state FROM approval_operation")[0][0] == "CHALLENGED"


def test_a_challenge_that_the_job_ended_after_the_look_at_it_moves_nothing(world: World) -> None:
    phone = world.ready()
    challenge = world.prepare(phone)["challengeId"]

    def expire() -> None:
        with transaction(world.engine) as session:
            assert repository.expire(session, world.context(phone, None, customer=True).now + timedelta(days=1))

    with pytest.raises(ApprovalExpiredError):
        approve_late(world, phone, challenge, world.message(phone, challenge), expire, when="looked")
    assert world.sql("SELECT order_id FROM wealth_order") == []
