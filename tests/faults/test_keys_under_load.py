"""Signed purchases run while keys turn and a device is blocked: no valid call is refused, no invalid one taken."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import jwt
import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, text

from app import cli as app
from h5bundle.cli import main as h5bundle
from h5bundle.keys import write_key, write_public
from security.keys import KeyStore
from tests.device import Answer, Device
from tests.running import Running

MOST_SECONDS = 30
BUDGET = 9
"""Purchases that a new device's day holds, less one."""
LOOKS = 6
"""Times that a customer looks at his accounts between two purchases."""
FEN = 1_000_000


@dataclass(eq=False)
class Buyer(threading.Thread):
    """A customer who looks at his accounts, buys, and forges each purchase before he signs the true one."""

    device: Device
    account: str
    seen: int = 0
    bought: list[str] = field(default_factory=list)
    refused: list[tuple[int, Any]] = field(default_factory=list)
    forged: list[tuple[int, Any]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def run(self) -> None:
        while not self.over.is_set():
            if len(self.bought) < BUDGET:
                self.buy()
            for _ in range(LOOKS):
                self.holds(self.device.get("/accounts", bundle=self.device.digests["accounts"]))
                if self.over.wait(0.5):
                    return

    def buy(self) -> None:
        asked = self.device.prepare(self.account, "JMG-TT01", FEN)
        if not self.holds(asked):
            return
        challenge = asked.body["challengeId"]
        shown = self.device.get(f"/approvals/{challenge}")
        if not self.holds(shown):
            return
        answer = self.device.approve(challenge, self.device.message(shown.body, amt="1.00"))
        self.forged.append((answer.status, answer.body.get("code")))
        done = self.device.approve(challenge, self.device.message(shown.body))
        if self.holds(done):
            self.bought.append(done.body["result"]["orderId"])

    def holds(self, answer: Answer) -> bool:
        """Count an answer to a valid request."""
        self.seen += answer.status == 200
        if answer.status != 200:
            self.refused.append((answer.status, answer.body))
        return answer.status == 200

    def more(self) -> None:
        """Wait for another purchase that begins from now, or for a refusal."""
        wanted, end = len(self.bought) + 1, time.monotonic() + MOST_SECONDS
        while len(self.bought) < wanted and not self.refused and time.monotonic() < end:
            time.sleep(0.05)


def command(running: Running, cli: click.Command, *words: str) -> str:
    """Run a command in this process, which is not the server's."""
    testing = {name: None for name in os.environ if name.startswith("TIDEGATE_")}  # noqa: TID251 — is no setting
    done = CliRunner().invoke(cli, list(words), env=testing | running.environ)
    assert done.exit_code == 0, done.output
    return done.stdout


def tidegate(running: Running, *words: str) -> str:
    return command(running, app, *words)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    started = Running.on_copy(tmp_path / "var").start()
    yield started
    started.stop()


def buyer(running: Running, number: int) -> Buyer:
    device = running.device()
    account = device.open_account(running.samples()[number])
    device.fund(account, 15_000_000)
    device.assess()
    return Buyer(device, account)


@pytest.mark.timeout(400)
def test_keys_turn_under_purchases(running: Running) -> None:
    buyers = [buyer(running, number) for number in (0, 1)]
    lasting, blocked = buyers
    for one in buyers:
        one.start()
    try:
        for words in (
            ("keys", "rotate", "access-token"),
            ("keys", "rotate", "sealing-kek"),
            ("keys", "rewrap"),
        ):
            tidegate(running, *words)
            lasting.more()
        swap_the_timestamp_key(running, lasting.more)
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
    assert (len(lasting.bought) >= 5, lasting.seen > 5 * LOOKS) == (True, True)
    assert {status for status, _ in lasting.forged + blocked.forged[:since]} == {403}
    assert blocked.refused
    assert len(blocked.bought) - since <= 1, "a purchase that was under way may end, and none begins"
    assert "moved, 0 do not open" in tidegate(running, "keys", "rewrap")
    assert tidegate(running, "keys", "verify") == "nothing is wrong\n"
    held = lasting.device.get("/wealth/transactions?limit=100", bundle=lasting.device.digests["wealth"]).ok()[
        "transactions"
    ]
    assert len(held) == len(lasting.bought)


def swap_the_timestamp_key(running: Running, between: Callable[[], None]) -> None:
    """Let root hand snapshot and timestamp to a new online key, in the two steps of docs/roles.md."""
    var, keys = running.var, running.var / "release-keys"
    secret = ("--passphrase-file", str(var / "passphrase"))
    public = write_key(keys / "online.2.pem", words_of(running).encode())
    (var / "online2.json").write_bytes(write_public(public))
    root = str(var / "repo" / "metadata" / "1.root.json")
    for step in (("--begin", str(var / "online2.json")), ("--end",)):
        file = str(var / f"swap{step[0]}.json")
        asked = ("-r", str(var / "repo"), "--by", "anna", "--why", "a drill", "--out", file)
        command(running, h5bundle, "propose", "online", *step, *asked)
        command(
            running, h5bundle, "sign", file, "--key", f"file:{keys / 'root.1.pem'}", "--root", root, "--yes", *secret
        )
        command(running, h5bundle, "promote", file, "-r", str(var / "repo"), "--keys", str(keys), *secret)
        between()
    (keys / "online.1.pem").unlink()
    command(running, h5bundle, "sign-timestamp", "-r", str(var / "repo"), "--keys", str(keys), *secret)


@pytest.mark.timeout(400)
def test_the_drill(running: Running) -> None:
    """A token key is stolen, then a model of devices is not trusted any more: docs/security.md, the drill."""
    customer = buyer(running, 0)
    phone, stolen = customer.device, KeyStore.open(running.var / "keys", words_of(running)).active("access-token")
    customer.buy()
    assert tidegate(running, "keys", "revoke", stolen.kid, "--confirm", stolen.kid) == f"{stolen.kid} REVOKED\n"
    claims = jwt.decode(phone.access, options={"verify_signature": False})
    forged = jwt.encode(claims, stolen.signing_key, "ES256", headers={"kid": stolen.kid, "typ": "at+jwt"})
    page = phone.digests["accounts"]
    for token in (phone.access, forged):
        phone.access = token
        answer = phone.get("/accounts", bundle=page)
        assert (answer.status, answer.body["code"]) == (401, "TOKEN_INVALID")
    phone.session(customer=True)
    customer.buy()
    assert (len(customer.bought), customer.refused) == (2, [])
    assert tidegate(running, "keys", "verify") == "nothing is wrong\n"
    told = evidence(running, "key.changed", stolen.kid)
    assert [(body["from"], body["to"]) for body in told][-1] == ("ACTIVE", "REVOKED")
    Device(running.url, digests=phone.digests).register()
    blocked = tidegate(running, "devices", "block-model", "Reference device", "--by", "chen.yu", "--reason", "drill")
    assert blocked.startswith("2 devices of Reference device are blocked")
    assert phone.get("/accounts", bundle=page).status in {401, 403, 409}
    assert phone.prepare(customer.account, "JMG-TT01", FEN).status in {401, 403, 409}
    with pytest.raises(AssertionError, match="ATTESTATION_REFUSED"):
        Device(running.url, digests=phone.digests).register()


def words_of(running: Running) -> str:
    return (running.var / "passphrase").read_text().strip()


def evidence(running: Running, kind: str, subject: str) -> list[dict[str, str]]:
    engine = create_engine(f"sqlite:///{running.var / 'tidegate.db'}")
    wanted = text("SELECT body FROM evidence_entry WHERE kind = :kind AND subject = :subject ORDER BY seq")
    with engine.connect() as connection:
        rows = list(connection.execute(wanted, {"kind": kind, "subject": subject}))
    engine.dispose()
    return [json.loads(row.body) for row in rows]
