"""The model sees what a host must not do."""

import json
from typing import Any

import pytest

from native_bridge.model import COMPILED
from tests.native_bridge.fuzz.model import Model

CONTRACT = json.loads(COMPILED.read_text(encoding="utf-8"))
RESULT = {"v": 1, "t": "res", "id": "r1", "ok": True, "r": {}}
CHUNK = {"v": 1, "t": "chunk", "id": "r1", "seq": 0, "p": {}}
EVENT = {"v": 1, "t": "evt", "e": "theme.changed", "seq": 1, "p": {}}
END = {"v": 1, "t": "end", "e": {"code": "RATE_LIMITED"}}
WELCOME = {"v": 1, "t": "welcome"}


@pytest.mark.parametrize(
    "replies",
    [
        [RESULT, RESULT],
        [RESULT | {"id": "r2"}],
        [RESULT, CHUNK],
        [CHUNK, CHUNK],
        [CHUNK | {"seq": 1}],
        [EVENT],
        [WELCOME, WELCOME],
        [WELCOME, EVENT | {"seq": 2}],
        [END, RESULT],
        [RESULT | {"e": {"code": "NO_SUCH"}}],
        [RESULT | {"r": "<"}],
        [{"v": 1, "t": "init"}],
    ],
)
def test_a_broken_promise_is_seen(replies: list[dict[str, Any]]) -> None:
    model = Model(CONTRACT)
    model.asked = {"r1"}
    with pytest.raises(AssertionError):
        model.hears([json.dumps(reply) for reply in replies])


def test_a_kept_promise_passes() -> None:
    model = Model(CONTRACT)
    model.asked = {"r1"}
    model.hears([json.dumps(reply) for reply in (WELCOME, EVENT, CHUNK, CHUNK | {"seq": 1}, RESULT, END)])
    assert model.answered == {"r1"}
