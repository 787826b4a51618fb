"""Transfers as ISO 20022: pain.001.001.09 to the core, pacs.002.001.10 back; every other verb goes by the envelope.

Invariants: the end-to-end id is the consumer's sequence number; an amount is fen with exactly two places, so nothing is
rounded; a report is about one transaction and names amount and both accounts, or it is read as unknown.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, TypeVar

from pyiso20022.pacs import pacs_002_001_10 as pacs
from pyiso20022.pain import pain_001_001_09 as pain
from xsdata.exceptions import ConverterError, ParserError
from xsdata.formats.dataclass.parsers import XmlParser
from xsdata.formats.dataclass.parsers.config import ParserConfig
from xsdata.formats.dataclass.parsers.handlers import XmlEventHandler
from xsdata.formats.dataclass.serializers import XmlSerializer
from xsdata.models.datatype import XmlDate, XmlDateTime

from bff.core_bank.esb import xml
from bff.core_bank.esb.envelope import MEDIA_TYPE, Envelope
from bff.core_bank.esb.messages import Answer, Call, MessageError, Status, Transfer
from bff.core_bank.port import CoreReceipt, Posting

ID_LENGTH: Final = 35
MEMO_LENGTH: Final = 140
INITIATION: Final = "pain.001.001.09"
_PAIN: Final = f"{{urn:iso:std:iso:20022:tech:xsd:{INITIATION}}}Document"
_PACS: Final = "{urn:iso:std:iso:20022:tech:xsd:pacs.002.001.10}Document"
_VERB: Final = "transfer"
_NONE: Final = "NOTPROVIDED"
_STATUS: Final = {
    "ACCC": Status.SUCCESS,
    "ACSC": Status.SUCCESS,
    "RJCT": Status.FAILED,
    "ACSP": Status.UNKNOWN,
    "PDNG": Status.UNKNOWN,
}
_SAID: Final = {Status.SUCCESS: "ACSC", Status.FAILED: "RJCT", Status.UNKNOWN: "PDNG"}
REASON_CODES: Final[Mapping[str, str]] = {
    "AC01": "ACCOUNT_UNKNOWN",
    "AC04": "ACCOUNT_CLOSED",
    "AC06": "ACCOUNT_FROZEN",
    "AM04": "INSUFFICIENT_FUNDS",
    "AM12": "AMOUNT_INVALID",
    "DU04": "SEQUENCE_REUSED",
}
"""ISO's external reason codes and what they are at the port; other reasons travel under their own name."""
_CODE_OF: Final = {reason: code for code, reason in REASON_CODES.items()}
Document = TypeVar("Document")


@dataclass(frozen=True, slots=True)
class Iso20022:
    """Implements ``Wire``: ISO 20022 for transfers over the envelope for the rest."""

    envelope: Envelope
    clock: Callable[[], datetime]
    media_type: str = MEDIA_TYPE

    def write_call(self, call: Call) -> bytes:
        """Give a call's bytes.

        Raises:
            MessageError: the sequence number, an account or the memo is too long for a pain.001.
        """
        if not isinstance(call.body, Transfer):
            return self.envelope.write_call(call)
        return _written(_initiation(call.sequence, call.body, self.clock()))

    def read_call(self, data: bytes) -> Call:
        """Give the call that was written.

        Raises:
            MessageError: it is none.
        """
        root = xml.parse(data)
        return _transfer(_parsed(pain.Document, root)) if root.tag == _PAIN else self.envelope.read_call(data)

    def write_answer(self, answer: Answer) -> bytes:
        """Give an answer's bytes."""
        if answer.verb != _VERB:
            return self.envelope.write_answer(answer)
        return _written(_report(answer, self.clock()))

    def read_answer(self, data: bytes) -> Answer:
        """Give the answer that was written.

        Raises:
            MessageError: it is none.
        """
        root = xml.parse(data)
        return _reported(_parsed(pacs.Document, root)) if root.tag == _PACS else self.envelope.read_answer(data)


