"""A bank for looking at the shell: it answers what the shell's screen needs and remembers what was approved."""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import rfc8785

from native_bridge.hosting import HostedAnswer
from tests.native_bridge.shell.site import Received

TEMPLATE = json.loads(
    (Path(__file__).parents[3] / "bff/approvals/templates/wealth.order.place-2.json").read_text(encoding="utf-8")
)
JSON_TYPE = {"Content-Type": "application/json"}
LIFE = timedelta(seconds=120)
CODE = "246810"


def operation(code: str, method: str, path: str, scope: str | None = None, *, shell: bool = True) -> dict[str, Any]:
    return {
        "code": code, "method": method, "path": path, "changes": method == "POST", "idempotency": "natural",
        "scope": scope, "fromShell": shell,
    }  # fmt: skip


CATALOGUE = [
    operation("device.challenge", "POST", "/devices/challenge"),
    operation("device.register", "POST", "/devices"),
    operation("session.challenge", "POST", "/sessions/challenge"),
    operation("session.create", "POST", "/sessions"),
    operation("session.refresh", "POST", "/sessions/refresh"),
    operation("session.revoke", "POST", "/sessions/revoke"),
    operation("device.get", "GET", "/devices/current", "onboarding"),
    operation("device.bind.prepare", "POST", "/devices/bind/prepare", "onboarding"),
    operation("device.bind.confirm", "POST", "/devices/bind/confirm", "onboarding"),
    operation("session.verification.challenge", "POST", "/sessions/verification/challenge", "customer"),
    operation("session.verification.user", "POST", "/sessions/verification/user", "customer"),
    operation("session.verification.step_up", "POST", "/sessions/verification/step-up", "customer"),
    operation("device.unbind", "POST", "/devices/current/unbind", "customer"),
    operation("wealth.suitability.assess", "POST", "/wealth/suitability", "customer", shell=False),
    {
        **operation(
            "accounts.application.document",
            "POST",
            "/accounts/applications/{application_id}/documents/{side}",
            "onboarding",
            shell=False,
        ),
        "upload": {"mediaTypes": ["image/png"], "mostBytes": 2_000_000},
    },
    operation("approval.get", "GET", "/approvals/{challenge_id}", "customer"),
    operation("approval.approve", "POST", "/approvals/{challenge_id}/approve", "customer"),
    operation("approval.reject", "POST", "/approvals/{challenge_id}/reject", "customer"),
    operation("wealth.product.list", "GET", "/wealth/products", "customer", shell=False),
    operation("accounts.application.current", "GET", "/accounts/applications/current", "onboarding", shell=False),
]


def chal(seed: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(seed.encode()).digest()).rstrip(b"=").decode()


