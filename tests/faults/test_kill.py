"""SIGKILL at any point of a purchase: after the next start the order stands exactly once or not at all."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3

from tests.device import Device
from tests.faults.books import assert_books_hold, rows
from tests.running import SERVE, Running

FEN = 1_000_000
FUNDED = 15_000_000
COMMITS = 20
"""More commits than an approval makes: a round must end without a crash, or the bound is too low."""
LEASE = {"TIDEGATE_LEASE_SECONDS": "2", "TIDEGATE_RELAY_SECONDS": "1"}
"""A crash in mid-send is taken up again after two seconds instead of a minute."""
pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


Server = Callable[..., Running]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Make servers on one folder; whatever happens, none of them outlives the test."""
    made: list[Running] = []

    def make(**parts: Any) -> Running:
        made.append(Running(var=tmp_path / "var", extra=LEASE, **parts))
        return made[-1]

    yield make
    for running in made:
        running.kill()


def approve_until_answered(device: Device, challenge: str, message: bytes) -> Any:
    """Send the same signed bytes until there is an answer that says how it ended."""
    end = time.monotonic() + 40
    while time.monotonic() < end:
        try:
            answer = device.approve(challenge, message)
        except urllib3.exceptions.HTTPError:
            time.sleep(0.2)
            continue
        if answer.status == 200 and answer.body["status"] in {"DONE", "FAILED"}:
            return answer.body
        time.sleep(0.2)
    pytest.fail("no final answer")


def customers(running: Running, count: int) -> list[tuple[Device, str]]:
    """Let so many sample people open an account, fund it and be assessed."""
    found = []
    for person in [row for row in running.samples() if row["cardClass"] == "I"][:count]:
        device = running.device()
        account = device.open_account(person)
        device.fund(account, FUNDED)
        device.assess()
        found.append((device, account))
    return found


def test_a_kill_before_each_commit_of_a_purchase(tmp_path: Path, server: Server) -> None:
    running = server().start()
    buyers = customers(running, 2)
    running.stop()
    running.command = SERVE  # what is prepared stands
    database, armed = running.var / "tidegate.db", tmp_path / "armed"
    command = (sys.executable, "-m", "tests.faults.crashing")
    crashing = server(port=running.port, command=command)
    for at in range(1, COMMITS + 1):
        device, account = buyers[at % 2]
        crashing.extra = {**LEASE, "CRASH_AT": str(at), "CRASH_ARMED": str(armed)}
        crashing.start()
        device.nonce = ""
        device.session(customer=True)
        challenge = device.prepare(account, "JMG-TT01", FEN).ok()["challengeId"]
        message = device.message(device.frozen(challenge))
        before = settled(database)
        armed.touch()
        try:
            survived = device.approve(challenge, message).status == 200
        except urllib3.exceptions.HTTPError:
            survived = False
        armed.unlink()
        crashing.kill()
        running.start()
        device.nonce = ""
        device.session(customer=True)
        if at % 2 == 0:
            approve_until_answered(device, challenge, message)
            assert settled(database) == before + 1
        else:  # the customer gives up: what stands must be settled by the server itself
            wait_until_settled(database)
            assert settled(database) - before in {0, 1}
        running.stop()
        assert_books_hold(database)
        if survived:
            break
    assert survived, f"an approval makes more than {COMMITS} commits: raise the bound"
    assert at > 4, "the server was not killed between the steps"


def settled(database: Path) -> int:
    return len(rows(database, "SELECT order_id FROM wealth_order WHERE state = 'ACCEPTED'"))


def wait_until_settled(database: Path) -> None:
    """Wait until the relay has nothing left to do."""
    end = time.monotonic() + 90
    while time.monotonic() < end:
        if not rows(database, "SELECT id FROM outbox_message WHERE state = 'PENDING'"):
            return
        time.sleep(0.2)
    pytest.fail("the outbox is not empty")


def test_kills_under_load_lose_nothing_and_repeat_nothing(server: Server) -> None:
    running = server().start()
    devices = customers(running, 2)
    ended: list[str] = []

    def shop(device: Device, account: str) -> None:
        for _ in range(6):
            try:
                challenge = device.prepare(account, "JMG-TT01", FEN).ok()["challengeId"]
                message = device.message(device.frozen(challenge))
            except (urllib3.exceptions.HTTPError, AssertionError):
                time.sleep(0.3)
                device.nonce = ""
                continue
            ended.append(approve_until_answered(device, challenge, message)["result"]["orderId"])

    threads = [threading.Thread(target=shop, args=pair) for pair in devices]
    for thread in threads:
        thread.start()
    for _ in range(3):
        time.sleep(0.4)
        running.kill()
        running.start()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive()
    wait_until_settled(running.var / "tidegate.db")
    running.stop()
    assert_books_hold(running.var / "tidegate.db")
    assert set(ended) <= {row[0] for row in rows(running.var / "tidegate.db", "SELECT order_id FROM wealth_order")}
    assert len(ended) == len(set(ended)) > 0
