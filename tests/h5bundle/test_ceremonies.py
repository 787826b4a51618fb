"""Whole ceremonies with the real command line: 3 of 5 for the root, 2 of 3 for targets and for the bundle."""

import json
from pathlib import Path

import pytest

from h5bundle.repository import load_for_reading
from tests.h5bundle.ceremony import Bank, run


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    made = Bank(tmp_path / "bank")
    made.found()
    return made


def offered(bank: Bank) -> list[tuple[str, int | None]]:
    shown = json.loads(run("status", *bank.repository, "--json").stdout)
    return [(release["version"], release["permyriad"]) for release in shown["releases"]]


def test_a_repository_is_made_by_people_who_each_hold_one_key(bank: Bank) -> None:
    state = load_for_reading(bank.store)
    thresholds = {role: state.root.signed.roles[role].threshold for role in ("root", "targets", "timestamp")}
    assert thresholds == {"root": 3, "targets": 2, "timestamp": 1}
    assert state.targets.signed.get_delegated_role("app-wealth").threshold == 2
    assert run("verify", *bank.repository).exit_code == 0
    assert "stood already" in bank.promote(bank.folder / "init.json").output


def test_a_release_waits_for_its_signers_and_says_whom_to_ask(bank: Bank) -> None:
    result = json.loads(bank.publish("1.0.0").stdout)
    assert (result["changed"], len(result["waiting"])) == (False, 1)
    assert "needs 2 more of" in result["waiting"][0]
    assert all(name in result["waiting"][0] for name in ("anna", "dario", "elena"))
    assert offered(bank) == []
    listed = json.loads(run("proposals", *bank.repository, "--json").stdout)["proposals"]
    assert [(each["name"], each["state"]) for each in listed] == [(result["proposal"], "open")]
    file = bank.file_of(result["proposal"])
    bank.sign(file, "dario")
    assert bank.promote(file).exit_code == 4
    bank.sign(file, "elena")
    done = bank.promote(file)
    assert (done.exit_code, done.output) == (0, "app-wealth v2 stand now\n")
    assert offered(bank) == [("1.0.0", 10_000)]
    assert run("verify", *bank.repository).exit_code == 0
    assert json.loads(run("proposals", *bank.repository, "--json").stdout)["proposals"] == []


def test_proposals_that_are_over_are_cleared_and_those_that_wait_stay(bank: Bank) -> None:
    bank.release("1.0.0")
    open_one = bank.waiting("1.1.0")
    kept = run("proposals", *bank.repository, "--all", "--clear", "30", "--json")
    assert (json.loads(kept.stdout)["cleared"], len(json.loads(kept.stdout)["proposals"])) == ([], 3)
    done = json.loads(run("proposals", *bank.repository, "--all", "--clear", "0", "--json").stdout)
    assert (len(done["cleared"]), [each["name"] for each in done["proposals"]]) == (2, [open_one])
    assert run("verify", *bank.repository).exit_code == 0


def test_a_promotion_asks_the_trains_with_the_catalogue_at_hand(bank: Bank) -> None:
    more = {"permissions": "{net.request: 1}", "ops": "[wealth.transaction.list]"}
    file = bank.file_of(bank.waiting("1.0.0", **more))
    bank.sign(file, "anna", "dario")
    catalogue = bank.folder / "catalogue.json"
    catalogue.write_text('[{"code": "wealth.order.get"}]', encoding="utf-8")
    keys = ("--keys", str(bank.folder / "machine"), *bank.secret)
    refused = run("promote", str(file), *bank.repository, *keys, "--catalogue", str(catalogue))
    assert (refused.exit_code, "TRAIN_BROKEN" in refused.stderr) == (4, True)
    assert (offered(bank), bank.promote(file).exit_code) == ([], 0)


def test_a_promotion_is_told_first_and_makes_the_deltas_afterwards(bank: Bank) -> None:
    bank.release("1.0.0")
    said = bank.release("1.1.0").output.splitlines()
    assert [line.split(" ", 1)[-1] for line in said[-1:]] == ["of 1 deltas are there"]
    assert any(line.endswith("stand now") for line in said[:-1])
