"""A whole server that is killed under load: after the next start each order stands exactly once or not at all."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3

from tests.device import Device
from tests.faults.books import assert_books_hold, rows
from tests.running import Running

FEN = 1_000_000
FUNDED = 15_000_000
LEASE = {"TIDEGATE_LEASE_SECONDS": "2", "TIDEGATE_RELAY_SECONDS": "1"}
"""A crash in mid-send is taken up again after two seconds instead of a minute."""
pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """Make a server that does not outlive the test, whatever happens."""
    server = Running(var=tmp_path / "var", extra=LEASE)
    yield server
    server.kill()


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


def wait_until_settled(database: Path | str) -> None:
    """Wait until the relay has nothing left to do."""
    end = time.monotonic() + 90
    while time.monotonic() < end:
        if not rows(database, "SELECT id FROM outbox_message WHERE state = 'PENDING'"):
            return
        time.sleep(0.2)
    pytest.fail("the outbox is not empty")


def test_kills_under_load_lose_nothing_and_repeat_nothing(running: Running) -> None:
    running.start()
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
