"""Moves of the state of sale: what stops a sale takes one person, everything else two, of the same day and state."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bff.cards.products import FAMILY as CARD
from bff.db.engine import retried, transaction
from bff.errors import NotFoundError
from bff.products.errors import PaperError, PaperPersonError, ProductDataError, ProductStateError
from bff.sweep.products import FAMILY as SWEEP
from bff.wealth.products import FAMILY as WEALTH
from tests.bff.db.engines import KINDS, fresh_engine
from tests.bff.products.people import MONDAY, Person, Team, register
from tests.bff.products.test_papers import CODE, team_on
from tests.bff.wealth.test_races import RACERS, race

LATER = MONDAY + timedelta(minutes=5)


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    with fresh_engine("sqlite", tmp_path) as engine:
        yield stopped(team_on(engine))


def stopped(team: Team, at: datetime = MONDAY) -> Team:
    """Stop the sale, which starts open."""
    with transaction(team.engine) as session:
        team.moves.warehouse.move(session, WEALTH, CODE, {"OPEN"}, "CLOSED", by="anna", now=at)
    return team


def written(team: Team, to: str = "OPEN", at: datetime = MONDAY, code: str = CODE) -> bytes:
    work = team.moves.written
    return retried(team.engine, lambda session: work(session, code, "CLOSED", to, at), writing=False)


def propose(team: Team, to: str = "OPEN", at: datetime = MONDAY, hand: Person | None = None) -> Any:
    return team.papers.propose("state", written(team, to, at), hand or team.anna, at, family="wealth")


def check(team: Team, made: Any, hand: Person | None = None, at: datetime = LATER) -> Any:
    key = ("state", made.code, made.version)
    return team.papers.check(*key, sha256=made.digest, hand=hand or team.boris, now=at)


def state(team: Team) -> str:
    with team.engine.connect() as connection:
        found = connection.execute(text("SELECT state FROM product WHERE code = :code"), {"code": CODE})
        return str(found.scalar_one())


@pytest.mark.parametrize("family", [WEALTH, SWEEP, CARD], ids=lambda one: one.name)
def test_no_family_lets_one_person_open_a_sale(family: Any) -> None:
    assert family.stopped
    assert not family.stopped & family.taking
    assert family.stopped <= {after for afters in family.moves.values() for after in afters}


def test_a_move_counts_when_another_person_has_checked_it(team: Team) -> None:
    made = propose(team)
    assert state(team) == "CLOSED"
    assert (check(team, made).state, state(team)) == ("CHECKED", "OPEN")
    with team.engine.connect() as connection:
        found = connection.execute(text("SELECT body FROM evidence_entry WHERE kind = 'product.state' ORDER BY seq"))
        told = [json.loads(body) for (body,) in found]
    assert [(one["from"], one["to"], one["by"]) for one in told] == [
        ("OPEN", "CLOSED", "anna"),
        ("CLOSED", "OPEN", "anna and boris"),
    ]
    assert [kind for kind, _ in team.told()] == ["paper.proposed", "paper.checked"]


def test_the_maker_does_not_check_his_move_with_any_of_his_keys(team: Team) -> None:
    made, second = propose(team), Person("anna")
    register(team.engine, second)
    for hand in (team.anna, second):
        with pytest.raises(PaperPersonError, match="another person"):
            check(team, made, hand)
    assert state(team) == "CLOSED"


@pytest.mark.parametrize(
    ("column", "old", "new", "said"),
    [
        ("text", "OPEN", "MATURED", "not the one that was proposed"),
        ("text", CODE, "JMG-ZX28", "not the one that was proposed"),
        ("code", CODE, "JMG-ZX28", "the paper is of JMG-WY90"),
    ],
)
def test_a_move_that_was_altered_after_signing_is_not_made(
    team: Team, column: str, old: str, new: str, said: str
) -> None:
    made = propose(team)
    with team.engine.begin() as connection:
        connection.execute(text(f"UPDATE paper SET {column} = replace({column}, '{old}', '{new}')"))  # noqa: S608 — names of this test
    made = team.papers.get("state", new, made.version) if column == "code" else made
    with pytest.raises((PaperError, ProductDataError), match=said):
        check(team, made)
    assert state(team) == "CLOSED"


def test_a_text_with_its_digest_altered_is_not_what_the_checker_saw(team: Team) -> None:
    made = propose(team)
    other = made.text.replace('"OPEN"', '"MATURED"')
    forged = {"text": other, "digest": hashlib.sha256(other.encode()).hexdigest()}
    with team.engine.begin() as connection:
        connection.execute(text("UPDATE paper SET text = :text, digest = :digest"), forged)
    with pytest.raises(PaperError, match="look at it again"):
        check(team, made)


def test_no_paper_of_before_opens_a_sale_that_was_stopped_since(team: Team) -> None:
    first, second = propose(team), propose(team, at=MONDAY + timedelta(minutes=1))
    check(team, first)
    stopped(team, LATER)
    with pytest.raises(ProductStateError, match="moved meanwhile"):
        check(team, second, at=LATER + timedelta(minutes=1))
    assert state(team) == "CLOSED"


def test_a_move_is_checked_on_its_own_day(team: Team) -> None:
    made = propose(team)
    with pytest.raises(PaperError, match="on the day on which it was proposed"):
        check(team, made, at=MONDAY + timedelta(hours=14))
    assert check(team, made, at=MONDAY + timedelta(hours=13, minutes=59)).state == "CHECKED"


def test_a_move_that_no_product_makes_is_refused(team: Team) -> None:
    for to in ("RAISING", "SETTLED", "open"):
        with pytest.raises(ProductStateError, match="does not become"):
            written(team, to)
    with pytest.raises(NotFoundError, match="no product NONE"):
        written(team, code="NONE")
    for member, forged in (("since", "2026-01-01T00:00:00.000Z"), ("at", "now"), ("to_state", "open")):
        raw = json.dumps({**json.loads(written(team)), member: forged}).encode()
        with pytest.raises((ProductDataError, ProductStateError), match=rf"\$\.{member}|moved meanwhile"):
            team.papers.propose("state", raw, team.anna, MONDAY, family="wealth")


def test_a_refused_move_may_be_proposed_again(team: Team) -> None:
    made = propose(team)
    key = ("state", made.code, made.version)
    team.papers.refuse(*key, sha256=made.digest, hand=team.boris, reason="not before the notice", now=LATER)
    with pytest.raises(PaperError, match="decided before"):
        check(team, made)
    check(team, propose(team, at=LATER))
    assert state(team) == "OPEN"


@pytest.mark.parametrize("kind", KINDS)
def test_of_racing_checkers_and_a_stop_each_state_follows_from_the_one_before(kind: str, tmp_path: Path) -> None:
    """Half check one paper, half another that leads elsewhere: one move is made, and its paper alone is checked."""
    with fresh_engine(kind, tmp_path) as engine:
        team = stopped(team_on(engine))
        papers = (propose(team), propose(team, "MATURED"))
        got = Counter(race(lambda number: str(check(team, papers[number % 2]).state)))
        assert got["CHECKED"] == 1
        assert got["PAPER_REFUSED"] + got["PRODUCT_STATE"] == RACERS - 1
        states = [team.papers.get("state", CODE, one.version).state for one in papers]
        assert sorted(states) == ["CHECKED", "PROPOSED"]
        assert state(team) == ("OPEN", "MATURED")[states.index("CHECKED")]
        assert [kind for kind, _ in team.told()] == ["paper.proposed", "paper.proposed", "paper.checked"]