def to_decimal(fen: int) -> Decimal:
    """Give fen as the currency's unit, with two places."""
    return Decimal(fen).scaleb(-2)


def to_fen(amount: Decimal) -> int:
    """Give an amount in fen.

    Raises:
        MessageError: it is not a whole number of them.
    """
    fen = amount.scaleb(2)
    if not fen.is_finite() or fen != int(fen):
        message = "an amount is not a whole number of fen"
        raise MessageError(message)
    return int(fen)


def _held(text: str, limit: int, what: str) -> str:
    if not 0 < len(text) <= limit:
        message = f"{what} must have 1 to {limit} characters"
        raise MessageError(message)
    return text


def _account(module: Any, number: str) -> Any:
    other = module.GenericAccountIdentification1(id=_held(number, 34, "an account"))
    return module.CashAccount38(id=module.AccountIdentification4Choice(othr=other))


def _number(account: Any) -> str:
    if account is None or account.id.othr is None:
        message = "an account has no number of the bank's own"
        raise MessageError(message)
    return str(account.id.othr.id)


def _initiation(sequence: str, body: Transfer, now: datetime) -> pain.Document:
    sequence = _held(sequence, ID_LENGTH, "a sequence number")
    money = pain.ActiveOrHistoricCurrencyAndAmount(value=to_decimal(body.amount), ccy=body.currency)
    memo = [_held(body.memo, MEMO_LENGTH, "a memo")] if body.memo else []
    transaction = pain.CreditTransferTransaction34(
        pmt_id=pain.PaymentIdentification6(instr_id=sequence, end_to_end_id=sequence),
        amt=pain.AmountType4Choice(instd_amt=money),
        cdtr_acct=_account(pain, body.payee),
        rmt_inf=pain.RemittanceInformation16(ustrd=memo) if memo else None,
    )
    agent = pain.FinancialInstitutionIdentification18(othr=pain.GenericFinancialIdentification1(id=_NONE))
    instruction = pain.PaymentInstruction30(
        pmt_inf_id=sequence,
        pmt_mtd=pain.PaymentMethod3Code.TRF,
        reqd_exctn_dt=pain.DateAndDateTime2Choice(dt=XmlDate.from_date(now.date())),
        dbtr=pain.PartyIdentification135(nm=_NONE),
        dbtr_acct=_account(pain, body.payer),
        dbtr_agt=pain.BranchAndFinancialInstitutionIdentification6(fin_instn_id=agent),
        cdt_trf_tx_inf=[transaction],
    )
    header = pain.GroupHeader85(
        msg_id=sequence,
        cre_dt_tm=XmlDateTime.from_datetime(now),
        nb_of_txs="1",
        ctrl_sum=to_decimal(body.amount),
        initg_pty=pain.PartyIdentification135(nm="Tidegate"),
    )
    initiation = pain.CustomerCreditTransferInitiationV09(grp_hdr=header, pmt_inf=[instruction])
    return pain.Document(cstmr_cdt_trf_initn=initiation)


def _transfer(document: pain.Document) -> Call:
    instruction = _only(document.cstmr_cdt_trf_initn.pmt_inf)
    transaction = _only(instruction.cdt_trf_tx_inf)
    money = transaction.amt.instd_amt
    if money is None:
        message = "a transfer names its amount"
        raise MessageError(message)
    body = Transfer(
        payer=_number(instruction.dbtr_acct),
        payee=_number(transaction.cdtr_acct),
        amount=to_fen(money.value),
        currency=money.ccy,
        memo="".join(transaction.rmt_inf.ustrd) if transaction.rmt_inf else "",
    )
    return Call(_VERB, transaction.pmt_id.end_to_end_id, body)


