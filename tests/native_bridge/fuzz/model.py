"""A small model of a session: what a host may send, whatever it is given."""

import json
from typing import Any

TOKEN = "VECTOR-TOKEN"
FIRST = '{"v":1,"t":"init","nonce":"VECTOR-NONCE"}'
CODES_WITHOUT_ID = ("err", "end")


class Model:
    """Holds each text that a host sends against what was asked before."""

    def __init__(self, contract: dict[str, Any]) -> None:
        """Start before welcome."""
        self.errors = contract["errors"]
        self.asked: set[str] = set()
        self.answered: set[str] = set()
        self.chunks: dict[str, int] = {}
        self.events = 0
        self.welcomed = False
        self.over = False

    def hears(self, texts: list[str]) -> None:
        """Take what the host sent after one command."""
        for text in texts:
            assert len(text.encode()) <= 262144
            assert not any(sign in text for sign in "<\u2028\u2029")
            assert not self.over, f"after the end: {text}"
            self.hear(json.loads(text))

    def hear(self, reply: dict[str, Any]) -> None:
        """Take one message."""
        kind = reply["t"]
        if isinstance(reply.get("e"), dict):
            assert reply["e"]["code"] in self.errors
        if kind == "res":
            assert reply["id"] in self.asked
            assert reply["id"] not in self.answered, "a second terminal answer"
            self.answered.add(reply["id"])
        elif kind == "chunk":
            assert reply["id"] in self.asked - self.answered
            assert reply["seq"] == self.chunks.get(reply["id"], 0)
            self.chunks[reply["id"]] = reply["seq"] + 1
        elif kind == "evt":
            assert self.welcomed
            assert reply["seq"] == self.events + 1
            self.events += 1
        elif kind == "welcome":
            assert not self.welcomed
            self.welcomed = True
        elif kind == "end":
            self.over = True
        else:
            assert kind in ("err", "pong")
