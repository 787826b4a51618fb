"""The ESB's envelope: a ``Service`` with SYS_HEAD, APP_HEAD and BODY, in XML.

Invariant: an answer whose head does not name the call's sequence number, service code and scene is read as another
call's answer: ``read_answer`` says what it names, and whoever asked compares.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from bff.core_bank.esb import xml
from bff.core_bank.esb.messages import (
    SERVICES,
    Answer,
    AnswerBody,
    Call,
    CallBody,
    MessageError,
    Service,
    Status,
    convert,
)
from bff.kinds import SHANGHAI

MEDIA_TYPE: Final = "application/xml; charset=UTF-8"
VERSION: Final = "1"
_ROOT: Final = "Service"
_BY_CODE: Final = {(service.code, service.scene): service for service in SERVICES.values()}


class _Head(msgspec.Struct, frozen=True, kw_only=True):
    """SYS_HEAD as it is read; members that others add are passed over."""

    service_code: str
    service_scene: str
    consumer_seq_no: str
    ret_status: Status | None = None
    ret_code: str = ""
    ret_msg: str = ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """Implements ``Wire`` by the envelope.

    Attributes:
        consumer: the id under which the ESB knows this system.
        clock: for the date of each message.
    """

    consumer: str
    clock: Callable[[], datetime]
    media_type: str = MEDIA_TYPE

    def write_call(self, call: Call) -> bytes:
        """Give a call's bytes.

        Raises:
            MessageError: an argument has a character that XML does not carry.
        """
        return self._write(SERVICES[call.verb], call.sequence, {}, _members(call.body))

    def read_call(self, data: bytes) -> Call:
        """Give the call that was written.

        Raises:
            MessageError: it is none.
        """
        service, head, body = _opened(data)
        return Call(service.verb, head.consumer_seq_no, convert(service.call, body))

    def write_answer(self, answer: Answer) -> bytes:
        """Give an answer's bytes."""
        ret = {"ret_status": answer.status.value, "ret_code": answer.reason, "ret_msg": answer.detail}
        body = {} if answer.body is None else _members(answer.body)
        return self._write(SERVICES[answer.verb], answer.sequence, ret, body)

    def read_answer(self, data: bytes) -> Answer:
        """Give the answer that was written.

        Raises:
            MessageError: it is none.
        """
        service, head, members = _opened(data)
        if head.ret_status is None:
            message = "an answer has no status"
            raise MessageError(message)
        body = convert(service.answer, members) if head.ret_status is Status.SUCCESS else None
        return Answer(service.verb, head.consumer_seq_no, head.ret_status, body, head.ret_code, head.ret_msg)

    def _write(self, service: Service, sequence: str, ret: Mapping[str, str], body: xml.Tree) -> bytes:
        now = self.clock().astimezone(SHANGHAI)
        head = {
            "service_code": service.code,
            "service_scene": service.scene,
            "consumer_id": self.consumer,
            "consumer_seq_no": sequence,
            "tran_date": f"{now:%Y%m%d}",
            "tran_time": f"{now:%H%M%S}",
            **ret,
        }
        return xml.write(_ROOT, {"SYS_HEAD": head, "APP_HEAD": {"version": VERSION}, "BODY": body})


def _opened(data: bytes) -> tuple[Service, _Head, Any]:
    members = xml.read(data, _ROOT)
    if not isinstance(members, dict) or set(members) != {"SYS_HEAD", "APP_HEAD", "BODY"}:
        message = "an envelope has SYS_HEAD, APP_HEAD and BODY"
        raise MessageError(message)
    head: _Head = convert(_Head, members["SYS_HEAD"])
    service = _BY_CODE.get((head.service_code, head.service_scene))
    if service is None:
        message = "nobody knows the service"
        raise MessageError(message)
    return service, head, members["BODY"]


def _members(body: CallBody | AnswerBody) -> Any:
    """Give a body as members whose values are text; what is absent is left out."""
    return _texts(msgspec.to_builtins(body))


def _texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _texts(item) for name, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_texts(item) for item in value]
    return str(value)
