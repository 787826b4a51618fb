import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from bff.core_bank.port import CoreRefusedError
from tests.bff.core_bank.conftest import Bank

RACERS = 64


def race(call: Callable[[int], str]) -> Counter[str]:
    """Let 64 threads start together; count what each got, a refusal by its reason."""
    gate = threading.Barrier(RACERS)

    def run(index: int) -> str:
        gate.wait(60)
        try:
            return call(index)
        except CoreRefusedError as error:
            return error.reason

    with ThreadPoolExecutor(RACERS) as pool:
        return Counter(pool.map(run, range(RACERS)))


def test_of_64_posts_of_one_hold_one_wins(bank: Bank) -> None:
    number = bank.account("cus_1", 100)
    hold = bank.core.hold(sequence="h", account=number, amount=100, currency="CNY").reference

    def post(index: int) -> str:
        return bank.core.post(sequence=f"p.{index}", hold=hold, payee=bank.raising, memo="").verb

    assert race(post) == {"post": 1, "HOLD_SPENT": RACERS - 1}
    assert bank.core.enquire(number).balance == 0
    bank.check_books()


def test_64_deliveries_of_one_sequence_execute_once(bank: Bank) -> None:
    number = bank.account("cus_1", 100)

    def pay(_index: int) -> str:
        return bank.core.transfer(
            sequence="same", payer=number, payee=bank.raising, amount=60, currency="CNY", memo=""
        ).reference

    assert list(race(pay).values()) == [RACERS]
    assert bank.core.enquire(number).balance == 40
    bank.check_books()


def test_64_holds_never_reserve_more_than_there_is(bank: Bank) -> None:
    number = bank.account("cus_1", 1000)

    def reserve(index: int) -> str:
        return bank.core.hold(sequence=f"h.{index}", account=number, amount=30, currency="CNY").verb

    assert race(reserve) == {"hold": 33, "INSUFFICIENT_FUNDS": RACERS - 33}
    assert bank.core.enquire(number).available == 10
    bank.check_books()


def test_64_payers_in_opposite_directions_lose_nothing(bank: Bank) -> None:
    pair = bank.account("cus_1", 1000), bank.account("cus_2", 1000)

    def pay(index: int) -> str:
        payer, payee = pair if index % 2 else pair[::-1]
        return bank.core.transfer(
            sequence=f"t.{index}", payer=payer, payee=payee, amount=7, currency="CNY", memo=""
        ).verb

    assert race(pay) == {"transfer": RACERS}
    assert [bank.core.enquire(number).balance for number in pair] == [1000, 1000]
    bank.check_books()
