"""A phone written from the byte formats alone: it shares no code with the server, so each side checks the other."""

import base64
import hashlib
import json
import re
import secrets  # noqa: TID251 — a phone has chance of its own
import struct
import time
import unicodedata
import uuid
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import urllib3
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests.security import sm2_reference

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
NAMES = (
    "v alg aud env cust dev kid txid type tmpl cur amt payer payee payee_name memo chal iat exp bundle ui seq factor"
)
FIELDS = tuple(re.findall(r"\w+", NAMES))


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def lp(*texts: str) -> bytes:
    return b"".join(struct.pack(">I", len(data := text.encode())) + data for text in texts)


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True)
class Sm2Key:
    """A key of the suite SM2-SM3, calculated in plain integers."""

    number: int = field(default_factory=lambda: 1 + secrets.randbelow(sm2_reference.N - 2), repr=False)

    @cached_property
    def point(self) -> tuple[int, int]:
        x, y = sm2_reference.multiply(self.number, sm2_reference.G) or (0, 0)
        return x, y

    def sign(self, message: bytes) -> bytes:
        r, s = sm2_reference.sign(self.number, message, 1 + secrets.randbelow(sm2_reference.N - 1))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


Key = ec.EllipticCurvePrivateKey | Sm2Key


def alg_of(key: Key) -> str:
    return "SM2-SM3" if isinstance(key, Sm2Key) else "ES256"


