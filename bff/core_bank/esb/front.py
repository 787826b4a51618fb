"""An ESB in front of the embedded ledger, for tests and demonstration: speaks both wire formats and injects faults.

It is no part of production. Invariants: it decides nothing of its own, every execution is the ledger's; what a fault
does to an answer never changes what was executed.
"""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

import msgspec

from bff.core_bank.esb.faults import Fault
from bff.core_bank.esb.messages import Answer, AnswerBody, Call, MessageError, Outcomes, Status
from bff.core_bank.esb.wire import Wire
from bff.core_bank.port import CoreBank, CoreQuery, CoreReceipt, CoreRefusedError, Posting
from bff.errors import BffError

CALL_BYTES: Final = 256 * 1024
GARBAGE: Final = b"<html><body>Bad Gateway</body></html>"
Faults: TypeAlias = Callable[[str], Fault]
StartResponse: TypeAlias = Callable[[str, list[tuple[str, str]]], Any]
_BEFORE: Final = frozenset({Fault.SILENT_BEFORE, Fault.DOWN, Fault.UNKNOWN_BEFORE, Fault.LATE})
_SILENT: Final = frozenset({Fault.SILENT_BEFORE, Fault.SILENT_AFTER, Fault.LATE})
_UNKNOWN: Final = frozenset({Fault.UNKNOWN_BEFORE, Fault.UNKNOWN_AFTER})


@dataclass(frozen=True, slots=True)
class Reply:
    """What becomes of a call on the line: an HTTP status and bytes, or silence."""

    status: str
    data: bytes = b""
    silent: bool = False
    slow: bool = False


@dataclass(slots=True)
class Front:
    """Executes calls and spoils answers.

    Attributes:
        ledger: the core.
        wire: reads and writes messages.
        faults: gives the fault of a call by its verb.
    """

    ledger: CoreBank
    wire: Wire
    faults: Faults
    _late: list[Call] = field(default_factory=list)
    _last: bytes = GARBAGE
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def reply(self, data: bytes) -> Reply:
        """Give what becomes of one message."""
        try:
            call = self.wire.read_call(data)
        except MessageError:
            return Reply("400 Bad Request")
        fault = self.faults(call.verb)
        with self._lock:
            late, self._late = self._late, [call] if fault is Fault.LATE else []
        answer = None if fault in _BEFORE else self._execute(call)
        if fault is Fault.TWICE:
            answer = self._execute(call)
        for waiting in late:
            self._execute(waiting)
        return self._spoiled(call, answer, fault)

    def _spoiled(self, call: Call, answer: Answer | None, fault: Fault) -> Reply:
        if fault in _SILENT:
            return Reply("504 Gateway Timeout", silent=True)
        if fault is Fault.DOWN:
            return Reply("503 Service Unavailable")
        if answer is None or fault in _UNKNOWN:
            answer = Answer(call.verb, call.sequence, Status.UNKNOWN)
        data = self.wire.write_answer(_falsified(answer, fault))
        with self._lock:
            last, self._last = self._last, data
        if fault is Fault.REORDERED:
            data = last
        return Reply("200 OK", GARBAGE if fault is Fault.GARBAGE else data, slow=fault is Fault.SLOW)

    def _execute(self, call: Call) -> Answer:
        try:
            body = _run(self.ledger, call)
        except CoreRefusedError as error:
            return Answer(call.verb, call.sequence, Status.FAILED, reason=error.reason, detail=str(error))
        except BffError:  # the database did not serve: nothing is known
            return Answer(call.verb, call.sequence, Status.UNKNOWN)
        return Answer(call.verb, call.sequence, Status.SUCCESS, body)


def _run(ledger: CoreBank, call: Call) -> AnswerBody:
    content = msgspec.structs.asdict(call.body)
    if call.verb == "query":
        return ledger.query(content["original"])
    if call.verb == "enquire":
        return ledger.enquire(**content)
    if call.verb == "statement":
        return ledger.statement(**content)
    if call.verb == "transfer_many":
        return Outcomes(ledger.transfer_many(content["transfers"]))
    receipt: CoreReceipt = getattr(ledger, call.verb)(sequence=call.sequence, **content)
    return receipt


def _falsified(answer: Answer, fault: Fault) -> Answer:
    if fault is Fault.WRONG_SEQUENCE:
        return replace(answer, sequence="another")
    if fault is Fault.WRONG_AMOUNT and isinstance(answer.body, CoreReceipt):
        wrong = tuple(_more(posting) for posting in answer.body.postings)
        return replace(answer, body=replace(answer.body, postings=wrong or (Posting("another", 1, "CNY"),)))
    if fault is Fault.WRONG_AMOUNT and isinstance(answer.body, Outcomes):
        return replace(answer, body=Outcomes(tuple(_wrong(one) for one in answer.body.outcomes)))
    return answer


def _wrong(outcome: CoreQuery) -> CoreQuery:
    receipt = outcome.receipt
    return replace(outcome, receipt=receipt and replace(receipt, postings=tuple(map(_more, receipt.postings))))


def _more(posting: Posting) -> Posting:
    return replace(posting, amount=posting.amount + (1 if posting.amount > 0 else -1))


class FrontApplication:
    """The front as a WSGI application."""

    def __init__(self, front: Front, *, silence: float, pause: Callable[[float], None] = time.sleep) -> None:
        """Take the front and how many seconds a silent or slow call takes; a slow one takes a quarter of it."""
        self._front = front
        self._silence = silence
        self._pause = pause

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if environ["REQUEST_METHOD"] != "POST" or not 0 < length <= CALL_BYTES:
            reply = Reply("400 Bad Request")
        else:
            reply = self._front.reply(environ["wsgi.input"].read(length))
        if reply.silent or reply.slow:
            self._pause(self._silence if reply.silent else self._silence / 4)
        headers = [("Content-Type", self._front.wire.media_type), ("Content-Length", str(len(reply.data)))]
        start_response(reply.status, headers)
        return [reply.data]
