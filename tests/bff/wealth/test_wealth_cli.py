"""The commands of wealth: net values that stand, and records of qualified investors."""

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from bff.db.desk import DESK, Desk
from bff.errors import BffError
from bff.wealth.cli import wealth
from tests.bff.wealth.world import World


def call(world: World, *arguments: str) -> Result:
    @click.group()
    @click.pass_context
    def program(ctx: click.Context) -> None:
        ctx.meta[DESK] = Desk(lambda: world.engine, lambda: world.now)

    program.add_command(wealth)
    return CliRunner().invoke(program, ["wealth", *arguments])


def refusal(result: Result) -> str:
    assert isinstance(result.exception, BffError)
    return result.exception.code


def test_a_net_value_is_written_once_and_stands(world: World) -> None:
    words = ("nav", "set", "JMG-WY90", "2026-11-23")
    assert call(world, *words, "1.0144").output == "1 net values written, 0 were there\n"
    assert json.loads(call(world, *words, "1.0144", "--json").output) == {"written": 0, "known": 1}
    assert refusal(call(world, *words, "1.0145")) == "NAV_CONFLICT"
    assert call(world, "nav", "list", "JMG-WY90", "--limit", "1").output == "2026-11-23  1.0144\n"


def test_a_file_of_net_values_is_written_whole_or_not_at_all(world: World, tmp_path: Path) -> None:
    file = tmp_path / "values.csv"
    file.write_text("product,date,nav\nJMG-WY90,2026-11-23,1.0144\nJMG-TT01,2026-11-23,1.0165\n")
    assert json.loads(call(world, "nav", "load", str(file), "--json").output) == {"written": 2, "known": 0}
    file.write_text("product,date,nav\nJMG-WY90,2026-11-24,1.0145\nJMG-TT01,2026-11-23,9.0000\n")
    assert refusal(call(world, "nav", "load", str(file))) == "NAV_CONFLICT"
    assert (
        json.loads(call(world, "nav", "list", "JMG-WY90", "--limit", "1", "--json").output)[0]["date"] == "2026-11-23"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "product,nav,date\n",
        "product,date,nav\nJMG-WY90,23.11.2026,1.0144\n",
        "product,date,nav\nJMG-WY90,2026-11-23\n",
        "product,date,nav\nJMG-WY90,2026-11-23,1.01\n",
        "product,date,nav\nJMG-NONE,2026-11-23,1.0144\n",
    ],
)
def test_a_malformed_file_is_refused(world: World, tmp_path: Path, text: str) -> None:
    file = tmp_path / "values.csv"
    file.write_text(text)
    assert refusal(call(world, "nav", "load", str(file))) == "NAV_INVALID"


def test_a_qualified_investor_is_recorded_and_stands_in_the_evidence(world: World) -> None:
    assert call(world, "qualifications").output == "nobody is recorded\n"
    customer = world.ready().customer_id or ""
    words = ("--evidence", "file-2026-118", "--until", "2027-11-23", "--by", "chen.yu")
    assert call(world, "qualify", customer, *words).output == f"{customer} is a qualified investor until 2027-11-23\n"
    (record,) = json.loads(call(world, "qualifications", "--json").output)
    assert (record["customer"], record["evidence"], record["by"]) == (customer, "file-2026-118", "chen.yu")
    assert world.sql("SELECT subject FROM evidence_entry WHERE kind = 'investor.qualified'") == [(customer,)]
    assert refusal(call(world, "qualify", "cus_none", *words)) == "NOT_FOUND"
