"""A running Tidegate under attack: its server, four customers with money, and the tools of a forger."""

import base64
import hashlib
import hmac
import http.client
import json
import shutil
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import urllib3
from sqlalchemy import Engine, text
from stdnum.iso7064 import mod_11_2

from h5bundle.cli import main as h5bundle
from security.keys import KeyStore
from tests.bff.cards.teller import ANSWERS, GOLD
from tests.device import Answer, Device, b64, jwk, sign
from tests.running import ROOT, Running

APPS = ROOT / "h5bundle" / "apps"
PEOPLE = {"alice": "陈屿", "bob": "林初夏", "carol": "沈越", "dave": "顾怀瑾"}
POOR = "苏晚"
RECORDED = 30
"""Seconds within which a running server records what was published."""
_addresses = count(1)
FUNDED = 15_000_000
"""Fen on each account before the first attack."""
ORDER = 1_000_000
"""Fen of the smallest purchase."""


@dataclass
class Customer:
    """A bound phone and the account behind it."""

    device: Device
    account: str

    def twin(self) -> Device:
        """Give the same phone with a connection of its own, for a thread."""
        return replace(self.device, http=elsewhere())

    def prepare(self, fen: int = ORDER, product: str = "JMG-TT01", bundle: str = "wealth") -> str:
        """Freeze a purchase and give its challenge's id."""
        return str(self.ask(fen, product, bundle).ok()["challengeId"])

    def ask(self, fen: Any = ORDER, product: Any = "JMG-TT01", bundle: str = "wealth", **more: Any) -> Answer:
        body = {"product": product, "accountId": self.account, "amountFen": fen, "ageConfirmed": True, **more}
        return self.device.post("/wealth/orders/prepare", body, bundle=self.device.digests[bundle])

    def approve(self, challenge: str) -> Answer:
        return self.device.approve(challenge, self.device.message(self.device.frozen(challenge)))

    def balance(self) -> int:
        found = self.device.get("/accounts", bundle=self.device.digests["accounts"]).ok()["accounts"]
        return int(found[0]["balanceFen"])

    def orders(self) -> list[Any]:
        return list(self.device.get("/wealth/transactions", bundle=self.device.digests["wealth"]).ok()["transactions"])


@dataclass(frozen=True)
class CardSpoils:
    """Ids of a card, its application, its account and a repayment."""

    application: str
    card: str
    account: str
    repayment: str


