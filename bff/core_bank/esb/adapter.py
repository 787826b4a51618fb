"""The core bank behind an ESB: implements the port over a transport and a wire format.

Invariants: a verb is sent at most once for each call of the port, under the caller's own sequence number; whatever is
not a fitting S or F makes the adapter ask what became of that number, and when that tells nothing final the outcome is
``CoreUnknownError``; no other number is ever made for something that moves money.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

import msgspec

from bff.core_bank.esb.messages import SERVICES, Answer, Call, MessageError, Outcomes, Status, Transfer, convert
from bff.core_bank.esb.transport import NoAnswerError, Transport
from bff.core_bank.esb.wire import Wire
from bff.core_bank.port import (
    MAX_SEQUENCE,
    REASONS,
    STATEMENT_LINES,
    BatchTransfer,
    CoreAccount,
    CoreError,
    CoreQuery,
    CoreReceipt,
    CoreRefusedError,
    CoreStatus,
    CoreUnknownError,
    StatementPage,
    check_batch,
)
from bff.kinds import NewId

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EsbCore:
    """Implements ``CoreBank``.

    Attributes:
        transport: carries messages.
        wire: writes and reads them.
        new_id: makes the numbers of questions, which move nothing.
    """

    transport: Transport
    wire: Wire
    new_id: NewId

    def open_account(
        self, *, sequence: str, kind: str, holder: str, currency: str, max_balance: int | None = None
    ) -> CoreReceipt:
        """Open an account; ``reference`` is its number."""
        content = {"kind": kind, "holder": holder, "currency": currency, "max_balance": max_balance}
        return self._execute("open_account", sequence, content)

    def freeze(self, *, sequence: str, account: str, level: str) -> CoreReceipt:
        """Freeze an account; ``reference`` is its number."""
        return self._execute("freeze", sequence, {"account": account, "level": level})

    def unfreeze(self, *, sequence: str, account: str) -> CoreReceipt:
        """Open a frozen account again; ``reference`` is its number."""
        return self._execute("unfreeze", sequence, {"account": account})

    def close(self, *, sequence: str, account: str) -> CoreReceipt:
        """Close an empty account for good; ``reference`` is its number."""
        return self._execute("close", sequence, {"account": account})

    def enquire(self, number: str) -> CoreAccount:
        """Give an account."""
        account: CoreAccount = self._ask("enquire", {"number": number})
        return account

    def hold(self, *, sequence: str, account: str, amount: int, currency: str) -> CoreReceipt:
        """Reserve money; ``reference`` is the hold's id."""
        return self._execute("hold", sequence, {"account": account, "amount": amount, "currency": currency})

    def post(self, *, sequence: str, hold: str, payee: str, memo: str) -> CoreReceipt:
        """Turn a hold into a transfer; ``reference`` is the journal's id."""
        return self._execute("post", sequence, {"hold": hold, "payee": payee, "memo": memo})

    def void(self, *, sequence: str, hold: str) -> CoreReceipt:
        """Give a hold back."""
        return self._execute("void", sequence, {"hold": hold})

    def transfer(self, *, sequence: str, payer: str, payee: str, amount: int, currency: str, memo: str) -> CoreReceipt:
        """Move money at once; ``reference`` is the journal's id."""
        content = {"payer": payer, "payee": payee, "amount": amount, "currency": currency, "memo": memo}
        return self._execute("transfer", sequence, content)

    def reverse(self, *, sequence: str, journal: str, memo: str) -> CoreReceipt:
        """Post the opposite of a journal, once; ``reference`` is the new journal's id."""
        return self._execute("reverse", sequence, {"journal": journal, "memo": memo})

    def query(self, sequence: str) -> CoreQuery:
        """Tell what became of a sequence number; U when the core does not say, or refuses the question itself."""
        try:
            told: CoreQuery = self._ask("query", {"original": sequence})
        except CoreError:
            return CoreQuery(CoreStatus.UNKNOWN)
        if told.status is CoreStatus.SUCCESS and not _is_about(told.receipt, sequence):
            _log.warning("the core's answer about %s does not fit it", sequence)
            return CoreQuery(CoreStatus.UNKNOWN)
        return CoreQuery(told.status, told.receipt, known_reason(told.reason) if told.reason else "")

    def statement(
        self,
        number: str,
        *,
        since: date | None = None,
        until: date | None = None,
        before: str | None = None,
        limit: int = STATEMENT_LINES,
    ) -> StatementPage:
        """Give a page of an account's statement, newest first."""
        content = {"number": number, "since": since, "until": until, "before": before, "limit": limit}
        told: StatementPage = self._ask("statement", content)
        return told

    def transfer_many(self, transfers: Sequence[BatchTransfer]) -> tuple[CoreQuery, ...]:
        """Send transfers in one message; whatever comes back, each answer is about its own transfer or is asked for."""
        check_batch(transfers)
        call = _call("transfer_many", self.new_id("bat"), {"transfers": tuple(transfers)})
        answer = self._exchange(call)
        if answer is not None and answer.status is Status.FAILED:
            raise CoreRefusedError(known_reason(answer.reason), answer.detail)
        told = answer.body.outcomes if answer is not None and isinstance(answer.body, Outcomes) else ()
        if len(told) == len(transfers) and all(map(_settles, told, transfers)):
            return tuple(
                CoreQuery(one.status, one.receipt, known_reason(one.reason) if one.reason else "") for one in told
            )
        return self._query_each(transfers)

    def _query_each(self, transfers: Sequence[BatchTransfer]) -> tuple[CoreQuery, ...]:
        """Ask what became of each, until the core does not say."""
        told: list[CoreQuery] = []
        for one in transfers:
            known = self.query(one.sequence)
            told.append(known if known.receipt is None or _settles(known, one) else CoreQuery(CoreStatus.UNKNOWN))
            if known.status is CoreStatus.UNKNOWN:
                break
        return (*told, *[CoreQuery(CoreStatus.UNKNOWN)] * (len(transfers) - len(told)))

    def _execute(self, verb: str, sequence: str, content: Mapping[str, Any]) -> CoreReceipt:
        """Send a verb once; when its end is not known, ask by its number."""
        if not 0 < len(sequence) <= MAX_SEQUENCE:
            raise CoreRefusedError(reason="SEQUENCE_INVALID")
        call = _call(verb, sequence, content)
        answer = self._exchange(call)
        if answer is not None and answer.status is Status.FAILED:
            raise CoreRefusedError(known_reason(answer.reason), answer.detail)
        if answer is not None and isinstance(answer.body, CoreReceipt) and fits(answer.body, call):
            return answer.body
        known = self.query(sequence)
        if known.status is CoreStatus.FAILED:
            raise CoreRefusedError(known.reason)
        if known.receipt is not None and fits(known.receipt, call):
            return known.receipt
        raise CoreUnknownError(sequence)

    def _ask(self, verb: str, content: Mapping[str, Any]) -> Any:
        """Put a question, which changes nothing."""
        answer = self._exchange(_call(verb, self.new_id("ask"), content))
        if answer is None or answer.status is Status.UNKNOWN:
            raise CoreUnknownError(verb)
        if answer.status is Status.FAILED:
            raise CoreRefusedError(known_reason(answer.reason), answer.detail)
        return answer.body

    def _exchange(self, call: Call) -> Answer | None:
        """Give the answer to this very call; None when none came, or one of another call.

        Raises:
            CoreRefusedError: CONTENT_INVALID, the call cannot be written: nothing was sent.
        """
        try:
            data = self.wire.write_call(call)
        except MessageError as error:
            raise CoreRefusedError(reason="CONTENT_INVALID", detail=str(error)) from error
        try:
            answer = self.wire.read_answer(self.transport(data, self.wire.media_type))
        except (NoAnswerError, MessageError) as error:
            _log.warning("no answer to %s %s: %s", call.verb, call.sequence, error)
            return None
        if (answer.sequence, answer.verb) != (call.sequence, call.verb):
            _log.warning("another answer than that to %s %s", call.verb, call.sequence)
            return None
        return answer


