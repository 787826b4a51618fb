"""Four eyes: two persons, two keys, one change, and each step in the evidence."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import update

from bff.bundles.signers import Role
from bff.custody.errors import CustodyError, OperatorError
from bff.custody.models import KeyRequest
from bff.custody.service import APPROVED, EXPIRED, FAILED, PERFORMED, REJECTED, WAITING
from bff.db.engine import transaction
from bff.errors import BffError, NotFoundError
from security.encoding import b64url_decode
from security.errors import KeyRequestError
from security.jwk import parse_jwk
from security.keys.changes import Action
from security.keys.requests import Verdict, decision_message, request_message
from security.suites import ES256
from tests.bff.custody.conftest import NOW, Operator, Room

STEPS = ("key.requested", "key.approved", "key.rejected", "key.performed", "key.failed", "key.request_expired")


def test_two_operators_revoke_a_key_and_the_evidence_proves_both_signatures(room: Room) -> None:
    anna, boris = room.operator("anna"), room.operator("boris")
    stolen = room.store.active("access-token").kid
    asked = room.ask(anna, Action.REVOKE, stolen)
    assert (asked.state, room.store.active("access-token").kid) == (WAITING, stolen)
    done = room.decide(boris, asked)
    assert (done.state, done.outcome) == (PERFORMED, f"{stolen} REVOKED")
    assert stolen not in room.store.verification_keys("access-token")
    told = room.told(*STEPS)
    assert [(kind, body.get("person")) for kind, body in told] == [
        ("key.requested", "anna"),
        ("key.approved", "boris"),
        ("key.performed", None),
    ]
    statement = told[0][1]["statement"].encode()
    messages = (request_message(statement), decision_message(statement, Verdict.APPROVE, boris.jkt))
    for (_, body), message in zip(told, messages, strict=False):
        jwk = parse_jwk(body["jwk"])  # type: ignore[arg-type]  # members of a key
        ES256.verify(jwk.public_key, message, b64url_decode(body["signature"]))


def test_one_person_does_not_decide_on_his_own_request_not_even_with_another_key(room: Room) -> None:
    anna, again = room.operator("anna"), room.operator("anna")
    asked = room.ask(anna, Action.ROTATE, "access-token")
    for operator in (anna, again):
        with pytest.raises(OperatorError, match="another person decides"):
            room.decide(operator, asked)
    assert (room.custody.get(asked.request_id).state, len(room.store.records())) == (WAITING, 1)


@pytest.mark.parametrize("who", ["stranger", "developer", "release", "revoked"])
def test_only_active_keys_of_the_security_team_ask_and_decide(room: Room, who: str) -> None:
    anna = room.operator("anna")
    other = Operator("mallory") if who == "stranger" else room.operator("mallory", _role(who))
    if who == "revoked":
        room.revoke(other)
    with pytest.raises(OperatorError):
        room.ask(other, Action.ROTATE, "access-token")
    asked = room.ask(anna, Action.ROTATE, "access-token")
    with pytest.raises(OperatorError):
        room.decide(other, asked)
    assert len(room.store.records()) == 1


def _role(who: str) -> Role:
    return Role(who) if who in {"developer", "release"} else Role.SECURITY


def test_what_a_revoked_operator_asked_for_is_not_approved(room: Room) -> None:
    anna, boris = room.operator("anna"), room.operator("boris")
    asked = room.ask(anna, Action.ROTATE, "access-token")
    room.revoke(anna)
    with pytest.raises(OperatorError):
        room.decide(boris, asked)


def test_a_signature_for_another_verdict_or_request_is_refused(room: Room) -> None:
    anna, boris = room.operator("anna"), room.operator("boris")
    first, second = (room.ask(anna, Action.ROTATE, "access-token") for _ in range(2))
    for text, verdict in ((first.statement, Verdict.REJECT), (second.statement, Verdict.APPROVE)):
        signature = ES256.sign(boris.private, decision_message(text.encode(), verdict, boris.jkt))
        with pytest.raises(KeyRequestError):
            room.custody.decide(first.request_id, verdict=Verdict.APPROVE, by=boris.jkt, signature=signature, now=NOW)
    assert room.custody.get(first.request_id).state == WAITING


def test_a_request_is_decided_once_and_the_same_change_made_once(room: Room) -> None:
    anna, boris = room.operator("anna"), room.operator("boris")
    first, second = (room.ask(anna, Action.ROTATE, "access-token") for _ in range(2))
    assert room.decide(boris, first).state == PERFORMED
    with pytest.raises(CustodyError, match="decided before"):
        room.decide(boris, first)
    late = room.decide(boris, second)
    assert (late.state, late.outcome[:11], len(room.store.records())) == (FAILED, "KEY_CHANGED", 2)


def test_a_rejected_request_changes_nothing(room: Room) -> None:
    anna, boris = room.operator("anna"), room.operator("boris")
    asked = room.ask(anna, Action.ROTATE, "access-token")
    assert room.decide(boris, asked, Verdict.REJECT).state == REJECTED
    room.custody.settle(NOW + timedelta(days=2))
    assert (len(room.store.records()), [kind for kind, _ in room.told(*STEPS)]) == (
        1,
        ["key.requested", "key.rejected"],
    )


def test_a_request_ends_at_its_time(room: Room) -> None:
    anna, boris = room.operator("anna"), room.operator("boris")
    asked, late = room.ask(anna, Action.ROTATE, "access-token"), NOW + timedelta(hours=24)
    with pytest.raises(CustodyError, match="its time is over"):
        room.decide(boris, asked, now=late)
    for _ in range(2):
        room.custody.settle(late)
    assert room.custody.get(asked.request_id).state == EXPIRED
    assert [kind for kind, _ in room.told("key.request_expired")] == ["key.request_expired"]


def test_what_a_crash_left_approved_is_made_by_the_job_once(room: Room) -> None:
    anna = room.operator("anna")
    asked = room.ask(anna, Action.ROTATE, "access-token")
    with transaction(room.engine) as session:
        session.execute(update(KeyRequest).values(state=APPROVED, decided_at=NOW))
    room.custody.settle(NOW + timedelta(seconds=29))
    assert room.custody.get(asked.request_id).state == APPROVED
    for _ in range(2):
        room.custody.settle(NOW + timedelta(seconds=30))
    assert (room.custody.get(asked.request_id).state, len(room.store.records())) == (PERFORMED, 2)
    assert len(room.told("key.performed")) == 1


def test_of_operators_who_approve_at_once_one_does(room: Room) -> None:
    anna, others = room.operator("anna"), [room.operator(f"op{number}") for number in range(4)]
    asked = room.ask(anna, Action.ROTATE, "access-token")
    states: list[str] = []

    def approve(operator: Operator) -> None:
        try:
            states.append(room.decide(operator, asked).state)
        except BffError as error:
            states.append(type(error).__name__)

    threads = [threading.Thread(target=approve, args=(operator,)) for operator in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (sorted(states), len(room.store.records())) == (["CustodyError"] * 3 + [PERFORMED], 2)


def test_there_is_no_decision_on_an_unknown_request(room: Room) -> None:
    with pytest.raises(NotFoundError):
        room.custody.get("kreq_none")
    assert [row.request_id for row in room.custody.every()] == []
