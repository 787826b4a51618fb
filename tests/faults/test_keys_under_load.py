"""Signed purchases run while keys are rotated and a device is blocked: no valid call is refused, no invalid one taken."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.device import Device, sign
from tests.running import ROOT, Running

PURCHASES_BETWEEN = 2
MOST_SECONDS = 120
FEN = 1_000_000


@dataclass
class Buyer(threading.Thread):
    """A customer who buys without a pause longer than his rate asks for, and now and then forges."""

    device: Device
    account: str
    bought: list[str] = field(default_factory=list)
    refused: list[tuple[int, Any]] = field(default_factory=list)
    forged: list[tuple[int, Any]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        while not self.over.is_set():
            asked = self.device.prepare(self.account, "JMG-TT01", FEN)
            if asked.status != 200:
                self.refused.append((asked.status, asked.body))
                self.over.wait(1)
                continue
            challenge = asked.body["challengeId"]
            frozen = self.device.frozen(challenge)
            forged = self.device.message(frozen, amt="1.00")
            answer = self.device.approve(challenge, forged)
            self.forged.append((answer.status, answer.body.get("code")))
            done = self.device.approve(challenge, self.device.message(frozen))
            if done.status == 200:
                self.bought.append(done.body["result"]["orderId"])
            else:
                self.refused.append((done.status, done.body))
            self.over.wait(0.8)

    def more(self) -> None:
        """Wait for further purchases, or for a refusal."""
        wanted, end = len(self.bought) + PURCHASES_BETWEEN, time.monotonic() + MOST_SECONDS
        while len(self.bought) < wanted and not self.refused and time.monotonic() < end:
            time.sleep(0.05)


def command(running: Running, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=running.environ, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def tidegate(running: Running, *words: str) -> str:
    return command(running, "-m", "app", *words)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    started = Running(var=tmp_path / "var").start()
    yield started
    started.stop()


def buyer(running: Running, number: int) -> Buyer:
    device = running.device()
    account = device.open_account(running.samples()[number])
    device.fund(account, 15_000_000)
    device.assess()
    return Buyer(device, account)


def test_keys_turn_under_purchases(running: Running) -> None:
    buyers = [buyer(running, number) for number in (0, 1)]
    lasting, blocked = buyers
    for one in buyers:
        one.start()
    try:
        var = running.var
        release = ("-r", str(var / "repo"), "--keys", str(var / "release-keys"), "--passphrase-file", str(var / "passphrase"))
        for words in (
            ("keys", "rotate", "access-token"),
            ("keys", "rotate", "sealing-kek"),
            ("keys", "rewrap"),
        ):
            tidegate(running, *words)
            lasting.more()
        command(running, "-c", "from h5bundle.cli import main; main()", "sign-timestamp", *release)
        lasting.more()
        assert blocked.refused == []
        tidegate(running, "devices", "block", blocked.device.device_id, "--by", "chen.yu", "--reason", "stolen")
        since = len(blocked.bought)
        end = time.monotonic() + 20
        while not blocked.refused and time.monotonic() < end:
            time.sleep(0.05)
        lasting.more()
    finally:
        for one in buyers:
            one.over.set()
        for one in buyers:
            one.join(30)
    assert lasting.refused == []
    assert len(lasting.bought) >= 5 * PURCHASES_BETWEEN
    assert {status for status, _ in lasting.forged} == {403}
    assert blocked.refused
    assert len(blocked.bought) - since <= 1, "a purchase that was under way may end, and none begins"
    assert "moved, 0 do not open" in tidegate(running, "keys", "rewrap")
    assert tidegate(running, "keys", "verify") == "nothing is wrong\n"
    held = lasting.device.get("/wealth/orders", bundle=lasting.device.digests["wealth"]).ok()["orders"]
    assert len(held) == len(lasting.bought)
    assert sign(lasting.device.tx, b"x")
