"""What each order of the sweep leaves in the evidence: the verifier's own links hold, for money in, out and none."""

from typing import Any

import pytest

from bff.audit import checkpoint, export_order
from bff.db.engine import transaction
from security.display import render
from security.errors import EvidenceError
from security.evidence.bodies import Story, gather
from security.evidence.file import read_file
from security.evidence.money import check_money, check_outcome
from security.evidence.signatures import check_approval, check_device
from security.jwk import jwk_of
from tests.bff.sweep.bank import ACCOUNTS, SweepBank
from tests.bff.wealth.world import CHEN


def story(bank: SweepBank, done: Any) -> Story:
    return named(bank, done["result"]["orderId"])


def named(bank: SweepBank, order_id: str) -> Story:
    signer = bank.signer
    with transaction(bank.engine) as session:
        checkpoint(session, signer, bank.now, env="sandbox")
        keys = {signer.kid: jwk_of(signer.private.public_key())}
        told = {"env": "sandbox", "aud": "tidegate-bff", "keys": keys, "signer": signer, "now": bank.now}
        return gather(read_file(export_order(session, order_id=order_id, **told)))


def verified(bank: SweepBank, done: Any) -> tuple[str, str, dict[str, str]]:
    """Give the sentences on money and outcome, and the rows of the sheet."""
    found = story(bank, done)
    approval, _ = check_approval(found, check_device(found))
    rows = render(template=found.frozen.template, fields=approval.fields, locale="zh-CN")
    return check_money(found), check_outcome(found), {row.key: row.value for row in rows}


def test_an_agreement_is_proved_and_moved_nothing(bank: SweepBank) -> None:
    phone = bank.bound(CHEN, 5_000_000)
    money, outcome, rows = verified(bank, bank.sign(phone, 123_456))
    assert money.startswith("No money moved")
    assert "ended SIGNED" in outcome
    assert (rows["floor"], rows["terms"]) == ("¥1,234.56", "LMB-2026.1")
    assert "money" not in rows


@pytest.mark.parametrize("fault", ["", "refuse:ACCOUNT_FROZEN"])
def test_an_evenings_sweep_is_proved_under_the_floor_that_was_signed_last(bank: SweepBank, fault: str) -> None:
    phone = bank.saver(fund=3_000_000, floor=500_000)
    signed = bank.sign(phone, 1_000_000)["result"]["orderId"]
    bank.core.faults["transfer"] = bank.core.faults["hold"] = [fault] if fault else []
    bank.at("2026-11-23", "20:00")
    bank.run("sweep.collect")
    (order,) = bank.call(phone, "sweep.order.list")["orders"]
    found = named(bank, order["orderId"])
    approval, _ = check_approval(found, check_device(found))
    rows = {
        row.key: row.value for row in render(template=found.frozen.template, fields=approval.fields, locale="zh-CN")
    }
    assert (found.file.order, rows["floor"]) == (signed, "¥10,000.00")
    money = check_money(found)
    if fault:
        assert money.endswith(f"Under it order {order['orderId']} ended REJECTED: the core executed no posting for it.")
    else:
        assert f"Under it order {order['orderId']} ended ACCEPTED." in money
        assert f"{ACCOUNTS['fund']} credited exactly CNY 20000.00" in money
    decisions = bank.sql("SELECT subject, outcome FROM rule_decision WHERE kind = 'sweep.collect'")
    assert decisions == [(order["orderId"], "ALLOWED")]


def test_a_purchase_is_proved(bank: SweepBank) -> None:
    money, outcome, rows = verified(bank, bank.put(bank.saver(), 1_000_000))
    assert f"{ACCOUNTS['fund']} credited exactly CNY 10000.00" in money
    assert "ended ACCEPTED" in outcome
    assert (rows["money"], rows["income"]) == ("¥10,000.00", "2026-11-24")


def test_a_fast_redemption_is_proved(bank: SweepBank) -> None:
    money, outcome, rows = verified(bank, bank.take(bank.holder(2_000_000), 600_000))
    assert f"{ACCOUNTS['advance']} was debited" in money
    assert "ended PAID" in outcome
    assert rows["arrives"] == "2026-11-25"


def test_a_normal_redemption_is_proved_when_it_is_paid_and_not_before(bank: SweepBank) -> None:
    done = bank.take(bank.holder(2_000_000), 1_500_000, "normal")
    with pytest.raises(EvidenceError):
        check_outcome(story(bank, done))
    bank.days("2026-11-26")
    money, outcome, rows = verified(bank, done)
    assert f"{ACCOUNTS['fund']} was debited" in money
    assert "ended PAID" in outcome
    assert rows["arrives"] == "2026-11-26"


def test_a_refused_redemption_is_proved_to_have_moved_nothing(bank: SweepBank) -> None:
    phone = bank.holder(2_000_000)
    bank.core.faults["transfer"] = ["refuse:ACCOUNT_FROZEN"]
    money, outcome, _ = verified(bank, bank.take(phone, 600_000))
    assert money.startswith("No money moved")
    assert "REJECTED (ACCOUNT_FROZEN)" in outcome


def test_a_redemption_counts_nothing_against_the_devices_day(bank: SweepBank) -> None:
    phone = bank.holder(2_000_000)
    before = bank.sql("SELECT day, used_fen FROM device_day")
    bank.take(phone, 600_000)
    assert bank.sql("SELECT day, used_fen FROM device_day") == before
