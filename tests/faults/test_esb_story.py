"""The whole bank behind an ESB that misbehaves: purchases end once, and their evidence verifies from a file alone."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import urllib3

from security.cli import evidence
from security.evidence import verify_export
from tests.faults.books import assert_books_hold, rows
from tests.faults.test_kill import approve_until_answered, wait_until_settled
from tests.running import ROOT, Running
from tests.services import free_port

FAULTS = "transfer:none,transfer:silent-after,transfer:late,transfer:wrong-amount"
"""The first transfer funds the account."""
FEN = 1_000_000
BUYS = 3
pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@contextmanager
def front(running: Running, port: int, wire: str) -> Iterator[None]:
    """Run `tidegate esb-front` beside the server until the block ends."""
    options = ["--port", str(port), "--wire", wire, "--faults", FAULTS, "--silence", "1.2"]
    command = [sys.executable, "-m", "app", "esb-front", *options]
    with (running.var / "front.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=running.environ, stdout=log, stderr=log)
        try:
            urllib3.PoolManager().request(
                "POST",
                f"http://127.0.0.1:{port}/",
                retries=urllib3.Retry(600, backoff_factor=0.1, backoff_max=0.1),
            )
            yield
        finally:
            process.terminate()
            process.wait(20)


def test_purchases_through_a_bad_line(tmp_path: Path) -> None:
    port, wire = free_port(), "iso20022"
    settings = {"CORE": f"esb:http://127.0.0.1:{port}/", "CORE_WIRE": wire, "CORE_SECONDS": "1", "RELAY_SECONDS": "1"}
    running = Running(var=tmp_path / "var", extra={f"TIDEGATE_{name}": text for name, text in settings.items()})
    try:
        running.start()
        with front(running, port, wire):
            device = running.device()
            person = next(row for row in running.samples() if row["cardClass"] == "I")
            account = device.open_account(person)
            device.fund(account, (BUYS + 1) * FEN)
            device.assess()
            orders = []
            for _ in range(BUYS):
                challenge = device.prepare(account, "JMG-TT01", FEN).ok()["challengeId"]
                done = approve_until_answered(device, challenge, device.message(device.frozen(challenge)))
                orders.append(done["result"]["orderId"])
            sent = device.post(
                f"/accounts/{account}/transfers/bound", {"amountFen": 100}, bundle=device.digests["accounts"]
            )
            challenge = sent.ok()["challengeId"]
            done = approve_until_answered(device, challenge, device.message(device.frozen(challenge)))
            assert done["status"] == "DONE"
            database = running.var / "tidegate.db"
            wait_until_settled(database)
            assert_books_hold(database)
            assert rows(database, "SELECT COUNT(*) FROM wealth_order WHERE state = 'ACCEPTED'") == [(BUYS,)]
            exported = [export(running, order) for order in orders]
        for file in exported:
            assert verify_export(file.read_bytes()).links
    finally:
        running.kill()


def export(running: Running, order: str) -> Path:
    file = running.var / f"{order}.json"
    done = running.call("export", order, "--out", str(file), command=evidence)
    assert done.returncode == 0, done.stderr
    return file
