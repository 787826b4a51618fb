"""A bank of a few operations that checks proofs, signatures and approvals with the real rules of ``security``."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from itertools import count
from typing import Any

from native_bridge.hosting import HostedAnswer
from security.approvals import verify_approval
from security.devices import verify_binding, verify_login, verify_registration
from security.display import template_hash
from security.dpop import VerifiedProof, verify_proof
from security.encoding import b64url_decode, b64url_encode
from security.errors import ProofError
from security.jwk import PublicJwk, parse_jwk
from tests.native_bridge.shell.site import Received

REALM = {"aud": "tidegate-bff", "env": "sandbox"}
ENTRIES = [
    ("device.challenge", "POST", "/devices/challenge", "natural", None, True),
    ("device.register", "POST", "/devices", "natural", None, True),
    ("device.get", "GET", "/devices/current", "none", "onboarding", True),
    ("device.bind.prepare", "POST", "/devices/bind/prepare", "key", "onboarding", True),
    ("device.bind.confirm", "POST", "/devices/bind/confirm", "key", "onboarding", True),
    ("session.challenge", "POST", "/sessions/challenge", "natural", None, True),
    ("session.create", "POST", "/sessions", "natural", None, True),
    ("session.refresh", "POST", "/sessions/refresh", "natural", None, True),
    ("session.revoke", "POST", "/sessions/revoke", "natural", None, True),
    ("approval.get", "GET", "/approvals/{challenge_id}", "none", "customer", True),
    ("approval.approve", "POST", "/approvals/{challenge_id}/approve", "natural", "customer", True),
    ("approval.reject", "POST", "/approvals/{challenge_id}/reject", "natural", "customer", True),
    ("wealth.order.get", "GET", "/wealth/orders/{order_id}", "none", "customer", False),
    ("wealth.product.list", "GET", "/wealth/products", "none", "customer", False),
    ("wealth.suitability.assess", "POST", "/wealth/suitability", "key", "customer", False),
    ("wealth.transaction.csv", "GET", "/wealth/transactions/csv", "none", "customer", False),
]
TEMPLATE = {
    "id": "wealth.order.place/1",
    "title": {"zh": "购买", "en": "Buy"},
    "rows": [{"key": "money", "label": {"zh": "金额", "en": "Amount"}, "as": "money", "from": ["cur", "amt"]}],
}


class RefusedError(Exception):
    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


@dataclass
class Token:
    scope: str
    jkt: str
    expired: bool = False


@dataclass
class Bank:
    """State of the bank; ``received`` holds what passed all checks, ``refused`` the codes of what did not."""

    now: datetime
    nonce: str = "nonce-1"
    expires_in: int = 600
    challenge: str = b64url_encode(bytes(range(32)))
    pop: PublicJwk | None = None
    tx: PublicJwk | None = None
    registrations: int = 0
    refreshes: int = 0
    last_seq: int = 0
    tokens: dict[str, Token] = field(default_factory=dict)
    refresh_tokens: dict[str, str] = field(default_factory=dict)
    received: list[tuple[str, str, Any, str | None, str | None]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    operation: dict[str, Any] = field(default_factory=dict)
    file: bytes = b""
    file_name: str = "wealth-transactions.csv"
    numbers: Any = field(default_factory=count)

    def __call__(self, received: Received) -> HostedAnswer:
        try:
            answer = self.handle(received)
        except RefusedError as error:
            self.refused.append(error.code)
            return self.reply(error.status, {"code": error.code, "status": error.status}, "application/problem+json")
        if isinstance(answer, bytes):
            told = {"Content-Disposition": f'attachment; filename="{self.file_name}"'}
            return HostedAnswer(200, self.headers("text/csv; charset=utf-8") | told, answer)
        return self.reply(200, answer)

    def reply(self, status: int, body: Any, kind: str = "application/json") -> HostedAnswer:
        return HostedAnswer(status, self.headers(kind), json.dumps(body).encode())

    def headers(self, kind: str) -> dict[str, str]:
        return {"Content-Type": kind, "DPoP-Nonce": self.nonce, "Date": format_datetime(self.now, usegmt=True)}

    def handle(self, received: Received) -> Any:
        path = received.target.removeprefix("/app/v1").partition("?")[0]
        body = json.loads(received.body) if received.body else {}
        if path == "/catalogue":
            names = ("code", "method", "path", "idempotency", "scope", "fromShell")
            return [dict(zip(names, entry, strict=True)) | {"changes": entry[3] != "none"} for entry in ENTRIES]
        routes: Mapping[str, Callable[[Any, Received], Any]] = {
            "/devices/challenge": lambda *_: {"challenge": self.challenge},
            "/sessions/challenge": lambda *_: {"challenge": self.challenge},
            "/devices": self.register,
            "/sessions": self.session,
            "/sessions/refresh": self.refresh,
        }
        if path in routes:
            return routes[path](body, received)
        token, proof = self.authenticated(received)
        self.received.append(
            (received.method, received.target, body, received.headers.get("idempotency-key"), proof.bundle)
        )
        return self.business(path, body, token)

    def prove(self, received: Received, token: str | None) -> VerifiedProof:
        try:
            return verify_proof(
                proof=received.headers.get("dpop", ""),
                method=received.method,
                url=f"http://{received.host}{received.target}",
                access_token=token,
                now=self.now,
                nonces=lambda nonce: nonce == self.nonce,
                seen=self.mark,
            )
        except ProofError as error:
            raise RefusedError(401, error.code) from error

    def mark(self, jti: str, _: int) -> bool:
        known = jti in self.seen
        self.seen.add(jti)
        return known

    def authenticated(self, received: Received) -> tuple[Token, VerifiedProof]:
        kind, _, text = received.headers.get("authorization", "").partition(" ")
        token = self.tokens.get(text)
        if kind != "DPoP" or token is None:
            raise RefusedError(401, "TOKEN_INVALID")
        proof = self.prove(received, text)
        if proof.jkt != token.jkt:
            raise RefusedError(401, "TOKEN_INVALID")
        if token.expired:
            raise RefusedError(401, "TOKEN_EXPIRED")
        return token, proof

    def register(self, body: Any, _: Received) -> Any:
        self.registrations += 1
        self.pop, self.tx = parse_jwk(body["popKey"]), parse_jwk(body["txKey"])
        verify_registration(
            **REALM,
            challenge=self.challenge,
            app_id=body["appId"],
            app_version=body["appVersion"],
            platform=body["platform"],
            pop_key=self.pop,
            tx_key=self.tx,
            pop_signature=body["popSignature"],
            tx_signature=body["txSignature"],
        )
        return {"deviceId": "dev_1", "level": "sim", "state": "PENDING"}

    def session(self, body: Any, received: Received) -> Any:
        proof = self.prove(received, None)
        if "txSignature" not in body:
            return self.granted("onboarding", proof.jkt)
        assert self.tx is not None
        verify_login(
            **REALM,
            device_id=body["deviceId"],
            challenge=self.challenge,
            pop_jkt=proof.jkt,
            tx_key=self.tx,
            signature=body["txSignature"],
        )
        return self.granted("customer", proof.jkt)

    def refresh(self, body: Any, received: Received) -> Any:
        proof = self.prove(received, None)
        scope = self.refresh_tokens.pop(body["refreshToken"], None)
        if scope is None:
            raise RefusedError(401, "REFRESH_REUSED")
        self.refreshes += 1
        return self.granted(scope, proof.jkt)

    def granted(self, scope: str, jkt: str) -> Any:
        number = next(self.numbers)
        self.tokens[f"token-{number}"] = Token(scope, jkt)
        self.refresh_tokens[f"refresh-{number}"] = scope
        customer = {"customerId": "cus_1", "name": "陈*"} if scope == "customer" else None
        return {
            "accessToken": f"token-{number}",
            "refreshToken": f"refresh-{number}",
            "tokenType": "DPoP",
            "expiresIn": self.expires_in,
            "scope": scope,
            "customer": customer,
        }

    def business(self, path: str, body: Any, token: Token) -> Any:
        if path == "/devices/bind/prepare":
            expires = int((self.now + timedelta(minutes=5)).timestamp())
            return {"eventId": "evt_1", "customerId": "cus_1", **REALM, "expires": expires}
        if path == "/devices/bind/confirm":
            return self.bound(body)
        if path.startswith("/approvals/") and path.endswith("/approve"):
            return self.approved(body)
        if path.startswith("/approvals/"):
            return self.operation
        if path.startswith("/wealth/orders/missing"):
            raise RefusedError(404, "NOT_FOUND")
        if path == "/wealth/transactions/csv":
            return self.file
        return {"scope": token.scope}

    def bound(self, body: Any) -> Any:
        assert self.pop is not None
        assert self.tx is not None
        verify_binding(
            **REALM,
            event_id=body["eventId"],
            device_id="dev_1",
            customer_id="cus_1",
            pop_jkt=self.pop.thumbprint,
            tx_key=self.tx,
            expires=int((self.now + timedelta(minutes=5)).timestamp()),
            signature=body["signature"],
            now=self.now,
        )
        return {"deviceId": "dev_1", "state": "ACTIVE", "boundAt": "2026-03-01T12:00:00Z"}

    def freeze(self, bundle: str) -> dict[str, Any]:
        assert self.tx is not None
        at = int(self.now.timestamp())
        fields = {
            "v": "1",
            "alg": "ES256",
            **REALM,
            "cust": "cus_1",
            "dev": "dev_1",
            "kid": self.tx.thumbprint,
            "txid": "opr_1",
            "type": "wealth.order.place",
            "tmpl": f"{TEMPLATE['id']}#{template_hash(TEMPLATE)}",
            "cur": "CNY",
            "amt": "50000.00",
            "payer": "6299001234567893381",
            "payee": "6299009000070019",
            "payee_name": "澜江银行理财募集专户",
            "memo": "product=JMG-WY90",
            "chal": self.challenge,
            "iat": str(at),
            "exp": str(at + 120),
            "bundle": bundle,
        }
        self.operation = {
            "challengeId": "chl_1",
            "operationId": "opr_1",
            "fields": fields,
            "template": TEMPLATE,
            "expiresAt": "2026-03-01T12:02:00Z",
            "status": "CHALLENGED",
            "lastSeq": self.last_seq,
        }
        return self.operation

    def approved(self, body: Any) -> Any:
        assert self.tx is not None
        verified = verify_approval(
            message=b64url_decode(body["message"]),
            signature=b64url_decode(body["signature"]),
            frozen=self.operation["fields"],
            public_key=self.tx,
            last_seq=self.last_seq,
            now=self.now,
            factors=frozenset({"face", "pin"}),
        )
        self.last_seq = verified.seq
        return {"operationId": "opr_1", "status": "DONE", "ui": verified.ui, "seq": verified.seq}
