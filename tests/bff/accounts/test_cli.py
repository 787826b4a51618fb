"""The command line of accounts: what it answers, and what it leaves in the evidence."""

import json
from typing import Any

import click
import pytest
from click.testing import CliRunner

from bff.accounts.cli import ACCOUNTS_DESK, AccountsDesk, accounts
from bff.errors import NotFoundError
from tests.bff.accounts.steps import counters, payee, to_payee
from tests.bff.wealth.world import CHEN, LIN, World

BY = ("--by", "chen.yu", "--reason", "court order 17")


def run(world: World, *words: str) -> Any:
    @click.group()
    @click.pass_context
    def program(ctx: click.Context) -> None:
        ctx.meta[ACCOUNTS_DESK] = AccountsDesk(lambda: (world.engine, world.room), lambda: world.now, world.new_id)

    program.add_command(accounts)
    done = CliRunner().invoke(program, ["accounts", *words, "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


def test_an_operator_freezes_looks_and_unfreezes(world: World) -> None:
    phone = world.bound(CHEN, 100)
    frozen = run(world, "freeze", phone.account_id, *BY, "--until", "2026-12-31")
    shown = run(world, "show", phone.account_id)
    assert (shown["state"], shown["class"], len(shown["tail"])) == ("FROZEN", "II", 4)
    (freeze,) = shown["freezes"]
    assert freeze == {
        "freeze": frozen["freeze"],
        "by": "chen.yu",
        "reason": "court order 17",
        "at": "2026-11-23T02:00:00.000Z",
        "until": "2026-12-30T16:00:00.000Z",
        "ended": None,
    }
    assert run(world, "unfreeze", phone.account_id, *BY)["state"] == "OPEN"
    assert run(world, "show", phone.account_id)["freezes"][0]["ended"] is not None


def test_a_freeze_of_nobody_and_one_that_is_over_are_refused(world: World) -> None:
    phone = world.bound(CHEN)
    with pytest.raises(NotFoundError):
        run(world, "freeze", "acc_none", *BY)
    with pytest.raises(AssertionError, match="--until has passed"):
        run(world, "freeze", phone.account_id, *BY, "--until", "2026-11-01")


def test_who_why_and_which_journal_are_said_in_what_is_kept_of_them(world: World) -> None:
    phone = world.bound(CHEN)
    for words, most in (
        (("freeze", phone.account_id, "--by", "chen.yu", "--reason", " "), 200),
        (("freeze", phone.account_id, "--by", "chen.yu", "--reason", "x" * 201), 200),
        (("checked", phone.account_id, "--by", "", "--reason", "seen"), 64),
        (("return", "", *BY), 64),
        (("incoming", "j" * 65, "--to", "1", "--from", "2", "--fen", "1"), 64),
    ):
        with pytest.raises(AssertionError, match=f"say it in 1 to {most} characters"):
            run(world, *words)
    assert run(world, "show", phone.account_id)["freezes"] == []


def test_incoming_money_is_judged_and_a_transfer_returned(world: World) -> None:
    phone = world.bound(CHEN, 1_000_000)
    ((number,),) = world.sql("SELECT number FROM account")
    told = ("--to", number, "--from", LIN.card, "--fen", "5000")
    assert run(world, "incoming", "jnl_88", *told)["state"] == "RETURNING"
    assert run(world, "checked", phone.account_id, *BY)["faceChecked"] is True
    assert run(world, "incoming", "jnl_89", *told)["state"] == "KEPT"
    assert run(world, "incoming", "jnl_90", *told, "--at", "2026-11-22 23:59:59")["state"] == "KEPT"
    found = {period: used for (name, period), used in counters(world).items() if name == "unbound_in"}
    assert found == {"2026-11-23": 5_000, "2026-11-22": 5_000, "2026": 10_000}
    with pytest.raises(AssertionError, match="nothing in the future"):
        run(world, "incoming", "jnl_91", *told, "--at", "2026-11-23 10:00:01")
    to_payee(world, phone, 700, payee(world, phone))
    ((journal,),) = world.sql("SELECT reference FROM account_transfer")
    assert run(world, "return", journal, *BY) == {"journal": journal, "kind": "transfer"}
    world.relay.run()
    assert world.sql("SELECT state FROM account_transfer") == [("RETURNED",)]
    kinds = {kind for (kind,) in world.sql("SELECT kind FROM evidence_entry WHERE kind LIKE 'account.%'")}
    assert kinds >= {"account.incoming", "account.face_checked", "account.return", "account.returned"}
