"""Ratings: a rise re-matches the holders and tells those whom the product no longer suits, once."""

from pathlib import Path

import pytest

from bff.wealth.errors import RiskMismatchError
from tests.bff.wealth.shelf import shelve
from tests.bff.wealth.world import CHEN, LIN, SU, World


def told(world: World) -> list[tuple[str, str]]:
    rows = world.sql("SELECT customer_id, subject FROM inbox_message WHERE kind = 'wealth.rating_raised'")
    return [tuple(row) for row in rows]


def test_holders_whom_it_no_longer_suits_are_told_once(world: World, tmp_path: Path) -> None:
    shelve(world, tmp_path)
    bold, careful, idle = world.ready(CHEN), world.bound(LIN, 10_000_000), world.bound(SU)
    for phone in (careful, idle):
        assert world.assess(phone, 1)["level"] == "C2"
    for phone in (bold, careful):
        world.buy(phone, 1_000_000, "JMG-TEST")
    assert world.ratings.run() == "0 holders told of a higher rating"
    shelve(world, tmp_path, version="2026.2", valid_from="2026-11-25", seller_rating=4)
    assert world.ratings.run().startswith("0 holders")  # not in force yet
    world.later(days=2)
    assert world.ratings.run().startswith("1 holders")
    assert told(world) == [(careful.customer_id, "JMG-TEST@2026.2")]
    assert world.ratings.run().startswith("0 holders")
    with pytest.raises(RiskMismatchError):
        world.prepare(careful, 1_000_000, "JMG-TEST")
    newest = world.call(careful, "inbox.list")["messages"][0]
    assert "R4" in newest["words"]["en"]["text"]


def test_a_rating_that_fell_and_rises_again_is_a_rise(world: World, tmp_path: Path) -> None:
    shelve(world, tmp_path, seller_rating=4)
    careful = world.bound(LIN, 10_000_000)
    world.assess(careful, 1)
    world.ratings.run()
    shelve(world, tmp_path, version="2026.2", valid_from="2026-11-24")
    world.later(days=1)
    world.buy(careful, 1_000_000, "JMG-TEST")
    assert world.ratings.run().startswith("0 holders")
    shelve(world, tmp_path, version="2026.3", valid_from="2026-11-25", issuer_rating=3)
    world.later(days=1)
    assert world.ratings.run().startswith("1 holders")
