"""A small bank for tests: the real rooms over a real bus and database, with fakes of core, releases and clock."""

import hashlib
import os
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from bff.accounts.applications import Applications
from bff.accounts.room import AccountsRoom
from bff.accounts.service import Accounts
from bff.approvals import operations as approval_operations
from bff.approvals.decisions import Decisions
from bff.approvals.service import Approvals
from bff.approvals.templates import Templates
from bff.bus.bus import Bus
from bff.bus.call import Call
from bff.bus.releases import BundleRevokedError, BundleUnknownError, Release
from bff.cards.producer import SandboxBureau, SandboxProducer
from bff.cards.products import FAMILY as CARD
from bff.cards.room import Cards, Given
from bff.catalogue import Catalogue
from bff.core_bank.network import SandboxCardNetwork, SandboxCodeSender, load_sandbox
from bff.core_bank.port import (
    BatchTransfer,
    CoreAccount,
    CoreQuery,
    CoreReceipt,
    CoreRefusedError,
    CoreStatus,
    CoreUnknownError,
    Posting,
    StatementLine,
    StatementPage,
)
from bff.customers import inbox_operations
from bff.customers.codes import Codes
from bff.customers.service import Customers
from bff.customers.vault import Vault
from bff.db.engine import retried, transaction
from bff.devices import handover_operations, owned_operations
from bff.devices import operations as device_operations
from bff.devices.attestation import UNATTESTED, Attesting
from bff.devices.binding import Binder
from bff.devices.directory import Directory
from bff.devices.instances import AppInstances
from bff.devices.owned import OwnedDevices
from bff.devices.pins import Pins
from bff.devices.recoveries import Recoveries
from bff.devices.service import Devices
from bff.devices.transfers import Transfers
from bff.jobs import Batch, Turn
from bff.kinds import BundleRef, Caller, Channel, Context, Scope, business_date
from bff.outbox import Relay
from bff.products import decisions
from bff.products.book import PaperBook
from bff.products.calendar import TradingCalendar
from bff.products.rulepacks import RulePacks
from bff.products.warehouse import Warehouse
from bff.sessions import operations as session_operations
from bff.sessions.verification import Verification
from bff.sweep.products import FAMILY as SWEEP
from bff.sweep.room import Sweep
from bff.sweep.terms import Terms
from bff.wealth import holding_operations, navs, pricing, redemptions
from bff.wealth import operations as wealth_operations
from bff.wealth.confirmation import Confirmation
from bff.wealth.delivery import Deliveries
from bff.wealth.life import Life
from bff.wealth.orders import TYPE, Orders
from bff.wealth.payouts import Payouts
from bff.wealth.products import FAMILY
from bff.wealth.ratings import Ratings
from bff.wealth.redemptions import Redemptions
from bff.wealth.refunds import Refunds
from bff.wealth.suitability import Suitability, load_questionnaire
from security.sealing import BlindIndex, Sealer
from security.suites import DEFAULT
from tests import device as wire

