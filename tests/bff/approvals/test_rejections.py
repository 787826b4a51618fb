"""A person's no: why it was said, what "was not me" stops, and how that ends; a page that takes its request back."""

import json

import pytest

from bff.approvals.errors import ApprovalsHeldError, ChallengeUsedError
from bff.bus.errors import StepUpRequiredError
from bff.db.engine import transaction
from bff.errors import NotFoundError, RequestInvalidError
from bff.sessions import repository as sessions
from tests.bff.wealth.world import CHEN, LIN, Phone, World


def reject(world: World, phone: Phone, challenge: str, reason: str) -> str:
    return str(world.call(phone, "approval.reject", {"challengeId": challenge, "reason": reason})["status"])


def bodies(world: World, kind: str) -> list[dict[str, object]]:
    return [json.loads(row[0]) for row in world.sql("SELECT body FROM evidence_entry WHERE kind = :kind", kind=kind)]


def log_in(world: World, phone: Phone, session_id: str) -> None:
    with transaction(world.engine) as session:
        sessions.open_session(
            session,
            id=session_id,
            device_id=phone.device_id,
            customer_id=phone.customer_id,
            scope="customer",
            jkt="j" * 43,
            created_at=world.now,
            expires_at=world.now.replace(year=2027),
        )


def living(world: World) -> set[str]:
    return {row[0] for row in world.sql("SELECT id FROM session WHERE state = 'ACTIVE'")}


@pytest.mark.parametrize("reason", ["CHANGED_MIND", "WRONG_DETAILS"])
def test_a_plain_no_is_written_with_its_reason_and_stops_nothing_else(world: World, reason: str) -> None:
    phone = world.ready()
    log_in(world, phone, "ses_1")
    challenge = world.prepare(phone)["challengeId"]
    assert [reject(world, phone, challenge, reason) for _ in range(2)] == ["REJECTED", "REJECTED"]
    assert [body["reason"] for body in bodies(world, "operation.rejected")] == [reason]
    assert (living(world), world.buy(phone)["status"]) == ({"ses_1"}, "DONE")


def test_an_unknown_reason_is_refused_and_the_challenge_stays_open(world: World) -> None:
    phone = world.ready()
    challenge = world.prepare(phone)["challengeId"]
    with pytest.raises(RequestInvalidError):
        reject(world, phone, challenge, "BECAUSE")
    assert world.approve(phone, challenge, world.message(phone, challenge))["status"] == "DONE"


def test_was_not_me_stops_everything_of_that_customer_and_nothing_of_others(world: World) -> None:
    phone, other = world.ready(), world.ready(LIN)
    for name, owner in (("ses_1", phone), ("ses_2", phone), ("ses_3", other)):
        log_in(world, owner, name)
    asked, open_one, foreign = (world.prepare(one)["challengeId"] for one in (phone, phone, other))
    message = world.message(phone, open_one)
    assert reject(world, phone, asked, "NOT_ME") == "REJECTED"
    assert living(world) == {"ses_3"}
    with pytest.raises(ChallengeUsedError):
        world.approve(phone, open_one, message)
    with pytest.raises(ApprovalsHeldError):
        world.prepare(phone)
    assert world.approve(other, foreign, world.message(other, foreign))["status"] == "DONE"
    [held] = bodies(world, "approvals.held")
    assert (held["cancelled"], held["sessionsEnded"]) == (1, 2)
    [news, *_] = world.call(phone, "inbox.list")["messages"]
    assert (news["kind"], "¥50,000.00" in news["words"]["zh"]["text"]) == ("security.not_me", True)


def test_said_again_it_changes_nothing(world: World) -> None:
    phone = world.ready()
    asked = world.prepare(phone)["challengeId"]
    assert {reject(world, phone, asked, "NOT_ME") for _ in range(3)} == {"REJECTED"}
    assert len(bodies(world, "approvals.held")) == 1


def test_a_hold_is_lifted_by_who_was_verified_after_it(world: World) -> None:
    phone = world.ready()
    reject(world, phone, world.prepare(phone)["challengeId"], "NOT_ME")
    with pytest.raises(StepUpRequiredError):
        world.call(phone, "approval.hold.lift")  # verified at this very moment, not after
    world.later(seconds=1)
    world.call(phone, "approval.hold.lift")
    assert world.buy(phone)["status"] == "DONE"
    assert [body["by"] for body in bodies(world, "approvals.freed")] == ["the customer"]
    world.call(phone, "approval.hold.lift")  # nothing to lift: nothing happens
    assert len(bodies(world, "approvals.freed")) == 1


def test_an_operation_that_slipped_in_beside_the_hold_is_refused_when_it_is_signed(world: World) -> None:
    phone = world.ready()
    asked, slipped = (world.prepare(phone)["challengeId"] for _ in range(2))
    message = world.message(phone, slipped)
    reject(world, phone, asked, "NOT_ME")
    world.sql("UPDATE approval_operation SET state = 'CHALLENGED' WHERE challenge_id = :one", one=slipped)
    with pytest.raises(ApprovalsHeldError):
        world.approve(phone, slipped, message)
    assert world.sql("SELECT count(*) FROM wealth_order") == [(0,)]


def test_a_page_takes_back_what_nobody_decided(world: World) -> None:
    phone = world.ready()
    challenge = world.prepare(phone)["challengeId"]
    message = world.message(phone, challenge)
    told = [world.call(phone, "approval.cancel", {"challengeId": challenge})["status"] for _ in range(2)]
    assert told == ["CANCELLED", "CANCELLED"]
    with pytest.raises(ChallengeUsedError):
        world.approve(phone, challenge, message)
    assert len(bodies(world, "operation.cancelled")) == 1
    done = world.prepare(phone)["challengeId"]
    world.approve(phone, done, world.message(phone, done))
    with pytest.raises(ChallengeUsedError):
        world.call(phone, "approval.cancel", {"challengeId": done})


def test_a_device_is_shown_what_waits_for_it_alone(world: World) -> None:
    phone, other = world.ready(), world.ready(LIN)
    first = world.prepare(phone)["challengeId"]
    world.later(seconds=1)
    second = world.prepare(phone)["challengeId"]
    world.prepare(other)
    told = world.call(phone, "approval.list")
    assert [one["challengeId"] for one in told["operations"]] == [second, first]
    assert (told["pollSeconds"], told["operations"][0]["title"]["zh"]) == (5, "购买理财产品")
    reject(world, phone, first, "CHANGED_MIND")
    assert [one["challengeId"] for one in world.call(phone, "approval.list")["operations"]] == [second]
    world.later(seconds=120)
    assert world.call(phone, "approval.list")["operations"] == []


def test_another_customers_challenge_looks_like_none(world: World) -> None:
    phone, other = world.ready(CHEN), world.ready(LIN)
    challenge = world.prepare(phone)["challengeId"]
    for code in ("approval.reject", "approval.cancel"):
        with pytest.raises(NotFoundError):
            world.call(other, code, {"challengeId": challenge})
