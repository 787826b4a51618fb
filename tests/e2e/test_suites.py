"""One bank that moves from ES256 to SM2-SM3 while its customers stay: three starts on one folder."""

import base64
import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from security.cli import evidence as commands
from tests.device import Device, Key, Sm2Key, new_key
from tests.running import Done, Running

pytest.importorskip("tongsuopy", reason="needs the extra `sm`")

TURNING = ("access-token", "audit-checkpoint", "sealing-kek", "dpop-nonce", "blind-index")


def tidegate(server: Running, *words: str) -> Done:
    done = server.call(*words)
    assert done.returncode == 0, done.stderr
    return done


def evidence(server: Running, *words: str) -> Done:
    return server.call(*words, command=commands)


def header(token: str) -> dict[str, Any]:
    head = token.split(".", maxsplit=1)[0]
    return dict(json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4))))


def rows(server: Running, query: str) -> list[Any]:
    database = sqlite3.connect(server.var / "tidegate.db")
    try:
        return database.execute(query).fetchall()
    finally:
        database.close()


def customer(device: Device, sample: dict[str, str]) -> str:
    account = device.open_account(sample)
    device.fund(account, 20_000_000)
    device.assess()
    return account


def phone(server: Running, pop: Callable[[], Key], tx: Callable[[], Key]) -> Device:
    """Give a registered phone that is nobody's yet."""
    device = Device(base=server.url, pop=pop(), tx=tx(), digests=server.digests())
    device.register()
    device.session(customer=False)
    return device


def proved(server: Running, order: str, file: Path) -> str:
    anchors = file.with_suffix(".jwks")
    anchors.write_text(tidegate(server, "keys", "jwks", "audit-checkpoint").stdout)
    done = evidence(server, "export", order, "--out", str(file))
    assert done.returncode == 0, done.stderr
    done = evidence(server, "verify", str(file), "--anchor", str(anchors))
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    running = Running(var=tmp_path / "var")
    yield running
    running.stop()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_bank_moves_to_sm2_and_its_customers_stay(server: Running, tmp_path: Path) -> None:
    server.start()
    old = server.device()
    samples = server.samples()
    account = customer(old, samples[0])
    assert header(old.access)["alg"] == "ES256"
    first = old.buy(account, "JMG-WY90", 5_000_000)["result"]["orderId"]

    stranger = Device(base=server.url, pop=Sm2Key(), tx=Sm2Key(), digests=old.digests)
    refused = stranger.post("/devices/challenge")
    assert (refused.status, refused.body["code"]) == (401, "PROOF_INVALID")

    server.stop()
    server.extra = {"TIDEGATE_SUITE": "SM2-SM3,ES256"}
    for purpose in TURNING:
        tidegate(server, "keys", "rotate", purpose)
    server.start()
    held = old.get("/accounts", bundle=old.digests["accounts"])
    assert held.status == 200, held.body
    new = Device(base=server.url, pop=Sm2Key(), tx=Sm2Key(), digests=old.digests)
    other = customer(new, samples[1])
    assert header(new.access)["alg"] == "SM2-SM3"
    second = new.buy(other, "JMG-WY90", 5_000_000)["result"]["orderId"]
    assert rows(server, "SELECT suite, count(*) FROM device GROUP BY suite") == [("ES256", 1), ("SM2-SM3", 1)]
    tidegate(server, "keys", "rewrap")
    heads = {tuple(bytes(name)[i] for i in (0, 2, 3)) for (name,) in rows(server, "SELECT name FROM customer")}
    assert heads == {(2, 1, 2), (2, 2, 2)}, "values stay under their cipher, their keys are all under SM4"
    assert "of the suite ES256" in proved(server, first, tmp_path / "first.json")
    assert "of the suite SM2-SM3" in proved(server, second, tmp_path / "second.json")

    moved = phone(server, Sm2Key, Sm2Key)
    asked = moved.post("/devices/transfers").ok()
    new.let_in(asked, "MOVE").ok()
    moved.come_in(asked["transferId"]).ok()
    moved.session(customer=True)
    third = moved.buy(other, "JMG-WY90", 1_000_000)["result"]["orderId"]
    assert "signed its binding to customer" in proved(server, third, tmp_path / "third.json")
    back = phone(server, new_key, new_key)
    back.recover(samples[0]).ok()
    back.session(customer=True)
    fourth = back.buy(account, "JMG-WY90", 1_000_000)["result"]["orderId"]
    assert "which by the bank's checks of card and code is that of" in proved(server, fourth, tmp_path / "fourth.json")
    assert old.get("/accounts", bundle=old.digests["accounts"]).status == 401
    new = moved

    server.stop()
    server.extra = {"TIDEGATE_SUITE": "SM2-SM3"}
    server.start()
    refused = old.get("/accounts", bundle=old.digests["accounts"])
    assert (refused.status, refused.body["code"]) == (401, "PROOF_INVALID")
    told = {name.lower(): text for name, text in refused.headers.items()}
    assert told["www-authenticate"] == 'DPoP error="invalid_dpop_proof", algs="SM2-SM3"'
    assert new.buy(other, "JMG-WY90", 1_000_000)["result"]["orderId"] != second
