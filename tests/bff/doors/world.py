"""A whole application with small operations behind the app's door, and a phone that signs its own proofs."""

import base64
import hashlib
import itertools
import json
import secrets  # noqa: TID251 — a phone has chance of its own
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from bff.bus import Bus, RateLimiter
from bff.catalogue import Catalogue
from bff.doors.app import AppDoor
from bff.factory import Parts, create_flask
from bff.outbox import Relay, Topic
from bff.sessions.authenticator import Authenticator
from bff.sessions.directory import DeviceRecord, Standing
from bff.sessions.keys import StoredTokenKeys
from bff.sessions.operations import operations as session_operations
from bff.sessions.replay import MemoryReplayMarks
from bff.sessions.service import Sessions
from bff.sessions.tokens import AccessTokens
from bff.sessions.verification import Verification
from security.devices import login_message, verification_message
from security.dpop import NonceBook
from security.encoding import b64url_encode
from security.jwk import jwk_of
from security.suites import ES256
from tests.bff.bus.world import PAGE, Book, FakeCore, fingerprint, operations, settle
from tests.keystore import copied_keys

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
URL = "https://bank.example"
AUD, ENV = "tidegate-bff", "sandbox"


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Directory:
    devices: dict[str, DeviceRecord] = field(default_factory=dict)

    def device(self, session: Session, device_id: str) -> DeviceRecord | None:
        del session
        return self.devices.get(device_id)

    def names(self, session: Session, customer_id: str) -> dict[str, str]:
        del session
        return {
            one.device_id: f"Phone {one.device_id}"
            for one in self.devices.values()
            if one.customer_id == customer_id and one.state == "ACTIVE"
        }

    def standing(self, session: Session, device_id: str) -> Standing | None:
        device = self.device(session, device_id)
        return None if device is None else Standing(device.state, device.customer_id)


@dataclass
class Site:
    engine: Engine
    folder: Path
    now: datetime = NOW
    ids: Any = field(default_factory=itertools.count)
    checks: dict[str, Any] = field(default_factory=dict)
    trusted_proxies: int = 0
    suites: tuple[str, ...] = ("ES256",)

    def __post_init__(self) -> None:
        self.keys = copied_keys(self.folder / "keys")
        self.directory = Directory()
        self.nonces = NonceBook(b"n" * 32)
        self.tokens = AccessTokens(StoredTokenKeys(self.keys), issuer=URL, audience=AUD)
        self.sessions = Sessions(self.directory, self.tokens, AUD, ENV)
        self.verification = Verification(self.directory, AUD, ENV)
        self.core = FakeCore()
        self.app = self.make_app()

    def clock(self) -> datetime:
        return self.now

    def new_id(self, prefix: str) -> str:
        return f"{prefix}_{next(self.ids):06d}"

    def make_app(self) -> Flask:
        relay = Relay(self.engine, [Topic("core", self.core.send, settle)], self.clock, self.new_id)
        bus = Bus(
            catalogue=Catalogue((*operations(), *session_operations(self.sessions, self.verification))),
            engine=self.engine,
            releases=Book(),
            limiter=RateLimiter(factor=1000),
            relay=relay,
            fingerprints=lambda request: (fingerprint(request),),
        )
        marks = MemoryReplayMarks(self.clock)
        authenticator = Authenticator(self.engine, self.tokens, self.directory, marks, self.nonces, self.suites)
        door = AppDoor(bus, authenticator, self.nonces, URL, self.clock, self.new_id, secrets.token_bytes)
        return create_flask(Parts(door=door, checks=self.checks, trusted_proxies=self.trusted_proxies))

    def later(self, **amount: float) -> None:
        self.now += timedelta(**amount)

    def phone(self, *, state: str = "ACTIVE", customer: str | None = "cus_1") -> "Phone":
        phone = Phone(self)
        record = DeviceRecord(
            phone.device_id,
            state,
            jwk_of(phone.pop.public_key()).thumbprint,
            jwk_of(phone.tx.public_key()).as_dict(),
            customer,
            None if customer is None else "陈*",
        )
        self.directory.devices[phone.device_id] = record
        return phone


