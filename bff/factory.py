"""The Flask application from its parts: errors, names, limits, doors, health and the interface page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from flask import Blueprint, Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from bff.doors.app import AppDoor
from bff.kinds import Channel
from bff.web import errors, floods, health, journal, names, openapi, protection, reference
from bff.web.health import Check
from bff.web.problems import ProblemCatalogue


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """What an application is made of.

    Attributes:
        door: the app's door with the bus behind it.
        checks: what must be there before the instance may serve, by name.
        version: of the interface.
        blueprints: further routes: the shell's host, the release repository.
        trusted_proxies: how many reverse proxies in front may set X-Forwarded-For, -Proto and -Host; with 0 these
            headers mean nothing.
        tokens_url: address of the design tokens' style sheet, for the interface page.
        anonymous_limit: ceiling on requests without a token from one address, ``2400/minute``; empty for none.
        counters: where that ceiling is counted, ``memory://`` or a Redis URL.
    """

    door: AppDoor
    checks: Mapping[str, Check]
    version: str = "1.0"
    blueprints: Sequence[Blueprint] = ()
    trusted_proxies: int = 0
    tokens_url: str = "/shell/css/tokens.css"
    anonymous_limit: str = ""
    counters: str = "memory://"


def create_flask(parts: Parts) -> Flask:
    """Build the application."""
    app = Flask("tidegate", static_folder=None)
    errors.register(app)
    protection.register(app, https=parts.door.public_url.startswith("https:"))
    journal.register(app)
    names.register(app, parts.door.new_bytes)
    if parts.anonymous_limit:
        floods.register(app, limit=parts.anonymous_limit, storage_uri=parts.counters, clock=parts.door.clock)
    problems = ProblemCatalogue()
    app.register_blueprint(health.blueprint(parts.checks))
    app.register_blueprint(parts.door.blueprint())
    app.register_blueprint(reference.blueprint(_describer(parts, problems), problems, tokens_url=parts.tokens_url))
    for routes in parts.blueprints:
        app.register_blueprint(routes)
    if parts.trusted_proxies:
        count = parts.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign] # Flask's documented way to wrap
    return app


def _describer(parts: Parts, problems: ProblemCatalogue) -> Callable[[], Mapping[str, Any]]:
    @cache
    def document() -> Mapping[str, Any]:
        operations = [item for item in parts.door.bus.catalogue if Channel.APP in item.channels]
        return openapi.describe(operations, problems, server=parts.door.public_url, version=parts.version)

    return document
