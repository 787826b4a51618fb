"""Redemptions: held, confirmed, paid once, or the shares come back."""

import csv
import io
from decimal import Decimal

import pytest

from bff.bus import Call
from bff.bus.call import Reply
from bff.errors import NotFoundError
from bff.wealth import history_file, repository
from bff.wealth.errors import NotCancellableError, NotRedeemableError, SharesGoneError, SharesInvalidError
from tests.bff.exports.reading import pdf_lines
from tests.bff.wealth.world import CHEN, LIN, WEALTH, Phone, World

PRODUCT = "JMG-TT01"
"""Held for one day."""
RAISING = "6299009000070019"


def holder(world: World, person: object = CHEN) -> Phone:
    """Give somebody with 49,999.99 shares or so that may be redeemed: bought on Monday at 1.0000, now Thursday."""
    phone = world.ready(person)
    world.buy(phone, 5_000_000, PRODUCT)
    world.publish("1.0000", "2026-11-23", PRODUCT) if not world.sql(
        "SELECT 1 FROM wealth_nav WHERE product = :code AND day = '2026-11-23'", code=PRODUCT
    ) else None
    world.later(days=1)
    world.confirm()
    world.later(days=2)
    return phone


def redeem(world: World, phone: Phone, shares: str = "20000.00") -> str:
    body = {"product": PRODUCT, "accountId": phone.account_id, "shares": shares}
    return str(world.sign(phone, "wealth.redeem.prepare", **body)["result"]["orderId"])


def state(world: World, phone: Phone, order_id: str) -> str:
    return str(world.call(phone, "wealth.redemption.get", {"orderId": order_id})["state"])


def shares(world: World) -> tuple[int, int, int]:
    (row,) = world.sql("SELECT shares, held, cost_fen FROM wealth_position")
    return tuple(row)  # type: ignore[return-value]  # three columns


def test_shares_become_money_by_the_value_of_their_trade_date(world: World) -> None:
    phone = holder(world)
    order_id = redeem(world, phone)
    assert state(world, phone, order_id) == "SHARES_HELD"
    assert shares(world) == (5_000_000, 2_000_000, 5_000_000)
    world.publish("1.0171", "2026-11-26", PRODUCT)
    world.later(days=1)  # Friday: confirmed, to be paid on Monday
    world.confirm()
    world.life.run()
    world.relay.run()
    told = world.call(phone, "wealth.redemption.get", {"orderId": order_id})
    assert (told["state"], told["nav"], told["amountFen"], told["payDate"]) == (
        "CONFIRMED",
        "1.0171",
        2_034_200,
        "2026-11-30",
    )
    world.core.balances[RAISING] += 1_000_000  # the income
    world.later(days=3)
    world.life.run()
    world.relay.run()
    assert state(world, phone, order_id) == "PAID"
    assert shares(world) == (3_000_000, 0, 3_000_000)
    assert world.core.journals[-1][2:] == (2_034_200, "赎回 金芒果 · 天天享")
    assert world.call(phone, "accounts.get", {"accountId": phone.account_id})["availableFen"] == 7_034_200
    assert world.call(phone, "inbox.list")["messages"][0]["kind"] == "wealth.paid"


def test_a_failed_payment_restores_the_position(world: World) -> None:
    phone = holder(world)
    order_id = redeem(world, phone)
    world.publish("1.0000", "2026-11-26", PRODUCT)
    world.later(days=1)
    world.confirm()
    world.later(days=3)
    world.core.faults["transfer"] = ["refuse:ACCOUNT_FROZEN"]
    world.life.run()
    world.relay.run()
    told = world.call(phone, "wealth.redemption.get", {"orderId": order_id})
    assert (told["state"], told["reason"]["code"]) == ("FAILED", "ACCOUNT_FROZEN")
    assert shares(world) == (5_000_000, 0, 5_000_000)
    assert world.call(phone, "inbox.list")["messages"][0]["kind"] == "wealth.redemption_failed"