@dataclass
class Bank:
    """State of the bank as the shell sees it; `now` is the instant of the test's beginning."""

    now: datetime
    template: dict[str, Any] = field(default_factory=lambda: dict(TEMPLATE))
    amount: str = "50000.00"
    bundle: str = ""
    state: str = "PENDING"
    keys: dict[str, str] = field(default_factory=dict)
    jwk: dict[str, str] = field(default_factory=dict)
    pop: str = ""
    approved: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    platforms: list[str] = field(default_factory=list)
    refusal: tuple[int, dict[str, Any]] | None = None
    verified: list[dict[str, Any]] = field(default_factory=list)
    fresh: bool = False
    received: list[tuple[str, str, bytes]] = field(default_factory=list)

    def answer(self, received: Received) -> HostedAnswer:
        path = received.target.removeprefix("/app/v1").partition("?")[0]
        self.calls.append(f"{received.method} {path}")
        if "/documents/" in path:
            self.received.append((path, received.headers.get("content-type", ""), received.body))
            answer = {"side": "FRONT", "size": len(received.body), "sha256": hashlib.sha256(received.body).hexdigest()}
            return HostedAnswer(200, JSON_TYPE, json.dumps(answer).encode())
        body = json.loads(received.body) if received.body else {}
        status, content = self._content(received.method, path, body)
        return HostedAnswer(status, JSON_TYPE, json.dumps(content, ensure_ascii=False).encode())

    def _content(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        if path.startswith("/approvals/"):
            return self._approval(method, path.split("/"), body)
        answers = {
            "/catalogue": lambda: CATALOGUE,
            "/devices/challenge": lambda: {"challenge": chal("register"), "expiresAt": self.instant(LIFE)},
            "/devices": lambda: self._register(body),
            "/sessions/challenge": lambda: {"challenge": chal("session"), "expiresAt": self.instant(LIFE)},
            "/sessions": lambda: self._session(body),
            "/sessions/revoke": dict,
            "/devices/current": self._device,
            "/devices/bind/prepare": self._prepare,
            "/devices/bind/confirm": lambda: self._confirm(body),
            "/sessions/verification/challenge": lambda: {
                "challenge": chal(body["purpose"]),
                "expiresAt": self.instant(LIFE),
            },
            "/sessions/verification/user": lambda: self._verified("user", body),
            "/sessions/verification/step-up": lambda: self._verified("step-up", body),
            "/devices/current/unbind": lambda: self._verified("unbind", body),
            "/wealth/suitability": lambda: {"level": "C3"},
            "/wealth/products": lambda: {"products": []},
            "/accounts/applications/current": lambda: None,
        }
        if path not in answers:
            return 404, {"code": "NOT_FOUND", "status": 404}
        if path == "/wealth/suitability" and not self.fresh:
            return 403, {"code": "STEP_UP_REQUIRED", "status": 403, "message": {"zh": "再次验证", "en": "Verify again"}}
        content = answers[path]()
        if content is None:
            return 404, {"code": "NO_APPLICATION", "status": 404, "message": {"zh": "没有申请", "en": "No application"}}
        return (422, content) if isinstance(content, dict) and content.get("code") == "CODE_WRONG" else (200, content)

    def _verified(self, purpose: str, body: dict[str, Any]) -> dict[str, Any]:
        self.verified.append({"purpose": purpose, **body})
        self.fresh = self.fresh or purpose == "step-up"
        if purpose == "unbind":
            self.state = "REMOVED"
            return {"deviceId": "dev_5mJw2Q8tYb", "state": "REMOVED"}
        until = self.instant(timedelta(minutes=15)) if purpose == "step-up" else None
        return {"factor": body["factor"], "verifiedAt": self.instant(), "until": until}

    def instant(self, later: timedelta = timedelta()) -> str:
        return (self.now + later).strftime("%Y-%m-%dT%H:%M:%SZ")

    def _register(self, body: dict[str, Any]) -> dict[str, Any]:
        required = {name: body["txKey"][name] for name in ("crv", "kty", "x", "y")}
        thumb = hashlib.sha256(json.dumps(required, separators=(",", ":")).encode()).digest()
        self.jwk = dict(body["txKey"])
        self.platforms.append(body["platform"])
        self.keys["tx"] = base64.urlsafe_b64encode(thumb).rstrip(b"=").decode()
        return {"deviceId": "dev_5mJw2Q8tYb", "level": "sim", "state": self.state}

    def _session(self, body: dict[str, Any]) -> dict[str, Any]:
        customer = "txSignature" in body
        return {
            "accessToken": "at", "refreshToken": "rt", "tokenType": "DPoP", "expiresIn": 600,
            "scope": "customer" if customer else "onboarding",
            "customer": {"customerId": "cus_1", "name": "陈*"} if customer else None,
        }  # fmt: skip

    def _device(self) -> dict[str, Any]:
        bound = self.state == "ACTIVE"
        return {
            "deviceId": "dev_5mJw2Q8tYb", "state": self.state, "level": "sim", "model": "Browser simulator",
            "boundAt": self.instant() if bound else None,
            "customer": {"customerId": "cus_1", "name": "陈*"} if bound else None, "lastSeq": len(self.approved),
        }  # fmt: skip

    def _prepare(self) -> dict[str, Any]:
        expires = self.now + timedelta(minutes=10)
        return {
            "eventId": "evt_1", "customerId": "cus_1", "customerName": "陈*", "mobile": "138 **** 6620",
            "aud": "tidegate-bff", "env": "sandbox", "expires": int(expires.timestamp()),
            "expiresAt": self.instant(timedelta(minutes=10)), "sandboxCode": CODE,
        }  # fmt: skip

    def _confirm(self, body: dict[str, Any]) -> dict[str, Any]:
        if body["code"] != CODE:
            return {
                "code": "CODE_WRONG",
                "status": 422,
                "message": {"zh": "验证码不对，还可以试 4 次。", "en": "Wrong code; 4 tries left."},
            }
        self.state = "ACTIVE"
        return {"deviceId": "dev_5mJw2Q8tYb", "state": "ACTIVE", "boundAt": self.instant()}

    def _approval(self, method: str, parts: list[str], body: dict[str, Any]) -> tuple[int, Any]:
        challenge = parts[2]
        if method == "GET" and challenge.startswith("chl_jmg"):
            return 200, self.operation(challenge)
        if method == "POST" and parts[3] == "approve" and self.refusal is not None:
            return self.refusal
        if method == "POST" and parts[3] == "approve":
            self.approved.append(body)
            result = {"orderId": "ord_1", "state": "ACCEPTED"}
            return 200, {"operationId": "opn_1", "status": "APPROVED", "result": result}
        if method == "POST" and parts[3] == "reject":
            self.rejected.append(challenge)
            self.reasons.append(body["reason"])
            return 200, {"operationId": "opn_1", "status": "REJECTED"}
        return 404, {"code": "CHALLENGE_UNKNOWN", "status": 404}

    def operation(self, challenge: str) -> dict[str, Any]:
        digest = hashlib.sha256(rfc8785.dumps(self.template)).hexdigest()
        memo = "product=JMG-WY90; name=金芒果 · 稳盈 90 天持有; payer_name=陈屿; risk=R2; level=C3; rules=wealth-2026.1"
        fields = {
            "v": "1", "alg": "ES256", "aud": "tidegate-bff", "env": "sandbox", "cust": "cus_1", "dev": "dev_5mJw2Q8tYb",
            "kid": self.keys["tx"], "txid": "opn_1", "type": "wealth.order.place",
            "tmpl": f"{self.template['id']}#{digest}", "cur": "CNY", "amt": self.amount, "payer": "6230000000003381",
            "payee": "9558800000000019", "payee_name": "澜江银行理财募集专户", "memo": memo, "chal": chal(challenge),
            "iat": str(int(self.now.timestamp())), "exp": str(int((self.now + LIFE).timestamp())),
            "bundle": self.bundle,
        }  # fmt: skip
        return {
            "challengeId": challenge, "operationId": "opn_1", "fields": fields, "template": self.template,
            "expiresAt": self.instant(LIFE), "status": "PENDING", "lastSeq": len(self.approved),
        }  # fmt: skip
