"""Arbitrary texts and arbitrary sequences against a host: no error escapes, and the model holds.

``TIDEGATE_FUZZ_EXAMPLES=5000`` makes the run longer.
"""

import json
import os
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from native_bridge.hostprocess import HostProcess
from native_bridge.model import COMPILED
from tests.native_bridge.fuzz.model import FIRST, TOKEN, Model

CONTRACT = json.loads(COMPILED.read_text(encoding="utf-8"))
EXAMPLES = int(os.getenv("TIDEGATE_FUZZ_EXAMPLES", "40"))
GRANTED = {"store.set": 1, "net.upload": 1, "tx.sign": 1}
OTHERS = ("app.info", "store.get", "constructor", "no.such")
INPUTS: dict[str, Any] = {
    "store.set": {"key": "a", "value": 1},
    "net.upload": {"op": "wealth.file.put", "fileToken": "fil_12345678"},
    "tx.sign": {"challengeId": "chl_12345678"},
}
OPEN = {
    "do": "open",
    "manifest": {
        "bundle": "wealth",
        "version": "1.0.0",
        "contract": {"min": "1.0", "max": "1.1"},
        "permissions": GRANTED,
        "events": ["network.changed"],
        "ops": ["wealth.file.put"],
        "purposes": [],
    },
    "policy": sorted(CONTRACT["methods"]),
    "killList": [],
    "methods": {name: [{"waits": True}] for name in (*GRANTED, "app.info", "store.get")},
}
HELLO = {"v": 1, "t": "hello", "nonce": "VECTOR-NONCE", "sdk": "fuzz", "contract": CONTRACT["contract"]}
HELLO |= {"hash": f"sha256-{'0' * 64}", "need": {}, "want": {}}

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
ids = st.sampled_from([f"r{number}" for number in range(6)])
counters = st.integers(0, 40)
methods = st.sampled_from([*GRANTED, *OTHERS])
tokens = st.sampled_from([TOKEN] * 6 + ["", "other"])
requests = st.builds(
    lambda n, id_, m, s, p: {
        "v": 1,
        "t": "req",
        "s": s,
        "n": n,
        "id": id_,
        "m": m,
        "mv": 1,
        "p": INPUTS.get(m, {}) | p,
    },
    counters,
    ids,
    methods,
    tokens,
    st.just({}) | st.dictionaries(st.sampled_from(["key", "op", "bundle", "__proto__"]), values, max_size=1),
)
cancels = st.builds(lambda n, id_, s: {"v": 1, "t": "cancel", "s": s, "n": n, "id": id_}, counters, ids, tokens)
others = st.just(HELLO) | st.builds(lambda n: {"v": 1, "t": "ping", "n": n}, counters) | values
texts = st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: raw.decode("latin-1"))
received = st.one_of(requests, requests, requests, cancels, others).map(json.dumps) | texts | st.none()
granted = st.sampled_from(sorted(GRANTED))
payloads = st.builds(lambda sent: {"sent": sent, "total": 9}, st.integers(0, 9)) | values
commands = st.one_of(
    received.map(lambda raw: {"do": "receive", "raw": raw}),
    st.builds(lambda method, value: {"do": "finish", "method": method, "returns": value}, granted, values),
    st.builds(
        lambda method, code: {"do": "finish", "method": method, "throws": {"code": code}},
        granted,
        st.sampled_from([*CONTRACT["errors"], "X"]),
    ),
    st.builds(lambda payload: {"do": "chunk", "method": "net.upload", "payload": payload}, payloads),
    st.integers(1, 400_000).map(lambda ms: {"do": "wait", "ms": ms}),
    st.booleans().map(lambda online: {"do": "emit", "event": "network.changed", "payload": {"online": online}}),
    granted.map(lambda method: {"do": "revoke", "method": method}),
)
endings = st.just([]) | st.just([{"do": "end", "reason": "navigation"}])
runs = st.tuples(st.booleans(), st.lists(commands, max_size=30), endings, st.lists(commands, max_size=4))
bounded = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def ids_in(raw: str | None) -> set[str]:
    try:
        message = json.loads(raw or "")
    except (ValueError, RecursionError):
        return set()
    return {message["id"]} if isinstance(message, dict) and isinstance(message.get("id"), str) else set()


def follow(host: HostProcess, model: Model, command: dict[str, Any]) -> None:
    if command["do"] == "receive":
        model.asked |= ids_in(command["raw"])
    answer = host.ask(command)
    if command["do"] in ("finish", "chunk") and "error" in answer:
        return  # no call of that method waits
    assert list(answer) == ["sent"], answer
    model.hears(answer["sent"])
    model.over = model.over or command["do"] == "end"


def keeps_its_promises(host: HostProcess) -> None:
    """Hold that whatever comes, a session answers each call once and calls nothing that was not granted."""

    @bounded
    @given(run=runs)
    def held(run: tuple[bool, list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]) -> None:
        greets, before, ending, after = run
        model = Model(CONTRACT)
        assert host.ask(OPEN) == {"sent": [FIRST]}
        for command in [*([{"do": "receive", "raw": json.dumps(HELLO)}] if greets else []), *before, *ending, *after]:
            follow(host, model, command)
        kept = host.ask({"do": "close"})
        assert set(kept["calls"]) <= set(GRANTED)
        assert {call["bundle"] for calls in kept["calls"].values() for call in calls} <= {"wealth"}
        told = [entry["id"] for entry in kept["audit"] if entry["kind"] == "call"]
        assert sorted(set(told)) == sorted(told)
        assert model.answered <= set(told)

    held()


def calls_nothing_for_rubbish(host: HostProcess) -> None:
    """Hold that before the greeting nothing is called, whatever comes."""

    @bounded
    @given(raws=st.lists(texts | values.map(json.dumps), min_size=1, max_size=20))
    def held(raws: list[str]) -> None:
        model = Model(CONTRACT)
        host.ask(OPEN)
        for raw in raws:
            follow(host, model, {"do": "receive", "raw": raw})
        assert host.ask({"do": "close"})["calls"] == {}

    held()


def answers_every_command(host: HostProcess) -> None:
    """Hold that a command that is none is told, and ends nothing."""

    @bounded
    @given(line=texts.filter(lambda text: "\n" not in text and "\r" not in text))
    def held(line: str) -> None:
        assert list(host.ask({"do": line})) == ["error"] or line in ("about", "close", "verify", "window")

    held()


EVERY = (keeps_its_promises, calls_nothing_for_rubbish, answers_every_command)
