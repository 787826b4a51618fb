"""Attacks with H5 code: outside its manifest, on the shell's own operations, forged, unknown, or called back."""

import time
from typing import Any

import pytest

from tests.attacks.bank import ORDER, Bank, Customer, refused

SECONDS = 5.0
"""Within which a revoked release is refused everywhere."""


@pytest.fixture(scope="module")
def victim(bank: Bank) -> Customer:
    return bank.customers["carol"]


def ask(victim: Customer, bundle: str | None, path: str = "/accounts") -> Any:
    return victim.device.get(path, bundle=bundle)


def test_a_page_calls_only_what_its_manifest_names(bank: Bank, victim: Customer) -> None:
    """Defence: the operation must stand among the ops of the signed manifest of the running digest."""
    listing = bank.wire("GET", "/app/v1/catalogue").body
    path = f"/accounts/{victim.account}"
    refused(ask(victim, bank.digests["accounts"], path), 403, "OP_NOT_IN_MANIFEST")
    assert ask(victim, bank.digests["accounts@1.0.1"], path).status == 200
    refused(ask(victim, bank.digests["wealth"], path + "/entries"), 403, "OP_NOT_IN_MANIFEST")
    funded = victim.device.post(path + "/fundings", {"amountFen": 100}, bundle=bank.digests["wealth"])
    refused(funded, 403, "OP_NOT_IN_MANIFEST")
    body = {"product": "JMG-TT01", "accountId": victim.account, "amountFen": ORDER}
    bought = victim.device.post("/wealth/orders/prepare", body, bundle=bank.digests["accounts"])
    refused(bought, 403, "OP_NOT_IN_MANIFEST")
    refused(ask(victim, bank.digests["common"]), 403, "OP_NOT_IN_MANIFEST")
    assert len(listing) > 20


def test_no_page_calls_the_shells_operations(bank: Bank, victim: Customer) -> None:
    """Defence: what belongs to the shell is refused as soon as the proof names a bundle, whatever its manifest says."""
    rows = [row for row in bank.wire("GET", "/app/v1/catalogue").body if row["fromShell"]]
    assert len(rows) >= 12
    for row in rows:
        path = row["path"].replace("{challenge_id}", "chl_" + "a" * 26)
        body = {} if row["method"] == "POST" else None
        answer = victim.device.call(row["method"], path, body, bundle=bank.digests["wealth"], key="k" * 20)
        refused(answer, 403, "SHELL_ONLY")


def test_the_shell_calls_no_pages_operation(victim: Customer) -> None:
    """Defence: money is asked for by a running bundle, whose digest will stand in what is signed."""
    refused(ask(victim, None), 403, "BUNDLE_REQUIRED")


def test_an_unknown_or_forged_digest_is_refused(bank: Bank, victim: Customer) -> None:
    """Defence: the digest must be of a release in the book, under its own name and version."""
    name, digest = bank.digests["accounts"].split("#")
    other = bank.digests["wealth"].split("#")[1]
    flipped = digest[:-1] + ("0" if digest[-1] != "0" else "1")
    for forged in (
        f"{name}#{'0' * 64}",
        f"{name}#{flipped}",
        f"{name}#{other}",
        f"accounts@9.9.9#{digest}",
        f"wealth@1.0.0#{digest}",
        f"evil@1.0.0#{digest}",
    ):
        refused(ask(victim, forged), 403, "BUNDLE_UNKNOWN")


@pytest.mark.parametrize("text", ["accounts@1.0.0", "accounts", "#", "accounts@1.0.0#" + "A" * 64, "a@1#" + "0" * 64])
def test_a_malformed_bundle_is_refused(victim: Customer, text: str) -> None:
    """Defence: bnd has one form."""
    refused(ask(victim, text), 401, "PROOF_INVALID")


def test_a_revoked_bundle_is_refused_within_seconds(bank: Bank, victim: Customer) -> None:
    """Defence: every call and every approval asks the release book, which no process remembers for long."""
    page = bank.digests["wealth@1.0.1"]
    frozen = victim.prepare(bundle="wealth@1.0.1")
    message = victim.device.message(victim.device.frozen(frozen))
    before = victim.balance()
    done = bank.running.call("revoke-bundle", page.partition("#")[2])
    ended = time.monotonic()
    assert done.returncode == 0, done.stderr
    while ask(victim, page, "/wealth/products").status == 200:
        assert time.monotonic() - ended < SECONDS
        time.sleep(0.1)
    time.sleep(max(0.0, min(SECONDS, 2.5) - (time.monotonic() - ended)))  # every worker has forgotten by now
    for _ in range(12):
        refused(ask(victim, page, "/wealth/products"), 403, "BUNDLE_REVOKED")
    refused(victim.ask(bundle="wealth@1.0.1"), 403, "BUNDLE_REVOKED")
    refused(victim.device.approve(frozen, message), 403, "BUNDLE_REVOKED")
    assert victim.balance() == before
    assert ask(victim, bank.digests["wealth"], "/wealth/products").status == 200


def test_a_release_that_never_was_cannot_be_revoked(bank: Bank) -> None:
    """Defence: a mistyped digest is told, not taken for done."""
    done = bank.running.call("revoke-bundle", "0" * 64)
    assert done.returncode == 1
    assert "BUNDLE_UNKNOWN" in done.stderr


def test_a_killed_release_is_refused_within_seconds_and_no_phone_is_offered_it(bank: Bank, victim: Customer) -> None:
    """Defence: one command calls a release back and pauses its rollout; other bundles and releases go on."""
    bank.publish("accounts", "1.0.2")
    page = bank.digests["accounts@1.0.2"]
    assert ask(victim, page).status == 200
    done = bank.running.call("kill", "accounts", "--version", "1.0.2", "--by", "anna", "--why", "a test")
    ended = time.monotonic()
    assert (done.returncode, f"{page} is revoked" in done.stdout, "is paused by policy" in done.stdout) == (
        0,
        True,
        True,
    )
    while ask(victim, page).status == 200:
        assert time.monotonic() - ended < SECONDS
        time.sleep(0.1)
    refused(ask(victim, page), 403, "BUNDLE_REVOKED")
    assert ask(victim, bank.digests["accounts"]).status == 200
    again = bank.running.call("kill", "accounts", "--version", "9.9.9", "--by", "anna", "--why", "a test")
    assert (again.returncode, "BUNDLE_UNKNOWN: no release of accounts@9.9.9" in again.stderr) == (1, True)
