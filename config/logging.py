"""Logging of one instance: lines for people, or one JSON object a line for collectors; the same facts in both.

Invariant: every line leaves through the mask, tracebacks included.
"""

import json
import logging
from typing import Final

from config.settings import Settings
from security.masking import masked, masked_facts

OWN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """One object a line: time, level, logger, message, and whatever the caller gave as ``extra``."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line."""
        facts = {key: value for key, value in vars(record).items() if key not in OWN}
        line = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **facts,
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(masked_facts(line), ensure_ascii=False, default=lambda value: masked(str(value)))


class TextFormatter(logging.Formatter):
    """One line, and below it the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line."""
        return masked(super().format(record))


def configure(settings: Settings) -> None:
    """Point the root logger at standard error in the chosen format and level."""
    handler = logging.StreamHandler()
    text = TextFormatter("%(asctime)s %(levelname)-7s %(name)s  %(message)s", "%H:%M:%S")
    handler.setFormatter(JsonFormatter() if settings.log_format == "json" else text)
    logging.basicConfig(handlers=[handler], level=settings.log_level.upper(), force=True)
    logging.getLogger("alembic").setLevel("WARNING")
