"""Exactly once at a core behind an ESB: whatever goes wrong on the way, each order ends once, and the books agree."""

import itertools
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event, select

from bff.approvals.execution import execute
from bff.core_bank.esb.adapter import EsbCore
from bff.core_bank.esb.faults import FAULTS, Fault, Script, Step
from bff.core_bank.esb.front import Front
from bff.core_bank.esb.wire import wire_of
from bff.core_bank.ledger import EmbeddedCore
from bff.core_bank.models import CoreExecutionRow
from bff.core_bank.network import load_sandbox
from bff.core_bank.port import CoreRefusedError, CoreStatus, CoreUnknownError
from bff.db.engine import open_engine, retried, transaction
from bff.outbox import Relay, put
from bff.outbox.box import Message, lease_to, written
from bff.outbox.models import OutboxMessage
from bff.wealth.delivery import IN_TWO_PHASES, Deliveries
from bff.wealth.orders import TOPIC
from tests.bff.core_bank.conftest import NOW, Bank
from tests.bff.core_bank.fronts import Direct
from tests.bff.db.engines import KINDS, fresh_engine

FUNDED = 1000
ROUNDS = 60
VERBS = ("hold", "post", "void", "transfer", "query", "enquire", "*")
TOPICS = (TOPIC, IN_TWO_PHASES)
ORDERS = itertools.count()
IDS = itertools.count()


def new_id(prefix: str) -> str:
    """Make an id that no other process and no other order of this one has."""
    return f"{prefix}_{os.getpid()}_{next(IDS)}"


@dataclass
class Book:
    """Stands where the orders' room stands, and writes down how each order ended."""

    ended: Counter[tuple[str, str]] = field(default_factory=Counter)
    executed: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def accepted(self, _session: Any, order: str, executed: Mapping[str, Any], _now: datetime) -> None:
        self.ended[order, "ACCEPTED"] += 1
        self.executed[order] = executed

    def rejected(self, _session: Any, order: str, _reason: str, _now: datetime) -> None:
        self.ended[order, "REJECTED"] += 1

    def unknown(self, _session: Any, _order: str, _now: datetime) -> None:
        """Nothing: the order waits."""

    paid, failed = accepted, rejected  # of payouts, of which none is sent here


class Buying:
    """Orders of one account, delivered by the real room of wealth over the adapter, with a clock that jumps."""

    def __init__(self, engine: Engine, wire: str = "esb") -> None:
        self.engine, self.now = engine, NOW
        ledger = EmbeddedCore(engine, lambda: self.now, new_id, lambda card: {"i1": f"card:{card}"})
        ledger.seed(load_sandbox())
        self.front = Front(ledger, wire_of(wire, lambda: self.now), Script())
        core = EsbCore(Direct(self.front), self.front.wire, new_id)
        self.bank = Bank(engine, core, ledger, load_sandbox())
        self.book = Book()
        self.relay = Relay(
            engine,
            Deliveries(core, self.book, self.book, self.book).topics(),
            lambda: self.now,
            new_id,
            pause=lambda _: None,
        )

    def ask(self, account: str, *amounts: int, topic: str = TOPIC) -> list[str]:
        """Put one message for each amount, and leave them to the next run of a relay; give the orders."""
        return [self._put(account, amount, topic, leased=False)[0] for amount in amounts]

    def buy(self, account: str, *amounts: int) -> list[str]:
        """Put one message for each amount and send it at once under the lease that it was written with."""
        orders = []
        for amount in amounts:
            order, messages = self._put(account, amount, TOPIC, leased=True)
            orders.append(order)
            self.relay.deliver(messages)
        return orders

    def _put(self, account: str, amount: int, topic: str, *, leased: bool) -> tuple[str, tuple[Message, ...]]:
        order = f"ord_{os.getpid()}_{next(ORDERS)}"
        payload = {"orderId": order, "payer": account, "amountFen": amount, "memo": "购买", "payee": self.bank.raising}

        def work(session: Any) -> tuple[Message, ...]:
            if leased:
                lease_to(session, self.relay.lease)
            put(session, topic=topic, key=f"{order}.buy", payload=payload, now=self.now)
            return written(session)

        return order, retried(self.engine, work)

    def settle(self) -> None:
        """Run the relay until nothing waits."""
        for _ in range(ROUNDS):
            self.relay.run()
            with transaction(self.engine, writing=False) as session:
                if session.scalar(select(OutboxMessage.id).where(OutboxMessage.state == "PENDING").limit(1)) is None:
                    return
            self.now += timedelta(minutes=6)
        pytest.fail("the outbox is not empty")

    def executions(self) -> dict[str, str]:
        with transaction(self.engine, writing=False) as session:
            rows = session.execute(select(CoreExecutionRow.sequence, CoreExecutionRow.status))
            return {row.sequence: row.status for row in rows}

    def check(self, account: str, orders: Mapping[str, int]) -> None:
        """Each order ended once, as the core has it; what was paid is what was accepted; nothing stays held."""
        self.bank.core.query("flushes what is late")
        seen, paid = self.executions(), 0
        for order, amount in orders.items():
            (end,) = [name for (known, name), count in self.book.ended.items() for _ in range(count) if known == order]
            assert ("S" in {seen.get(f"{order}.{last}") for last in ("buy", "post")}) == (end == "ACCEPTED")
            if end == "ACCEPTED":
                paid += amount
                postings = self.book.executed[order]["postings"]
                assert sorted(posting["amountFen"] for posting in postings) == [-amount, amount]
        told = self.bank.ledger.enquire(account)
        assert (told.balance, told.available) == (FUNDED - paid, FUNDED - paid)
        self.bank.check_books()


