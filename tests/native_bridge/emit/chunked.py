"""Vectors of calls that answer in parts, for every emitted core."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from native_bridge.model import COMPILED

LIMITS: Final = json.loads(COMPILED.read_bytes())["envelope"]
MANIFEST: Final = {
    "bundle": "wealth",
    "version": "1.0.0",
    "contract": {"min": "1.0", "max": "1.1"},
    "permissions": {"net.upload": 1, "net.request": 1},
    "events": [],
    "ops": ["wealth.file.add"],
    "purposes": [],
}
ANSWER: Final = {"status": 200, "body": None}
FINISHED: Final = {"do": "finish", "method": "net.upload", "returns": ANSWER}


def step(step: Mapping[str, Any], *replies: Mapping[str, Any]) -> dict[str, Any]:
    return {**step, "replies": list(replies)}


def asked(method: str, n: int = 1, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
    given = {"op": "wealth.file.add", **(params or {})}
    message = {"v": 1, "t": "req", "s": "VECTOR-TOKEN", "n": n, "id": f"r{n}", "m": method, "mv": 1, "p": given}
    return step({"do": "receive", "message": message})


UPLOAD: Final = asked("net.upload", params={"fileToken": "fil_01234567"})


def sends(payload: Any, *replies: Mapping[str, Any], method: str = "net.upload") -> dict[str, Any]:
    return step({"do": "chunk", "method": method, "payload": payload}, *replies)


def chunk(seq: int, sent: int) -> dict[str, Any]:
    return {"v": 1, "t": "chunk", "id": "r1", "seq": seq, "p": {"sent": sent, "total": 9}}


def failed(code: str, *, retryable: bool = False, name: str = "r1") -> dict[str, Any]:
    return {
        "v": 1,
        "t": "res",
        "id": name,
        "ok": False,
        "e": {"code": code, "retryable": retryable, "details": {}},
    }


DONE: Final = {"v": 1, "t": "res", "id": "r1", "ok": True, "r": ANSWER}
CANCEL: Final = {"v": 1, "t": "cancel", "s": "VECTOR-TOKEN", "n": 2, "id": "r1"}
LATE_CHUNK: Final = {"kind": "late", "id": "r1", "ok": False, "code": "", "reason": "a chunk after the answer"}


def vector(
    steps: Sequence[Mapping[str, Any]], audit: Sequence[Mapping[str, Any]], method: str = "net.upload"
) -> dict[str, Any]:
    params = steps[0]["message"]["p"]
    return {
        "manifest": MANIFEST,
        "methods": {method: [{"waits": True}]},
        "steps": list(steps),
        "calls": {method: [{"bundle": "wealth", "params": params}]},
        "audit": list(audit),
    }


def told(code: str, chunks: int | None, *, ok: bool = False) -> dict[str, Any]:
    return {"kind": "call", "id": "r1", "method": "net.upload", "ok": ok, "code": code, "chunks": chunks}


CHUNKED: Final = {
    "in order, cut to the type, counted": vector(
        [
            UPLOAD,
            sends({"sent": 1, "total": 9, "path": "/secret"}, chunk(0, 1)),
            sends({"sent": 9, "total": 9}, chunk(1, 9)),
            step(FINISHED, DONE),
        ],
        [told("", 2, ok=True)],
    ),
    "of another shape": vector(
        [UPLOAD, sends({"sent": "1", "total": 9}, failed("INTERNAL")), step(FINISHED)],
        [told("INTERNAL", None), {"kind": "late", "ok": True}],
    ),
    "of a method that declares none": vector(
        [asked("net.request"), sends({"sent": 1, "total": 9}, failed("INTERNAL"), method="net.request")],
        [{"kind": "call", "method": "net.request", "code": "INTERNAL", "chunks": None}],
        "net.request",
    ),
    "after a cancel, told once": vector(
        [
            UPLOAD,
            sends({"sent": 1, "total": 9}, chunk(0, 1)),
            step({"do": "receive", "message": CANCEL}, failed("CANCELLED")),
            sends({"sent": 2, "total": 9}),
            sends({"sent": 3, "total": 9}),
            step(FINISHED),
        ],
        [told("CANCELLED", 1), LATE_CHUNK, {"kind": "late", "ok": True}],
    ),
    "a chunk does not prolong the time": vector(
        [
            UPLOAD,
            step({"do": "wait", "ms": 599_999}),
            sends({"sent": 1, "total": 9}, chunk(0, 1)),
            step({"do": "wait", "ms": 1}, failed("TIMEOUT", retryable=True)),
            sends({"sent": 2, "total": 9}),
        ],
        [told("TIMEOUT", 1), LATE_CHUNK],
    ),
    "after the end of the session": vector(
        [UPLOAD, step({"do": "end", "reason": "navigation"}), sends({"sent": 1, "total": 9})],
        [told("INTERRUPTED", None), {"kind": "session", "reason": "ended: navigation"}, LATE_CHUNK],
    ),
    "more than a call may send": vector(
        [
            UPLOAD,
            *(sends({"sent": 1, "total": 9}, chunk(seq, 1)) for seq in range(LIMITS["chunks"])),
            sends({"sent": 1, "total": 9}, failed("INTERNAL")),
        ],
        [told("INTERNAL", LIMITS["chunks"])],
    ),
}
