"""The release door: signed requests of developers' machines, release signers and the security team.

Each request carries a DPoP-style proof by a registered key over its method, address and body; nothing is asked of
whoever has none. The door parses, asks the desk and answers; what may be done is the desk's to know.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from flask import Blueprint, Response, request

from bff.bundles.deciding import Decision
from bff.bundles.desk import ReleaseDesk
from bff.bundles.intake import Opening
from bff.bundles.signers import Role
from bff.bundles.upload_models import ReleaseUpload
from bff.bundles.uploads import findings_of
from bff.doors.signed import SignedRequests, answered, parsed
from bff.errors import RequestInvalidError
from bff.kinds import instant
from bff.web.errors import MediaTypeError
from h5bundle.errors import ManifestError
from h5bundle.manifest import BUNDLE_ID
from h5bundle.versions import parse_version
from security.encoding import clean_text, is_digest
from security.errors import EncodingError
from security.release import APPROVE, REJECT

PIECE: Final = 1024 * 1024
"""Bytes of the largest piece of an upload: 1 MiB, within what is thrown away when a request is refused unread."""
BYTES: Final = "application/offset+octet-stream"
LONGEST_DECLARATION: Final = 64 * 1024
LONGEST_REASON: Final = 500
_ID: Final = re.compile(r"upl_[a-z0-9_]{6,36}")
_OFFSET: Final = re.compile(r"0|[1-9][0-9]{0,12}")


class OpeningBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The body of ``POST /uploads``."""

    bundle: str
    version: str
    length: int
    archive: str
    manifest: str
    signature: str
    declaration: str = ""


class DecisionBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The body of ``approve`` and ``reject``."""

    manifest: str
    widening: str
    reason: str
    signature: str


class ReasonBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The body of ``withdraw``."""

    reason: str


class NothingBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The body of ``complete``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleaseDoor:
    """The routes of remote publishing.

    Attributes:
        desk: decides and keeps.
        requests: establishes who asks.
    """

    desk: ReleaseDesk
    requests: SignedRequests

    def blueprint(self) -> Blueprint:
        """Make the routes."""
        routes = Blueprint("release", __name__, url_prefix="/release/v1/uploads")
        one = "/<upload>"
        rules: tuple[tuple[str, str, Callable[..., Response]], ...] = (
            ("", "POST", self.open),
            ("", "GET", self.list),
            (one, "PATCH", self.append),
            (one, "GET", self.show),
            (f"{one}/complete", "POST", self.complete),
            (f"{one}/withdraw", "POST", self.withdraw),
            (f"{one}/approve", "POST", self.approve),
            (f"{one}/reject", "POST", self.reject),
            (f"{one}/package", "GET", self.package),
        )
        for rule, method, view in rules:
            routes.add_url_rule(rule, view.__name__, view, methods=[method])
        return routes

    def open(self) -> Response:
        """Begin an upload, or find the living one of the same content."""
        signer, raw = self.requests.authenticate()
        body = parsed(raw, OpeningBody)
        _check_opening(body)
        asked = Opening(**{name: getattr(body, name) for name in OpeningBody.__struct_fields__})
        row, new = self.desk.intake.open(signer, asked, self.requests.clock())
        return self._answer(row, 201 if new else 200)

    def list(self) -> Response:
        """Give the newest uploads that the signer may see."""
        signer, _ = self.requests.authenticate()
        rows = self.desk.listed(signer, request.args.get("state"))
        return answered({"uploads": [_shown(row) for row in rows]})

    def append(self, upload: str) -> Response:
        """Take bytes in at ``Upload-Offset``."""
        request.max_content_length = PIECE
        signer, raw = self.requests.authenticate()
        if request.mimetype != BYTES:
            raise MediaTypeError(detail=f"Content-Type must be {BYTES}")
        offset = request.headers.get("Upload-Offset", "")
        if _OFFSET.fullmatch(offset) is None or not raw:
            raise RequestInvalidError(detail="Upload-Offset is a whole number, and bytes come with it", field="")
        return self._answer(self.desk.intake.append(signer, _named(upload), int(offset), raw, self.requests.clock()))

    def show(self, upload: str) -> Response:
        """Tell where an upload stands; for HEAD in the headers alone."""
        signer, _ = self.requests.authenticate()
        row = self.desk.see(signer, _named(upload))
        more = {} if signer.role is Role.DEVELOPER else {"declaration": row.declaration}
        return self._answer(row, more=more)

    def complete(self, upload: str) -> Response:
        """Have an upload checked."""
        signer, raw = self.requests.authenticate()
        parsed(raw, NothingBody)
        return self._answer(
            self.desk.intake.complete(signer, _named(upload), self.requests.clock(), self.requests.clock)
        )

    def withdraw(self, upload: str) -> Response:
        """Take an upload back."""
        signer, raw = self.requests.authenticate()
        reason = _reason(parsed(raw, ReasonBody).reason)
        return self._answer(self.desk.withdraw(signer, _named(upload), reason, self.requests.clock()))

    def approve(self, upload: str) -> Response:
        """Let a widening through."""
        return self._decide(upload, APPROVE)

    def reject(self, upload: str) -> Response:
        """Refuse a widening."""
        return self._decide(upload, REJECT)

    def package(self, upload: str) -> Response:
        """Give the zip to whoever decides on it or signs it."""
        signer, _ = self.requests.authenticate()
        row, data = self.desk.package(signer, _named(upload))
        name = f"{row.bundle}-{row.version}.zip"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return Response(data, content_type="application/zip", headers=headers)

    def _decide(self, upload: str, decision: str) -> Response:
        signer, raw = self.requests.authenticate()
        body = parsed(raw, DecisionBody)
        asked = Decision(
            decision=decision,
            manifest=body.manifest,
            widening=body.widening,
            reason=_reason(body.reason),
            signature=body.signature,
        )
        return self._answer(self.desk.decisions.decide(signer, _named(upload), asked, self.requests.clock))

    def _answer(self, row: ReleaseUpload, status: int = 200, more: Mapping[str, Any] | None = None) -> Response:
        response = answered({**_shown(row), "server": self.requests.public_url, **(more or {})}, status)
        response.headers["Upload-Offset"] = str(row.received)
        response.headers["Upload-Length"] = str(row.length)
        response.headers["Upload-Expires"] = instant(row.expires_at)
        if status == 201:  # noqa: PLR2004 - Created
            response.headers["Location"] = f"{self.requests.public_url}{request.path}/{row.upload_id}"
        return response


