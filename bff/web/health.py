"""Whether the process lives and whether it can serve: ``/healthz`` and ``/readyz``."""

import logging
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import msgspec
from flask import Blueprint, Response

Check: TypeAlias = Callable[[], None]
"""Looks at one thing that serving needs and raises when it is not there."""

_log = logging.getLogger(__name__)
_JSON: Final = "application/json"


def blueprint(checks: Mapping[str, Check]) -> Blueprint:
    """Make the two routes.

    Args:
        checks: by name, ``database``, ``repository``, ``keys``; each is bounded in time by its own time-outs.
    """
    routes = Blueprint("health", __name__)

    def live() -> Response:
        return Response(b'{"status":"ok"}', content_type=_JSON)

    def ready() -> Response:
        found = {name: _outcome(name, check) for name, check in checks.items()}
        fine = all(outcome == "ok" for outcome in found.values())
        body = msgspec.json.encode({"status": "ok" if fine else "failed", "checks": found})
        return Response(body, 200 if fine else 503, content_type=_JSON)

    routes.add_url_rule("/healthz", view_func=live, endpoint="live")
    routes.add_url_rule("/readyz", view_func=ready, endpoint="ready")
    return routes


def _outcome(name: str, check: Check) -> str:
    try:
        check()
    except Exception as error:  # noqa: BLE001 whatever is wrong, this instance is not ready
        _log.warning("not ready: %s: %s", name, type(error).__name__)
        return "failed"
    return "ok"