class Phone:
    def __init__(self, site: Site) -> None:
        self.site = site
        self.device_id = site.new_id("dev")
        self.pop: ec.EllipticCurvePrivateKey = ES256.generate()
        self.tx: ec.EllipticCurvePrivateKey = ES256.generate()
        self.access = ""
        self.refresh = ""
        self.client = site.app.test_client()

    def proof(
        self,
        method: str,
        path: str,
        *,
        bundle: str | None = None,
        key: ec.EllipticCurvePrivateKey | None = None,
        header: Mapping[str, Any] | None = None,
        **changes: Any,
    ) -> str:
        signer = key or self.pop
        claims: dict[str, Any] = {
            "htm": method,
            "htu": URL + path,
            "iat": int(self.site.now.timestamp()),
            "jti": secrets.token_urlsafe(16),
            "nonce": self.site.nonces.issue(self.site.now),
        }
        if self.access:
            claims["ath"] = b64(hashlib.sha256(self.access.encode()).digest())
        if bundle:
            claims["bnd"] = bundle
        claims |= changes
        claims = {name: value for name, value in claims.items() if value is not None}
        head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk_of(signer.public_key()).as_dict(), **(header or {})}
        signed = f"{b64(json.dumps(head).encode())}.{b64(json.dumps(claims).encode())}"
        return f"{signed}.{b64(ES256.sign(signer, signed.encode()))}"

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        proof: str | None = "",
        token: str | None = None,
        bundle: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> TestResponse:
        path = "/app/v1" + path
        sent = dict(headers or {})
        if proof is not None:
            sent["DPoP"] = proof or self.proof(method, path.split("?")[0], bundle=bundle)
        if token or self.access:
            sent["Authorization"] = f"DPoP {token or self.access}"
        if method == "GET":
            return self.client.get(path, headers=sent)
        return self.client.post(path, json={} if body is None else body, headers=sent)

    def challenge(self) -> str:
        answer = self.send("POST", "/sessions/challenge", {"deviceId": self.device_id})
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return str(answer.json["challenge"])

    def signed_login(self, challenge: str, *, key: ec.EllipticCurvePrivateKey | None = None, **changes: str) -> str:
        jkt = jwk_of(self.pop.public_key()).thumbprint
        members = {"aud": AUD, "env": ENV, "device_id": self.device_id, "challenge": challenge, "pop_jkt": jkt}
        return b64url_encode(ES256.sign(key or self.tx, login_message(**{**members, **changes})))

    def signed_person(self, purpose: str, challenge: str, *, factor: str = "pin", **changes: str) -> str:
        jkt = jwk_of(self.pop.public_key()).thumbprint
        members = {"purpose": purpose, "device_id": self.device_id, "customer_id": "cus_1", "challenge": challenge}
        members |= {"aud": AUD, "env": ENV, "pop_jkt": jkt, "factor": factor}
        return b64url_encode(ES256.sign(self.tx, verification_message(**{**members, **changes})))

    def person_challenge(self, purpose: str) -> str:
        answer = self.send("POST", "/sessions/verification/challenge", {"purpose": purpose})
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return str(answer.json["challenge"])

    def verify(self, purpose: str, challenge: str, signature: str, *, factor: str = "pin") -> TestResponse:
        body = {"challenge": challenge, "factor": factor, "txSignature": signature}
        return self.send("POST", f"/sessions/verification/{purpose}", body)

    def log_in(self, *, signed: bool = True) -> TestResponse:
        self.access = ""
        challenge = self.challenge()
        body = {"deviceId": self.device_id, "challenge": challenge}
        if signed:
            body["txSignature"] = self.signed_login(challenge)
        return self.take(self.send("POST", "/sessions", body))

    def renew(self, token: str | None = None) -> TestResponse:
        self.access = ""
        return self.take(self.send("POST", "/sessions/refresh", {"refreshToken": token or self.refresh}))

    def take(self, answer: TestResponse) -> TestResponse:
        if answer.status_code == 200:
            self.access, self.refresh = answer.json["accessToken"], answer.json["refreshToken"]
        return answer

    def read(self, **changes: Any) -> TestResponse:
        members = {"bundle": str(PAGE), **changes}
        return self.send("GET", "/counter/read?amountFen=1", **members)

    def add(self, key: str = "k1", amount: int = 100, **changes: Any) -> TestResponse:
        members = {"bundle": str(PAGE), "headers": {"Idempotency-Key": key}, **changes}
        return self.send("POST", "/counter/add", {"amountFen": amount}, **members)


def refusal(answer: TestResponse) -> tuple[int, str]:
    assert answer.content_type == "application/problem+json", answer.get_data(as_text=True)
    return answer.status_code, answer.json["code"]