ROOT = Path(__file__).parents[3] / "bff"
PEOPLE = {person.name: person for person in load_sandbox().people}
CHEN, LIN, GU, SU, XU, ZHOU = (PEOPLE[name] for name in ("陈屿", "林初夏", "顾怀瑾", "苏晚", "许知遥", "周行简"))
BUNDLES = {
    name: BundleRef(name, "1.0.0", hashlib.sha256(name.encode()).hexdigest())
    for name in ("accounts", "wealth", "sweep", "cards", "home")
}
"""A release of each room's pages."""
WEALTH, ACCOUNTS = BUNDLES["wealth"], BUNDLES["accounts"]
MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""10:00 in Shanghai on a trading day."""


@dataclass
class FakeCore:
    """A core that keeps its word about sequence numbers and can be told to misbehave once per verb."""

    balances: dict[str, int] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    holds: dict[str, tuple[str, int]] = field(default_factory=dict)
    answers: dict[str, CoreQuery] = field(default_factory=dict)
    faults: dict[str, list[str]] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)
    journals: list[tuple[str, str, int, str]] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def _run(self, sequence: str, verb: str, work: Any) -> CoreReceipt:
        with self.lock:
            fault = self.faults.get(verb, []).pop(0) if self.faults.get(verb) else ""
            if fault == "lost":
                raise CoreUnknownError(sequence)
            if sequence not in self.answers:
                self.sent.append(sequence)
                self.answers[sequence] = self._answer(sequence, verb, fault, work)
            if fault == "silent":
                raise CoreUnknownError(sequence)
            answer = self.answers[sequence]
            if answer.receipt is None:
                raise CoreRefusedError(answer.reason)
            return answer.receipt

    @staticmethod
    def _answer(sequence: str, verb: str, fault: str, work: Any) -> CoreQuery:
        if fault.startswith("refuse:"):
            return CoreQuery(CoreStatus.FAILED, None, fault.removeprefix("refuse:"))
        try:
            reference, postings = work()
        except CoreRefusedError as error:
            return CoreQuery(CoreStatus.FAILED, None, error.reason)
        return CoreQuery(CoreStatus.SUCCESS, CoreReceipt(sequence, verb, reference, postings, MONDAY))

    def _take(self, account: str, amount: int) -> None:
        if self.states.get(account, "OPEN") != "OPEN":
            reason = "ACCOUNT_FROZEN"
            raise CoreRefusedError(reason)
        if self.available(account) < amount:
            reason = "INSUFFICIENT_FUNDS"
            raise CoreRefusedError(reason)

    def available(self, account: str) -> int:
        held = sum(amount for payer, amount in self.holds.values() if payer == account)
        return self.balances.get(account, 0) - held

    def _move(self, payer: str, payee: str, amount: int, memo: str) -> tuple[str, tuple[Posting, ...]]:
        self.balances[payer] = self.balances.get(payer, 0) - amount
        self.balances[payee] = self.balances.get(payee, 0) + amount
        self.journals.append((payer, payee, amount, memo))
        return f"jnl_{len(self.journals)}", (Posting(payer, -amount, "CNY"), Posting(payee, amount, "CNY"))

    def open_account(
        self, *, sequence: str, kind: str, holder: str, currency: str, max_balance: int | None = None
    ) -> CoreReceipt:
        del kind, holder, currency, max_balance

        def work() -> tuple[str, tuple[Posting, ...]]:
            number = f"621799{len(self.balances):010d}"
            self.balances[number] = 0
            return number, ()

        return self._run(sequence, "open_account", work)

    def enquire(self, number: str) -> CoreAccount:
        with self.lock:
            fault = self.faults.get("enquire", []).pop(0) if self.faults.get("enquire") else ""
            if fault.startswith("refuse:"):
                raise CoreRefusedError(fault.removeprefix("refuse:"))
            if fault:
                raise CoreUnknownError(number)
            return CoreAccount(
                number,
                "CLASS_II",
                "CNY",
                self.balances.get(number, 0),
                self.available(number),
                self.states.get(number, "OPEN"),
            )

    def hold(self, *, sequence: str, account: str, amount: int, currency: str) -> CoreReceipt:
        del currency

        def work() -> tuple[str, tuple[Posting, ...]]:
            self._take(account, amount)
            self.holds[f"hld_{sequence}"] = (account, amount)
            return f"hld_{sequence}", ()

        return self._run(sequence, "hold", work)

    def post(self, *, sequence: str, hold: str, payee: str, memo: str) -> CoreReceipt:
        return self._run(
            sequence, "post", lambda: self._move(self.holds[hold][0], payee, self.holds.pop(hold)[1], memo)
        )

    def void(self, *, sequence: str, hold: str) -> CoreReceipt:
        def work() -> tuple[str, tuple[Posting, ...]]:
            self.holds.pop(hold)
            return hold, ()

        return self._run(sequence, "void", work)

    def transfer(self, *, sequence: str, payer: str, payee: str, amount: int, currency: str, memo: str) -> CoreReceipt:
        del currency

        def work() -> tuple[str, tuple[Posting, ...]]:
            self._take(payer, amount)
            return self._move(payer, payee, amount, memo)

        return self._run(sequence, "transfer", work)

    def reverse(self, *, sequence: str, journal: str, memo: str) -> CoreReceipt:
        def work() -> tuple[str, tuple[Posting, ...]]:
            payer, payee, amount, _ = self.journals[int(journal.removeprefix("jnl_")) - 1]
            self._take(payee, amount)
            return self._move(payee, payer, amount, memo)

        return self._run(sequence, "reverse", work)

    def query(self, sequence: str) -> CoreQuery:
        with self.lock:
            fault = self.faults.get("query", []).pop(0) if self.faults.get("query") else ""
            if fault:
                return CoreQuery(CoreStatus.UNKNOWN)
            return self.answers.get(sequence, CoreQuery(CoreStatus.ABSENT))

    def transfer_many(self, transfers: Sequence[BatchTransfer]) -> tuple[CoreQuery, ...]:
        for one in transfers:
            with suppress(CoreRefusedError, CoreUnknownError):
                self.transfer(**asdict(one))
        return tuple(self.query(one.sequence) for one in transfers)

    def freeze(self, *, sequence: str, account: str, level: str) -> CoreReceipt:
        return self._run(sequence, "freeze", lambda: self._turn(account, level))

    def unfreeze(self, *, sequence: str, account: str) -> CoreReceipt:
        return self._run(sequence, "unfreeze", lambda: self._turn(account, "OPEN"))

    def close(self, *, sequence: str, account: str) -> CoreReceipt:
        return self._run(sequence, "close", lambda: self._turn(account, "CLOSED"))

    def _turn(self, account: str, state: str) -> tuple[str, tuple[Posting, ...]]:
        self.states[account] = state
        return account, ()

    def statement(self, number: str, *, limit: int = 50, **_: Any) -> StatementPage:
        lines, balance = [], self.balances.get(number, 0)
        for index, (payer, payee, amount, memo) in reversed(list(enumerate(self.journals, 1))):
            if number in {payer, payee}:
                signed, other = (amount, payer) if number == payee else (-amount, payee)
                lines.append(StatementLine(f"jnl_{index}", signed, "CNY", memo, MONDAY, other, balance))
                balance -= signed
        return StatementPage(tuple(lines[:limit]))


@dataclass
class Book:
    """The release book: a release of each room, which may call everything and be revoked."""

    ops: frozenset[str] = frozenset()
    revoked: set[str] = field(default_factory=set)
    types: Collection[str] = ()

    def release(self, session: Any, digest: str) -> Release:
        del session
        ref = next((one for one in BUNDLES.values() if one.digest == digest), None)
        if ref is None:
            raise BundleUnknownError
        if digest in self.revoked:
            raise BundleRevokedError
        own = frozenset(one for one in self.types if one.startswith(f"{ref.bundle}."))
        return Release(ref, self.ops, own)


class NoLimits:
    def check(self, limit: str, *names: str, now: datetime) -> None:
        """Let everybody through."""


def packs(room: str) -> RulePacks:
    return RulePacks.load(ROOT / room / "data")


@dataclass
class Phone:
    """A phone that speaks the wire formats."""

    pop: Any = field(default_factory=wire.new_key)
    tx: Any = field(default_factory=wire.new_key)
    device_id: str = ""
    customer_id: str | None = None
    account_id: str = ""
    seq: int = 0


@dataclass(frozen=True)
class ServerKey:
    """The server's key for what a device reads without network."""

    private: Any = field(default_factory=wire.new_key)

    @property
    def kid(self) -> str:
        return wire.thumbprint(self.private)

    def sign(self, message: bytes) -> bytes:
        return wire.sign(self.private, message)


