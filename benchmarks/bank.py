"""An opened bank in this process, on a database of one's own: for benchmarks that look behind the HTTP server.

Rates are lifted, people are invented in any number, and accounts start rich; everything else is what a server runs.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from measuring import ROOT
from sqlalchemy import event, select, update

from app import Instance, clock, new_bytes, new_id, prepare
from app import _surroundings as surroundings
from bff.accounts.models import Account
from bff.bundles.models import BundleRelease
from bff.bus import Call, Reply
from bff.bus.limits import RateLimiter
from bff.core_bank.network import SamplePerson, SandboxBank, SandboxCardNetwork, load_sandbox
from bff.core_bank.registry import luhn_digit
from bff.db.engine import transaction
from bff.devices.models import Device as DeviceRow
from bff.devices.models import DeviceDay
from bff.factory import Parts, create_flask
from bff.house import House, build_house
from bff.kinds import BundleRef, Caller, Channel, Context, Scope
from config.settings import from_environ
from tests.device import Device

PRODUCT = "JMG-TT01"
AMOUNT = 1_000_000
"""Fen of one purchase, the least that the product takes."""
RICH = 10**12
LONG_AGO = timedelta(days=10)
"""So long ago the devices were bound: their cooling-off time is over."""
LIFTED = 100_000
"""Factor on every rate: a benchmark calls faster than any customer."""
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


class _Answer:
    """An answer of the application as the reference phone reads it."""

    def __init__(self, status: int, headers: Mapping[str, str], data: bytes) -> None:
        self.status, self.headers, self.data = status, headers, data


class _InProcess:
    """Stands where the reference phone has its connection, and calls the application directly."""

    def __init__(self, app: Flask, base: str) -> None:
        self._client, self._base = app.test_client(), base

    def request(self, method: str, url: str, *, body: bytes | None, headers: Mapping[str, str]) -> _Answer:
        reply = self._client.open(url, base_url=self._base, method=method, data=body, headers=dict(headers))
        return _Answer(reply.status_code, reply.headers, reply.data)


@dataclass
class Counter:
    """What the database was asked for: statements, transactions, and transactions that changed something."""

    statements: int = 0
    commits: int = 0
    changing: int = 0
    seen: list[str] = field(default_factory=list)

    def watch(self, engine: Any) -> None:
        """Count on this engine from now on."""
        dirty: set[int] = set()

        def statement(connection: Any, _cursor: object, text: str, *_more: object) -> None:
            if not text.startswith("BEGIN"):
                self.statements += 1
                self.seen.append(text)
            if not text.startswith(("BEGIN", "SELECT")):
                dirty.add(id(connection))

        def commit(connection: Any) -> None:
            self.commits += 1
            self.changing += id(connection) in dirty
            dirty.discard(id(connection))

        event.listen(engine, "before_cursor_execute", statement)
        event.listen(engine, "commit", commit)

    def clear(self) -> None:
        """Start again at nothing."""
        self.statements = self.commits = self.changing = 0
        self.seen.clear()


@dataclass
class Client:
    """One customer with his phone: prepares and signs purchases, and calls the bus as the door would."""

    bank: "Bank"
    phone: Device
    account: str

    def caller(self, bundle: BundleRef | None) -> Caller:
        """Give the caller that the authenticator would establish."""
        return Caller(
            channel=Channel.APP,
            customer_id=self.phone.customer_id,
            device_id=self.phone.device_id,
            jkt="",
            scopes=frozenset({Scope.ONBOARDING, Scope.CUSTOMER}),
            bundle=bundle,
            address="127.0.0.1",
            session_id="",
        )

    def call(
        self, operation: str, payload: Mapping[str, Any], *, bundle: bool = False, key: str | None = None
    ) -> Reply:
        """Call the bus."""
        context = Context(
            caller=self.caller(self.bank.wealth if bundle else None),
            now=clock(),
            new_id=new_id,
            new_bytes=new_bytes,
            request_id="",
            proof="",
            body_hash="",
            method="POST",
            url="",
        )
        return self.bank.house.door.bus.call(Call(operation, payload, context, key))

    def signed(self) -> dict[str, str]:
        """Freeze a purchase and sign it: what the approve call takes."""
        wanted = {"product": PRODUCT, "accountId": self.account, "amountFen": AMOUNT}
        asked = json.loads(self.call("wealth.order.prepare", wanted, bundle=True, key=new_id("key")).body)
        frozen = json.loads(self.call("approval.get", {"challengeId": asked["challengeId"]}).body)
        message = self.phone.message(frozen)
        return {"challengeId": asked["challengeId"], **self.phone_signature(message)}

    def phone_signature(self, message: bytes) -> dict[str, str]:
        """Give message and signature as the wire has them."""
        caught: dict[str, str] = {}
        keep = replace(self.phone, http=_Caught(caught))
        keep.approve("x", message)
        return caught

    def approve(self, approval: Mapping[str, str]) -> bool:
        """Spend a signed purchase; tell whether it was answered as settled or left to the relay's next sweep."""
        answer = json.loads(self.call("approval.approve", approval).body)
        state = (answer["status"], answer["result"]["state"])
        assert state in {("DONE", "ACCEPTED"), ("EXECUTING", "QUOTA_HELD")}, answer
        return state[0] == "DONE"


