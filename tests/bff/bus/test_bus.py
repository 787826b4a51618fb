import msgspec
import pytest
from sqlalchemy import select

from bff.bus.metering import MeteringRecord
from bff.db.engine import transaction
from bff.errors import ConflictError, RateLimitedError, RequestInvalidError
from tests.bff.bus.world import PAGE_OPS, Bank, WrongGuessError


def test_an_answer_says_what_was_committed(bank: Bank) -> None:
    reply = bank.bus.call(bank.call("counter.add", key="k1"))
    assert reply.body == b'{"entrySeq":1,"state":"DONE"}'
    assert [entry.seq for entry in bank.entries("done")] == [1]


def test_a_refusal_rolls_back_and_is_recorded(bank: Bank) -> None:
    with pytest.raises(ConflictError):
        bank.bus.call(bank.call("counter.refuse"))
    assert bank.entries("done") == []
    (refused,) = bank.entries("refused")
    assert refused.subject == "counter.refuse"
    expected = {
        "code": "STATE_CONFLICT",
        "operation": "counter.refuse",
        "requestId": "req_test",
        "device": "dev_1",
        "customer": "cus_1",
    }
    assert msgspec.json.decode(refused.body) == expected


def test_a_refusal_that_keeps_commits_what_was_counted_and_frees_the_key(bank: Bank) -> None:
    for _ in range(2):
        with pytest.raises(WrongGuessError):
            bank.bus.call(bank.call("counter.guess", key="same"))
    assert len(bank.entries("done")) == 2


def test_strangers_cannot_grow_the_chain(bank: Bank) -> None:
    for _ in range(5):
        with pytest.raises((RequestInvalidError, RateLimitedError)):
            bank.bus.call(bank.call("counter.shell", bundle=None, device=None, customer=None, payload={"x": 1}))
    assert bank.entries("refused") == []


def test_a_flood_of_refusals_is_recorded_up_to_a_bound(bank: Bank) -> None:
    for _ in range(40):
        with pytest.raises(ConflictError):
            bank.bus.call(bank.call("counter.refuse"))
    assert len(bank.entries("refused")) == 30


def test_above_the_rate_nothing_happens_and_the_wait_is_told(bank: Bank) -> None:
    for _ in range(3):
        bank.bus.call(bank.call("counter.shell", bundle=None))
    with pytest.raises(RateLimitedError) as caught:
        bank.bus.call(bank.call("counter.shell", bundle=None))
    assert 1 <= caught.value.extra["retryAfter"] <= 60
    bank.bus.call(bank.call("counter.shell", bundle=None, customer="cus_2"))
    assert len(bank.entries("done")) == 4
    assert bank.entries("refused") == []


INVALID = (
    ({}, "amountFen"),
    ({"amountFen": "100"}, "amountFen"),
    ({"amountFen": 1, "amount_fen": 1}, "amount_fen"),
    ({"amountFen": 1, "extra": "secret"}, "extra"),
    ({"amountFen": 1, "kind": "secret"}, "kind"),
)


@pytest.mark.parametrize(("payload", "field"), INVALID)
def test_a_malformed_request_names_the_field_and_not_its_value(
    bank: Bank, payload: dict[str, object], field: str
) -> None:
    with pytest.raises(RequestInvalidError) as caught:
        bank.bus.call(bank.call("counter.add", key="k", payload=payload))
    assert caught.value.extra == {"field": field}
    assert "secret" not in caught.value.detail


def test_a_read_takes_numbers_from_its_query(bank: Bank) -> None:
    assert bank.bus.call(bank.call("counter.read", payload={"amountFen": "12"})).body == b"{}"


def test_a_paid_call_is_metered_once(bank: Bank) -> None:
    for _ in range(2):
        bank.bus.call(bank.call("counter.add", key="k1"))
    with transaction(bank.engine, writing=False) as session:
        assert session.scalars(select(MeteringRecord.fee)).all() == [3]


def test_the_answer_is_final_when_the_core_is_quick(bank: Bank) -> None:
    reply = bank.bus.call(bank.call("counter.once"))
    assert msgspec.json.decode(reply.body) == {"entrySeq": 1, "state": "Delivered"}


@pytest.mark.parametrize(("mode", "state"), [("refuse", "Refused"), ("silent", "UNKNOWN")])
def test_the_answer_says_what_the_core_said(bank: Bank, mode: str, state: str) -> None:
    bank.core.mode = mode
    reply = bank.bus.call(bank.call("counter.send", key="k"))
    assert msgspec.json.decode(reply.body)["state"] == state


def test_every_page_operation_of_the_world_is_declared(bank: Bank) -> None:
    assert set(PAGE_OPS) <= {operation.code for operation in bank.bus.catalogue}
