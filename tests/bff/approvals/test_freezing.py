"""What is frozen for a device to sign: the fields, the rows that they draw, and the evidence of asking."""

import hashlib
import json

import pytest

from bff.approvals import rules
from bff.approvals.errors import TemplateUnknownError
from bff.approvals.reasons import reason
from bff.approvals.templates import Templates
from security.approvals import FROZEN
from security.display import render
from tests import device as wire
from tests.bff.wealth.world import WEALTH, World


def test_the_frozen_fields_say_who_what_and_by_which_code(world: World) -> None:
    phone = world.ready()
    asked = world.prepare(phone)
    frozen = world.call(phone, "approval.get", {"challengeId": asked["challengeId"]})
    fields = frozen["fields"]
    assert set(fields) == set(FROZEN)
    assert (fields["amt"], fields["cur"], fields["payee"]) == ("50000.00", "CNY", "6299009000070019")
    assert (fields["cust"], fields["dev"], fields["kid"]) == (
        phone.customer_id,
        phone.device_id,
        wire.thumbprint(phone.tx),
    )
    assert (fields["txid"], fields["bundle"]) == (asked["operationId"], str(WEALTH))
    assert int(fields["exp"]) - int(fields["iat"]) == 120
    canonical = json.dumps(frozen["template"], ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    assert fields["tmpl"] == f"wealth.order.place/2#{hashlib.sha256(canonical.encode()).hexdigest()}"
    assert frozen["status"] == "CHALLENGED"


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_the_sheets_rows_can_be_drawn_in_both_languages(world: World, locale: str) -> None:
    phone = world.ready()
    frozen = world.call(phone, "approval.get", {"challengeId": world.prepare(phone)["challengeId"]})
    rows = render(template=frozen["template"], fields=frozen["fields"], locale=locale)
    shown = {row.key: row.value for row in rows}
    tail = frozen["fields"]["payer"][-4:]
    names = ["money", "upper", "product", "payee", "payer", "risk", "device", "warning", "bundle"]
    assert [row.key for row in rows] == names
    assert (shown["money"], shown["upper"]) == ("¥50,000.00", "人民币伍万元整")
    if locale == "zh-CN":
        assert shown["payer"] == f"陈屿 · Ⅱ类户（{tail}）"
        assert shown["payee"] == "澜江银行理财募集专户 · 尾号 0019"
        assert shown["risk"] == "R2 中低风险 · 你是 C5，匹配"


def test_the_evidence_of_asking_holds_fields_and_template(world: World) -> None:
    phone = world.ready()
    asked = world.prepare(phone)
    frozen = world.call(phone, "approval.get", {"challengeId": asked["challengeId"]})
    query = "SELECT body FROM evidence_entry WHERE kind = 'operation.frozen' AND subject = :id"
    body = json.loads(world.sql(query, id=asked["operationId"])[0][0])
    assert (body["fields"], body["template"]) == (frozen["fields"], frozen["template"])


@pytest.mark.parametrize(("fen", "text"), [(5, "0.05"), (100, "1.00"), (5_000_000, "50000.00"), (123_456, "1234.56")])
def test_amounts_have_two_decimals(fen: int, text: str) -> None:
    assert rules.amount_text(fen) == text


def test_unknown_templates_and_reasons() -> None:
    with pytest.raises(TemplateUnknownError):
        Templates.load().get("wealth.order.place/9")
    told = reason("SOMETHING_NEW")
    assert told is not None
    assert "No money has moved." in told.en
    assert reason(None) is None
