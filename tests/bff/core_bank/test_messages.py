"""The two wire formats: what is written is read again, other forms are refused, ISO 20022 fits its schemas."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sepaxml
import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st
from pyiso20022.pacs import pacs_002_001_10 as pacs
from pyiso20022.pain import pain_001_001_09 as pain

from bff.core_bank.esb import xml
from bff.core_bank.esb.iso20022 import REASON_CODES, to_decimal, to_fen
from bff.core_bank.esb.messages import (
    SERVICES,
    Answer,
    Call,
    MessageError,
    Outcomes,
    Query,
    Statement,
    Status,
    Transfer,
    TransferMany,
)
from bff.core_bank.esb.wire import wire_of
from bff.core_bank.port import (
    REASONS,
    BatchTransfer,
    CoreAccount,
    CoreQuery,
    CoreReceipt,
    CoreStatus,
    Posting,
    StatementLine,
    StatementPage,
)
from tests.bff.core_bank.rebuilt import schema_of, told_by

NOW = datetime(2026, 11, 23, 18, 0, 1, 5, tzinfo=UTC)
"""02:00 of the next day in Shanghai."""
WIRES = {name: wire_of(name, lambda: NOW) for name in ("esb", "iso20022")}
SCHEMA = xmlschema.XMLSchema(Path(sepaxml.__file__).parent / "schemas" / "pain.001.001.09.xsd")
REPORTS = schema_of(pacs.Document)
"""The schema of pacs.002.001.10, which no package carries; the same rebuilding of pain.001 gives the official one."""
TEXT = st.text(st.characters(min_codepoint=0x20, exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"))
ID = TEXT.filter(lambda text: 0 < len(text) <= 30)
FEN = st.integers(1, 10**14)
RECEIPT = CoreReceipt("t", "transfer", "jnl_1", (Posting("a", -605, "CNY"), Posting("b", 605, "CNY")), NOW)
TRANSFER = Call("transfer", "t", Transfer(payer="a", payee="b", amount=605, currency="CNY", memo="买 & <卖>"))
ANSWERS: list[Answer] = [
    Answer("transfer", "t", Status.SUCCESS, RECEIPT),
    Answer("transfer", "t", Status.UNKNOWN),
    *(Answer("transfer", "t", Status.FAILED, reason=reason) for reason in sorted(REASONS)),
    Answer("hold", "h", Status.SUCCESS, CoreReceipt("h", "hold", "hld_1", (), NOW)),
    Answer("hold", "h", Status.FAILED, reason="INSUFFICIENT_FUNDS", detail="no"),
    Answer("enquire", "q", Status.SUCCESS, CoreAccount("a", "CLASS_II", "CNY", -5, 3, "OPEN")),
    Answer("query", "q", Status.SUCCESS, CoreQuery(CoreStatus.SUCCESS, RECEIPT)),
    Answer("query", "q", Status.SUCCESS, CoreQuery(CoreStatus.FAILED, None, "HOLD_SPENT")),
    Answer("query", "q", Status.SUCCESS, CoreQuery(CoreStatus.ABSENT)),
    Answer("statement", "q", Status.SUCCESS, StatementPage(())),
    Answer("statement", "q", Status.SUCCESS, StatementPage((StatementLine("j", -5, "CNY", "", NOW, "b", -7),), "1.2")),
    Answer("transfer_many", "m", Status.SUCCESS, Outcomes((CoreQuery(CoreStatus.SUCCESS, RECEIPT),))),
    Answer("transfer_many", "m", Status.FAILED, reason="CONTENT_INVALID"),
]


@pytest.mark.parametrize("name", WIRES)
@settings(deadline=None)
@given(payer=ID, payee=ID, memo=TEXT.filter(lambda text: len(text) <= 140), fen=FEN, sequence=ID)
def test_a_transfer_is_read_as_it_was_written(
    name: str, payer: str, payee: str, memo: str, fen: int, sequence: str
) -> None:
    call = Call("transfer", sequence, Transfer(payer=payer, payee=payee, amount=fen, currency="CNY", memo=memo))
    assert WIRES[name].read_call(WIRES[name].write_call(call)) == call


@pytest.mark.parametrize("name", WIRES)
@pytest.mark.parametrize(
    "call",
    [
        Call("statement", "q", Statement(number="a", limit=9)),
        Call(
            "statement",
            "q",
            Statement(number="a", since=date(2026, 1, 1), until=date(2026, 12, 31), before="1.2", limit=9),
        ),
        Call("transfer_many", "m", TransferMany(transfers=(BatchTransfer("t", "a", "b", 605, "CNY", "<息>"),))),
    ],
    ids=["statement", "page", "batch"],
)
def test_a_call_is_read_as_it_was_written(name: str, call: Call) -> None:
    assert WIRES[name].read_call(WIRES[name].write_call(call)) == call


@pytest.mark.parametrize("name", WIRES)
@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: f"{answer.verb}-{answer.status}-{answer.reason}")
def test_an_answer_is_read_as_it_was_written(name: str, answer: Answer) -> None:
    assert WIRES[name].read_answer(WIRES[name].write_answer(answer)) == answer


@settings(deadline=None)
@given(fen=FEN, memo=TEXT.filter(lambda text: len(text) <= 140))
def test_what_goes_out_is_valid_by_the_schema_of_pain_001(fen: int, memo: str) -> None:
    body = Transfer(payer="6299001234", payee="6299005678", amount=fen, currency="CNY", memo=memo)
    SCHEMA.validate(WIRES["iso20022"].write_call(Call("transfer", "ord_1.post", body)).decode())


def test_the_schema_would_find_a_mistake() -> None:
    written = WIRES["iso20022"].write_call(TRANSFER).decode()
    with pytest.raises(xmlschema.XMLSchemaValidationError):
        SCHEMA.validate(written.replace("<NbOfTxs>1</NbOfTxs>", ""))


def test_a_schema_rebuilt_from_its_classes_is_the_official_one() -> None:
    assert list(told_by(schema_of(pain.Document))) == list(told_by(SCHEMA))


@pytest.mark.parametrize(
    "answer", [one for one in ANSWERS if one.verb == "transfer"], ids=lambda one: f"{one.status}-{one.reason}"
)
def test_every_report_is_valid_by_the_schema_of_pacs_002(answer: Answer) -> None:
    REPORTS.validate(WIRES["iso20022"].write_answer(answer).decode())


@settings(deadline=None, max_examples=50)
@given(fen=FEN, sequence=st.from_regex(r"[A-Za-z0-9_.]{1,35}", fullmatch=True))
def test_a_report_of_any_amount_is_valid_by_the_schema_of_pacs_002(fen: int, sequence: str) -> None:
    moved = (Posting("6299001234", -fen, "CNY"), Posting("6299005678", fen, "CNY"))
    receipt = CoreReceipt(sequence, "transfer", "jnl_1", moved, NOW)
    REPORTS.validate(WIRES["iso20022"].write_answer(Answer("transfer", sequence, Status.SUCCESS, receipt)).decode())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<TxSts>ACSC</TxSts>", "<TxSts>ACSC!</TxSts>"),
        ("<AcctSvcrRef>jnl_1</AcctSvcrRef>", "<AcctSvcrRef></AcctSvcrRef>"),
        ('Ccy="CNY"', 'Ccy="cny"'),
        ("6.05", "6.050001"),
        ("<Othr>", "<IBAN>DE02120300000000202051</IBAN><Othr>"),
        ("</GrpHdr>", "<MsgId>t</MsgId></GrpHdr>"),
    ],
)
def test_the_schema_of_pacs_002_would_find_a_mistake(old: str, new: str) -> None:
    written = WIRES["iso20022"].write_answer(ANSWERS[0]).decode()
    assert old in written
    with pytest.raises(xmlschema.XMLSchemaValidationError):
        REPORTS.validate(written.replace(old, new, 1))


def test_amounts_have_exactly_two_places() -> None:
    assert (str(to_decimal(605)), str(to_decimal(5)), str(to_decimal(10**14))) == ("6.05", "0.05", "1000000000000.00")
    assert [to_fen(Decimal(text)) for text in ("6.05", "6.050", "6", "0.1")] == [605, 605, 600, 10]
    for wrong in ("6.055", "0.001", "NaN", "Infinity"):
        with pytest.raises(MessageError):
            to_fen(Decimal(wrong))


@pytest.mark.parametrize(
    ("code", "status"),
    [("ACSC", "S"), ("ACCC", "S"), ("RJCT", "F"), ("PDNG", "U"), ("ACSP", "U"), ("ACTC", "U"), ("XXXX", "U")],
)
def test_the_report_s_status_is_one_of_three(code: str, status: str) -> None:
    written = WIRES["iso20022"].write_answer(ANSWERS[0]).replace(b"ACSC", code.encode())
    assert WIRES["iso20022"].read_answer(written).status == status


@pytest.mark.parametrize("code", REASON_CODES)
def test_an_iso_reason_is_a_reason_of_the_port(code: str) -> None:
    assert REASON_CODES[code] in REASONS
    refused = Answer("transfer", "t", Status.FAILED, reason=REASON_CODES[code])
    assert f"<Cd>{code}</Cd>".encode() in WIRES["iso20022"].write_answer(refused)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b"<AcctSvcrRef>jnl_1</AcctSvcrRef>", b""),
        lambda data: data.replace(b">6.05<", b">6.055<"),
        lambda data: data.replace(b">6.05<", b">six<"),
        lambda data: data.replace(b"<TxInfAndSts>", b"<TxInfAndSts><Extra/>"),
        lambda data: data[:-20],
    ],
)
def test_a_success_that_does_not_say_all_is_no_report(change: Any) -> None:
    with pytest.raises(MessageError):
        WIRES["iso20022"].read_answer(change(WIRES["iso20022"].write_answer(ANSWERS[0])))


def test_what_pain_001_cannot_carry_is_refused_before_it_is_sent() -> None:
    fields = {"payer": "a", "payee": "b", "amount": 1, "currency": "CNY", "memo": ""}
    for sequence, change in (("x" * 36, {}), ("", {}), ("t", {"payee": "x" * 35}), ("t", {"memo": "x" * 141})):
        with pytest.raises(MessageError):
            WIRES["iso20022"].write_call(Call("transfer", sequence, Transfer(**{**fields, **change})))


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><Service>&b;</Service>'
OUTSIDE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><Service>&a;</Service>'
DEEP = b"<Service>" + b"<A>" * 500 + b"</A>" * 500 + b"</Service>"
TWICE = b"<Service><BODY>1</BODY><BODY>2</BODY></Service>"
MARKED = b'<Service x="1"/>'
NOT_XML = (b"", b"\x00", b"<html>", b'<?xml version="1.0" encoding="no-such"?><a/>', b"\xff\xfe\x00")


@pytest.mark.parametrize("name", WIRES)
@pytest.mark.parametrize("data", [BOMB, OUTSIDE, DEEP, TWICE, MARKED, b"<Other/>", b"<Service/>", *NOT_XML])
def test_what_is_no_message_is_refused(name: str, data: bytes) -> None:
    for read in (WIRES[name].read_call, WIRES[name].read_answer):
        with pytest.raises(MessageError):
            read(data)


@pytest.mark.parametrize("name", WIRES)
@settings(deadline=None)
@given(data=st.binary(max_size=300))
def test_garbage_is_refused_and_nothing_else_happens(name: str, data: bytes) -> None:
    with pytest.raises(MessageError):
        WIRES[name].read_answer(data)


@pytest.mark.parametrize("text", ["\x00", "\n", "\r", "\ud800", "\uffff", "\x1b"])
def test_text_that_xml_changes_or_does_not_carry_is_refused(text: str) -> None:
    with pytest.raises(MessageError):
        xml.write("A", text)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<ServiceCode>TGC0004", b"<ServiceCode>TGC9999"),
        (b"<Amount>605", b"<Amount>6.05"),
        (b"<Currency>CNY</Currency>", b""),
        (b"<BODY>", b"<BODY><Extra>1</Extra>"),
        (b"<ConsumerSeqNo>t</ConsumerSeqNo>", b""),
    ],
)
def test_a_call_with_another_form_is_refused(old: bytes, new: bytes) -> None:
    written = WIRES["esb"].write_call(TRANSFER)
    assert old in written
    with pytest.raises(MessageError):
        WIRES["esb"].read_call(written.replace(old, new))


def test_the_date_is_that_of_shanghai() -> None:
    assert b"<TranDate>20261124</TranDate><TranTime>020001</TranTime>" in WIRES["esb"].write_call(TRANSFER)


def test_every_service_has_a_code_of_its_own() -> None:
    assert len({(service.code, service.scene) for service in SERVICES.values()}) == len(SERVICES)
    assert WIRES["esb"].read_call(WIRES["esb"].write_call(Call("query", "q", Query(original="t")))).verb == "query"