def _call(verb: str, sequence: str, content: Mapping[str, Any]) -> Call:
    try:
        return Call(verb, sequence, convert(SERVICES[verb].call, dict(content)))
    except MessageError as error:
        raise CoreRefusedError(reason="CONTENT_INVALID", detail=str(error)) from error


def _settles(told: CoreQuery, wanted: BatchTransfer) -> bool:
    """Tell whether an outcome is final and can be that of a transfer."""
    if told.status is CoreStatus.FAILED:
        return told.receipt is None
    if told.status is not CoreStatus.SUCCESS or told.receipt is None:
        return False
    content = asdict(wanted)
    sequence = content.pop("sequence")
    return fits(told.receipt, Call("transfer", sequence, Transfer(**content)))


def known_reason(reason: str) -> str:
    """Give a reason of the port's own vocabulary."""
    return reason if reason in REASONS else "CORE_REFUSED"


def _is_about(receipt: CoreReceipt | None, sequence: str) -> bool:
    return receipt is not None and receipt.sequence == sequence and _balanced(receipt)


def _balanced(receipt: CoreReceipt) -> bool:
    sums: dict[str, int] = {}
    for posting in receipt.postings:
        sums[posting.currency] = sums.get(posting.currency, 0) + posting.amount
    return bool(receipt.reference) and not any(sums.values())


def fits(receipt: CoreReceipt, call: Call) -> bool:
    """Tell whether a receipt can be that of a call: number, verb, balance, and the amount where the call names one."""
    if (receipt.sequence, receipt.verb) != (call.sequence, call.verb) or not _balanced(receipt):
        return False
    if call.verb not in {"transfer", "post", "reverse"}:
        return not receipt.postings
    wanted = msgspec.structs.asdict(call.body)
    moved = [(posting.amount, posting.currency) for posting in receipt.postings if posting.amount > 0]
    if not moved:
        return False
    return "amount" not in wanted or moved == [(wanted["amount"], wanted["currency"])]
