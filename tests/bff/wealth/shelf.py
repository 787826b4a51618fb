"""Products that tests put on the shelf besides those that ship with the bank."""

import dataclasses
from pathlib import Path
from typing import Any

import msgspec

from bff.db.engine import transaction
from bff.products.warehouse import Warehouse
from bff.wealth.products import FAMILY, WealthDefinition
from tests.bff.wealth.world import World

BASE = next(one for one in FAMILY.shipped() if one.code == "JMG-WY90")


def shelve(world: World, folder: Path, **changes: Any) -> str:
    """Put a product, or a version of one, on sale: JMG-WY90 with changes; give its code."""
    definition = msgspec.to_builtins(BASE) | {"code": "JMG-TEST", "nav": []} | changes
    place = folder / f"{definition['code']}-{definition['version']}"
    place.mkdir()
    (place / "product.yaml").write_bytes(msgspec.yaml.encode(msgspec.convert(definition, type=WealthDefinition)))
    family = dataclasses.replace(FAMILY, folder=place)
    with transaction(world.engine) as session:
        assert Warehouse((family,)).synchronise(session, world.now) == 1
    return str(definition["code"])


RAISED: dict[str, Any] = {
    "state": "RAISING",
    "raising_until": "2026-11-25",
    "established_on": "2026-11-27",
    "minimum_raised_fen": 5_000_000,
    "matures_on": "2026-12-28",
}
"""Raised until Wednesday, begins on Friday, matures a month later."""