def _report(answer: Answer, now: datetime) -> pacs.Document:
    done = pacs.PaymentTransaction110(orgnl_end_to_end_id=answer.sequence, tx_sts=_SAID[answer.status])
    if isinstance(answer.body, CoreReceipt):
        payer, payee = answer.body.postings
        money = pacs.ActiveOrHistoricCurrencyAndAmount(value=to_decimal(payee.amount), ccy=payee.currency)
        done.accptnc_dt_tm = XmlDateTime.from_datetime(answer.body.executed_at)
        done.acct_svcr_ref = answer.body.reference
        done.orgnl_tx_ref = pacs.OriginalTransactionReference28(
            amt=pacs.AmountType4Choice(instd_amt=money),
            dbtr_acct=_account(pacs, payer.account),
            cdtr_acct=_account(pacs, payee.account),
        )
    elif answer.reason:
        code = _CODE_OF.get(answer.reason)
        reason = pacs.StatusReason6Choice(cd=code) if code else pacs.StatusReason6Choice(prtry=answer.reason)
        done.sts_rsn_inf = [pacs.StatusReasonInformation12(rsn=reason)]
    original = pacs.OriginalGroupHeader17(orgnl_msg_id=answer.sequence[:ID_LENGTH], orgnl_msg_nm_id=INITIATION)
    header = pacs.GroupHeader91(msg_id=answer.sequence[:ID_LENGTH], cre_dt_tm=XmlDateTime.from_datetime(now))
    report = pacs.FitoFipaymentStatusReportV10(grp_hdr=header, orgnl_grp_inf_and_sts=[original], tx_inf_and_sts=[done])
    return pacs.Document(fito_fipmt_sts_rpt=report)


def _reported(document: pacs.Document) -> Answer:
    done = _only(document.fito_fipmt_sts_rpt.tx_inf_and_sts)
    sequence = done.orgnl_end_to_end_id or ""
    status = _STATUS.get(done.tx_sts or "", Status.UNKNOWN)
    if status is Status.SUCCESS:
        return Answer(_VERB, sequence, status, _receipt(sequence, done))
    return Answer(_VERB, sequence, status, reason=_reason(done) if status is Status.FAILED else "")


def _receipt(sequence: str, done: pacs.PaymentTransaction110) -> CoreReceipt:
    told = done.orgnl_tx_ref
    money = told.amt.instd_amt if told and told.amt else None
    if told is None or money is None or not done.acct_svcr_ref or done.accptnc_dt_tm is None:
        message = "a report of success names reference, time, amount and accounts"
        raise MessageError(message)
    fen = to_fen(money.value)
    postings = (
        Posting(_number(told.dbtr_acct), -fen, money.ccy),
        Posting(_number(told.cdtr_acct), fen, money.ccy),
    )
    at = done.accptnc_dt_tm.to_datetime()
    return CoreReceipt(sequence, _VERB, done.acct_svcr_ref, postings, at.astimezone(UTC))


def _reason(done: pacs.PaymentTransaction110) -> str:
    given = [item.rsn for item in done.sts_rsn_inf if item.rsn is not None]
    code = (given[0].cd or given[0].prtry or "") if given else ""
    return REASON_CODES.get(code, code)


def _only(items: list[Any]) -> Any:
    if len(items) != 1:
        message = "a message is about one transaction"
        raise MessageError(message)
    return items[0]


def _written(document: Any) -> bytes:
    namespace = type(document).Meta.namespace
    return XmlSerializer().render(document, ns_map={None: namespace}).encode()


def _parsed(kind: type[Document], root: Any) -> Document:
    config = ParserConfig(fail_on_unknown_properties=True, fail_on_converter_warnings=True)
    try:
        return XmlParser(config=config, handler=XmlEventHandler).parse(root, kind)
    except (ParserError, ConverterError, TypeError, ValueError) as error:
        message = f"a message is not of its ISO 20022 form: {type(error).__name__}"
        raise MessageError(message) from error