@pytest.mark.parametrize("fault", ["lost", "silent"])
def test_a_payment_that_nobody_knows_of_moves_once(world: World, fault: str) -> None:
    phone = holder(world)
    order_id = redeem(world, phone)
    world.publish("1.0000", "2026-11-26", PRODUCT)
    world.later(days=1)
    world.confirm()
    world.later(days=3)
    world.core.faults["transfer"] = [fault]
    world.life.run()
    world.relay.run()
    assert state(world, phone, order_id) == "PAYING"
    world.life.run()
    world.later(seconds=10)
    world.relay.run()
    assert state(world, phone, order_id) == "PAID"
    assert [sent for sent in world.core.sent if sent.endswith(".pay")] == [f"{order_id}.pay"]


def test_a_redemption_can_be_cancelled_until_the_cut_off(world: World) -> None:
    phone = holder(world)
    order_id = redeem(world, phone)
    assert world.call(phone, "wealth.redemption.cancel", {"orderId": order_id})["state"] == "CANCELLED"
    assert shares(world) == (5_000_000, 0, 5_000_000)
    late = redeem(world, phone)
    world.now = world.now.replace(hour=7)  # 15:00 in Shanghai
    with pytest.raises(NotCancellableError):
        world.call(phone, "wealth.redemption.cancel", {"orderId": late})


def test_what_is_on_its_way_cannot_be_redeemed_again(world: World) -> None:
    phone = holder(world)
    redeem(world, phone, "30000.00")
    with pytest.raises(SharesGoneError) as refused:
        redeem(world, phone, "20000.01")
    assert refused.value.extra == {"redeemable": "20000.00"}
    redeem(world, phone, "20000.00")


def test_two_signatures_over_the_same_shares_place_one_redemption(world: World) -> None:
    phone = holder(world)
    body = {"product": PRODUCT, "accountId": phone.account_id, "shares": "50000.00"}
    first, second = (world.call(phone, "wealth.redeem.prepare", body)["challengeId"] for _ in range(2))
    world.approve(phone, first, world.message(phone, first))
    with pytest.raises(SharesGoneError):
        world.approve(phone, second, world.message(phone, second))
    assert shares(world) == (5_000_000, 5_000_000, 5_000_000)


def test_a_holding_period_is_kept(world: World) -> None:
    phone = world.ready()
    world.buy(phone)  # 90 days
    world.publish("1.0144")
    world.later(days=1)
    world.confirm()
    body = {"product": "JMG-WY90", "accountId": phone.account_id, "shares": "100.00"}
    with pytest.raises(SharesGoneError):
        world.call(phone, "wealth.redeem.prepare", body)


@pytest.mark.parametrize("text", ["0.00", "0.99", "1", "1.001", "-5.00", "x"])
def test_shares_that_do_not_fit_are_refused(world: World, text: str) -> None:
    phone = holder(world)
    with pytest.raises(SharesInvalidError):
        redeem(world, phone, text)


def test_all_that_is_left_may_be_less_than_the_minimum(world: World) -> None:
    phone = holder(world)
    redeem(world, phone, "49999.50")
    redeem(world, phone, "0.50")


def test_a_closed_product_takes_no_redemptions(world: World) -> None:
    phone = holder(world)
    world.sql("UPDATE product SET state = 'CLOSED' WHERE code = :code", code=PRODUCT)
    with pytest.raises(NotRedeemableError):
        redeem(world, phone)


def test_the_oldest_shares_go_first_and_the_cost_with_them(world: World) -> None:
    phone = holder(world)
    world.buy(phone, 2_000_000, PRODUCT)  # Thursday
    world.publish("1.0000", "2026-11-26", PRODUCT)
    world.later(days=1)
    world.confirm()
    world.later(days=3)  # Monday
    order_id = redeem(world, phone, "60000.00")
    world.publish("1.0000", "2026-11-30", PRODUCT)
    world.later(days=1)
    world.confirm()
    world.later(days=1)
    world.life.run()
    world.relay.run()
    assert state(world, phone, order_id) == "PAID"
    rows = world.sql("SELECT shares, held, cost_fen FROM wealth_position ORDER BY opened_at")
    assert rows == [(0, 0, 0), (1_000_000, 0, 1_000_000)]
    (holding,) = world.call(phone, "wealth.holding.list")["holdings"]
    assert (holding["shares"], len(holding["lots"])) == ("10000.00", 1)


