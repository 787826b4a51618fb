"""The app's door: HTTP in, bus call, HTTP out; a route for each operation of the catalogue below ``/app/v1``.

A request's path, query and body become one payload; a name given twice is refused. Who sends it, under which key and
from which bundle, the authenticator establishes.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from flask import Blueprint, Response, request

from bff.bus import Bus, Call
from bff.catalogue import Catalogue, Download, Operation, Upload
from bff.doors.body import read_body, read_file
from bff.errors import ALGS, RequestInvalidError
from bff.kinds import Channel, Clock, Context, NewBytes, NewId
from bff.sessions.authenticator import Authenticator, Nonces, Presented
from bff.sessions.errors import ProofInvalidError, TokenMissingError
from bff.web.names import names

PREFIX: Final = "/app/v1"
_JSON: Final = "application/json"
_READS: Final = frozenset({"GET", "HEAD"})
_EMPTY_HASH: Final = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class AppDoor:
    """What the door works with.

    Attributes:
        bus: where calls go; authenticator: who sends them; nonces: for the next proof.
        public_url: origin at which apps reach this instance, without a path; proofs are bound to it.
        clock, new_id, new_bytes: time and chance of each call.
    """

    bus: Bus
    authenticator: Authenticator
    nonces: Nonces
    public_url: str
    clock: Clock
    new_id: NewId
    new_bytes: NewBytes

    def blueprint(self) -> Blueprint:
        """Make the routes."""
        routes = Blueprint("app", __name__, url_prefix=PREFIX)
        for operation in self.bus.catalogue:
            if Channel.APP in operation.channels:
                rule = operation.path.replace("{", "<string:").replace("}", ">")
                view = self._view(operation)
                endpoint = operation.code.replace(".", "-")
                routes.add_url_rule(rule, endpoint, view, methods=[operation.method], provide_automatic_options=False)
        listing = catalogue_listing(self.bus.catalogue)
        routes.add_url_rule("/catalogue", "catalogue", lambda: Response(listing, content_type=_JSON), methods=["GET"])
        routes.after_request(self._say_how_to_prove)
        return routes

    def _view(self, operation: Operation) -> Callable[..., Response]:
        wire = dict(zip(operation.request.__struct_fields__, operation.request.__struct_encode_fields__, strict=True))

        def view(**path: str) -> Response:
            named = {wire.get(name, name): value for name, value in path.items()}
            return self._answer(operation, named)

        return view

    def _answer(self, operation: Operation, path: Mapping[str, str]) -> Response:
        now = self.clock()
        headers = request.headers
        proof = _proof()
        presented = Presented(
            method=request.method,
            url=self.public_url + request.path,
            authorization=headers.get("Authorization"),
            proof=proof,
            address=request.remote_addr or "",
            now=now,
        )
        caller = self.authenticator.authenticate(presented)
        if operation.scope is not None and caller.device_id is None:
            raise TokenMissingError(detail=f"{operation.code} needs an access token and its proof")
        payload, body_hash = self._payload(operation, path)
        context = Context(
            caller=caller,
            now=now,
            new_id=self.new_id,
            new_bytes=self.new_bytes,
            request_id=names().request_id,
            proof=proof or "",
            body_hash=body_hash,
            method=presented.method,
            url=presented.url,
        )
        reply = self.bus.call(Call(operation.code, payload, context, headers.get("Idempotency-Key")))
        response = Response(reply.body, reply.status, content_type=reply.content_type)
        response.headers.update(reply.headers)
        return response

    def _payload(self, operation: Operation, path: Mapping[str, str]) -> tuple[dict[str, Any], str]:
        """Merge path, query and body.

        Raises:
            RequestInvalidError: a name stands in two of them, or twice in one.
        """
        body, body_hash = _body(operation)
        if request.method not in _READS and request.args:
            raise RequestInvalidError(detail="only a GET takes query parameters", field=next(iter(request.args)))
        merged: dict[str, Any] = dict(path)
        query = {} if not request.query_string else _query()
        for part in (query, body):
            for name, value in part.items():
                if name in merged:
                    raise RequestInvalidError(detail=f"{name[:40]} is given twice", field=name[:40])
                merged[name] = value
        return merged, body_hash

    def _say_how_to_prove(self, response: Response) -> Response:
        """Hand out the nonce, and with a challenge the suites in which a proof may be."""
        response.headers["DPoP-Nonce"] = self.nonces.issue(self.clock())
        challenge = response.headers.get("WWW-Authenticate")
        if challenge is not None:
            accepted = f'algs="{" ".join(self.authenticator.suites)}"'
            response.headers["WWW-Authenticate"] = challenge.replace(ALGS, accepted)
        return response


def catalogue_listing(catalogue: Catalogue) -> bytes:
    """Give what ``GET /app/v1/catalogue`` answers: how each operation is called."""
    rows = [
        {
            "code": operation.code,
            "method": operation.method,
            "path": operation.path,
            "changes": operation.changes,
            "idempotency": operation.idempotency.value,
            "scope": None if operation.scope is None else operation.scope.value,
            "fromShell": operation.from_shell,
            "upload": _file_of(operation.upload),
            "download": _file_of(operation.download),
        }
        for operation in catalogue
        if Channel.APP in operation.channels
    ]
    return msgspec.json.encode(rows)


def _file_of(declared: Upload | Download | None) -> dict[str, Any] | None:
    """Give what a client has to know of a file that an operation takes or answers with."""
    if declared is None:
        return None
    return {"mediaTypes": sorted(declared.media_types), "mostBytes": declared.most_bytes}


def _body(operation: Operation) -> tuple[dict[str, Any], str]:
    """Read what the operation takes as its body."""
    if request.method in _READS:
        return {}, _EMPTY_HASH
    return read_body(request) if operation.upload is None else read_file(request, operation.upload)


def _proof() -> str | None:
    """Give the DPoP header, which may stand once only.

    Raises:
        ProofInvalidError: it stands twice (RFC 9449, 4.3); servers in front might have looked at the other one.
    """
    value = request.headers.get("DPoP")
    if value is not None and "," in value:
        raise ProofInvalidError(detail="the DPoP header stands twice")
    return value


def _query() -> dict[str, str]:
    query: dict[str, str] = {}
    for name, values in request.args.lists():
        if len(values) != 1:
            raise RequestInvalidError(detail=f"{name[:40]} is given twice", field=name[:40])
        query[name] = values[0]
    return query
