"""Many transfers in one transaction: each exactly once, none hindered by another."""

from pathlib import Path

import pytest

from bff.core_bank.esb.adapter import EsbCore
from bff.core_bank.esb.faults import FAULTS, Fault, Script, Step
from bff.core_bank.esb.front import Front
from bff.core_bank.esb.wire import wire_of
from bff.core_bank.port import MAX_BATCH, BatchTransfer, CoreStatus
from bff.db.engine import open_engine
from tests.bff.core_bank.conftest import NOW, Bank, made, numbered
from tests.bff.core_bank.fronts import Direct
from tests.bff.core_bank.test_concurrency import RACERS, race


def transfer(sequence: str, payer: str, payee: str, fen: int) -> BatchTransfer:
    return BatchTransfer(sequence, payer, payee, fen, "CNY", "兑付")


def paying(bank: Bank, count: int) -> list[BatchTransfer]:
    """Give transfers from the bank to as many customers, whose sequence numbers are theirs."""
    return [transfer(f"pay.{index}", bank.raising, bank.account(f"cus_{index}"), index + 1) for index in range(count)]


def test_a_batch_pays_each_and_a_repeat_pays_none(bank: Bank) -> None:
    wanted = paying(bank, 5)
    told = bank.core.transfer_many(wanted)
    assert [one.status for one in told] == [CoreStatus.SUCCESS] * 5
    assert [bank.core.query(one.sequence) for one in wanted] == list(told)
    assert bank.core.transfer_many(wanted) == told
    assert [bank.core.enquire(one.payee).balance for one in wanted] == [1, 2, 3, 4, 5]
    assert bank.core.statement(wanted[0].payee).lines[0].counterparty == bank.raising
    bank.check_books()


def test_one_that_is_refused_stops_none_of_the_others(bank: Bank) -> None:
    wanted = paying(bank, 5)
    bank.core.freeze(sequence="f", account=wanted[1].payee, level="FROZEN")
    wanted[2] = transfer("pay.2", bank.raising, "absent", 3)
    bank.pay("pay.3", bank.card, wanted[3].payee, 9)
    poor = bank.account("poor")
    told = bank.core.transfer_many([*wanted, transfer("poor", poor, bank.raising, 1)])
    assert [one.reason or str(one.status) for one in told] == [
        "S",
        "ACCOUNT_FROZEN",
        "ACCOUNT_UNKNOWN",
        "SEQUENCE_REUSED",
        "S",
        "INSUFFICIENT_FUNDS",
    ]
    assert bank.core.enquire(wanted[3].payee).balance == 9
    assert bank.core.query("pay.1").reason == "ACCOUNT_FROZEN"
    bank.check_books()


def test_a_later_transfer_spends_what_an_earlier_one_brought(bank: Bank) -> None:
    first, second = bank.account("cus_1"), bank.account("cus_2")
    told = bank.core.transfer_many(
        [transfer("a", bank.card, first, 10), transfer("b", first, second, 10), transfer("c", first, second, 1)]
    )
    assert [one.reason or str(one.status) for one in told] == ["S", "S", "INSUFFICIENT_FUNDS"]
    bank.check_books()


def test_a_batch_has_its_form(bank: Bank) -> None:
    one = transfer("a", bank.card, bank.raising, 1)
    many = [transfer(f"m.{index}", bank.card, bank.raising, 1) for index in range(MAX_BATCH + 1)]
    for wrong in ([], [one, one], many):
        assert bank.reason(lambda wrong=wrong: bank.core.transfer_many(wrong)) == "CONTENT_INVALID"
    long = transfer("x" * 129, bank.card, bank.raising, 1)
    assert bank.reason(lambda: bank.core.transfer_many([long])) == "SEQUENCE_INVALID"
    assert bank.core.query("a").status is CoreStatus.ABSENT


def test_the_largest_batch_fits_into_one_message(bank: Bank) -> None:
    payee = bank.account("cus_1")
    wanted = [BatchTransfer(f"{index:0128}", bank.raising, payee, 1, "CNY", "兑" * 200) for index in range(MAX_BATCH)]
    assert {one.status for one in bank.core.transfer_many(wanted)} == {CoreStatus.SUCCESS}
    page = bank.core.statement(payee, limit=200)
    assert (len(page.lines), page.next, page.lines[0].balance) == (200, None, 200)
    bank.check_books()


def test_64_batches_that_overlap_pay_each_once(bank: Bank) -> None:
    wanted = paying(bank, 6)

    def send(index: int) -> str:
        mine = wanted[index % 3 : index % 3 + 4]
        told = bank.core.transfer_many(mine if index % 2 else mine[::-1])
        return ",".join(sorted({str(one.status) for one in told}))

    assert race(send) == {"S": RACERS}
    assert [bank.core.enquire(one.payee).balance for one in wanted] == [1, 2, 3, 4, 5, 6]
    bank.check_books()


@pytest.mark.parametrize("wire", ["esb", "iso20022"])
@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_goes_wrong_with_a_batch_each_is_paid_once(tmp_path: Path, wire: str, fault: Fault) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'core.db'}")
    bank = made(engine)
    front = Front(bank.ledger, wire_of(wire, lambda: NOW), Script([Step("transfer_many", fault)]))
    core = EsbCore(Direct(front), front.wire, numbered())
    wanted = paying(bank, 4)
    first = core.transfer_many(wanted)
    assert {one.status for one in first} <= {CoreStatus.SUCCESS, CoreStatus.ABSENT}
    second = core.transfer_many(wanted)
    assert {one.status for one in second} == {CoreStatus.SUCCESS}
    assert [one for one, two in zip(first, second, strict=True) if one.receipt and one != two] == []
    assert [bank.ledger.enquire(one.payee).balance for one in wanted] == [1, 2, 3, 4]
    bank.check_books()
    engine.dispose()


def test_when_the_line_is_down_nothing_is_known_and_it_is_asked_once(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'core.db'}")
    bank = made(engine)
    front = Front(bank.ledger, wire_of("esb", lambda: NOW), lambda _: Fault.DOWN)
    calls: list[bytes] = []

    def carry(body: bytes, media_type: str) -> bytes:
        calls.append(body)
        return Direct(front)(body, media_type)

    told = EsbCore(carry, front.wire, numbered()).transfer_many(paying(bank, 4))
    assert ({one.status for one in told}, len(calls)) == ({CoreStatus.UNKNOWN}, 2)
    engine.dispose()