def sign(key: Key, message: bytes, *, high_s: bool = False) -> bytes:
    if isinstance(key, Sm2Key):
        return key.sign(message)
    r, s = decode_dss_signature(key.sign(message, ec.ECDSA(hashes.SHA256())))
    if (s > ORDER // 2) != high_s:
        s = ORDER - s
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def jwk(key: Key) -> dict[str, str]:
    if isinstance(key, Sm2Key):
        curve, (x, y) = "SM2", key.point
    else:
        numbers = key.public_key().public_numbers()
        curve, x, y = "P-256", numbers.x, numbers.y
    return {"kty": "EC", "crv": curve, "x": b64(x.to_bytes(32, "big")), "y": b64(y.to_bytes(32, "big"))}


def thumbprint(key: Key) -> str:
    public = jwk(key)
    text = json.dumps({name: public[name] for name in ("crv", "kty", "x", "y")}, separators=(",", ":"))
    return b64(hashlib.sha256(text.encode()).digest())


@dataclass
class Answer:
    status: int
    body: Any
    headers: dict[str, str]
    raw: bytes = b""

    def ok(self) -> Any:
        assert self.status < 300, (self.status, self.body)
        return self.body


@dataclass
class Device:
    """One simulated phone. ``base`` is the server's public URL; ``bundle`` the page that is running, or None."""

    base: str
    aud: str = "tidegate-bff"
    env: str = "sandbox"
    connect: str | None = None
    pop: Key = field(default_factory=new_key)
    tx: Key = field(default_factory=new_key)
    device_id: str = ""
    customer_id: str = ""
    access: str = ""
    refresh: str = ""
    nonce: str = ""
    seq: int = 0
    http: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(maxsize=4, retries=False, timeout=30))
    digests: dict[str, str] = field(default_factory=dict)

    # ── the wire ──
    def proof(self, method: str, path: str, bundle: str | None = None, **changes: Any) -> str:
        header = {"typ": "dpop+jwt", "alg": alg_of(self.pop), "jwk": jwk(self.pop)}
        claims: dict[str, Any] = {
            "htm": method,
            "htu": self.base + path,
            "iat": int(time.time()),  # noqa: TID251 — a phone has a clock
            "jti": uuid.uuid4().hex,  # noqa: TID251 — and chance
        }
        if self.access:
            claims["ath"] = b64(hashlib.sha256(self.access.encode()).digest())
        if self.nonce:
            claims["nonce"] = self.nonce
        if bundle:
            claims["bnd"] = bundle
        claims.update(changes)
        signed = b64(json.dumps(header).encode()) + "." + b64(json.dumps(claims).encode())
        return signed + "." + b64(sign(self.pop, signed.encode()))

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        bundle: str | None = None,
        key: str | None = None,
        headers: dict[str, str] | None = None,
        retry: bool = True,
    ) -> Answer:
        """Send one request below ``/app/v1``, bytes as a picture; with a fresh nonce it is sent once more."""
        path = "/app/v1" + path
        send = {"Accept": "application/json", "DPoP": self.proof(method, path.split("?")[0], bundle)}
        if self.access:
            send["Authorization"] = "DPoP " + self.access
        if body is not None:
            send["Content-Type"] = "image/png" if isinstance(body, bytes) else "application/json"
        if key:
            send["Idempotency-Key"] = key
        send.update(headers or {})
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        reply = self.http.request(method, (self.connect or self.base) + path, body=data, headers=send)
        self.nonce = reply.headers.get("DPoP-Nonce", self.nonce)
        parsed = json.loads(reply.data) if "json" in reply.headers.get("Content-Type", "") else reply.data
        answer = Answer(reply.status, parsed, dict(reply.headers), reply.data)
        if retry and answer.status == 401 and isinstance(parsed, dict) and parsed.get("code") == "NONCE_REQUIRED":
            return self.call(method, path[7:], body, bundle=bundle, key=key, headers=headers, retry=False)
        return answer

    def post(self, path: str, body: Any = None, *, bundle: str | None = None, key: str | None = None) -> Answer:
        return self.call("POST", path, {} if body is None else body, bundle=bundle, key=key or uuid.uuid4().hex)  # noqa: TID251 — a key a call

    def get(self, path: str, *, bundle: str | None = None) -> Answer:
        return self.call("GET", path, bundle=bundle)

    # ── the device ──
    def register(self) -> None:
        challenge = self.post("/devices/challenge").ok()["challenge"]
        transcript = lp(
            "BANK-DEVBIND/v1/DEV-REGISTER",
            self.aud,
            self.env,
            challenge,
            "cn.lanjiang.tidegate",
            "1.0.0",
            "browser",
            thumbprint(self.pop),
            thumbprint(self.tx),
        )
        body = {
            "challenge": challenge,
            "appId": "cn.lanjiang.tidegate",
            "appVersion": "1.0.0",
            "platform": "browser",
            "model": "Reference device",
            "popKey": jwk(self.pop),
            "txKey": jwk(self.tx),
            "popSignature": b64(sign(self.pop, transcript)),
            "txSignature": b64(sign(self.tx, transcript)),
            "attestation": {"format": "sim"},
        }
        self.device_id = self.post("/devices", body).ok()["deviceId"]

    def session(self, *, customer: bool) -> None:
        self.access = ""
        challenge = self.post("/sessions/challenge", {"deviceId": self.device_id}).ok()["challenge"]
        body = {"deviceId": self.device_id, "challenge": challenge}
        if customer:
            message = lp("BANK-DEVBIND/v1/LOGIN", self.aud, self.env, self.device_id, challenge, thumbprint(self.pop))
            body["txSignature"] = b64(sign(self.tx, message))
        tokens = self.post("/sessions", body).ok()
        self.access, self.refresh = tokens["accessToken"], tokens["refreshToken"]

    def bind(self) -> None:
        event = self.post("/devices/bind/prepare").ok()
        self.customer_id = event["customerId"]
        message = lp(
            "BANK-DEVBIND/v1/DEV-BIND",
            self.aud,
            self.env,
            event["eventId"],
            self.device_id,
            self.customer_id,
            thumbprint(self.pop),
            thumbprint(self.tx),
            str(event["expires"]),
        )
        confirm = {"eventId": event["eventId"], "code": event["sandboxCode"], "signature": b64(sign(self.tx, message))}
        assert self.post("/devices/bind/confirm", confirm).ok()["state"] == "ACTIVE"

    # ── several devices ──
    def person(self, purpose: str, about: str = "", factor: str = "face") -> dict[str, str]:
        """Verify the person for a purpose."""
        asked = self.post("/sessions/verification/challenge", {"purpose": purpose, "about": about}).ok()
        names = (
            asked["purpose"],
            self.device_id,
            asked["customerId"],
            asked["challenge"],
            thumbprint(self.pop),
            factor,
        )
        signature = b64(sign(self.tx, lp("BANK-DEVBIND/v1/VERIFY", self.aud, self.env, *names)))
        return {"challenge": asked["challenge"], "factor": factor, "txSignature": signature}

    def let_in(self, asked: Any, mode: str) -> Answer:
        """Approve a new device's transfer."""
        names = (asked["transferId"], mode, self.customer_id, self.device_id, asked["deviceId"])
        keys = (asked["popJkt"], asked["txJkt"], str(asked["expires"]))
        message = lp("BANK-DEVBIND/v1/DEV-TRANSFER", self.aud, self.env, *names, *keys)
        body = {"mode": mode, "signature": b64(sign(self.tx, message))}
        return self.post(f"/devices/transfers/{asked['transferId']}/approve", body)

    def come_in(self, transfer_id: str) -> Answer:
        """Confirm a transfer that was approved."""
        told = self.get(f"/devices/transfers/{transfer_id}").ok()
        self.customer_id = told["customer"]["customerId"]
        names = (transfer_id, self.device_id, self.customer_id, thumbprint(self.pop), thumbprint(self.tx))
        message = lp("BANK-DEVBIND/v1/DEV-BIND", self.aud, self.env, *names, str(told["expires"]))
        return self.post(f"/devices/transfers/{transfer_id}/confirm", {"signature": b64(sign(self.tx, message))})

    # ── the story ──
    def open_account(self, person: dict[str, Any]) -> str:
        """Register, open a class II account as ``person``, bind, log in; give the account's id."""
        page = self.digests["accounts"]
        self.register()
        self.session(customer=False)
        form = {"name": person["name"], "idNumber": person["idNumber"], "mobile": person["mobile"]}
        application = self.post("/accounts/applications", form, bundle=page).ok()
        base = f"/accounts/applications/{application['applicationId']}"
        self.post(f"{base}/code/verify", {"code": application["sandboxCode"]}, bundle=page).ok()
        self.post(f"{base}/card", {"cardNumber": person["card"]}, bundle=page).ok()
        done = self.post(f"{base}/tax", {"residency": "CN_ONLY", "declared": True}, bundle=page).ok()
        assert done["state"] == "OPEN", done
        self.bind()
        self.session(customer=True)
        return str(done["account"]["accountId"])

    def fund(self, account: str, fen: int) -> Any:
        return self.post(f"/accounts/{account}/fundings", {"amountFen": fen}, bundle=self.digests["accounts"]).ok()

    def assess(self, option: int = -1) -> Any:
        page = self.digests["wealth"]
        asked = self.get("/wealth/suitability/questions", bundle=page).ok()
        answers = {question["id"]: question["options"][option]["id"] for question in asked["questions"]}
        return self.post("/wealth/suitability", {"version": asked["version"], "answers": answers}, bundle=page).ok()

    def prepare(self, account: str, product: str, fen: int) -> Answer:
        body = {"product": product, "accountId": account, "amountFen": fen}
        return self.post("/wealth/orders/prepare", body, bundle=self.digests["wealth"])

    def frozen(self, challenge_id: str) -> Any:
        return self.get(f"/approvals/{challenge_id}").ok()

    def message(self, frozen: Any, **changes: str) -> bytes:
        """Give M over the frozen fields, with what the host adds; ``changes`` forges single fields."""
        rows = display(frozen["template"], frozen["fields"])
        shown = hashlib.sha256(json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()
        self.seq = max(self.seq, frozen["lastSeq"]) + 1
        host = {"ui": f"tidegate-shell/1.0.0;zh-CN;sha256:{shown}", "seq": str(self.seq), "factor": "pin"}
        fields = {**frozen["fields"], **host, **changes}
        return lp("BANK-DEVBIND/v1/TX-APPROVE", *(text for name in FIELDS for text in (name, fields[name])))

    def approve(self, challenge_id: str, message: bytes, *, high_s: bool = False) -> Answer:
        body = {"message": b64(message), "signature": b64(sign(self.tx, message, high_s=high_s))}
        return self.post(f"/approvals/{challenge_id}/approve", body)

    def buy(self, account: str, product: str, fen: int) -> Any:
        asked = self.prepare(account, product, fen).ok()
        return self.approve(asked["challengeId"], self.message(self.frozen(asked["challengeId"]))).ok()


RISKS = {"R1": "低", "R2": "中低", "R3": "中", "R4": "中高", "R5": "高"}
DIGITS, PLACES, GROUPS = "零壹贰叁肆伍陆柒捌玖", ("", "拾", "佰", "仟"), ("", "万", "亿")


def uppercase(amount: str) -> str:
    """Give the amount in Chinese capitals; whole yuan only, which is all that a reference purchase uses."""
    yuan, cents = amount.split(".")
    assert cents == "00"
    words, zero = "", False
    for index, digit in enumerate(yuan):
        place = len(yuan) - 1 - index
        if digit == "0":
            zero = True
        else:
            words += ("零" if zero and words else "") + DIGITS[int(digit)] + PLACES[place % 4]
            zero = False
        group = yuan[max(0, index - 3) : index + 1] if place % 4 == 0 else ""
        if place % 4 == 0 and place and group.strip("0"):
            words += GROUPS[place // 4]
    return f"人民币{words}元整"


def display(template: Any, fields: dict[str, str]) -> list[list[str]]:
    """Give the rows as the Chinese sheet shows them."""
    memo = dict(pair.split("=", 1) for pair in fields["memo"].split("; "))
    source = {**fields, **{f"memo.{name}": text for name, text in memo.items()}}
    rows = []
    for row in template["rows"]:
        given = [source[name] for name in row.get("from", [])]
        rows.append([row["key"], row["label"]["zh"], value(row, given)])
    assert all(unicodedata.is_normalized("NFC", text) for row in rows for text in row)
    return rows


def value(row: Any, given: list[str]) -> str:  # noqa: PLR0911 — one return a kind of row
    match row["as"]:
        case "money":
            return f"¥{int(given[1].split('.')[0]):,}.{given[1].split('.')[1]}"
        case "upper":
            return uppercase(given[0])
        case "payee":
            return f"{given[0]} · 尾号 {given[1][-4:]}"
        case "payer":
            return f"{given[0]} · Ⅱ类户（{given[1][-4:]}）"
        case "risk":
            fits = "匹配" if int(given[1][1]) >= int(given[0][1]) else "不匹配"
            return f"{given[0]} {RISKS[given[0]]}风险 · 你是 {given[1]}，{fits}"
        case "device":
            return f"密钥 {given[0][:4]} {given[0][4:8]}"
        case "warning":
            return str(row["text"]["zh"])
        case "bundle":
            name, digest = given[0].split("#")
            return f"{name.replace('@', ' ')} · {digest[:8]}…{digest[-8:]}"
        case _:
            return given[0]
