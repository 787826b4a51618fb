"""The door for signatures: release signers and the security team fetch what waits, and hand in what they signed."""

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Final

from flask import Blueprint, Response, request

from bff.bundles.proposing import ProposalDesk
from bff.doors.signed import JSON, SignedRequests, answered
from bff.web.errors import MediaTypeError
from h5bundle.proposals import Listed

LARGEST: Final = 1024 * 1024
"""Bytes of the largest file that is taken over HTTP; a larger one is joined where the repository is."""
_NAME: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, kw_only=True, slots=True)
class ProposalDoor:
    """The routes of signatures.

    Attributes:
        desk: keeps, joins and promotes.
        requests: establishes who asks.
    """

    desk: ProposalDesk
    requests: SignedRequests

    def blueprint(self) -> Blueprint:
        """Make the routes."""
        routes = Blueprint("proposals", __name__, url_prefix="/release/v1/proposals")
        rules: tuple[tuple[str, str, Callable[..., Response]], ...] = (
            ("", "GET", self.list),
            ("/<name>", "GET", self.file),
            ("/<name>", "POST", self.hand_in),
        )
        for rule, method, view in rules:
            routes.add_url_rule(rule, view.__name__, view, methods=[method])
        return routes

    def list(self) -> Response:
        """Give every proposal with its state."""
        signer, _ = self.requests.authenticate()
        found = self.desk.listed(signer, self.requests.clock())
        return answered({"proposals": [_shown(one) for one in found]})

    def file(self, name: str) -> Response:
        """Give a proposal's file."""
        signer, _ = self.requests.authenticate()
        data = self.desk.file(signer, _named(name))
        return Response(data, content_type=JSON, headers={"Cache-Control": "no-store"})

    def hand_in(self, name: str) -> Response:
        """Take signatures in."""
        request.max_content_length = LARGEST
        signer, raw = self.requests.authenticate()
        if request.mimetype != JSON:
            raise MediaTypeError(detail="Content-Type must be application/json")
        return answered(_shown(self.desk.hand_in(signer, _named(name), raw, self.requests.clock)))


def _shown(one: Listed) -> dict[str, Any]:
    """Give a proposal as it is answered."""
    return asdict(one)


def _named(name: str) -> str:
    """Give a proposal's name when it has the form of one, else one that none has."""
    return name if _NAME.fullmatch(name) else "none"