def test_somebody_elses_redemption_account_and_shares_look_like_none(world: World) -> None:
    chen, lin = holder(world), world.ready(LIN)
    order_id = redeem(world, chen)
    for code in ("wealth.redemption.get", "wealth.redemption.cancel"):
        seen = []
        for given in (order_id, "ord_none"):
            with pytest.raises(NotFoundError) as refused:
                world.call(lin, code, {"orderId": given})
            seen.append((refused.value.code, refused.value.detail, refused.value.extra))
        assert seen[0] == seen[1]
    with pytest.raises(NotFoundError):
        world.call(lin, "wealth.transaction.list", {"cursor": order_id})
    assert world.call(lin, "wealth.transaction.list") == {"transactions": [], "nextCursor": None}
    assert world.call(lin, "wealth.holding.list")["holdings"] == []
    body = {"product": PRODUCT, "accountId": chen.account_id, "shares": "1.00"}
    with pytest.raises(NotFoundError):
        world.call(lin, "wealth.redeem.prepare", body)
    with pytest.raises(SharesGoneError):
        world.call(lin, "wealth.redeem.prepare", {**body, "accountId": lin.account_id})


def test_the_history_goes_on_page_by_page(world: World) -> None:
    phone = holder(world)
    ids = [redeem(world, phone, "100.00") for _ in range(3)]
    got, before = [], {}
    while True:
        page = world.call(phone, "wealth.transaction.list", {**before, "limit": 2})
        got += page["transactions"]
        if page["nextCursor"] is None:
            break
        before = {"cursor": page["nextCursor"]}
    assert [line["kind"] for line in got] == ["REDEMPTION"] * 3 + ["PURCHASE"]
    assert [line["orderId"] for line in got[:3]] == sorted(ids, reverse=True)
    assert got[0]["shares"] == "100.00"
    assert got[3]["amountFen"] == 5_000_000
    file = world.bus.call(Call("wealth.transaction.csv", {}, world.context(phone, WEALTH, customer=True)))
    head, *lines = csv.reader(io.StringIO(file.body.decode("utf-8-sig")))
    assert file.content_type == "text/csv; charset=utf-8"
    assert head == [column.head for column in history_file.COLUMNS]
    assert [line[1] for line in lines] == ["赎回"] * 3 + ["申购"]
    assert lines[0][4:7] == ["100.00", "", "已受理"]
    assert lines[3][5:7] == ["50000.00", "已确认"]
    assert lines[3][-1] == got[3]["orderId"]


def kept(world: World, phone: Phone, code: str) -> Reply:
    return world.bus.call(Call(code, {}, world.context(phone, WEALTH, customer=True)))


def test_what_is_kept_on_paper_says_what_the_tables_say(world: World) -> None:
    phone = holder(world)
    redeem(world, phone)
    redeem(world, phone, "1000.00")
    world.publish("1.0171", "2026-11-26", PRODUCT)
    world.later(days=1)
    world.confirm()
    world.later(days=3)
    world.life.run()
    world.relay.run()
    for code in ("wealth.transaction", "wealth.holding"):
        reply, as_csv = (kept(world, phone, f"{code}.{kind}") for kind in ("pdf", "csv"))
        _, _, _, head, *lines = pdf_lines(reply.body)
        names, *rows = csv.reader(io.StringIO(as_csv.body.decode("utf-8-sig")))
        shown = [names.index(name) for name in head]
        feet = 2 if code == "wealth.transaction" else 1
        assert (reply.content_type, lines[:-feet]) == ("application/pdf", [[row[at] for at in shown] for row in rows])
        if feet == 2:
            paid = [row[5] for row in rows if row[6] == "已到账"]
            assert len(paid) == 2
            assert [line[4] for line in lines[-2:]] == ["50000.00", f"{sum(map(Decimal, paid))}"]
        else:
            (held,) = world.call(phone, "wealth.holding.list")["holdings"]
            total = [f"{Decimal(held[name]) / 100:.2f}" for name in ("costFen", "valueFen")]
            assert [lines[-1][at] for at in (2, 5)] == total


def test_every_state_of_the_history_has_its_word() -> None:
    states = {value for name, value in vars(repository).items() if name.isupper() and isinstance(value, str)}
    assert states <= set(history_file._STATES)
