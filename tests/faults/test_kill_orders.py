"""SIGKILL at each step of each kind of order: started again, it stands exactly once or not at all.

The customer repeats what got no answer, at once or after the dead process's leases; in the end every table is as it is
when nobody is killed, but for times, chance and tries.
"""

import itertools
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bff.bus.errors import IdempotencyRunningError
from tests.bff.db.engines import fresh_engine
from tests.bff.wealth.test_evidence import proved
from tests.faults.kinds import KINDS, Act, Kind, Townsfolk
from tests.faults.mortal import LEASES, Moment, differences

FUNDING = "accounts.fund"
ON_MARIADB = ("sweep.purchase", "sweep.redeem fast", "wealth.order.place")
STEPS = 60
"""More than any kind has: a round must end without a kill, or the bound is too low."""


@dataclass(frozen=True)
class Story:
    """The bank, where it stands, and what the customer of each kind is about to do."""

    bank: Townsfolk
    begin: Moment
    acts: dict[str, Act]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with fresh_engine("sqlite", tmp_path_factory.mktemp("kinds")) as engine:
        bank = Townsfolk(engine)
        acts = {name: kind.ask(bank) for name, kind in KINDS.items()}
        bank.era = "r"
        yield Story(bank, bank.moment("begin"), acts)


def test_every_kind_that_a_device_signs_is_among_them(story: Story) -> None:
    assert {name.partition(" ")[0] for name in KINDS} == {FUNDING, *story.bank.decisions.spenders}


@pytest.mark.parametrize("name", KINDS)
def test_a_kill_at_each_step_leaves_one_order_or_none(story: Story, name: str) -> None:
    bank, kind, act = story.bank, KINDS[name], story.acts[name]
    bank.back(story.begin)
    assert bank.done(bank.fork(lambda: whole(bank, kind, act)))
    want = bank.tables()
    for at in itertools.count(1):
        bank.back(story.begin)
        lived = killed_and_taken_over(bank, kind, act, at)
        assert differences(want, bank.tables()) == {}
        if lived:
            break
    assert at > (5 if kind.moves else 2), "before and after each commit, and on either side of the core"


@pytest.mark.mariadb
def test_a_kill_at_each_step_on_mariadb(tmp_path: Path) -> None:
    with fresh_engine("mariadb", tmp_path) as engine:
        bank = Townsfolk(engine)
        for name in ON_MARIADB:
            kind = KINDS[name]
            steps = itertools.count(1)
            while not killed_and_taken_over(bank, kind, kind.ask(bank), at := next(steps)):
                pass
            assert at > 5


def killed_and_taken_over(bank: Townsfolk, kind: Kind, act: Act, at: int) -> bool:
    """Kill an order's process at a step and have another end it; tell whether it had no such step."""
    assert at < STEPS
    before = executed(bank)
    lived = bank.done(bank.fork(lambda: whole(bank, kind, act), at))
    if at % 2:
        with suppress(IdempotencyRunningError):  # the dead process holds it until its lease is over
            bank.does(act)
    bank.later(seconds=LEASES)
    bank.relay.run()
    sound(bank)
    assert executed(bank) - before in {0, kind.moves}
    answer = bank.does(act)
    to_its_end(bank, kind, LEASES)
    assert executed(bank) - before == kind.moves
    sound(bank)
    assert_ended(bank, act, answer, kind.state)
    return lived


def whole(bank: Townsfolk, kind: Kind, act: Act) -> None:
    """Place an order and bring it to its end."""
    bank.does(act)
    bank.fate.step()  # all is written, and the answer is lost
    to_its_end(bank, kind)


def to_its_end(bank: Townsfolk, kind: Kind, after: int = 0) -> None:
    """Let the days pass that an order needs, so many seconds late on each of them."""
    for day, clock, job in kind.later:
        bank.at(day, clock)
        bank.later(seconds=after)
        bank.jobs_at(job)


def executed(bank: Townsfolk) -> int:
    """Give how often the core has moved or turned something; a hold alone is neither."""
    return int(bank.sql("SELECT COUNT(*) FROM core_execution WHERE status = 'S' AND verb <> 'hold'")[0][0])


def sound(bank: Townsfolk) -> None:
    bank.conserved()
    bank.counted()
    bank.limited()
    bank.once()


def assert_ended(bank: Townsfolk, act: Act, answer: Any, state: str) -> None:
    """Hold that an order ended so; the evidence of one that a device signed proves it, and the money."""
    if act.code == FUNDING:
        assert answer["state"] == state
        return
    _, outcome = proved(bank, answer["result"]["orderId"])
    assert f"ended {state} " in outcome
