"""The bank's evidence commands, run against a chain in SQLite."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update

from bff.audit.cli import Answer, EvidenceDesk, bank_commands
from bff.audit.models import EvidenceEntry
from bff.db.engine import transaction
from bff.errors import BffError
from security.cli import evidence
from security.errors import SecurityError
from tests.bff.audit.attacks import Bank, rewritten
from tests.bff.audit.test_orders import tell_the_story
from tests.bff.db.engines import fresh_engine

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


class Desk:
    def __init__(self, bank: Bank) -> None:
        self.bank = bank

    def __call__(self, work: Callable[[EvidenceDesk], Answer]) -> Answer:
        bank = self.bank
        keys = {bank.key.kid: bank.key.jwk}
        desk = EvidenceDesk(engine=bank.engine, env=bank.env, aud="bank", keys=keys, signer=bank.key, now=NOW)
        try:
            return work(desk)
        except (BffError, SecurityError) as error:
            raise click.ClickException(str(error)) from error


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    with fresh_engine("sqlite", tmp_path) as engine:
        made = Bank(engine)
        tell_the_story(engine)
        made.sign()
        jwks = {"keys": [made.key.jwk.as_dict()]}
        (tmp_path / "jwks.json").write_text(json.dumps(jwks))
        yield made


def run(bank: Bank, *arguments: str | Path) -> Result:
    commands = {command.name: command for command in bank_commands(Desk(bank))}
    group = click.Group("evidence", commands={**evidence.commands, **commands})
    return CliRunner().invoke(group, [str(word) for word in arguments])


def test_an_order_a_period_and_a_checkpoint_are_written_and_their_proof_is_named(bank: Bank, tmp_path: Path) -> None:
    for words in (("export", "ord_1"), ("export", "ord_1", "--stretches"), ("period",), ("checkpoint",)):
        out = tmp_path / "out.json"
        done = run(bank, *words, "--out", out)
        assert (done.exit_code, f"Prove it with: evidence verify {out}" in done.output) == (0, True), done.output
        assert done.output.startswith(f"{out}: {len(out.read_bytes()):,} bytes")
        assert not out.with_name("out.json.part").exists()


def test_an_outsider_holds_a_period_and_two_checkpoints_against_the_anchors(bank: Bank, tmp_path: Path) -> None:
    old, new, proof, period = (tmp_path / name for name in ("old.json", "new.json", "proof.json", "period.json"))
    anchor = ("--anchor", tmp_path / "jwks.json")
    run(bank, "checkpoint", "--out", old)
    bank.say(5)
    run(bank, "checkpoint", "--out", new)
    assert run(bank, "prove", old, new, "--out", proof).exit_code == 0
    held = run(bank, "consistency", old, new, "--proof", proof, *anchor)
    assert (held.exit_code, "The first 13 of 18 entries" in held.output) == (0, True)
    swapped = run(bank, "consistency", new, old, "--proof", proof, *anchor, "--json")
    assert (swapped.exit_code, json.loads(swapped.output)["link"]) == (1, "chain")
    assert run(bank, "period", "--out", period).exit_code == 0
    told = json.loads(run(bank, "verify", period, *anchor, "--json").output)
    assert (told["ok"], [link["name"] for link in told["links"]]) == (True, ["file", "seal", "chain", "checkpoint"])
    assert run(bank, "verify", new, *anchor).exit_code == 0
    alone = run(bank, "verify", new)
    assert (alone.exit_code, "give the bank's audit keys with --anchor" in alone.output) == (1, True)


def test_what_was_done_to_the_chain_is_named_with_exit_code_1(bank: Bank, tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    run(bank, "checkpoint", "--out", kept)
    clean = run(bank, "check", "--kept", kept)
    assert (clean.exit_code, clean.output) == (0, "13 entries and 1 checkpoints examined: nothing is wrong.\n")
    with transaction(bank.engine) as session:
        session.execute(update(EvidenceEntry).where(EvidenceEntry.seq == 9).values(body="{}"))
    found = run(bank, "check")
    assert (found.exit_code, "entry 9: edited: its body is not the one that was hashed" in found.output) == (1, True)
    answer = json.loads(run(bank, "check", "--json").output)
    assert [(one["seq"], one["wrong"]) for one in answer["findings"]] == [(9, "edited")]


def test_a_kept_checkpoint_catches_a_chain_of_which_everything_was_written_anew(bank: Bank, tmp_path: Path) -> None:
    kept, period = tmp_path / "kept.json", tmp_path / "period.json"
    run(bank, "checkpoint", "--out", kept)
    run(bank, "period", "--out", period)
    bank.put(rewritten(bank.rows(), lambda rows: rows[8].update(body="{}")))
    bank.forget()
    assert run(bank, "check").exit_code == 0
    assert "entry 13: rewritten" in run(bank, "check", "--kept", kept).output
    assert run(bank, "check", "--kept", period).output.startswith("entry 9: rewritten")


def test_wrong_calls_are_one_line_and_leave_nothing(bank: Bank, tmp_path: Path) -> None:
    out = tmp_path / "none" / "out.json"
    assert (run(bank, "period", "--out", out).exit_code, out.parent.exists()) == (2, False)
    assert "write 2026-11-23" in run(bank, "period", "--since", "yesterday").output
    unknown = run(bank, "export", "ord_9", "--out", tmp_path / "out.json")
    assert (unknown.exit_code, (tmp_path / "out.json").exists()) == (1, False)
    empty = run(bank, "period", "--since", "2026-11-24")
    assert (empty.exit_code, "no entry in this period" in empty.output) == (1, True)
    foreign = tmp_path / "foreign.json"
    foreign.write_bytes(b"{}")
    assert run(bank, "check", "--kept", foreign).exit_code == 1
    assert run(bank, "prove", foreign, foreign).exit_code == 1


def test_the_verifier_is_given_as_one_file(bank: Bank) -> None:
    given = run(bank, "verifier").output
    compile(given, "verify.py", "exec")
    assert given.startswith('"""Verify Tidegate')