def _shown(row: ReleaseUpload) -> dict[str, Any]:
    """Give an upload as it is answered."""
    return {
        "uploadId": row.upload_id,
        "bundle": row.bundle,
        "version": row.version,
        "manifest": row.manifest,
        "archive": row.archive,
        "length": row.length,
        "offset": row.received,
        "piece": PIECE,
        "state": str(row.state),
        "findings": findings_of(row),
        "widening": json.loads(row.widening),
        "wideningDigest": row.widening_digest,
        "reason": row.reason or "",
        "uploader": row.jkt,
        "createdAt": instant(row.created_at),
        "expiresAt": instant(row.expires_at),
    }


def _check_opening(body: OpeningBody) -> None:
    """Hold the forms of what is announced."""
    try:
        parse_version(body.version)
    except ManifestError as error:
        raise RequestInvalidError(detail=error.detail, field="version") from error
    good = {
        "bundle": BUNDLE_ID.fullmatch(body.bundle) is not None,
        "length": body.length > 0,
        "archive": is_digest(body.archive),
        "manifest": is_digest(body.manifest),
        "declaration": len(body.declaration.encode(errors="replace")) <= LONGEST_DECLARATION,
    }
    for field, held in good.items():
        if not held:
            raise RequestInvalidError(detail=f"{field} is not in its form", field=field)


def _reason(text: str) -> str:
    """Hold that a reason is a sentence that people can read."""
    try:
        cleaned = clean_text(text).strip()
    except EncodingError as error:
        raise RequestInvalidError(detail=error.detail, field="reason") from error
    if not cleaned or cleaned != text or len(text) > LONGEST_REASON:
        message = f"reason is 1 to {LONGEST_REASON} characters without blanks around them"
        raise RequestInvalidError(detail=message, field="reason")
    return text


def _named(upload: str) -> str:
    """Give an upload's id when it has the form of one, else one that nothing has."""
    return upload if _ID.fullmatch(upload) else "upl_"
