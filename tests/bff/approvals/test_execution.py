"""Executing at the core: a number is asked about before it is sent."""

import pytest

from bff.approvals.execution import execute, execute_many
from bff.core_bank.port import BatchTransfer, CoreReceipt, CoreRefusedError, CoreUnknownError
from tests.bff.wealth.world import FakeCore

PAID = {"payer": "a", "payee": "b", "amount": 100, "currency": "CNY", "memo": "m"}


def pay(core: FakeCore, sequence: str = "s1") -> CoreReceipt:
    return execute(core, sequence, lambda: core.transfer(sequence=sequence, **PAID))


def test_a_known_number_is_not_sent_again() -> None:
    core = FakeCore({"a": 1000})
    assert pay(core) == pay(core)
    assert (core.sent, core.balances["a"]) == (["s1"], 900)


@pytest.mark.parametrize("fault", ["lost", "silent"])
def test_an_unknown_number_is_asked_about(fault: str) -> None:
    core = FakeCore({"a": 1000}, faults={"transfer": [fault]})
    with pytest.raises(CoreUnknownError):
        pay(core)
    core.faults["query"] = ["unknown"]
    with pytest.raises(CoreUnknownError):
        pay(core)
    assert pay(core).sequence == "s1"
    assert core.balances["a"] == 900


def test_a_refusal_is_final() -> None:
    core = FakeCore({"a": 0})
    for _ in range(2):
        with pytest.raises(CoreRefusedError, match="INSUFFICIENT_FUNDS"):
            pay(core)
        core.balances["a"] = 1000
    assert core.balances["a"] == 1000


BATCH = [BatchTransfer(f"b{index}", "a", "b", 100, "CNY", "m") for index in range(3)]


def statuses(core: FakeCore) -> list[str]:
    return [one.reason or str(one.status) for one in execute_many(core, BATCH)]


@pytest.mark.parametrize("fault", ["lost", "silent"])
def test_of_a_batch_only_what_the_core_never_heard_is_sent(fault: str) -> None:
    core = FakeCore({"a": 250}, faults={"transfer": ["", fault]})
    assert statuses(core) == [
        "S",
        "ABSENT" if fault == "lost" else "S",
        "INSUFFICIENT_FUNDS" if fault == "silent" else "S",
    ]
    assert sorted(statuses(core)) == ["INSUFFICIENT_FUNDS", "S", "S"]
    assert (core.balances["a"], sorted(core.sent)) == (50, ["b0", "b1", "b2"])


def test_nothing_of_a_batch_is_sent_while_one_question_is_open() -> None:
    core = FakeCore({"a": 1000}, faults={"query": ["", "unknown", "", "", "unknown"]})
    assert statuses(core) == ["ABSENT", "U", "U"]
    assert statuses(core) == ["ABSENT", "ABSENT", "U"]
    assert core.sent == []
    assert statuses(core) == ["S", "S", "S"]
