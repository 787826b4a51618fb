"""Executing at the core: a number is asked about before it is sent."""

import pytest

from bff.approvals.execution import execute
from bff.core_bank.port import CoreReceipt, CoreRefusedError, CoreUnknownError
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