class World:
    def __init__(
        self, engine: Engine, core: Any = None, attesting: Attesting = UNATTESTED, suites: Collection[str] = DEFAULT
    ) -> None:
        self.engine, self.now, self._ids = engine, MONDAY, count(1)
        self.papers = PaperBook(engine, self.seconds)
        wealth_packs = self.papers.over(packs("wealth"))
        self.core, self.book = FakeCore() if core is None else core(lambda: self.now, self.new_id), Book()
        if core is None:
            self.core.balances.update({one.card: one.opening_fen for one in load_sandbox().cards})
        vault = Vault(Sealer({"k1": b"k" * 32}, "k1"), BlindIndex({"i1": b"b" * 32}, "i1"))
        self.codes = Codes(vault, packs("customers"), SandboxCodeSender())
        self.customers = Customers(vault)
        self.devices = Devices("tidegate-bff", "sandbox", packs("devices"), attesting, suites)
        self.accounts = Accounts(self.core)
        self.applications = Applications(vault, self.customers, self.codes, packs("accounts"))
        self.binder = Binder(self.devices, self.customers, self.codes, self.applications)
        self.approvals = Approvals("tidegate-bff", "sandbox", self.devices, self.book, Templates.load())
        self.warehouse = Warehouse((FAMILY, CARD, SWEEP))
        self.suitability = Suitability(load_questionnaire(), wealth_packs)
        self.orders = Orders(
            self.warehouse,
            TradingCalendar.load(added=self.papers.calendars),
            wealth_packs,
            self.suitability,
            self.customers,
            self.accounts,
            self.approvals,
        )
        self.refunds, self.payouts = Refunds(self.warehouse, self.accounts), Payouts(self.accounts, self.approvals)
        standing = (self.orders.calendar, wealth_packs, self.customers, self.accounts, self.approvals)
        self.redemptions = Redemptions(self.warehouse, *standing)
        self.confirmation = Confirmation(wealth_packs)
        about = (engine, lambda: self.now)
        owed = (self.new_id, self.warehouse, wealth_packs, self.refunds, self.payouts)
        self.life, self.ratings = Life(*about, *owed), Ratings(*about, self.warehouse)
        terms = Terms(self.warehouse, self.orders.calendar, packs("sweep"))
        self.sweep = Sweep.over(terms, self.accounts, self.customers, self.approvals)
        network = SandboxCardNetwork(load_sandbox())
        self.cards = self._cards()
        self.room = AccountsRoom.build(
            core=self.core,
            cards=network,
            accounts=self.accounts,
            applications=self.applications,
            approvals=self.approvals,
            holdings={"wealth": self.orders, "sweep": self.sweep, "cards": self.cards},
        )
        spenders = {
            TYPE: self.orders,
            redemptions.TYPE: self.redemptions,
            **self.room.spenders(),
            **self.cards.spenders(),
            **self.sweep.spenders(),
        }
        self.decisions = Decisions(self.approvals, spenders)
        self.book.types = self.decisions.spenders
        self.signer = ServerKey()
        self.recoveries = Recoveries(self.devices, self.customers, self.codes, network)
        topics = (
            *self.codes.topics(),
            *self.recoveries.topics(),
            *self.room.topics(),
            *Deliveries(self.core, self.orders, self.refunds, self.payouts).topics(),
            *self.cards.topics(),
            *self.sweep.topics(self.core),
        )
        self.relay = Relay(engine, topics, lambda: self.now, self.new_id, pause=lambda _: None)
        catalogue = Catalogue(self._operations())
        self.book.ops = frozenset(operation.code for operation in catalogue)
        self.bus = Bus(
            catalogue=catalogue,
            engine=engine,
            releases=self.book,
            limiter=NoLimits(),
            relay=self.relay,
            fingerprints=lambda request: tuple(vault.hashes("request", request).values()),
            refresh=self.papers.refresh,
            keep=decisions.refuse,
        )
        with transaction(engine) as session:
            self.warehouse.synchronise(session, self.now)
            navs.seed(session, FAMILY.shipped(), self.now)

    def _operations(self) -> Iterable[Any]:
        instances = AppInstances(self.devices.attesting)
        verification = Verification(Directory(self.customers), "tidegate-bff", "sandbox", instances)
        yield from device_operations.operations(self.devices, self.binder, self.customers, verification)
        pins = Pins(self.devices, self.customers, self.codes.vault)
        yield from owned_operations.operations(OwnedDevices(self.devices), pins, verification)
        yield from handover_operations.operations(Transfers(self.devices), self.recoveries, self.customers)
        yield from session_operations.verifying(verification)
        yield from approval_operations.operations(self.decisions, lambda: self.signer)
        yield from inbox_operations.operations()
        yield from self.room.operations()
        yield from wealth_operations.operations(self.orders, self.refunds, self.suitability)
        yield from holding_operations.operations(self.redemptions)
        yield from self.cards.operations()
        yield from self.sweep.operations()

    def _cards(self) -> Cards:
        producer = SandboxProducer(self.engine, lambda: self.now, lambda text: self.customers.vault.hash("made", text))
        given = Given(
            engine=self.engine,
            core=self.core,
            bureau=SandboxBureau(),
            producer=producer,
            customers=self.customers,
            accounts=self.accounts,
            approvals=self.approvals,
            warehouse=self.warehouse,
            packs=packs("cards"),
            clock=lambda: self.now,
            new_id=self.new_id,
            new_bytes=os.urandom,
        )
        return Cards.of(given)

    def new_id(self, prefix: str) -> str:
        return f"{prefix}_{next(self._ids):08d}"

    def seconds(self) -> float:
        return (self.now - MONDAY).total_seconds()

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)

    def context(self, phone: Phone, page: BundleRef | None, *, customer: bool) -> Context:
        scopes = {Scope.ONBOARDING, Scope.CUSTOMER} if customer else {Scope.ONBOARDING}
        caller = Caller(
            Channel.APP,
            customer_id=phone.customer_id if customer else None,
            device_id=phone.device_id or None,
            scopes=frozenset(scopes),
            bundle=page,
            address="127.0.0.1",
            verified_at=self.now if customer else None,
        )
        return Context(caller, self.now, self.new_id, os.urandom, "req_1", "", "00" * 32)

    def call(
        self,
        phone: Phone,
        code: str,
        payload: Mapping[str, Any] | None = None,
        *,
        page: BundleRef | None = None,
        key: str | None = None,
    ) -> Any:
        if page is None and not self.bus.catalogue.get(code).from_shell:
            page = BUNDLES.get(code.partition(".")[0], ACCOUNTS)
        context = self.context(phone, page, customer=phone.customer_id is not None)
        reply = self.bus.call(Call(code, payload or {}, context, key or self.new_id("key")))
        return msgspec.json.decode(reply.body)

    def sql(self, statement: str, **values: Any) -> list[Any]:
        with self.engine.begin() as connection:
            result = connection.execute(text(statement), values)
            return [tuple(row) for row in result] if result.returns_rows else []

    # ── the story ──
    def registration(self, phone: Phone, **changes: Any) -> dict[str, Any]:
        challenge = self.call(phone, "device.challenge")["challenge"]
        names = ("tidegate-bff", "sandbox", challenge, "cn.lanjiang.tidegate", "1.0.0", "browser")
        transcript = wire.lp(
            "BANK-DEVBIND/v1/DEV-REGISTER", *names, wire.thumbprint(phone.pop), wire.thumbprint(phone.tx)
        )
        body = {
            "challenge": challenge,
            "appId": names[3],
            "appVersion": names[4],
            "platform": names[5],
            "model": "Test",
            "popKey": wire.jwk(phone.pop),
            "txKey": wire.jwk(phone.tx),
            "popSignature": wire.b64(wire.sign(phone.pop, transcript)),
            "txSignature": wire.b64(wire.sign(phone.tx, transcript)),
            "attestation": {"format": "sim"},
        }
        return {**body, **changes}

    def registered(self, phone: Phone | None = None) -> Phone:
        phone = Phone() if phone is None else phone
        phone.device_id = self.call(phone, "device.register", self.registration(phone))["deviceId"]
        return phone

    def applied(self, phone: Phone, person: Any, **changes: str) -> Any:
        form = {"name": person.name, "idNumber": person.id_number, "mobile": person.mobile, **changes}
        return self.call(phone, "accounts.application.create", form)

    def verified(self, phone: Phone, person: Any, **changes: str) -> str:
        application = self.applied(phone, person, **changes)
        ids = {"applicationId": application["applicationId"]}
        self.call(phone, "accounts.application.verify_code", {**ids, "code": application["sandboxCode"]})
        return str(ids["applicationId"])

    def opened(self, phone: Phone, person: Any) -> Any:
        ids = {"applicationId": self.verified(phone, person)}
        self.call(phone, "accounts.application.bind_card", {**ids, "cardNumber": person.card})
        return self.call(phone, "accounts.application.declare_tax", {**ids, "residency": "CN_ONLY", "declared": True})

    def binding(self, phone: Phone) -> dict[str, Any]:
        event = self.call(phone, "device.bind.prepare")
        message = wire.lp(
            "BANK-DEVBIND/v1/DEV-BIND",
            "tidegate-bff",
            "sandbox",
            event["eventId"],
            phone.device_id,
            event["customerId"],
            wire.thumbprint(phone.pop),
            wire.thumbprint(phone.tx),
            str(event["expires"]),
        )
        signature = wire.b64(wire.sign(phone.tx, message))
        return {"event": event, "eventId": event["eventId"], "code": event["sandboxCode"], "signature": signature}

    def bound(self, person: Any, fund: int = 0, phone: Phone | None = None) -> Phone:
        phone = self.registered(phone)
        phone.account_id = self.opened(phone, person)["account"]["accountId"]
        ready = self.binding(phone)
        event = ready.pop("event")
        self.call(phone, "device.bind.confirm", ready)
        phone.customer_id = event["customerId"]
        if fund:
            done = self.call(phone, "accounts.fund", {"accountId": phone.account_id, "amountFen": fund})
            assert done["state"] == "DONE"
        return phone

    def assess(self, phone: Phone, option: int = -1) -> Any:
        asked = self.call(phone, "wealth.suitability.questions")
        answers = {question["id"]: question["options"][option]["id"] for question in asked["questions"]}
        return self.call(phone, "wealth.suitability.assess", {"version": asked["version"], "answers": answers})

    def ready(self, person: Any = CHEN, fund: int = 10_000_000, phone: Phone | None = None) -> Phone:
        phone = self.bound(person, fund, phone)
        self.assess(phone)
        return phone

    def prepare(self, phone: Phone, fen: int = 5_000_000, product: str = "JMG-WY90", **more: Any) -> Any:
        body = {"product": product, "accountId": phone.account_id, "amountFen": fen, **more}
        return self.call(phone, "wealth.order.prepare", body)

    def message(self, phone: Phone, challenge_id: str, **changes: str) -> bytes:
        frozen = self.call(phone, "approval.get", {"challengeId": challenge_id})
        phone.seq = max(phone.seq, frozen["lastSeq"]) + 1
        host = {"ui": "tidegate-shell/1.0.0;zh-CN;sha256:" + "0" * 64, "seq": str(phone.seq), "factor": "pin"}
        fields = {**frozen["fields"], **host, **changes}
        return wire.lp("BANK-DEVBIND/v1/TX-APPROVE", *(part for name in wire.FIELDS for part in (name, fields[name])))

    def approve(self, phone: Phone, challenge_id: str, message: bytes, *, high_s: bool = False, key: Any = None) -> Any:
        signature = wire.sign(key or phone.tx, message, high_s=high_s)
        body = {"challengeId": challenge_id, "message": wire.b64(message), "signature": wire.b64(signature)}
        return self.call(phone, "approval.approve", body)

    def buy(self, phone: Phone, fen: int = 5_000_000, product: str = "JMG-WY90") -> Any:
        challenge = self.prepare(phone, fen, product)["challengeId"]
        return self.approve(phone, challenge, self.message(phone, challenge))

    def sign(self, phone: Phone, code: str, **body: Any) -> Any:
        """Prepare an operation that the device signs, and sign it."""
        challenge = self.call(phone, code, body)["challengeId"]
        return self.approve(phone, challenge, self.message(phone, challenge))

    def publish(self, value: str, day: str = "2026-11-23", product: str = "JMG-WY90") -> None:
        """Write a day's net value."""
        with transaction(self.engine) as session:
            navs.publish(session, product, date.fromisoformat(day), pricing.read_nav(value), self.now)

    def confirm(self, step: Callable[[Session, Turn], Batch] | None = None) -> str:
        """Do the whole confirmation of this instant, or another job's, as a worker would; give its outcome."""
        cursor, done = "", 0
        while True:
            turn = Turn(business_date(self.now).isoformat(), cursor, done, self.now)
            batch = retried(self.engine, partial(step or self.confirmation.step, turn=turn))
            cursor, done = batch.cursor, done + batch.done
            if batch.finished:
                return batch.outcome

    def quota(self, product: str = "JMG-WY90") -> tuple[int, int, int]:
        query = "SELECT total_fen, held_fen, confirmed_fen FROM product_quota WHERE code = :code"
        (row,) = self.sql(query, code=product)
        return row
