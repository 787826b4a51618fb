"""Wealth products as a family of the warehouse."""

from dataclasses import replace

import msgspec
import pytest

from bff.products.warehouse import OnSale
from bff.wealth.products import FAMILY, WealthDefinition, shown_state

SHIPPED = {one.code: one for one in FAMILY.shipped()}


def test_the_higher_rating_counts() -> None:
    assert {one.risk for one in SHIPPED.values()} >= {1, 2, 3, 4}
    assert (SHIPPED["JMG-JX180"].issuer_rating, SHIPPED["JMG-JX180"].risk_name) == (2, "R3")


def test_a_contradicting_definition_is_refused() -> None:
    good = msgspec.to_builtins(SHIPPED["JMG-WY90"])
    for wrong in ({"issuer_rating": 6}, {"minimum_fen": 0}, {"surprise": 1}):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({**good, **wrong}, type=WealthDefinition)


def test_raising_is_shown_as_sold_out_when_the_smallest_purchase_no_longer_fits() -> None:
    definition = SHIPPED["JMG-XL30"]
    product = OnSale(
        definition,
        "RAISING",
        takes_orders=True,
        quota_total_fen=definition.quota_total_fen,
        quota_left_fen=definition.minimum_fen,
    )
    assert shown_state(product) == "RAISING"
    assert shown_state(replace(product, quota_left_fen=definition.minimum_fen - 1)) == "SOLD_OUT"
    assert shown_state(replace(product, quota_left_fen=0, state="OPEN")) == "OPEN"


def test_every_state_is_reached_and_ends() -> None:
    reached = set(FAMILY.starts)
    for _ in range(len(FAMILY.moves) + 1):
        reached |= {to for state in reached for to in FAMILY.moves.get(state, ())}
    assert reached == {"RAISING", "ESTABLISHED", "OPEN", "CLOSED", "MATURED", "SETTLED", "FAILED"}
    assert reached - set(FAMILY.moves) == {"SETTLED", "FAILED"}
    assert FAMILY.taking <= reached
