"""Writes the vectors of methods, events and bounds: ``python -m tests.native_bridge.vector_scripts``.

What a host must do is stated here by hand; nothing is recorded from a host.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from native_bridge.conformance import VECTORS
from native_bridge.model import COMPILED, load

CONTRACT: Final = load(COMPILED.read_bytes())
OPS: Final = ["wealth.product.list", "accounts.application.document"]
INSTANT: Final = "2026-11-26T08:00:00Z"
THUMB: Final = "AC3epfNx4owM_QvTmvalXwO6ITy1MSrLn7dCEyfsyxk"
DIGEST: Final = "0" * 64

CALLS: Final[Mapping[str, tuple[dict[str, Any], dict[str, Any]]]] = {
    "app.info": (
        {},
        {
            "platform": "android",
            "version": "8.2.0",
            "locale": "zh-CN",
            "theme": "light",
            "insets": {"top": 24, "bottom": 34, "left": 0, "right": 0},
            "env": "production",
            "bank": {"zh": "澜江银行", "en": "Lanjiang Bank"},
        },
    ),
    "app.ready": ({}, {}),
    "auth.biometricInfo": ({}, {"kind": "fingerprint", "enrolled": True}),
    "auth.verifyUser": ({}, {"factor": "fingerprint", "verifiedAt": INSTANT}),
    "device.bind": ({}, {"state": "ACTIVE", "boundAt": INSTANT}),
    "device.status": ({}, {"state": "ACTIVE", "level": "tee", "model": None, "keyId": THUMB}),
    "device.unbind": ({}, {"state": "REMOVED"}),
    "file.save": ({"name": "对账单 2026-11", "kind": "csv", "content": "5pel5pyfLA"}, {"saved": True}),
    "input.securePin": ({"purpose": "card"}, {"cipherRef": "pin_01jd3p", "expiresAt": INSTANT}),
    "log.event": ({"level": "info", "name": "order.form.shown", "fields": {"step": "2"}}, {}),
    "media.pick": (
        {"kind": "image", "maxCount": 2},
        {"files": [{"fileToken": "fil_01jd3p", "name": "a.png", "mediaType": "image/png", "size": 1}]},
    ),
    "nav.close": ({"result": {"chosen": 3}}, {}),
    "nav.open": ({"route": "wealth#/order/ord_1", "params": {"from": "home"}}, {"result": None}),
    "nav.openExternal": ({"linkId": "regulator.complaints"}, {}),
    "nav.setBackGuard": ({"enabled": True}, {}),
    "net.request": ({"op": OPS[0], "idempotencyKey": "key-00000001"}, {"status": 200, "body": {"products": []}}),
    "net.upload": ({"op": OPS[1], "fileToken": "fil_01jd3p"}, {"status": 200, "body": None}),
    "scan.code": ({"formats": ["qr"]}, {"format": "qr", "text": "https://example.com/?a=1"}),
    "screen.protect": ({"enabled": True}, {}),
    "session.logout": ({}, {}),
    "session.status": ({}, {"state": "customer", "customer": {"name": "陈*"}, "deviceState": "ACTIVE"}),
    "session.stepUp": ({}, {"verifiedAt": INSTANT, "until": None}),
    "share.open": ({"text": "年化 2.35%"}, {"shared": True}),
    "store.get": ({"key": "draft.amount"}, {"value": [1, {"a": None}]}),
    "store.remove": ({"key": "draft.amount"}, {}),
    "store.set": ({"key": "draft.amount", "value": {"fen": 5000000}}, {}),
    "tx.sign": (
        {"challengeId": "chl_0123456789"},
        {
            "approval": "A" * 40 + "." + "B" * 86,
            "keyId": THUMB,
            "displayHash": DIGEST,
            "operationId": "opr_1",
            "status": "APPROVED",
            "result": {"orderId": "ord_1"},
        },
    ),
    "ui.setTitleBar": ({"title": "产品详情", "leading": "close"}, {}),
}
"""A call of every method, and an answer that the contract allows."""


EVENTS: Final[Mapping[str, dict[str, Any]]] = {
    "bundle.updateReady": {"version": "1.1.0"},
    "device.bindingChanged": {"state": "ACTIVE", "level": "tee", "keyId": THUMB, "boundAt": INSTANT},
    "grant.revoked": {"method": "tx.sign"},
    "network.changed": {"online": False},
    "page.back": {"by": "gesture"},
    "page.hidden": {},
    "page.shown": {"route": "wealth#/order/ord_1", "params": {"a": 1}, "caller": "accounts", "result": None},
    "session.changed": {"state": "none", "customer": None},
    "theme.changed": {"theme": "dark", "locale": "en"},
}
"""A payload of every event."""

BOUNDS: Final[Sequence[tuple[str, str, Sequence[dict[str, Any]], Sequence[dict[str, Any]]]]] = (
    (
        "text-length",
        "ui.setTitleBar",
        [{"title": "字" * 40}, {"title": "𠮷" * 40}],
        [{"title": ""}, {"title": "x" * 41}, {"title": "a\u202eb"}],
    ),
    (
        "numbers",
        "media.pick",
        [{"kind": "image", "maxCount": 1}, {"kind": "image", "maxCount": 9}],
        [{"kind": "image", "maxCount": wrong} for wrong in (0, 10, 1.5, "1", True)],
    ),
    (
        "lists",
        "scan.code",
        [{"formats": ["qr"]}, {"formats": ["qr", "ean13", "code128", "pdf417"]}],
        [{"formats": []}, {"formats": ["qr"] * 5}, {"formats": ["QR"]}, {"formats": "qr"}],
    ),
    (
        "maps",
        "log.event",
        [{"level": "info", "name": "a", "fields": {f"f{n}": "" for n in range(20)}}],
        [
            {"level": "info", "name": "a", "fields": fields}
            for fields in ({f"f{n}": "" for n in range(21)}, {"1x": ""}, {"x": 1}, {"x": "y" * 501})
        ],
    ),
)
"""Inputs of a method that are just allowed, and some that are not."""


class Script:
    """One session: what comes in, and what a host must do."""

    def __init__(self, title: str, *methods: str, **changes: Any) -> None:
        """Begin with a manifest that grants the methods."""
        self.number = 0
        manifest = {
            "bundle": "wealth",
            "version": "1.0.0",
            "contract": {"min": "1.0", "max": CONTRACT.version},
            "permissions": {name: CONTRACT.methods[name].mv for name in methods},
            "events": changes.pop("events", []),
            "ops": OPS,
            "purposes": [],
        }
        manifest |= changes.pop("manifest", {})
        scripted = changes.pop("scripted", {name: [{"waits": True}] for name in methods})
        self.data: dict[str, Any] = {"title": title, **changes, "manifest": manifest, "methods": scripted}
        self.data |= {"steps": [], "calls": {}, "audit": []}

    def step(self, do: str, *replies: dict[str, Any], **members: Any) -> None:
        """Do something to the host; these are its replies."""
        self.data["steps"].append({"do": do, **members, "replies": list(replies)})

    def call(self, method: str, params: Any, *replies: dict[str, Any], ran: bool = True, **members: Any) -> str:
        """Send a request and give its id; ``ran`` tells whether the method has to run."""
        self.number += 1
        request = {"v": 1, "t": "req", "s": "VECTOR-TOKEN", "n": self.number, "id": f"r{self.number}"}
        message = {**request, "m": method, "mv": 1, "p": params, **members}
        self.step("receive", *replies, message=message)
        if ran:
            self.ran(method, params)
        return f"r{self.number}"

    def ran(self, method: str, params: Any) -> None:
        """Expect that the method ran."""
        self.data["calls"].setdefault(method, []).append({"bundle": "wealth", "params": params})

    def told(self, kind: str, **members: Any) -> None:
        """Expect an entry of the audit."""
        self.data["audit"].append({"kind": kind, **members})

    def done(self, call: str, method: str, code: str = "", **members: Any) -> None:
        """Expect the entry of a call."""
        self.told("call", id=call, method=method, ok=code == "", code=code, **members)


def ok(call: str, result: Any) -> dict[str, Any]:
    """Give a success."""
    return {"v": 1, "t": "res", "id": call, "ok": True, "r": result}


def failed(call: str, code: str, *, details: Any = None, retryable: bool | None = None) -> dict[str, Any]:
    """Give a failure; what is retryable stands in the contract."""
    again = CONTRACT.errors[code]["retryable"] if retryable is None else retryable
    return {
        "v": 1,
        "t": "res",
        "id": call,
        "ok": False,
        "e": {"code": code, "retryable": again, "details": details or {}},
    }


def refused(code: str, kind: str = "err") -> dict[str, Any]:
    """Give a refusal that belongs to no call, or an end."""
    return {"v": 1, "t": kind, "e": {"code": code, "retryable": False, "details": {}}}


def event(name: str, seq: int, payload: Any) -> dict[str, Any]:
    """Give an event."""
    return {"v": 1, "t": "evt", "e": name, "seq": seq, "p": payload}


def errors() -> Iterator[tuple[str, Script]]:
    """Every method: its answer, each of its own errors, and an error that is not its own."""
    for name, method in CONTRACT.methods.items():
        params, result = CALLS[name]
        foreign = next(
            code for code, spec in sorted(CONTRACT.errors.items()) if not spec["common"] and code not in method.errors
        )
        codes = [*method.errors, "RATE_LIMITED", "METHOD_UNSUPPORTED"]
        acts: list[dict[str, Any]] = [{"returns": {**result, "undeclared": "x"}}]
        acts += [{"throws": {"code": code, "message": "said", "details": {"left": 2}}} for code in codes]
        acts += [{"throws": {"code": foreign}}, {"throws": {"code": "NO_SUCH_CODE"}}]
        title = f"{name} gives its answer, cut to the contract, and no error but its own and the common ones"
        script = Script(title, name, scripted={name: acts})
        gate = {} if method.consent == "none" else {"gates": {"consent": "pass"}}
        kept = {field: params[field] for field in _audited(name) if field in params}
        call = script.call(name, params, ok("r1", result))
        script.done(call, name, tier=method.tier, params=kept, **gate)
        for code in codes:
            call = script.call(name, params, failed(f"r{script.number + 1}", code, details={"left": 2}))
            script.done(call, name, code)
        for _ in range(2):
            call = script.call(name, params, failed(f"r{script.number + 1}", "INTERNAL"))
            script.done(call, name, "INTERNAL")
        extra = {**params, "bundle": "accounts"}
        call = script.call(
            name, extra, failed(f"r{script.number + 1}", "PARAMS_INVALID", details={"path": "bundle"}), ran=False
        )
        script.done(call, name, "PARAMS_INVALID")
        yield f"methods/{name.replace('.', '-')}", script


def _audited(name: str) -> Sequence[str]:
    fields: Sequence[str] = json.loads(CONTRACT.compiled)["methods"][name]["1"]["audit"]
    return fields


def events() -> Iterator[tuple[str, Script]]:
    """What a host tells a page without being asked."""
    script = Script("Every event reaches a page that lists it, cut to its payload", "app.info", events=sorted(EVENTS))
    for seq, (name, payload) in enumerate(sorted(EVENTS.items()), start=1):
        script.step("emit", event(name, seq, payload), event=name, payload={**payload, "undeclared": "x"})
        script.told("event", event=name, ok=True, seq=seq)
    yield "events/every-one", script


def limits() -> Iterator[tuple[str, Script]]:
    """Exactly as much as is allowed, and one more."""
    yield "limits/depth", _depth()
    for name, method, good, bad in BOUNDS:
        yield f"limits/{name}", _bounds(method, good, bad)


def _request(number: int, rest: str) -> str:
    """Write a call of net.request whose parameters end with ``rest``."""
    head = f'"v":1,"t":"req","s":"VECTOR-TOKEN","n":{number},"id":"r{number}","m":"net.request","mv":1'
    return "{" + head + ',"p":{"op":"' + OPS[0] + '",' + rest


def _answered(script: Script, number: int, params: Any) -> None:
    """Let the call of ``_request`` run and end well."""
    script.number = number
    answer = {"status": 200, "body": None}
    script.ran("net.request", {"op": OPS[0], **params})
    script.step("finish", ok(f"r{number}", answer), method="net.request", returns=answer)
    script.done(f"r{number}", "net.request")


def _depth() -> Script:
    script = Script("A message may nest 32 deep and not deeper", "net.request")
    nested: list[Any] = []
    for _ in range(28):
        nested = [nested]
    script.step(
        "receive", text=_request(1, '"body":{"x":@NEST(29)@}}}'), note="32 deep: the message, p and body are three"
    )
    _answered(script, 1, {"body": {"x": nested}})
    script.step("receive", refused("ENVELOPE_INVALID"), text=_request(2, '"body":{"x":@NEST(30)@}}}'), note="33 deep")
    script.told("drop", ok=False, code="ENVELOPE_INVALID")
    return script


def _bounds(method: str, good: Sequence[dict[str, Any]], bad: Sequence[dict[str, Any]]) -> Script:
    result = CALLS[method][1]
    script = Script(f"The bounds of {method}'s input hold exactly", method, scripted={method: [{"returns": result}]})
    for params in good:
        call = script.call(method, params, ok(f"r{script.number + 1}", result))
        script.done(call, method)
    for params in bad:
        refusal = failed(f"r{script.number + 1}", "PARAMS_INVALID", details={"path": _wrong(params)})
        call = script.call(method, params, refusal, ran=False)
        script.done(call, method, "PARAMS_INVALID")
    return script


def _wrong(params: Mapping[str, Any]) -> str:
    """Give the path of what is wrong in one of the bad inputs above."""
    if "title" in params:
        return "title"
    if "maxCount" in params:
        return "maxCount"
    if "formats" in params:
        return "formats[0]" if params["formats"] == ["QR"] else "formats"
    fields = params["fields"]
    return "fields.x" if "x" in fields else "fields"


def every() -> dict[str, dict[str, Any]]:
    """Give all vectors by file name."""
    groups = (errors, events, limits)
    return {f"{name}.json": script.data for group in groups for name, script in group()}


def text(data: Mapping[str, Any]) -> str:
    """Write a vector as its file holds it."""
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    """Write all of them."""
    for name, data in every().items():
        path = VECTORS / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text(data), encoding="utf-8")


if __name__ == "__main__":
    main()