class _Caught:
    """Keeps the body that the reference phone would have sent."""

    def __init__(self, into: dict[str, str]) -> None:
        self._into = into

    def request(self, _method: str, _url: str, *, body: bytes, headers: Mapping[str, str]) -> _Answer:
        del headers
        self._into.update(json.loads(body))
        return _Answer(200, {"Content-Type": "application/json"}, b"{}")


@dataclass
class Bank:
    """What stands: instance, house, application, the release of the wealth page."""

    instance: Instance
    house: House
    app: Flask
    people: SandboxBank
    wealth: BundleRef
    references: Mapping[str, str]

    def client(self, number: int) -> Client:
        """Open an account for the invented person of that number, rich from the start."""
        base = self.instance.settings.origin
        phone = Device(base=base, digests=dict(self.references), http=_InProcess(self.app, base))
        person = self.people.people[number]
        form = {"name": person.name, "idNumber": person.id_number, "mobile": person.mobile, "card": person.card}
        account = phone.open_account(form)
        phone.assess()
        with transaction(self.instance.engine) as session:
            row = session.execute(select(Account.number).where(Account.account_id == account)).scalar_one()
        receipt = {"payer": self.people.opening, "payee": row, "amount": RICH, "currency": "CNY", "memo": "benchmark"}
        self.instance.core.transfer(sequence=f"benchmark.{number}", **receipt)
        with transaction(self.instance.engine) as session:
            session.execute(update(Account).where(Account.account_id == account).values(available_fen=RICH))
            bound = update(DeviceRow).where(DeviceRow.device_id == phone.device_id)
            session.execute(bound.values(bound_at=clock() - LONG_AGO, cooling_until=clock() - LONG_AGO))
        return Client(self, phone, account)

    def next_day(self) -> None:
        """Begin the devices' day anew: limits are not what is measured."""
        with transaction(self.instance.engine) as session:
            session.execute(update(DeviceDay).values(used_fen=0))


def open_bank(var: Path, *, people: int, database: str = "") -> Bank:
    """Prepare a private folder and database, and connect the house."""
    assert (ROOT / "app.py").is_file()
    settings = from_environ(
        {"TIDEGATE_VAR": str(var), "TIDEGATE_DATABASE_URL": database, "TIDEGATE_LOG_LEVEL": "error"}
    )
    instance, _ = prepare(settings)
    sandbox = load_sandbox()
    crowd = SandboxBank(sandbox.internal, tuple(_person(number) for number in range(people)))
    instance.core.seed(crowd)
    common = surroundings(settings, instance.engine, instance.keys, instance.core, instance.store)
    house = build_house(replace(common, cards=SandboxCardNetwork(crowd), limiter=RateLimiter(factor=LIFTED)))
    references = _references(instance)
    name, _, digest = references["wealth"].partition("#")
    wealth = BundleRef(*name.split("@"), digest)
    return Bank(instance, house, create_flask(Parts(door=house.door, checks={})), crowd, wealth, references)


def _references(instance: Instance) -> dict[str, str]:
    with transaction(instance.engine, writing=False) as session:
        rows = session.scalars(select(BundleRelease))
        return {row.bundle: str(BundleRef(row.bundle, row.version, row.digest)) for row in rows}


def _person(number: int) -> SamplePerson:
    """Invent a person: the order code 000 is never issued, the check digits are right."""
    digits = f"3301061980{1 + number // 28 % 12:02}{1 + number % 28:02}{number // 336:03}"
    check = "10X98765432"[sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=True)) % 11]
    card = f"629801{number:011}"
    return SamplePerson(
        name="王" + chr(0x4E00 + number),
        id_number=digits + check,
        mobile=f"138{number:08}",
        card=card + luhn_digit(card),
        card_class="I",
        bank_zh="望潮银行",
        bank_en="Wangchao Bank",
        opening_fen=0,
        note_zh="",
        note_en="",
    )
