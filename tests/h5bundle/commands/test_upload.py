from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec
import pytest

from h5bundle.cli.remote import upload_lines
from h5bundle.commands.package import receive
from h5bundle.commands.upload import UndecidedError, UploadOptions, run
from h5bundle.remote import Remote, RemoteError, Reply, UnreachableError, Upload
from security.suites import ES256
from tests.h5bundle.conftest import package

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
MADE = package()
SHOWN = {
    "uploadId": "upl_1",
    "bundle": "wealth",
    "version": "1.0.0",
    "manifest": MADE.digest,
    "archive": "0" * 64,
    "length": len(MADE.archive),
    "offset": len(MADE.archive),
    "piece": 1000,
    "state": "WAITING_SECURITY",
    "findings": [],
    "widening": [],
    "wideningDigest": "0" * 64,
    "reason": "",
    "uploader": "x",
    "createdAt": "",
    "expiresAt": "",
}


@dataclass
class Answers:
    """A server that has its answers ready; the last one stays."""

    replies: list[Reply]
    sent: list[str] = field(default_factory=list)

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        del headers, body
        self.sent.append(f"{method} {url.rpartition('/release/v1/uploads')[2]}")
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


def shown(**changes: object) -> Reply:
    return Reply(200, msgspec.json.encode({**SHOWN, **changes}))


def course(answers: Answers, **options: float) -> tuple[Upload | None, list[float]]:
    pauses: list[float] = []
    remote = Remote(
        server="https://bank.example", key=ES256.generate(), transport=answers, clock=lambda: NOW, new_bytes=bytes
    )
    chosen = UploadOptions(attempts=3, **options)  # type: ignore[arg-type]  # options come by name
    return run(chosen, receive(MADE.archive), remote, pause=pauses.append, progress=lambda *_: None), pauses


def test_without_wait_a_waiting_upload_is_an_answer() -> None:
    done, pauses = course(Answers([shown()]))
    assert done is not None
    assert (done.state, pauses) == ("WAITING_SECURITY", [])


def test_with_wait_it_is_looked_at_until_it_is_decided_or_the_time_is_over() -> None:
    done, pauses = course(Answers([shown(), shown(), shown(state="PUBLISHED")]), wait=60)
    assert done is not None
    assert (done.state, len(pauses)) == ("PUBLISHED", 2)
    with pytest.raises(UndecidedError):
        course(Answers([shown()]), wait=10)


def test_a_proxy_without_its_server_is_asked_again_with_growing_pauses() -> None:
    answers = Answers([Reply(502, b"<html>"), Reply(503, b""), shown(state="PUBLISHED")])
    _, pauses = course(answers)
    assert (pauses, len(answers.sent)) == ([0.5, 1.0], 3)
    with pytest.raises(RemoteError, match="no problem document came"):
        course(Answers([Reply(502, b"<html>")]))


def test_a_refusal_is_not_repeated() -> None:
    answers = Answers([Reply(403, msgspec.json.encode({"code": "SIGNER_NOT_ALLOWED", "detail": "no"}))])
    with pytest.raises(RemoteError, match="SIGNER_NOT_ALLOWED"):
        course(answers)
    assert len(answers.sent) == 1


@pytest.mark.parametrize("body", [b"<html>hello</html>", b"{}", b"\xff", b'{"uploadId": 1}'])
def test_what_is_no_release_door_is_told(body: bytes) -> None:
    with pytest.raises(UnreachableError, match="no release door"):
        course(Answers([Reply(200, body)]))


def test_a_dead_check_is_asked_to_go_on() -> None:
    answers = Answers([shown(state="CHECKING"), shown(state="CHECKING"), shown(state="PUBLISHED")])
    course(answers)
    assert answers.sent == ["POST ", "POST /upl_1/complete", "POST /upl_1/complete"]


def test_what_an_uploader_wrote_cannot_hide_anything_on_a_terminal() -> None:
    text = "allowed X in y: \x1b[2Kharmless\u202e gnp.\r\n"
    upload = msgspec.convert({**SHOWN, "widening": [text], "reason": "\x07"}, type=Upload)
    lines = upload_lines(upload)
    assert "  wider than before: allowed X in y: \\u001b[2Kharmless\\u202e gnp.\\u000d\\u000a" in lines
    assert all(line.isprintable() for line in lines)
