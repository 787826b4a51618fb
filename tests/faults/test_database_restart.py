"""A database that is killed under a running server and started again: nothing acknowledged is lost or done twice."""

import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import urllib3

from security.evidence import verify_export
from tests.device import Answer, Device, b64, sign
from tests.faults.books import assert_books_hold, rows
from tests.faults.test_esb_story import export
from tests.faults.test_kill import LEASE, customers, wait_until_settled
from tests.running import ENVIRON, Running
from tests.services import Server, Services

FEN = 1_000_000
FUNDED = 15_000_000
SENT_BACK = 10_000
DOWN_SECONDS = 1.5
WHILE_AWAY = {(503, "BUSY"), (503, "OUTCOME_UNKNOWN"), (409, "IDEMPOTENCY_RUNNING")}
"""What docs/operations.md says that a client may be told."""
pytestmark = [pytest.mark.slow, pytest.mark.mariadb, pytest.mark.timeout(300)]


@dataclass
class Customer:
    """A phone that repeats each call, under its key, until it hears how it ended."""

    device: Device
    account: str
    refused: list[tuple[int, str]] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)
    transfers: list[str] = field(default_factory=list)

    def buy_and_send_back(self) -> None:
        chosen = {"product": "JMG-TT01", "accountId": self.account, "ageConfirmed": True}
        self.orders.append(self._signed("/wealth/orders/prepare", "wealth", chosen, FEN))
        self.transfers.append(self._signed(f"/accounts/{self.account}/transfers/bound", "accounts", {}, SENT_BACK))

    def _signed(self, path: str, page: str, body: dict[str, Any], fen: int) -> str:
        asked = self._until(path, {**body, "amountFen": fen}, self.device.digests[page])
        challenge = asked["challengeId"]
        message = self.device.message(self._until(f"/approvals/{challenge}"))
        signed = {"message": b64(message), "signature": b64(sign(self.device.tx, message))}
        return str(self._until(f"/approvals/{challenge}/approve", signed)["result"]["orderId"])

    def _until(self, path: str, body: Any = None, page: str | None = None) -> Any:
        key, end = uuid.uuid4().hex, time.monotonic() + 60  # noqa: TID251 — a key a call
        while time.monotonic() < end:
            method = "GET" if body is None else "POST"
            answer = self.device.call(method, path, body, bundle=page, key=None if body is None else key)
            if answer.status == 200 and answer.body.get("status") not in {"EXECUTING", "UNKNOWN"}:
                return answer.body
            if answer.status != 200:
                self.refused.append(said(answer))
            time.sleep(0.1)
        pytest.fail("no final answer")


def said(answer: Answer) -> tuple[int, str]:
    """Give what a problem document says, of whose form every refusal must be."""
    headers = {name.lower(): text for name, text in answer.headers.items()}
    assert headers["content-type"] == "application/problem+json", answer
    assert int(headers.get("retry-after", 0)) > 0, answer
    return answer.status, answer.body["code"]


@dataclass
class Site:
    """A server on a database of its own."""

    running: Running
    database: Server
    url: str


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    if "TIDEGATE_TEST_MARIADB" not in ENVIRON:
        pytest.skip("TIDEGATE_TEST_MARIADB names no server")
    services = Services()
    url = services.mariadb()
    assert url is not None
    assert services.database is not None
    running = Running(var=tmp_path / "var", extra={**LEASE, "TIDEGATE_DATABASE_URL": url})
    try:
        yield Site(running.start(), services.database, url)
    finally:
        running.kill()
        services.close()


def test_orders_through_a_restart_of_the_database(site: Site) -> None:
    shoppers = [Customer(*pair) for pair in customers(site.running, 3)]
    over = threading.Event()

    def shop(customer: Customer) -> None:
        while not over.is_set():
            customer.buy_and_send_back()

    with ThreadPoolExecutor(len(shoppers)) as pool:
        shopping = [pool.submit(shop, customer) for customer in shoppers]
        try:
            wait_for_more(shoppers, shopping)
            site.database.kill()
            time.sleep(DOWN_SECONDS)
            site.database.start()
            wait_for_more(shoppers, shopping)
        finally:
            over.set()
    for one in shopping:
        one.result()
    assert urllib3.request("GET", site.running.url + "/readyz").status == 200
    refused = {one for customer in shoppers for one in customer.refused}
    assert refused <= WHILE_AWAY
    assert (503, "BUSY") in refused
    wait_until_settled(site.url)
    assert_each_once(site, shoppers)


def wait_for_more(shoppers: list[Customer], shopping: list[Future[None]], seconds: float = 60) -> None:
    """Wait until each has bought and sent back once more; what one of them met is raised here."""
    before, end = [len(customer.transfers) for customer in shoppers], time.monotonic() + seconds
    while any(len(customer.transfers) <= had for customer, had in zip(shoppers, before, strict=True)):
        for one in shopping:
            if one.done():
                one.result()
        assert time.monotonic() < end, "that took too long"
        time.sleep(0.05)


def assert_each_once(site: Site, shoppers: list[Customer]) -> None:
    """Hold that the database has what was acknowledged and nothing else, and that money and evidence agree."""
    assert_books_hold(site.url)
    orders = {order for customer in shoppers for order in customer.orders}
    transfers = {transfer for customer in shoppers for transfer in customer.transfers}
    assert rows(site.url, "SELECT DISTINCT state FROM wealth_order") == [("ACCEPTED",)]
    assert {row[0] for row in rows(site.url, "SELECT order_id FROM wealth_order")} == orders
    assert rows(site.url, "SELECT DISTINCT state FROM account_transfer") == [("DONE",)]
    assert {row[0] for row in rows(site.url, "SELECT transfer_id FROM account_transfer")} == transfers
    for customer in shoppers:
        (balance,) = rows(site.url, f"SELECT balance_fen FROM account WHERE account_id = '{customer.account}'")[0]  # noqa: S608 — an id of our own
        assert balance == FUNDED - len(customer.orders) * FEN - len(customer.transfers) * SENT_BACK
    log = (site.running.var / "server.log").read_text()
    assert "unforeseen" not in log
    for proved in (shoppers[0].orders[-1], shoppers[0].transfers[-1]):
        assert verify_export(export(site.running, proved).read_bytes()).links
