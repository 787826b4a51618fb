"""Speaking to a server's release door: every request signed by one key, every refusal an error with its code.

Nothing here opens a connection: a transport is given. A request is never repeated by itself: a proof is good once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol, TypeVar
from urllib.parse import urlsplit

import msgspec

from h5bundle.errors import H5BundleError
from h5bundle.lint import Finding
from h5bundle.proposals import Listed
from security.dpop import make_proof
from security.encoding import b64url_encode
from security.suites import PrivateKey

DOOR: Final = "/release/v1/uploads"
PROPOSALS: Final = "/release/v1/proposals"
JSON: Final = "application/json"
_FAILED: Final = 400
_AGAIN: Final = frozenset({502, 503, 504})
_T = TypeVar("_T")


class RemoteError(H5BundleError):
    """The server refused; ``problem`` is its code."""

    code = "SERVER_REFUSED"

    def __init__(self, *, status: int, problem: str, detail: str, members: Mapping[str, Any]) -> None:
        """Carry the problem document.

        Args:
            status: HTTP status.
            problem: the server's code, as docs/errors.md lists it.
            detail: its sentence.
            members: everything else that it said.
        """
        super().__init__(detail=f"{problem} ({status}): {detail}", remedy=_REMEDIES.get(problem, ""))
        self.status = status
        self.problem = problem
        self.members = members

    @property
    def passes(self) -> bool:
        """Tell whether the same may succeed in a moment."""
        return self.status in _AGAIN


class UnreachableError(H5BundleError):
    """The server did not answer, or the connection broke."""

    code = "SERVER_UNREACHABLE"
    exit_status = 4


_REMEDIES: Final = {
    "FOUR_EYES": "another person of the security team must decide",
    "PROPOSAL_INVALID": "fetch the proposal anew, and sign that file",
    "PROPOSAL_STALE": "h5bundle signing list shows the proposal that takes its place, if there is one",
    "PROPOSAL_UNKNOWN": "h5bundle signing list shows what waits",
    "TRAIN_BROKEN": "have what is needed published or brought back first",
    "PROOF_INVALID": "is --to exactly the server's public address, and is this machine's clock right?",
    "SIGNER_NOT_ALLOWED": "ask the security team which bundles this key is registered for",
    "SIGNER_REVOKED": "make a new key with h5bundle keygen and have it registered",
    "SIGNER_UNKNOWN": "have the public key registered: tidegate signers add",
    "STORAGE_FULL": "tell whoever runs the server; the next call goes on where this one ended",
    "UPLOADS_OPEN": "h5bundle uploads list shows them; finish or withdraw one",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: status and body."""

    status: int
    body: bytes


class Transport(Protocol):
    """The port to the network."""

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Send one request, once.

        Raises:
            UnreachableError: no whole answer came; the request may have been carried out all the same.
        """
        ...


class Upload(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """An upload as the server shows it."""

    upload_id: str
    bundle: str
    version: str
    manifest: str
    archive: str
    length: int
    offset: int
    piece: int
    state: str
    findings: tuple[Finding, ...]
    widening: tuple[str, ...]
    widening_digest: str
    reason: str
    uploader: str
    created_at: str
    expires_at: str
    server: str = ""
    declaration: str = ""


class _Proposals(msgspec.Struct, frozen=True):
    proposals: tuple[Listed, ...]


class _Uploads(msgspec.Struct, frozen=True):
    uploads: tuple[Upload, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Remote:
    """A server's release door as one key sees it.

    Attributes:
        server: its public address, without a path.
        key: signs every request and statement.
        transport: the network.
        clock, new_bytes: time and chance.
    """

    server: str
    key: PrivateKey = field(repr=False)
    transport: Transport
    clock: Callable[[], datetime]
    new_bytes: Callable[[int], bytes]

    def one(self, method: str, path: str, body: Any = None) -> Upload:
        """Ask for one upload, or for something to be done to it."""
        return _read(self.call(method, path, b"" if body is None else msgspec.json.encode(body)).body, Upload)

    def every(self, state: str | None) -> tuple[Upload, ...]:
        """Give the uploads that this key may see, the newest first."""
        query = "" if state is None else f"?state={state}"
        return _read(self.call("GET", query).body, _Uploads).uploads

    def append(self, upload: Upload, data: bytes) -> Upload:
        """Send the bytes that come next."""
        headers = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(upload.offset)}
        return _read(self.call("PATCH", f"/{upload.upload_id}", data, headers).body, Upload)

    def proposals(self) -> tuple[Listed, ...]:
        """Give the proposals of the server, the oldest first."""
        return _read(self.call("GET", "", door=PROPOSALS).body, _Proposals).proposals

    def proposal(self, name: str) -> bytes:
        """Give a proposal as a file."""
        return self.call("GET", f"/{name}", door=PROPOSALS).body

    def hand_in(self, name: str, data: bytes) -> Listed:
        """Hand a signed proposal in."""
        return _read(self.call("POST", f"/{name}", data, door=PROPOSALS).body, Listed)

    def call(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        door: str = DOOR,
    ) -> Reply:
        """Send one signed request.

        Raises:
            RemoteError: the server refused.
            UnreachableError: it did not answer.
        """
        url = f"{self.server}{door}{path}"
        target = urlsplit(url)._replace(query="").geturl()
        jti = b64url_encode(self.new_bytes(18))
        proof = make_proof(key=self.key, method=method, url=target, body=body, now=self.clock(), jti=jti)
        kind = {"Content-Type": JSON} if body else {}
        reply = self.transport.send(method, url, {**kind, **(headers or {}), "DPoP": proof}, body)
        if reply.status >= _FAILED:
            raise _refusal(reply)
        return reply


def _refusal(reply: Reply) -> RemoteError:
    """Read a problem document; what is none comes from something between here and the server."""
    try:
        members = msgspec.json.decode(reply.body, type=dict[str, Any])
    except msgspec.MsgspecError:
        members = {}
    problem, detail = str(members.get("code", "HTTP")), str(members.get("detail", "no problem document came"))
    return RemoteError(status=reply.status, problem=problem, detail=detail, members=members)


def _read(body: bytes, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UnreachableError(
            detail=f"what answers there is no release door: {error}", remedy="look at --to"
        ) from error
