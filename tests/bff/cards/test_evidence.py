"""What automatic repayment leaves in the evidence: the agreement proved, and the way from a debit to its signature."""

from typing import Any

import pytest

from bff.audit import export_order
from bff.db.engine import transaction
from security.display import render
from security.evidence.bodies import Story, gather
from security.evidence.file import read_file
from security.evidence.money import check_money, check_outcome
from security.evidence.signatures import check_approval, check_device
from security.jwk import jwk_of
from tests.bff.cards.teller import Teller


def story(teller: Teller, name: str, **more: Any) -> Story:
    signer, now = teller.world.signer, teller.world.now
    keys = {signer.kid: jwk_of(signer.private.public_key())}
    named = {"order_id": name, "env": "sandbox", "aud": "tidegate-bff", "keys": keys, "signer": signer, "now": now}
    with transaction(teller.world.engine) as session:
        return gather(read_file(export_order(session, **named, **more)))


@pytest.mark.parametrize("fault", ["", "refuse:INSUFFICIENT_FUNDS"])
def test_an_auditor_follows_a_debit_to_the_agreement_that_was_signed(teller: Teller, fault: str) -> None:
    teller.ready(line_fen=600_000)
    agreement = teller.autopay()["result"]["orderId"]
    teller.spend(100_000)
    teller.until("2026-12-27", step=34)
    teller.world.core.faults["transfer"] = [fault] if fault else []
    teller.until("2026-12-28")
    ((repayment,),) = teller.world.sql("SELECT repayment_id FROM card_repayment")
    for stretches in (False, True):
        found = story(teller, repayment, stretches=stretches)
        approval, _ = check_approval(found, check_device(found))
        rows = render(template=found.frozen.template, fields=approval.fields, locale="zh-CN")
        assert (found.file.order, "全额" in {row.value for row in rows}) == (agreement, True)
        assert "ended SIGNED" in check_outcome(found)
        told = check_money(found)
        if fault:
            assert told.endswith(f"Under it order {repayment} ended REJECTED: the core executed no posting for it.")
        else:
            assert f"Under it order {repayment} ended DONE." in told
            payer, payee = found.field("payer"), found.field("payee")
            assert f"{payer} was debited and {payee} credited exactly CNY 1000.00" in told
    assert repayment not in check_money(story(teller, agreement))
