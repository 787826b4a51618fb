"""Fixtures of this room's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bff.cards.teller import Teller
from tests.bff.db.engines import fresh_engine
from tests.bff.wealth.world import World


@pytest.fixture
def teller(tmp_path: Path) -> Iterator[Teller]:
    with fresh_engine("sqlite", tmp_path) as engine:
        yield Teller(World(engine))