@pytest.fixture(params=KINDS)
def buying(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Buying]:
    with fresh_engine(request.param, tmp_path) as engine:
        yield Buying(engine)


STEPS = st.lists(st.builds(Step, st.sampled_from(VERBS), st.sampled_from(FAULTS)), max_size=10)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, amounts=st.lists(st.integers(1, 700), min_size=1, max_size=3), way=st.sampled_from((*TOPICS, "")))
def test_whatever_goes_wrong_each_order_ends_once(
    buying: Buying, steps: list[Step], amounts: list[int], way: str
) -> None:
    buying.front.faults = Script()
    account = buying.bank.account(f"cus_{next(ORDERS)}", FUNDED)
    buying.front.faults = Script(steps)
    orders = buying.ask(account, *amounts, topic=way) if way else buying.buy(account, *amounts)
    buying.settle()
    buying.front.faults = Script()
    buying.check(account, dict(zip(orders, amounts, strict=True)))


@pytest.mark.parametrize("verb", ["hold", "post", "transfer"])
@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_of_each_verb_alone(tmp_path: Path, verb: str, fault: Fault) -> None:
    with fresh_engine("sqlite", tmp_path) as engine:
        buying = Buying(engine)
        account = buying.bank.account("cus_1", FUNDED)
        buying.front.faults = Script([Step(verb, fault)])
        at_once = verb == "transfer"
        (order,) = buying.buy(account, 600) if at_once else buying.ask(account, 600, topic=IN_TWO_PHASES)
        buying.settle()
        buying.check(account, {order: 600})
        assert buying.book.ended == {(order, "ACCEPTED"): 1}


@pytest.mark.parametrize("wire", ["esb", "iso20022"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_transfer_is_known_or_unknown_and_never_twice(tmp_path: Path, wire: str, fault: Fault) -> None:
    with fresh_engine("sqlite", tmp_path) as engine:
        buying = Buying(engine, wire)
        bank, account = buying.bank, buying.bank.account("cus_1", FUNDED)
        content = {"payer": account, "payee": bank.raising, "amount": 600, "currency": "CNY", "memo": ""}
        buying.front.faults = Script([Step("transfer", fault), Step("query", Fault.DOWN)])
        receipts = [outcome(lambda: bank.core.transfer(sequence="t", **content)) for _ in range(2)]
        assert receipts[1] is not None
        assert receipts[0] in {None, receipts[1]}
        buying.front.faults = Script()
        assert bank.core.query("flushes what is late").status == "ABSENT"
        assert bank.core.query("t").receipt == receipts[1]
        assert bank.ledger.enquire(account).balance == FUNDED - 600
        bank.check_books()


def outcome(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except CoreUnknownError:
        return None


class Unwilling:
    """A core that does not take the question, which says nothing about what was asked."""

    def query(self, _sequence: str) -> Any:
        raise CoreRefusedError(reason="CORE_REFUSED")


def test_a_question_that_is_refused_leaves_the_answer_unknown() -> None:
    front = Front(Unwilling(), wire_of("esb", lambda: NOW), Script())
    core = EsbCore(Direct(front), front.wire, new_id)
    assert core.query("t").status is CoreStatus.UNKNOWN
    with pytest.raises(CoreUnknownError):
        execute(core, "t", lambda: pytest.fail("sent though nobody knows"))


def test_the_answer_to_another_question_is_none(tmp_path: Path) -> None:
    with fresh_engine("sqlite", tmp_path) as engine:
        buying = Buying(engine)
        bank, account = buying.bank, buying.bank.account("cus_1", FUNDED)
        bank.core.hold(sequence="t", account=account, amount=1, currency="CNY")
        assert bank.core.query("never").status is CoreStatus.ABSENT
        buying.front.faults = Script([Step("query", Fault.REORDERED)])
        assert bank.core.query("t").status is CoreStatus.UNKNOWN
        assert bank.core.query("t").status is CoreStatus.SUCCESS


def kill_at(url: str, order: tuple[str, int], way: str, step: int) -> bool:
    """Buy in a process that kills itself at a step; tell whether it lived to the end."""
    child = os.fork()
    if child == 0:
        steps = itertools.count(1)

        def count(*_: Any) -> None:
            if next(steps) == step:
                os.kill(os.getpid(), signal.SIGKILL)

        engine = open_engine(url)
        buying = Buying(engine)
        event.listen(engine, "commit", count)
        if way:
            buying.ask(*order, topic=way)
            buying.relay.run()
        else:
            buying.buy(*order)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


@pytest.mark.parametrize(("way", "least"), [("", 3), (TOPIC, 5), (IN_TWO_PHASES, 6)])
def test_a_kill_before_each_commit_of_bff_and_core(tmp_path: Path, way: str, least: int) -> None:
    """SIGKILL at every commit from putting the message to settling it; another relay takes over and ends it."""
    with fresh_engine("sqlite", tmp_path) as engine:
        accounts = []
        for step in itertools.count(1):
            buying = Buying(engine)
            account = buying.bank.account(f"cus_{step}", FUNDED)
            accounts.append(account)
            engine.dispose()
            lived = kill_at(str(engine.url), (account, 600), way, step)
            buying.settle()
            balance = buying.bank.ledger.enquire(account)
            assert balance.available == balance.balance
            assert balance.balance in {FUNDED, FUNDED - 600}
            assert (balance.balance == FUNDED) == (step == 1), "only what was never put is never paid"
            buying.bank.check_books()
            if lived:
                break
        assert len(accounts) > least
