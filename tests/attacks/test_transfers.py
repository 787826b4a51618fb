"""Transfers of a running bank: their evidence is verified from a file alone, and a forged one is not."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from security.cli import evidence
from security.errors import EvidenceError
from security.evidence import verify_export
from tests.attacks.bank import PEOPLE, Bank, Customer


def export(bank: Bank, order: str, folder: Path) -> bytes:
    file = folder / f"{order}.json"
    done = bank.running.call("export", order, "--out", str(file), command=evidence)
    assert done.returncode == 0, done.stderr
    return file.read_bytes()


def sign(customer: Customer, path: str, body: Any) -> str:
    page = customer.device.digests["accounts"]
    asked = customer.device.post(f"/accounts/{customer.account}/{path}", body, bundle=page).ok()
    return str(customer.approve(asked["challengeId"]).ok()["result"]["orderId"])


def test_a_transfer_to_the_bound_card_is_proven_and_a_forged_amount_is_not(
    bank: Bank, alice: Customer, tmp_path: Path
) -> None:
    """Defence: the signed payee is the account that the core posts to, and the amount the one that was signed."""
    data = export(bank, sign(alice, "transfers/bound", {"amountFen": 12_300}), tmp_path)
    links = [link.name for link in verify_export(data).links]
    assert "money" in links
    assert "outcome" in links
    assert "bundle" in links
    with pytest.raises(EvidenceError):
        verify_export(data.replace(b"12300", b"12400"))


def test_a_transfer_to_a_payee_is_proven(bank: Bank, alice: Customer, tmp_path: Path) -> None:
    """Defence: the payee's number comes from the core, not from the page."""
    page = alice.device.digests["accounts"]
    kept = alice.device.post("/payees", {"name": "林初夏", "number": "6298020000000088203"}, bundle=page).ok()
    order = sign(alice, "transfers/out", {"amountFen": 4_500, "payeeId": kept["payeeId"]})
    told = " ".join(link.sentence for link in verify_export(export(bank, order, tmp_path)).links)
    assert "45.00" in told


def test_closing_is_proven_and_moved_nothing(bank: Bank, alice: Customer, tmp_path: Path) -> None:
    """Defence: an agreement of no amount has its own proof."""
    person = next(row for row in bank.running.samples() if row["name"] == PEOPLE["alice"])
    order = sign(replace(alice, account=class_iii(alice, person)), "close", {})
    told = " ".join(link.sentence for link in verify_export(export(bank, order, tmp_path)).links)
    assert "none was signed for" in told


def class_iii(customer: Customer, person: dict[str, str]) -> str:
    """Open an account of class III beside the one there is."""
    device, page = customer.device, customer.device.digests["accounts"]
    form = {name: person[name] for name in ("name", "idNumber", "mobile")} | {"class": "III"}
    begun = device.post("/accounts/applications", form, bundle=page).ok()
    path = f"/accounts/applications/{begun['applicationId']}"
    device.post(f"{path}/code/verify", {"code": begun["sandboxCode"]}, bundle=page).ok()
    device.post(f"{path}/card", {"cardNumber": person["card"]}, bundle=page).ok()
    done = device.post(f"{path}/tax", {"residency": "CN_ONLY", "declared": True}, bundle=page).ok()
    return str(done["account"]["accountId"])


def test_a_statement_comes_as_a_file_that_nobody_keeps(alice: Customer) -> None:
    """Defence: a file is an attachment of its declared type, and no cache keeps it."""
    page = alice.device.digests["accounts"]
    path = f"/accounts/{alice.account}/statement/csv?since=2026-01-01&until=2026-12-31"
    answer = alice.device.get(path, bundle=page)
    headers = {name.lower(): value for name, value in answer.headers.items()}
    assert headers["content-disposition"].startswith('attachment; filename="statement-2026-01-01')
    assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")
    assert json.dumps(headers["content-type"]) == '"text/csv; charset=utf-8"'
