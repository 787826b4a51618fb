"""Class III: beside class II, one per person, with a balance that it never passes and caps on all that goes out."""

import pytest

from bff.accounts.errors import ClassMismatchError, LimitBalanceError, LimitDayError
from bff.customers.errors import DuplicateAccountError
from bff.errors import ConflictError
from tests.bff.accounts.steps import class_iii, counters, payee, to_card, to_payee
from tests.bff.wealth.world import CHEN, LIN, World


def fund(world: World, phone: object, account: str, fen: int) -> str:
    return str(world.call(phone, "accounts.fund", {"accountId": account, "amountFen": fen})["state"])  # type: ignore[arg-type] # a Phone


def test_it_is_opened_beside_class_ii_once(world: World) -> None:
    phone = world.bound(CHEN)
    account = class_iii(world, phone, CHEN)
    found = world.call(phone, "accounts.list")["accounts"]
    assert {one["class"] for one in found} == {"II", "III"}
    assert account in {one["accountId"] for one in found}
    for wanted in ("II", "III"):
        with pytest.raises(DuplicateAccountError):
            world.applied(phone, CHEN, **{"class": wanted})
    with pytest.raises(ConflictError):
        world.applied(phone, LIN, **{"class": "III"})


def test_the_balance_never_passes_its_maximum(world: World) -> None:
    phone = world.bound(CHEN)
    account = class_iii(world, phone, CHEN)
    assert fund(world, phone, account, 150_000) == "DONE"
    with pytest.raises(LimitBalanceError):
        fund(world, phone, account, 50_001)
    assert fund(world, phone, account, 50_000) == "DONE"
    assert world.call(phone, "accounts.limits", {"accountId": account})["mostBalanceFen"] == 200_000


def test_what_is_on_its_way_counts_too(world: World) -> None:
    phone = world.bound(CHEN)
    account = class_iii(world, phone, CHEN)
    world.core.faults["transfer"] = ["lost"]
    assert fund(world, phone, account, 150_000) == "UNKNOWN"
    with pytest.raises(LimitBalanceError):
        fund(world, phone, account, 50_001)
    world.later(minutes=1)
    world.relay.run()
    assert world.sql("SELECT balance_fen, coming_fen FROM account WHERE account_class = 'III'") == [(150_000, 0)]


def test_all_that_leaves_fills_one_counter(world: World) -> None:
    phone = world.bound(CHEN)
    account = class_iii(world, phone, CHEN)
    to = payee(world, phone)
    fund(world, phone, account, 150_000)
    assert to_payee(world, phone, 100_000, to, account)["status"] == "DONE"
    fund(world, phone, account, 150_000)
    assert to_card(world, phone, 100_000, account)["status"] == "DONE"
    with pytest.raises(LimitDayError):
        to_card(world, phone, 1, account)
    assert counters(world)["out", "2026"] == 200_000


def test_it_buys_no_products(world: World) -> None:
    phone = world.ready(CHEN)
    phone.account_id = class_iii(world, phone, CHEN)
    with pytest.raises(ClassMismatchError):
        world.prepare(phone, 1_000_000)
