"""The reviewer's and the acquirer's commands: what they do, print and leave in the evidence."""

import json

import click
import pytest
from click.testing import CliRunner

from bff.cards.cli import DESK, cards
from bff.cards.errors import CreditGoneError
from bff.errors import BffError, ConflictError
from tests.bff.cards.teller import Teller

BY = ("--by", "chen.yu")
WHY = ("--why", "papers hold")


def run(teller: Teller, *words: str) -> str:
    @click.group()
    @click.pass_context
    def front(ctx: click.Context) -> None:
        ctx.meta[DESK] = lambda: teller.world.cards

    front.add_command(cards)
    done = CliRunner().invoke(front, ["cards", *words])
    if isinstance(done.exception, BffError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def test_a_reviewer_works_through_the_queue(teller: Teller, caplog: pytest.LogCaptureFixture) -> None:
    assert run(teller, "queue") == "nothing waits for review\n"
    teller.applied()
    (waiting,) = json.loads(run(teller, "queue", "--json"))
    assert waiting["application"] == teller.application
    assert teller.application in run(teller, "queue")
    shown = json.loads(run(teller, "show", teller.application, *BY))
    assert shown["person"]["idNumber"] == "330106199405120002"
    assert "waits for income_proof" in run(teller, "ask-more", teller.application, "income_proof", *BY, *WHY)
    assert teller.state() == "SUPPLEMENT"
    with pytest.raises(ConflictError):
        run(teller, "approve", teller.application, *BY, *WHY)
    assert "330106199405120002" not in caplog.text


def test_approved_and_declined(teller: Teller) -> None:
    teller.applied()
    done = json.loads(run(teller, "approve", teller.application, *BY, *WHY, "--line", "600000", "--json"))
    assert done["card"] == teller.call("list")["cards"][0]["cardId"]
    teller.applied("CARD-TIDE-PLAT")
    assert run(teller, "decline", teller.application, *BY, *WHY).endswith("is declined\n")
    assert teller.state() == "DECLINED"


def test_an_acquirer_is_played(teller: Teller) -> None:
    teller.ready(line_fen=600_000)
    posted = json.loads(run(teller, "post", teller.card, "--fen", "12800", "--merchant", "书店", "--json"))
    run(teller, "refund", posted["reference"], "--fen", "800")
    run(teller, "authorise", teller.card, "--fen", "100", "--merchant", "书店", "--reference", "a1")
    assert teller.seen()["heldFen"] == 100
    assert run(teller, "reverse", "a1") == "a1 holds nothing any more\n"
    run(teller, "post", teller.card, "--fen", "10000", "--merchant", "ATM", "--cash")
    assert teller.entries() == [("PURCHASE", 12_800), ("REFUND", -800), ("CASH", 10_000), ("FEE", 1_000)]
    with pytest.raises(CreditGoneError):
        run(teller, "authorise", teller.card, "--fen", "600000", "--merchant", "x")
