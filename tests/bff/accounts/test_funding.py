"""Funding over the real bus: limits, refusals, unknown outcomes and ownership."""

from datetime import timedelta

import pytest

from bff.accounts.errors import LimitDayError
from bff.db.engine import transaction
from bff.errors import NotFoundError
from bff.kinds import instant
from tests.bff.wealth.world import CHEN, LIN, MONDAY, World


def test_money_comes_from_the_bound_card(world: World) -> None:
    phone = world.bound(CHEN)
    done = world.call(phone, "accounts.fund", {"accountId": phone.account_id, "amountFen": 12_345})
    (account,) = world.call(phone, "accounts.list")["accounts"]
    assert (done["state"], done["balanceFen"], account["balanceFen"]) == ("DONE", 12_345, 12_345)
    assert world.core.balances[CHEN.card] == CHEN.opening_fen - 12_345
    assert (account["class"], account["state"], len(account["number"])) == ("II", "OPEN", 4)


def test_one_key_moves_money_once(world: World) -> None:
    phone = world.bound(CHEN)
    body = {"accountId": phone.account_id, "amountFen": 100}
    answers = [world.call(phone, "accounts.fund", body, key="same") for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert world.core.balances[CHEN.card] == CHEN.opening_fen - 100


def test_a_refused_funding_moves_nothing_and_gives_the_counter_back(world: World) -> None:
    phone = world.bound(CHEN)
    body = {"accountId": phone.account_id, "amountFen": CHEN.opening_fen + 1}
    failed = world.call(phone, "accounts.fund", body)
    assert (failed["state"], failed["reason"]["code"], failed["balanceFen"]) == ("FAILED", "INSUFFICIENT_FUNDS", 0)
    assert world.sql("SELECT used_fen FROM account_counter") == [(0,)]


@pytest.mark.parametrize("fault", ["lost", "silent"])
def test_an_unknown_funding_is_known_later_and_moved_once(world: World, fault: str) -> None:
    phone = world.bound(CHEN)
    world.core.faults["transfer"] = [fault]
    body = {"accountId": phone.account_id, "amountFen": 700}
    assert world.call(phone, "accounts.fund", body)["state"] == "UNKNOWN"
    world.later(seconds=5)
    world.relay.run()
    assert world.sql("SELECT state FROM account_funding") == [("DONE",)]
    assert world.core.balances[CHEN.card] == CHEN.opening_fen - 700


@pytest.mark.parametrize("fault", ["refuse:ACCOUNT_UNKNOWN", "silent"])
def test_a_balance_that_the_core_will_not_tell_undoes_no_funding(world: World, fault: str) -> None:
    phone = world.bound(CHEN)
    world.core.faults["enquire"] = [fault]
    assert world.call(phone, "accounts.fund", {"accountId": phone.account_id, "amountFen": 700})["state"] == "DONE"
    assert world.core.balances[CHEN.card] == CHEN.opening_fen - 700
    assert world.sql("SELECT used_fen FROM account_counter") == [(700,)]


def test_of_two_balances_the_later_movements_stays(world: World) -> None:
    phone = world.bound(CHEN, 700)
    for fen, at in ((900, MONDAY + timedelta(minutes=2)), (800, MONDAY + timedelta(minutes=1))):
        told = {"balanceFen": fen, "availableFen": fen, "executedAt": instant(at)}
        with transaction(world.engine) as session:
            world.accounts.observe(session, phone.account_id, told)
    assert world.sql("SELECT balance_fen, available_fen FROM account") == [(900, 900)]


def test_the_day_has_a_cap_and_midnight_in_shanghai_opens_it_again(world: World) -> None:
    phone = world.bound(CHEN)
    world.core.balances[CHEN.card] = 10**12
    body = {"accountId": phone.account_id, "amountFen": 50_000_000}
    world.call(phone, "accounts.fund", body)
    with pytest.raises(LimitDayError):
        world.call(phone, "accounts.fund", {**body, "amountFen": 1})
    world.now = world.now.replace(hour=16)
    assert world.call(phone, "accounts.fund", {**body, "amountFen": 1})["state"] == "DONE"


def test_somebody_elses_account_looks_like_none(world: World) -> None:
    chen, lin = world.bound(CHEN, 100), world.bound(LIN)
    for code, more in (("accounts.get", {}), ("accounts.entries", {}), ("accounts.fund", {"amountFen": 1})):
        seen = []
        for account in (chen.account_id, "acc_none"):
            with pytest.raises(NotFoundError) as refused:
                world.call(lin, code, {"accountId": account, **more})
            seen.append(refused.value.detail)
        assert seen[0] == seen[1]
    assert [one["accountId"] for one in world.call(lin, "accounts.list")["accounts"]] == [lin.account_id]
