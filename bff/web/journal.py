"""One log line per request, as facts: route, status, duration, names; never a value that a customer typed."""

import logging
import time
from typing import Final

from flask import Flask, Response, g, request

from bff.web.names import names

_log: Final = logging.getLogger("tidegate.access")


def register(app: Flask) -> None:
    """Log every request when it is answered; the route is logged, not the address that was called."""

    def start() -> None:
        g.tidegate_started = time.perf_counter()

    def finish(response: Response) -> Response:
        if _log.isEnabledFor(logging.INFO):
            rule = request.url_rule.rule if request.url_rule is not None else "(none)"
            started = g.get("tidegate_started")
            took = 0.0 if started is None else (time.perf_counter() - started) * 1000
            facts = {"method": request.method, "route": rule, "status": response.status_code, "ms": round(took, 2)}
            line = (request.method, rule, response.status_code)
            _log.info("%s %s %s", *line, extra={**facts, **names().facts()})
        return response

    app.before_request(start)
    app.after_request(finish)
