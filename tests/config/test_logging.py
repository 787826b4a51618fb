import json
import logging

from config.logging import JsonFormatter


def test_a_line_is_one_object_with_the_extras() -> None:
    given = {"name": "bff", "levelname": "INFO", "msg": "took %d ms", "args": (3,), "request": "r1"}
    record = logging.makeLogRecord(given)
    line = json.loads(JsonFormatter().format(record))
    assert {key: line[key] for key in ("level", "logger", "message", "request")} == {
        "level": "info",
        "logger": "bff",
        "message": "took 3 ms",
        "request": "r1",
    }
