"""What the room leaves in the evidence is what the verifiers ask for: real orders, exported and checked.

The tests' world has neither signed releases nor proofs of requests, so the links that rest on these are left to the
tests with a whole server; the one-file verifier checks the rest of the chain, and ``money`` and ``outcome`` are checked
as ``evidence verify`` does.
"""

import pytest

from bff.audit import export_order
from bff.db.engine import transaction
from security.evidence import verifier
from security.evidence.bodies import gather
from security.evidence.file import read_file
from security.evidence.money import check_money, check_outcome
from security.jwk import jwk_of
from security.suites import ES256
from tests.bff.wealth.test_redemptions import PRODUCT, RAISING, holder, redeem
from tests.bff.wealth.world import World
from tests.security.orders import AuditKey

AUDIT = AuditKey(ES256.generate())


def proved(world: World, order_id: str) -> tuple[str, str]:
    """Export an order, check it with the one-file verifier, and give what ``money`` and ``outcome`` say."""
    keys = {AUDIT.kid: jwk_of(AUDIT.private.public_key())}
    with transaction(world.engine) as session:
        where = {"env": "sandbox", "aud": "tidegate-bff", "keys": keys, "signer": AUDIT, "now": world.now}
        data = export_order(session, order_id=order_id, **where)  # type: ignore[arg-type]  # one mapping for arguments of several types
    report = verifier.verify(data, [AUDIT.jwk.as_dict()])
    assert {"seal", "chain", "checkpoint", "device", "approval"} <= {link for link, _ in report.sentences}
    story = gather(read_file(data))
    return check_money(story), check_outcome(story)


def test_a_purchase_that_was_confirmed(world: World) -> None:
    phone = world.ready()
    order_id = world.buy(phone)["result"]["orderId"]
    assert "ended ACCEPTED" in proved(world, order_id)[1]
    world.publish("1.0144")
    world.later(days=1)
    world.confirm()
    money, outcome = proved(world, order_id)
    assert "exactly CNY 50000.00" in money
    assert outcome.endswith("It was confirmed at the net value 1.0144 of 2026-11-23 as 49290.22 shares.")


def test_a_purchase_that_was_cancelled(world: World) -> None:
    phone = world.ready()
    order_id = world.buy(phone)["result"]["orderId"]
    world.call(phone, "wealth.order.cancel", {"orderId": order_id})
    money, outcome = proved(world, order_id)
    assert money.endswith("so debit and refund cancel each other.")
    assert outcome.endswith("Afterwards it was REFUNDED (CANCELLED_BY_CUSTOMER).")


@pytest.mark.parametrize("fault", ["", "refuse:ACCOUNT_FROZEN"])
def test_a_redemption_that_was_paid_or_failed(world: World, fault: str) -> None:
    phone = holder(world)
    order_id = redeem(world, phone)
    world.publish("1.0171", "2026-11-26", PRODUCT)
    world.later(days=1)
    world.confirm()
    world.core.balances[RAISING] += 1_000_000
    world.later(days=3)
    world.core.faults["transfer"] = [fault] if fault else []
    world.life.run()
    world.relay.run()
    money, outcome = proved(world, order_id)
    assert ("exactly CNY 20342.00" in money) == (not fault)
    assert ("No money moved" in money) == bool(fault)
    assert f"ended {'FAILED (ACCOUNT_FROZEN)' if fault else 'PAID'}" in outcome


def test_a_redemption_that_was_cancelled(world: World) -> None:
    phone = holder(world)
    order_id = redeem(world, phone)
    world.call(phone, "wealth.redemption.cancel", {"orderId": order_id})
    money, outcome = proved(world, order_id)
    assert money.startswith("No money moved")
    assert "ended CANCELLED" in outcome