@dataclass
class Bank:
    """The server, its database, and who banks there; ``poor`` has 600 yuan and is for calls that never get far."""

    running: Running
    engine: Engine
    kind: str
    digests: dict[str, str] = field(default_factory=dict)
    customers: dict[str, Customer] = field(default_factory=dict)
    poor: Customer = field(init=False)

    @cached_property
    def keys(self) -> KeyStore:
        """Open the server's own keys, which follow their index: what a forger would have who stole one of them."""
        return KeyStore.open(self.running.var / "keys", (self.running.var / "passphrase").read_text().strip())

    def populate(self) -> None:
        """Publish the probes, and let four people open accounts, fund them and be assessed."""
        self.digests = self.running.digests()
        listed = self.wire("GET", "/app/v1/catalogue").body
        others = sorted(row["code"] for row in listed if row["code"].startswith(("cards.", "sweep.")))
        ops = ("accounts.get", "accounts.statements", "accounts.application.document", "approval.cancel", *others)
        self.publish("accounts", "1.0.1", ops="".join(f"  - {code}\n" for code in ops))
        self.publish("wealth", "1.0.1")
        samples = {row["name"]: row for row in self.running.samples()}
        for name, person in PEOPLE.items():
            self.customers[name] = self.customer(samples[person], FUNDED)
            self.customers[name].device.assess()
        self.poor = self.customer(samples[POOR], 60_000)
        end = time.monotonic() + RECORDED
        while len(self.rows("SELECT digest FROM bundle_release WHERE version = '1.0.1'")) < 2:
            assert time.monotonic() < end, "the server has not recorded the releases that were published beside it"
            time.sleep(0.1)

    def customer(self, sample: dict[str, str], fen: int) -> Customer:
        """Let a sample person open an account and fund it."""
        device = self.device()
        account = device.open_account(sample)
        device.fund(account, fen)
        return Customer(device, account)

    def publish(self, bundle: str, version: str, ops: str = "") -> None:
        """Publish another release of a bundle while the server runs; ``digests`` knows it as ``bundle@version``."""
        project = self.running.var / "probes" / f"{bundle}-{version}"
        shutil.copytree(APPS / bundle, project)
        manifest = project / "bundle.yaml"
        source = manifest.read_text(encoding="utf-8").replace("\nversion: 1.0.0", f"\nversion: {version}")
        manifest.write_text(source.replace("\nops:\n", f"\nops:\n{ops}"), encoding="utf-8")
        var = self.running.var
        places = ["-r", var / "repo", "--keys", var / "release-keys", "--passphrase-file", var / "passphrase"]
        done = self.running.call("publish", str(project), *map(str, places), "--json", command=h5bundle)
        assert done.returncode == 0, done.stderr
        self.digests[f"{bundle}@{version}"] = f"{bundle}@{version}#{json.loads(done.stdout)['digest']}"

    def device(self) -> Device:
        """Give a new phone, not registered; each calls from an address of its own, as limits count them."""
        return Device(base=self.running.url, digests=self.digests, http=elsewhere())

    def card(self, customer: Customer) -> CardSpoils:
        """Let a customer apply for a credit card, and a reviewer approve it."""
        page, post = self.digests["accounts@1.0.1"], customer.device.post
        application = post("/cards/applications", {"product": GOLD}, bundle=page).ok()["applicationId"]
        path = f"/cards/applications/{application}"
        for section, answers in ANSWERS.items():
            post(f"{path}/sections/{section}", {"answers": answers}, bundle=page).ok()
        for one in customer.device.get("/cards/form", bundle=page).ok()["texts"]:
            given = {name: one[name] for name in ("kind", "version", "sha256")}
            post(f"{path}/consents", given, bundle=page).ok()
        post(f"{path}/submit", {}, bundle=page).ok()
        done = self.running.call("cards", "approve", application, "--by", "chen.yu", "--why", "papers hold", "--json")
        assert done.returncode == 0, done.stderr
        card = json.loads(done.stdout)["card"]
        account = customer.device.get(f"/cards/{card}", bundle=page).ok()["accountId"]
        return CardSpoils(application, card, account, self._repaid(account))

    def _repaid(self, account: str) -> str:
        """Write a repayment of an account that nobody can have repaid before its card has come by mail."""
        known = "SELECT customer_id FROM card_account WHERE account_id = :account"
        values = "'rep_known', :account, ({known}), 'acc', 100, 'DONE', 'v', :now".replace("{known}", known)
        columns = "repayment_id, account_id, customer_id, payer_account_id, amount_fen, state, rule_version, created_at"
        with self.engine.begin() as connection:
            moment = datetime(2026, 11, 23)
            written = f"INSERT INTO card_repayment ({columns}) VALUES ({values})"  # noqa: S608 — our own words
            connection.execute(text(written), {"account": account, "now": moment})
        return "rep_known"

    def applicant(self) -> Device:
        """Give a registered phone with an onboarding session."""
        device = self.device()
        device.register()
        device.session(customer=False)
        return device

    def rows(self, query: str, **values: Any) -> list[Any]:
        """Read the database."""
        with self.engine.connect() as connection:
            return list(connection.execute(text(query), values))

    def wire(
        self, method: str, target: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """Send exactly these bytes of a request line and body: nothing is normalised on the way."""
        connection = http.client.HTTPConnection("127.0.0.1", self.running.port, timeout=30)
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            sent = {"Host": urlsplit(self.running.url).netloc, **(headers or {})}
            if body is not None:
                sent.setdefault("Content-Length", str(len(body)))
            for name, value in sent.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            reply = connection.getresponse()
            raw = reply.read()
            received = dict(reply.getheaders())
        finally:
            connection.close()
        lower = {name.lower(): value for name, value in received.items()}
        found = json.loads(raw) if raw and "json" in lower.get("content-type", "") else raw
        return Answer(reply.status, found, lower, raw)

    def send(
        self,
        device: Device,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        bundle: str | None = None,
        **headers: str | None,
    ) -> Answer:
        """Send a request of a phone with single headers replaced, or left out when None."""
        path = "/app/v1" + path
        sent: dict[str, str | None] = {
            "Authorization": f"DPoP {device.access}",
            "DPoP": device.proof(method, path, bundle),
            "Content-Type": "application/json" if body is not None else None,
            "Idempotency-Key": fresh() if body is not None else None,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        return self.wire(method, path, {name: value for name, value in sent.items() if value is not None}, body)


def elsewhere() -> urllib3.PoolManager:
    """Give connections from a loopback address that nobody else has."""
    number = next(_addresses)
    address = f"127.{1 + number // 62500}.{number // 250 % 250}.{2 + number % 250}"
    return urllib3.PoolManager(maxsize=4, retries=False, timeout=60, source_address=(address, 0))


def person(number: int, born: str = "19900101") -> dict[str, str]:
    """Invent an adult whom no sandbox knows."""
    digits = f"330106{born}{900 + number:03d}"
    return {"name": "方知夏", "idNumber": digits + mod_11_2.calc_check_digit(digits), "mobile": f"139{number:08d}"}


def fresh() -> str:
    return uuid.uuid4().hex  # noqa: TID251 — a forger has chance too


def now() -> int:
    return int(time.time())  # noqa: TID251 — and a clock


def proof(
    device: Device,
    method: str,
    path: str,
    *,
    header: Mapping[str, Any] | None = None,
    claims: Mapping[str, Any] | None = None,
    key: Any = None,
    seal: Callable[[bytes], bytes] | None = None,
) -> str:
    """Make a DPoP proof with changed header or claims (None leaves one out), another key, or another signature."""
    key = key or device.pop
    plain = {"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk(key)}
    stated = {"htm": method, "htu": device.base + "/app/v1" + path, "iat": now(), "jti": fresh()}
    stated |= {"ath": b64(hashlib.sha256(device.access.encode()).digest()), "nonce": device.nonce}
    return jws(plain | dict(header or {}), stated | dict(claims or {}), seal or (lambda data: sign(key, data)))


def jws(header: Mapping[str, Any], claims: Mapping[str, Any], seal: Callable[[bytes], bytes]) -> str:
    """Write a compact JWS; members that are None are left out."""
    parts = [{name: value for name, value in part.items() if value is not None} for part in (header, claims)]
    signed = ".".join(b64(json.dumps(part).encode()) for part in parts)
    return f"{signed}.{b64(seal(signed.encode()))}"


def hs256(secret: bytes) -> Callable[[bytes], bytes]:
    return lambda data: hmac.digest(secret, data, "sha256")


def unb64(data: str) -> bytes:
    return base64.urlsafe_b64decode(data + "=" * (-len(data) % 4))


def claims_of(token: str) -> dict[str, Any]:
    """Read a token's claims without believing them."""
    return dict(json.loads(unb64(token.split(".")[1])))


def refused(answer: Answer, status: int, code: str) -> None:
    """Hold a refusal: its status, its stable code, and the form of a problem."""
    assert (answer.status, answer.body["code"]) == (status, code), answer.body
    assert answer.body["status"] == status
    assert {"type", "title", "detail", "message", "requestId"} <= set(answer.body)


def anonymous(answer: Answer) -> Any:
    """Give a problem without the request's own id, to compare two of them."""
    return {name: value for name, value in answer.body.items() if name != "requestId"}


def books_hold(bank: Bank) -> None:
    """Hold what must be true whatever was attacked: money conserved, each order debited once, quota counted right."""
    assert bank.rows("SELECT journal FROM core_posting GROUP BY journal HAVING SUM(amount) <> 0") == []
    unbalanced = """
        SELECT a.number FROM core_account a LEFT JOIN core_posting p ON p.account = a.number
        GROUP BY a.number, a.balance HAVING a.balance <> COALESCE(SUM(p.amount), 0)"""
    assert bank.rows(unbalanced) == []
    twice = "SELECT operation_id FROM wealth_order GROUP BY operation_id HAVING COUNT(*) <> 1"
    assert bank.rows(twice) == []
    counted = """
        SELECT q.code FROM product_quota q WHERE q.held_fen + q.confirmed_fen <>
        (SELECT COALESCE(SUM(o.amount_fen), 0) FROM wealth_order o
         WHERE o.product = q.code AND o.state <> 'REJECTED')"""
    assert bank.rows(counted) == []
